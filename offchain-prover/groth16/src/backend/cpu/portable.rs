//! Additions of affine points one after the other, with arkworks' fields: for processors without AVX-512 IFMA.
//!
//! The same code is compiled twice: as the build's target wants it, and for processors with BMI2 and ADX, whose wide products need not
//! disturb the flags. Sums have the form that a key's points have.

use super::adder::{Adder, Pairs, Point, SIGN};
use ark_ec::{
    short_weierstrass::{Affine, SWCurveConfig},
    AffineRepr, CurveConfig,
};
use ark_ff::{AdditiveGroup, Field};

type Coordinate<P> = <<P as Point>::Curve as CurveConfig>::BaseField;

/// Additions one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Portable {
    wide: bool,
}

impl Portable {
    /// Takes the processor's wide products where it has them.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        let wide = is_x86_feature_detected!("bmi2") && is_x86_feature_detected!("adx");
        #[cfg(not(target_arch = "x86_64"))]
        let wide = false;
        Self { wide }
    }

    /// As the build's target wants it.
    #[cfg(test)]
    pub fn plain() -> Self {
        Self { wide: false }
    }

    /// The processor's features that are used.
    pub fn features(self) -> &'static str {
        if self.wide {
            "BMI2, ADX"
        } else {
            "none"
        }
    }
}

/// Denominators, each with the product of those before.
pub(super) struct Scratch<P: Point>(Vec<(Coordinate<P>, Coordinate<P>)>);

impl<P: Point> Default for Scratch<P> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

#[inline(always)]
fn load<P: Point>(points: &[P], reference: u32) -> Option<(Coordinate<P>, Coordinate<P>)> {
    let (x, y) = points[(reference & !SIGN) as usize].affine().xy()?;
    Some((x, if reference & SIGN == 0 { y } else { -y }))
}

/// x₂ − x₁ or the tangent's 2·y; none where there is nothing to compute.
#[inline(always)]
fn denominator<P: Point>(points: &[P], left: u32, right: u32) -> Option<Coordinate<P>> {
    let ((x1, y1), (x2, y2)) = (load(points, left)?, load(points, right)?);
    if x1 != x2 {
        Some(x2 - x1)
    } else if y1 == y2 {
        Some(y1.double())
    } else {
        None
    }
}

#[inline(always)]
fn sum<P: Point>(points: &[P], left: u32, right: u32, inverse: &Coordinate<P>) -> Affine<P::Curve> {
    let (x, y) = match (load(points, left), load(points, right)) {
        (Some((x1, y1)), Some((x2, y2))) => {
            let numerator = if x1 != x2 {
                y2 - y1
            } else if y1 == y2 {
                let square = x1.square();
                square.double() + square
            } else {
                return Affine::identity();
            };
            let slope = numerator * inverse;
            let x = slope.square() - x1 - x2;
            (x, slope * (x1 - x) - y1)
        }
        (Some(point), None) | (None, Some(point)) => point,
        (None, None) => return Affine::identity(),
    };
    Affine::new_unchecked(x, y)
}

/// `target[out[i]] = source[left[i]] + source[right[i]]`; without a source, within the target.
#[inline(always)]
fn add<P: Point>(
    source: Option<&[P]>,
    target: &mut [P],
    Pairs { left, right }: Pairs<'_>,
    out: &[u32],
    Scratch(kept): &mut Scratch<P>,
) {
    kept.clear();
    let mut product = Coordinate::<P>::ONE;
    let points = source.unwrap_or(target);
    for (left, right) in left.iter().zip(right) {
        let factor = denominator(points, *left, *right).unwrap_or(Coordinate::<P>::ONE);
        kept.push((factor, product));
        product *= factor;
    }
    // Zero only where points that are on no curve were given: their sums are as wrong.
    let mut inverse = product.inverse().unwrap_or(Coordinate::<P>::ZERO);
    for (((left, right), out), (factor, before)) in
        left.iter().zip(right).zip(out).zip(&*kept).rev()
    {
        let of_factor = inverse * before;
        inverse *= factor;
        let sum = sum(source.unwrap_or(target), *left, *right, &of_factor);
        target[*out as usize] = P::of(&sum);
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "bmi1,bmi2,adx")]
fn add_wide<P: Point>(
    source: Option<&[P]>,
    target: &mut [P],
    pairs: Pairs<'_>,
    out: &[u32],
    scratch: &mut Scratch<P>,
) {
    add(source, target, pairs, out, scratch);
}

impl Portable {
    fn add<P: Point>(
        self,
        source: Option<&[P]>,
        target: &mut [P],
        pairs: Pairs<'_>,
        out: &[u32],
        scratch: &mut Scratch<P>,
    ) {
        if pairs.is_empty() {
            return;
        }
        #[cfg(target_arch = "x86_64")]
        if self.wide {
            // SAFETY: `detect` saw the features.
            return unsafe { add_wide(source, target, pairs, out, scratch) };
        }
        add(source, target, pairs, out, scratch);
    }
}

impl<P: Point> Adder<P> for Portable
where
    P::Curve: SWCurveConfig,
{
    type Scratch = Scratch<P>;

    fn add_key(
        &self,
        key: &[P],
        target: &mut [P],
        pairs: Pairs<'_>,
        out: &[u32],
        scratch: &mut Scratch<P>,
    ) {
        self.add(Some(key), target, pairs, out, scratch);
    }

    fn take_key(&self, key: &[P], target: &mut [P], refs: &[u32], out: &[u32]) {
        for (reference, out) in refs.iter().zip(out) {
            let point = key[(reference & !SIGN) as usize].affine();
            let point = if reference & SIGN == 0 { point } else { -point };
            target[*out as usize] = P::of(&point);
        }
    }

    fn add_sums(
        &self,
        sums: &[P],
        target: &mut [P],
        pairs: Pairs<'_>,
        out: &[u32],
        scratch: &mut Scratch<P>,
    ) {
        self.add(Some(sums), target, pairs, out, scratch);
    }

    fn add_in_place(&self, sums: &mut [P], pairs: Pairs<'_>, scratch: &mut Scratch<P>) {
        self.add(None, sums, pairs, pairs.left, scratch);
    }

    fn affine(&self, sum: &P) -> Affine<P::Curve> {
        sum.affine()
    }
}
