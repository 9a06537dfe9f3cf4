//! Results of sums over points: Jacobian coordinates (X/Z², Y/Z³) in Montgomery form.
//!
//! Whatever a device returns, the worst consequence is an error: a point is accepted only if it is
//! in the group.

use super::{super::checks::in_group, types::Limbs};
use ark_bn254::{Fq, Fq2, G1Projective, G2Projective};
use ark_ec::short_weierstrass::{Projective, SWCurveConfig};
use ark_ff::{BigInt, Field, PrimeField, Zero};

/// The point of G1, or the defect.
pub(super) fn g1(sum: [Limbs; 3]) -> Result<G1Projective, String> {
    point(&coordinate, sum)
}

/// The point of G2, or the defect.
pub(super) fn g2(sum: [[Limbs; 2]; 3]) -> Result<G2Projective, String> {
    let pair = |[c0, c1]: [Limbs; 2]| Ok(Fq2::new(coordinate(c0)?, coordinate(c1)?));
    point(&pair, sum)
}

fn coordinate(limbs: Limbs) -> Result<Fq, String> {
    let number = BigInt(limbs);
    if number < Fq::MODULUS {
        Ok(Fq::new_unchecked(number))
    } else {
        Err("a coordinate of the sum is not below the field's modulus".into())
    }
}

fn point<P: SWCurveConfig, L>(
    read: &dyn Fn(L) -> Result<P::BaseField, String>,
    [x, y, z]: [L; 3],
) -> Result<Projective<P>, String> {
    // If Z is zero, X and Y mean nothing and may be anything.
    let Some(inverse) = read(z)?.inverse() else {
        return Ok(Projective::zero());
    };
    let square = inverse.square();
    let (x, y) = (read(x)? * square, read(y)? * square * inverse);
    in_group(x, y)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ark_bn254::{G1Affine, G2Affine, g2::Config as G2Config};
    use ark_ec::{AffineRepr, CurveGroup, short_weierstrass::Affine};
    use ark_ff::{One, UniformRand};
    use rand::{SeedableRng, rngs::StdRng};

    const ZERO: Limbs = [0; 4];
    const TOO_LARGE: Limbs = [u64::MAX; 4];

    fn limbs(value: Fq) -> Limbs {
        value.0.0
    }

    fn pair(value: Fq2) -> [Limbs; 2] {
        [limbs(value.c0), limbs(value.c1)]
    }

    #[test]
    fn points_come_back_whatever_their_z() {
        let rng = &mut StdRng::seed_from_u64(1);
        for _ in 0..5 {
            let (point, z) = (G1Affine::rand(rng), Fq::rand(rng));
            let sum = [point.x * z.square(), point.y * z.square() * z, z].map(limbs);
            assert_eq!(g1(sum).unwrap().into_affine(), point);
            let (point, z) = (G2Affine::rand(rng), Fq2::rand(rng));
            let sum = [point.x * z.square(), point.y * z.square() * z, z].map(pair);
            assert_eq!(g2(sum).unwrap().into_affine(), point);
        }
        for rest in [ZERO, TOO_LARGE] {
            assert!(g1([rest, rest, ZERO]).unwrap().is_zero());
            assert!(g2([[rest; 2], [rest; 2], [ZERO; 2]]).unwrap().is_zero());
        }
    }

    #[test]
    fn garbage_is_refused() {
        let (x, y) = G1Affine::generator().xy().unwrap();
        let (x, y, one) = (limbs(x), limbs(y), limbs(Fq::one()));
        for (sum, why) in [
            ([TOO_LARGE; 3], "modulus"),
            ([x, y, Fq::MODULUS.0], "modulus"),
            ([x, Fq::MODULUS.0, one], "modulus"),
            ([y, x, one], "curve"),
            ([ZERO, ZERO, one], "curve"),
        ] {
            let refused = g1(sum).unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
        assert!(g2([[TOO_LARGE; 2]; 3]).unwrap_err().contains("modulus"));
    }

    #[test]
    fn points_outside_of_the_group_are_refused() {
        // Few points of this curve lie in G2; the first one found does not.
        let point = (1_u64..)
            .find_map(|x| Affine::<G2Config>::get_point_from_x_unchecked(Fq2::from(x), false))
            .unwrap();
        assert!(point.is_on_curve());
        let refused = g2([pair(point.x), pair(point.y), pair(Fq2::one())]).unwrap_err();
        assert!(refused.contains("group"), "{refused}");
    }
}
