//! Numbers and points in the caller's memory.

use crate::error::{Refusal, require};
use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::{
    VariableBaseMSM,
    short_weierstrass::{Affine, Projective, SWCurveConfig},
};
use ark_ff::{BigInt, Field, Fp, MontBackend, MontConfig, PrimeField, Zero};

/// A vector on the device.
pub(crate) enum Held {
    Scalars(Vec<Fr>),
    G1(Vec<G1Affine>),
    G2(Vec<G2Affine>),
}

impl Held {
    /// Number of limbs of one element of a kind.
    pub(crate) fn width(kind: u32) -> Result<usize, Refusal> {
        require(kind <= 2, format!("no kind of vector is {kind}"))?;
        Ok(4 << kind)
    }

    pub(crate) fn new(kind: u32, limbs: &[u64]) -> Result<Self, Refusal> {
        let width = Self::width(kind)?;
        let elements = limbs.chunks_exact(width);
        Ok(match kind {
            0 => Self::Scalars(elements.map(number).collect::<Result<_, _>>()?),
            1 => Self::G1(elements.map(point).collect::<Result<_, _>>()?),
            _ => Self::G2(elements.map(point).collect::<Result<_, _>>()?),
        })
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Scalars(scalars) => scalars.len(),
            Self::G1(points) => points.len(),
            Self::G2(points) => points.len(),
        }
    }

    /// Bytes on a device.
    pub(crate) fn bytes(&self) -> u64 {
        let width = match self {
            Self::Scalars(_) => 32,
            Self::G1(_) => 64,
            Self::G2(_) => 128,
        };
        self.len() as u64 * width
    }

    pub(crate) fn scalars(&self, name: &str) -> Result<&[Fr], Refusal> {
        match self {
            Self::Scalars(scalars) => Ok(scalars),
            _ => require(false, format!("{name} is no vector of scalars")).map(|()| &[][..]),
        }
    }
}

/// Coordinates made of limbs in Montgomery form.
pub(crate) trait Coordinate: Field {
    fn read(limbs: &[u64]) -> Result<Self, Refusal>;
    fn write(self) -> Vec<u64>;
}

fn number<P: MontConfig<4>>(limbs: &[u64]) -> Result<Fp<MontBackend<P, 4>, 4>, Refusal> {
    let mut number = BigInt::default();
    number.0.copy_from_slice(limbs);
    require(
        number < Fp::<MontBackend<P, 4>, 4>::MODULUS,
        "a number is not below its modulus",
    )?;
    Ok(Fp::new_unchecked(number))
}

impl Coordinate for Fq {
    fn read(limbs: &[u64]) -> Result<Self, Refusal> {
        number(limbs)
    }

    fn write(self) -> Vec<u64> {
        self.0.0.to_vec()
    }
}

impl Coordinate for Fq2 {
    fn read(limbs: &[u64]) -> Result<Self, Refusal> {
        Ok(Self::new(number(&limbs[..4])?, number(&limbs[4..])?))
    }

    fn write(self) -> Vec<u64> {
        [self.c0, self.c1].map(Fq::write).concat()
    }
}

fn point<P: SWCurveConfig<BaseField: Coordinate>>(limbs: &[u64]) -> Result<Affine<P>, Refusal> {
    let (x, y) = limbs.split_at(limbs.len() / 2);
    let (x, y) = (P::BaseField::read(x)?, P::BaseField::read(y)?);
    if x.is_zero() && y.is_zero() {
        return Ok(Affine::identity());
    }
    let point = Affine::new_unchecked(x, y);
    require(point.is_on_curve(), "a point is not on its curve")?;
    Ok(point)
}

/// A sum in Jacobian coordinates, with a Z that is not one, and zero only for the point at
/// infinity.
pub(crate) fn sum<P: SWCurveConfig<ScalarField = Fr, BaseField: Coordinate>>(
    bases: &[Affine<P>],
    scalars: &[Fr],
    wrong: bool,
) -> Vec<u64> {
    let mut sum = Projective::<P>::msm_unchecked(bases, scalars);
    if wrong {
        sum += P::GENERATOR;
    }
    let factor = P::BaseField::from(3_u64);
    let square = factor.square();
    [sum.x * square, sum.y * square * factor, sum.z * factor]
        .map(Coordinate::write)
        .concat()
}

/// The limbs of a scalar in memory.
pub(crate) fn limbs(scalar: Fr) -> [u64; 4] {
    scalar.0.0
}
