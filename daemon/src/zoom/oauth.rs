//! Zoom's OAuth: the authorize URL, the token endpoint, and what its refusals mean.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use oauth2::{CsrfToken, PkceCodeChallenge};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::value::RawValue;
use url::{Url, form_urlencoded};

use crate::{
    config::model::Zoom,
    domain::failure::Cause,
    ports::zoom::{AuthorizationRequest, Grant},
    zoom::{
        error::{Refusal, ZoomError},
        retry,
        transport::{Answer, Setup},
        wire::scalar,
    },
};

/// What a token is asked for with.
#[derive(Debug)]
pub enum GrantRequest<'a> {
    /// A code from the redirect.
    Code {
        /// Single-use.
        code: &'a SecretString,
        /// PKCE.
        verifier: &'a SecretString,
    },
    /// A refresh token.
    Refresh(&'a SecretString),
    /// A server-to-server app, by Zoom's account id.
    Account(&'a str),
}

/// What the token endpoint refused for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// The code is wrong or was used.
    CodeInvalid,
    /// The code is older than five minutes.
    CodeExpired,
    /// `redirect_uri` is not that of the app.
    RedirectMismatch,
    /// Client id or secret are wrong.
    ClientInvalid,
    /// The app is not of the kind this grant needs.
    GrantNotSupported,
    /// Scopes of token and app differ.
    ScopeMismatch,
    /// The app is switched off.
    AppDisabled,
    /// The authorization is over: the refresh token is spent or revoked, its owner is gone.
    AuthorizationEnded,
    /// Anything else.
    Other,
}

impl RefusalKind {
    /// Cause, code and next step.
    #[must_use]
    pub const fn explain(self) -> (Cause, &'static str, &'static str) {
        match self {
            Self::CodeInvalid => (
                Cause::Zoom,
                "authorization_code_invalid",
                "open the authorize URL again and paste the new code: callsyncctl account authorize NAME",
            ),
            Self::CodeExpired => (
                Cause::Zoom,
                "authorization_code_expired",
                "a code lives five minutes: open the authorize URL again: callsyncctl account authorize NAME",
            ),
            Self::RedirectMismatch => (
                Cause::Zoom,
                "redirect_mismatch",
                "make zoom: redirect_uri equal to the app's OAuth Redirect URL at marketplace.zoom.us",
            ),
            Self::ClientInvalid => (
                Cause::Zoom,
                "client_credentials_invalid",
                "check zoom: client_id and client_secret in /etc/callsyncd/callsyncd.yaml, then: systemctl reload callsyncd",
            ),
            Self::GrantNotSupported => (
                Cause::Zoom,
                "grant_not_supported",
                "use --auth server-to-server only with a Server-to-Server OAuth app, --auth oauth only with a General app",
            ),
            Self::ScopeMismatch => (
                Cause::Zoom,
                "scope_mismatch",
                "the app's scopes were changed: authorize again: callsyncctl account authorize NAME",
            ),
            Self::AppDisabled => (
                Cause::Zoom,
                "app_disabled",
                "activate the app at marketplace.zoom.us, then: callsyncctl account test NAME",
            ),
            Self::AuthorizationEnded => (
                Cause::Reauthorization,
                "reauthorization_required",
                "callsyncctl account authorize NAME",
            ),
            Self::Other => (
                Cause::Zoom,
                "zoom_error",
                "look up the code at developers.zoom.us; check zoom: oauth_url and the account id",
            ),
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::CodeInvalid => "Zoom does not accept the authorization code; it is wrong or was used before",
            Self::CodeExpired => "the authorization code has expired",
            Self::RedirectMismatch => "the redirect URI is not the one registered with the app",
            Self::ClientInvalid => "Zoom does not accept the client id or the client secret",
            Self::GrantNotSupported => "the app is not of the kind that this way of authorizing needs",
            Self::ScopeMismatch => "the scopes of the authorization and of the app differ",
            Self::AppDisabled => "the app is disabled at Zoom",
            Self::AuthorizationEnded => "the authorization is no longer valid at Zoom",
            Self::Other => "Zoom refused to issue a token",
        }
    }
}

/// The token endpoint's refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {refusal}", kind.words())]
pub struct GrantRefusal {
    /// What for.
    pub kind: RefusalKind,
    /// Zoom's words.
    pub refusal: Refusal,
}

/// A fresh authorize URL with `state` and PKCE S256.
///
/// # Errors
/// No client id is configured.
pub fn authorization_request(zoom: &Zoom) -> Result<AuthorizationRequest, ZoomError> {
    let client_id = zoom.client_id.as_deref().ok_or(ZoomError::NoClientId)?;
    let state = CsrfToken::new_random_len(32);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let mut url = endpoint(zoom, "authorize")?;
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", client_id)
        .append_pair("redirect_uri", &zoom.redirect_uri)
        .append_pair("state", state.secret())
        .append_pair("code_challenge", challenge.as_str())
        .append_pair("code_challenge_method", challenge.method());
    Ok(AuthorizationRequest {
        url: url.into(),
        state: state.into_secret(),
        verifier: verifier.into_secret(),
    })
}

fn endpoint(zoom: &Zoom, name: &str) -> Result<Url, ZoomError> {
    let mut url = zoom.oauth_url.clone();
    url.path_segments_mut()
        .map_err(|()| ZoomError::Setup("zoom: oauth_url cannot have a path".to_owned()))?
        .pop_if_empty()
        .extend(["oauth", name]);
    Ok(url)
}

/// Asks for a token, once.
///
/// # Errors
/// [`ZoomError::Unreachable`] when the request was not sent; [`ZoomError::Lost`] and [`ZoomError::Trouble`] when Zoom
/// may have acted on it; [`ZoomError::Grant`] when it refused.
pub async fn request_grant(setup: &Setup, request: &GrantRequest<'_>, now: Timestamp) -> Result<Grant, ZoomError> {
    let zoom = &setup.zoom;
    let client_id = zoom.client_id.as_deref().ok_or(ZoomError::NoClientId)?;
    let mut fields: Vec<(&str, &str)> = match request {
        GrantRequest::Code { code, verifier } => {
            vec![
                ("grant_type", "authorization_code"),
                ("code", code.expose_secret()),
                ("redirect_uri", &zoom.redirect_uri),
                ("code_verifier", verifier.expose_secret()),
            ]
        }
        GrantRequest::Refresh(token) => {
            vec![
                ("grant_type", "refresh_token"),
                ("refresh_token", token.expose_secret()),
            ]
        }
        GrantRequest::Account(id) => vec![("grant_type", "account_credentials"), ("account_id", id)],
    };
    let authorization = match (&zoom.client_secret, request) {
        (Some(secret), _) => Some(basic(client_id, secret)?),
        (None, GrantRequest::Account(_)) => return Err(ZoomError::NoClientSecret),
        (None, _) => {
            fields.push(("client_id", client_id));
            None
        }
    };
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let answer = setup.post_form(endpoint(zoom, "token")?, authorization, form).await?;
    if answer.is_success() {
        return read_grant(&answer.body, now);
    }
    let mut error = refuse(&answer, request, now);
    scrub(&mut error, request, zoom);
    Err(error)
}

fn basic(client_id: &str, secret: &SecretString) -> Result<HeaderValue, ZoomError> {
    let pair = BASE64_STANDARD.encode(format!("{client_id}:{}", secret.expose_secret()));
    HeaderValue::from_str(&format!("Basic {pair}"))
        .map_err(|_| ZoomError::Setup("the client id or secret cannot be sent".to_owned()))
}

/// Gives an access token up, and with it everything that its user granted us. Asked once.
///
/// # Errors
/// Zoom could not be reached or refused; then the token lives on until it expires.
pub async fn revoke(setup: &Setup, token: &SecretString) -> Result<(), ZoomError> {
    let zoom = &setup.zoom;
    let client_id = zoom.client_id.as_deref().ok_or(ZoomError::NoClientId)?;
    let mut fields = vec![("token", token.expose_secret())];
    let authorization = match &zoom.client_secret {
        Some(secret) => Some(basic(client_id, secret)?),
        None => {
            fields.push(("client_id", client_id));
            None
        }
    };
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let answer = setup.post_form(endpoint(zoom, "revoke")?, authorization, form).await?;
    if answer.is_success() {
        return Ok(());
    }
    // The body may quote the token.
    Err(ZoomError::Setup(format!(
        "Zoom answered the revocation with HTTP {}",
        answer.status
    )))
}

#[derive(Deserialize)]
struct TokenBody<'a> {
    #[serde(borrow)]
    access_token: &'a RawValue,
    #[serde(borrow, default)]
    refresh_token: Option<&'a RawValue>,
    #[serde(borrow, default)]
    expires_in: Option<&'a RawValue>,
    #[serde(borrow, default)]
    scope: Option<&'a RawValue>,
    #[serde(borrow, default)]
    api_url: Option<&'a RawValue>,
}

/// A token that says nothing of its life is good for an hour, as all of Zoom's are.
const USUAL_LIFETIME: i64 = 3_600;

fn read_grant(body: &str, now: Timestamp) -> Result<Grant, ZoomError> {
    // The body holds tokens: an error must not quote it.
    let lost = || ZoomError::Lost("the token answer was cut off or is no JSON".to_owned());
    let body: TokenBody<'_> = serde_json::from_str(body).map_err(|_| lost())?;
    let text = |raw: &RawValue| {
        scalar::string(raw.get())
            .filter(|text| !text.is_empty())
            .map(String::from)
    };
    let lifetime = body
        .expires_in
        .and_then(|raw| scalar::lenient_integer(raw.get()))
        .filter(|seconds| *seconds > 0);
    let lifetime = SignedDuration::from_secs(lifetime.unwrap_or(USUAL_LIFETIME));
    Ok(Grant {
        access_token: text(body.access_token).ok_or_else(lost)?.into(),
        refresh_token: body.refresh_token.and_then(text).map(SecretString::from),
        expires_at: now.saturating_add(lifetime).unwrap_or(now),
        scopes: body
            .scope
            .and_then(text)
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        api_url: body.api_url.and_then(text),
    })
}

#[derive(Deserialize)]
struct RefusalBody<'a> {
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    reason: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error_description: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    code: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "errorCode")]
    error_code: Option<&'a RawValue>,
}

fn refuse(answer: &Answer, request: &GrantRequest<'_>, now: Timestamp) -> ZoomError {
    let lost = || {
        ZoomError::Lost(format!(
            "HTTP {} from the token endpoint, with a body that is no JSON",
            answer.status
        ))
    };
    if answer.status == 429 {
        // Zoom has not looked at the request, so the refresh token is not spent.
        let probe = crate::zoom::endpoint::Request::new(&crate::zoom::endpoint::OWN_USER);
        return retry::classify(429, &answer.headers, &answer.body, &probe, now);
    }
    let Ok(body) = serde_json::from_str::<RefusalBody<'_>>(&answer.body) else {
        return lost();
    };
    let Some(mut refusal) = retry::refusal(answer.status, &answer.headers, &answer.body) else {
        return lost();
    };
    let text = |raw: Option<&RawValue>| raw.and_then(|raw| scalar::string(raw.get()).map(String::from));
    let error = text(body.error).unwrap_or_default();
    let reason = text(body.reason)
        .or_else(|| text(body.error_description))
        .or_else(|| text(body.message));
    refusal.message = match (reason.unwrap_or_default(), error.is_empty()) {
        (reason, true) => reason,
        (reason, false) if reason.is_empty() => error.clone(),
        (reason, false) => format!("{reason} ({error})"),
    };
    let code = body
        .code
        .or(body.error_code)
        .and_then(|raw| scalar::lenient_integer(raw.get()));
    refusal.code = code.or_else(|| code_in(&refusal.message));
    if answer.status >= 500 || answer.status < 400 {
        return ZoomError::Trouble(refusal);
    }
    ZoomError::Grant(GrantRefusal {
        kind: kind(&error, &refusal, request),
        refusal,
    })
}

/// Zoom sometimes names its code only in the words: `Invalid redirect (4,709)`.
fn code_in(message: &str) -> Option<i64> {
    let digits: String = message.chars().filter(|c| *c != ',').collect();
    digits
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|run| run.parse().ok())
        .find(|code| (4700..4800).contains(code))
}

fn kind(error: &str, refusal: &Refusal, request: &GrantRequest<'_>) -> RefusalKind {
    let is_code = matches!(request, GrantRequest::Code { .. });
    let words = refusal.message.to_ascii_lowercase();
    match refusal.code {
        Some(4733) => return RefusalKind::CodeExpired,
        Some(4734) => return RefusalKind::CodeInvalid,
        Some(4709) => return RefusalKind::RedirectMismatch,
        Some(4702 | 4704 | 4706) => return RefusalKind::ClientInvalid,
        Some(4705) => return RefusalKind::GrantNotSupported,
        Some(4711) => return RefusalKind::ScopeMismatch,
        Some(4717) => return RefusalKind::AppDisabled,
        Some(4735 | 4737 | 4738 | 4741) => return RefusalKind::AuthorizationEnded,
        _ => {}
    }
    match error {
        "invalid_client" | "unauthorized_client" => RefusalKind::ClientInvalid,
        "unsupported_grant_type" => RefusalKind::GrantNotSupported,
        "invalid_scope" => RefusalKind::ScopeMismatch,
        _ if words.contains("redirect") => RefusalKind::RedirectMismatch,
        _ if is_code && words.contains("expired") => RefusalKind::CodeExpired,
        "invalid_grant" | "invalid_request" if is_code => RefusalKind::CodeInvalid,
        "invalid_grant" => RefusalKind::AuthorizationEnded,
        "invalid_request" if words.contains("invalid token") => RefusalKind::AuthorizationEnded,
        _ => RefusalKind::Other,
    }
}

/// Zoom's words must not carry what we sent.
fn scrub(error: &mut ZoomError, request: &GrantRequest<'_>, zoom: &Zoom) {
    let (ZoomError::Grant(GrantRefusal { refusal, .. }) | ZoomError::Trouble(refusal)) = error else {
        return;
    };
    let mut secrets: Vec<&SecretString> = zoom.client_secret.iter().collect();
    match request {
        GrantRequest::Code { code, verifier } => secrets.extend([*code, *verifier]),
        GrantRequest::Refresh(token) => secrets.push(token),
        GrantRequest::Account(_) => {}
    }
    for secret in secrets
        .into_iter()
        .map(ExposeSecret::expose_secret)
        .filter(|secret| !secret.is_empty())
    {
        refusal.message = refusal.message.replace(secret, "…");
    }
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;
