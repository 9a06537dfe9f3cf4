//! Checks of a key's points: coordinates are always below the modulus; points are members of their
//! groups, which is checked on request.

use crate::points::{G1Point, G2Point};
use ark_bn254::{Fq, G1Affine, G2Affine};
use ark_ff::{BigInt, PrimeField};
use bytemuck::Pod;
use rayon::prelude::*;

/// Four limbs of a coordinate, in memory and on disk.
pub(super) type Limbs = [u64; 4];

/// A point as it lies in a key's file.
pub(super) trait RawPoint: Pod + Send + Sync {
    /// Bytes of a point.
    const BYTES: u64 = size_of::<Self>() as u64;
    /// True if it lies on its curve and in the subgroup of prime order.
    fn is_in_group(&self) -> bool;
}

impl RawPoint for G1Point {
    fn is_in_group(&self) -> bool {
        let point = G1Affine::from(self);
        point.is_on_curve() && point.is_in_correct_subgroup_assuming_on_curve()
    }
}

impl RawPoint for G2Point {
    fn is_in_group(&self) -> bool {
        let point = G2Affine::from(self);
        point.is_on_curve() && point.is_in_correct_subgroup_assuming_on_curve()
    }
}

/// The first coordinate that is not below the modulus.
pub(super) fn first_unreduced(coordinates: &[Limbs]) -> Option<usize> {
    coordinates
        .par_iter()
        .with_min_len(1 << 12)
        .position_first(|limbs| BigInt(*limbs) >= Fq::MODULUS)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ark_ec::AffineRepr;
    use ark_ff::{Field, UniformRand};
    use rand::{SeedableRng, rngs::StdRng};

    #[test]
    fn coordinates_lie_below_the_modulus() {
        let mut list = vec![[0; 4]; 10_000];
        assert_eq!(first_unreduced(&list), None);
        list[7_777] = Fq::MODULUS.0;
        list[7_776] = (-Fq::ONE).into_bigint().0;
        assert_eq!(first_unreduced(&list), Some(7_777));
        list[3] = [0, 0, 0, u64::MAX];
        assert_eq!(first_unreduced(&list), Some(3));
    }

    #[test]
    fn members_of_the_groups_are_told_from_others() {
        let rng = &mut StdRng::seed_from_u64(3);
        assert!(G1Point::from(&G1Affine::rand(rng)).is_in_group());
        assert!(G2Point::from(&G2Affine::rand(rng)).is_in_group());
        assert!(G1Point::default().is_in_group());
        assert!(G2Point::default().is_in_group());
        let mut off = G1Point::from(&G1Affine::generator());
        off.x[0] ^= 1;
        assert!(!off.is_in_group());
        // On the curve, but not in the subgroup.
        let outside = (0u64..)
            .find_map(|x| {
                G2Affine::get_point_from_x_unchecked(
                    Field::from_random_bytes(&x.to_le_bytes())?,
                    true,
                )
                .filter(|point| !point.is_in_correct_subgroup_assuming_on_curve())
            })
            .unwrap();
        assert!(outside.is_on_curve());
        assert!(!G2Point::from(&outside).is_in_group());
    }
}
