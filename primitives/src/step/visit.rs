//! A step as data: one visit to one account, and what all steps of a chunk share.

use crate::{
    batch::PriceEntry,
    field::Fr,
    fixed::{Factor, Rate},
    ids::{AccountIndex, VenueId},
    order::SignedOrderSet,
    shape::Shape,
    snapshot::Snapshot,
    time::Millis,
};
use alloc::vec::Vec;

/// A fill: part of an order, at a price entry of the chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Slot of the order in its set.
    pub slot: usize,
    /// Index of the price entry in the chunk's list.
    pub entry: usize,
    /// Lots, 1 to 2^48 - 1.
    pub quantity: u64,
}

/// Money that an account gets: the next deposit of the queue, or a transfer that was sent and is
/// not received yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepositStep {
    /// It comes from another account, not from the chain.
    pub transferred: bool,
    /// Asset index.
    pub asset: u8,
    /// Smallest units.
    pub amount: u64,
    /// The key that the queue or the transfer names.
    pub account_key: Fr,
}

/// An act of the venue on an account without its consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forced {
    /// The account is below its maintenance margin. The step's order set is the venue's own: it is
    /// not signed, and it is not installed. Its fills must reduce risk
    /// ([`reduces_risk`](crate::margin::reduces_risk)), whatever they leave the account with. They
    /// pay no fee but `penalty` quote units to the insurance fund, at most the liquidation rate of
    /// each fill, rounded up.
    ///
    /// The insurance fund itself may be liquidated at any margin, even if it owes more than it has:
    /// that is how it gets rid of what it took over. Its fills must only reduce, and lose nothing
    /// against the marks but the rounding of each.
    ///
    /// An account that has half of its maintenance margin left keeps half of each position in each
    /// such step.
    Liquidation {
        /// Quote units.
        penalty: u64,
    },
    /// The insurance fund owes more than it has. Its positions are closed against those of accounts
    /// on the other side, without their consent, at one price per instrument and batch: the mark,
    /// moved by the batch's slack in the fund's favour. The step is one of the fund's, or of such
    /// an account. Its fills are at entries that say so and that name the fund's side: the fund
    /// trades on it, all others on the opposite one. They reduce risk as a liquidation's. The slack
    /// is at most what the fund lacks over all that its positions are worth. The account is as
    /// leveraged as the header's rank says, or more; no account gains by it.
    Deleverage,
    /// The account's equity is below zero: the insurance fund takes over all its balances and
    /// positions.
    Takeover,
}

/// One visit to one account. Each begins with [`accrue`](crate::funding::accrue); without deposit
/// and order set that is all, and pads a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Index of the account's leaf.
    pub account: AccountIndex,
    /// Money that it gets.
    pub deposit: Option<DepositStep>,
    /// Order set in use; fills and a withdrawal need one.
    pub set: Option<SignedOrderSet>,
    /// At most F fills.
    pub fills: Vec<Fill>,
    /// Carries out the set's withdrawal or transfer: in the step that installs a set with one, and
    /// in no other.
    pub withdraw: bool,
    /// The venue's act without the account's consent, if there is one.
    pub forced: Option<Forced>,
}

/// The context that all steps of a chunk share.
#[derive(Clone, Copy, Debug)]
pub struct StepContext<'a> {
    /// Shape of the venue's circuits.
    pub shape: &'a Shape,
    /// Snapshot that margin is checked at.
    pub snapshot: &'a Snapshot,
    /// Funding indices in force, M of them.
    pub funding: &'a [i64],
    /// Genesis field that order sets are bound to.
    pub genesis: Fr,
    /// Venue that order sets are bound to.
    pub venue: VenueId,
    /// First millisecond of the batch.
    pub time_from: Millis,
    /// Last millisecond of the batch.
    pub time_to: Millis,
    /// The chunk's price entries.
    pub entries: &'a [PriceEntry],
    /// The batch's deleverage rank, 16.16.
    pub deleverage_rank: Factor,
    /// The distance of the batch's prices of deleveraging from the marks, as a fraction of 2^32.
    pub slack: Rate,
    /// The transfer that was sent and is not received yet, as
    /// [`transfer_hash`](crate::batch::transfer_hash); 0 for none.
    pub transfer: Fr,
}
