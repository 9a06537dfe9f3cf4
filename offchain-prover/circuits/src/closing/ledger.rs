//! The ledger as variables.

use crate::{
    gadgets::poseidon::hash_list,
    r1cs::{Cs, Num},
};
use clearproof_primitives::{ledger::Ledger, poseidon::Domain};

/// The ledger as variables.
pub struct LedgerVars {
    pub salt: Num,
    pub totals: Vec<Num>,
    pub fees: Num,
    pub deposit_count: Num,
    pub deposit_accumulator: Num,
    pub open_interest: Vec<Num>,
    pub open_interest_hash: Num,
    pub remainder: Num,
}

impl LedgerVars {
    pub fn load(cs: &mut Cs, ledger: &Ledger) -> Self {
        let open_interest: Vec<_> = ledger.open_interest.iter().map(|i| cs.alloc(*i)).collect();
        Self {
            salt: cs.alloc(ledger.salt),
            totals: ledger.totals.iter().map(|t| cs.alloc(*t)).collect(),
            fees: cs.alloc(ledger.fees),
            deposit_count: cs.alloc(ledger.deposits.count),
            deposit_accumulator: cs.alloc(ledger.deposits.accumulator),
            open_interest_hash: hash_list(cs, Domain::OpenInterest, &open_interest),
            open_interest,
            remainder: cs.alloc(ledger.remainder),
        }
    }

    pub fn hash(&self, cs: &mut Cs) -> Num {
        let mut fields = vec![self.salt.clone()];
        fields.extend(self.totals.iter().cloned());
        fields.extend([
            self.fees.clone(),
            self.deposit_count.clone(),
            self.deposit_accumulator.clone(),
            self.open_interest_hash.clone(),
            self.remainder.clone(),
        ]);
        hash_list(cs, Domain::Ledger, &fields)
    }
}
