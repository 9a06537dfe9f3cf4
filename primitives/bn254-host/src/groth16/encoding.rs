//! Reading proofs and keys: cursor and errors.

use crate::{
    backend::Backend,
    host::HostError,
    point::{self, G1_BYTES, G2_BYTES, PointFault},
};
use ark_bn254::{G1Affine, G2Affine};
use core::fmt;

/// The object to decode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object {
    /// A proof.
    Proof,
    /// A verifying key.
    VerifyingKey,
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Proof => "the proof",
            Self::VerifyingKey => "the verifying key",
        })
    }
}

/// An element of a proof or of a verifying key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// A of a proof, in G1.
    ProofA,
    /// B of a proof, in G2.
    ProofB,
    /// C of a proof, in G1.
    ProofC,
    /// α of a key, in G1.
    KeyAlpha,
    /// β of a key, in G2.
    KeyBeta,
    /// γ of a key, in G2.
    KeyGamma,
    /// δ of a key, in G2.
    KeyDelta,
    /// The point of a key for the public input with this index, in G1; index 0 is the constant one.
    KeyGammaAbc(u32),
    /// e(α, β) of a key, in the target group.
    KeyAlphaBeta,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProofA => f.write_str("A of the proof"),
            Self::ProofB => f.write_str("B of the proof"),
            Self::ProofC => f.write_str("C of the proof"),
            Self::KeyAlpha => f.write_str("alpha of the verifying key"),
            Self::KeyBeta => f.write_str("beta of the verifying key"),
            Self::KeyGamma => f.write_str("gamma of the verifying key"),
            Self::KeyDelta => f.write_str("delta of the verifying key"),
            Self::KeyAlphaBeta => f.write_str("e(alpha, beta) of the verifying key"),
            Self::KeyGammaAbc(i) => write!(f, "gamma_abc[{i}] of the verifying key"),
        }
    }
}

/// The reason that bytes or points make no proof or verifying key.
#[derive(thiserror::Error, Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecodeError {
    /// Too few or too many bytes.
    #[error("{object} has {got} bytes, expected {expected}")]
    WrongLength {
        /// The object that was decoded.
        object: Object,
        /// The length it must have; of a key too short to hold its count, the least length of a
        /// key.
        expected: usize,
        /// The length it has.
        got: usize,
    },
    /// A bad point.
    #[error("{field}: {fault}")]
    Point {
        /// Which element.
        field: Field,
        /// The problem.
        fault: PointFault,
    },
    /// A key's number of points for public inputs, the constant included, is out of bounds.
    #[error("the verifying key has {got} gamma_abc points, allowed are 1 to {limit}")]
    GammaAbcCount {
        /// The number it has.
        got: u64,
        /// The most it may have.
        limit: u32,
    },
    /// The host could not check a point.
    #[error("{field}: {error}")]
    Host {
        /// Which element.
        field: Field,
        /// The host's answer.
        error: HostError,
    },
}

impl DecodeError {
    pub(super) fn point(field: Field) -> impl Fn(PointFault) -> Self {
        move |fault| Self::Point { field, fault }
    }
}

/// Checks that a G1 point that did not come from [`Reader`] is on the curve.
pub(super) fn check_g1(field: Field, point: &G1Affine) -> Result<(), DecodeError> {
    if point.is_on_curve() {
        Ok(())
    } else {
        Err(DecodeError::point(field)(PointFault::NotOnCurve))
    }
}

/// Checks that a G2 point is on the curve and in the subgroup.
pub(super) fn check_g2<B: Backend>(field: Field, point: &G2Affine) -> Result<(), DecodeError> {
    if !point.is_on_curve() {
        return Err(DecodeError::point(field)(PointFault::NotOnCurve));
    }
    check_subgroup::<B>(field, point)
}

/// Checks that a G2 point, known to be on the curve, is in the subgroup.
pub(super) fn check_subgroup<B: Backend>(
    field: Field,
    point: &G2Affine,
) -> Result<(), DecodeError> {
    B::check_g2_subgroup(core::slice::from_ref(point)).map_err(|error| match error {
        HostError::Point(fault) => DecodeError::Point { field, fault },
        error => DecodeError::Host { field, error },
    })
}

/// Takes points from the front of bytes whose total length was checked before.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    wrong_length: DecodeError,
}

impl<'a> Reader<'a> {
    /// Refuses `bytes` if it is not exactly `expected` long.
    pub fn new(object: Object, bytes: &'a [u8], expected: usize) -> Result<Self, DecodeError> {
        let got = bytes.len();
        let wrong_length = DecodeError::WrongLength {
            object,
            expected,
            got,
        };
        if got != expected {
            return Err(wrong_length);
        }
        Ok(Self {
            rest: bytes,
            wrong_length,
        })
    }

    /// The next `N` bytes.
    pub fn take<const N: usize>(&mut self) -> Result<&'a [u8; N], DecodeError> {
        let (head, rest) = self.rest.split_first_chunk().ok_or(self.wrong_length)?;
        self.rest = rest;
        Ok(head)
    }

    /// The next G1 point: canonical, on the curve.
    pub fn g1(&mut self, field: Field) -> Result<G1Affine, DecodeError> {
        point::decode_g1(self.take::<G1_BYTES>()?).map_err(DecodeError::point(field))
    }

    /// The next G2 point: canonical, on the curve; the subgroup is not checked.
    pub fn g2(&mut self, field: Field) -> Result<G2Affine, DecodeError> {
        point::decode_g2(self.take::<G2_BYTES>()?).map_err(DecodeError::point(field))
    }
}
