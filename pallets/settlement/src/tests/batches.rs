#![allow(clippy::unwrap_used)]
use super::{
    draft::{Draft, deposit, found_venue, price, submit},
    refused,
};
use crate::{Batch, Error, Event, ProofKind, ProofRefusal, mock::*, simulator::Simulator};
use clearproof_primitives::{
    batch::{Withdrawal, chunk_public_input, price_list_hash},
    field::{FieldBytes, Fr},
    fixed::ONE,
    ids::{BatchNumber, SnapshotNumber},
    shape::Shape,
    time::Millis,
};
use codec::{Decode, Encode};
use frame_support::{assert_ok, traits::fungibles};
use pallet_clearproof_custody::{Error as CustodyError, Held};
use proptest::prelude::*;

type E = Error<Test>;

fn run<R>(test: impl FnOnce(Draft) -> R) -> R {
    new_test_ext().execute_with(|| {
        let draft = Draft::founded();
        test(draft)
    })
}

/// Checks that a batch that is proven in full but wrong in one thing is refused for that thing, and
/// that it settles once this is corrected.
#[track_caller]
fn refused_when_proven(
    error: impl Into<sp_runtime::DispatchError>,
    change: impl FnOnce(&mut Draft),
) {
    let error = error.into();
    run(|draft| {
        let mut wrong = draft.clone();
        change(&mut wrong);
        refused(error, || submit(OPERATOR, &wrong.seal()));
        assert_ok!(submit(OPERATOR, &draft.seal()));
    });
}

/// Checks the same for a change after proving.
#[track_caller]
fn refused_when_changed(
    error: impl Into<sp_runtime::DispatchError>,
    change: impl FnOnce(&mut Batch),
) {
    let error = error.into();
    run(|draft| {
        let mut wrong = draft.seal();
        change(&mut wrong);
        refused(error, || submit(OPERATOR, &wrong));
        assert_ok!(submit(OPERATOR, &draft.seal()));
    });
}

const NOT_CANONICAL: FieldBytes = FieldBytes([0xff; 32]);

#[test]
fn a_batch_settles_state_money_and_history() {
    run(|draft| {
        let venue = draft.header.venue;
        let batch = draft.seal();
        assert_ok!(submit(OPERATOR, &batch));
        let state = Settlement::venue(venue).unwrap();
        assert_eq!(
            (state.state_root, state.batches.get()),
            (batch.header.new_root, 1)
        );
        assert_eq!(state.time_to, batch.header.time_to);
        let record = Settlement::batch(venue, BatchNumber::new(1)).unwrap();
        assert_eq!(
            record.header_hash,
            FieldBytes::from(batch.header.hash().unwrap())
        );
        assert_eq!(
            (
                record.state_root,
                record.snapshot_number.get(),
                record.block
            ),
            (batch.header.new_root, 1, 1)
        );
        assert_eq!(
            <Tokens as fungibles::Inspect<_>>::balance(COIN, &account(BOB)),
            100
        );
        assert_eq!(
            Custody::totals(venue),
            vec![(
                0,
                Held {
                    queued: 0,
                    consumed: 400,
                    claimable: 0
                }
            )]
        );
        assert_eq!(Custody::queue(venue).consumed.count, 1);
        let settled: Vec<_> = System::events()
            .into_iter()
            .filter(|e| {
                matches!(
                    e.event,
                    RuntimeEvent::Settlement(Event::BatchSettled { .. })
                )
            })
            .collect();
        assert_eq!(settled.len(), 1);
        let expected = Event::BatchSettled {
            venue,
            number: BatchNumber::new(1),
            state_root: batch.header.new_root,
            snapshot_number: SnapshotNumber::new(1),
            chunks: 2,
            deposits_consumed: 1,
            withdrawals: 1,
            withdrawals_kept: 0,
        };
        assert_eq!(settled[0].event, expected.into());
    });
}

#[test]
fn batches_follow_one_another_and_old_ones_are_forgotten() {
    run(|draft| {
        let venue = draft.header.venue;
        assert_ok!(submit(OPERATOR, &draft.seal()));
        for n in 1..5u64 {
            let next = Draft::next(venue, TAKEN + Millis::new(100 + 1_000 * n));
            assert_ok!(submit(OPERATOR, &next.seal()));
        }
        let kept: Vec<_> = (1..=5)
            .filter(|n| Settlement::batch(venue, BatchNumber::new(*n)).is_some())
            .collect();
        assert_eq!(kept, [3, 4, 5]);
    });
}

#[test]
fn a_settled_batch_cannot_be_replayed_not_even_with_other_proofs_of_the_same() {
    run(|draft| {
        let batch = draft.seal();
        assert_ok!(submit(OPERATOR, &batch));
        refused(E::WrongBatchNumber, || submit(OPERATOR, &batch));
        let mut renumbered = draft;
        renumbered.header.number = BatchNumber::new(2);
        refused(E::StaleRoot, || submit(OPERATOR, &renumbered.seal()));
    });
}

#[test]
fn another_venues_proofs_are_refused() {
    run(|draft| {
        let other = found_venue();
        let mut batch = draft.seal();
        batch.header.venue = other;
        // The values that differ between the venues are corrected, and nothing is consumed or paid.
        // The proofs are still those of the first venue.
        let theirs = Draft::next(other, TAKEN + Millis::new(100) + NOW);
        batch.header.deposits_after = 0;
        batch.header.deposits_accumulator_after = theirs.header.deposits_accumulator_after;
        batch.withdrawals = Default::default();
        batch.header.withdrawal_count = 0;
        batch.header.withdrawals_hash = FieldBytes::default();
        refused(E::TimeSpanOverlaps, || submit(OPERATOR, &batch));
        crate::Venues::<Test>::mutate(other, |v| v.as_mut().unwrap().time_to = CREATED);
        refused(E::ProofRejected, || submit(OPERATOR, &batch));
    });
}

#[test]
fn identity() {
    refused_when_proven(E::WrongVersion, |d| d.header.version += 1);
    refused_when_proven(E::WrongGenesis, |d| d.header.genesis[31] ^= 1);
    refused_when_proven(E::UnknownVenue, |d| d.header.venue = d.header.venue.next());
    refused_when_proven(E::WrongBatchNumber, |d| {
        d.header.number = BatchNumber::new(2);
    });
    refused_when_proven(E::WrongBatchNumber, |d| {
        d.header.number = BatchNumber::new(0);
    });
    refused_when_proven(E::StaleRoot, |d| d.header.old_root = Fr::from(1u64).into());
    refused_when_proven(E::WrongSubmitter, |d| d.header.submitter = [OWNER; 32]);
    run(|draft| {
        let mut wrong = draft.clone();
        wrong.header.submitter = [OWNER; 32];
        refused(E::NotOperator, || submit(OWNER, &wrong.seal()));
        refused(E::NotOperator, || submit(OWNER, &draft.seal()));
    });
}

#[test]
fn counts() {
    refused_when_proven(E::NoChunks, |d| d.lists.clear());
    refused_when_changed(E::ChunkCountMismatch, |b| b.header.chunk_count = 1);
    refused_when_changed(E::ChunkCountMismatch, |b| b.chunks.truncate(1));
    refused_when_changed(E::WithdrawalCountMismatch, |b| {
        b.header.withdrawal_count = 0;
    });
    refused_when_changed(E::WithdrawalCountMismatch, |b| {
        b.withdrawals = Default::default();
    });
}

#[test]
fn snapshots_and_times() {
    refused_when_proven(E::UnknownSnapshot, |d| {
        d.header.snapshot_number = SnapshotNumber::new(3);
    });
    refused_when_proven(E::SnapshotMismatch, |d| {
        d.header.snapshot_hash = Fr::from(1u64).into();
    });
    refused_when_proven(E::SnapshotMismatch, |d| {
        d.header.snapshot_number = SnapshotNumber::new(2);
    });
    refused_when_proven(E::TimeSpanReversed, |d| {
        d.header.time_from = d.header.time_to + Millis::new(1);
    });
    refused_when_proven(E::TimeSpanInFuture, |d| {
        d.header.time_to = NOW + Millis::new(1);
    });
    refused_when_changed(E::TimeSpanInFuture, |b| b.header.time_to = Millis::MAX);
    refused_when_proven(E::TimeSpanOverlaps, |d| d.header.time_from = CREATED);
    refused_when_proven(E::SnapshotTooNew, |d| {
        d.header.time_from = TAKEN - Millis::new(1);
    });
    refused_when_proven(E::SnapshotTooOld, |d| {
        d.header.time_to = NEXT_TAKEN + GRACE + Millis::new(1);
    });
    run(|mut draft| {
        draft.header.time_from = TAKEN;
        draft.header.time_to = NEXT_TAKEN + GRACE;
        assert_ok!(submit(OPERATOR, &draft.seal()));
        let mut overlapping = Draft::next(draft.header.venue, NEXT_TAKEN + GRACE);
        overlapping.header.snapshot_number = SnapshotNumber::new(2);
        overlapping.header.snapshot_hash = TakenSnapshots::get()[&SnapshotNumber::new(2)].hash;
        refused(E::TimeSpanOverlaps, || {
            submit(OPERATOR, &overlapping.seal())
        });
        // The latest snapshot may be used until the present.
        overlapping.lists = vec![vec![], vec![]];
        overlapping.header.time_from += Millis::new(1);
        overlapping.header.time_to = NOW;
        assert_ok!(submit(OPERATOR, &overlapping.seal()));
    });
}

/// Within the grace two snapshots may be used. A venue that went back and forth between them could
/// liquidate the same account in part with every batch.
#[test]
fn a_snapshot_before_the_last_batchs_is_refused() {
    run(|mut draft| {
        draft.header.time_from = TAKEN;
        assert_ok!(submit(OPERATOR, &draft.seal()));
        let batch_at = |number: u64, from: Millis| {
            let mut batch = Draft::next(draft.header.venue, from);
            let number = SnapshotNumber::new(number);
            batch.header.snapshot_number = number;
            batch.header.snapshot_hash = TakenSnapshots::get()[&number].hash;
            batch
        };
        assert_ok!(submit(
            OPERATOR,
            &batch_at(1, NEXT_TAKEN - Millis::new(500)).seal()
        ));
        let newer = batch_at(2, NEXT_TAKEN);
        assert_ok!(submit(OPERATOR, &newer.seal()));
        let state = Settlement::venue(draft.header.venue).unwrap();
        assert_eq!(state.snapshot, SnapshotNumber::new(2));
        let back = batch_at(1, newer.header.time_to + Millis::new(1));
        assert!(back.header.time_to <= NEXT_TAKEN + GRACE);
        refused(E::SnapshotWentBack, || submit(OPERATOR, &back.seal()));
        let again = batch_at(2, newer.header.time_to + Millis::new(1));
        assert_ok!(submit(OPERATOR, &again.seal()));
    });
}

#[test]
fn a_batch_withheld_too_long_is_refused() {
    let at_age = |age: Millis, test: &dyn Fn(&mut Draft)| {
        run(|mut draft| {
            pallet_timestamp::Now::<Test>::put((draft.header.time_to + age).get());
            test(&mut draft);
        });
    };
    at_age(AGE, &|draft| {
        assert_ok!(submit(OPERATOR, &draft.seal()));
    });
    at_age(AGE + Millis::new(1), &|draft| {
        let batch = draft.seal();
        refused(E::TimeSpanTooOld, || submit(OPERATOR, &batch));
    });
}

#[test]
fn prices() {
    let at = TAKEN + Millis::new(100);
    refused_when_proven(E::PricesUnsorted, |d| d.lists[0].swap(0, 1));
    refused_when_proven(E::PricesUnsorted, |d| {
        d.lists[0][1] = price(0, at, 1_001 * ONE);
    });
    refused_when_proven(E::PriceZero, |d| d.lists[0][0].price = 0);
    refused_when_proven(E::PriceTime, |d| {
        d.lists[0][0].time = d.header.time_from - Millis::new(1);
    });
    refused_when_proven(E::PriceTime, |d| d.lists[1][1].time += Millis::new(1));
    refused_when_proven(E::InstrumentNotListed, |d| {
        d.lists[0][2] = price(2, at, ONE);
    });
    refused_when_proven(E::InstrumentNotListed, |d| {
        d.lists[0][2] = price(4, at, ONE);
    });
    refused_when_proven(E::InstrumentNotListed, |d| {
        d.lists[0][2] = price(u16::MAX, at, ONE);
    });
    refused_when_proven(E::PriceConflict, |d| d.lists[1][0].price += 1);
    // The shape takes three entries per chunk.
    refused_when_changed(E::TooManyPrices, |b| {
        b.chunks[0].prices.try_push(price(3, at, 50 * ONE)).unwrap();
    });
}

#[test]
fn the_price_band_is_exact_on_both_sides() {
    let (mark, band) = (MARKS[1], BANDS[1]);
    let at = |price| move |d: &mut Draft| d.lists[0][2].price = price;
    refused_when_proven(E::PriceOutsideBand, at(mark + band + 1));
    refused_when_proven(E::PriceOutsideBand, at(mark - band - 1));
    refused_when_proven(E::PriceOutsideBand, at(u64::MAX));
    for edge in [mark + band, mark - band] {
        run(|mut draft| {
            at(edge)(&mut draft);
            assert_ok!(submit(OPERATOR, &draft.seal()));
        });
    }
}

#[test]
fn non_canonical_fields() {
    refused_when_changed(E::NonCanonicalField, |b| b.header.new_root = NOT_CANONICAL);
    refused_when_changed(E::NonCanonicalField, |b| b.header.data_hash = NOT_CANONICAL);
    refused_when_changed(E::NonCanonicalField, |b| {
        b.header.prices_hash = NOT_CANONICAL;
    });
    refused_when_changed(E::NonCanonicalField, |b| {
        b.header.withdrawals_hash = NOT_CANONICAL;
    });
    refused_when_changed(E::NonCanonicalField, |b| {
        b.header.deposits_accumulator_before = NOT_CANONICAL;
    });
    refused_when_changed(E::NonCanonicalField, |b| {
        b.header.deposits_accumulator_after = NOT_CANONICAL;
    });
    refused_when_changed(E::NonCanonicalField, |b| b.first_boundary = NOT_CANONICAL);
    refused_when_changed(E::NonCanonicalField, |b| {
        b.chunks[1].boundary_after = NOT_CANONICAL;
    });
    // The modulus itself, a second encoding of zero.
    let mut modulus = FieldBytes::from(-Fr::from(1u64)).0;
    modulus[0] += 1;
    refused_when_changed(E::NonCanonicalField, |b| {
        b.header.data_hash = FieldBytes(modulus);
    });
}

#[test]
fn hashes_and_cursors() {
    refused_when_changed(E::PricesHashMismatch, |b| {
        b.header.prices_hash = Fr::from(1u64).into();
    });
    refused_when_changed(E::PricesHashMismatch, |b| b.chunks[1].prices[1].price += 1);
    refused_when_changed(E::WithdrawalsHashMismatch, |b| {
        b.withdrawals[0].recipient[0] ^= 1;
    });
    refused_when_changed(E::WithdrawalsHashMismatch, |b| b.withdrawals[0].amount += 1);
    let cursor = CustodyError::<Test>::DepositCursorMismatch;
    refused_when_proven(cursor, |d| d.header.deposits_before = 1);
    refused_when_proven(CustodyError::<Test>::DepositCursorMismatch, |d| {
        d.header.deposits_after = 2;
    });
    refused_when_proven(CustodyError::<Test>::DepositCursorMismatch, |d| {
        d.header.deposits_accumulator_after = Fr::from(1u64).into();
    });
    refused_when_proven(CustodyError::<Test>::TooManyDeposits, |d| {
        d.header.deposits_after = 513;
    });
}

#[test]
fn nothing_is_overdrawn_whatever_the_proofs_say() {
    let pay = |asset, amount| {
        move |d: &mut Draft| {
            d.withdrawals = vec![Withdrawal {
                recipient: [BOB; 32],
                asset,
                amount,
            }];
        }
    };
    refused_when_proven(CustodyError::<Test>::Overdraw, pay(0, 501));
    refused_when_proven(CustodyError::<Test>::Overdraw, pay(1, 1));
    refused_when_proven(CustodyError::<Test>::AmountOutOfRange, pay(0, 0));
    refused_when_proven(CustodyError::<Test>::Overdraw, |d| {
        // The batch does not consume the deposit, but pays it out.
        d.header.deposits_after = 0;
        d.header.deposits_accumulator_after = FieldBytes::default();
    });
    run(|mut draft| {
        let rich = found_venue();
        deposit(rich, 0, 10_000).unwrap();
        pay(0, 501)(&mut draft);
        refused(CustodyError::<Test>::Overdraw, || {
            submit(OPERATOR, &draft.seal())
        });
    });
}

#[test]
fn an_unpayable_withdrawal_is_kept_and_the_batch_settles() {
    run(|mut draft| {
        let venue = draft.header.venue;
        deposit(venue, 1, 50).unwrap();
        let queue = Custody::queue(venue).made;
        draft.header.deposits_after = queue.count;
        draft.header.deposits_accumulator_after = queue.accumulator;
        draft.withdrawals.push(Withdrawal {
            recipient: [99; 32],
            asset: 1,
            amount: 3,
        });
        assert_ok!(submit(OPERATOR, &draft.seal()));
        assert_eq!(Custody::claimable(venue, account(99), 1), 3);
    });
}

#[test]
fn proofs() {
    refused_when_changed(E::MalformedProof, |b| b.closing_proof[0] ^= 1);
    refused_when_changed(E::MalformedProof, |b| b.chunks[0].proof = [0; 256]);
    refused_when_changed(E::MalformedProof, |b| b.chunks[1].proof = [0xff; 256]);
    // Each of the two keys for the other's statements, or an unrelated key.
    refused_when_proven(E::ProofRejected, |d| d.keys = (CLOSING, CHUNK));
    refused_when_proven(E::ProofRejected, |d| d.keys = (CHUNK, 77));
    refused_when_proven(E::ProofRejected, |d| d.keys = (77, CLOSING));
    // Proofs of the same batch in another order.
    refused_when_changed(E::ProofRejected, |b| {
        let first = b.chunks[0].proof;
        b.chunks[0].proof = b.chunks[1].proof;
        b.chunks[1].proof = first;
    });
    refused_when_changed(E::ProofRejected, |b| b.chunks[1].proof = b.chunks[0].proof);
    refused_when_changed(E::ProofRejected, |b| b.closing_proof = b.chunks[0].proof);
    // All statements of the header and the boundaries are proven.
    refused_when_changed(E::ProofRejected, |b| {
        b.header.new_root = Fr::from(1u64).into();
    });
    refused_when_changed(E::ProofRejected, |b| {
        b.header.data_hash = Fr::from(1u64).into();
    });
    refused_when_changed(E::ProofRejected, |b| b.header.time_to += Millis::new(1));
    refused_when_changed(E::ProofRejected, |b| {
        b.first_boundary = Fr::from(1u64).into();
    });
    refused_when_changed(E::ProofRejected, |b| {
        b.chunks[0].boundary_after = Fr::from(1u64).into();
    });
    refused_when_changed(E::ProofRejected, |b| {
        b.chunks[1].boundary_after = Fr::from(1u64).into();
    });
}

#[test]
fn other_proofs_of_the_same_statements_settle_too() {
    run(|draft| {
        let mut batch = draft.seal();
        let lists: Vec<Fr> = draft
            .lists
            .iter()
            .map(|l| price_list_hash(&Shape::TINY, l))
            .collect();
        let hash = batch.header.hash().unwrap();
        let [from, to] = [0, 1].map(|n| draft.boundaries[n].to_fr().unwrap());
        let other =
            Simulator::new(CHUNK).prove(chunk_public_input(hash, 0, from, to, lists[0]), 4_711);
        assert_ne!(other, batch.chunks[0].proof);
        batch.chunks[0].proof = other;
        assert_ok!(submit(OPERATOR, &batch));
    });
}

#[test]
fn one_proof_can_be_checked_alone() {
    run(|_| {
        let input = Fr::from(5u64);
        let proof = Simulator::new(CHUNK).prove(input, 0).to_vec();
        let check = |circuit, kind, proof: &[u8], input| {
            Settlement::verify_proof(circuit, kind, proof.to_vec(), input)
        };
        let good = FieldBytes::from(input);
        assert_eq!(check(CIRCUIT, ProofKind::Chunk, &proof, good), Ok(()));
        assert_eq!(
            check(CIRCUIT, ProofKind::Closing, &proof, good),
            Err(ProofRefusal::Rejected)
        );
        assert_eq!(
            check(CIRCUIT, ProofKind::Chunk, &proof, Fr::from(6u64).into()),
            Err(ProofRefusal::Rejected)
        );
        assert_eq!(
            check(CIRCUIT, ProofKind::Chunk, &proof, NOT_CANONICAL),
            Err(ProofRefusal::NonCanonicalInput)
        );
        assert_eq!(
            check(CIRCUIT, ProofKind::Chunk, &proof[1..], good),
            Err(ProofRefusal::Malformed)
        );
        assert_eq!(
            check(CIRCUIT.next(), ProofKind::Chunk, &proof, good),
            Err(ProofRefusal::UnknownCircuit)
        );
    });
}

proptest! {
    #[test]
    fn random_bytes_are_no_batch_or_one_that_encodes_the_same(
        bytes in prop::collection::vec(any::<u8>(), 0..2_000),
    ) {
        if let Ok(batch) = Batch::decode(&mut &bytes[..]) {
            prop_assert!(bytes.starts_with(&batch.encode()));
        }
    }

    /// One flipped bit anywhere in a submitted batch is refused, and nothing panics.
    #[test]
    fn one_flipped_bit_is_always_refused(position in any::<prop::sample::Index>(), bit in 0u8..8) {
        run(|draft| {
            let mut bytes = draft.seal().encode();
            let at = position.index(bytes.len());
            bytes[at] ^= 1 << bit;
            if let Ok(batch) = Batch::decode(&mut &bytes[..]) {
                prop_assert!(submit(OPERATOR, &batch).is_err());
            }
            Ok(())
        })?;
    }
}
