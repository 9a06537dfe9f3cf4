//! The venue. [`state`] holds its parts, each with the rules of its own; the other modules are the
//! venue's behaviour, by topic.

mod auction_orders;
mod auction_report;
mod auctions;
mod audit;
mod dead_mans_switch;
mod deleverage;
mod deposits;
mod expired;
mod lifecycle;
mod limits;
mod liquidation;
mod live_sets;
mod orders;
mod requests;
mod restore;
mod state;
mod steps;
mod sums;

pub use auction_report::{AuctionReport, InstrumentClearing, LeftOut, Liquidated, Trade};
pub use audit::Unbalanced;
pub use deposits::DepositReceived;
pub use live_sets::{ArrivedSet, LiveSets};
pub use orders::{Accepted, Candidate};
pub use requests::OPENED_NUMBERS;
pub use state::{
    Venue,
    dead_mans_switches::{ArmedSwitch, SWITCH_TIMEOUT_MS},
    open_batch::Deleveraged,
};
