//! Additions of affine points side by side: the safe interface of [`crate::affine`].

use super::{
    adder::{Adder, Pairs, Point, check},
    affine::{Add, Packed, Scratch, Take},
    vector::{Instructions, Vector, power_of_two},
};
use crate::points::{G1Point, G2Point};
use ark_bn254::{Fq, Fq2};
use ark_ec::{AffineRepr, short_weierstrass::Affine};
use std::marker::PhantomData;

/// Adds points side by side. A value exists only if the processor has the instructions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vectors<I> {
    /// Brings coordinates of sums into arkworks' form.
    scale: Fq,
    instructions: PhantomData<I>,
}

impl<I: Instructions> Vectors<I> {
    /// None if the processor lacks a feature.
    pub fn detect() -> Option<Self> {
        I::available().then(|| Self {
            scale: power_of_two(-I::Base::COORDINATES),
            instructions: PhantomData,
        })
    }

    /// `target[out[i]] = source[left[i]] + source[right[i]]`. Without a source, the points are read
    /// from the target; the caller's places are all different then.
    fn add<P: Packed<I::Base>, const KEY: bool>(
        source: Option<&[P]>,
        target: &mut [P],
        Pairs { left, right }: Pairs<'_>,
        out: &[u32],
        scratch: &mut Scratch<I::Base>,
    ) {
        if left.is_empty() {
            return;
        }
        Pairs { left, right }.check(source.map_or(target.len(), <[P]>::len));
        check(out, target.len());
        assert_eq!(left.len(), out.len());
        // Without a source one pointer serves for reading and writing.
        let target = target.as_mut_ptr();
        let job = Add::<_, _, KEY> {
            source: source.map_or(target.cast_const(), <[P]>::as_ptr),
            target,
            left,
            right,
            out,
            scratch,
        };
        // SAFETY: all references were checked, and a `Vectors` exists only if the processor has the
        // features.
        unsafe { I::run(job) }
    }
}

macro_rules! adder {
    ($point:ty, $scaled:expr) => {
        impl<I: Instructions> Adder<$point> for Vectors<I> {
            type Scratch = Scratch<I::Base>;

            fn add_key(
                &self,
                key: &[$point],
                target: &mut [$point],
                pairs: Pairs<'_>,
                out: &[u32],
                scratch: &mut Self::Scratch,
            ) {
                Self::add::<_, true>(Some(key), target, pairs, out, scratch);
            }

            fn take_key(&self, key: &[$point], target: &mut [$point], refs: &[u32], out: &[u32]) {
                check(refs, key.len());
                check(out, target.len());
                assert_eq!(refs.len(), out.len());
                let job = Take {
                    source: key.as_ptr(),
                    target: target.as_mut_ptr(),
                    refs,
                    out,
                };
                // SAFETY: as above.
                unsafe { I::run(job) }
            }

            fn add_sums(
                &self,
                sums: &[$point],
                target: &mut [$point],
                pairs: Pairs<'_>,
                out: &[u32],
                scratch: &mut Self::Scratch,
            ) {
                Self::add::<_, false>(Some(sums), target, pairs, out, scratch);
            }

            fn add_in_place(
                &self,
                sums: &mut [$point],
                pairs: Pairs<'_>,
                scratch: &mut Self::Scratch,
            ) {
                Self::add::<_, false>(None, sums, pairs, pairs.left, scratch);
            }

            fn affine(&self, sum: &$point) -> Affine<<$point as Point>::Curve> {
                let scaled = $scaled;
                let point = sum.affine();
                point.xy().map_or(point, |(x, y)| {
                    Affine::new_unchecked(scaled(x, self.scale), scaled(y, self.scale))
                })
            }
        }
    };
}

adder!(G1Point, |value: Fq, scale: Fq| value * scale);
adder!(G2Point, |value: Fq2, scale: Fq| Fq2::new(
    value.c0 * scale,
    value.c1 * scale
));
