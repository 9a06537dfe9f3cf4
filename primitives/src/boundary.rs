//! Boundaries: a batch's running sums between two chunks, and how a step adds to them.

use crate::{
    account::Account,
    field::{Fr, fr_from_i128},
    fixed::FRACTION_BITS,
    ledger::DepositCursor,
    poseidon::{Domain, hash_list},
    shape::Shape,
    step::{Forced, Step, StepEffects, Transfer},
    wide::power_of_two,
};
use alloc::vec::Vec;

/// The bit at which the number of withdrawals begins in a boundary's counts.
pub const WITHDRAWALS_SHIFT: usize = 64;
/// The bit at which the number of fills begins there.
pub const FILLS_SHIFT: usize = 128;
/// The bit at which the lots of deleveraging begin in a boundary's lots.
pub const DELEVERAGED_SHIFT: usize = 65;
/// The bit at which the open interest begins there.
pub const INTEREST_SHIFT: usize = 130;
/// The bit at which the lots that the insurance fund took over begin there.
pub const TAKEN_LOTS_SHIFT: usize = 192;
/// The bit at which the penalties begin in a boundary's charges.
pub const PENALTY_SHIFT: usize = 100;
/// The bit at which the balances that the insurance fund took over begin in a boundary's outflows.
pub const TAKEN_AMOUNT_SHIFT: usize = 100;

/// The state between two chunks of a batch. Sums start at zero with the batch; signed sums are
/// field elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boundary {
    /// Blinds the commitment.
    pub salt: Fr,
    /// Root of the accounts tree.
    pub accounts_root: Fr,
    /// Deposits taken.
    pub deposits: DepositCursor,
    /// Withdrawals so far in the batch.
    pub withdrawal_count: u64,
    /// Hash chain over them.
    pub withdrawals: Fr,
    /// Σ quote received less quote paid in fills, fees aside; never positive over a whole batch.
    pub quote: i128,
    /// Σ fees.
    pub fees: u128,
    /// Number of fills.
    pub fill_count: u64,
    /// Σ what accruals of funding rounded off, in 2^-32 quote units.
    pub remainder: u128,
    /// M sums of signed filled lots; all zero over a whole batch.
    pub net: Vec<i128>,
    /// M sums of those of them that deleveraging filled; all zero over a whole batch.
    pub deleveraged: Vec<i128>,
    /// M sums of what |quantity| changed by.
    pub open_interest: Vec<i128>,
    /// K sums of deposits taken in the batch.
    pub deposited: Vec<u128>,
    /// K sums of withdrawals in the batch.
    pub withdrawn: Vec<u128>,
    /// Σ penalties.
    pub penalties: u128,
    /// M sums of lots that the insurance fund took over.
    pub taken: Vec<i128>,
    /// K sums of balances that it took over.
    pub taken_balances: Vec<i128>,
    /// Money on its way from one account to another:
    /// [`transfer_hash`](crate::batch::transfer_hash); 0 for none.
    pub transfer: Fr,
}

impl Boundary {
    /// The first boundary of a batch.
    pub fn start(shape: &Shape, salt: Fr, accounts_root: Fr, deposits: DepositCursor) -> Self {
        Self {
            salt,
            accounts_root,
            deposits,
            withdrawal_count: 0,
            withdrawals: Fr::default(),
            quote: 0,
            fees: 0,
            fill_count: 0,
            remainder: 0,
            net: alloc::vec![0; shape.market.instruments as usize],
            deleveraged: alloc::vec![0; shape.market.instruments as usize],
            open_interest: alloc::vec![0; shape.market.instruments as usize],
            deposited: alloc::vec![0; shape.market.assets as usize],
            withdrawn: alloc::vec![0; shape.market.assets as usize],
            penalties: 0,
            taken: alloc::vec![0; shape.market.instruments as usize],
            taken_balances: alloc::vec![0; shape.market.assets as usize],
            transfer: Fr::default(),
        }
    }

    /// Committed field elements: salt, accounts root, counts (deposits, withdrawals, fills),
    /// deposit accumulator, withdrawals, transfer, quote sum, charges (fees and penalties),
    /// remainder sum; per instrument lots (net, deleveraged, open interest, taken); per asset
    /// deposited; per asset what went out (withdrawn, taken).
    ///
    /// Sums that are only added to share an element, `first + 2^shift · second`: steps then add to
    /// both at once, and only the closing circuit takes them apart. A batch has at most 2^12
    /// steps of at most 2^6 fills. Positions are within ±2^48 before and after a step, so its fills
    /// in an instrument come to less than 2^50 lots, and what is held changes by 2^48. A step moves
    /// 2^63 units and 2^69 in charges. So no sum reaches its neighbour, and all of them stay within
    /// ±2^253.
    pub fn fields(&self) -> Vec<Fr> {
        let signed = fr_from_i128;
        let mut fields = alloc::vec![
            self.salt,
            self.accounts_root,
            Fr::from(self.deposits.count)
                + Fr::from(self.withdrawal_count) * power_of_two(WITHDRAWALS_SHIFT)
                + Fr::from(self.fill_count) * power_of_two(FILLS_SHIFT),
            self.deposits.accumulator,
            self.withdrawals,
            self.transfer,
            signed(self.quote),
            Fr::from(self.fees) + Fr::from(self.penalties) * power_of_two(PENALTY_SHIFT),
            Fr::from(self.remainder),
        ];
        let lots = self.net.iter().zip(&self.deleveraged);
        let lots = lots.zip(&self.open_interest).zip(&self.taken);
        fields.extend(lots.map(|(((net, deleveraged), open_interest), taken)| {
            signed(*net)
                + signed(*deleveraged) * power_of_two(DELEVERAGED_SHIFT)
                + signed(*open_interest) * power_of_two(INTEREST_SHIFT)
                + signed(*taken) * power_of_two(TAKEN_LOTS_SHIFT)
        }));
        fields.extend(self.deposited.iter().map(|v| Fr::from(*v)));
        let out = self.withdrawn.iter().zip(&self.taken_balances);
        fields.extend(out.map(|(withdrawn, taken)| {
            Fr::from(*withdrawn) + signed(*taken) * power_of_two(TAKEN_AMOUNT_SHIFT)
        }));
        fields
    }

    /// Adds a step that led from one account to another.
    pub fn advance(
        &mut self,
        step: &Step,
        before: &Account,
        after: &Account,
        effects: &StepEffects,
    ) {
        match &effects.transfer {
            Some(Transfer::Sent(hash)) => self.transfer = *hash,
            Some(Transfer::Received) => self.transfer = Fr::default(),
            None => {}
        }
        if let Some(deposit) = step.deposit.as_ref().filter(|d| !d.transferred) {
            self.deposits = self
                .deposits
                .after(deposit.account_key, deposit.asset, deposit.amount);
            self.deposited[deposit.asset as usize] += deposit.amount as u128;
        }
        if let Some(withdrawal) = &effects.withdrawal {
            self.withdrawal_count += 1;
            self.withdrawals = withdrawal.chain(self.withdrawals);
            self.withdrawn[withdrawal.asset as usize] += withdrawal.amount as u128;
        }
        self.quote += effects.quote;
        self.fees += effects.fees;
        self.fill_count += effects.net.len() as u64;
        self.remainder += u128::from(effects.remainder);
        self.penalties += u128::from(effects.penalties);
        if let Some(taken) = &effects.taken {
            for (sum, balance) in self.taken_balances.iter_mut().zip(&taken.balances) {
                *sum += i128::from(*balance);
            }
            for position in &taken.positions {
                self.taken[position.instrument.place()] += i128::from(position.quantity);
            }
        }
        for (instrument, lots) in &effects.net {
            self.net[instrument.place()] += *lots as i128;
            if step.forced == Some(Forced::Deleverage) {
                self.deleveraged[instrument.place()] += *lots as i128;
            }
        }
        for (account, sign) in [(before, -1), (after, 1)] {
            for position in &account.positions {
                let lots = i128::from(position.quantity.unsigned_abs());
                self.open_interest[position.instrument.place()] += sign * lots;
            }
        }
    }

    /// The salted commitment that chunk proofs name.
    pub fn commitment(&self) -> Fr {
        hash_list(Domain::Boundary, &self.fields())
    }
}

/// The dust that the insurance fund gets at the end of a batch, and the remainder that the ledger
/// keeps: all that fills (`quote`) and accruals (`remainder`) rounded off, with the ledger's
/// remainder of the batches before (`carried`), in whole quote units and 2^-32 of them. None if
/// fills paid out more than they took in.
pub fn dust(quote: i128, remainder: u128, carried: u32) -> Option<(i64, u32)> {
    let fills = u128::try_from(quote.checked_neg()?).ok()?;
    let sum = fills
        .checked_mul(1 << FRACTION_BITS)?
        .checked_add(remainder)?
        .checked_add(carried.into())?;
    Some((i64::try_from(sum >> FRACTION_BITS).ok()?, sum as u32))
}
