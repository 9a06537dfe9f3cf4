//! The committed constants, read at compile time: Montgomery limbs, 32 little-endian bytes an
//! element.

use super::{
    FULL_ROUNDS,
    dot::{Rows, Sum, corrections},
};
use crate::field::Fr;
use ark_ff::{BigInt, Fp};

/// One instance's constants.
#[derive(Debug)]
pub struct Parameters {
    /// State elements: inputs plus one.
    pub width: usize,
    /// Partial rounds; full ones are [`FULL_ROUNDS`].
    pub partial_rounds: usize,
    /// Plain constants, round-major, `(full + partial rounds) · width`.
    pub round_constants: &'static [Fr],
    /// Plain matrix, row-major; `new = mds · old`.
    pub mds: &'static [Fr],
    /// Constants of the first half of full rounds.
    pub first_constants: &'static [Fr],
    /// Matrix of the last of them, with what the partial rounds' matrices leave behind.
    pub pre_sparse: &'static [Fr],
    /// One constant per partial round.
    pub partial_constants: &'static [Fr],
    /// Per partial round: first row (width), then the rest of the first column (width − 1); else
    /// the identity.
    pub sparse: &'static [Fr],
    /// Constants of the second half of full rounds.
    pub last_constants: &'static [Fr],
}

/// The constants that native hashing needs of one instance; see [`super::permutation`] and
/// `grain/recurrence.rs`.
#[derive(Debug)]
pub(super) struct Native {
    pub(super) first_constants: &'static [Fr],
    pub(super) partial_constants: &'static [Fr],
    pub(super) last_constants: &'static [Fr],
    /// Matrix of full rounds.
    pub(super) mds: Rows,
    /// Matrix of the full round before the partial ones.
    pub(super) entry: Rows,
    /// Response of later S-box inputs to one output, the latest first.
    pub(super) response: &'static [Fr],
    /// One row: the next S-box input from those before.
    pub(super) step: Rows,
    /// The other elements after the last partial round.
    pub(super) exit: Rows,
}

const fn elements<const N: usize>(bytes: &[u8], start: usize) -> [Fr; N] {
    let mut out = [Fp::new_unchecked(BigInt::new([0; 4])); N];
    let mut i = 0;
    while i < N {
        let mut limbs = [0u64; 4];
        let mut limb = 0;
        while limb < 4 {
            let at = (start + i) * 32 + limb * 8;
            limbs[limb] = u64::from_le_bytes([
                bytes[at],
                bytes[at + 1],
                bytes[at + 2],
                bytes[at + 3],
                bytes[at + 4],
                bytes[at + 5],
                bytes[at + 6],
                bytes[at + 7],
            ]);
            limb += 1;
        }
        out[i] = Fp::new_unchecked(BigInt::new(limbs));
        i += 1;
    }
    out
}

macro_rules! instance {
    ($name:ident, $width:literal, $partial:literal, $file:literal) => {
        mod $name {
            use super::*;
            const T: usize = $width;
            const RP: usize = $partial;
            const HALF: usize = FULL_ROUNDS / 2 * T;
            const PLAIN: usize = (FULL_ROUNDS + RP) * T;
            const BYTES: &[u8] = include_bytes!($file);
            static ROUND_CONSTANTS: [Fr; PLAIN] = elements(BYTES, 0);
            static MDS: [Fr; T * T] = elements(BYTES, PLAIN);
            static PRE_SPARSE: [Fr; T * T] = elements(BYTES, PLAIN + T * T);
            static PARTIAL: [Fr; RP] = elements(BYTES, PLAIN + 2 * T * T);
            static SPARSE: [Fr; RP * (2 * T - 1)] = elements(BYTES, PLAIN + 2 * T * T + RP);
            static LAST: [Fr; HALF] = elements(BYTES, PLAIN + 2 * T * T + RP + RP * (2 * T - 1));
            static FIRST: [Fr; HALF] = elements(BYTES, 0);

            const N: usize = T - 1;
            const START: usize = PLAIN + 2 * T * T + RP + RP * (2 * T - 1) + HALF;
            static ENTRY: [Fr; T * T] = elements(BYTES, START);
            static RESPONSE: [Fr; N] = elements(BYTES, START + T * T);
            static STEP: [Fr; 2 * N + 1] = elements(BYTES, START + T * T + N);
            static EXIT: [Fr; 2 * N * N] = elements(BYTES, START + T * T + N + 2 * N + 1);
            static MDS_CORRECTIONS: [Sum; T] = corrections(&MDS);
            static ENTRY_CORRECTIONS: [Sum; T] = corrections(&ENTRY);
            static STEP_CORRECTIONS: [Sum; 1] = corrections(&STEP);
            static EXIT_CORRECTIONS: [Sum; N] = corrections(&EXIT);
            pub(super) static NATIVE: Native = Native {
                first_constants: &FIRST,
                partial_constants: &PARTIAL,
                last_constants: &LAST,
                mds: Rows::new(&MDS, &MDS_CORRECTIONS),
                entry: Rows::new(&ENTRY, &ENTRY_CORRECTIONS),
                response: &RESPONSE,
                step: Rows::new(&STEP, &STEP_CORRECTIONS),
                exit: Rows::new(&EXIT, &EXIT_CORRECTIONS),
            };
            pub(super) static PARAMETERS: Parameters = Parameters {
                width: T,
                partial_rounds: RP,
                round_constants: &ROUND_CONSTANTS,
                mds: &MDS,
                first_constants: &FIRST,
                pre_sparse: &PRE_SPARSE,
                partial_constants: &PARTIAL,
                sparse: &SPARSE,
                last_constants: &LAST,
            };
        }
    };
}

instance!(width_2, 2, 56, "width_2.bin");
instance!(width_3, 3, 57, "width_3.bin");
instance!(width_4, 4, 56, "width_4.bin");
instance!(width_5, 5, 60, "width_5.bin");
instance!(width_6, 6, 60, "width_6.bin");
instance!(width_15, 15, 60, "width_15.bin");

/// Widths that constants exist for, with their partial rounds.
pub const WIDTHS: [(usize, usize); 6] = [(2, 56), (3, 57), (4, 56), (5, 60), (6, 60), (15, 60)];

/// The constants of a width, if they exist.
pub fn parameters(width: usize) -> Option<&'static Parameters> {
    match width {
        2 => Some(&width_2::PARAMETERS),
        3 => Some(&width_3::PARAMETERS),
        4 => Some(&width_4::PARAMETERS),
        5 => Some(&width_5::PARAMETERS),
        6 => Some(&width_6::PARAMETERS),
        15 => Some(&width_15::PARAMETERS),
        _ => None,
    }
}

/// The constants that native hashing needs, for a width known to exist; other widths do not
/// compile.
pub(super) fn native<const T: usize>() -> &'static Native {
    const { assert!((T >= 2 && T <= 6) || T == 15) };
    match T {
        2 => &width_2::NATIVE,
        3 => &width_3::NATIVE,
        4 => &width_4::NATIVE,
        5 => &width_5::NATIVE,
        6 => &width_6::NATIVE,
        _ => &width_15::NATIVE,
    }
}
