#![allow(clippy::unwrap_used)]
use super::*;
use crate::mock::{BLOCK, Chain, TAKEN_AT, VENUE};
use jsonrpsee::{MethodsError, RpcModule, core::RpcResult};
use serde_json::json;

fn module() -> RpcModule<Clearproof<Chain>> {
    Clearproof::new(Arc::new(Chain)).into_rpc()
}

/// Calls a method with positional arguments.
async fn call(method: &str, arguments: Value) -> RpcResult<Value> {
    let Value::Array(arguments) = arguments else {
        panic!("arguments are an array")
    };
    match module().call(method, arguments).await {
        Ok(value) => Ok(value),
        Err(MethodsError::JsonRpc(error)) => Err(error),
        Err(other) => panic!("{method}: {other}"),
    }
}

/// Returns the argument and the text of an error, which must be one about arguments.
async fn refusal(method: &str, arguments: Value) -> (String, String) {
    let error = call(method, arguments).await.unwrap_err();
    assert_eq!(error.code(), -32602, "{error:?}");
    let data: Value = serde_json::from_str(error.data().unwrap().get()).unwrap();
    let (field, limit) = (data["field"].as_str().unwrap(), data["limit"].as_str());
    assert_eq!(
        error.message(),
        format!("{field}: must be {}", limit.unwrap())
    );
    (field.into(), error.message().into())
}

#[tokio::test]
async fn a_venue_or_null() {
    let venue = call("clearproof_venue", json!([VENUE])).await.unwrap();
    assert_eq!(venue["stateRoot"], "99");
    assert_eq!(venue["batches"], 8);
    assert_eq!(venue["queue"]["made"]["count"], 6);
    assert_eq!(
        call("clearproof_venue", json!([VENUE.next()]))
            .await
            .unwrap(),
        Value::Null
    );
    let at = json!([VENUE, BLOCK]);
    assert_eq!(call("clearproof_venue", at).await.unwrap(), venue);
}

#[tokio::test]
async fn arguments_by_name_are_the_same() {
    let mut arguments = jsonrpsee::core::params::ObjectParams::new();
    arguments.insert("venue", VENUE).unwrap();
    arguments.insert("number", "8").unwrap();
    let batch: Value = module().call("clearproof_batch", arguments).await.unwrap();
    assert_eq!(
        batch,
        call("clearproof_batch", json!([VENUE, 8])).await.unwrap()
    );
    assert_eq!(
        (&batch["headerHash"], &batch["block"]),
        (&json!("98"), &json!(11))
    );
}

#[tokio::test]
async fn snapshots_by_number_and_the_latest() {
    let latest = call("clearproof_snapshot", json!([])).await.unwrap();
    assert_eq!(latest["takenAt"], TAKEN_AT.get());
    assert_eq!(latest["protocolShare"], 7);
    assert_eq!(latest["openInterestCaps"][0], (1u64 << 59).to_string());
    let row = &latest["rows"][0];
    assert_eq!(
        (&row["feeRate"], &row["positionLimit"], &row["suspended"]),
        (&json!(2), &json!("1099511627776"), &json!(false))
    );
    assert_eq!(latest["rows"][1]["suspended"], true);
    for arguments in [json!([5]), json!(["5", BLOCK]), json!([null, BLOCK])] {
        assert_eq!(
            call("clearproof_snapshot", arguments).await.unwrap(),
            latest
        );
    }
    assert_eq!(
        call("clearproof_snapshot", json!([4])).await.unwrap(),
        Value::Null
    );
}

#[tokio::test]
async fn the_queue_from_an_index() {
    let queue = call("clearproof_depositQueue", json!([VENUE]))
        .await
        .unwrap();
    assert_eq!(queue["consumed"]["count"], 4);
    assert_eq!(queue["deposits"].as_array().unwrap().len(), 2);
    let later = call("clearproof_depositQueue", json!([VENUE, 5]))
        .await
        .unwrap();
    assert_eq!(later["deposits"].as_array().unwrap().len(), 1);
    let deposit = &later["deposits"][0];
    assert_eq!(
        (&deposit["index"], &deposit["amount"]),
        (&json!(5), &json!("1005"))
    );
    assert_eq!(deposit["owner"], format!("0x{}", "05".repeat(32)));
    assert_eq!(
        call("clearproof_depositQueue", json!([0])).await.unwrap(),
        Value::Null
    );
}

#[tokio::test]
async fn all_expiries() {
    let listed = call("clearproof_expiries", json!([])).await.unwrap();
    let expected = json!([{
        "underlying": 1, "time": TAKEN_AT, "forward": (1u128 << 70).to_string(),
        "volatility": "2147483648", "halted": false, "settlement": null,
    }]);
    assert_eq!(listed, expected);
}

#[tokio::test]
async fn all_instruments() {
    let listed = call("clearproof_instruments", json!([])).await.unwrap();
    assert_eq!(listed[0]["symbol"], "BTC-PERP");
    assert_eq!(listed[0]["unitsPerLot"], "4294967296");
    let halted: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|i| &i["halted"])
        .collect();
    assert_eq!(halted, [&json!(false), &json!(true), &json!(false)]);
}

#[tokio::test]
async fn proofs_are_judged() {
    let proof = format!("0x{}", "00".repeat(PROOF_BYTES));
    let verdict = |arguments| async {
        let verdict = call("clearproof_verifyProof", arguments).await.unwrap();
        (verdict["valid"].clone(), verdict["refusal"].clone())
    };
    assert_eq!(
        verdict(json!([1, "closing", proof, "42"])).await,
        (json!(true), Value::Null)
    );
    for (arguments, refusal) in [
        (json!([1, "closing", proof, "43"]), "rejected"),
        (json!([1, "chunk", proof, "42"]), "rejected"),
        (json!([1, "chunk", "0x00", "42"]), "malformed"),
        (json!([2, "chunk", proof, "42", BLOCK]), "unknownCircuit"),
    ] {
        assert_eq!(verdict(arguments).await, (json!(false), json!(refusal)));
    }
}

#[tokio::test]
async fn malformed_arguments_are_named_with_their_limit() {
    let long = format!("0x{}", "00".repeat(PROOF_BYTES + 1));
    let proof = format!("0x{}", "00".repeat(PROOF_BYTES));
    for (method, arguments, field) in [
        ("clearproof_venue", json!([]), "venue"),
        ("clearproof_venue", json!(["3"]), "venue"),
        ("clearproof_venue", json!([-1]), "venue"),
        ("clearproof_venue", json!([1u64 << 32]), "venue"),
        ("clearproof_venue", json!([VENUE, "0x12"]), "at"),
        ("clearproof_batch", json!([VENUE]), "number"),
        ("clearproof_batch", json!([VENUE, 0.5]), "number"),
        (
            "clearproof_batch",
            json!([VENUE, "18446744073709551616"]),
            "number",
        ),
        ("clearproof_snapshot", json!([{}]), "number"),
        ("clearproof_depositQueue", json!([VENUE, "x"]), "from"),
        ("clearproof_instruments", json!([1]), "at"),
        ("clearproof_expiries", json!([1]), "at"),
        (
            "clearproof_verifyProof",
            json!([1, "both", proof, "1"]),
            "kind",
        ),
        (
            "clearproof_verifyProof",
            json!([1, "chunk", long, "1"]),
            "proof",
        ),
        (
            "clearproof_verifyProof",
            json!([1, "chunk", "0x0", "1"]),
            "proof",
        ),
        (
            "clearproof_verifyProof",
            json!([1, "chunk", "00", "1"]),
            "proof",
        ),
        (
            "clearproof_verifyProof",
            json!([1, "chunk", proof, 1]),
            "publicInput",
        ),
        (
            "clearproof_verifyProof",
            json!([1, "chunk", proof, "9".repeat(77)]),
            "publicInput",
        ),
    ] {
        let (named, text) = refusal(method, arguments.clone()).await;
        assert_eq!(named, field, "{method} {arguments}: {text}");
    }
    let (_, text) = refusal("clearproof_verifyProof", json!([1, "chunk", long, "1"])).await;
    assert!(text.contains("256 bytes"), "{text}");
}

#[tokio::test]
async fn an_unknown_block_has_an_error_of_its_own() {
    let at = format!("0x{}", "11".repeat(32));
    let error = call("clearproof_venue", json!([VENUE, at]))
        .await
        .unwrap_err();
    assert_eq!(error.code(), UNKNOWN_BLOCK);
    assert!(error.message().starts_with("at: "), "{}", error.message());
}
