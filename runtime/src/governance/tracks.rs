//! The tracks of referenda: which origin, after which time, with how much support.
//!
//! The required approval and support fall linearly over the decision period. Approval is the share
//! of the votes cast, weighted by conviction. Support is the share of all issued tokens, without
//! conviction, that voted in favour or abstained.

use super::{origins::Origin, scaled_blocks};
use crate::{
    Balance, BlockNumber, OriginCaller,
    constants::{
        money::CLR,
        time::{DAYS, HOURS, MINUTES},
    },
};
use alloc::{borrow::Cow, vec::Vec};
use frame_support::traits::Get;
use pallet_referenda::{Curve, Track, TrackInfo, TracksInfo};
use sp_runtime::{Perbill, str_array};

/// Identifies a track.
pub type TrackId = u16;

/// A falling curve, in percent: the first value at the decision period's start, the last at its
/// end.
#[derive(Clone, Copy)]
struct Falling(u32, u32);

impl Falling {
    fn curve(self) -> Curve {
        Curve::LinearDecreasing {
            length: Perbill::one(),
            floor: Perbill::from_percent(self.1),
            ceil: Perbill::from_percent(self.0),
        }
    }
}

/// A track. Its periods are in blocks of a chain that is not for development.
struct Definition {
    id: TrackId,
    /// The origin that its referenda dispatch with; `None` for root.
    origin: Option<Origin>,
    name: &'static str,
    /// Number of referenda that may be decided at once.
    deciding: u32,
    /// Decision deposit. It is returned unless the referendum is killed.
    deposit: Balance,
    /// Least number of blocks from the submission to the start of the decision.
    prepare: BlockNumber,
    /// Largest number of blocks for which the referendum is decided.
    decision: BlockNumber,
    /// Number of blocks for which the referendum must pass without a break.
    confirm: BlockNumber,
    /// Least number of blocks from the approval to the enactment.
    enactment: BlockNumber,
    approval: Falling,
    support: Falling,
}

/// All tracks, sorted by id.
const TRACKS: [Definition; 8] = [
    Definition {
        id: 0,
        origin: None,
        name: "root",
        deciding: 1,
        deposit: 10_000 * CLR,
        prepare: DAYS,
        decision: 14 * DAYS,
        confirm: DAYS,
        enactment: DAYS,
        approval: Falling(100, 50),
        support: Falling(50, 1),
    },
    Definition {
        id: 1,
        origin: Some(Origin::WhitelistedCaller),
        name: "whitelisted_caller",
        deciding: 10,
        deposit: 1_000 * CLR,
        prepare: 30 * MINUTES,
        decision: 14 * DAYS,
        confirm: 10 * MINUTES,
        enactment: 10 * MINUTES,
        approval: Falling(100, 50),
        support: Falling(20, 1),
    },
    Definition {
        id: 10,
        origin: Some(Origin::RiskAdmin),
        name: "risk_parameters",
        deciding: 10,
        deposit: 1_000 * CLR,
        prepare: 2 * HOURS,
        decision: 7 * DAYS,
        confirm: 3 * HOURS,
        enactment: 10 * MINUTES,
        approval: Falling(80, 50),
        support: Falling(25, 1),
    },
    Definition {
        id: 11,
        origin: Some(Origin::MarketAdmin),
        name: "market_listing",
        deciding: 10,
        deposit: 1_000 * CLR,
        prepare: 2 * HOURS,
        decision: 7 * DAYS,
        confirm: 3 * HOURS,
        enactment: HOURS,
        approval: Falling(80, 50),
        support: Falling(25, 1),
    },
    Definition {
        id: 12,
        origin: Some(Origin::CircuitAdmin),
        name: "circuits",
        deciding: 5,
        deposit: 5_000 * CLR,
        prepare: 2 * DAYS,
        decision: 14 * DAYS,
        confirm: 2 * DAYS,
        enactment: 7 * DAYS,
        approval: Falling(100, 60),
        support: Falling(50, 5),
    },
    Definition {
        id: 13,
        origin: Some(Origin::ValidatorAdmin),
        name: "validators",
        deciding: 5,
        deposit: 2_000 * CLR,
        prepare: DAYS,
        decision: 14 * DAYS,
        confirm: DAYS,
        enactment: DAYS,
        approval: Falling(100, 50),
        support: Falling(25, 1),
    },
    Definition {
        id: 20,
        origin: Some(Origin::Treasurer),
        name: "treasury",
        deciding: 10,
        deposit: 1_000 * CLR,
        prepare: 2 * HOURS,
        decision: 14 * DAYS,
        confirm: DAYS,
        enactment: DAYS,
        approval: Falling(100, 50),
        support: Falling(50, 1),
    },
    Definition {
        id: 30,
        origin: Some(Origin::ReferendumCanceller),
        name: "referendum_canceller",
        deciding: 10,
        deposit: 1_000 * CLR,
        prepare: HOURS,
        decision: 7 * DAYS,
        confirm: HOURS,
        enactment: 10 * MINUTES,
        approval: Falling(100, 50),
        support: Falling(20, 1),
    },
];

impl Definition {
    fn caller(&self) -> OriginCaller {
        match self.origin {
            Some(origin) => OriginCaller::Origins(origin),
            None => OriginCaller::system(frame_system::RawOrigin::Root),
        }
    }

    fn track(&self) -> Track<TrackId, Balance, BlockNumber> {
        Track {
            id: self.id,
            info: TrackInfo {
                name: str_array(self.name),
                max_deciding: self.deciding,
                decision_deposit: self.deposit,
                prepare_period: scaled_blocks(self.prepare),
                decision_period: scaled_blocks(self.decision),
                confirm_period: scaled_blocks(self.confirm),
                min_enactment_period: scaled_blocks(self.enactment),
                min_approval: self.approval.curve(),
                min_support: self.support.curve(),
            },
        }
    }
}

/// The tracks in the form that the referenda pallet requires.
pub struct Tracks;

impl TracksInfo<Balance, BlockNumber> for Tracks {
    type Id = TrackId;
    type RuntimeOrigin = OriginCaller;

    fn tracks() -> impl Iterator<Item = Cow<'static, Track<TrackId, Balance, BlockNumber>>> {
        TRACKS
            .iter()
            .map(|definition| Cow::Owned(definition.track()))
    }

    fn track_for(origin: &OriginCaller) -> Result<TrackId, ()> {
        TRACKS
            .iter()
            .find(|definition| definition.caller() == *origin)
            .map(|definition| definition.id)
            .ok_or(())
    }
}

/// The origin that each track's referenda dispatch with, and the track's number, sorted by number.
pub struct TrackOrigins;

impl Get<Vec<(OriginCaller, TrackId)>> for TrackOrigins {
    fn get() -> Vec<(OriginCaller, TrackId)> {
        TRACKS
            .iter()
            .map(|definition| (definition.caller(), definition.id))
            .collect()
    }
}
