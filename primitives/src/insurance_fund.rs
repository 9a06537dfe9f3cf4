//! The insurance fund at the end of a batch: it gets dust and penalties, and what it took over from
//! bankrupt accounts.

use crate::{
    account::{Account, Position},
    ids::Slot,
    shape::{AMOUNT_BITS, QUANTITY_BITS, Shape},
};

/// The insurance fund's receipts from a batch.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// Dust and penalties, in quote units.
    pub quote: i128,
    /// K sums of balances taken over.
    pub balances: &'a [i128],
    /// M sums of lots taken over.
    pub lots: &'a [i128],
    /// Funding indices at which they were.
    pub funding: &'a [i64],
}

/// The reason that the fund cannot receive it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FundError {
    /// An amount left its range.
    #[error("insurance fund, {0}: out of range")]
    Range(&'static str),
    /// It would hold too many instruments.
    #[error("insurance fund: {0} instruments, at most {1} fit")]
    TooManyPositions(usize, u16),
}

/// The insurance fund after a batch. The closing circuit mirrors it.
pub fn receive(
    shape: &Shape,
    fund: &Account,
    received: &Received<'_>,
) -> Result<Account, FundError> {
    let mut after = fund.clone();
    for (k, balance) in after.balances.iter_mut().enumerate() {
        let taken = received.balances.get(k).copied().unwrap_or(0);
        let quote = if k == 0 { received.quote } else { 0 };
        let sum = i128::from(*balance) + taken + quote;
        let least = if k == 0 { -(1 << AMOUNT_BITS) + 1 } else { 0 };
        let within = sum >= least && sum < 1 << AMOUNT_BITS;
        *balance = i64::try_from(sum)
            .ok()
            .filter(|_| within)
            .ok_or(FundError::Range("balances"))?;
    }
    after.positions.clear();
    for (slot, taken) in Slot::all().zip(received.lots) {
        let quantity = i128::from(fund.quantity(slot)) + taken;
        if quantity == 0 {
            continue;
        }
        let quantity = i64::try_from(quantity)
            .ok()
            .filter(|q| q.unsigned_abs() < 1 << QUANTITY_BITS)
            .ok_or(FundError::Range("positions"))?;
        after.positions.push(Position {
            instrument: slot,
            quantity,
        });
    }
    if after.positions.len() > shape.positions as usize {
        return Err(FundError::TooManyPositions(
            after.positions.len(),
            shape.positions,
        ));
    }
    let parts = received.lots.iter().zip(received.funding);
    after.funding_basis += parts
        .map(|(lots, index)| lots * i128::from(*index))
        .sum::<i128>();
    Ok(after)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::fixed::Rate;
    use crate::ids::SnapshotNumber;
    use crate::time::Millis;
    use crate::{
        fixed::ONE,
        funding::{accrue, funding_basis},
        snapshot::{InstrumentRow, Snapshot},
    };
    use alloc::vec;

    const SHAPE: Shape = Shape::TINY;

    fn fund() -> Account {
        let mut fund = Account::insurance_fund(&SHAPE);
        fund.balances = vec![50, 7];
        fund.positions = vec![Position {
            instrument: Slot::new(1),
            quantity: 4,
        }];
        fund.funding_basis = funding_basis(&fund, &[0, 9, 0, 0]);
        fund
    }

    #[test]
    fn it_gets_what_the_bankrupt_had_and_is_paid_for_what_it_rounds() {
        let received = Received {
            quote: 3,
            balances: &[-90, 1],
            lots: &[5, -4, 0, 0],
            funding: &[2, 10, 0, 0],
        };
        let after = receive(&SHAPE, &fund(), &received).unwrap();
        assert_eq!(after.balances, [-37, 8]);
        assert_eq!(
            after.positions,
            [Position {
                instrument: Slot::new(0),
                quantity: 5
            }]
        );
        // 4 lots moved from 9 to 10 before they met their counterpart, which is still owed.
        assert_eq!(after.funding_basis, 5 * 2 - 4);
    }

    #[test]
    fn taking_over_moves_no_funding_from_one_to_another() {
        let funding = [3 * ONE as i64, -(ONE as i64), 0, 0];
        let received = Received {
            quote: 0,
            balances: &[0, 0],
            lots: &[5, 2, 0, 0],
            funding: &funding,
        };
        let snapshot = Snapshot {
            number: SnapshotNumber::new(1),
            taken_at: Millis::ZERO,
            weights: vec![],
            factors: vec![],
            protocol_share: Rate::new(0),
            liquidation_rate: Rate::new(0),
            rows: vec![InstrumentRow::default(); 4],
        };
        let mut without = fund();
        accrue(&mut without, &snapshot, &funding).unwrap();
        let mut with = receive(&SHAPE, &fund(), &received).unwrap();
        accrue(&mut with, &snapshot, &funding).unwrap();
        assert_eq!(with.balances, without.balances);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let received = |balances, lots| Received {
            quote: 0,
            balances,
            lots,
            funding: &[0; 4],
        };
        let refused = |balances, lots| receive(&SHAPE, &fund(), &received(balances, lots));
        let range = |name| Err(FundError::Range(name));
        assert_eq!(refused(&[0, -8], &[0; 4]), range("balances"));
        assert_eq!(refused(&[1 << 63, 0], &[0; 4]), range("balances"));
        assert_eq!(refused(&[0, 0], &[0, 1 << 48, 0, 0]), range("positions"));
        let many = refused(&[0, 0], &[1, 0, 1, 0]);
        assert_eq!(many, Err(FundError::TooManyPositions(3, 2)));
    }
}
