//! Funding: what holders of a perpetual pay each other so that its price stays near its mark.
//!
//! Each venue has a funding index per instrument: what a lot held long has paid since the venue
//! began, in 2^-32 quote units. It moves with each batch by the batch's own clearing prices; the
//! chain sees those in the clear and moves the indices itself, so that no proof has to. A position
//! pays what its index moved when its account is touched ([`accrue`]).

use crate::{
    account::{Account, FUNDING_BASIS_BITS},
    batch::PriceEntry,
    field::{Fr, fr_from_i128},
    fixed::{FRACTION_BITS, Price},
    ids::Slot,
    poseidon::{Domain, hash_list},
    shape::AMOUNT_BITS,
    snapshot::Snapshot,
    time::Millis,
};
use alloc::vec::Vec;

/// Funding indices are at most 2^62 in magnitude: they stop there, decades away at any sound rate.
pub const INDEX_LIMIT: i64 = 1 << 62;

/// Bits of the magnitude of what one accrual moves, in quote units: no balance can take more than
/// 2^63, but the division that finds it must have one solution for all that an account can hold.
pub const CREDIT_BITS: usize = FUNDING_BASIS_BITS + 2 - FRACTION_BITS as usize;

/// A clearing price counts until the instrument's next one, and for at most this number of
/// milliseconds.
pub const MAX_HOLD_MS: Millis = Millis::new(60_000);

/// The terms by which a batch's clearing prices move the funding indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundingTerms<'a> {
    /// Marks by slot, 32.32 quote units per lot.
    pub marks: &'a [Price],
    /// The largest premium that counts, by slot, 32.32 quote units per lot; 0 where no funding
    /// accrues.
    pub caps: &'a [Price],
    /// The time in which a premium that stays is paid once, in milliseconds; 0 counts as 1.
    pub interval: Millis,
    /// Last millisecond of the batch.
    pub time_to: Millis,
}

/// Moves the indices by the premiums of a batch: of each entry, its price less the mark, at most
/// the cap either way, times its share of the interval. Rounded towards zero per instrument and
/// batch.
///
/// `entries` are all of the batch's auctions, strictly ascending by instrument and time.
pub fn move_indices<'a>(
    indices: &mut [i64],
    terms: &FundingTerms<'_>,
    entries: impl IntoIterator<Item = &'a PriceEntry>,
) {
    let mut sums = alloc::vec![0i128; indices.len()];
    let mut entries = entries.into_iter().peekable();
    while let Some(entry) = entries.next() {
        let next = entries.peek().filter(|n| n.instrument == entry.instrument);
        let until = next.map_or(terms.time_to, |next| next.time);
        let hold = until.saturating_sub(entry.time).min(MAX_HOLD_MS);
        let slot = entry.instrument.place();
        let of_slot = |prices: &[Price]| prices.get(slot).copied().unwrap_or(0);
        let cap = of_slot(terms.caps) as i128;
        let premium = entry.price as i128 - of_slot(terms.marks) as i128;
        if let Some(sum) = sums.get_mut(slot) {
            *sum = sum.saturating_add(premium.clamp(-cap, cap) * i128::from(hold.get()));
        }
    }
    let interval = i128::from(terms.interval.get().max(1));
    let limit = i128::from(INDEX_LIMIT);
    for (index, sum) in indices.iter_mut().zip(sums) {
        let moved = i128::from(*index).saturating_add(sum / interval);
        *index = moved.clamp(-limit, limit) as i64;
    }
}

/// Hash of the indices by slot, as headers name it.
pub fn funding_hash(indices: &[i64]) -> Fr {
    let fields: Vec<_> = indices.iter().map(|f| fr_from_i128(*f as i128)).collect();
    hash_list(Domain::Funding, &fields)
}

/// The reason that an account cannot accrue its funding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("funding: the account's quote balance, funding basis or instruments are out of range")]
pub struct OutOfRange;

/// Brings an account up to date, before anything else happens to it: it pays or gets the funding
/// since its last touch, and what it holds of expired instruments turns into quote. Answers what
/// was rounded off, in 2^-32 quote units.
///
/// `2^32 · credit + rounded off = funding basis − Σ quantity · index + Σ quantity · mark` of the
/// expired: the account gets the next lower unit. Its funding basis starts anew with the positions
/// that are left; see [`funding_basis`].
pub fn accrue(
    account: &mut Account,
    snapshot: &Snapshot,
    indices: &[i64],
) -> Result<u32, OutOfRange> {
    let mut due = account.funding_basis;
    for position in &account.positions {
        let slot = position.instrument.place();
        let (row, index) = snapshot
            .rows
            .get(slot)
            .zip(indices.get(slot))
            .ok_or(OutOfRange)?;
        let value = if row.expired { row.mark as i128 } else { 0 };
        let moved = position.quantity as i128 * (value - i128::from(*index));
        due = due.checked_add(moved).ok_or(OutOfRange)?;
    }
    let credit = due >> FRACTION_BITS;
    let balance = i128::from(account.balances[0])
        .checked_add(credit)
        .and_then(|balance| i64::try_from(balance).ok())
        .filter(|balance| balance.unsigned_abs() < 1 << AMOUNT_BITS);
    account.balances[0] = balance.ok_or(OutOfRange)?;
    let held = |slot: Slot| snapshot.rows.get(slot.place()).is_some_and(|r| !r.expired);
    account.positions.retain(|p| held(p.instrument));
    account.funding_basis = funding_basis(account, indices);
    Ok((due - (credit << FRACTION_BITS)) as u32)
}

/// Σ quantity · funding index over an account's positions: what its leaf remembers of the indices.
pub fn funding_basis(account: &Account, indices: &[i64]) -> i128 {
    let parts = account.positions.iter().map(|p| {
        let index = indices.get(p.instrument.place()).copied().unwrap_or(0);
        p.quantity as i128 * i128::from(index)
    });
    parts.sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::fixed::Rate;
    use crate::ids::SnapshotNumber;
    use crate::{account::Position, fixed::ONE, shape::Shape, snapshot::InstrumentRow};

    fn entry(instrument: u16, time: u64, price: Price) -> PriceEntry {
        PriceEntry {
            instrument: Slot::new(instrument),
            time: Millis::new(time),
            deleverages: false,
            fund_sells: false,
            price,
        }
    }

    fn moved(caps: [Price; 2], time_to: u64, entries: &[PriceEntry]) -> [i64; 2] {
        let mut indices = [0, 0];
        let terms = FundingTerms {
            marks: &[1_000, 500],
            caps: &caps,
            interval: Millis::new(10_000),
            time_to: Millis::new(time_to),
        };
        move_indices(&mut indices, &terms, entries);
        indices
    }

    #[test]
    fn a_premium_counts_by_the_time_it_stands_and_up_to_the_cap() {
        let entries = [
            entry(0, 100, 1_010),
            entry(0, 5_100, 980),
            entry(1, 100, 700),
        ];
        // 10 for 5 s and −20 for 5 s of 10 s; 200, capped at 50, for 10 s.
        assert_eq!(moved([50, 50], 10_100, &entries), [-5, 50]);
        assert_eq!(
            moved([15, 0], 10_100, &entries),
            [-2, 0],
            "5 − 7.5, towards zero"
        );
    }

    #[test]
    fn a_price_without_successor_counts_for_a_minute() {
        let entries = [entry(0, 0, 1_001)];
        let minute = moved([50, 50], 60_000, &entries);
        assert_eq!(minute, moved([50, 50], 3_600_000, &entries));
        assert_eq!(minute, [6, 0]);
    }

    #[test]
    fn an_index_stops_at_its_limit() {
        let mut indices = [INDEX_LIMIT - 1];
        let terms = FundingTerms {
            marks: &[1],
            caps: &[u64::MAX],
            interval: Millis::ZERO,
            time_to: Millis::MAX,
        };
        move_indices(
            &mut indices,
            &terms,
            &[entry(0, 0, u64::MAX), entry(9, 0, 7)],
        );
        assert_eq!(indices, [INDEX_LIMIT]);
    }

    fn snapshot(settled: Option<Price>) -> Snapshot {
        let row = InstrumentRow {
            mark: settled.unwrap_or(7 * ONE),
            expired: settled.is_some(),
            ..Default::default()
        };
        Snapshot {
            number: SnapshotNumber::new(1),
            taken_at: Millis::ZERO,
            weights: Vec::new(),
            factors: Vec::new(),
            protocol_share: Rate::new(0),
            liquidation_rate: Rate::new(0),
            rows: alloc::vec![InstrumentRow::default(), row],
        }
    }

    fn holder(quantity: i64, index: i64) -> Account {
        let mut account = Account::insurance_fund(&Shape::TINY);
        account.positions = alloc::vec![Position {
            instrument: Slot::new(1),
            quantity,
        }];
        account.funding_basis = funding_basis(&account, &[0, index]);
        account
    }

    #[test]
    fn longs_pay_what_shorts_get_and_the_rounding_is_counted() {
        let (before, now) = ([0, 5], [0, 5 + ONE as i64 / 2]);
        let mut total = 0;
        for lots in [3, -3] {
            let mut account = holder(lots, before[1]);
            let rounded = accrue(&mut account, &snapshot(None), &now).unwrap();
            // 1.5 units: the payer pays 2, the receiver gets 1.
            assert_eq!(account.balances[0], if lots > 0 { -2 } else { 1 });
            assert_eq!(rounded, 1 << 31);
            assert_eq!(account.funding_basis, lots as i128 * now[1] as i128);
            total += (account.balances[0] as i128) << FRACTION_BITS;
            total += i128::from(rounded);
            assert_eq!(accrue(&mut account, &snapshot(None), &now), Ok(0), "once");
        }
        assert_eq!(total, 0);
    }

    #[test]
    fn an_expired_position_turns_into_quote_rounded_down() {
        let mark = 2 * ONE + ONE / 4;
        for (lots, quote) in [(3, 6), (-3, -7)] {
            let mut account = holder(lots, 0);
            let rounded = accrue(&mut account, &snapshot(Some(mark)), &[0, 0]).unwrap();
            assert_eq!(account.balances[0], quote);
            assert!(account.positions.is_empty());
            let exact = lots as i128 * mark as i128;
            assert_eq!(((quote as i128) << FRACTION_BITS) + rounded as i128, exact);
        }
    }

    #[test]
    fn what_no_balance_can_take_is_refused() {
        let mut account = holder((1 << 48) - 1, 0);
        account.balances[0] = i64::MAX;
        let before = account.clone();
        let far = [0, -INDEX_LIMIT];
        assert_eq!(accrue(&mut account, &snapshot(None), &far), Err(OutOfRange));
        assert_eq!(account, before);
        account.positions[0].instrument = Slot::new(9);
        assert_eq!(accrue(&mut account, &snapshot(None), &far), Err(OutOfRange));
    }
}
