//! The venue's own actions on an account, which need no consent of its owner: liquidation,
//! deleveraging, and the insurance fund's takeover of a bankrupt account.

use crate::{
    gadgets::{
        bits::{alloc_bit, range},
        logic::{and, enforce_implies},
    },
    order_set::OrderSetVars,
    r1cs::{Bit, Cs, Num},
};
use clearproof_primitives::{
    shape::AMOUNT_BITS,
    step::{Forced, Step},
};

/// The venue's own action in a step, as variables.
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
    /// It deleverages another account.
    pub deleverages_account: Bit,
    /// Such a step of an account that does not deleverage: the account must be at risk.
    pub of_account_at_risk: Bit,
    /// The insurance fund takes the account over.
    pub takeover: Bit,
    /// The penalty that the account pays to the insurance fund; 0 if it is not liquidated.
    pub penalty: Num,
}

impl ForcedVars {
    /// Allocates the bits and the penalty. `is_fund` is set if the account is the insurance fund.
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
        let deleverages_account = less(&deleverages, deleverages_fund.num());
        let of_account_at_risk = less(&of_account, deleverages_account.num());
        let penalty = cs.alloc(penalty.unwrap_or(0));
        range(cs, &penalty, AMOUNT_BITS);
        Self {
            liquidation,
            of_account,
            of_fund,
            deleverages,
            deleverages_fund,
            deleverages_account,
            of_account_at_risk,
            takeover,
            penalty,
        }
    }

    /// Requires that a liquidation has an order set and a takeover has none, and that neither comes
    /// with a deposit. Neither an action that needs an owner's signature nor a takeover touches the
    /// insurance fund.
    ///
    /// Neither comes with a withdrawal: it needs a set that the step installs, and a liquidation
    /// installs none.
    pub fn enforce_alone(&self, cs: &mut Cs, set: &OrderSetVars, deposits: &Bit, is_fund: &Bit) {
        enforce_implies(cs, &self.liquidation, &set.present);
        enforce_implies(cs, &self.takeover, &set.present.not());
        enforce_implies(cs, &self.liquidation, &deposits.not());
        enforce_implies(cs, &self.takeover, &deposits.not());
        for touches in [deposits, &set.signed, &self.takeover] {
            enforce_implies(cs, touches, &is_fund.not());
        }
    }
}
