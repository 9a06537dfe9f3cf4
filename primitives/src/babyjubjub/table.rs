//! Tables of a point that many scalars are to be multiplied with: it costs a fraction of the
//! doublings.
//!
//! Source: Yen, Laih, Lenstra, "Multi-exponentiation", IEE Proceedings 1994: a scalar is cut into
//! [`PARTS`] of equal length, and the doublings are shared among them, each part having a table of
//! its own point.

use super::{
    BigInteger256,
    extended::{Completed, Extended, Normalised},
    multiples::{Digits, add_multiple, odd_multiples},
    point::BASE8,
};
use std::{iter::repeat_with, sync::OnceLock, vec::Vec};

/// Parts of a scalar.
const PARTS: usize = 8;
/// Bits of a part: the parts hold scalars below 2^255, with the last carry of their digits.
const PART_BITS: usize = 32;
/// Width of the digits for the base point: 8 · 32 entries, 24 KiB.
const BASE_WIDTH: u32 = 7;

/// For each part, odd multiples of `2^(32·part)` times the point.
#[derive(Clone)]
pub(super) struct Table {
    width: u32,
    entries: Vec<Normalised>,
}

impl Table {
    /// Of a point, for digits of a width from 2 to 8: `8 · 2^(width − 2)` entries of 96 bytes.
    pub(super) fn new(point: &Extended, width: u32) -> Self {
        let mut start = *point;
        let mut points = Vec::with_capacity(PARTS * odd_multiples(width));
        for part in 0..PARTS {
            if part > 0 {
                let doubled = (1..PART_BITS).fold(start.double(), |point, _| point.double());
                start = doubled.extended();
            }
            let multiples = repeat_with(start.odd_multiples());
            points.extend(multiples.take(odd_multiples(width)));
        }
        Self {
            width,
            entries: Normalised::of_all(&points),
        }
    }

    /// The base point's table, made when it is first needed.
    pub(super) fn of_base() -> &'static Self {
        static BASE: OnceLock<Table> = OnceLock::new();
        BASE.get_or_init(|| Self::new(&Extended::from(&BASE8), BASE_WIDTH))
    }

    /// Width and odd multiples of the point itself.
    pub(super) fn first_part(&self) -> (u32, &[Normalised]) {
        (self.width, &self.entries[..odd_multiples(self.width)])
    }
}

/// `Σ scalar·point`, for scalars below 2^255.
pub(super) fn sum_of_tables<const N: usize>(terms: [(&Table, &BigInteger256); N]) -> Completed {
    let digits = terms.map(|(table, scalar)| Digits::new(scalar, table.width));
    let mut sum = Completed::IDENTITY;
    for bit in (0..PART_BITS).rev() {
        sum = sum.double();
        for ((table, _), digits) in terms.iter().zip(&digits) {
            let parts = table.entries.chunks_exact(odd_multiples(table.width));
            for (part, multiples) in parts.enumerate() {
                sum = add_multiple(sum, multiples, digits.at(part * PART_BITS + bit));
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::babyjubjub::{Point, SUBGROUP_ORDER};
    use proptest::prelude::*;

    fn check(point: &Point, other: &Point, s: &BigInteger256, t: &BigInteger256) {
        for width in [2, 4, 7, 8] {
            let table = Table::new(&point.into(), width);
            let expected = point.mul(s);
            assert_eq!(sum_of_tables([(&table, s)]).to_affine(), expected);
            let tables = [(&table, s), (&Table::new(&other.into(), 4), t)];
            let expected = expected.add(&other.mul(t));
            assert_eq!(sum_of_tables(tables).to_affine(), expected);
            assert!(sum_of_tables(tables).is(&expected));
            assert!(!sum_of_tables(tables).is(&expected.add(&BASE8)));
            let negative = expected.neg();
            assert_eq!(sum_of_tables(tables).is(&negative), expected == negative);
        }
    }

    #[test]
    fn scalars_at_the_ends() {
        let mut below_order = SUBGROUP_ORDER;
        below_order.0[0] -= 1;
        let ends = [
            BigInteger256::from(0u64),
            BigInteger256::from(1u64),
            BigInteger256::new([u64::MAX, u64::MAX, u64::MAX, u64::MAX >> 1]),
            BigInteger256::new([1 << 31, 1 << 32, 0xffff_ffff, 1 << 62]),
            SUBGROUP_ORDER,
            below_order,
        ];
        for s in &ends {
            check(&BASE8, &BASE8, s, &ends[2]);
            check(&BASE8, &BASE8.neg(), s, s);
            check(&Point::IDENTITY, &BASE8, s, &ends[1]);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn sums_agree_with_plain_multiples(s in any::<[u64; 4]>(), t in any::<[u64; 4]>(), other in any::<u64>()) {
            let [s, t] = [s, t].map(|[a, b, c, d]| BigInteger256::new([a, b, c, d >> 1]));
            check(&BASE8, &BASE8.mul(&BigInteger256::from(other)), &s, &t);
        }
    }
}
