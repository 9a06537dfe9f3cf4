//! The state that outlives an open batch, as data: live order sets and dead man's switches, for
//! when a batch is given up or the venue starts again.

use super::state::{
    Venue,
    dead_mans_switches::ArmedSwitch,
    live_orders::{LiveOrderSet, LiveOrders},
};
use clearproof_primitives::order::SignedOrderSet;
use std::sync::Arc;

/// A live order set with its place in the order of arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrivedSet {
    /// Place in the order of arrival.
    pub arrival: u64,
    /// The order set.
    pub signed: Arc<SignedOrderSet>,
}

/// All live order sets at one moment, as data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveSets {
    /// The sets, ascending by arrival.
    pub sets: Vec<ArrivedSet>,
    /// Number of order sets that ever arrived; the next one gets the place after it.
    pub arrivals: u64,
    /// The dead man's switches that are armed, by account.
    pub switches: Vec<ArmedSwitch>,
}

impl Venue {
    /// The live order sets, for storage; they are shared, not copied.
    pub fn live_data(&self) -> LiveSets {
        let sets = self.orders.by_arrival().into_iter();
        LiveSets {
            sets: sets
                .map(|live| ArrivedSet {
                    arrival: live.arrival,
                    signed: Arc::clone(&live.signed),
                })
                .collect(),
            arrivals: self.orders.arrivals(),
            switches: self.switches.armed(),
        }
    }

    /// Replaces the live order sets by stored ones. They are adopted without a check: they were
    /// checked when they arrived, and their fills are checked again. Their immediate-or-cancel and
    /// fill-or-kill orders are over.
    pub fn restore_live(&mut self, live: LiveSets) {
        self.switches = live.switches.into_iter().collect();
        let sets = live.sets.into_iter().map(|set| LiveOrderSet {
            signed: set.signed,
            arrival: set.arrival,
            // Storage does not record whether it was in an auction.
            auctioned: true,
        });
        self.orders = LiveOrders::new(sets, live.arrivals);
    }
}
