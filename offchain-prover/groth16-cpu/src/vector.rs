//! Eight field elements side by side, for any set of instructions: the interface over which
//! additions of points and transforms are written.
//!
//! Each set of instructions ([`crate::ifma`], [`crate::fma`]) keeps elements in limbs and in a
//! Montgomery form of its own. In memory they are always four limbs of 64 bits.
//!
//! Every function on vectors is `inline(always)`, so that it becomes part of a function for which
//! the processor's features are enabled: [`Instructions::run`]. It must not be called from anywhere
//! else. For the same reason there are no closures: functions of the standard library that call
//! them are compiled without the features, so that each instruction would become a call.

use ark_ff::Field;

/// A prime between 2²⁵³ and 2²⁵⁴, with the constants of arithmetic modulo it.
pub(super) trait Modulus: Copy + Send + Sync + 'static {
    /// The prime in limbs of 64 bits.
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

/// The field of the points' coordinates.
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

/// Four limbs of 64 bits as five limbs of `BITS` bits; the last one has the remaining bits.
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

/// 2^exponent, which leads from one Montgomery form to another.
pub(super) fn power_of_two<F: Field>(exponent: i32) -> F {
    let power = F::from(2u64).pow([u64::from(exponent.unsigned_abs())]);
    match exponent {
        0.. => power,
        // Two is not a multiple of the prime.
        _ => power.inverse().unwrap_or_default(),
    }
}

/// A set of instructions.
pub(super) trait Instructions: Copy + Send + Sync + 'static {
    /// Vectors of elements of the base field.
    type Base: Vector;
    /// Vectors of scalars.
    type Scalar: Vector;
    /// The name in logs.
    const NAME: &'static str;

    /// True if the processor has the instructions.
    fn available() -> bool;

    /// Runs `job` in a function that is compiled with the features.
    ///
    /// # Safety
    /// The processor has the instructions, and the job's own conditions hold.
    unsafe fn run<J: Job<Self>>(job: J);
}

/// A piece of work on vectors.
pub(super) trait Job<I: Instructions> {
    /// Does the work; `inline(always)`, like everything that it calls.
    ///
    /// # Safety
    /// As stated at each job.
    unsafe fn run(self);
}

/// Eight elements as words of 64 bits in lanes, loaded from memory and stored in it.
pub(super) trait Lanes: Copy + Send {
    /// Eight words of 64 bits, one per lane.
    type Word: Copy;

    /// Loads eight rows of eight words and transposes them: column i has word i of all rows.
    ///
    /// # Safety
    /// Eight words can be read from each address.
    unsafe fn load_rows(rows: [*const u64; 8]) -> [Self::Word; 8];
    /// Stores columns as rows.
    ///
    /// # Safety
    /// Eight words can be written to each address.
    unsafe fn store_rows(rows: [*mut u64; 8], columns: [Self::Word; 8]);
    /// Loads eight consecutive elements, limb by limb.
    ///
    /// # Safety
    /// They can be read.
    unsafe fn load_elements(address: *const u64) -> [Self::Word; 4];
    /// Stores eight consecutive elements.
    ///
    /// # Safety
    /// They can be written.
    unsafe fn store_elements(address: *mut u64, words: [Self::Word; 4]);
    /// Loads words limb by limb.
    fn words(limbs: &[[u64; 8]; 4]) -> [Self::Word; 4];
    /// Stores words limb by limb.
    fn limbs(words: [Self::Word; 4]) -> [[u64; 8]; 4];
    /// Exchanges rows and columns.
    fn transpose(rows: [Self::Word; 8]) -> [Self::Word; 8];
    /// Returns a mask of the lanes in which both are equal.
    fn equal(a: [Self::Word; 4], b: [Self::Word; 4]) -> u8;
    /// Returns a mask of the lanes that are zero.
    fn is_zero(words: [Self::Word; 4]) -> u8;
}

/// Eight elements, in Montgomery form with R = 2^(256 + [`Self::FORM`]).
///
/// Results need not be reduced: each set of instructions has bounds of its own. The bounds stated
/// here hold for all of them. K is the bound of an operand in multiples of p that the most
/// demanding one needs to know.
pub(super) trait Vector: Lanes {
    /// The exponent of R is 256 plus this number.
    const FORM: i32;
    /// Coordinates of points, except those of a key, are multiplied by 2^(256 + COORDINATES). A
    /// product of two slopes has R's form.
    const COORDINATES: i32;

    /// The same element in all lanes: limbs of 64 bits of a number below 2²⁵⁴ in the vector's form.
    fn splat(limbs: [u64; 4]) -> Self;
    /// Unpacks elements below p.
    fn unpack(words: [Self::Word; 4]) -> Self;
    /// Unpacks a key's coordinates, which are below p, to the form of coordinates.
    fn unpack_key(words: [Self::Word; 4]) -> Self;
    /// Packs reduced elements.
    fn pack(self) -> [Self::Word; 4];
    /// Reduces to below p.
    fn reduce(self) -> Self;
    /// Takes `other` in the lanes of `mask` and `self` in the rest.
    fn select(self, mask: u8, other: Self) -> Self;

    /// a + b
    fn add(self, other: Self) -> Self;
    /// a − b, for b up to K·p.
    fn sub<const K: u64>(self, other: Self) -> Self;
    /// −a, for a up to K·p.
    fn negate<const K: u64>(self) -> Self;
    /// −a for a coordinate that was just unpacked, plus a multiple of p.
    fn opposite(self) -> Self;
    /// a − b, reduced, for b up to K·p.
    fn sub_reduced<const K: u64>(self, other: Self) -> Self;
    /// x of a sum of points: square − x₁ − x₂, reduced. `square` is the square of the slope; the
    /// coordinates were just unpacked.
    fn x_of_sum(square: Self, x1: Self, x2: Self) -> Self;
    /// From R's form to the form of coordinates.
    fn to_coordinates(self) -> Self;
    /// Brings a small sum of products or coordinates to where it may be a factor like any other.
    fn tidy(self) -> Self;
    /// a·b / R
    fn mul(self, other: Self) -> Self;
    /// (a·b + c·d) / R
    fn mul_two(a: Self, b: Self, c: Self, d: Self) -> Self;

    /// (a + b, (a − b)·w). `level` counts the levels, at most six, since the last reduction.
    fn decimate_frequency(a: Self, b: Self, w: Self, level: usize) -> (Self, Self);
    /// (a + b·w, a − b·w). Up to six levels may follow each other without a reduction.
    fn decimate_time(a: Self, b: Self, w: Self) -> (Self, Self);
}

#[cfg(test)]
mod tests;
