//! Sequences: who may use up how many of them.

use crate::{
    common::scene::Scene,
    keys::{hash_of, sign, trading},
};
use clearproof_primitives::{
    order::{COUNTER_BITS, Request, WithdrawalRequest, epoch_of},
    step::StepError::{self, Epoch, OldSequence, SequenceTooHigh},
};

const PART: &str = "step/order_set";
const EPOCH: u64 = 1 << COUNTER_BITS;

/// The signer of a set.
#[derive(Clone, Copy, PartialEq)]
enum By {
    Owner,
    TradingKey,
}
use By::{Owner, TradingKey};

/// Account 2, at sequence `current`, installs an empty set in each of the chunk's two steps.
fn sets(current: u64, steps: [(By, u64); 2]) -> Scene {
    let mut scene = Scene::busy(2);
    scene.reload(0, |account| {
        account.sequence = current;
        account.trading_key = hash_of(&trading());
    });
    scene.step(0).fills.clear();
    scene.chunk.steps[1] = scene.chunk.steps[0].clone();
    for (step, (by, sequence)) in steps.into_iter().enumerate() {
        scene.resign(step, |set| {
            set.orders.clear();
            set.sequence = sequence;
        });
        if by == TradingKey {
            sign(&mut scene, step, &trading());
        }
    }
    scene.replay();
    scene
}

/// As [`sets`], with one set that matters.
fn set(current: u64, by: By, sequence: u64) -> Scene {
    sets(current, [(by, sequence), (by, sequence)])
}

fn refused(current: u64, by: By, sequence: u64, reason: StepError) {
    // The second step uses the same set, and would be refused for the same reason.
    let mut scene = set(current, by, sequence);
    scene.chunk.steps[1] = Scene::busy(2).chunk.steps[1].clone();
    scene.replay();
    scene.refused(0, reason, PART);
}

/// Nothing could ever be installed after it, and the money could never leave.
#[test]
fn a_trading_key_that_uses_up_all_sequences() {
    for given in [4 + (1 << 56), u64::MAX] {
        refused(4, TradingKey, given, SequenceTooHigh { given, current: 4 });
    }
    for given in [EPOCH, 3 + (1 << 56)] {
        refused(4, TradingKey, given, epoch(given, 0));
    }
    let last = u64::MAX - 9;
    refused(last - EPOCH, TradingKey, last, epoch(last, 0xfffe));
}

fn epoch(sequence: u64, current: u16) -> StepError {
    Epoch {
        given: epoch_of(sequence),
        current,
    }
}

/// An account that is handed over or sold could be locked by its last owner before.
#[test]
fn an_owner_that_uses_up_all_sequences_at_once() {
    set(4, Owner, 3 + (1 << 56)).accepted();
    for given in [4 + (1 << 56), u64::MAX] {
        refused(4, Owner, given, SequenceTooHigh { given, current: 4 });
    }
    set(u64::MAX - 1, Owner, u64::MAX).accepted();
}

/// A trading key uses up its epoch; the owner raises it and withdraws.
#[test]
fn the_owner_still_withdraws_after_the_last_sequence_of_a_trading_key() {
    let withdraws = |by, sequence| {
        let mut scene = sets(4, [(TradingKey, EPOCH - 1), (by, sequence)]);
        let request = WithdrawalRequest {
            asset: 0,
            amount: 70,
            recipient: [8; 32],
        };
        scene.step(1).withdraw = true;
        scene.resign(1, |set| set.request = Some(Request::Withdrawal(request)));
        scene.replay();
        scene
    };
    let scene = withdraws(Owner, EPOCH);
    scene.accepted();
    let [first, second] = [0, 1].map(|i| &scene.chunk.steps[i].after);
    assert_eq!(first.balances[0] - second.balances[0], 70);
    assert_eq!((first.sequence, second.sequence), (EPOCH - 1, EPOCH));
}

/// The owner's set into a new epoch puts everything that a trading key has signed in an earlier one
/// behind it, and lets it go on in the new one.
#[test]
fn a_trading_key_goes_on_in_the_owners_epoch() {
    sets(4, [(Owner, 7 * EPOCH), (TradingKey, 7 * EPOCH + 1)]).accepted();
    sets(4, [(Owner, 7 * EPOCH + 9), (TradingKey, 8 * EPOCH - 1)]).accepted();
    for (given, reason) in [
        (8 * EPOCH, epoch(8 * EPOCH, 7)),
        (
            EPOCH - 1,
            OldSequence {
                given: EPOCH - 1,
                current: 7 * EPOCH,
            },
        ),
    ] {
        let scene = sets(4, [(Owner, 7 * EPOCH), (TradingKey, given)]);
        scene.refused(1, reason, PART);
    }
}

/// Clocks as sequences: one in milliseconds stays in the first epoch for 8,900 years, one in
/// microseconds starts in the seventh, where the owner has to lead.
#[test]
fn sequences_from_clocks() {
    let (milliseconds, microseconds) = (1_800_000_000_000, 1_800_000_000_000_000);
    set(0, Owner, milliseconds).accepted();
    set(0, TradingKey, milliseconds).accepted();
    sets(0, [(Owner, microseconds), (TradingKey, microseconds + 5)]).accepted();
    refused(0, TradingKey, microseconds, epoch(microseconds, 0));
}
