//! `libicicle_curve_bn254`: sums over points.

use crate::{
    faults::{self, Outcome},
    memory::{active, given, read, write},
    types::{MsmConfig, Refusal, code, require},
};
use ark_bn254::{Fq, Fq2, Fr, g1::Config as G1, g2::Config as G2};
use ark_ec::{
    PrimeGroup, VariableBaseMSM,
    short_weierstrass::{Affine, Projective, SWCurveConfig},
};
use ark_ff::{AdditiveGroup, BigInt, Field, Fp, MontBackend, MontConfig, PrimeField, Zero};
use std::ffi::c_int;

type Limbs = [u64; 4];

/// A coordinate and its layout in memory.
pub trait Coordinate: Field {
    /// The layout in memory.
    type Limbs: Copy;

    /// The element, if the limbs are one.
    fn from_limbs(limbs: Self::Limbs, montgomery: bool) -> Result<Self, Refusal>;
    /// The limbs, not in Montgomery form.
    fn to_limbs(self) -> Self::Limbs;
    /// Limbs that are not an element.
    fn garbage() -> Self::Limbs;
}

fn element<P: MontConfig<4>>(
    limbs: Limbs,
    montgomery: bool,
) -> Result<Fp<MontBackend<P, 4>, 4>, Refusal> {
    let number = BigInt(limbs);
    require(
        number < Fp::<MontBackend<P, 4>, 4>::MODULUS,
        Refusal::InvalidArgument,
    )?;
    if montgomery {
        Ok(Fp::new_unchecked(number))
    } else {
        Ok(Fp::new(number))
    }
}

impl Coordinate for Fq {
    type Limbs = Limbs;

    fn from_limbs(limbs: Limbs, montgomery: bool) -> Result<Self, Refusal> {
        element(limbs, montgomery)
    }

    fn to_limbs(self) -> Limbs {
        self.into_bigint().0
    }

    fn garbage() -> Limbs {
        Self::MODULUS.0
    }
}

impl Coordinate for Fq2 {
    type Limbs = [Limbs; 2];

    fn from_limbs([c0, c1]: [Limbs; 2], montgomery: bool) -> Result<Self, Refusal> {
        Ok(Self::new(
            element(c0, montgomery)?,
            element(c1, montgomery)?,
        ))
    }

    fn to_limbs(self) -> [Limbs; 2] {
        [self.c0, self.c1].map(Fq::to_limbs)
    }

    fn garbage() -> [Limbs; 2] {
        [Fq::garbage(); 2]
    }
}

/// Both coordinates zero stand for the point at infinity.
fn affine<P: SWCurveConfig<BaseField: Coordinate>>(
    limbs: [<P::BaseField as Coordinate>::Limbs; 2],
    montgomery: bool,
) -> Result<Affine<P>, Refusal> {
    let [x, y] = limbs.map(|limbs| P::BaseField::from_limbs(limbs, montgomery));
    let (x, y) = (x?, y?);
    if x.is_zero() && y.is_zero() {
        return Ok(Affine::identity());
    }
    let point = Affine::new_unchecked(x, y);
    require(point.is_on_curve(), Refusal::InvalidArgument)?;
    Ok(point)
}

/// Coordinates (X/Z, Y/Z) from those of arkworks, (X/Z², Y/Z³).
fn homogeneous<P: SWCurveConfig>(point: Projective<P>) -> [P::BaseField; 3] {
    if point.z.is_zero() {
        [P::BaseField::ZERO, P::BaseField::ONE, P::BaseField::ZERO]
    } else {
        [point.x * point.z, point.y, point.z.square() * point.z]
    }
}

/// # Safety
/// `config` is null or points to a configuration. Memory on the host to which it refers has `size`
/// elements, and room for one sum. Nothing else uses the output.
unsafe fn sum<P: SWCurveConfig<ScalarField = Fr, BaseField: Coordinate>>(
    scalars: *const Limbs,
    points: *const [<P::BaseField as Coordinate>::Limbs; 2],
    size: c_int,
    config: *const MsmConfig,
    output: *mut [<P::BaseField as Coordinate>::Limbs; 3],
) -> Result<(), Refusal> {
    active()?;
    // SAFETY: as the caller guarantees.
    let config = unsafe { given(config) }?;
    config.check()?;
    let count = usize::try_from(size).map_err(|_| Refusal::InvalidArgument)?;
    require(count > 0, Refusal::InvalidArgument)?;
    // SAFETY: as the caller guarantees.
    let (scalars, points) = unsafe {
        (
            read(scalars, count, config.are_scalars_on_device)?,
            read(points, count, config.are_points_on_device)?,
        )
    };
    let scalars: Vec<Fr> = scalars
        .into_iter()
        .map(|limbs| element(limbs, config.are_scalars_montgomery_form))
        .collect::<Result<_, _>>()?;
    let points: Vec<Affine<P>> = points
        .into_iter()
        .map(|limbs| affine(limbs, config.are_points_montgomery_form))
        .collect::<Result<_, _>>()?;
    let outcome = faults::strike(faults::Operation::Sum)?;
    let sum = Projective::<P>::msm_unchecked(&points, &scalars);
    let sum = match outcome {
        Outcome::Right => homogeneous(sum).map(P::BaseField::to_limbs),
        Outcome::Wrong => {
            homogeneous(sum + Projective::<P>::generator()).map(P::BaseField::to_limbs)
        }
        Outcome::Garbage => [P::BaseField::garbage(); 3],
        Outcome::Nothing => return Ok(()),
    };
    // SAFETY: as the caller guarantees.
    unsafe { write(output, &[sum], config.are_results_on_device) }
}

/// The sum in G1.
///
/// # Safety
/// `config` is null or points to a configuration. Memory on the host to which it refers has `size`
/// elements, and room for one sum. Nothing else uses the output.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bn254_msm(
    scalars: *const Limbs,
    points: *const [Limbs; 2],
    size: c_int,
    config: *const MsmConfig,
    output: *mut [Limbs; 3],
) -> c_int {
    // SAFETY: as the caller guarantees.
    code(unsafe { sum::<G1>(scalars, points, size, config, output) })
}

/// The sum in G2.
///
/// # Safety
/// As [`bn254_msm`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bn254_g2_msm(
    scalars: *const Limbs,
    points: *const [[Limbs; 2]; 2],
    size: c_int,
    config: *const MsmConfig,
    output: *mut [[Limbs; 2]; 3],
) -> c_int {
    // SAFETY: as the caller guarantees.
    code(unsafe { sum::<G2>(scalars, points, size, config, output) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ark_ec::CurveGroup;

    #[test]
    fn homogeneous_coordinates_are_those_of_the_point() {
        let point = (Projective::<G1>::generator() * Fr::from(5_u64)).into_affine();
        let doubled = Projective::<G1>::from(point) + point;
        assert!(doubled.z != Fq::ONE);
        let [x, y, z] = homogeneous(doubled);
        let expected = doubled.into_affine();
        assert_eq!((x / z, y / z), (expected.x, expected.y));
    }

    #[test]
    fn points_must_be_on_the_curve() {
        let point = Affine::<G1>::identity();
        assert_eq!(affine::<G1>([[0; 4]; 2], true), Ok(point));
        let one = [1, 0, 0, 0];
        assert_eq!(affine::<G1>([one, [2, 0, 0, 0]], false).unwrap().x, Fq::ONE);
        for (limbs, montgomery) in [
            ([one, one], false),
            ([one, [2, 0, 0, 0]], true),
            ([Fq::MODULUS.0, one], false),
        ] {
            assert_eq!(
                affine::<G1>(limbs, montgomery),
                Err(Refusal::InvalidArgument)
            );
        }
    }
}
