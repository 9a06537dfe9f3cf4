//! Constants of limbs and multiples of p.

use crate::vector::{Modulus, split};
use std::marker::PhantomData;

pub(super) const MASK: u64 = (1 << 52) - 1;

/// The bound of a coordinate of a key's point in multiples of p, once it is multiplied by 2⁴ (from
/// R = 2²⁵⁶ to 2²⁶⁰).
pub(super) const KEY: u64 = 16;

/// 2²⁶⁰ − p.
const fn complement(p: [u64; 5]) -> [u64; 5] {
    let mut out = [0; 5];
    let mut carry = 1;
    let mut i = 0;
    while i < 5 {
        let limb = (!p[i] & MASK) + carry;
        out[i] = limb & MASK;
        carry = limb >> 52;
        i += 1;
    }
    out
}

/// k·p for a small k.
pub(super) const fn multiple(p: [u64; 5], k: u64) -> [u64; 5] {
    let mut out = [0; 5];
    let mut carry = 0u128;
    let mut i = 0;
    while i < 5 {
        let limb = p[i] as u128 * k as u128 + carry;
        out[i] = (limb as u64) & MASK;
        carry = limb >> 52;
        i += 1;
    }
    out
}

/// The number of bits by which the estimate of a quotient in `V::reduce` is scaled in addition to
/// 52.
pub(super) const QUOTIENT_SHIFT: u32 = 45;

pub(super) struct Constants<M>(PhantomData<M>);

impl<M: Modulus> Constants<M> {
    pub(super) const P: [u64; 5] = split::<52>(M::LIMBS);
    pub(super) const COMPLEMENT: [u64; 5] = complement(Self::P);
    pub(super) const NEGATED_INVERSE: u64 = M::NEGATED_INVERSE & MASK;
    /// 2^(52 + QUOTIENT_SHIFT) over the top limb plus one.
    pub(super) const RECIPROCAL: u64 =
        ((1u128 << (52 + QUOTIENT_SHIFT)) / (Self::P[4] as u128 + 1)) as u64;
}
