//! Additions of affine points with AVX-512 IFMA: the safe side of [`super::ifma_affine`].

use super::{
    adder::{check, Adder, Pairs, Point},
    ifma_affine::{self, Scratch},
};
use crate::points::{G1Point, G2Point};
use ark_bn254::{Fq, Fq2};
use ark_ec::{short_weierstrass::Affine, AffineRepr};
use ark_ff::MontFp;

/// Additions side by side. Exists only where the processor can do them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vectors(());

impl Vectors {
    /// None where the processor lacks a feature.
    pub fn detect() -> Option<Self> {
        ifma_affine::available().then_some(Self(()))
    }
}

/// Sums are in Montgomery form with 2²⁶⁰, arkworks' with 2²⁵⁶.
const SIXTEENTH: Fq =
    MontFp!("12312136615409592312513603231707217237391675025980025810262583815737939742328");

macro_rules! adder {
    ($point:ty, $add_key:ident, $add_sums:ident, $take:ident, $affine:expr) => {
        impl Adder<$point> for Vectors {
            type Scratch = Scratch;

            fn add_key(
                &self,
                key: &[$point],
                target: &mut [$point],
                pairs: Pairs<'_>,
                out: &[u32],
                scratch: &mut Scratch,
            ) {
                if pairs.is_empty() {
                    return;
                }
                pairs.check(key.len());
                check(out, target.len());
                assert_eq!(pairs.left.len(), out.len());
                let refs = [pairs.left, pairs.right, out];
                // SAFETY: all references were looked at, and a `Vectors` exists only where the features do.
                unsafe { ifma_affine::$add_key(key.as_ptr(), target.as_mut_ptr(), refs, scratch) }
            }

            fn take_key(&self, key: &[$point], target: &mut [$point], refs: &[u32], out: &[u32]) {
                check(refs, key.len());
                check(out, target.len());
                assert_eq!(refs.len(), out.len());
                // SAFETY: as above.
                unsafe { ifma_affine::$take(key.as_ptr(), target.as_mut_ptr(), refs, out) }
            }

            fn add_sums(
                &self,
                sums: &[$point],
                target: &mut [$point],
                pairs: Pairs<'_>,
                out: &[u32],
                scratch: &mut Scratch,
            ) {
                if pairs.is_empty() {
                    return;
                }
                pairs.check(sums.len());
                check(out, target.len());
                assert_eq!(pairs.left.len(), out.len());
                let refs = [pairs.left, pairs.right, out];
                // SAFETY: as above.
                unsafe { ifma_affine::$add_sums(sums.as_ptr(), target.as_mut_ptr(), refs, scratch) }
            }

            fn add_in_place(&self, sums: &mut [$point], pairs: Pairs<'_>, scratch: &mut Scratch) {
                if pairs.is_empty() {
                    return;
                }
                pairs.check(sums.len());
                let places = sums.as_mut_ptr();
                let refs = [pairs.left, pairs.right, pairs.left];
                // SAFETY: as above; one pointer serves for reading and writing, and the caller's places are all different.
                unsafe { ifma_affine::$add_sums(places, places, refs, scratch) }
            }

            fn affine(&self, sum: &$point) -> Affine<<$point as Point>::Curve> {
                let scale = $affine;
                let point = sum.affine();
                point
                    .xy()
                    .map_or(point, |(x, y)| Affine::new_unchecked(scale(x), scale(y)))
            }
        }
    };
}

adder!(G1Point, add_key_g1, add_sums_g1, take_g1, |value: Fq| value
    * SIXTEENTH);
adder!(G2Point, add_key_g2, add_sums_g2, take_g2, |value: Fq2| {
    Fq2::new(value.c0 * SIXTEENTH, value.c1 * SIXTEENTH)
});
