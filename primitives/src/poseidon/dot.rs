//! Inner products with one reduction, and with half the multiplications where many share a vector.
//!
//! Source of the latter: Winograd, "A new algorithm for inner product", IEEE Transactions on
//! Computers C-17, 1968. Of a row `m ‖ m'` of constants and a vector `x ‖ x'`, the inner product is
//! `Σ (m_i + x'_i)·(m'_i + x_i) − Σ m_i·m'_i − Σ x_i·x'_i`: the second sum is known beforehand, and
//! the third is the same for all rows.

use crate::field::Fr;
use ark_ff::{BigInt, BigInteger, Fp, PrimeField};

/// `sum + a·b + carry` as low and high word; it fits, as `(2^64 − 1)² + 2·(2^64 − 1) = 2^128 − 1`.
#[inline(always)]
const fn mac(sum: u64, a: u64, b: u64, carry: u64) -> (u64, u64) {
    let wide = sum as u128 + a as u128 * b as u128 + carry as u128;
    (wide as u64, (wide >> 64) as u64)
}

/// The sum of two reduced elements' limbs as an integer; it fits, as 2·r is below 2^256.
#[inline(always)]
fn sum_of_limbs(a: &Fr, b: &Fr) -> [u64; 4] {
    let (a, b) = (&a.0.0, &b.0.0);
    let (w, carry) = a[0].carrying_add(b[0], false);
    let (x, carry) = a[1].carrying_add(b[1], carry);
    let (y, carry) = a[2].carrying_add(b[2], carry);
    [w, x, y, a[3].wrapping_add(b[3]).wrapping_add(carry as u64)]
}

/// An integer modulo 2^512: a sum of products of Montgomery limbs. Intermediate values may wrap;
/// the final one is exact if it lies below 2^512.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sum([u64; 8]);

impl Sum {
    pub(super) const ZERO: Self = Self([0; 8]);

    /// The sum that reduces to the element.
    pub(super) fn of(element: &Fr) -> Self {
        let [a, b, c, d] = element.0.0;
        Self([0, 0, 0, 0, a, b, c, d])
    }

    #[inline(always)]
    const fn add_limbs(&mut self, a: &[u64; 4], b: &[u64; 4]) {
        let sum = &mut self.0;
        let mut overflow = 0u64;
        let mut i = 0;
        while i < 4 {
            let mut carry = 0;
            let mut j = 0;
            while j < 4 {
                (sum[i + j], carry) = mac(sum[i + j], a[i], b[j], carry);
                j += 1;
            }
            let (low, high) = sum[i + 4].overflowing_add(carry);
            let (low, more) = low.overflowing_add(overflow);
            sum[i + 4] = low;
            overflow = high as u64 + more as u64;
            i += 1;
        }
    }

    /// Adds `a·b`.
    #[inline(always)]
    pub(super) const fn add_product(&mut self, a: &Fr, b: &Fr) {
        self.add_limbs(&a.0.0, &b.0.0);
    }

    const fn negated(mut self) -> Self {
        // −x is 1 more than the complement.
        let mut carry = true;
        let mut i = 0;
        while i < 8 {
            (self.0[i], carry) = (!self.0[i]).overflowing_add(carry as u64);
            i += 1;
        }
        self
    }

    #[inline(always)]
    pub(super) fn add(&mut self, other: &Self) {
        let mut carry = false;
        for (x, y) in self.0.iter_mut().zip(other.0) {
            (*x, carry) = x.carrying_add(y, carry);
        }
    }

    #[inline(always)]
    pub(super) fn sub(&mut self, other: &Self) {
        let mut borrow = false;
        for (x, y) in self.0.iter_mut().zip(other.0) {
            (*x, borrow) = x.borrowing_sub(y, borrow);
        }
    }

    /// `value / 2^256` modulo r (Montgomery). The value is below `2^512 − 2^256·r`, as 22 products
    /// of reduced factors are, for `(22·r + 2^256)·r < 2^512`.
    #[inline(always)]
    pub(super) fn reduce(self) -> Fr {
        let mut value = self.0;
        let modulus = &Fr::MODULUS.0;
        let mut overflow = 0u64;
        for i in 0..4 {
            let factor = value[i].wrapping_mul(Fr::INV);
            let mut carry = 0;
            for j in 0..4 {
                (value[i + j], carry) = mac(value[i + j], factor, modulus[j], carry);
            }
            let (low, high) = value[i + 4].overflowing_add(carry);
            let (low, more) = low.overflowing_add(overflow);
            value[i + 4] = low;
            overflow = u64::from(high) + u64::from(more);
        }
        debug_assert_eq!(overflow, 0);
        let mut result = BigInt::new([value[4], value[5], value[6], value[7]]);
        while result >= Fr::MODULUS {
            result.sub_with_borrow(&Fr::MODULUS);
        }
        Fp::new_unchecked(result)
    }
}

/// `Σ x_i·x'_i`.
pub(super) const fn products(a: &[Fr], b: &[Fr]) -> Sum {
    let mut sum = Sum::ZERO;
    let mut i = 0;
    while i < a.len() {
        sum.add_product(&a[i], &b[i]);
        i += 1;
    }
    sum
}

/// Rows of constants, `m ‖ m'` and in a row of odd width one entry more.
#[derive(Debug)]
pub(super) struct Rows {
    width: usize,
    entries: &'static [Fr],
    /// `−Σ m_i·m'_i` for each row.
    corrections: &'static [Sum],
}

/// `−Σ m_i·m'_i` for each of N rows.
pub(super) const fn corrections<const N: usize>(entries: &[Fr]) -> [Sum; N] {
    let width = entries.len() / N;
    let mut out = [Sum::ZERO; N];
    let mut row = 0;
    while row < N {
        let (_, rest) = entries.split_at(row * width);
        let (m, rest) = rest.split_at(width / 2);
        let (m_, _) = rest.split_at(width / 2);
        out[row] = products(m, m_).negated();
        row += 1;
    }
    out
}

impl Rows {
    /// From entries and [`corrections`]. Does not compile where an inner product might be too large
    /// to reduce: with M the sum of a row, `(M + 2^256)·r` must be below 2^512, and is bounded here
    /// by the factors' highest words.
    pub(super) const fn new(entries: &'static [Fr], corrections: &'static [Sum]) -> Self {
        let width = entries.len() / corrections.len();
        let mut row = 0;
        while row < corrections.len() {
            let mut total = 1u128 << 64;
            let mut i = 0;
            while i < width {
                total += entries[row * width + i].0.0[3] as u128 + 1;
                i += 1;
            }
            let product = total.checked_mul(Fr::MODULUS.0[3] as u128 + 1);
            assert!(product.is_some(), "a row's inner product may overflow");
            row += 1;
        }
        Self {
            width,
            entries,
            corrections,
        }
    }

    /// The inner product of a row with `x ‖ x'`, and `last` in a row of odd width, given `Σ
    /// x_i·x'_i`.
    #[inline(always)]
    pub(super) fn dot(
        &self,
        row: usize,
        x: &[Fr],
        x_: &[Fr],
        last: Option<&Fr>,
        x_products: &Sum,
    ) -> Fr {
        let entries = &self.entries[row * self.width..(row + 1) * self.width];
        let (m, rest) = entries.split_at(x.len());
        let (m_, odd) = rest.split_at(x.len());
        let mut sum = self.corrections[row];
        sum.sub(x_products);
        for ((m, m_), (x, x_)) in m.iter().zip(m_).zip(x.iter().zip(x_)) {
            sum.add_limbs(&sum_of_limbs(m, x_), &sum_of_limbs(m_, x));
        }
        if let (Some(entry), Some(last)) = (odd.first(), last) {
            sum.add_product(entry, last);
        }
        sum.reduce()
    }

    /// The product of the first row with a vector.
    pub(super) fn first<const T: usize>(&self, vector: &[Fr; T]) -> Fr {
        products(&self.entries[..T], vector).reduce()
    }

    /// The product with a vector, as a matrix of as many rows.
    #[inline(always)]
    pub(super) fn times<const T: usize>(&self, vector: &[Fr; T]) -> [Fr; T] {
        let (x, rest) = vector.split_at(T / 2);
        let (x_, last) = rest.split_at(T / 2);
        let shared = products(x, x_);
        core::array::from_fn(|row| self.dot(row, x, x_, last.first(), &shared))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poseidon::constants;
    use ark_ff::AdditiveGroup;
    use proptest::prelude::*;

    /// r − 1 as Montgomery limbs: the largest operand there is.
    fn largest() -> Fr {
        let mut limbs = Fr::MODULUS;
        limbs.sub_with_borrow(&BigInt::from(1u64));
        Fp::new_unchecked(limbs)
    }

    fn plain(a: &[Fr], b: &[Fr]) -> Fr {
        a.iter().zip(b).map(|(x, y)| *x * y).sum()
    }

    #[test]
    fn the_largest_operands_do_not_overflow() {
        let a = [largest(); 22];
        assert_eq!(products(&a, &a).reduce(), plain(&a, &a));
        assert_eq!(products(&[Fr::ZERO; 22], &a).reduce(), Fr::ZERO);
        let mut sum = products(&a[..16], &a[..16]);
        sum.add(&Sum::of(&a[0]));
        assert_eq!(sum.reduce(), plain(&a[..16], &a[..16]) + a[0]);
    }

    fn check_rows<const T: usize>(vector: [Fr; T]) {
        let native = constants::native::<T>();
        let entries = native.mds.entries;
        let expected: [Fr; T] = core::array::from_fn(|i| plain(&entries[i * T..], &vector));
        assert_eq!(native.mds.times(&vector), expected);
        assert_eq!(native.mds.first(&vector), expected[0]);
    }

    /// The committed rows with the largest vectors: the bound of [`Rows::new`] at its edge.
    #[test]
    fn rows_take_the_largest_vectors() {
        check_rows([largest(); 2]);
        check_rows([largest(); 3]);
        check_rows([largest(); 6]);
        check_rows([largest(); 15]);
        check_rows([Fr::ZERO; 15]);
        let native = constants::native::<15>();
        let vector = [largest(); 14];
        let shared = products(&vector, &vector);
        let all = [largest(); 29];
        let (step, exit) = (&native.step, &native.exit);
        assert_eq!(
            step.dot(0, &vector, &vector, Some(&all[0]), &shared),
            plain(step.entries, &all)
        );
        for (row, entries) in exit.entries.chunks(28).enumerate() {
            assert_eq!(
                exit.dot(row, &vector, &vector, None, &shared),
                plain(entries, &all)
            );
        }
    }

    proptest! {
        #[test]
        fn rows_equal_sums_of_products(bytes in any::<[[u8; 32]; 15]>()) {
            let vector = bytes.map(|x| Fr::from_le_bytes_mod_order(&x));
            check_rows(vector);
            let [a, b, c, d, e, f, ..] = vector;
            check_rows([a, b, c, d, e, f]);
            check_rows([a, b, c, d, e]);
            check_rows([b, c]);
        }

        #[test]
        fn sums_equal_sums_of_products(bytes in any::<[[[u8; 32]; 15]; 2]>()) {
            let [a, b] = bytes.map(|side| side.map(|x| Fr::from_le_bytes_mod_order(&x)));
            prop_assert_eq!(products(&a, &b).reduce(), plain(&a, &b));
        }
    }
}
