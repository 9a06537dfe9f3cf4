//! Sources of an oracle's member: JSON of HTTP servers, CSV files.

use clearproof_primitives::time::Millis;
use std::{fs, path::Path, sync::OnceLock};

use clearproof_oracle_member::{
    number,
    source::{Parameters, Selection, TimeUnit, csv::CsvSource, json::Document},
};
use serde_json_path::JsonPath;
use tempfile::TempDir;

/// Parts that are cut out of a document.
const PATHS: [&str; 4] = [
    "$.price",
    "$.data[0].p",
    "$..value",
    "$[?@.symbol == 'EUR'].rate",
];
/// The last millisecond that counts.
const NOW: Millis = Millis::new(1_800_000_000_000);

pub(crate) fn json(data: &[u8]) -> bool {
    let Ok(document) = Document::parse(data) else {
        return false;
    };
    for path in paths() {
        if let Ok(text) = document.text(path) {
            let _ = number::price(&text, -6);
            let _ = number::parameter(&text);
            let _ = number::magnitude(&text);
            let _ = TimeUnit::Any.read(&text);
            let _ = TimeUnit::Nanoseconds.read(&text);
        }
    }
    true
}

fn paths() -> &'static [JsonPath] {
    static PARSED: OnceLock<Vec<JsonPath>> = OnceLock::new();
    let parse = |path: &&str| JsonPath::parse(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    PARSED.get_or_init(|| PATHS.iter().map(parse).collect())
}

pub(crate) fn json_seeds() -> Vec<Vec<u8>> {
    let texts = [
        r#"{"price":"1.0842","time":"2026-11-26T18:38:31Z"}"#,
        r#"{"data":[{"p":1.2e-3,"t":1764182311000}]}"#,
        r#"[{"symbol":"EUR","rate":1084.25},{"symbol":"GBP","value":-0.5}]"#,
    ];
    texts
        .into_iter()
        .map(|text| text.as_bytes().to_vec())
        .collect()
}

/// Reads a file for a price and for a curve.
pub(crate) fn csv(data: &[u8]) -> bool {
    let name = |name: &str| name.to_owned();
    let price = Selection::Price {
        from: name("price"),
        shift: 6,
    };
    let curve = Selection::Curve(Box::new(Parameters {
        a: name("a"),
        b: name("b"),
        rho: name("rho"),
        m: name("m"),
        sigma: name("sigma"),
    }));
    FOLDER.with(|folder| {
        let path = folder.path().join("feed.csv");
        fs::write(&path, data).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        read(&path, price) | read(&path, curve)
    })
}

fn read(path: &Path, value: Selection<String>) -> bool {
    let source = CsvSource {
        path: path.to_owned(),
        time: "time".to_owned(),
        unit: TimeUnit::Any,
        value,
        max_bytes: 1 << 20,
    };
    let read = source.read(NOW);
    assert!(
        read.as_ref().map_or(true, |(_, time)| *time <= NOW),
        "a row from the future"
    );
    read.is_ok()
}

thread_local! {
    static FOLDER: TempDir =
        TempDir::new().unwrap_or_else(|error| panic!("a folder for a file: {error}"));
}

pub(crate) fn csv_seeds() -> Vec<Vec<u8>> {
    let texts = [
        "time,price\n1764182311000,1.0842\n2026-11-26T18:40:00Z,1.0845\n",
        "time,a,b,rho,m,sigma\n1764182311,0.04,0.1,-0.3,0,0.2\n",
        " time , price \n\"1764182311\",\"12e-1\"\n",
    ];
    texts
        .into_iter()
        .map(|text| text.as_bytes().to_vec())
        .collect()
}
