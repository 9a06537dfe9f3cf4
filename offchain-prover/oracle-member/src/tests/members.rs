//! A member at work: the values that it delivers, and its behaviour after failures.

use super::server::{Answer, Server};
use crate::{
    Settings,
    error::FeedError,
    guard::Guard,
    member::{Member, pause},
    sink::{MAX_VALUES, Printed, Sink, SinkError},
};
use clearproof_client::chain::ChainError;
use clearproof_primitives::{
    chain::{Feed, FeedValue},
    time::Millis,
};
use std::{
    collections::VecDeque,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{sync::oneshot, time::timeout};

type Values = Vec<(Feed, FeedValue)>;

/// Records delivered values, after failing with the given errors.
#[derive(Clone, Default)]
struct Notes {
    calls: Arc<Mutex<Vec<Values>>>,
    failures: Arc<Mutex<VecDeque<SinkError>>>,
}

impl Sink for Notes {
    async fn deliver(&mut self, _: Millis, values: &[(Feed, FeedValue)]) -> Result<(), SinkError> {
        if let Some(error) = self.failures.lock().unwrap().pop_front() {
            return Err(error);
        }
        self.calls.lock().unwrap().push(values.to_vec());
        Ok(())
    }
}

impl Notes {
    fn calls(&self) -> Vec<Values> {
        self.calls.lock().unwrap().clone()
    }
}

/// Returns settings with this number of underlyings, each with one source: `/0`, `/1` and so on.
fn settings(server: &Server, underlyings: usize) -> Settings {
    let feed = |u| {
        let url = server.url(&format!("/{u}"));
        format!(
            "[[feed]]\nof = {{ underlying = {u} }}\nmin_sources = 1\nmax_source_age_ms = 60_000\nmax_spread_bps = 100\n\
             max_move_bps = 1_000\n[[feed.source]]\nname = \"only\"\nurl = \"{url}\"\nvalue = \"$.price\"\n"
        )
    };
    let feeds: String = (0..underlyings).map(feed).collect();
    let text = format!("interval_ms = 1_000\nquote_decimals = 6\n{feeds}");
    Settings::parse(&text, Path::new(""), |_| None).unwrap()
}

fn member<S: Sink>(settings: Settings, sink: S) -> Member<S> {
    let guards = vec![Guard::default(); settings.feeds.len()];
    Member::new(settings, guards, sink).unwrap()
}

fn passing() -> SinkError {
    SinkError::Passing(ChainError::Node("away".into()))
}

#[tokio::test]
async fn many_values_go_in_several_calls_of_what_the_runtime_takes() {
    let server = Server::start().await;
    let count = MAX_VALUES + 3;
    (0..count).for_each(|u| server.say(&format!("/{u}"), "1.5"));
    let notes = Notes::default();
    member(settings(&server, count), notes.clone())
        .once()
        .await
        .unwrap();
    let sizes: Vec<_> = notes.calls().iter().map(Vec::len).collect();
    assert_eq!(sizes, [MAX_VALUES, 3]);
    let fed: Vec<_> = notes
        .calls()
        .concat()
        .iter()
        .map(|(feed, _)| *feed)
        .collect();
    let all: Vec<_> = (0..count as u16).map(Feed::Underlying).collect();
    assert_eq!(fed, all);
}

#[tokio::test]
async fn one_round_feeds_what_is_good_and_names_the_rest() {
    let server = Server::start().await;
    server.say("/0", "1.5");
    server.set("/1", Answer::Silence);
    let notes = Notes::default();
    let error = member(settings(&server, 2), notes.clone())
        .once()
        .await
        .unwrap_err();
    let FeedError::Incomplete(reasons) = error else {
        panic!("{error}");
    };
    assert_eq!(reasons, "underlying 1: 0 sources agree, min_sources is 1");
    let value = (Feed::Underlying(0), FeedValue::Price(1_500_000 << 32));
    assert_eq!(notes.calls(), [vec![value]]);
}

#[tokio::test]
async fn one_round_that_does_not_arrive_is_an_error() {
    let server = Server::start().await;
    server.say("/0", "1.5");
    let notes = Notes::default();
    notes.failures.lock().unwrap().push_back(passing());
    let error = member(settings(&server, 1), notes.clone())
        .once()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("away") && notes.calls().is_empty());
}

#[tokio::test]
async fn after_failures_it_tries_again_with_fresh_values_until_asked_to_end() {
    let server = Server::start().await;
    server.say("/0", "1.5");
    let notes = Notes::default();
    notes
        .failures
        .lock()
        .unwrap()
        .extend([passing(), passing()]);
    let (end, ended) = oneshot::channel::<()>();
    let shutdown = async { drop(ended.await) };
    let feeding = member(settings(&server, 1), notes.clone()).keep_feeding(shutdown);
    let watching = async {
        while notes.failures.lock().unwrap().len() > 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server.say("/0", "1.6");
        while notes.calls().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        end.send(()).unwrap();
    };
    let both = async { tokio::join!(feeding, watching) };
    let (fed, ()) = timeout(Duration::from_secs(30), both).await.unwrap();
    fed.unwrap();
    let value = (Feed::Underlying(0), FeedValue::Price(1_600_000 << 32));
    assert_eq!(notes.calls()[0], vec![value]);
}

#[tokio::test]
async fn a_move_that_was_not_delivered_is_still_held_against_the_last_that_was() {
    let server = Server::start().await;
    server.say("/0", "1");
    let notes = Notes::default();
    let mut member = member(settings(&server, 1), notes.clone());
    assert!(member.feed_once().await.unwrap().is_empty());
    server.say("/0", "5");
    assert_eq!(member.feed_once().await.unwrap().len(), 1, "held");
    notes.failures.lock().unwrap().push_back(passing());
    server.say("/0", "1.01");
    assert!(member.feed_once().await.is_err());
    server.say("/0", "5");
    assert_eq!(member.feed_once().await.unwrap().len(), 1, "held anew");
    assert_eq!(notes.calls().len(), 1);
}

#[tokio::test]
async fn what_no_attempt_can_mend_ends_it() {
    let server = Server::start().await;
    server.say("/0", "1.5");
    let notes = Notes::default();
    let removed = SinkError::Final(FeedError::NotMember("00".into()));
    notes.failures.lock().unwrap().push_back(removed);
    let feeding = member(settings(&server, 1), notes).keep_feeding(std::future::pending());
    let error = timeout(Duration::from_secs(30), feeding)
        .await
        .unwrap()
        .unwrap_err();
    assert!(error.to_string().contains("not a member"), "{error}");
}

#[test]
fn pauses_double_up_to_half_a_minute() {
    let seconds: Vec<_> = [1, 2, 3, 5, 6, 7, u32::MAX]
        .map(|failures| pause(failures).as_secs())
        .to_vec();
    assert_eq!(seconds, [1, 2, 4, 16, 30, 30, 30]);
}

#[tokio::test]
async fn a_dry_run_prints_lines_that_say_what_would_be_fed() {
    let server = Server::start().await;
    server.say("/0", "1.0800005");
    let mut output = Vec::new();
    let printed = Printed {
        output: &mut output,
    };
    member(settings(&server, 1), printed).once().await.unwrap();
    let line: serde_json::Value = serde_json::from_slice(&output).unwrap();
    assert_eq!(line["feed"], "underlying 0");
    assert_eq!(line["price"], "1080000.5");
    assert_eq!(line["fixed"], "4638566827163648");
    assert!(line["time"].is_u64() && line.get("curve").is_none());
    assert_eq!(output.iter().filter(|b| **b == b'\n').count(), 1);
}
