//! A web server that says prices, and the settings of oracle members that ask it.

use anyhow::Result;
use http_body_util::Full;
use hyper::{Request, Response, StatusCode, body::Bytes, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{
    collections::HashMap,
    convert::Infallible,
    fmt::Write,
    sync::{Arc, Mutex},
};
use tokio::{net::TcpListener, task::JoinHandle};

/// Feeds that the development chain needs: the key, the path it is asked at, and a price in whole
/// quote units.
pub const FEEDS: [(&str, &str, &str); 7] = [
    ("{ underlying = 0 }", "eur", "1.08"),
    ("{ underlying = 1 }", "btc", "60000"),
    ("{ underlying = 2 }", "eth", "3000"),
    ("{ underlying = 3 }", "gbp", "1.27"),
    ("{ asset = 1 }", "btc", "60000"),
    ("{ asset = 2 }", "eth", "3000"),
    ("{ asset = 3 }", "eur", "1.08"),
];

type Prices = Arc<Mutex<HashMap<String, String>>>;

/// A running server. Dropping it ends it.
pub struct PriceServer {
    prices: Prices,
    port: u16,
    task: JoinHandle<()>,
}

impl Drop for PriceServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn answer(prices: &Prices, path: &str) -> Response<Full<Bytes>> {
    let price = prices
        .lock()
        .ok()
        .and_then(|prices| prices.get(path).cloned());
    let mut response = Response::new(Full::default());
    match price {
        Some(price) => *response.body_mut() = Full::from(format!("{{\"price\":\"{price}\"}}")),
        None => *response.status_mut() = StatusCode::NOT_FOUND,
    }
    response
}

impl PriceServer {
    /// Starts a server that knows no price.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let prices = Prices::default();
        let known = Arc::clone(&prices);
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let known = Arc::clone(&known);
                let service = service_fn(move |request: Request<_>| {
                    let response = answer(&known, request.uri().path());
                    async move { Ok::<_, Infallible>(response) }
                });
                let connection =
                    http1::Builder::new().serve_connection(TokioIo::new(socket), service);
                // A connection that a client breaks off is the client's business.
                tokio::spawn(async move { drop(connection.await) });
            }
        });
        Ok(Self { prices, port, task })
    }

    /// Says a price at a path from now on, or nothing any more.
    pub fn say(&self, path: &str, price: Option<&str>) {
        if let Ok(mut prices) = self.prices.lock() {
            match price {
                Some(price) => prices.insert(path.into(), price.into()),
                None => prices.remove(path),
            };
        }
    }

    /// Says all of [`FEEDS`] at these exchanges, such as `/a/eur`.
    pub fn say_all(&self, exchanges: &[&str]) {
        for exchange in exchanges {
            for (_, name, price) in FEEDS {
                self.say(&format!("/{exchange}/{name}"), Some(price));
            }
        }
    }

    /// Settings of a member that asks these exchanges for all of [`FEEDS`].
    pub fn settings(&self, exchanges: &[&str], min_sources: usize) -> String {
        let mut text = String::from("interval_ms = 3_000\nquote_decimals = 6\n");
        for (of, name, _) in FEEDS {
            // Writing to a string does not fail.
            let _ = write!(
                text,
                "[[feed]]\nof = {of}\nmin_sources = {min_sources}\nmax_source_age_ms = 30_000\nmax_spread_bps = 50\n\
                 max_move_bps = 500\n"
            );
            for exchange in exchanges {
                let url = format!("http://127.0.0.1:{}/{exchange}/{name}", self.port);
                let _ = write!(
                    text,
                    "[[feed.source]]\nname = \"{exchange}\"\nurl = \"{url}\"\nvalue = \"$.price\"\ntimeout_ms = 1_000\n"
                );
            }
        }
        text
    }
}
