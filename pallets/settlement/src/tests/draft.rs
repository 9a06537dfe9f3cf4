//! Batches for tests: correct unless a test changes them before or after they are sealed.
use super::{call, signed};
use crate::{Batch, ChunkSubmission, NextCircuit, mock::*, simulator::Simulator};
use clearproof_primitives::{
    babyjubjub::BASE8,
    batch::{
        BatchHeader, PROTOCOL_VERSION, PriceEntry, Withdrawal, chunk_public_input,
        closing_public_input, price_list_hash, prices_hash, withdrawals_hash,
    },
    field::{FieldBytes, Fr},
    fixed::{Factor, ONE, Rate},
    funding::funding_hash,
    ids::{BatchNumber, CircuitId, Slot, SnapshotNumber, VenueId},
    ledger::open_interest_hash,
    shape::Shape,
    time::Millis,
};
use frame_support::{assert_ok, dispatch::DispatchResult};
use sp_runtime::traits::Dispatchable;

/// A batch without hashes, counts and proofs.
#[derive(Clone)]
pub struct Draft {
    pub header: BatchHeader,
    pub lists: Vec<Vec<PriceEntry>>,
    pub boundaries: Vec<FieldBytes>,
    pub withdrawals: Vec<Withdrawal>,
    /// Open interest after the batch.
    pub open_interest: Vec<u64>,
    /// Seeds of the keys that the proofs are made for.
    pub keys: (u64, u64),
}

pub fn price(instrument: u16, time: Millis, price: u64) -> PriceEntry {
    PriceEntry {
        instrument: Slot::new(instrument),
        time,
        price,
        deleverages: false,
        fund_sells: false,
    }
}

/// An entry of deleveraging.
pub fn deleverage(instrument: u16, time: Millis, of: u64, fund_sells: bool) -> PriceEntry {
    PriceEntry {
        deleverages: true,
        fund_sells,
        ..price(instrument, time, of)
    }
}

/// Creates a venue with one operator, and returns its number.
pub fn found_venue() -> VenueId {
    let venue = crate::NextVenue::<Test>::get();
    assert_ok!(found_on(CIRCUIT));
    venue
}

/// Creates a venue of a circuit.
pub fn found_on(circuit: CircuitId) -> DispatchResult {
    let operators = vec![account(OPERATOR)].try_into().unwrap();
    let create = crate::Call::create_venue { operators, circuit };
    call(create, signed(OWNER))
}

/// Has a venue's owner choose the circuit from a batch on.
pub fn change(venue: VenueId, circuit: CircuitId, from_batch: u64) -> DispatchResult {
    let next = Some(NextCircuit {
        circuit,
        from_batch: BatchNumber::new(from_batch),
    });
    call(crate::Call::set_next_circuit { venue, next }, signed(OWNER))
}

pub fn deposit(venue: VenueId, asset: u8, amount: u64) -> DispatchResult {
    let deposit = pallet_clearproof_custody::Call::deposit {
        venue,
        asset,
        amount,
        owner: BASE8.compress(),
    };
    RuntimeCall::Custody(deposit)
        .dispatch(signed(OWNER))
        .map(|_| ())
        .map_err(|e| e.error)
}

pub fn submit(who: u8, batch: &Batch) -> DispatchResult {
    call(
        crate::Call::submit_batch {
            batch: Box::new(batch.clone()),
        },
        signed(who),
    )
}

impl Draft {
    /// Returns a new venue with one deposit of 500 coins, and its first batch: two chunks, the
    /// deposit, a withdrawal of 100.
    pub fn founded() -> Self {
        Self::first(found_venue())
    }

    /// As [`Self::founded`], for a venue that exists.
    pub fn first(venue: VenueId) -> Self {
        deposit(venue, 0, 500).unwrap();
        Timestamp::set_timestamp(NOW.get());
        let mut draft = Self::next(venue, TAKEN + Millis::new(100));
        draft.withdrawals = vec![Withdrawal {
            recipient: [BOB; 32],
            asset: 0,
            amount: 100,
        }];
        draft
    }

    /// Returns the next batch of a venue. It consumes all deposits and has 400 ms of auctions.
    pub fn next(venue: VenueId, from: Millis) -> Self {
        let state = crate::Venues::<Test>::get(venue).unwrap();
        let queue = Custody::queue(venue);
        let header = BatchHeader {
            version: PROTOCOL_VERSION,
            genesis: System::block_hash(0).0,
            venue,
            number: state.batches.next(),
            old_root: state.state_root,
            new_root: Fr::from(9_000 + state.batches.get()).into(),
            snapshot_number: SnapshotNumber::new(1),
            snapshot_hash: TakenSnapshots::get()[&SnapshotNumber::new(1)].hash,
            time_from: from,
            time_to: from + Millis::new(400),
            prices_hash: FieldBytes::default(),
            deposits_before: queue.consumed.count,
            deposits_accumulator_before: queue.consumed.accumulator,
            deposits_after: queue.made.count,
            deposits_accumulator_after: queue.made.accumulator,
            withdrawal_count: 0,
            withdrawals_hash: FieldBytes::default(),
            data_hash: FieldBytes::default(),
            chunk_count: 0,
            submitter: [OPERATOR; 32],
            funding_hash: funding_hash(&Settlement::market_of(venue).funding).into(),
            open_interest_hash: FieldBytes::default(),
            protocol_fee: 0,
            protocol_share: PROTOCOL_SHARE,
            deleverage_rank: Factor::new(0),
            slack: Rate::new(0),
        };
        Self {
            header,
            lists: vec![
                vec![
                    price(0, from, 1_000 * ONE),
                    price(0, from + Millis::new(100), 1_010 * ONE),
                    price(1, from, 2_000 * ONE),
                ],
                vec![
                    price(0, from, 1_000 * ONE),
                    price(3, from + Millis::new(400), 50 * ONE),
                ],
            ],
            boundaries: (0..3u64).map(|n| Fr::from(100 + n).into()).collect(),
            withdrawals: vec![],
            open_interest: Settlement::market_of(venue).open_interest.into_inner(),
            keys: (CHUNK, CLOSING),
        }
    }

    /// Seals the batch with hashes, counts and proofs that fit. The chain has to find whatever is
    /// wrong with it then.
    pub fn seal(&self) -> Batch {
        let lists: Vec<Fr> = self
            .lists
            .iter()
            .map(|list| price_list_hash(&Shape::TINY, list))
            .collect();
        let mut header = self.header.clone();
        header.prices_hash = prices_hash(&lists).into();
        header.withdrawals_hash = withdrawals_hash(&self.withdrawals).into();
        header.withdrawal_count = self.withdrawals.len() as u32;
        header.chunk_count = self.lists.len() as u16;
        header.open_interest_hash = open_interest_hash(&self.open_interest).into();
        self.prove(header, &lists)
    }

    /// Proofs for a given header.
    pub fn prove(&self, header: BatchHeader, lists: &[Fr]) -> Batch {
        let hash = header.hash().unwrap_or_default();
        let boundaries: Vec<Fr> = self
            .boundaries
            .iter()
            .map(|b| b.to_fr().unwrap_or_default())
            .collect();
        let chunk_keys = Simulator::new(self.keys.0);
        let chunks: Vec<_> = (0..self.lists.len())
            .map(|n| {
                let input =
                    chunk_public_input(hash, n as u16, boundaries[n], boundaries[n + 1], lists[n]);
                ChunkSubmission {
                    prices: self.lists[n].clone().try_into().unwrap(),
                    boundary_after: self.boundaries[n + 1],
                    proof: chunk_keys.prove(input, n as u64),
                }
            })
            .collect();
        let last = boundaries[self.lists.len()];
        let closing = closing_public_input(hash, chunks.len() as u16, boundaries[0], last);
        Batch {
            header,
            first_boundary: self.boundaries[0],
            chunks: chunks.try_into().unwrap(),
            withdrawals: self.withdrawals.clone().try_into().unwrap(),
            open_interest: self.open_interest.clone().try_into().unwrap(),
            closing_proof: Simulator::new(self.keys.1).prove(closing, 0),
        }
    }
}
