//! Rounds over several sources of which some do not what they should.

use super::server::{Answer, Server};
use crate::{
    Settings,
    guard::Guard,
    round::{Outcome, Reason, round},
    source::http::Fetcher,
};
use clearproof_primitives::{
    chain::{Feed, FeedValue},
    time::Millis,
};
use std::{
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

/// Settings of a feed with these sources, all but the last line of each given.
fn settings(of: &str, min_sources: usize, sources: &[String]) -> Settings {
    let sources: Vec<_> = sources
        .iter()
        .enumerate()
        .map(|(i, rest)| format!("[[feed.source]]\nname = \"s{i}\"\ntimeout_ms = 500\n{rest}\n"))
        .collect();
    let text = format!(
        "interval_ms = 1_000\nquote_decimals = 6\n[[feed]]\nof = {of}\nmin_sources = {min_sources}\nmax_source_age_ms = 60_000\n\
         max_spread_bps = 100\nmax_move_bps = 1_000\nconfirm_rounds = 3\n{}",
        sources.concat()
    );
    Settings::parse(&text, Path::new(""), |_| None).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

fn price_at(server: &Server, path: &str) -> String {
    format!("url = \"{}\"\nvalue = \"$.price\"", server.url(path))
}

fn now() -> Millis {
    clearproof_client::clock::now_ms()
}

async fn outcome(settings: &Settings, guards: &mut [Guard]) -> Outcome {
    let fetcher = Fetcher::new().unwrap();
    let outcomes = round(&settings.feeds, guards, &fetcher, now).await;
    outcomes[0].1
}

async fn first(settings: &Settings) -> Outcome {
    outcome(settings, &mut [Guard::default()]).await
}

/// A price in millionths of the quote.
fn price(millionths: u128) -> FeedValue {
    FeedValue::Price(millionths << 32)
}

fn value(outcome: &Outcome) -> (FeedValue, usize) {
    match outcome {
        Outcome::Value { value, sources, .. } => (*value, *sources),
        Outcome::LeftOut(reason) => panic!("{reason}"),
    }
}

#[tokio::test]
async fn sources_that_lag_lie_or_die_do_not_move_the_price() {
    let server = Server::start().await;
    server.say("/a", "1.0800");
    server.say("/b", "\"1.0802\"");
    server.say("/liar", "1080");
    let late = Answer::Late(Duration::from_secs(30), "{\"price\":1.08}".into());
    server.set("/late", late);
    server.set("/stuck", Answer::Stuck);
    server.set("/half", Answer::Half("{\"price\":1.08".into()));
    server.set("/silence", Answer::Silence);
    server.set("/html", Answer::Text("<html>".into()));
    server.say("/zero", "0");
    server.say("/negative", "-1.08");
    server.say("/null", "null");
    server.set("/list", Answer::Text("{\"price\":[1.08]}".into()));
    let paths = [
        "/a",
        "/late",
        "/liar",
        "/stuck",
        "/half",
        "/silence",
        "/html",
        "/zero",
        "/negative",
        "/null",
        "/list",
        "/missing",
        "/b",
    ];
    let sources = paths.map(|path| price_at(&server, path));
    let settings = settings("{ underlying = 3 }", 2, &sources);
    let begun = Instant::now();
    let said = first(&settings).await;
    // The two honest ones, with the liar: the median is 1.0802, from which 1.0800 is near and 1,080
    // far.
    assert_eq!(value(&said), (price(1_080_100), 2));
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "all at once, and no longer than the limit"
    );
}

#[tokio::test]
async fn with_too_few_sources_a_feed_is_left_out() {
    let server = Server::start().await;
    server.say("/a", "1.08");
    server.say("/liar", "2");
    let sources = ["/a", "/gone", "/liar"].map(|path| price_at(&server, path));
    let few = |agree| Outcome::LeftOut(Reason::TooFew { agree, least: 2 });
    assert_eq!(
        first(&settings("{ asset = 1 }", 2, &sources)).await,
        few(0),
        "two contradict each other"
    );
    assert_eq!(
        first(&settings("{ asset = 1 }", 2, &sources[..2])).await,
        few(1)
    );
    let alone = first(&settings("{ asset = 1 }", 1, &sources[..2])).await;
    assert_eq!(value(&alone), (price(1_080_000), 1));
}

#[tokio::test]
async fn old_answers_do_not_count() {
    let server = Server::start().await;
    let say = |path: &str, age_ms: u64| {
        let time = now() - Millis::new(age_ms);
        server.set(
            path,
            Answer::Text(format!("{{\"price\":108,\"at\":{time}}}")),
        );
    };
    say("/fresh", 1_000);
    say("/old", 61_000);
    let source = |path: &str| {
        format!(
            "{}\ntime = \"$.at\"\ntime_unit = \"ms\"\nscale = -2",
            price_at(&server, path)
        )
    };
    let fresh = first(&settings("{ underlying = 0 }", 1, &[source("/fresh")])).await;
    assert_eq!(value(&fresh), (price(1_080_000), 1));
    let old = first(&settings("{ underlying = 0 }", 1, &[source("/old")])).await;
    assert_eq!(old, Outcome::LeftOut(Reason::TooFew { agree: 0, least: 1 }));
}

#[tokio::test]
async fn a_csv_file_and_a_server_agree() {
    let server = Server::start().await;
    server.say("/a", "1.0801");
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "when,price\n{},1.0799", now() - Millis::new(2_000)).unwrap();
    let csv = format!(
        "csv = \"{}\"\ntime = \"when\"\nvalue = \"price\"",
        file.path().display()
    );
    let settings = settings("{ underlying = 0 }", 2, &[csv, price_at(&server, "/a")]);
    assert_eq!(value(&first(&settings).await), (price(1_080_000), 2));
}

#[tokio::test]
async fn forwards_and_smiles_are_fed_until_they_expire() {
    let server = Server::start().await;
    let smile = |level: &str, wings: &str| format!("{{\"svi\":[{level},{wings},-0.2,0,\"0.1\"]}}");
    server.set("/a", Answer::Text(smile("0.004", "0.01")));
    server.set("/b", Answer::Text(smile("4.01e-3", "0.01")));
    server.set("/steep", Answer::Text(smile("0.004", "1.9")));
    let names = ["a", "b", "rho", "m", "sigma"];
    let parts: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(i, name)| format!("{name} = \"$.svi[{i}]\""))
        .collect();
    let curve = |path: &str| {
        format!(
            "url = \"{}\"\ncurve = {{ {} }}",
            server.url(path),
            parts.join(", ")
        )
    };
    let sources = ["/a", "/steep", "/b"].map(curve);
    let at =
        |kind: &str, time: Millis| format!("{{ {kind} = {{ underlying = 1, expiry = {time} }} }}");
    let soon = now() + Millis::new(40_000_000);
    let said = first(&settings(&at("volatility", soon), 2, &sources)).await;
    let (FeedValue::Curve(curve), 2) = value(&said) else {
        panic!("{said:?}");
    };
    assert!(curve.check().is_ok());

    server.say("/f", "1.09");
    let forward = [price_at(&server, "/f")];
    let said = first(&settings(&at("forward", soon), 1, &forward)).await;
    assert_eq!(value(&said), (price(1_090_000), 1));
    let expired = settings(&at("forward", now()), 1, &forward);
    assert_eq!(first(&expired).await, Outcome::LeftOut(Reason::Expired));
    let Feed::Forward(expiry) = expired.feeds[0].feed else {
        panic!("{:?}", expired.feeds[0].feed);
    };
    assert_eq!(expiry.underlying, 1);
}

#[tokio::test]
async fn a_large_move_is_held_until_it_was_said_often_enough() {
    let server = Server::start().await;
    server.say("/a", "1");
    let settings = settings("{ underlying = 0 }", 1, &[price_at(&server, "/a")]);
    let mut guards = [Guard::new(Some(1_000_000 << 32))];
    assert_eq!(
        value(&outcome(&settings, &mut guards).await).0,
        price(1_000_000)
    );
    server.say("/a", "1.2");
    for said in 1..3 {
        let held = Reason::Held {
            last: 1_000_000 << 32,
            now: 1_200_000 << 32,
            said,
            rounds: 3,
        };
        assert_eq!(
            outcome(&settings, &mut guards).await,
            Outcome::LeftOut(held)
        );
        assert!(
            held.to_string().contains("from 1000000 to 1200000"),
            "{held}"
        );
    }
    assert_eq!(
        value(&outcome(&settings, &mut guards).await).0,
        price(1_200_000)
    );
}
