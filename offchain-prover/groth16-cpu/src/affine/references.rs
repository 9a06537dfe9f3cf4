//! References to points: a place in a list and a sign.

use crate::adder::SIGN;

#[inline(always)]
pub(super) fn places(refs: &[u32; 8]) -> [u32; 8] {
    let mut places = *refs;
    for place in &mut places {
        *place &= !SIGN;
    }
    places
}

#[inline(always)]
pub(super) fn signs(refs: &[u32; 8]) -> u8 {
    let mut mask = 0;
    for (lane, reference) in refs.iter().enumerate() {
        mask |= ((reference >> 31) as u8) << lane;
    }
    mask
}

/// Returns the eight references from place `start` on; past the end, the last one is repeated.
#[inline(always)]
pub(super) fn eight(refs: &[u32], start: usize) -> [u32; 8] {
    match refs.get(start..start + 8) {
        Some(part) => {
            let mut out = [0; 8];
            out.copy_from_slice(part);
            out
        }
        None => {
            let last = refs.len() - 1;
            std::array::from_fn(|lane| refs[(start + lane).min(last)])
        }
    }
}
