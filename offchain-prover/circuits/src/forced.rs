//! What the venue does to an account unasked: liquidation, deleveraging, and the insurance fund's takeover of a bankrupt account.

use crate::{
    fills::FillTotals,
    gadgets::{
        bits::{alloc_bit, range},
        compare::enforce_ge_if,
        logic::{and, enforce_implies},
    },
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
    /// The step trades by the venue's own order set: it is a liquidation, or deleverages.
    pub liquidation: Bit,
    /// Such a step of an account.
    pub of_account: Bit,
    /// Such a step of the insurance fund.
    pub of_fund: Bit,
    /// It deleverages.
    pub deleverages: Bit,
    /// It deleverages the insurance fund.
    pub deleverages_fund: Bit,
    /// It is an account's, and does not deleverage: the account must be at risk.
    pub of_account_at_risk: Bit,
    /// The insurance fund takes the account over.
    pub takeover: Bit,
    /// What the account pays to the insurance fund; 0 where it is not liquidated.
    pub penalty: Num,
}

impl ForcedVars {
    /// Allocates the bits and the penalty. `is_fund` says whether the account is the insurance fund.
    pub fn alloc(cs: &mut Cs, step: &Step, is_fund: &Bit) -> Self {
        let penalty = match step.forced {
            Some(Forced::Liquidation { penalty }) => Some(penalty),
            _ => None,
        };
        let deleverages = alloc_bit(cs, step.forced == Some(Forced::Deleverage));
        let liquidation = alloc_bit(cs, penalty.is_some() || deleverages.value());
        enforce_implies(cs, &deleverages, &liquidation);
        let takeover = alloc_bit(cs, step.forced == Some(Forced::Takeover));
        let of_account = and(cs, &liquidation, &is_fund.not());
        let deleverages_fund = and(cs, &deleverages, is_fund);
        // Bits that are subsets of others leave bits.
        let less = |a: &Bit, b: &Num| Bit::from_num_unchecked(a.num() - b);
        let of_fund = less(&liquidation, of_account.num());
        let of_others = deleverages.num() - deleverages_fund.num();
        let of_account_at_risk = less(&of_account, &of_others);
        let penalty = cs.alloc(penalty.unwrap_or(0));
        range(cs, &penalty, AMOUNT_BITS);
        Self {
            liquidation,
            of_account,
            of_fund,
            deleverages,
            deleverages_fund,
            of_account_at_risk,
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

    /// The fee of the step's fills. A liquidation pays none, but its penalty is at most what its fills are charged; and deleveraging
    /// costs nothing.
    pub fn fee(&self, cs: &mut Cs, fills: &FillTotals) -> Num {
        enforce_ge_if(
            cs,
            &self.liquidation,
            &fills.charges,
            &self.penalty,
            CHARGES_BITS,
        );
        let penalised = self.liquidation.num() - self.deleverages.num();
        cs.enforce(&(Num::one() - penalised), &self.penalty, &Num::zero());
        cs.mul(self.liquidation.not().num(), &fills.charges)
    }
}
