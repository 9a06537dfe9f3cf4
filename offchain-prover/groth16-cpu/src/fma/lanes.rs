//! Words in lanes: memory, transposition, comparison.

use super::element::{V, all_bits};
use crate::vector::{Lanes, Modulus};
use std::arch::x86_64::*;

/// Transposes four rows of four words.
#[inline(always)]
fn transpose_half([a, b, c, d]: [__m256i; 4]) -> [__m256i; 4] {
    // SAFETY: the features are there (see [`crate::vector`]).
    unsafe {
        let (ab_even, ab_odd) = (_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
        let (cd_even, cd_odd) = (_mm256_unpacklo_epi64(c, d), _mm256_unpackhi_epi64(c, d));
        [
            _mm256_permute2x128_si256::<0x20>(ab_even, cd_even),
            _mm256_permute2x128_si256::<0x20>(ab_odd, cd_odd),
            _mm256_permute2x128_si256::<0x31>(ab_even, cd_even),
            _mm256_permute2x128_si256::<0x31>(ab_odd, cd_odd),
        ]
    }
}

impl<M: Modulus> Lanes for V<M> {
    /// Lanes 0 to 3, lanes 4 to 7.
    type Word = [__m256i; 2];

    #[inline(always)]
    unsafe fn load_rows(rows: [*const u64; 8]) -> [Self::Word; 8] {
        let mut columns = [[all_bits(0); 2]; 8];
        for half in 0..2 {
            for part in 0..2 {
                let mut loaded = [all_bits(0); 4];
                for i in 0..4 {
                    // SAFETY: as the caller guarantees.
                    loaded[i] =
                        unsafe { _mm256_loadu_si256(rows[4 * half + i].add(4 * part).cast()) };
                }
                let transposed = transpose_half(loaded);
                for i in 0..4 {
                    columns[4 * part + i][half] = transposed[i];
                }
            }
        }
        columns
    }

    #[inline(always)]
    unsafe fn store_rows(rows: [*mut u64; 8], columns: [Self::Word; 8]) {
        for half in 0..2 {
            for part in 0..2 {
                let mut words = [all_bits(0); 4];
                for i in 0..4 {
                    words[i] = columns[4 * part + i][half];
                }
                let transposed = transpose_half(words);
                for i in 0..4 {
                    // SAFETY: as the caller guarantees.
                    unsafe {
                        let address = rows[4 * half + i].add(4 * part);
                        _mm256_storeu_si256(address.cast(), transposed[i]);
                    }
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn load_elements(address: *const u64) -> [Self::Word; 4] {
        let mut words = [[all_bits(0); 2]; 4];
        for half in 0..2 {
            let mut loaded = [all_bits(0); 4];
            for i in 0..4 {
                // SAFETY: as the caller guarantees.
                loaded[i] = unsafe { _mm256_loadu_si256(address.add(16 * half + 4 * i).cast()) };
            }
            let transposed = transpose_half(loaded);
            for i in 0..4 {
                words[i][half] = transposed[i];
            }
        }
        words
    }

    #[inline(always)]
    unsafe fn store_elements(address: *mut u64, [a, b, c, d]: [Self::Word; 4]) {
        for half in 0..2 {
            let transposed = transpose_half([a[half], b[half], c[half], d[half]]);
            for i in 0..4 {
                // SAFETY: as the caller guarantees.
                unsafe {
                    _mm256_storeu_si256(address.add(16 * half + 4 * i).cast(), transposed[i]);
                }
            }
        }
    }

    #[inline(always)]
    fn words(limbs: &[[u64; 8]; 4]) -> [Self::Word; 4] {
        let mut words = [[all_bits(0); 2]; 4];
        for (word, lanes) in words.iter_mut().zip(limbs) {
            for half in 0..2 {
                // SAFETY: there are eight words.
                word[half] = unsafe { _mm256_loadu_si256(lanes.as_ptr().add(4 * half).cast()) };
            }
        }
        words
    }

    #[inline(always)]
    fn limbs(words: [Self::Word; 4]) -> [[u64; 8]; 4] {
        let mut limbs = [[0; 8]; 4];
        for (lanes, word) in limbs.iter_mut().zip(words) {
            for half in 0..2 {
                // SAFETY: there is room for eight words.
                unsafe {
                    _mm256_storeu_si256(lanes.as_mut_ptr().add(4 * half).cast(), word[half]);
                }
            }
        }
        limbs
    }

    #[inline(always)]
    fn transpose(rows: [Self::Word; 8]) -> [Self::Word; 8] {
        let mut columns = rows;
        for below in 0..2 {
            for right in 0..2 {
                let mut block = [all_bits(0); 4];
                for i in 0..4 {
                    block[i] = rows[4 * below + i][right];
                }
                let transposed = transpose_half(block);
                for i in 0..4 {
                    columns[4 * right + i][below] = transposed[i];
                }
            }
        }
        columns
    }

    #[inline(always)]
    fn equal(a: [Self::Word; 4], b: [Self::Word; 4]) -> u8 {
        let mut mask = 0;
        for half in 0..2 {
            let mut same = all_bits(-1);
            for i in 0..4 {
                // SAFETY: the features are there (see [`crate::vector`]).
                same =
                    unsafe { _mm256_and_si256(same, _mm256_cmpeq_epi64(a[i][half], b[i][half])) };
            }
            // SAFETY: as above.
            let lanes = unsafe { _mm256_movemask_pd(_mm256_castsi256_pd(same)) };
            mask |= (lanes as u8) << (4 * half);
        }
        mask
    }

    #[inline(always)]
    fn is_zero(words: [Self::Word; 4]) -> u8 {
        Self::equal(words, [[all_bits(0); 2]; 4])
    }
}
