//! Selection by a row of bits of which exactly one, or none, is set.

use super::bits::{alloc_bit, enforce_bit};
use crate::r1cs::{Bit, Cs, Num, Sum};

/// n bits of which exactly `active` are set, `active` being 0 or 1: the one at `index`, or none.
/// Costs n (n ≥ 1).
///
/// Sound: each is boolean, and the last is `active` less the others, so they add up to `active`;
/// the sum of n booleans does not wrap. The caller has `active` boolean, and ties the index with
/// [`index_of`] if it means anything. If active is 1 and the hint names no item, the last one is
/// selected.
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

/// `Σ bits[i] · items[i]`: the selected item, or 0 if no bit is set. Costs one for each
/// non-constant item.
pub fn mux(cs: &mut Cs, bits: &[Bit], items: &[Num]) -> Num {
    assert_eq!(bits.len(), items.len(), "one bit for each item");
    let mut sum = Sum::new();
    for (bit, item) in bits.iter().zip(items) {
        sum.add(&cs.mul(bit.num(), item));
    }
    sum.finish()
}

/// `Σ i · bits[i]`: the selected index, or 0 if no bit is set. Linear, costs nothing.
pub fn index_of(bits: &[Bit]) -> Num {
    let mut sum = Sum::new();
    for (i, bit) in bits.iter().enumerate() {
        sum.add_scaled(bit.num(), i as u64);
    }
    sum.finish()
}

/// The selected item of four by a two-bit index, `items[low + 2·high]`. Costs 3.
///
/// It is `(i0 + high·(i2 − i0)) + low·((i1 − i0) + high·(i3 − i2 − i1 + i0))`: an identity for
/// bits.
pub fn mux4(cs: &mut Cs, low: &Bit, high: &Bit, items: &[Num; 4]) -> Num {
    let [i0, i1, i2, i3] = items;
    let even = i0 + cs.mul(high.num(), &(i2 - i0));
    let step = (i1 - i0) + cs.mul(high.num(), &(i3 - i2 - i1 + i0));
    even + cs.mul(low.num(), &step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gadgets::{
        bits::alloc_bit,
        testing::{accepted, holds_with, refused},
    };
    use ark_bn254::Fr;

    #[test]
    fn selects_one_item_or_none() {
        for index in [None, Some(0), Some(3), Some(4)] {
            let cost = accepted(|cs| {
                let active = cs.input(u64::from(index.is_some()));
                let items: Vec<Num> = (10..15u64).map(|x| cs.input(x)).collect();
                let bits = one_hot(cs, index, 5, &active);
                assert_eq!(
                    mux(cs, &bits, &items).value(),
                    Fr::from(index.map_or(0, |i| i as u64 + 10))
                );
                assert_eq!(index_of(&bits).value(), Fr::from(index.unwrap_or(0) as u64));
                let constants: Vec<Num> = (20..25u64).map(Num::from).collect();
                assert_eq!(
                    mux(cs, &bits, &constants).value(),
                    Fr::from(index.map_or(0, |i| i as u64 + 20))
                );
            });
            assert_eq!(cost, 5 + 5);
        }
    }

    #[test]
    fn no_or_two_selected_are_refused() {
        refused(|cs| {
            let active = cs.input(0u64);
            one_hot(cs, Some(1), 4, &active);
        });
        let build = |active: u64| {
            move |cs: &mut Cs| {
                let active = cs.input(active);
                one_hot(
                    cs,
                    Some(1).filter(|_| active.value() == Fr::from(1u64)),
                    4,
                    &active,
                );
            }
        };
        // the last bit is the rest of `active`: −1, which is not a bit
        assert!(!holds_with(
            build(1),
            &[(0, Fr::from(1u64)), (1, Fr::from(1u64))]
        ));
        assert!(!holds_with(build(0), &[(0, Fr::from(1u64))]));
    }

    #[test]
    fn two_bits_select_of_four() {
        for index in 0..4u64 {
            let cost = accepted(|cs| {
                let items = [5u64, 6, 7, 8].map(|x| cs.input(x));
                let (low, high) = (alloc_bit(cs, index & 1 == 1), alloc_bit(cs, index & 2 == 2));
                let item = mux4(cs, &low, &high, &items);
                assert_eq!(item.value(), Fr::from(index + 5));
                cs.enforce_equal(&item, &Num::from(index + 5));
            });
            assert_eq!(cost, 2 + 3 + 1);
        }
    }
}
