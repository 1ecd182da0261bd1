//! What a person pasted after consenting: a bare code, or the whole URL that Zoom redirected to.

use url::{Url, form_urlencoded};

use crate::domain::failure::{Cause, Fault};

/// Longest paste that is looked at, in bytes.
const LONGEST: usize = 8_192;

/// A code, checked as far as that goes without Zoom. Deliberately without `Debug`: a code is a secret.
#[derive(PartialEq, Eq)]
pub struct PastedCode(String);

impl PastedCode {
    /// The code itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Reads what was pasted. A URL must carry `state`; a bare code need not.
    ///
    /// # Errors
    /// `access_denied`, `authorization_refused` for what Zoom put into the URL; `state_mismatch`; `code_missing`,
    /// `code_malformed` for what is no code at all. None of them repeats what was pasted.
    pub fn read(pasted: &str, expected_state: &str) -> Result<Self, Fault> {
        if pasted.len() > LONGEST {
            return Err(malformed("is too long to be a code or a redirected URL"));
        }
        // Terminals and mail programs wrap long URLs; neither a code nor a URL holds white space.
        let text: String = pasted.split_whitespace().collect();
        if text.is_empty() {
            return Err(Fault::new(Cause::Usage, "code_missing", "No code was given.")
                .hint("Paste the code, or the whole URL that the browser shows after consenting."));
        }
        let Some(query) = query_of(&text)? else {
            return Self::bare(text);
        };
        let parameters: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let single = |name: &str| {
            let mut values = parameters
                .iter()
                .filter(|(key, _)| key == name)
                .map(|(_, value)| value.as_str());
            match (values.next(), values.next()) {
                (Some(_), Some(_)) => Err(malformed("names a parameter twice")),
                (value, _) => Ok(value.filter(|value| !value.is_empty())),
            }
        };
        // A refusal changes nothing, so it is told even when `state` got lost on the way.
        if let Some(error) = single("error")? {
            return Err(refusal(error));
        }
        match single("state")? {
            Some(state) if state == expected_state => {}
            state => {
                let what = if state.is_some() {
                    "another state than"
                } else {
                    "no state, unlike"
                };
                return Err(Fault::new(
                    Cause::Refused,
                    "state_mismatch",
                    format!("The pasted URL carries {what} the authorize URL that is waiting: it may come from another authorization, or from somebody else."),
                )
                .hint("Open the authorize URL that callsyncctl account show prints, consent there, and paste the URL you are then redirected to."));
            }
        }
        match single("code")? {
            Some(code) => Self::bare(code.to_owned()),
            None => Err(
                Fault::new(Cause::Usage, "code_missing", "The pasted URL holds no code.")
                    .hint("Paste the URL that the browser shows after consenting; it has code= in it."),
            ),
        }
    }

    fn bare(code: String) -> Result<Self, Fault> {
        if code.chars().all(|c| c.is_ascii_graphic()) {
            Ok(Self(code))
        } else {
            Err(malformed("holds characters that no code has"))
        }
    }
}

/// The query of a URL or of a query string; nothing when it is a bare code.
fn query_of(text: &str) -> Result<Option<String>, Fault> {
    if text.contains("://") {
        let url = Url::parse(text).map_err(|_| malformed("is not a URL"))?;
        return Ok(Some(url.query().unwrap_or_default().to_owned()));
    }
    // A URL without scheme, or only its query.
    let (before, query) = text
        .split_once('?')
        .map_or((None, text), |(before, query)| (Some(before), query));
    let query = query.split('#').next().unwrap_or_default();
    let known = query.split('&').any(|pair| {
        pair.split_once('=')
            .is_some_and(|(key, _)| matches!(key, "code" | "state" | "error"))
    });
    Ok((known || before.is_some()).then(|| query.to_owned()))
}

fn malformed(why: &str) -> Fault {
    Fault::new(Cause::Usage, "code_malformed", format!("What was pasted {why}."))
        .hint("Paste the code alone, or the whole URL that the browser shows after consenting.")
}

fn refusal(error: &str) -> Fault {
    if error == "access_denied" {
        return Fault::new(
            Cause::NotPermitted,
            "access_denied",
            "The person at Zoom declined the authorization.",
        )
        .hint("Ask an owner or admin of the Zoom account to open the authorize URL again and to allow the app.");
    }
    let name: String = error
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
        .take(64)
        .collect();
    Fault::new(Cause::Zoom, "authorization_refused", format!("Zoom refused the authorization: {name}."))
        .hint("Check client_id, redirect_uri and the scopes of the app in the Zoom App Marketplace, then open the authorize URL again.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pasted: &str) -> Result<String, (Cause, &'static str)> {
        PastedCode::read(pasted, "S1")
            .map(|code| code.0)
            .map_err(|fault| (fault.cause, fault.code))
    }

    #[test]
    fn bare_code_needs_no_state() {
        assert_eq!(read(" abc_D-9\n"), Ok("abc_D-9".into()));
    }

    #[test]
    fn redirected_url_gives_its_code_when_state_is_ours() {
        for url in [
            "http://127.0.0.1:8460/oauth/callback?code=abc&state=S1",
            "127.0.0.1:8460/oauth/callback?state=S1&code=abc#frag",
            "?code=abc&state=S1",
            "code=abc&state=S1",
            "http://127.0.0.1:8460/oauth/call\n back?code=abc&state=S1\n",
        ] {
            assert_eq!(read(url), Ok("abc".into()), "{url}");
        }
        assert_eq!(read("http://x/?code=a%2Bb&state=S1"), Ok("a+b".into()));
    }

    #[test]
    fn url_whose_state_is_missing_or_different_is_refused() {
        for url in [
            "http://x/?code=abc",
            "http://x/?code=abc&state=",
            "http://x/?code=abc&state=S2",
            "http://x/",
            "code=abc",
        ] {
            assert_eq!(read(url), Err((Cause::Refused, "state_mismatch")), "{url}");
        }
    }

    #[test]
    fn refusal_at_zoom_is_told_as_what_it_is() {
        assert_eq!(
            read("http://x/?error=access_denied&state=S1"),
            Err((Cause::NotPermitted, "access_denied"))
        );
        assert_eq!(
            read("http://x/?error=access_denied"),
            Err((Cause::NotPermitted, "access_denied"))
        );
        assert_eq!(
            read("http://x/?error=invalid_scope&state=S1"),
            Err((Cause::Zoom, "authorization_refused"))
        );
    }

    #[test]
    fn what_is_no_code_is_a_usage_error() {
        assert_eq!(read("  \n"), Err((Cause::Usage, "code_missing")));
        assert_eq!(read("http://x/?state=S1"), Err((Cause::Usage, "code_missing")));
        assert_eq!(
            read("http://x/?code=a&code=b&state=S1"),
            Err((Cause::Usage, "code_malformed"))
        );
        assert_eq!(read("cödé"), Err((Cause::Usage, "code_malformed")));
        assert_eq!(read(&"a".repeat(9_000)), Err((Cause::Usage, "code_malformed")));
    }
}
