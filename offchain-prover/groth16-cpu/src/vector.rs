//! Eight field elements side by side, whatever the processor's instructions: what additions of points and transforms are written over.
//!
//! Each set of instructions ([`super::ifma`], [`super::fma`]) keeps elements in limbs and in a Montgomery form of its own. In memory
//! they are always four limbs of 64 bits.
//!
//! Everything that works on vectors is `inline(always)`, so that it becomes part of a function in which the processor's features are
//! enabled, [`Instructions::run`]; nothing may be called otherwise. For the same reason there are no closures: the library's
//! functions that would call them are compiled without the features, and so each instruction would become a call.

use ark_ff::Field;

/// A prime between 2²⁵³ and 2²⁵⁴, with what arithmetic modulo it needs.
pub(super) trait Modulus: Copy + Send + Sync + 'static {
    /// Its limbs of 64 bits.
    const LIMBS: [u64; 4];
    /// −p⁻¹ modulo 2⁶⁴, by Newton's iteration.
    const NEGATED_INVERSE: u64 = {
        let mut inverse = 1u64;
        let mut round = 0;
        while round < 6 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(Self::LIMBS[0].wrapping_mul(inverse)));
            round += 1;
        }
        inverse.wrapping_neg()
    };
}

/// The field of the curve's coordinates.
#[derive(Clone, Copy)]
pub(super) struct Base;

/// The field of the scalars.
#[derive(Clone, Copy)]
pub(super) struct Scalar;

impl Modulus for Base {
    const LIMBS: [u64; 4] = <ark_bn254::Fq as ark_ff::PrimeField>::MODULUS.0;
}

impl Modulus for Scalar {
    const LIMBS: [u64; 4] = <ark_bn254::Fr as ark_ff::PrimeField>::MODULUS.0;
}

/// Five limbs of `BITS` bits, the last one with what is left, of four limbs of 64.
pub(super) const fn split<const BITS: u32>(limbs: [u64; 4]) -> [u64; 5] {
    let mask = (1u64 << BITS) - 1;
    let mut out = [0; 5];
    let mut i = 0;
    while i < 5 {
        let first = BITS * i as u32;
        let (word, shift) = ((first / 64) as usize, first % 64);
        let mut limb = limbs[word] >> shift;
        if shift > 0 && word < 3 {
            limb |= limbs[word + 1] << (64 - shift);
        }
        out[i] = if i < 4 { limb & mask } else { limb };
        i += 1;
    }
    out
}

/// 2^exponent
pub(super) fn power_of_two<F: Field>(exponent: i32) -> F {
    let power = F::from(2u64).pow([u64::from(exponent.unsigned_abs())]);
    match exponent {
        0.. => power,
        // Two is no multiple of the prime.
        _ => power.inverse().unwrap_or_default(),
    }
}

/// A set of instructions.
pub(super) trait Instructions: Copy + Send + Sync + 'static {
    /// Elements of the base field.
    type Base: Vector;
    /// Scalars.
    type Scalar: Vector;
    /// What it is called in logs.
    const NAME: &'static str;

    /// Whether the processor has it.
    fn available() -> bool;

    /// Does `job` in a function that is compiled with the features.
    ///
    /// # Safety
    /// The processor has them; and as the job says.
    unsafe fn run<J: Job<Self>>(job: J);
}

/// Something to do with a set of instructions.
pub(super) trait Job<I: Instructions> {
    /// Does it; `inline(always)`, like all that it calls.
    ///
    /// # Safety
    /// As each job says.
    unsafe fn run(self);
}

/// Eight elements as words of 64 bits in lanes, and their way from and to memory.
pub(super) trait Lanes: Copy + Send {
    /// Eight words of 64 bits.
    type Word: Copy;

    /// Eight rows of eight words, as columns: word i of all rows.
    ///
    /// # Safety
    /// So much may be read from each address.
    unsafe fn load_rows(rows: [*const u64; 8]) -> [Self::Word; 8];
    /// Writes columns as rows.
    ///
    /// # Safety
    /// So much may be written to each address.
    unsafe fn store_rows(rows: [*mut u64; 8], columns: [Self::Word; 8]);
    /// Eight elements in a row in memory, limb by limb.
    ///
    /// # Safety
    /// They may be read.
    unsafe fn load_elements(address: *const u64) -> [Self::Word; 4];
    /// Writes eight elements in a row.
    ///
    /// # Safety
    /// They may be written.
    unsafe fn store_elements(address: *mut u64, words: [Self::Word; 4]);
    /// Words limb by limb, from memory.
    fn words(limbs: &[[u64; 8]; 4]) -> [Self::Word; 4];
    /// Words limb by limb, in memory.
    fn limbs(words: [Self::Word; 4]) -> [[u64; 8]; 4];
    /// Rows and columns exchanged.
    fn transpose(rows: [Self::Word; 8]) -> [Self::Word; 8];
    /// Lanes in which both are the same.
    fn equal(a: [Self::Word; 4], b: [Self::Word; 4]) -> u8;
    /// Lanes that are zero.
    fn is_zero(words: [Self::Word; 4]) -> u8;
}

/// Eight elements, in Montgomery form with R = 2^(256 + [`Self::FORM`]).
///
/// Results need not be reduced: each set of instructions knows how far it may go. What is said of bounds holds for all: K is
/// what the most demanding needs to know of an operand, in multiples of p.
pub(super) trait Vector: Lanes {
    /// By what the exponent of R differs from 256.
    const FORM: i32;
    /// Coordinates of points, other than those of a key, are kept as multiples by 2^(256 + COORDINATES). A product of two slopes has R's form.
    const COORDINATES: i32;

    /// The same in all lanes; of limbs of 64 bits below 2²⁵⁴, in the vector's form.
    fn splat(limbs: [u64; 4]) -> Self;
    /// Of what is below p.
    fn unpack(words: [Self::Word; 4]) -> Self;
    /// Of a coordinate of a key, below p, in the form of coordinates.
    fn unpack_key(words: [Self::Word; 4]) -> Self;
    /// Of what is reduced.
    fn pack(self) -> [Self::Word; 4];
    /// To below p.
    fn reduce(self) -> Self;
    /// `other` in the lanes of `mask`, `self` in the rest.
    fn select(self, mask: u8, other: Self) -> Self;

    /// a + b
    fn add(self, other: Self) -> Self;
    /// a − b, for b up to K·p.
    fn sub<const K: u64>(self, other: Self) -> Self;
    /// −a, for a up to K·p.
    fn negate<const K: u64>(self) -> Self;
    /// −a for a coordinate just unpacked; p − a at the most.
    fn opposite(self) -> Self;
    /// a − b reduced, for b up to K·p.
    fn sub_reduced<const K: u64>(self, other: Self) -> Self;
    /// Of the square of a slope: x of a sum, square − x₁ − x₂ reduced, of coordinates just unpacked.
    fn x_of_sum(square: Self, x1: Self, x2: Self) -> Self;
    /// From R's form to that of coordinates.
    fn to_coordinates(self) -> Self;
    /// To where it may be a factor like any other, from a small sum of products or coordinates.
    fn tidy(self) -> Self;
    /// a·b / R
    fn mul(self, other: Self) -> Self;
    /// (a·b + c·d) / R
    fn mul_two(a: Self, b: Self, c: Self, d: Self) -> Self;

    /// (a + b, (a − b)·w), at the level with this number in a row of at most six without reduction.
    fn decimate_frequency(a: Self, b: Self, w: Self, level: usize) -> (Self, Self);
    /// (a + b·w, a − b·w), of which up to six levels follow each other.
    fn decimate_time(a: Self, b: Self, w: Self) -> (Self, Self);
}

#[cfg(test)]
mod tests;
