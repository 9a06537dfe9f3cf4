//! No JSON makes a decoder panic, and every accepted text has one meaning only.

use super::support::*;
use clearproof_client::rpc::{
    auth::Access, number::Named, receipt::Receipt, types::SignedOrderSetJson,
};
use clearproof_primitives::order::{Request, Side, SignedOrderSet, WithdrawalRequest};
use proptest::{prelude::*, sample::select};
use serde_json::{Map, Value, json};

/// Field names that decoders know, so that arbitrary objects reach beyond the first check.
const NAMES: [&str; 28] = [
    "set",
    "signature",
    "venue",
    "account",
    "sequence",
    "validFrom",
    "validUntil",
    "maxFee",
    "orders",
    "withdrawal",
    "id",
    "instrument",
    "side",
    "quantity",
    "limit",
    "asset",
    "amount",
    "recipient",
    "request",
    "keys",
    "delegate",
    "heir",
    "inherit",
    "viewingKey",
    "owner",
    "time",
    "message",
    "accepted",
];

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<u64>().prop_map(|v| Value::from(v.to_string())),
        "[0-9a-fx+.-]{0,140}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ]
}

fn arbitrary() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(5, 64, 10, |inner| {
        let name = prop_oneof![select(&NAMES[..]).prop_map(String::from), any::<String>()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..10)
                .prop_map(|fields| Value::from(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn signed() -> SignedOrderSet {
    let orders = vec![order(Side::Sell, 5, MARK), None];
    let mut set = set(1, 1, orders);
    set.request = Some(Request::Withdrawal(WithdrawalRequest {
        asset: 1,
        amount: (1 << 63) - 1,
        recipient: [0xab; 32],
    }));
    trader(1).sign(&identity(), set)
}

/// Appends the paths of a value and of all values in it.
fn pointers(value: &Value, at: String, all: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                pointers(value, format!("{at}/{name}"), all);
            }
        }
        Value::Array(values) => {
            for (i, value) in values.iter().enumerate() {
                pointers(value, format!("{at}/{i}"), all);
            }
        }
        _ => {}
    }
    all.push(at);
}

fn decode_all(text: &str) {
    // Each decoder must return, with any result.
    let _ = serde_json::from_str::<Named<SignedOrderSetJson>>(text);
    let _ = serde_json::from_str::<Named<Access>>(text);
    let _ = serde_json::from_str::<Receipt>(text);
}

#[test]
fn order_sets_are_read_back_as_they_were() {
    let wire = SignedOrderSetJson::from(&signed());
    let value = serde_json::to_value(&wire).unwrap();
    assert_eq!(value["set"]["orders"][0]["limit"], json!(MARK.to_string()));
    assert_eq!(
        value["set"]["request"]["withdrawal"]["amount"],
        json!("9223372036854775807")
    );
    let back: Named<SignedOrderSetJson> = serde_json::from_value(value).unwrap();
    assert_eq!(SignedOrderSet::from(back.0), signed());
}

proptest! {
    #[test]
    fn arbitrary_json_never_panics(value in arbitrary()) {
        decode_all(&value.to_string());
    }

    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        decode_all(&text);
    }

    #[test]
    fn a_changed_order_set_is_refused_or_read_as_it_is_written(
        place in any::<prop::sample::Index>(),
        value in prop_oneof![scalar(), arbitrary()],
    ) {
        let mut json = serde_json::to_value(SignedOrderSetJson::from(&signed())).unwrap();
        let mut all = Vec::new();
        pointers(&json, String::new(), &mut all);
        *json.pointer_mut(&all[place.index(all.len())]).unwrap() = value;
        if let Ok(read) = serde_json::from_value::<Named<SignedOrderSetJson>>(json.clone()) {
            let signed = SignedOrderSet::from(read.0);
            let written = serde_json::to_value(SignedOrderSetJson::from(&signed)).unwrap();
            // Hexadecimal is read in both cases and without its prefix. Every other value has one
            // text.
            let plain = |value: &Value| value.to_string().to_lowercase().replace("0x", "");
            prop_assert_eq!(plain(&written), plain(&json));
        }
    }
}
