//! Paging as every list shares it: page size, token, the page itself, and the faults that spoil it.

use super::Call;
use crate::answer::Answer;
use crate::fault::Effect;
use crate::paging::{Bookmark, Page};
use crate::world::World;
use std::sync::Arc;

const DEFAULT_SIZE: usize = 30;

/// Where a listing stands: offset and, if tokens hold one, the rows as they were when it began.
pub(crate) struct Position {
    pub offset: usize,
    pub snapshot: Option<Arc<Vec<usize>>>,
}

/// The `page_size` of the query. Over the maximum Zoom refuses instead of clamping.
pub(crate) fn page_size(call: &Call<'_>) -> Result<usize, Box<Answer>> {
    let Some(max) = call.spec.page_max else {
        return Ok(300);
    };
    let Some(text) = call.request.params.get("page_size") else {
        return Ok(DEFAULT_SIZE);
    };
    let refuse = || {
        Box::new(Answer::validation(
            "page_size",
            &format!("The value must be between 1 and {max}."),
        ))
    };
    text.parse()
        .ok()
        .filter(|size| (1..=max).contains(size))
        .ok_or_else(refuse)
}

/// Where the query's page token says to go on.
pub(crate) fn position(world: &mut World, call: &Call<'_>) -> Result<Position, Box<Answer>> {
    let Some(token) = call
        .request
        .params
        .get("next_page_token")
        .filter(|token| !token.is_empty())
    else {
        return Ok(Position {
            offset: 0,
            snapshot: None,
        });
    };
    let code = call.spec.page_token_code;
    let refuse = || Box::new(Answer::error(400, code, "The next page token is invalid or expired."));
    let (name, now) = (world.accounts[call.account].name.clone(), world.now());
    let expired = world.faults.take(&call.request.path, Some(&name), now, |effect| {
        matches!(effect, Effect::ExpiredPageToken).then_some(())
    });
    if expired.is_some() {
        return Err(refuse());
    }
    let query = call.request.params.fingerprint();
    let mark = world
        .bookmarks
        .open(token, call.account, &call.request.path, &query, now);
    mark.map(|mark| Position {
        offset: mark.offset,
        snapshot: mark.snapshot.clone(),
    })
    .ok_or_else(refuse)
}

/// Cuts the page out of `total` rows and issues the token of the next one.
pub(crate) fn cut(world: &mut World, call: &Call<'_>, size: usize, total: usize, position: Position) -> Page {
    let (path, query) = (call.request.path.as_str(), call.request.params.fingerprint());
    let name = world.accounts[call.account].name.clone();
    let now = world.now();
    let mut take = |wanted: fn(&Effect) -> Option<i64>| world.faults.take(path, Some(&name), now, wanted);
    let again = position.offset > 0 && take(|effect| matches!(effect, Effect::RepeatPage).then_some(0)).is_some();
    let offset = if again {
        position.offset.saturating_sub(size)
    } else {
        position.offset
    }
    .min(total);
    let mut end = (offset + size).min(total);
    let mut next = end;
    if next < total {
        let overlap = take(|effect| match effect {
            Effect::DuplicateRows { rows } => i64::try_from(*rows).ok(),
            _ => None,
        });
        // At least one row forward, or the listing would never end.
        next = next
            .saturating_sub(usize::try_from(overlap.unwrap_or(0)).unwrap_or(0))
            .max(offset + 1);
    }
    if end > offset {
        let lost = take(|effect| match effect {
            Effect::ShortPage { rows } => i64::try_from(*rows).ok(),
            _ => None,
        });
        end = end
            .saturating_sub(usize::try_from(lost.unwrap_or(0)).unwrap_or(0))
            .max(offset);
    }
    let delta = take(|effect| match effect {
        Effect::WrongTotal { delta } => Some(*delta),
        _ => None,
    });
    let sent = call
        .request
        .params
        .get("next_page_token")
        .filter(|token| !token.is_empty());
    let same = sent.filter(|_| take(|effect| matches!(effect, Effect::RepeatPageToken).then_some(0)).is_some());
    let next_page_token = match same {
        Some(token) => token.to_owned(),
        None if next >= total => String::new(),
        None => {
            let issued_at = world.now();
            let bookmark = Bookmark {
                account: call.account,
                path: path.to_owned(),
                query,
                offset: next,
                snapshot: position.snapshot,
                issued_at,
            };
            world.bookmarks.issue(&mut world.rng, bookmark)
        }
    };
    let shown = i64::try_from(total).unwrap_or(i64::MAX) + delta.unwrap_or(0);
    Page {
        size,
        total: usize::try_from(shown).unwrap_or(0),
        number: offset / size.max(1) + 1,
        rows: offset..end,
        next_page_token,
    }
}
