//! Each rule of the pallet, kept and broken.
#![allow(clippy::unwrap_used)]

mod bonds;
mod genesis;
mod members;
mod offences;
mod random;
mod sessions;
mod silence;

use crate::{Error, Event, mock::*};
use frame_support::{assert_noop, assert_ok};
use sp_runtime::Perbill;
use sp_staking::offence::{Kind, Offence, OffenceError, ReportOffence};

/// An offence with an arbitrary fraction, like an equivocation.
struct Equivocation {
    slot: u64,
    session: u32,
    offenders: Vec<u64>,
    fraction: Perbill,
}

impl Offence<(u64, ())> for Equivocation {
    const ID: Kind = *b"test:equivocatio";
    type Slot = u64;

    fn offenders(&self) -> Vec<(u64, ())> {
        self.offenders.iter().map(|who| (*who, ())).collect()
    }
    fn session_index(&self) -> u32 {
        self.session
    }
    fn validator_set_count(&self) -> u32 {
        4
    }
    fn slot(&self) -> u64 {
        self.slot
    }
    fn slash_fraction(&self, _: u32) -> Perbill {
        self.fraction
    }
}

/// Reports `who` for an offence of `session` that costs `percent` of the bond. Each slot is another
/// offence.
fn report(slot: u64, session: u32, who: u64, percent: u32) -> Result<(), OffenceError> {
    let offence = Equivocation {
        slot,
        session,
        offenders: vec![who],
        fraction: Perbill::from_percent(percent),
    };
    Offences::report_offence(Vec::new(), offence)
}

/// Bonds the usual amount for a candidate and adds it.
fn add(who: u64) {
    assert_ok!(ValidatorSet::bond(RuntimeOrigin::signed(who), BOND));
    assert_ok!(ValidatorSet::add_validator(RuntimeOrigin::root(), who));
}
