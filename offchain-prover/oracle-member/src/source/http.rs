//! Values that an HTTP server answers with.

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

/// Why a server's answer is not taken.
#[derive(Debug, Error)]
pub enum HttpError {
    /// An address that is none of a web server.
    #[error("address: {0}")]
    Address(#[from] AddressError),
    /// It cannot be reached, or breaks the connection off.
    #[error("connection: {0}")]
    Connection(String),
    /// It answers with another status than 200.
    #[error("status {0}")]
    Status(StatusCode),
    /// It answers more than is read.
    #[error("the answer has more than {0} bytes, its max_bytes")]
    Large(u64),
    /// It compresses without being asked to.
    #[error("the answer is encoded as {0:?}, which was not asked for")]
    Encoded(HeaderValue),
    /// It sends from place to place.
    #[error("more than {MAX_REDIRECTS} redirects")]
    Redirects,
    /// It sends nowhere.
    #[error("a redirect without a place to go")]
    NoPlace,
    /// It sends to another server.
    #[error("redirects to {0}, another server: if that is right, put it into the settings")]
    Elsewhere(String),
    /// The program's own TLS cannot be set up.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// Why an address is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    /// No address.
    #[error("{0}")]
    Malformed(#[from] url::ParseError),
    /// Another protocol.
    #[error("scheme `{0}`: must be http or https")]
    Scheme(String),
    /// A secret in the address, which logs and redirects would show.
    #[error("must not hold a user or password: use headers_from_env")]
    Credentials,
    /// Characters that a request must not hold.
    #[error("is no address that can be asked")]
    Request,
}

/// An address of the scheme http or https.
///
/// # Errors
/// Anything else.
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
    /// Its address, by [`address`].
    pub url: Url,
    /// Sent with each request, to this server only.
    pub headers: HeaderMap,
    /// Parts of the answer that make the value.
    pub value: Selection<JsonPath>,
    /// Part that says when the value was observed, and its unit.
    pub time: Option<(JsonPath, TimeUnit)>,
    /// Largest answer that is read, bytes.
    pub max_bytes: u64,
}

impl HttpSource {
    /// Asks the server; answers the value and its time, if it says one.
    ///
    /// # Errors
    /// It cannot be reached, or does not say what is asked.
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

/// Asks web servers. Keeps connections for the next round.
#[derive(Clone, Debug)]
pub struct Fetcher {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
}

impl Fetcher {
    /// A client that trusts whom this machine trusts.
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

    /// What the server answers, at most `max_bytes`. Redirects are followed on the same server, and
    /// from http to https. Takes as long as the server pleases.
    ///
    /// # Errors
    /// Anything but a whole answer with status 200.
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

/// Where a redirect leads, if that is the same server.
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

/// The whole body; reading stops as soon as there is too much of it.
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
