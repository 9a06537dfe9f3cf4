//! Results of the `ClearproofApi` that combine the state of several pallets.

use crate::{AccountId, Custody, MarketData, Runtime, Settlement};
use clearproof_primitives::{
    chain::{BatchView, SnapshotView, VenueView},
    ids::{BatchNumber, SnapshotNumber, VenueId},
};
use pallet_clearproof_market_data::LatestNumber;

/// Returns a venue with its circuit's dimensions, its deposit queue and its debts.
pub fn venue(id: VenueId) -> Option<VenueView<AccountId>> {
    let venue = Settlement::venue(id)?;
    let circuit = Settlement::circuit(venue.circuit)?;
    let market = Settlement::market_of(id);
    let retires_at = Settlement::retirement(venue.due_circuit()).map(|it| it.at);
    Some(VenueView {
        owner: venue.owner,
        operators: venue.operators.into_inner(),
        circuit: venue.circuit,
        next_circuit: venue.next_circuit,
        retires_at,
        shape: circuit.shape,
        development: circuit.development,
        state_root: venue.state_root,
        batches: venue.batches,
        time_to: venue.time_to,
        pauses: venue.pauses,
        custody_account: Custody::custody_account(id),
        queue: Custody::queue(id),
        totals: Custody::totals(id),
        funding: market.funding.into_inner(),
        open_interest: market.open_interest.into_inner(),
    })
}

/// Returns a settled batch.
pub fn batch(venue: VenueId, number: BatchNumber) -> Option<BatchView> {
    let record = Settlement::batch(venue, number)?;
    Some(BatchView {
        state_root: record.state_root,
        header_hash: record.header_hash,
        snapshot_number: record.snapshot_number,
        block: record.block,
    })
}

/// Returns a snapshot, the latest if no number is given, with the data that settlement checks
/// batches against.
pub fn snapshot(number: Option<SnapshotNumber>) -> Option<SnapshotView> {
    let number = number.unwrap_or_else(LatestNumber::<Runtime>::get);
    Some(SnapshotView {
        snapshot: MarketData::snapshot(number)?,
        info: MarketData::snapshot_info(number)?,
    })
}
