//! The one HTTP client: TLS, proxy, timeouts, bounded bodies; and errors that never carry a URL.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use http::{HeaderMap, HeaderValue, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::{
    config::model::Zoom,
    zoom::{endpoint::Request, error::ZoomError},
};

/// Global API base.
const GLOBAL_API: &str = "https://api.zoom.us/v2";
/// Largest body we read, in bytes. A page of 300 calls in both generations is about 1 MiB.
const LARGEST_BODY: usize = 64 << 20;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest silence while a body arrives.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(120);
/// Tokens are small. Shorter, because everything of the account waits for it.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(30);

/// The configuration in force and the HTTP client that belongs to it.
pub struct Setup {
    /// `zoom:`.
    pub zoom: Zoom,
    /// Counts reloads: a failure that only a new configuration heals is forgotten when this changes.
    pub generation: u64,
    carrier: Arc<dyn Carrier>,
}

/// A request as it goes out.
#[derive(Debug)]
pub struct Letter {
    /// Where.
    pub url: Url,
    /// `Authorization`, marked as sensitive.
    pub authorization: Option<HeaderValue>,
    /// Posted as a form when present; else it is a `GET`.
    pub form: Option<String>,
}

/// Takes requests to Zoom and brings its answers: HTTP in the daemon, the simulator itself where a test owns the clock.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// [`ZoomError::Unreachable`] when it was not sent, [`ZoomError::Lost`] when it may have been.
    async fn carry(&self, letter: Letter) -> Result<Answer, ZoomError>;
}

/// HTTP.
struct Http(reqwest::Client);

#[async_trait]
impl Carrier for Http {
    async fn carry(&self, letter: Letter) -> Result<Answer, ZoomError> {
        let Letter {
            url,
            authorization,
            form,
        } = letter;
        let mut request = match form {
            None => self.0.get(url),
            Some(form) => self
                .0
                .post(url)
                .timeout(TOKEN_TIMEOUT)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form),
        };
        if let Some(mut value) = authorization {
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        read(request.send().await.map_err(failed)?).await
    }
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body; bytes that are no UTF-8 are replaced.
    pub body: String,
}

impl Answer {
    /// 2xx.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
}

impl Setup {
    /// Sets up the client. Reads the system's root certificates.
    ///
    /// # Errors
    /// The proxy is unusable.
    pub fn new(zoom: &Zoom, generation: u64) -> Result<Self, ZoomError> {
        let carrier = Arc::new(Http(http_client(zoom)?));
        Ok(Self::over(zoom, generation, carrier))
    }

    /// Over a carrier of its own.
    #[must_use]
    pub fn over(zoom: &Zoom, generation: u64, carrier: Arc<dyn Carrier>) -> Self {
        Self {
            zoom: zoom.clone(),
            generation,
            carrier,
        }
    }

    /// The same with another configuration; connections are kept when they still go the same way.
    ///
    /// # Errors
    /// The proxy is unusable.
    pub fn renewed(&self, zoom: &Zoom) -> Result<Self, ZoomError> {
        let generation = self.generation + 1;
        if zoom.proxy == self.zoom.proxy {
            return Ok(Self::over(zoom, generation, Arc::clone(&self.carrier)));
        }
        Self::new(zoom, generation)
    }

    /// The API base of an account: the configured one, else its region's, else the global one.
    ///
    /// # Errors
    /// None is a URL.
    pub fn api_base(&self, region: Option<&str>) -> Result<Url, ZoomError> {
        if let Some(url) = &self.zoom.api_url {
            return Ok(url.clone());
        }
        let regional = region
            .and_then(|text| Url::parse(text).ok())
            .filter(is_trustworthy)
            .and_then(|mut url| {
                url.path_segments_mut().ok()?.pop_if_empty().push("v2");
                Some(url)
            });
        match regional {
            Some(url) => Ok(url),
            None => Url::parse(GLOBAL_API).map_err(|_| ZoomError::Setup("the API base is no URL".to_owned())),
        }
    }

    /// Sends a request with a bearer token and reads the answer.
    ///
    /// # Errors
    /// [`ZoomError::Unreachable`] when it was not sent, [`ZoomError::Lost`] when it may have been.
    pub async fn get(&self, base: &Url, request: &Request, token: &SecretString) -> Result<Answer, ZoomError> {
        let url = url_of(base, request)?;
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
            .map_err(|_| ZoomError::Setup("the access token holds characters that no header may hold".to_owned()))?;
        bearer.set_sensitive(true);
        let letter = Letter {
            url,
            authorization: Some(bearer),
            form: None,
        };
        self.carrier.carry(letter).await
    }

    /// Posts a form to the token endpoint.
    ///
    /// # Errors
    /// [`ZoomError::Unreachable`] when it was not sent, [`ZoomError::Lost`] when it may have been.
    pub async fn post_form(
        &self,
        url: Url,
        authorization: Option<HeaderValue>,
        form: String,
    ) -> Result<Answer, ZoomError> {
        let letter = Letter {
            url,
            authorization,
            form: Some(form),
        };
        self.carrier.carry(letter).await
    }
}

/// A token is sent only over TLS, or within this host.
fn is_trustworthy(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => match url.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost",
            None => false,
        },
        _ => false,
    }
}

/// Everything in an id that is no `pchar` of RFC 3986.
const OF_A_SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

fn url_of(base: &Url, request: &Request) -> Result<Url, ZoomError> {
    let mut url = base.clone();
    if url.cannot_be_a_base() {
        return Err(ZoomError::Setup("zoom: api_url cannot have a path".to_owned()));
    }
    let mut path = url.path().trim_end_matches('/').to_owned();
    for part in request.endpoint.path.split('/').skip(1) {
        path.push('/');
        match &request.id {
            // Such an id would name another endpoint.
            Some(id) if part == "{}" && matches!(id.as_str(), "" | "." | "..") => {
                return Err(ZoomError::NotFound(crate::zoom::error::Refusal::default()));
            }
            // Encoded here, because a URL drops line breaks and tabs that it is given.
            Some(id) if part == "{}" => path.extend(utf8_percent_encode(id, OF_A_SEGMENT)),
            _ => path.push_str(part),
        }
    }
    url.set_path(&path);
    if !request.query.is_empty() {
        url.query_pairs_mut().extend_pairs(&request.query);
    }
    Ok(url)
}

/// Without system roots no HTTPS host can be trusted, but everything else still works.
fn http_client(zoom: &Zoom) -> Result<reqwest::Client, ZoomError> {
    // An error only says that a provider is installed already.
    drop(rustls::crypto::ring::default_provider().install_default());
    let setup = |error: reqwest::Error| ZoomError::Setup(describe(&error.without_url()));
    let builder = || -> Result<reqwest::ClientBuilder, ZoomError> {
        let builder = reqwest::Client::builder()
            .user_agent(concat!("callsyncd/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .timeout(TOTAL_TIMEOUT)
            // Shorter than any server's: a request on a connection that is just being closed is a lost answer.
            .pool_idle_timeout(Duration::from_secs(20));
        Ok(match &zoom.proxy {
            Some(proxy) => builder.proxy(reqwest::Proxy::all(proxy.clone()).map_err(setup)?),
            None => builder,
        })
    };
    builder()?.build().or_else(|error| {
        tracing::warn!(error = %describe(&error.without_url()), "no system root certificates: HTTPS will fail");
        builder()?.tls_certs_only(std::iter::empty()).build().map_err(setup)
    })
}

async fn read(mut response: reqwest::Response) -> Result<Answer, ZoomError> {
    let too_large = || ZoomError::Lost(format!("the body is larger than {LARGEST_BODY} bytes"));
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let announced = response.content_length().unwrap_or(0);
    if announced > LARGEST_BODY as u64 {
        return Err(too_large());
    }
    let mut body = Vec::with_capacity(usize::try_from(announced).unwrap_or(0));
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > LARGEST_BODY {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    let body = String::from_utf8(body).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    Ok(Answer { status, headers, body })
}

fn failed(error: reqwest::Error) -> ZoomError {
    let unsent = error.is_connect();
    if error.is_builder() {
        return ZoomError::Setup(describe(&error.without_url()));
    }
    let words = if error.is_timeout() {
        "timed out".to_owned()
    } else {
        describe(&error.without_url())
    };
    if unsent {
        ZoomError::Unreachable(words)
    } else {
        ZoomError::Lost(words)
    }
}

/// The whole chain of causes in one line.
fn describe(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

/// The setup in force; replaced by a reload while requests run on the former one.
pub struct Current(std::sync::RwLock<Arc<Setup>>);

impl Current {
    /// Starts with `setup`.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self(std::sync::RwLock::new(Arc::new(setup)))
    }

    /// The setup now.
    #[must_use]
    pub fn get(&self) -> Arc<Setup> {
        Arc::clone(&self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Replaces it.
    pub fn set(&self, setup: Setup) {
        *self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(setup);
    }
}

#[cfg(test)]
mod hostile_tests;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zoom::{
        endpoint::{CALL_DETAIL, USERS},
        test_setup::zoom,
    };

    #[test]
    fn the_configured_api_wins_over_the_region_and_the_region_over_the_world() {
        let mut config = zoom("http://127.0.0.1:1");
        config.api_url = None;
        let setup = Setup::new(&config, 0).expect("a client");
        let base = |setup: &Setup, region| setup.api_base(region).expect("a base").to_string();
        assert_eq!(
            base(&setup, Some("https://api-eu.zoom.us")),
            "https://api-eu.zoom.us/v2"
        );
        assert_eq!(
            base(&setup, Some("https://api-eu.zoom.us/")),
            "https://api-eu.zoom.us/v2"
        );
        assert_eq!(base(&setup, None), "https://api.zoom.us/v2");
        for bad in ["", "nonsense", "http://example.com", "ftp://127.0.0.1"] {
            assert_eq!(base(&setup, Some(bad)), "https://api.zoom.us/v2", "{bad}");
        }
        config.api_url = Some(Url::parse("https://gateway.example/zoom/v2").expect("a url"));
        let setup = setup.renewed(&config).expect("a client");
        assert_eq!(
            base(&setup, Some("https://api-eu.zoom.us")),
            "https://gateway.example/zoom/v2"
        );
    }

    #[test]
    fn ids_cannot_leave_their_place_in_the_path() {
        let base = Url::parse("https://api.zoom.us/v2").expect("a url");
        let url = |id: &str| url_of(&base, &Request::about(&CALL_DETAIL, id)).map(|url| url.to_string());
        assert_eq!(
            url("20260301-a").as_deref(),
            Ok("https://api.zoom.us/v2/phone/call_history/20260301-a")
        );
        assert_eq!(
            url("a/b?c#d").as_deref(),
            Ok("https://api.zoom.us/v2/phone/call_history/a%2Fb%3Fc%23d")
        );
        assert_eq!(
            url("a\r\nb\tc").as_deref(),
            Ok("https://api.zoom.us/v2/phone/call_history/a%0D%0Ab%09c")
        );
        for id in ["", ".", ".."] {
            assert!(matches!(url(id), Err(ZoomError::NotFound(_))));
        }
        let request = Request::new(&USERS).with("status", "active").page(Some("a&b="));
        assert_eq!(
            url_of(&base, &request).map(|url| url.to_string()).as_deref(),
            Ok("https://api.zoom.us/v2/users?status=active&page_size=300&next_page_token=a%26b%3D")
        );
    }
}
