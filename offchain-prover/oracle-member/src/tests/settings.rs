//! Settings: a valid file is read, and refusals name line and field.

use crate::{
    Settings,
    source::{Place, Selection, TimeUnit},
};
use clearproof_primitives::{
    chain::{Expiry, Feed},
    time::Millis,
};
use std::{path::Path, time::Duration};

/// The guide, whose examples use every setting.
const GUIDE: &str = include_str!("../../../../docs/feeds.md");

/// Returns the first example of the guide.
fn example() -> &'static str {
    let (_, rest) = GUIDE.split_once("```toml\n").unwrap();
    rest.split_once("```").unwrap().0
}

fn parse(text: &str) -> Result<Settings, String> {
    let variable = |name: &str| (name == "EXAMPLE_KEY").then(|| "secret".to_string());
    Settings::parse(text, Path::new("/etc/clearproof"), variable).map_err(|error| error.to_string())
}

/// The smallest valid settings; a test changes one line of them.
const SMALL: [&str; 11] = [
    "interval_ms = 10_000",
    "quote_decimals = 6",
    "[[feed]]",
    "of = { underlying = 0 }",
    "min_sources = 1",
    "max_source_age_ms = 60_000",
    "max_spread_bps = 50",
    "max_move_bps = 500",
    "[[feed.source]]",
    "name = \"a\"",
    "url = \"https://example.org/\"\nvalue = \"$.price\"",
];

/// Replaces one line (counting from 1) of the smallest settings and returns the error.
fn refused(line: usize, by: &str) -> String {
    let mut lines = SMALL.map(str::to_string);
    lines[line - 1] = by.into();
    parse(&lines.join("\n")).expect_err(by)
}

#[test]
fn the_example_of_the_documentation_is_read() {
    let settings = parse(example()).unwrap();
    assert_eq!(settings.interval, Duration::from_secs(10));
    let feeds: Vec<_> = settings.feeds.iter().map(|feed| feed.feed).collect();
    // 2027-03-26T08:00:00Z.
    let expiry = Expiry {
        underlying: 0,
        time: Millis::new(1_806_048_000_000),
    };
    let expected = [
        Feed::Underlying(0),
        Feed::Asset(3),
        Feed::Forward(expiry),
        Feed::Volatility(expiry),
    ];
    assert_eq!(feeds, expected);
    let [first, second, ..] = &settings.feeds[0].sources[..] else {
        panic!("{:?}", settings.feeds[0].sources);
    };
    let Place::Http(http) = &first.place else {
        panic!("{first:?}");
    };
    assert!(http.headers["x-api-key"] == "secret" && http.headers["x-api-key"].is_sensitive());
    assert!(!format!("{settings:?}").contains("secret"));
    assert!(matches!(http.value, Selection::Price { shift: 6, .. }));
    assert!(
        matches!(second.place, Place::Http(ref http) if matches!(http.value, Selection::Price { shift: 4, .. }))
    );
    let csv = settings
        .feeds
        .iter()
        .flat_map(|feed| &feed.sources)
        .find_map(|source| match &source.place {
            Place::Csv(csv) => Some(csv),
            Place::Http(_) => None,
        });
    let csv = csv.unwrap();
    assert_eq!(
        (csv.path.as_path(), csv.unit),
        (Path::new("/etc/clearproof/eurusd.csv"), TimeUnit::Any)
    );
}

#[test]
fn the_smallest_settings_have_their_defaults() {
    let settings = parse(&SMALL.join("\n")).unwrap();
    let feed = &settings.feeds[0];
    assert_eq!(
        (feed.limit.rounds, feed.sources[0].timeout),
        (3, Duration::from_secs(5))
    );
    let quick = parse(&SMALL.join("\n").replace("10_000", "2_000")).unwrap();
    assert_eq!(quick.feeds[0].sources[0].timeout, quick.interval);
}

#[test]
fn refusals_name_line_and_field() {
    for (line, by, says) in [
        (
            1,
            "interval_ms = 999",
            "line 1, `interval_ms = 999`: 999 is out of bounds, must be 1000 to 3600000",
        ),
        (
            1,
            "interval_ms = \"10 s\"",
            "line 1, `interval_ms = \"10 s\"`: invalid type",
        ),
        (1, "", "missing field `interval_ms`"),
        (
            1,
            "interval_ms = 10_000\ninterval = 5",
            "line 2, `interval = 5`: unknown field `interval`",
        ),
        (2, "quote_decimals = 19", "line 2"),
        (3, "[[feeds]]", "unknown field `feeds`"),
        (4, "of = { underlying = 70_000 }", "line 4"),
        (4, "of = { share = 1 }", "unknown variant `share`"),
        (
            4,
            "of = { forward = { underlying = 0, expiry = \"soon\" } }",
            "`soon` is no time",
        ),
        (
            4,
            "of = { forward = { underlying = 0, expiry = -5 } }",
            "before 1970",
        ),
        (
            4,
            "of = { forward = { underlying = 0, expiry = 12:00:00 } }",
            "no time",
        ),
        (
            4,
            "of = { asset = 0 }",
            "line 3, asset 0: asset 0 is the quote",
        ),
        (5, "min_sources = 0", "line 5"),
        (
            5,
            "min_sources = 2",
            "line 3, underlying 0: source: 1 of them, must be min_sources = 2 at least",
        ),
        (7, "max_spread_bps = 0", "line 7"),
        (8, "max_move_bps = 10_001", "line 8"),
        (8, "max_move_bps = 500\nconfirm_rounds = 1", "line 9"),
        (8, "max_move_bps = 0.5", "line 8"),
        (
            10,
            "name = \"\"",
            "line 9, underlying 0, source ``: name: 1 to 64",
        ),
        (
            10,
            "name = \"a\"\ntimeout_ms = 20_000",
            "line 9, underlying 0, source `a`: timeout_ms: 20000, must not be above interval_ms",
        ),
        (10, "name = \"a\"\nmax_bytes = 1", "line 11"),
        (
            10,
            "name = \"a\"\ncsv = \"x\"",
            "either `csv`, a path, or `url`",
        ),
        (
            10,
            "name = \"a\"\ntime_unit = \"ms\"",
            "time_unit: there is no `time`",
        ),
        (
            10,
            "name = \"a\"\ntime_unit = \"h\"\ntime = \"$.t\"",
            "unknown variant `h`",
        ),
        (
            10,
            "name = \"a\"\nheaders_from_env = { \"X-Key\" = \"UNSET\" }",
            "`X-Key`: the environment variable UNSET is not set",
        ),
        (
            10,
            "name = \"a\"\nheaders_from_env = { \"X Key\" = \"EXAMPLE_KEY\" }",
            "no name of a header",
        ),
        (11, "value = \"$.price\"", "either `csv`, a path, or `url`"),
        (
            11,
            "csv = \"x.csv\"\nvalue = \"close\"",
            "time: must name the column",
        ),
        (
            11,
            "url = \"ftp://example.org\"\nvalue = \"$.p\"",
            "line 11, underlying 0, source `a`: url: scheme `ftp`: must be http or https",
        ),
        (
            11,
            "url = \"https://me:pw@example.org\"\nvalue = \"$.p\"",
            "headers_from_env",
        ),
        (
            11,
            "url = \"https://example.org\"\nvalue = \"price\"",
            "line 12, underlying 0, source `a`: value: `price` is no path expression",
        ),
        (11, "url = \"https://example.org\"", "must have `value`"),
        (
            11,
            "url = \"https://example.org\"\nvalue = \"$\"\nscale = 19",
            "line 13",
        ),
        (
            11,
            "url = \"https://example.org\"\ncurve = { a = \"$.a\" }",
            "missing field `b`",
        ),
    ] {
        let error = refused(line, by);
        assert!(error.contains(says), "{by}: {error}");
    }
}

#[test]
fn a_volatility_is_a_curve_and_nothing_else_is() {
    let of = "of = { volatility = { underlying = 0, expiry = 2027-03-26T08:00:00Z } }";
    assert!(refused(4, of).contains("must have `curve`"));
    let parts = "curve = { a = \"$.a\", b = \"$.b\", rho = \"$.r\", m = \"$.m\", sigma = \"$.s\" }";
    assert!(
        refused(11, &format!("url = \"https://example.org\"\n{parts}"))
            .contains("only a volatility is a curve")
    );
    let mut lines = SMALL.map(str::to_string);
    lines[3] = of.into();
    lines[10] = format!("url = \"https://example.org\"\n{parts}");
    assert!(parse(&lines.join("\n")).is_ok());
    lines[10] += "\nscale = 2";
    assert!(
        parse(&lines.join("\n"))
            .unwrap_err()
            .contains("scale: a curve has none")
    );
}

#[test]
fn names_are_unique_and_numbers_limited() {
    let text = SMALL.join("\n");
    let feed = SMALL[2..].join("\n");
    let twice = parse(&format!("{text}\n{feed}")).unwrap_err();
    assert!(
        twice.contains("line 13, underlying 0: is named twice"),
        "{twice}"
    );
    let source = SMALL[8..].join("\n");
    let same = parse(&format!("{text}\n{source}")).unwrap_err();
    assert!(
        same.contains("line 13, underlying 0: two sources are named `a`"),
        "{same}"
    );
    let named = |i: usize| source.replace("\"a\"", &format!("\"s{i}\""));
    let many: Vec<_> = (0..16).map(named).collect();
    assert!(
        parse(&format!("{text}\n{}", many.join("\n")))
            .unwrap_err()
            .contains("17 of them")
    );
    let others = (1..=256).map(|u| feed.replace("underlying = 0", &format!("underlying = {u}")));
    let others: Vec<_> = others.collect();
    assert!(
        parse(&format!("{text}\n{}", others.join("\n")))
            .unwrap_err()
            .contains("257 sources")
    );
    assert!(
        parse("interval_ms = 10_000\nquote_decimals = 6\nfeed = []")
            .unwrap_err()
            .contains("0 feeds")
    );
    assert!(parse("interval_ms = [").unwrap_err().starts_with("line 1"));
}

#[test]
fn a_file_that_cannot_be_read_or_is_too_large_is_refused() {
    let missing = Settings::read(Path::new("/nonexistent/feeds.toml")).unwrap_err();
    assert!(missing.to_string().contains("No such file"), "{missing}");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "#".repeat((1 << 20) + 1)).unwrap();
    let large = Settings::read(file.path()).unwrap_err();
    assert!(
        large.to_string().contains("more than 1048576 bytes"),
        "{large}"
    );
}
