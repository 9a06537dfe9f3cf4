//! Values in an HTTP server's answers.

use super::{Selection, SourceError, TimeUnit, json::Document};
use clearproof_primitives::{chain::FeedValue, time::Millis};
use http_body_util::{BodyExt, Empty};
use hyper::{
    Method, Request, Response, StatusCode, Uri,
    body::{Body, Bytes, Incoming},
    header::{ACCEPT, CONTENT_ENCODING, HeaderMap, HeaderValue, LOCATION, USER_AGENT},
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::{ClientConfig, crypto::ring};
use rustls_platform_verifier::BuilderVerifierExt;
use serde_json_path::JsonPath;
use std::{error::Error as _, sync::Arc};
use thiserror::Error;
use url::Url;

/// Most redirects that are followed for one answer.
pub const MAX_REDIRECTS: usize = 3;

/// The reason that a server's answer is refused.
#[derive(Debug, Error)]
pub enum HttpError {
    /// The address is not that of a web server.
    #[error("address: {0}")]
    Address(#[from] AddressError),
    /// The server cannot be reached, or closes the connection early.
    #[error("connection: {0}")]
    Connection(String),
    /// The answer has another status than 200.
    #[error("status {0}")]
    Status(StatusCode),
    /// The answer exceeds its size limit.
    #[error("the answer has more than {0} bytes, its max_bytes")]
    Large(u64),
    /// The answer is compressed although the request did not allow it.
    #[error("the answer is encoded as {0:?}, which was not asked for")]
    Encoded(HeaderValue),
    /// The answer redirects too often.
    #[error("more than {MAX_REDIRECTS} redirects")]
    Redirects,
    /// A redirect does not name a location.
    #[error("a redirect without a place to go")]
    NoPlace,
    /// The answer redirects to another server.
    #[error("redirects to {0}, another server: if that is right, put it into the settings")]
    Elsewhere(String),
    /// The program's own TLS cannot be set up.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// The reason that an address is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    /// The text is not a URL.
    #[error("{0}")]
    Malformed(#[from] url::ParseError),
    /// The scheme is neither http nor https.
    #[error("scheme `{0}`: must be http or https")]
    Scheme(String),
    /// The address contains a secret, which logs and redirects would show.
    #[error("must not hold a user or password: use headers_from_env")]
    Credentials,
    /// The address contains characters that a request must not contain.
    #[error("is no address that can be asked")]
    Request,
}

/// Returns an address of the scheme http or https.
///
/// # Errors
/// Any other text is refused.
pub fn address(text: &str) -> Result<Url, AddressError> {
    checked(Url::parse(text)?)
}

fn checked(mut url: Url) -> Result<Url, AddressError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(AddressError::Scheme(url.scheme().into()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressError::Credentials);
    }
    url.set_fragment(None);
    Uri::try_from(url.as_str()).map_err(|_| AddressError::Request)?;
    Ok(url)
}

/// A JSON endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpSource {
    /// The endpoint's address, checked by [`address`].
    pub url: Url,
    /// Sent with each request, to this server only.
    pub headers: HeaderMap,
    /// Parts of the answer that make the value.
    pub value: Selection<JsonPath>,
    /// The part that contains the time of the value, and its unit.
    pub time: Option<(JsonPath, TimeUnit)>,
    /// Largest answer that is read, bytes.
    pub max_bytes: u64,
}

impl HttpSource {
    /// Asks the server; returns the value, and its time if the answer contains one.
    ///
    /// # Errors
    /// The server cannot be reached, or its answer does not contain the value.
    pub async fn read(
        &self,
        fetcher: &Fetcher,
    ) -> Result<(FeedValue, Option<Millis>), SourceError> {
        let body = fetcher
            .get(&self.url, &self.headers, self.max_bytes)
            .await?;
        let document = Document::parse(&body)?;
        let time = match &self.time {
            None => None,
            Some((path, unit)) => {
                let text = document.text(path)?;
                let time = unit.read(&text).ok_or_else(|| SourceError::Time {
                    field: path.to_string(),
                    text,
                })?;
                Some(time)
            }
        };
        let value = self.value.read(|path| Ok(document.text(path)?))?;
        Ok((value, time))
    }
}

/// Sends requests to web servers. Keeps connections open for the next round.
#[derive(Clone, Debug)]
pub struct Fetcher {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
}

impl Fetcher {
    /// Returns a client that trusts the certificates that this machine trusts.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new() -> Result<Self, HttpError> {
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_platform_verifier()
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
        })
    }

    /// Returns the server's answer, of at most `max_bytes`. Redirects are followed on the same
    /// server, and from http to https. There is no time limit here.
    ///
    /// # Errors
    /// The answer is not complete, or has another status than 200.
    pub async fn get(
        &self,
        url: &Url,
        headers: &HeaderMap,
        max_bytes: u64,
    ) -> Result<Vec<u8>, HttpError> {
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let answer = self.ask(&url, headers).await?;
            match answer.status() {
                StatusCode::OK => return body(answer, max_bytes).await,
                StatusCode::MOVED_PERMANENTLY
                | StatusCode::FOUND
                | StatusCode::SEE_OTHER
                | StatusCode::TEMPORARY_REDIRECT
                | StatusCode::PERMANENT_REDIRECT => url = target(&url, &answer)?,
                other => return Err(HttpError::Status(other)),
            }
        }
        Err(HttpError::Redirects)
    }

    async fn ask(&self, url: &Url, headers: &HeaderMap) -> Result<Response<Incoming>, HttpError> {
        let mut request = Request::new(Empty::new());
        *request.method_mut() = Method::GET;
        *request.uri_mut() = Uri::try_from(url.as_str()).map_err(|_| AddressError::Request)?;
        let own = [
            (
                USER_AGENT,
                concat!("clearproof-prover/", env!("CARGO_PKG_VERSION")),
            ),
            (ACCEPT, "application/json"),
        ];
        for (name, value) in own {
            request
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
        request.headers_mut().extend(headers.clone());
        self.client.request(request).await.map_err(|error| {
            let cause = error.source().map(|cause| format!(": {cause}"));
            HttpError::Connection(format!("{error}{}", cause.unwrap_or_default()))
        })
    }
}

/// Returns the target of a redirect, if it is on the same server.
fn target(from: &Url, answer: &Response<Incoming>) -> Result<Url, HttpError> {
    let place = answer.headers().get(LOCATION).ok_or(HttpError::NoPlace)?;
    let place = place.to_str().map_err(|_| HttpError::NoPlace)?;
    let to = checked(from.join(place).map_err(AddressError::from)?)?;
    let secured = from.scheme() == "http" && to.scheme() == "https" && from.host() == to.host();
    if to.origin() != from.origin() && !secured {
        return Err(HttpError::Elsewhere(to.origin().ascii_serialization()));
    }
    Ok(to)
}

/// Returns the whole body; reading stops as soon as the body is too large.
async fn body(answer: Response<Incoming>, max_bytes: u64) -> Result<Vec<u8>, HttpError> {
    if let Some(encoding) = answer.headers().get(CONTENT_ENCODING)
        && encoding != "identity"
    {
        return Err(HttpError::Encoded(encoding.clone()));
    }
    let mut body = answer.into_body();
    if body.size_hint().lower() > max_bytes {
        return Err(HttpError::Large(max_bytes));
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| HttpError::Connection(error.to_string()))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if (bytes.len() + data.len()) as u64 > max_bytes {
            return Err(HttpError::Large(max_bytes));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_web_addresses_are_taken() {
        assert!(address("http://127.0.0.1:8080/price?x=1#part").is_ok());
        assert!(address("https://example.org").is_ok());
        for (bad, reason) in [
            ("file:///etc/passwd", "scheme `file`"),
            ("ftp://example.org/x", "scheme `ftp`"),
            ("ws://example.org", "scheme `ws`"),
            ("data:application/json,1", "scheme `data`"),
            ("example.org/x", "relative URL"),
            ("https://", "empty host"),
            ("https://me:secret@example.org", "headers_from_env"),
        ] {
            let error = address(bad).unwrap_err().to_string();
            assert!(error.contains(reason), "{bad}: {error}");
        }
    }
}
