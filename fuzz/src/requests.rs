//! JSON of the operator's RPC: what traders send, and what a client is answered.

use std::fmt::Debug;

use clearproof_client::rpc::{auth::Access, receipt::Receipt, types};
use clearproof_primitives::order::SignedOrderSet;
use serde::{Serialize, de::DeserializeOwned};

pub(crate) fn request(data: &[u8]) -> bool {
    let set = read::<types::SignedOrderSetJson>(data);
    if let Some(set) = &set {
        let back = types::SignedOrderSetJson::from(&SignedOrderSet::from(set.clone()));
        assert_eq!(
            &back, set,
            "as the protocol's own type and back it is another set"
        );
    }
    set.is_some() | read::<Access>(data).is_some()
}

pub(crate) fn answer(data: &[u8]) -> bool {
    read::<types::StatusJson>(data).is_some()
        | read::<types::AccountJson>(data).is_some()
        | read::<types::BookJson>(data).is_some()
        | read::<types::BatchJson>(data).is_some()
        | read::<types::AuctionJson>(data).is_some()
        | read::<types::AccountUpdateJson>(data).is_some()
        | read::<Receipt>(data).is_some()
}

/// Reads a value, writes it and reads it again.
fn read<T: DeserializeOwned + Serialize + PartialEq + Debug>(data: &[u8]) -> Option<T> {
    let value: T = serde_json::from_slice(data).ok()?;
    let text = serde_json::to_vec(&value).unwrap_or_else(|error| panic!("{value:?}: {error}"));
    let again = serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{value:?}: {error}"));
    assert_eq!(value, again);
    Some(value)
}

pub(crate) fn request_seeds() -> Vec<Vec<u8>> {
    let orders = r#"[{"id":7,"instrument":0,"side":"buy","quantity":5,"limit":"4294967296"},null,
        {"id":8,"instrument":3,"side":"sell","quantity":1,"limit":"1","reduceOnly":true,
        "timeInForce":"fill-or-kill","oneCancelsOther":true,
        "trigger":{"mark":"at-or-below","price":"18446744073709551615"}}]"#;
    let transfer = r#"{"transfer":{"asset":1,"amount":"9","to":"12345678901234567890"}}"#;
    let withdrawal = format!(
        r#"{{"withdrawal":{{"asset":0,"amount":"5","recipient":"0x{}"}}}}"#,
        "02".repeat(32)
    );
    let set = |orders: &str, request: &str| {
        format!(
            r#"{{"set":{{"venue":1,"account":2,"sequence":"3","validFrom":4,"validUntil":5,
            "maxFee":6,"orders":{orders},"request":{request}}},"signature":"0x{}"}}"#,
            "00".repeat(64)
        )
        .into_bytes()
    };
    vec![
        set("[]", "null"),
        set(orders, "null"),
        set("[]", transfer),
        set("[]", &withdrawal),
    ]
}

pub(crate) fn answer_seeds() -> Vec<Vec<u8>> {
    let texts = [
        r#"{"bids":[{"price":"4294967296","quantity":"3"}],"asks":[]}"#,
        r#"{"time":1,"missed":0,"clearings":[]}"#,
    ];
    texts
        .into_iter()
        .map(|text| text.as_bytes().to_vec())
        .collect()
}
