//! Packed field elements: the same layouts as the native code, part by part.

use crate::r1cs::{Num, Sum};
use ark_bn254::Fr;
use ark_ff::Field;

/// `Σ part_i · 2^(bits before i)`. Linear, costs nothing; the caller ensures that each part is
/// within its bits.
pub fn pack(parts: &[(&Num, usize)]) -> Num {
    let mut sum = Sum::new();
    let mut shift = 0u64;
    for (part, bits) in parts {
        sum.add_scaled(part, Fr::from(2u64).pow([shift]));
        shift += *bits as u64;
    }
    sum.finish()
}
