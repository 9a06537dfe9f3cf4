//! Selection by a row of bits of which exactly one, or none, is set.

use super::bits::{alloc_bit, enforce_bit};
use crate::r1cs::{Bit, Cs, Num, Sum};

/// n bits of which exactly `active` are set, `active` being 0 or 1: the one at `index`, or none. Costs n (n ≥ 1).
///
/// Sound: each is boolean, and the last is `active` less the others, so they add up to `active`; the sum of n booleans
/// does not wrap. The caller has `active` boolean. An index out of range yields no honest assignment where active is 1.
pub fn one_hot(cs: &mut Cs, index: Option<usize>, n: usize, active: &Num) -> Vec<Bit> {
    assert!(n > 0, "a selection needs something to select from");
    let mut bits = Vec::with_capacity(n);
    let mut last = Sum::new();
    last.add(active);
    for i in 0..n - 1 {
        let bit = alloc_bit(cs, index == Some(i));
        last.add_scaled(bit.num(), -ark_bn254::Fr::from(1u64));
        bits.push(bit);
    }
    bits.push(enforce_bit(cs, &last.finish()));
    bits
}

/// `Σ bits[i] · items[i]`: the selected item, or 0 where no bit is set. Costs one for each non-constant item.
pub fn mux(cs: &mut Cs, bits: &[Bit], items: &[Num]) -> Num {
    assert_eq!(bits.len(), items.len(), "one bit for each item");
    let mut sum = Sum::new();
    for (bit, item) in bits.iter().zip(items) {
        sum.add(&cs.mul(bit.num(), item));
    }
    sum.finish()
}

/// `Σ i · bits[i]`: the selected index, or 0 where no bit is set. Linear, costs nothing.
pub fn index_of(bits: &[Bit]) -> Num {
    let mut sum = Sum::new();
    for (i, bit) in bits.iter().enumerate() {
        sum.add_scaled(bit.num(), i as u64);
    }
    sum.finish()
}

/// The selected item of four by a two-bit index, `items[low + 2·high]`. Costs 3.
///
/// It is `(i0 + high·(i2 − i0)) + low·((i1 − i0) + high·(i3 − i2 − i1 + i0))`: an identity for bits.
pub fn mux4(cs: &mut Cs, low: &Bit, high: &Bit, items: &[Num; 4]) -> Num {
    let [i0, i1, i2, i3] = items;
    let even = i0 + cs.mul(high.num(), &(i2 - i0));
    let step = (i1 - i0) + cs.mul(high.num(), &(i3 - i2 - i1 + i0));
    even + cs.mul(low.num(), &step)
}
