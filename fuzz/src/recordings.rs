//! Recorded order flow and recorded prices, as replays and the demonstration read them.

use clearproof_formats::prices::{Series, parse, parse_all};
use clearproof_tools::replay::recording::{Form, Recorded, read};

pub(crate) fn recording(data: &[u8]) -> bool {
    let mut is_read = false;
    for form in [Form::Levels, Form::Trades] {
        if let Ok(rows) = read(form, data) {
            assert!(!rows.is_empty() && rows.is_sorted_by_key(|row: &Recorded| row.time));
            is_read = true;
        }
    }
    is_read
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "event_ms,kind,side,price,qty,id\n1764182311000,S,bid,1.0842,0.5,1\n\
         1764182311001,T,ask,1.0842,0.25,2\n1764182311002,D,bid,1.0842,0,3\n",
        "timestamp,price,amount,side\n1764182311000,97000.5,0.01,buy\n1764182310000,97001,1,sell\n",
        "time,price,qty\n1764182311000,97000.5,0.01\n1764182312000,97000,0.02\n",
    ];
    texts
        .into_iter()
        .map(|text| text.as_bytes().to_vec())
        .collect()
}

/// Recorded bars: one series, and all of a file.
pub(crate) fn prices(data: &[u8]) -> bool {
    let one = parse(data).is_ok();
    let all = parse_all(data);
    let is_whole = |series: &Series| series.bars.is_sorted_by_key(|bar| bar.time);
    assert!(all.as_ref().map_or(true, |all| all.iter().all(is_whole)));
    one | all.is_ok()
}

pub(crate) fn prices_seeds() -> Vec<Vec<u8>> {
    let texts = [
        "timestamp,close\n1764182311000,1.0842\n1764185911000,1.0843\n",
        "timestamp,eur_close,gbp_close\n2026-11-26T18:00:00Z,1.0842,1.25\n\
         2026-11-26 19:00:00,1.0843,1.26\n2026-11-27,1.0844,1.27\n",
    ];
    texts
        .into_iter()
        .map(|text| text.as_bytes().to_vec())
        .collect()
}
