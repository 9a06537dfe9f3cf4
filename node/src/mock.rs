//! A chain of one finalised block for tests. Its runtime returns fixed values.
#![allow(clippy::unwrap_used)]

use clearproof_primitives::{
    batch::Deposit,
    chain::{
        BatchView, Cursor, Expiry, ExpiryView, Feed, Instrument, InstrumentKind, Listing, Pauses,
        ProofKind, ProofRefusal, Queue, QueuedDeposit, SnapshotInfo, SnapshotView, VenueView,
    },
    field::{FieldBytes, Fr},
    fixed::Rate,
    ids::{BatchNumber, CircuitId, Slot, SnapshotNumber, VenueId},
    monitoring::{FeedActivity, MemberActivity, Monitoring, ValidatorActivity},
    shape::Shape,
    snapshot::{InstrumentRow, Snapshot},
    time::Millis,
};
use clearproof_runtime::{AccountId, BlockNumber, Hash, Header, opaque::Block};
use clearproof_runtime_api::{ClearproofApi, MonitoringApi};
use sp_api::{ApiRef, ProvideRuntimeApi};
use sp_blockchain::{BlockStatus, HeaderBackend, Info};

/// Hash of the chain's block.
pub const BLOCK: Hash = Hash::repeat_byte(7);
/// The only venue that exists.
pub const VENUE: VenueId = VenueId::new(3);
/// Milliseconds since the Unix epoch of the latest snapshot, which is number 5.
pub const TAKEN_AT: Millis = Millis::new(1_700_000_000_000);

/// The chain.
pub struct Chain;
/// Its runtime.
pub struct Api;

impl ProvideRuntimeApi<Block> for Chain {
    type Api = Api;
    fn runtime_api(&self) -> ApiRef<'_, Api> {
        Api.into()
    }
}

impl HeaderBackend<Block> for Chain {
    fn header(&self, _: Hash) -> sp_blockchain::Result<Option<Header>> {
        Ok(None)
    }
    fn info(&self) -> Info<Block> {
        Info {
            best_hash: BLOCK,
            best_number: 12,
            genesis_hash: Hash::zero(),
            finalized_hash: BLOCK,
            finalized_number: 12,
            finalized_state: None,
            number_leaves: 1,
            block_gap: None,
        }
    }
    fn status(&self, _: Hash) -> sp_blockchain::Result<BlockStatus> {
        Ok(BlockStatus::InChain)
    }
    fn number(&self, hash: Hash) -> sp_blockchain::Result<Option<BlockNumber>> {
        Ok((hash == BLOCK).then_some(12))
    }
    fn hash(&self, number: BlockNumber) -> sp_blockchain::Result<Option<Hash>> {
        Ok((number == 12).then_some(BLOCK))
    }
}

/// A field element.
pub fn field(value: u64) -> FieldBytes {
    Fr::from(value).into()
}

fn cursor(count: u64) -> Cursor {
    Cursor {
        count,
        accumulator: field(count),
    }
}

fn instrument(slot: u16, symbol: &[u8], halted: bool) -> Instrument {
    Instrument {
        listing: Listing {
            slot: Slot::new(slot),
            underlying: 0,
            kind: InstrumentKind::Perpetual,
            symbol: symbol.to_vec().try_into().unwrap(),
            units_per_lot: 1 << 32,
        },
        halted,
    }
}

/// The account whose bytes are all `byte`.
pub fn account(byte: u8) -> AccountId {
    AccountId::from([byte; 32])
}

sp_api::mock_impl_runtime_apis! {
    impl MonitoringApi<Block, AccountId> for Api {
        fn monitoring() -> Monitoring<AccountId> {
            let feed = |feed, sources, halted| FeedActivity { feed, sources, halted };
            let validator = |byte, bond, silent_sessions| ValidatorActivity {
                account: account(byte),
                bond,
                silent_sessions,
            };
            Monitoring {
                oracle_members: vec![
                    MemberActivity { account: account(5), fed_at: Some(TAKEN_AT - Millis::new(1_500)) },
                    MemberActivity { account: account(6), fed_at: None },
                ],
                feeds: vec![
                    feed(Feed::Underlying(0), 3, false),
                    feed(Feed::Asset(1), 1, true),
                ],
                minimum_sources: 2,
                validators: vec![validator(7, 2_500_000_000_000, 0), validator(8, 0, 4)],
                disabled_validators: 1,
                minimum_validators: 3,
                minimum_bond: 1_000_000_000_000_000,
                pending_policy_changes: 6,
                safe_mode: true,
                paused_calls: 9,
            }
        }
    }

    impl ClearproofApi<Block, AccountId> for Api {
        fn venue(venue: VenueId) -> Option<VenueView<AccountId>> {
            (venue == VENUE).then(|| VenueView {
                owner: AccountId::from([1; 32]),
                operators: vec![AccountId::from([2; 32])],
                circuit: CircuitId::new(1),
                next_circuit: None,
                retires_at: None,
                shape: Shape::SMALL,
                development: true,
                state_root: field(99),
                batches: BatchNumber::new(8),
                time_to: Millis::new(1_699_999_990_500),
                pauses: Pauses::default(),
                custody_account: AccountId::from([3; 32]),
                queue: Queue { consumed: cursor(4), made: cursor(6) },
                totals: Vec::new(),
                funding: Vec::new(),
                open_interest: Vec::new(),
            })
        }
        fn venues(from: VenueId) -> Vec<VenueId> {
            (from <= VENUE).then_some(VENUE).into_iter().collect()
        }
        fn batch(venue: VenueId, number: BatchNumber) -> Option<BatchView> {
            (venue == VENUE && number == BatchNumber::new(8)).then(|| BatchView {
                state_root: field(99),
                header_hash: field(98),
                snapshot_number: SnapshotNumber::new(5),
                block: 11,
            })
        }
        fn queued_deposits(venue: VenueId, from: u64) -> Vec<(u64, QueuedDeposit)> {
            let deposit = |index: u64| QueuedDeposit {
                owner: [index as u8; 32],
                deposit: Deposit { account_key: field(index), asset: 1, amount: 1_000 + index },
                accumulator: field(index + 1),
            };
            let range = if venue == VENUE { from.max(4)..6 } else { 0..0 };
            range.map(|index| (index, deposit(index))).collect()
        }
        fn snapshot(number: Option<SnapshotNumber>) -> Option<SnapshotView> {
            let number = number.unwrap_or(SnapshotNumber::new(5));
            (number == SnapshotNumber::new(5)).then(|| SnapshotView {
                snapshot: Snapshot {
                    number,
                    taken_at: TAKEN_AT,
                    weights: Vec::new(),
                    factors: Vec::new(),
                    protocol_share: Rate::new(7),
                    liquidation_rate: Rate::new(1),
                    rows: vec![
                        InstrumentRow {
                            mark: 1 << 32,
                            fee_rate: Rate::new(2),
                            position_limit: 1 << 40,
                            ..Default::default()
                        },
                        InstrumentRow {
                            mark: 1 << 32,
                            suspended: true,
                            ..Default::default()
                        },
                    ],
                },
                info: SnapshotInfo {
                    hash: field(97),
                    taken_at: TAKEN_AT,
                    next_taken_at: None,
                    marks: vec![1 << 32, 0, 0],
                    bands: vec![1 << 28, 0, 0],
                    premium_caps: vec![3],
                    funding_interval: Millis::new(3_600_000),
                    open_interest_caps: vec![1 << 59, 0, 0],
                    protocol_share: Rate::new(7),
                },
            })
        }
        fn instruments() -> Vec<Instrument> {
            vec![
                instrument(0, b"BTC-PERP", false),
                instrument(1, b"ETH-PERP", true),
                instrument(2, b"EUR-PERP", false),
            ]
        }
        fn expiries() -> Vec<ExpiryView> {
            vec![ExpiryView {
                expiry: Expiry {
                    underlying: 1,
                    time: TAKEN_AT,
                },
                forward: Some(1 << 70),
                volatility: Some(1 << 31),
                halted: false,
                settlement: None,
            }]
        }
        fn verify_proof(
            circuit: CircuitId,
            kind: ProofKind,
            proof: Vec<u8>,
            public_input: FieldBytes,
        ) -> Result<(), ProofRefusal> {
            match (circuit.get(), kind) {
                (1, _) if proof.len() != 256 => Err(ProofRefusal::Malformed),
                (1, ProofKind::Closing) if public_input == field(42) => Ok(()),
                (1, _) => Err(ProofRefusal::Rejected),
                _ => Err(ProofRefusal::UnknownCircuit),
            }
        }
    }
}
