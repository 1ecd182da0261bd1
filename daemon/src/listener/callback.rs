//! `/oauth/callback`: the page a person sees after consenting at Zoom. It shows the code and where to paste it; it
//! stores nothing, sends nothing anywhere and needs no script.

use std::fmt::Write as _;

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Response, StatusCode, header},
};
use url::form_urlencoded;

use crate::domain::command::quoted;

/// Longest code, state or error that is shown, in characters; Zoom's are far shorter.
const LONGEST: usize = 4_096;

/// Everything on the page is on the page: no script, no image, no font, no form, no frame, nothing from anywhere.
const POLICY: &str = "default-src 'none'; style-src 'sha256-STYLE'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'; sandbox";

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem;\
color:#1b1f24;background:#fff}h1{font-size:1.4rem}code,pre{font:15px/1.4 ui-monospace,monospace;background:#f2f4f7;\
border:1px solid #c9d1d9;border-radius:6px}pre{padding:.8rem;white-space:pre-wrap;overflow-wrap:anywhere;\
user-select:all}code{padding:.1rem .3rem}.error{border-left:4px solid #b42318;padding-left:1rem}\
@media(prefers-color-scheme:dark){body{color:#e6e9ed;background:#14171a}code,pre{background:#1f2429;border-color:#3a424a}}";

/// What Zoom sent the browser with.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Redirect {
    code: Option<String>,
    /// The `state` that names the authorization that waits.
    pub state: Option<String>,
    error: Option<String>,
    description: Option<String>,
}

impl Redirect {
    /// Reads a query. Of a parameter that comes twice the first counts.
    #[must_use]
    pub fn read(query: &str) -> Self {
        let mut redirect = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let field = match name.as_ref() {
                "code" => &mut redirect.code,
                "state" => &mut redirect.state,
                "error" => &mut redirect.error,
                "error_description" => &mut redirect.description,
                _ => continue,
            };
            let value: String = value.trim().chars().take(LONGEST).collect();
            if field.is_none() && !value.is_empty() {
                *field = Some(value);
            }
        }
        redirect
    }
}

/// The page. `account` is the name of the account that waits for this `state`, when one does.
#[must_use]
pub fn page(redirect: &Redirect, account: Option<&str>) -> Response<Body> {
    let (status, title, content) = match (&redirect.error, &redirect.code) {
        (Some(error), _) => (
            StatusCode::OK,
            "Not authorized",
            refusal(error, redirect.description.as_deref(), account),
        ),
        (None, Some(code)) => (
            StatusCode::OK,
            "Almost connected",
            success(code, redirect.state.is_some(), account),
        ),
        (None, None) => (StatusCode::BAD_REQUEST, "Nothing to show", nothing()),
    };
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>callsyncd: {title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"robots\" content=\"noindex\">\
         <style>{STYLE}</style></head><body><main><h1>{title}</h1>\n{content}</main></body></html>\n"
    );
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "interest-cohort=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(&policy()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn policy() -> String {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    use sha2::{Digest as _, Sha256};
    POLICY.replace("STYLE", &BASE64_STANDARD.encode(Sha256::digest(STYLE)))
}

fn success(code: &str, has_state: bool, account: Option<&str>) -> String {
    let mut html = String::from("<p>Zoom granted access. Copy this authorization code:</p>\n");
    let _ = writeln!(html, "<pre id=\"code\">{}</pre>", escaped(code));
    let command = format!(
        "callsyncctl account authorize {} --code-file -",
        account.map_or_else(|| "NAME".to_owned(), quoted)
    );
    let _ = write!(
        html,
        "<p>On the server type this command, paste the code, and end with Enter and Ctrl-D:</p>\n\
         <pre id=\"command\">{}</pre>\n<p>The code can be used once and lives five minutes.</p>\n",
        escaped(&command)
    );
    if account.is_none() {
        html.push_str(if has_state {
            "<p class=\"error\" id=\"unknown\">No account of this server waits for this authorization. If you did not \
             start it yourself just now, do not use the code.</p>\n"
        } else {
            "<p class=\"error\" id=\"unknown\">The address carries no <code>state</code>. If you did not start this \
             authorization yourself just now, do not use the code.</p>\n"
        });
    }
    html
}

fn refusal(error: &str, description: Option<&str>, account: Option<&str>) -> String {
    let words = match error {
        "access_denied" => "The access was denied at Zoom: nothing was connected and nothing was changed.",
        _ => "Zoom did not grant access: nothing was connected and nothing was changed.",
    };
    let mut html = format!(
        "<div class=\"error\"><p>{words}</p>\n<p>Zoom says: <code id=\"error\">{}</code></p>\n",
        escaped(error)
    );
    if let Some(description) = description {
        let _ = writeln!(html, "<p id=\"description\">{}</p>", escaped(description));
    }
    let command = format!(
        "callsyncctl account authorize {}",
        account.map_or_else(|| "NAME".to_owned(), quoted)
    );
    let _ = write!(
        html,
        "</div>\n<p>To try again, get the address anew with:</p>\n<pre id=\"command\">{}</pre>\n",
        escaped(&command)
    );
    html
}

fn nothing() -> String {
    "<p>This page shows the authorization code after you allowed access at Zoom. To begin, type:</p>\n\
     <pre id=\"command\">callsyncctl account authorize NAME</pre>\n"
        .to_owned()
}

/// Text as text, also inside attributes; what a terminal or a reader could be fooled with is spelled out.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            // Reordering and invisible characters would make the pasted command another than the read one.
            c if c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}') =>
            {
                let _ = write!(html, "\\u{{{:x}}}", u32::from(c));
            }
            c => html.push(c),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn shown(query: &str, account: Option<&str>) -> (StatusCode, String, String) {
        let response = page(&Redirect::read(query), account);
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .expect("text")
            .to_owned();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20)
            .await
            .expect("a body");
        (status, policy, String::from_utf8(body.to_vec()).expect("text"))
    }

    #[tokio::test]
    async fn the_code_and_the_command_of_the_waiting_account_are_shown() {
        let (status, policy, html) = shown("code=abc_123-X&state=S", Some("O'Neil & Sons")).await;
        assert_eq!(status, StatusCode::OK);
        assert!(html.contains("<pre id=\"code\">abc_123-X</pre>"), "{html}");
        assert!(
            html.contains("account authorize &#39;O&#39;\\&#39;&#39;Neil &amp; Sons&#39; --code-file -"),
            "{html}"
        );
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{policy}");
        assert!(!html.contains("<script"), "{html}");
    }

    #[tokio::test]
    async fn nothing_from_the_address_becomes_markup() {
        let evil = "%3Cscript%3Ealert(1)%3C/script%3E%22%27%E2%80%AE";
        for query in [
            format!("code={evil}"),
            format!("error={evil}&error_description={evil}"),
            format!("code={evil}&state={evil}"),
        ] {
            let (_, _, html) = shown(&query, None).await;
            assert!(!html.contains("<script") && html.contains("&lt;script&gt;"), "{html}");
            assert!(!html.contains('\u{202e}'), "{html}");
        }
    }

    #[tokio::test]
    async fn a_refusal_is_said_plainly_and_shows_no_code() {
        let (_, _, html) = shown(
            "error=access_denied&error_description=The+user+declined&code=x",
            Some("ACME"),
        )
        .await;
        assert!(
            html.contains("denied at Zoom") && html.contains("The user declined"),
            "{html}"
        );
        assert!(!html.contains("id=\"code\""), "{html}");
        let (status, _, _) = shown("", None).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
    }

    #[tokio::test]
    async fn a_code_that_nobody_waits_for_comes_with_a_warning() {
        let (_, _, html) = shown("code=abc&state=other", None).await;
        assert!(
            html.contains("id=\"unknown\"") && html.contains("authorize NAME"),
            "{html}"
        );
    }
}
