//! A web server on a local socket that answers as a test sets it.

use bytes_of::stream;
use http_body_util::combinators::BoxBody;
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    header::{CONTENT_LENGTH, HeaderMap},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinHandle, time::sleep};

/// The server's answer at a path.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Sends this text.
    Text(String),
    /// Sends this text after a delay.
    Late(Duration, String),
    /// Sends this status, with a header.
    Status(u16, &'static str, String),
    /// Closes the connection without an answer.
    Silence,
    /// Announces more bytes than it sends, then closes the connection.
    Half(String),
    /// Sends bytes without end, until the client stops reading.
    Endless,
    /// Sends a byte and nothing more, but stays connected.
    Stuck,
}

#[derive(Default)]
struct Shared {
    answers: HashMap<String, Answer>,
    asked: Vec<(String, HeaderMap)>,
}

/// A running server. Dropping it ends it.
pub struct Server {
    shared: Arc<Mutex<Shared>>,
    /// The port that it listens on.
    pub port: u16,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

mod bytes_of {
    use super::*;
    use futures::stream::{Stream, StreamExt, iter, pending};
    use http_body_util::{BodyExt, StreamBody};
    use hyper::body::Frame;

    type Part = io::Result<Frame<Bytes>>;

    fn part(bytes: Bytes) -> Part {
        Ok(Frame::data(bytes))
    }

    fn boxed(parts: impl Stream<Item = Part> + Send + Sync + 'static) -> BoxBody<Bytes, io::Error> {
        BodyExt::boxed(StreamBody::new(parts))
    }

    /// Returns the body of an answer.
    pub fn stream(answer: &Answer) -> BoxBody<Bytes, io::Error> {
        match answer {
            Answer::Text(text) | Answer::Late(_, text) => boxed(iter([part(text.clone().into())])),
            Answer::Half(text) => {
                let broken = Err(io::Error::other("the server dies"));
                boxed(iter([part(text.clone().into()), broken]))
            }
            Answer::Endless => boxed(iter(std::iter::repeat_with(|| {
                part(Bytes::from_static(&[b' '; 4_096]))
            }))),
            Answer::Stuck => boxed(iter([part(Bytes::from_static(b" "))]).chain(pending())),
            Answer::Status(..) | Answer::Silence => boxed(iter([])),
        }
    }
}

async fn respond(
    shared: Arc<Mutex<Shared>>,
    request: Request<Incoming>,
) -> io::Result<Response<BoxBody<Bytes, io::Error>>> {
    let path = request.uri().path().to_string();
    let answer = {
        let mut shared = shared.lock().unwrap();
        shared.asked.push((path.clone(), request.headers().clone()));
        shared.answers.get(&path).cloned()
    };
    let answer = answer.unwrap_or(Answer::Status(404, "x-test", String::new()));
    let mut response = Response::builder();
    match &answer {
        Answer::Late(pause, _) => sleep(*pause).await,
        Answer::Status(status, name, value) => {
            response = response.status(*status).header(*name, value);
        }
        Answer::Silence => return Err(io::Error::other("the server dies")),
        Answer::Half(text) => response = response.header(CONTENT_LENGTH, text.len() + 100),
        Answer::Text(_) | Answer::Endless | Answer::Stuck => {}
    }
    response.body(stream(&answer)).map_err(io::Error::other)
}

impl Server {
    /// Starts a server without any path.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::<Mutex<Shared>>::default();
        let known = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let known = Arc::clone(&known);
                let service = service_fn(move |request| respond(Arc::clone(&known), request));
                let connection =
                    http1::Builder::new().serve_connection(TokioIo::new(socket), service);
                // A connection that the client closes early is not an error of the server.
                tokio::spawn(async move { drop(connection.await) });
            }
        });
        Self { shared, port, task }
    }

    /// Sets the answer at a path from now on.
    pub fn set(&self, path: &str, answer: Answer) {
        self.shared
            .lock()
            .unwrap()
            .answers
            .insert(path.into(), answer);
    }

    /// Sets a price as the answer at a path.
    pub fn say(&self, path: &str, price: &str) {
        self.set(path, Answer::Text(format!("{{\"price\":{price}}}")));
    }

    /// Returns the address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Returns the paths requested so far, with the headers of each request.
    pub fn asked(&self) -> Vec<(String, HeaderMap)> {
        self.shared.lock().unwrap().asked.clone()
    }
}
