//! What the venue does to an account unasked: liquidation, and the insurance fund's takeover of a bankrupt account.

use crate::{
    fills::FillTotals,
    gadgets::{
        bits::{alloc_bit, range},
        compare::enforce_ge_if,
        logic::{and, enforce_implies, enforce_zero_if, select},
    },
    market::Market,
    order_set::OrderSetVars,
    r1cs::{Bit, Cs, Num},
};
use clearproof_primitives::{
    shape::AMOUNT_BITS,
    step::{Forced, Step},
};

/// Bits of the charges of a step's fills: at most 2^63 for each, of at most 64.
const CHARGES_BITS: usize = AMOUNT_BITS + 6;

/// A step's force, as variables.
pub struct ForcedVars {
    /// The step is a liquidation: its order set is the venue's own.
    pub liquidation: Bit,
    /// The step is a liquidation of an account.
    pub of_account: Bit,
    /// The step is a liquidation of the insurance fund.
    pub of_fund: Bit,
    /// The insurance fund takes the account over.
    pub takeover: Bit,
    /// What the account pays to the insurance fund; 0 where it is not liquidated.
    pub penalty: Num,
}

impl ForcedVars {
    /// Allocates both bits and the penalty. `is_fund` says whether the account is the insurance fund.
    pub fn alloc(cs: &mut Cs, step: &Step, is_fund: &Bit) -> Self {
        let penalty = match step.forced {
            Some(Forced::Liquidation { penalty }) => Some(penalty),
            _ => None,
        };
        let liquidation = alloc_bit(cs, penalty.is_some());
        let takeover = alloc_bit(cs, step.forced == Some(Forced::Takeover));
        let of_account = and(cs, &liquidation, &is_fund.not());
        // One of the two where the step is a liquidation.
        let of_fund = Bit::from_num_unchecked(liquidation.num() - of_account.num());
        let penalty = cs.alloc(penalty.unwrap_or(0));
        range(cs, &penalty, AMOUNT_BITS);
        Self {
            liquidation,
            of_account,
            of_fund,
            takeover,
            penalty,
        }
    }

    /// Requires that a liquidation has an order set and a takeover has none, and that neither goes with a deposit. Nothing that
    /// needs an owner's signature, nor a takeover, touches the insurance fund.
    ///
    /// A withdrawal goes with neither: it needs a set that the step installs, and a liquidation installs none.
    pub fn enforce_alone(&self, cs: &mut Cs, set: &OrderSetVars, deposits: &Bit, is_fund: &Bit) {
        enforce_implies(cs, &self.liquidation, &set.present);
        enforce_implies(cs, &self.takeover, &set.present.not());
        enforce_implies(cs, &self.liquidation, &deposits.not());
        enforce_implies(cs, &self.takeover, &deposits.not());
        for touches in [deposits, &set.signed, &self.takeover] {
            enforce_implies(cs, touches, &is_fund.not());
        }
    }

    /// The rate that the step's fills are charged at: of the trading fee, or of a liquidation.
    pub fn rate(&self, cs: &mut Cs, market: &Market) -> Num {
        select(
            cs,
            &self.liquidation,
            &market.liquidation_rate,
            &market.fee_rate,
        )
    }

    /// The fee of the step's fills. A liquidation pays none, but its penalty is at most what its fills are charged.
    pub fn fee(&self, cs: &mut Cs, fills: &FillTotals) -> Num {
        enforce_ge_if(
            cs,
            &self.liquidation,
            &fills.charges,
            &self.penalty,
            CHARGES_BITS,
        );
        enforce_zero_if(cs, &self.liquidation.not(), &self.penalty);
        cs.mul(self.liquidation.not().num(), &fills.charges)
    }
}
