use super::*;
use crate::journal::{Input, StoredSets};
use clearproof_engine::{ArmedSwitch, ArrivedSet, LiveSets};
use clearproof_primitives::ids::AccountIndex;
use codec::{DecodeAll, Encode};

#[test]
fn every_input_reads_as_it_was_written() {
    let set = signed(0, 4, Side::Sell, Some(5));
    let (_, queued) = queued(0, 1);
    let inputs = [
        Input::Open {
            snapshot: snapshot(3, START).snapshot,
            info: snapshot(3, START).info,
            time_from: START,
        },
        Input::Deposit {
            number: 1,
            deposit: queued.deposit,
            owner: queued.owner,
        },
        Input::order_set(set),
        Input::Auction(START + Millis::new(1)),
        Input::Close {
            time_to: START + Millis::new(2),
            submitter: [2; 32],
            salt_seed: FieldBytes([4; 32]),
        },
        Input::Discard,
        Input::AccrueExpired { limit: 9 },
    ];
    for (i, input) in inputs.into_iter().enumerate() {
        let bytes = input.encode();
        // The first byte is the format that databases hold.
        assert_eq!(usize::from(bytes[0]), i);
        assert_eq!(Input::decode_all(&mut &bytes[..]).unwrap(), input);
    }
}

#[test]
fn live_sets_read_as_they_were_written() {
    let live = LiveSets {
        sets: vec![
            ArrivedSet {
                arrival: 3,
                signed: signed(1, 9, Side::Buy, None).into(),
            },
            ArrivedSet {
                arrival: 5,
                signed: signed(0, 2, Side::Sell, Some(1)).into(),
            },
        ],
        arrivals: 6,
        switches: vec![ArmedSwitch {
            account: AccountIndex::new(1),
            timeout_ms: Millis::new(5_000),
            last_active: Millis::new(77),
        }],
    };
    let bytes = StoredSets::from(&live).encode();
    let stored = StoredSets::decode_all(&mut &bytes[..]).unwrap();
    assert_eq!(LiveSets::try_from(stored).unwrap(), live);
}
