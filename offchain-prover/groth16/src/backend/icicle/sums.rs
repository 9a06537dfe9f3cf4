//! Results of ICICLE's sums over points: homogeneous coordinates (X/Z, Y/Z), not in Montgomery
//! form.
//!
//! Whatever a device returns, the worst consequence is an error: a point is accepted only if it is
//! in the group.

use super::{super::checks::in_group, types::Limbs};
use ark_bn254::{Fq, Fq2, G1Projective, G2Projective};
use ark_ec::short_weierstrass::{Projective, SWCurveConfig};
use ark_ff::{BigInt, Field, PrimeField, Zero};

/// The point of G1, or the defect.
pub(super) fn g1(sum: [Limbs; 3]) -> Result<G1Projective, String> {
    let [x, y, z] = sum.map(coordinate);
    point(x?, y?, z?)
}

/// The point of G2, or the defect.
pub(super) fn g2(sum: [[Limbs; 2]; 3]) -> Result<G2Projective, String> {
    let pair = |[c0, c1]: [Limbs; 2]| Ok::<_, String>(Fq2::new(coordinate(c0)?, coordinate(c1)?));
    let [x, y, z] = sum.map(pair);
    point(x?, y?, z?)
}

fn coordinate(limbs: Limbs) -> Result<Fq, String> {
    Fq::from_bigint(BigInt(limbs))
        .ok_or_else(|| "a coordinate of the sum is not below the field's modulus".to_owned())
}

fn point<P: SWCurveConfig>(
    x: P::BaseField,
    y: P::BaseField,
    z: P::BaseField,
) -> Result<Projective<P>, String> {
    let Some(inverse) = z.inverse() else {
        return if x.is_zero() && !y.is_zero() {
            Ok(Projective::zero())
        } else {
            Err("the sum has Z = 0 and is not the point at infinity".into())
        };
    };
    in_group(x * inverse, y * inverse)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ark_bn254::{G1Affine, G2Affine, g2::Config as G2Config};
    use ark_ec::{AffineRepr, CurveGroup, short_weierstrass::Affine};
    use ark_ff::UniformRand;
    use rand::{SeedableRng, rngs::StdRng};

    const ZERO: Limbs = [0; 4];
    const ONE: Limbs = [1, 0, 0, 0];

    fn limbs(value: Fq) -> Limbs {
        value.into_bigint().0
    }

    fn pair(value: Fq2) -> [Limbs; 2] {
        [limbs(value.c0), limbs(value.c1)]
    }

    #[test]
    fn points_come_back_whatever_their_z() {
        let rng = &mut StdRng::seed_from_u64(1);
        for _ in 0..5 {
            let (point, z) = (G1Affine::rand(rng), Fq::rand(rng));
            let sum = [point.x * z, point.y * z, z].map(limbs);
            assert_eq!(g1(sum).unwrap().into_affine(), point);
            let (point, z) = (G2Affine::rand(rng), Fq2::rand(rng));
            let sum = [point.x * z, point.y * z, z].map(pair);
            assert_eq!(g2(sum).unwrap().into_affine(), point);
        }
        assert!(g1([ZERO, ONE, ZERO]).unwrap().is_zero());
        assert!(g2([[ZERO; 2], [ONE, ZERO], [ZERO; 2]]).unwrap().is_zero());
    }

    #[test]
    fn garbage_is_refused() {
        let (x, y) = G1Affine::generator().xy().unwrap();
        let (x, y) = (limbs(x), limbs(y));
        for (sum, why) in [
            ([[u64::MAX; 4]; 3], "modulus"),
            ([x, y, Fq::MODULUS.0], "modulus"),
            ([x, Fq::MODULUS.0, ONE], "modulus"),
            ([ZERO; 3], "infinity"),
            ([x, y, ZERO], "infinity"),
            ([y, x, ONE], "curve"),
            ([ZERO, ZERO, ONE], "curve"),
        ] {
            let refused = g1(sum).unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
        assert!(g2([[[u64::MAX; 4]; 2]; 3]).unwrap_err().contains("modulus"));
        assert!(g2([[ZERO; 2]; 3]).unwrap_err().contains("infinity"));
    }

    #[test]
    fn points_outside_of_the_group_are_refused() {
        // Few points of this curve lie in G2; the first one found does not.
        let point = (1_u64..)
            .find_map(|x| Affine::<G2Config>::get_point_from_x_unchecked(Fq2::from(x), false))
            .unwrap();
        assert!(point.is_on_curve());
        let refused = g2([pair(point.x), pair(point.y), [ONE, ZERO]]).unwrap_err();
        assert!(refused.contains("group"), "{refused}");
    }
}
