//! Words in lanes: memory, transposition, comparison.

use super::element::{V, all};
use crate::vector::{Lanes, Modulus};
use std::arch::x86_64::*;

impl<M: Modulus> Lanes for V<M> {
    type Word = __m512i;

    #[inline(always)]
    unsafe fn load_rows(rows: [*const u64; 8]) -> [__m512i; 8] {
        let mut loaded = [all(0); 8];
        for (loaded, row) in loaded.iter_mut().zip(rows) {
            // SAFETY: as the caller guarantees.
            *loaded = unsafe { _mm512_loadu_si512(row.cast()) };
        }
        Self::transpose(loaded)
    }

    #[inline(always)]
    unsafe fn store_rows(rows: [*mut u64; 8], columns: [__m512i; 8]) {
        for (row, words) in rows.into_iter().zip(Self::transpose(columns)) {
            // SAFETY: as the caller guarantees.
            unsafe { _mm512_storeu_si512(row.cast(), words) };
        }
    }

    #[inline(always)]
    unsafe fn load_elements(address: *const u64) -> [__m512i; 4] {
        // SAFETY: as the caller guarantees.
        unsafe {
            let low = permutation([0, 4, 8, 12, 1, 5, 9, 13]);
            let high = permutation([2, 6, 10, 14, 3, 7, 11, 15]);
            let a = _mm512_loadu_si512(address.cast());
            let b = _mm512_loadu_si512(address.add(8).cast());
            let c = _mm512_loadu_si512(address.add(16).cast());
            let d = _mm512_loadu_si512(address.add(24).cast());
            let (ab_low, ab_high) = (
                _mm512_permutex2var_epi64(a, low, b),
                _mm512_permutex2var_epi64(a, high, b),
            );
            let (cd_low, cd_high) = (
                _mm512_permutex2var_epi64(c, low, d),
                _mm512_permutex2var_epi64(c, high, d),
            );
            [
                _mm512_shuffle_i64x2::<0b01_00_01_00>(ab_low, cd_low),
                _mm512_shuffle_i64x2::<0b11_10_11_10>(ab_low, cd_low),
                _mm512_shuffle_i64x2::<0b01_00_01_00>(ab_high, cd_high),
                _mm512_shuffle_i64x2::<0b11_10_11_10>(ab_high, cd_high),
            ]
        }
    }

    #[inline(always)]
    unsafe fn store_elements(address: *mut u64, [w, x, y, z]: [__m512i; 4]) {
        // SAFETY: as the caller guarantees.
        unsafe {
            let first = permutation([0, 4, 8, 12, 1, 5, 9, 13]);
            let second = permutation([2, 6, 10, 14, 3, 7, 11, 15]);
            // Limbs 0 and 1, then limbs 2 and 3, of elements 0 to 3 and of elements 4 to 7.
            let wx_low = _mm512_shuffle_i64x2::<0b01_00_01_00>(w, x);
            let yz_low = _mm512_shuffle_i64x2::<0b01_00_01_00>(y, z);
            let wx_high = _mm512_shuffle_i64x2::<0b11_10_11_10>(w, x);
            let yz_high = _mm512_shuffle_i64x2::<0b11_10_11_10>(y, z);
            _mm512_storeu_si512(
                address.cast(),
                _mm512_permutex2var_epi64(wx_low, first, yz_low),
            );
            _mm512_storeu_si512(
                address.add(8).cast(),
                _mm512_permutex2var_epi64(wx_low, second, yz_low),
            );
            _mm512_storeu_si512(
                address.add(16).cast(),
                _mm512_permutex2var_epi64(wx_high, first, yz_high),
            );
            _mm512_storeu_si512(
                address.add(24).cast(),
                _mm512_permutex2var_epi64(wx_high, second, yz_high),
            );
        }
    }

    #[inline(always)]
    fn words(limbs: &[[u64; 8]; 4]) -> [__m512i; 4] {
        let mut words = [all(0); 4];
        for (word, lanes) in words.iter_mut().zip(limbs) {
            // SAFETY: there are eight words.
            *word = unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) };
        }
        words
    }

    #[inline(always)]
    fn limbs(words: [__m512i; 4]) -> [[u64; 8]; 4] {
        let mut limbs = [[0; 8]; 4];
        for (lanes, word) in limbs.iter_mut().zip(words) {
            // SAFETY: there is room for eight words.
            unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), word) };
        }
        limbs
    }

    #[inline(always)]
    fn transpose(rows: [__m512i; 8]) -> [__m512i; 8] {
        let [a, b, c, d, e, f, g, h] = rows;
        // SAFETY: the features are there (see [`crate::vector`]).
        unsafe {
            let pairs = [
                _mm512_unpacklo_epi64(a, b),
                _mm512_unpackhi_epi64(a, b),
                _mm512_unpacklo_epi64(c, d),
                _mm512_unpackhi_epi64(c, d),
                _mm512_unpacklo_epi64(e, f),
                _mm512_unpackhi_epi64(e, f),
                _mm512_unpacklo_epi64(g, h),
                _mm512_unpackhi_epi64(g, h),
            ];
            // Blocks of 128 bits: columns j and j + 2 of rows a to d, of rows e to h, then of all.
            let (even_low, even_high) = low_and_high(pairs[0], pairs[2]);
            let (even_low2, even_high2) = low_and_high(pairs[4], pairs[6]);
            let (odd_low, odd_high) = low_and_high(pairs[1], pairs[3]);
            let (odd_low2, odd_high2) = low_and_high(pairs[5], pairs[7]);
            [
                _mm512_shuffle_i64x2::<0b10_00_10_00>(even_low, even_low2),
                _mm512_shuffle_i64x2::<0b10_00_10_00>(odd_low, odd_low2),
                _mm512_shuffle_i64x2::<0b10_00_10_00>(even_high, even_high2),
                _mm512_shuffle_i64x2::<0b10_00_10_00>(odd_high, odd_high2),
                _mm512_shuffle_i64x2::<0b11_01_11_01>(even_low, even_low2),
                _mm512_shuffle_i64x2::<0b11_01_11_01>(odd_low, odd_low2),
                _mm512_shuffle_i64x2::<0b11_01_11_01>(even_high, even_high2),
                _mm512_shuffle_i64x2::<0b11_01_11_01>(odd_high, odd_high2),
            ]
        }
    }

    #[inline(always)]
    fn equal(a: [__m512i; 4], b: [__m512i; 4]) -> u8 {
        let mut mask = 0xff;
        for i in 0..4 {
            // SAFETY: as above.
            mask &= unsafe { _mm512_cmpeq_epi64_mask(a[i], b[i]) };
        }
        mask
    }

    #[inline(always)]
    fn is_zero([a, b, c, d]: [__m512i; 4]) -> u8 {
        // SAFETY: as above.
        unsafe {
            let any = _mm512_or_si512(_mm512_or_si512(a, b), _mm512_or_si512(c, d));
            _mm512_testn_epi64_mask(any, any)
        }
    }
}

#[inline(always)]
unsafe fn permutation(places: [u64; 8]) -> __m512i {
    // SAFETY: there are eight words; the caller guarantees the features.
    unsafe { _mm512_loadu_si512(places.as_ptr().cast()) }
}

/// The 128-bit blocks of two vectors: those with even numbers and those with odd numbers.
#[inline(always)]
fn low_and_high(a: __m512i, b: __m512i) -> (__m512i, __m512i) {
    // SAFETY: as above.
    unsafe {
        (
            _mm512_shuffle_i64x2::<0b10_00_10_00>(a, b),
            _mm512_shuffle_i64x2::<0b11_01_11_01>(a, b),
        )
    }
}
