//! What outlives an open batch: the live order sets, when a batch is given up or the venue starts again.

use crate::{
    error::EngineError,
    venue::{Live, Venue, Watch},
};
use clearproof_primitives::order::SignedOrderSet;
use std::sync::Arc;

/// All live order sets at one moment, as data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveSets {
    /// The sets with their places in the order of arrival, ascending.
    pub sets: Vec<(u64, Arc<SignedOrderSet>)>,
    /// Order sets that ever arrived; the next one gets the place after it.
    pub arrivals: u64,
    /// Accounts whose orders end with their silence: the milliseconds of it, and when they were last heard of.
    pub watched: Vec<(u32, u64, u64)>,
}

impl Venue {
    /// Last millisecond that the venue acted at: the last auction, or where the open batch starts, or the last batch ended.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// Gives up the open batch, in which nothing has happened, so that the next can open at a newer snapshot.
    pub fn discard_batch(&mut self) -> Result<(), EngineError> {
        if self.open.is_none() {
            return Err(EngineError::NoOpenBatch);
        }
        let steps = self.open_steps();
        if steps > 0 {
            return Err(EngineError::NotEmpty(steps));
        }
        self.open = None;
        Ok(())
    }

    /// The live order sets, for storage; they are shared, not copied.
    pub fn live_data(&self) -> LiveSets {
        let mut sets: Vec<_> = self
            .live
            .values()
            .map(|live| (live.arrival, Arc::clone(&live.signed)))
            .collect();
        sets.sort_by_key(|(arrival, _)| *arrival);
        LiveSets {
            sets,
            arrivals: self.arrivals,
            watched: self
                .watched
                .iter()
                .map(|(account, watch)| (*account, watch.silence, watch.heard))
                .collect(),
        }
    }

    /// Replaces the live order sets by stored ones. They are taken as they are: they were checked when they arrived, and
    /// whatever they fill is checked again. What is immediate-or-cancel or fill-or-kill in them is over.
    pub fn restore_live(&mut self, live: LiveSets) {
        self.arrivals = live.arrivals;
        let watch = |(account, silence, heard)| (account, Watch { silence, heard });
        self.watched = live.watched.into_iter().map(watch).collect();
        self.live = live
            .sets
            .into_iter()
            .map(|(arrival, signed)| {
                let live = Live {
                    arrival,
                    // Whether it was in an auction is not stored.
                    auctioned: true,
                    signed,
                };
                (live.signed.set.account, live)
            })
            .collect();
    }
}
