#![allow(clippy::unwrap_used)]
use super::*;
use clearproof_primitives::policy::Policy;
use clearproof_runtime::{constants::market::SHAPE, development_circuits};
use serde_json::json;
use sp_core::{Pair, crypto::Ss58Codec, ed25519, sr25519};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_storage::well_known_keys::CODE;
use std::{fs, path::PathBuf};

/// A specification on disk. The file is removed when this is dropped.
struct Written {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Written {
    fn new(specification: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chain.json");
        fs::write(&path, specification.to_string()).unwrap();
        Self {
            _folder: folder,
            path,
        }
    }

    fn id(&self) -> &str {
        self.path.to_str().unwrap()
    }
}

fn refusal(result: Result<ChainSpec, String>) -> String {
    result.map(|_| ()).expect_err("it was accepted")
}

/// An account whose key is not published.
fn account(seed: u8) -> String {
    sr25519::Pair::from_seed(&[seed; 32])
        .public()
        .to_ss58check()
}

/// A verifying key of no existing set-up: the first point of one development key, the others of
/// another.
fn verifying_key() -> String {
    let circuits = development_circuits::circuits();
    let (first, second) = (&circuits[0].chunk_key, &circuits[1].chunk_key);
    let key: Vec<u8> = first[..64].iter().chain(&second[64..]).copied().collect();
    format!("0x{}", hex::encode(key))
}

/// A value that founders might put in place of a placeholder of the template.
fn answer(says: &str) -> Value {
    let number = |text: &str| {
        text.split_whitespace()
            .last()
            .unwrap()
            .parse::<u8>()
            .unwrap()
    };
    match says {
        _ if says.starts_with("account of validator") => account(number(says)).into(),
        _ if says.starts_with("account of committee member") => account(20 + number(says)).into(),
        _ if says.starts_with("account of oracle member") => account(30 + number(says)).into(),
        _ if says.starts_with("account") => account(40).into(),
        // More than 64 bits of units: a quarter of a billion CLR.
        _ if says.starts_with("balance of this token holder") => {
            serde_json::from_str("250000000000000000000").unwrap()
        }
        _ if says.starts_with("balance") => 30_000_000_000_000_000u64.into(),
        _ if says.starts_with("bond") || says.starts_with("least bond") => {
            20_000_000_000_000_000u64.into()
        }
        _ if says.contains("for BABE") => {
            let seed = says.split_whitespace().nth(4).unwrap().parse().unwrap();
            account(seed).into()
        }
        _ if says.contains("for GRANDPA") => {
            let seed = says.split_whitespace().nth(4).unwrap().parse().unwrap();
            let key = ed25519::Pair::from_seed(&[seed; 32]).public();
            key.to_ss58check().into()
        }
        _ if says.starts_with("least deposit") => 1_000_000.into(),
        _ if says.starts_with("decimals") => 8.into(),
        _ if says.starts_with("symbol") => json!(b"EUR/USD"),
        _ if says.starts_with("whole units") => 4_294_967_296u64.into(),
        _ if says.starts_with("risk policy") => {
            serde_json::to_value(Policy::development(&SHAPE)).unwrap()
        }
        _ if says.starts_with("verifying key") => verifying_key().into(),
        _ if says.starts_with("address") => {
            "/dns/boot.example.org/tcp/30333/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp".into()
        }
        _ if says.starts_with("name") => "Example".into(),
        _ if says.starts_with("identifier") => "example".into(),
        _ => panic!("the template asks for something new: {says}"),
    }
}

fn fill(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(says) = text.strip_prefix(genesis_presets::BLANK) {
                *value = answer(says);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(fill),
        Value::Object(fields) => fields.values_mut().for_each(fill),
        _ => {}
    }
}

fn filled() -> Value {
    let mut specification = template::production().unwrap();
    fill(&mut specification);
    specification
}

/// The specification as raw state.
fn raw(specification: &Value) -> Value {
    let written = Written::new(specification);
    let text = load_to_export(written.id()).unwrap().as_json(true);
    serde_json::from_str(&text.unwrap()).unwrap()
}

#[test]
fn an_unknown_chain_is_named_in_the_error() {
    let error = refusal(load("no-such-chain"));
    assert!(error.contains("no-such-chain"), "{error}");
    assert!(load("").is_err());
    assert!(refusal(load("production")).contains("chain-spec-template"));
}

#[test]
fn the_wasm_builds_the_genesis_with_the_host_functions() {
    let storage = load("dev").and_then(|spec| spec.build_storage());
    let storage = storage.expect("the preset fits the runtime, and the program holds its wasm");
    assert!(storage.top.contains_key(CODE));
}

#[test]
fn the_committed_template_is_the_one_that_the_runtime_makes() {
    let committed = include_str!("../../../chain-spec/production.json");
    let committed: Value = serde_json::from_str(committed).unwrap();
    let made = template::production().unwrap();
    assert!(
        committed == made,
        "chain-spec/production.json is out of date: run `make chain-specs`"
    );
}

#[test]
fn every_open_value_is_named_with_its_place() {
    let template = template::production().unwrap();
    let blanks = template::blanks(&template);
    let written = Written::new(&template);
    for error in [load(written.id()), load_to_export(written.id())].map(refusal) {
        for (path, says) in &blanks {
            assert!(
                error.contains(&format!("{path}: {says}")),
                "{path}: {error}"
            );
        }
    }
    let named = |path: &str| blanks.iter().any(|(place, _)| place == path);
    for path in [
        "id",
        "bootNodes[0]",
        "genesis.runtimeGenesis.patch.session.keys[3][2].grandpa",
        "genesis.runtimeGenesis.patch.riskPolicy.policy",
    ] {
        assert!(named(path), "{path}");
    }

    // A single placeholder that was overlooked is refused as well, by its name.
    let mut almost = filled();
    almost["genesis"]["runtimeGenesis"]["patch"]["committee"]["members"][1] =
        "FILL: account of committee member 2".into();
    let error = refusal(load_to_export(Written::new(&almost).id()));
    assert!(error.contains("1 in all"), "{error}");
    assert!(error.contains("committee.members[1]: account of committee"));
}

#[test]
fn a_template_that_is_filled_in_becomes_a_chain() {
    let written = Written::new(&filled());
    let error = refusal(load(written.id()));
    assert!(error.contains("export-chain-spec"), "{error}");
    let plain = load_to_export(written.id()).unwrap();
    let raw = Written::new(&serde_json::from_str(&plain.as_json(true).unwrap()).unwrap());
    let raw = load(raw.id()).unwrap();
    assert_eq!(raw.chain_type(), ChainType::Live);
    assert_eq!(raw.boot_nodes().len(), 1);
    let code = raw.build_storage().unwrap().top.remove(CODE);
    assert_eq!(code.as_deref(), WASM_BINARY);
}

/// A genesis with everything in it that a public chain must not have.
fn unfit() -> Value {
    let mut specification = filled();
    let patch = &mut specification["genesis"]["runtimeGenesis"]["patch"];
    patch["sudo"] = json!({ "key": account(50) });
    patch["committee"]["members"][0] = Sr25519Keyring::Alice.to_account_id().to_string().into();
    patch["balances"]["balances"][4][0] =
        Sr25519Keyring::BobStash.to_account_id().to_string().into();
    patch["session"]["keys"][2][2]["grandpa"] =
        Ed25519Keyring::Charlie.public().to_ss58check().into();
    patch["origins"]["periodDivisor"] = 14_400.into();
    // The second circuit is not declared as a development circuit; the chain itself would believe
    // it.
    let [declared, undeclared] = [0, 1].map(|index| {
        let circuit = &development_circuits::circuits()[index];
        serde_json::to_value(circuit).unwrap()
    });
    let circuits = json!([declared, undeclared]);
    patch["settlement"] = json!({ "allowDevelopmentKeys": true, "circuits": circuits });
    patch["settlement"]["circuits"][1]["development"] = false.into();
    specification
}

#[test]
fn a_public_chain_has_no_published_keys_no_sudo_and_no_development_circuits() {
    let mut local = unfit();
    local["chainType"] = "Local".into();
    let mut raw = raw(&local);
    raw["chainType"] = "Live".into();
    for specification in [unfit(), raw] {
        let error = refusal(load_to_export(Written::new(&specification).id()));
        for fault in [
            "a sudo key is set",
            "of Alice, which stands in Committee.Members:",
            "of BobStash, which stands in System.Account:",
            "of Charlie (ed25519), which stands in Grandpa.Authorities, Session.KeyOwner, \
             Session.NextKeys",
            "settlement.allowDevelopmentKeys to false",
            "circuit 1 is of the insecure",
            "circuit 2 is of the insecure",
            "divided by 14400",
        ] {
            assert!(error.contains(fault), "{fault}: {error}");
        }
    }
}

#[test]
fn a_state_to_which_somebody_sent_tokens_is_rehearsed_with_but_starts_no_chain() {
    let mut state = raw(&filled());
    let items = |account: &[u8]| {
        let map = [b"System".as_slice(), b"Account"].map(sp_crypto_hashing::twox_128);
        let hash = sp_crypto_hashing::blake2_128(account);
        [map.concat().as_slice(), &hash, account].concat()
    };
    let alice = items(&Sr25519Keyring::Alice.to_raw_public());
    let holder = items(&sr25519::Pair::from_seed(&[40; 32]).public().0);
    let hex = |bytes: &[u8]| format!("0x{}", hex::encode(bytes));
    let top = state["genesis"]["raw"]["top"].as_object_mut().unwrap();
    // The value of the other account, which therefore decodes.
    let owned = top[&hex(&holder)].clone();
    assert_eq!(top.insert(hex(&alice), owned.clone()), None);

    let state = Written::new(&state);
    for error in [load(state.id()), load_to_export(state.id())].map(refusal) {
        assert!(
            error.contains("of Alice, which stands in System.Account:"),
            "{error}"
        );
    }
    let taken = load_to_rehearse(state.id()).unwrap();
    assert_eq!(taken.chain_type(), ChainType::Live);
    let storage = taken.build_storage().unwrap();
    assert_eq!(hex(&storage.top[&alice]), owned);
    assert_eq!(storage.top.get(CODE).map(Vec::as_slice), WASM_BINARY);
}

#[test]
fn a_template_is_rehearsed_with_neither_open_nor_without_code() {
    let open = Written::new(&template::production().unwrap());
    let error = refusal(load_to_rehearse(open.id()));
    assert!(error.contains("not filled in"), "{error}");
    let error = refusal(load_to_rehearse(Written::new(&filled()).id()));
    assert!(error.contains("holds no runtime code"), "{error}");
}

#[test]
fn a_development_chain_stays_one_whatever_its_file_says_of_its_type() {
    let development = load("local").unwrap().as_json(false).unwrap();
    let mut development: Value = serde_json::from_str(&development).unwrap();
    load(Written::new(&development).id()).unwrap();
    // A specification without a type is that of a public chain.
    development.as_object_mut().unwrap().remove("chainType");
    let error = refusal(load(Written::new(&development).id()));
    assert!(error.contains("Alice"), "{error}");
}
