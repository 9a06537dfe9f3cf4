//! Verification of EdDSA-Poseidon signatures over Baby Jubjub, accepting exactly what the native
//! `clearproof_primitives::eddsa` accepts.

use super::{
    bits::{enforce_at_most, to_bits, to_bits_strict},
    edwards::{add, double, enforce_on_curve, multiply_fixed, multiply_odd, or_identity, FixedBase, Point},
    logic::enforce_equal_if,
    poseidon::hash,
};
use crate::r1cs::{Bit, Cs, Num};

/// Where `enabled` is set, requires `(r8, s)` to be a signature of `message` under `key`; else nothing but that s is a
/// canonical scalar (zero will do).
pub fn verify(cs: &mut Cs, enabled: &Bit, key: &Point, r8: &Point, s: &Num, message: &Num) {
    todo_verify(cs, enabled, key, r8, s, message)
}
