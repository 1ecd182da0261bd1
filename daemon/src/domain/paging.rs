//! Defence against broken paging: a listing that repeats a token or a page must not loop or lose rows.

use std::collections::HashSet;

use super::table::Digest;

/// What is wrong with a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PagingFault {
    /// The answer's next token was already used in this walk.
    #[error("Zoom repeated a page token")]
    RepeatedToken,
    /// The page holds exactly the records of an earlier page.
    #[error("Zoom repeated a page")]
    RepeatedPage,
}

/// One walk over a listing, first page to last. It remembers digests, not pages: 16 bytes each.
#[derive(Debug, Default)]
pub struct PageWalk {
    tokens: HashSet<String>,
    pages: HashSet<Digest>,
}

impl PageWalk {
    /// A fresh walk.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Checks one page in; `Ok(Some(token))` names the next one, `Ok(None)` is the end.
    ///
    /// # Errors
    /// The page or its token repeats; the walk has to start again.
    pub fn accept(
        &mut self,
        page: Digest,
        records: usize,
        next: Option<String>,
    ) -> Result<Option<String>, PagingFault> {
        if records > 0 && !self.pages.insert(page) {
            return Err(PagingFault::RepeatedPage);
        }
        match next.filter(|token| !token.is_empty()) {
            None => Ok(None),
            Some(token) if self.tokens.insert(token.clone()) => Ok(Some(token)),
            Some(_) => Err(PagingFault::RepeatedToken),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_token_ends_the_walk() {
        let mut walk = PageWalk::new();
        assert_eq!(walk.accept([1; 16], 3, Some(String::new())), Ok(None));
    }

    #[test]
    fn repeated_token_is_detected() {
        let mut walk = PageWalk::new();
        assert_eq!(walk.accept([1; 16], 3, Some("a".into())), Ok(Some("a".into())));
        assert_eq!(
            walk.accept([2; 16], 3, Some("a".into())),
            Err(PagingFault::RepeatedToken)
        );
    }

    #[test]
    fn repeated_page_is_detected() {
        let mut walk = PageWalk::new();
        assert_eq!(walk.accept([1; 16], 3, Some("a".into())), Ok(Some("a".into())));
        assert_eq!(
            walk.accept([1; 16], 3, Some("b".into())),
            Err(PagingFault::RepeatedPage)
        );
    }
}
