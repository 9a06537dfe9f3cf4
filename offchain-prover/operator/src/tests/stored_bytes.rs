//! The bytes of the journal and of the database, which later versions must read.

use super::*;
use crate::{
    figures::BatchFigures,
    journal::{Input, StoredSets},
};
use clearproof_engine::{ArmedSwitch, ArrivedSet, LiveSets, Venue, VenueConfig};
use clearproof_primitives::{fixed::Factor, snapshot::UnderlyingFactors};
use codec::{DecodeAll, Encode};

const OPEN: &str = "\
    000a000000000000000b00000000000000040c00000000000000040d0000000e0000000f000000100000000401000\
    00000000000020000000000000003000000000000000400000000000000050000000000000008faffffffffffffff\
    070000000000000001000800000009000000000000001111111111111111111111111111111111111111111111111\
    1111111111111110b0000000000000001120000000000000004010000000000000004130000000000000004140000\
    000000000015000000000000000416000000000000000f0000001700000000000000";
const DEPOSIT: &str = "\
    010100000000000000020202020202020202020202020202020202020202020202020202020202020203040000000\
    00000000505050505050505050505050505050505050505050505050505050505050505";
const ORDER_SET: &str = "\
    0201000000010000000400000000000000000000000000000040aaf4cf8b010000ffffffff0401040000000000010\
    a0000000000000000000000e803000000000000010000050000000000000007070707070707070707070707070707\
    07070707070707070707070707070707c57f3c3b4c633598314771e3a35da9b92aa511fc267bd05c4f2fa84674e46\
    882c6db933572909989d4919316c00d66a64cc6dc7c375df68e21dbd8065b36710400";
const ORDER_SET_BY_TRADING_KEY: &str = "\
    0201000000020000000900000000000000000000000000000040aaf4cf8b010000ffffffff0401090000000000000\
    a0000000000000000000000e80300000000000000a0b684b3bf2dd87bc902ce9cc393633322dbd868adef6bf455eb\
    16a30c5a891196c94b48cb774445795d891b7ac4658ef366f3314aad646ce1a8f67680fe69000189230b424ddab7c\
    72fe6b1fa34ca203c8b5a77cedb405379f71d8932cf868782";
const AUCTION: &str = "030100000000000000";
const CLOSE: &str = "\
    040100000000000000020202020202020202020202020202020202020202020202020202020202020203030303030\
    30303030303030303030303030303030303030303030303030303";
const DISCARD: &str = "05";
const ACCRUE_EXPIRED: &str = "0609000000";
const SWITCH_SET: &str = "07010000000102000000000000000300000000000000";
const SWITCH_OFF: &str = "0701000000000300000000000000";
const LIVE_SETS: &str = "\
    08030000000000000001000000020000000900000000000000000000000000000040aaf4cf8b010000ffffffff040\
    1090000000000000a0000000000000000000000e80300000000000000a0b684b3bf2dd87bc902ce9cc393633322db\
    d868adef6bf455eb16a30c5a891196c94b48cb774445795d891b7ac4658ef366f3314aad646ce1a8f67680fe69000\
    0050000000000000001000000010000000200000000000000000000000000000040aaf4cf8b010000ffffffff0401\
    020000000000010a0000000000000000000000e803000000000000010000010000000000000007070707070707070\
    7070707070707070707070707070707070707070707070757e576bd7e5abd99245c28b41fb509b14278ab9f80e048\
    50befbcb5012a39eadf0c117ac12503c2885b5bc3b7c7ef47094c84b56c2df3a255445ef21672ffb0500060000000\
    0000000040100000088130000000000004d00000000000000";

/// Returns an entry that opens a batch at a snapshot of one instrument.
fn open() -> Input {
    let row = InstrumentRow {
        mark: 1,
        initial_long: 2,
        initial_short: 3,
        maintenance_long: 4,
        maintenance_short: 5,
        scenario_values: vec![-6, 7],
        expired: true,
        suspended: false,
        fee_rate: Rate::new(8),
        position_limit: 9,
    };
    let factors = UnderlyingFactors {
        initial: Factor::new(13),
        maintenance: Factor::new(14),
    };
    Input::Open {
        snapshot: Snapshot {
            number: SnapshotNumber::new(10),
            taken_at: Millis::new(11),
            weights: vec![12],
            factors: vec![factors],
            protocol_share: Rate::new(15),
            liquidation_rate: Rate::new(16),
            rows: vec![row],
        },
        info: SnapshotInfo {
            hash: FieldBytes([17; 32]),
            taken_at: Millis::new(11),
            next_taken_at: Some(Millis::new(18)),
            marks: vec![1],
            bands: vec![19],
            premium_caps: vec![20],
            funding_interval: Millis::new(21),
            open_interest_caps: vec![22],
            protocol_share: Rate::new(15),
        },
        time_from: Millis::new(23),
    }
}

fn deposit() -> Input {
    Input::Deposit {
        number: 1,
        deposit: Deposit {
            account_key: FieldBytes([2; 32]),
            asset: 3,
            amount: 4,
        },
        owner: [5; 32],
    }
}

fn switch(timeout_ms: Option<Millis>) -> Input {
    Input::SetDeadMansSwitch {
        account: AccountIndex::new(1),
        timeout_ms,
        now: Millis::new(3),
    }
}

#[test]
fn each_kind_of_journal_entry_keeps_its_bytes() {
    let mut by_key = signed(1, 9, Side::Buy, None);
    by_key.trading_key = Some(SecretKey::new([5; 32]).public_key());
    let close = Input::Close {
        time_to: Millis::new(1),
        submitter: [2; 32],
        salt_seed: FieldBytes([3; 32]),
    };
    let order_set = signed(0, 4, Side::Sell, Some(5));
    let entries = [
        (open(), OPEN),
        (deposit(), DEPOSIT),
        (Input::order_set(order_set), ORDER_SET),
        (Input::order_set(by_key), ORDER_SET_BY_TRADING_KEY),
        (Input::Auction(Millis::new(1)), AUCTION),
        (close, CLOSE),
        (Input::Discard, DISCARD),
        (Input::AccrueExpired { limit: 9 }, ACCRUE_EXPIRED),
        (switch(Some(Millis::new(2))), SWITCH_SET),
        (switch(None), SWITCH_OFF),
    ];
    for (entry, expected) in entries {
        assert_eq!(hex::encode(entry.encode()), expected, "{entry:?}");
        let bytes = hex::decode(expected).unwrap();
        assert_eq!(Input::decode_all(&mut &bytes[..]).unwrap(), entry);
    }
}

#[test]
fn live_sets_keep_their_bytes() {
    let set = |arrival, signed: SignedOrderSet| ArrivedSet {
        arrival,
        signed: Arc::new(signed),
    };
    let live = LiveSets {
        sets: vec![
            set(3, signed(1, 9, Side::Buy, None)),
            set(5, signed(0, 2, Side::Sell, Some(1))),
        ],
        arrivals: 6,
        switches: vec![ArmedSwitch {
            account: AccountIndex::new(1),
            timeout_ms: Millis::new(5_000),
            last_active: Millis::new(77),
        }],
    };
    assert_eq!(hex::encode(StoredSets::from(&live).encode()), LIVE_SETS);
}

#[test]
fn books_keep_their_json() {
    let venue = Venue::new(VenueConfig {
        shape: SHAPE,
        id: IDENTITY.venue,
        genesis: genesis_field(&IDENTITY.genesis),
    });
    let expected = concat!(
        r#"{"accounts":[{"owner":["0","0"],"number":0,"trading_key":"0","viewing_key":"0","#,
        r#""sequence":0,"slots":[[0,0],[0,0]],"balances":[0,0],"positions":[],"basis":[0,0]}],"#,
        r#""salt":"0","totals":[0,0],"fees":0,"deposits":[0,"0"],"interest":[0,0,0,0],"#,
        r#""remainder":0,"funding":[0,0,0,0],"number":0,"time":0}"#,
    );
    let books = serde_json::to_string(&venue.stored()).unwrap();
    assert_eq!(books, expected);
}

#[test]
fn figures_keep_their_json() {
    let figures = BatchFigures {
        number: BatchNumber::new(1),
        order_sets: 2,
        fills: 3,
        steps: 4,
        chunks: 5,
        constraints: 6,
        witness_ms: Millis::new(7),
        proving_ms: Millis::new(8),
        bytes: 9,
        ref_time: 10,
        fee: 11,
        block: 12,
    };
    let expected = concat!(
        r#"{"number":1,"orderSets":2,"fills":3,"steps":4,"chunks":5,"constraints":6,"#,
        r#""witnessMs":7,"provingMs":8,"bytes":9,"refTime":10,"fee":11,"block":12}"#,
    );
    assert_eq!(serde_json::to_string(&figures).unwrap(), expected);
}
