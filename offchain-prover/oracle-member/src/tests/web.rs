//! Behaviour of web servers, and the member's reaction to it.

use super::server::{Answer, Server};
use crate::source::http::{Fetcher, HttpError, address};
use hyper::header::{HeaderMap, HeaderValue};
use std::time::Duration;
use tokio::time::timeout;

const LIMIT: u64 = 10_000;

async fn get(server: &Server, path: &str) -> Result<Vec<u8>, HttpError> {
    let fetcher = Fetcher::new().unwrap();
    let url = address(&server.url(path)).unwrap();
    fetcher.get(&url, &HeaderMap::new(), LIMIT).await
}

async fn refused(server: &Server, path: &str) -> String {
    get(server, path).await.unwrap_err().to_string()
}

#[tokio::test]
async fn an_answer_is_read_whole() {
    let server = Server::start().await;
    server.set("/", Answer::Text("x".repeat(LIMIT as usize)));
    assert_eq!(get(&server, "/").await.unwrap().len() as u64, LIMIT);
    let headers = &server.asked()[0].1;
    assert!(
        headers["user-agent"]
            .to_str()
            .unwrap()
            .starts_with("clearproof-prover/")
    );
}

#[tokio::test]
async fn what_is_too_large_is_refused_as_soon_as_it_is() {
    let server = Server::start().await;
    server.set("/announced", Answer::Text("x".repeat(LIMIT as usize + 1)));
    server.set("/endless", Answer::Endless);
    for path in ["/announced", "/endless"] {
        let error = timeout(Duration::from_secs(20), refused(&server, path))
            .await
            .unwrap();
        assert!(error.contains("more than 10000 bytes"), "{path}: {error}");
    }
}

#[tokio::test]
async fn a_server_that_dies_is_an_error_and_not_a_short_answer() {
    let server = Server::start().await;
    server.set("/half", Answer::Half("{\"price\":1".into()));
    server.set("/silence", Answer::Silence);
    for path in ["/half", "/silence"] {
        let error = refused(&server, path).await;
        assert!(error.starts_with("connection: "), "{path}: {error}");
    }
    let port = server.port;
    drop(server);
    let fetcher = Fetcher::new().unwrap();
    let url = address(&format!("http://127.0.0.1:{port}/")).unwrap();
    let gone = timeout(Duration::from_secs(20), async {
        loop {
            match fetcher.get(&url, &HeaderMap::new(), LIMIT).await {
                Err(HttpError::Connection(error)) => break error,
                // The socket closes a moment after the server's task is aborted.
                _ => tokio::task::yield_now().await,
            }
        }
    });
    assert!(gone.await.is_ok());
}

#[tokio::test]
async fn redirects_are_followed_on_the_same_server_only_and_not_for_ever() {
    let server = Server::start().await;
    let to = |place: String| Answer::Status(302, "location", place);
    server.set("/relative", to("/here".into()));
    server.set("/absolute", to(server.url("/relative")));
    server.say("/here", "1");
    assert_eq!(get(&server, "/absolute").await.unwrap(), b"{\"price\":1}");

    server.set("/loop", to("/loop".into()));
    assert!(
        refused(&server, "/loop")
            .await
            .contains("more than 3 redirects")
    );
    let asked = server
        .asked()
        .iter()
        .filter(|(path, _)| path == "/loop")
        .count();
    assert_eq!(asked, 4);

    server.set(
        "/elsewhere",
        to(format!("http://localhost:{}/here", server.port)),
    );
    assert!(
        refused(&server, "/elsewhere")
            .await
            .contains("another server")
    );
    server.set("/file", to("file:///etc/passwd".into()));
    assert!(refused(&server, "/file").await.contains("scheme `file`"));
    server.set("/nowhere", Answer::Status(302, "x-test", String::new()));
    assert!(
        refused(&server, "/nowhere")
            .await
            .contains("without a place")
    );
}

#[tokio::test]
async fn other_answers_than_a_plain_ok_are_refused_by_name() {
    let server = Server::start().await;
    assert_eq!(refused(&server, "/unknown").await, "status 404 Not Found");
    server.set("/empty", Answer::Status(204, "x-test", String::new()));
    assert_eq!(refused(&server, "/empty").await, "status 204 No Content");
    server.set(
        "/gzip",
        Answer::Status(200, "content-encoding", "gzip".into()),
    );
    assert!(refused(&server, "/gzip").await.contains("gzip"));
}

#[tokio::test]
async fn headers_are_sent() {
    let server = Server::start().await;
    server.say("/", "1");
    let headers =
        HeaderMap::from_iter([("x-key".parse().unwrap(), HeaderValue::from_static("secret"))]);
    let url = address(&server.url("/")).unwrap();
    Fetcher::new()
        .unwrap()
        .get(&url, &headers, LIMIT)
        .await
        .unwrap();
    assert_eq!(server.asked()[0].1["x-key"], "secret");
}
