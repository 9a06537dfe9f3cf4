//! The results as JSON. Amounts and 32.32 prices do not fit JavaScript's numbers, so they are
//! decimal strings; symbols are text. Everything else is as in [`clearproof_primitives::chain`].

use clearproof_primitives::{
    chain::{
        Cursor, ExpiryView, Held, Instrument, InstrumentKind, NextCircuit, Pauses, ProofRefusal,
        Queue, QueuedDeposit, SnapshotView, VenueView,
    },
    field::FieldBytes,
    fixed::Rate,
    ids::{BatchNumber, CircuitId, Slot, SnapshotNumber},
    serde_hex,
    shape::Shape,
    snapshot::{InstrumentRow, UnderlyingFactors},
    time::Millis,
};
use clearproof_runtime::AccountId;
use serde::{Serialize, Serializer};
use std::fmt::Display;

/// An integer as a decimal string.
#[derive(Clone, Copy, Debug)]
pub struct Decimal<T>(T);

impl<T: Display> Serialize for Decimal<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

fn decimals<T>(values: Vec<T>) -> Vec<Decimal<T>> {
    values.into_iter().map(Decimal).collect()
}

/// A venue.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VenueJson {
    owner: AccountId,
    operators: Vec<AccountId>,
    circuit: CircuitId,
    next_circuit: Option<NextCircuit>,
    /// Time at which the circuit of the next batch is retired.
    retires_at: Option<Millis>,
    shape: Shape,
    development: bool,
    state_root: FieldBytes,
    batches: BatchNumber,
    time_to: Millis,
    pauses: Pauses,
    custody_account: AccountId,
    queue: Queue,
    totals: Vec<TotalJson>,
    /// Funding indices, by slot.
    funding: Vec<Decimal<i64>>,
    /// Lots of all accounts, long and short added, by slot.
    open_interest: Vec<Decimal<u64>>,
}

/// The debts of a venue in one asset.
#[derive(Clone, Copy, Debug, Serialize)]
struct TotalJson {
    asset: u8,
    queued: Decimal<u64>,
    consumed: Decimal<u64>,
    claimable: Decimal<u64>,
}

impl From<VenueView<AccountId>> for VenueJson {
    fn from(view: VenueView<AccountId>) -> Self {
        let total = |(asset, held): (u8, Held)| TotalJson {
            asset,
            queued: Decimal(held.queued),
            consumed: Decimal(held.consumed),
            claimable: Decimal(held.claimable),
        };
        Self {
            owner: view.owner,
            operators: view.operators,
            circuit: view.circuit,
            next_circuit: view.next_circuit,
            retires_at: view.retires_at,
            shape: view.shape,
            development: view.development,
            state_root: view.state_root,
            batches: view.batches,
            time_to: view.time_to,
            pauses: view.pauses,
            custody_account: view.custody_account,
            queue: view.queue,
            totals: view.totals.into_iter().map(total).collect(),
            funding: decimals(view.funding),
            open_interest: decimals(view.open_interest),
        }
    }
}

/// A venue's deposit queue and the deposits that no batch has consumed.
#[derive(Clone, Debug, Serialize)]
pub struct QueueJson {
    consumed: Cursor,
    made: Cursor,
    deposits: Vec<DepositJson>,
}

impl QueueJson {
    /// Creates the view of a queue with some of its deposits, by index.
    pub fn new(queue: Queue, deposits: Vec<(u64, QueuedDeposit)>) -> Self {
        Self {
            consumed: queue.consumed,
            made: queue.made,
            deposits: deposits.into_iter().map(DepositJson::from).collect(),
        }
    }
}

/// A queued deposit.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DepositJson {
    index: u64,
    #[serde(with = "serde_hex")]
    owner: [u8; 32],
    account_key: FieldBytes,
    asset: u8,
    amount: Decimal<u64>,
    accumulator: FieldBytes,
}

impl From<(u64, QueuedDeposit)> for DepositJson {
    fn from((index, queued): (u64, QueuedDeposit)) -> Self {
        Self {
            index,
            owner: queued.owner,
            account_key: queued.deposit.account_key,
            asset: queued.deposit.asset,
            amount: Decimal(queued.deposit.amount),
            accumulator: queued.accumulator,
        }
    }
}

/// A listed instrument.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstrumentJson {
    slot: Slot,
    underlying: u16,
    kind: InstrumentKind,
    symbol: String,
    units_per_lot: Decimal<u64>,
    halted: bool,
}

impl From<Instrument> for InstrumentJson {
    fn from(Instrument { listing, halted }: Instrument) -> Self {
        Self {
            slot: listing.slot,
            underlying: listing.underlying,
            kind: listing.kind,
            symbol: String::from_utf8_lossy(&listing.symbol).into_owned(),
            units_per_lot: Decimal(listing.units_per_lot),
            halted,
        }
    }
}

/// An expiry on which options are listed.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpiryJson {
    underlying: u16,
    time: Millis,
    forward: Option<Decimal<u128>>,
    volatility: Option<Decimal<u128>>,
    halted: bool,
    settlement: Option<Decimal<u128>>,
}

impl From<ExpiryView> for ExpiryJson {
    fn from(view: ExpiryView) -> Self {
        Self {
            underlying: view.expiry.underlying,
            time: view.expiry.time,
            forward: view.forward.map(Decimal),
            volatility: view.volatility.map(Decimal),
            halted: view.halted,
            settlement: view.settlement.map(Decimal),
        }
    }
}

/// A snapshot.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotJson {
    number: SnapshotNumber,
    hash: FieldBytes,
    taken_at: Millis,
    next_taken_at: Option<Millis>,
    protocol_share: Rate,
    liquidation_rate: Rate,
    weights: Vec<Decimal<u64>>,
    factors: Vec<UnderlyingFactors>,
    rows: Vec<RowJson>,
    /// Marks of the instruments that trade, 0 for the others.
    marks: Vec<Decimal<u64>>,
    /// Largest distances of clearing prices from the marks.
    bands: Vec<Decimal<u64>>,
    /// Largest premiums that count for funding; 0 where there is no funding.
    premium_caps: Vec<Decimal<u64>>,
    funding_interval: Millis,
    /// Lots that a venue's accounts may hold. Above this number they may only reduce their
    /// positions.
    open_interest_caps: Vec<Decimal<u64>>,
}

/// An instrument slot of a snapshot.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RowJson {
    mark: Decimal<u64>,
    initial_long: Decimal<u64>,
    initial_short: Decimal<u64>,
    maintenance_long: Decimal<u64>,
    maintenance_short: Decimal<u64>,
    scenario_values: Vec<Decimal<i64>>,
    /// The instrument has expired.
    expired: bool,
    /// The mark is unreliable, so positions may only be reduced. If the mark is in `marks` too, it
    /// is held back; if it is not, its feed is halted.
    suspended: bool,
    fee_rate: Rate,
    /// Largest position of an account, lots.
    position_limit: Decimal<u64>,
}

impl From<InstrumentRow> for RowJson {
    fn from(row: InstrumentRow) -> Self {
        Self {
            mark: Decimal(row.mark),
            initial_long: Decimal(row.initial_long),
            initial_short: Decimal(row.initial_short),
            maintenance_long: Decimal(row.maintenance_long),
            maintenance_short: Decimal(row.maintenance_short),
            scenario_values: decimals(row.scenario_values),
            expired: row.expired,
            suspended: row.suspended,
            fee_rate: row.fee_rate,
            position_limit: Decimal(row.position_limit),
        }
    }
}

impl From<SnapshotView> for SnapshotJson {
    fn from(SnapshotView { snapshot, info }: SnapshotView) -> Self {
        Self {
            number: snapshot.number,
            hash: info.hash,
            taken_at: snapshot.taken_at,
            next_taken_at: info.next_taken_at,
            protocol_share: snapshot.protocol_share,
            liquidation_rate: snapshot.liquidation_rate,
            weights: decimals(snapshot.weights),
            factors: snapshot.factors,
            rows: snapshot.rows.into_iter().map(RowJson::from).collect(),
            marks: decimals(info.marks),
            bands: decimals(info.bands),
            premium_caps: decimals(info.premium_caps),
            funding_interval: info.funding_interval,
            open_interest_caps: decimals(info.open_interest_caps),
        }
    }
}

/// The result of a proof's verification.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct VerdictJson {
    /// True if the proof holds.
    valid: bool,
    /// The reason for which it is refused.
    refusal: Option<ProofRefusal>,
}

impl From<Result<(), ProofRefusal>> for VerdictJson {
    fn from(verdict: Result<(), ProofRefusal>) -> Self {
        Self {
            valid: verdict.is_ok(),
            refusal: verdict.err(),
        }
    }
}
