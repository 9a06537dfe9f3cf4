//! The field of the coordinates, one element at a time, without branches that depend on values.
//!
//! An element is four limbs below the modulus in Montgomery form with R = 2²⁵⁶, as in keys.

use ark_bn254::Fq;
use ark_ff::{BigInt, Field, PrimeField};

const P: [u64; 4] = Fq::MODULUS.0;

/// −p⁻¹ modulo 2⁶⁴, by Newton's iteration.
const NEGATED_INVERSE: u64 = {
    let mut inverse = 1u64;
    let mut round = 0;
    while round < 6 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(P[0].wrapping_mul(inverse)));
        round += 1;
    }
    inverse.wrapping_neg()
};

/// A coordinate of a point.
pub(super) trait Coordinate: Copy + PartialEq + Send {
    const ONE: Self;
    const ZERO: Self;
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn square(self) -> Self;
    fn negate(self) -> Self;
    /// The inverse; for zero it is zero.
    fn inverse(self) -> Self;
}

/// An element of the base field.
pub(super) type F = [u64; 4];

#[inline(always)]
fn mac(a: u64, b: u64, sum: u64, carry: u64) -> (u64, u64) {
    let wide = u128::from(a) * u128::from(b) + u128::from(sum) + u128::from(carry);
    (wide as u64, (wide >> 64) as u64)
}

/// Returns a − b, and true if that is negative.
#[inline(always)]
fn subtract(a: F, b: F) -> (F, bool) {
    let mut out = [0; 4];
    let mut borrow = false;
    for i in 0..4 {
        let (difference, first) = a[i].overflowing_sub(b[i]);
        let (difference, second) = difference.overflowing_sub(u64::from(borrow));
        out[i] = difference;
        borrow = first | second;
    }
    (out, borrow)
}

/// Adds p if `condition` holds, by a mask.
#[inline(always)]
fn add_p_if(value: F, condition: bool) -> F {
    let mask = u64::from(condition).wrapping_neg();
    let mut out = [0; 4];
    let mut carry = false;
    for i in 0..4 {
        let (sum, first) = value[i].overflowing_add(P[i] & mask);
        let (sum, second) = sum.overflowing_add(u64::from(carry));
        out[i] = sum;
        carry = first | second;
    }
    out
}

/// From below 2·p to below p.
#[inline(always)]
fn reduce(value: F) -> F {
    let (less, negative) = subtract(value, P);
    add_p_if(less, negative)
}

impl Coordinate for F {
    const ONE: Self = Fq::ONE.0.0;
    const ZERO: Self = [0; 4];

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // 2·p is below 2²⁵⁵, so no carry is lost.
        let mut out = [0; 4];
        let mut carry = false;
        for i in 0..4 {
            let (sum, first) = self[i].overflowing_add(other[i]);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            out[i] = sum;
            carry = first | second;
        }
        reduce(out)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        let (difference, negative) = subtract(self, other);
        add_p_if(difference, negative)
    }

    /// Montgomery's product, interleaved. Since p is below 2²⁵⁵, both carries of a round fit in one
    /// limb.
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        let mut t = [0; 4];
        for factor in other {
            let (low, mut carry) = mac(self[0], factor, t[0], 0);
            let q = low.wrapping_mul(NEGATED_INVERSE);
            let (_, mut q_carry) = mac(q, P[0], low, 0);
            for j in 1..4 {
                let (limb, next) = mac(self[j], factor, t[j], carry);
                carry = next;
                let (limb, next) = mac(q, P[j], limb, q_carry);
                q_carry = next;
                t[j - 1] = limb;
            }
            t[3] = carry.wrapping_add(q_carry);
        }
        reduce(t)
    }

    #[inline(always)]
    fn square(self) -> Self {
        self.mul(self)
    }

    #[inline(always)]
    fn negate(self) -> Self {
        Self::ZERO.sub(self)
    }

    fn inverse(self) -> Self {
        let element = Fq::new_unchecked(BigInt(self));
        element.inverse().unwrap_or_default().0.0
    }
}

/// c₀ + c₁·u with u² = −1.
impl Coordinate for [F; 2] {
    const ONE: Self = [F::ONE, F::ZERO];
    const ZERO: Self = [F::ZERO; 2];

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        [self[0].add(other[0]), self[1].add(other[1])]
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        [self[0].sub(other[0]), self[1].sub(other[1])]
    }

    /// Karatsuba's method: three products.
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        let (first, second) = (self[0].mul(other[0]), self[1].mul(other[1]));
        let both = self[0].add(self[1]).mul(other[0].add(other[1]));
        [first.sub(second), both.sub(first).sub(second)]
    }

    #[inline(always)]
    fn square(self) -> Self {
        let [a, b] = self;
        let product = a.mul(b);
        [a.add(b).mul(a.sub(b)), product.add(product)]
    }

    #[inline(always)]
    fn negate(self) -> Self {
        [self[0].negate(), self[1].negate()]
    }

    fn inverse(self) -> Self {
        let norm = self[0].square().add(self[1].square()).inverse();
        [self[0].mul(norm), self[1].negate().mul(norm)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_bn254::Fq2;
    use ark_ff::{AdditiveGroup, UniformRand};
    use rand::{SeedableRng, rngs::StdRng};

    fn elements(rng: &mut StdRng) -> Vec<Fq> {
        let mut elements = vec![Fq::ZERO, Fq::ONE, -Fq::ONE, Fq::ONE.double()];
        elements.extend((0..60).map(|_| Fq::rand(rng)));
        elements
    }

    #[test]
    fn elements_are_those_of_arkworks() {
        let elements = elements(&mut StdRng::seed_from_u64(21));
        for a in &elements {
            let x = a.0.0;
            assert_eq!(x.negate(), (-*a).0.0);
            assert_eq!(x.square(), a.square().0.0);
            assert_eq!(x.inverse(), a.inverse().unwrap_or_default().0.0);
            for b in &elements {
                let y = b.0.0;
                assert_eq!(x.add(y), (*a + b).0.0);
                assert_eq!(x.sub(y), (*a - b).0.0);
                assert_eq!(x.mul(y), (*a * b).0.0);
            }
        }
    }

    #[test]
    fn pairs_are_those_of_arkworks() {
        let elements = elements(&mut StdRng::seed_from_u64(22));
        let pairs: Vec<_> = elements
            .iter()
            .zip(elements.iter().rev())
            .map(|(a, b)| Fq2::new(*a, *b))
            .collect();
        let limbs = |value: Fq2| [value.c0.0.0, value.c1.0.0];
        for a in &pairs {
            let x = limbs(*a);
            assert_eq!(x.negate(), limbs(-*a));
            assert_eq!(x.square(), limbs(a.square()));
            assert_eq!(x.inverse(), limbs(a.inverse().unwrap_or_default()));
            for b in &pairs {
                let y = limbs(*b);
                assert_eq!(x.add(y), limbs(*a + b));
                assert_eq!(x.sub(y), limbs(*a - b));
                assert_eq!(x.mul(y), limbs(*a * b));
            }
        }
    }
}
