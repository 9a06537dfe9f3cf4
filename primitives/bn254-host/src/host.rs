//! The host functions: fixed byte encodings in, a status and fixed byte encodings out.
//!
//! Points and scalars are encoded as in [`crate::point`], lists as plain concatenations. Each
//! function returns 0 or the code of a [`HostError`]; on an error the output buffer holds zeros. No
//! input makes a function panic.
//!
//! A function once released never changes: a different behaviour is a new `#[version]`.

#[cfg(not(substrate_runtime))]
use crate::observe::{Operation, observed};
use crate::point::PointFault;
use sp_runtime_interface::{
    pass_by::{PassFatPointerAndRead, PassFatPointerAndWrite},
    runtime_interface,
};

/// The reason that a host function gave no result.
#[derive(thiserror::Error, Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostError {
    /// Lists of different lengths, a partial element, or an output buffer of the wrong size.
    #[error("an argument has the wrong length")]
    Length,
    /// A point or scalar was refused.
    #[error("an argument was refused: {0}")]
    Point(PointFault),
    /// Final exponentiation of zero.
    #[error("zero has no final exponentiation")]
    NotInvertible,
    /// The host answered a code that this runtime does not know.
    #[error("the host answered the unknown status {0}")]
    UnknownStatus(u32),
}

impl HostError {
    /// The status code on the wire, never 0.
    pub fn code(self) -> u32 {
        match self {
            Self::Length => 1,
            Self::Point(PointFault::NonCanonical) => 2,
            Self::Point(PointFault::NotOnCurve) => 3,
            Self::Point(PointFault::NotInSubgroup) => 4,
            Self::Point(PointFault::Identity) => 5,
            Self::NotInvertible => 6,
            Self::UnknownStatus(code) => code,
        }
    }

    /// The meaning of a status code: 0 is success.
    pub fn from_code(code: u32) -> Result<(), Self> {
        Err(match code {
            0 => return Ok(()),
            1 => Self::Length,
            2 => Self::Point(PointFault::NonCanonical),
            3 => Self::Point(PointFault::NotOnCurve),
            4 => Self::Point(PointFault::NotInSubgroup),
            5 => Self::Point(PointFault::Identity),
            6 => Self::NotInvertible,
            code => Self::UnknownStatus(code),
        })
    }
}

impl From<PointFault> for HostError {
    fn from(fault: PointFault) -> Self {
        Self::Point(fault)
    }
}

/// BN254 arithmetic of the node, exported as `ext_clearproof_bn_254_NAME_version_1`.
#[runtime_interface]
pub trait ClearproofBn254 {
    /// Product of the Miller loops over the pairs of `g1` and `g2`, to 384 bytes of `out`.
    fn multi_miller_loop(
        g1: PassFatPointerAndRead<&[u8]>,
        g2: PassFatPointerAndRead<&[u8]>,
        out: PassFatPointerAndWrite<&mut [u8]>,
    ) -> u32 {
        status(Operation::MultiMillerLoop, || {
            bytes::multi_miller_loop(g1, g2, out)
        })
    }

    /// Final exponentiation of a target field element, 384 bytes to 384 bytes of `out`.
    fn final_exponentiation(
        f: PassFatPointerAndRead<&[u8]>,
        out: PassFatPointerAndWrite<&mut [u8]>,
    ) -> u32 {
        status(Operation::FinalExponentiation, || {
            bytes::final_exponentiation(f, out)
        })
    }

    /// Multi-scalar multiplication in G1, to 64 bytes of `out`.
    fn msm_g1(
        points: PassFatPointerAndRead<&[u8]>,
        scalars: PassFatPointerAndRead<&[u8]>,
        out: PassFatPointerAndWrite<&mut [u8]>,
    ) -> u32 {
        status(Operation::MsmG1, || bytes::msm_g1(points, scalars, out))
    }

    /// Multi-scalar multiplication in G2, to 128 bytes of `out`.
    fn msm_g2(
        points: PassFatPointerAndRead<&[u8]>,
        scalars: PassFatPointerAndRead<&[u8]>,
        out: PassFatPointerAndWrite<&mut [u8]>,
    ) -> u32 {
        status(Operation::MsmG2, || bytes::msm_g2(points, scalars, out))
    }

    /// Each G1 point times its scalar, to as many points in `out`.
    fn scale_g1(
        points: PassFatPointerAndRead<&[u8]>,
        scalars: PassFatPointerAndRead<&[u8]>,
        out: PassFatPointerAndWrite<&mut [u8]>,
    ) -> u32 {
        status(Operation::ScaleG1, || bytes::scale_g1(points, scalars, out))
    }

    /// 0 if every G2 point lies in the subgroup of order r.
    fn check_g2_subgroup(points: PassFatPointerAndRead<&[u8]>) -> u32 {
        status(Operation::CheckG2Subgroup, || {
            bytes::check_g2_subgroup(points)
        })
    }
}

/// Runs a host function, under the eyes of the program's observer if there is one.
#[cfg(not(substrate_runtime))]
fn status(operation: Operation, compute: impl FnOnce() -> Result<(), HostError>) -> u32 {
    let result = observed(operation, compute);
    result.err().map_or(0, HostError::code)
}

/// The host's side: bytes to points, checked, and back.
#[cfg(not(substrate_runtime))]
mod bytes {
    use super::HostError;
    use crate::{
        native,
        point::{self, G1_BYTES, G2_BYTES, PointFault, SCALAR_BYTES, TARGET_BYTES},
    };
    use alloc::vec::Vec;
    use ark_bn254::{Fq12, Fr, G1Affine, G2Affine};
    use ark_ec::CurveGroup;
    use ark_serialize::{CanonicalSerialize, Compress};

    type Status = Result<(), HostError>;

    fn list<T, const N: usize>(
        bytes: &[u8],
        decode: fn(&[u8; N]) -> Result<T, PointFault>,
    ) -> Result<Vec<T>, HostError> {
        let (chunks, rest) = bytes.as_chunks::<N>();
        if !rest.is_empty() {
            return Err(HostError::Length);
        }
        chunks
            .iter()
            .map(|c| decode(c).map_err(HostError::from))
            .collect()
    }

    fn g1_list(bytes: &[u8]) -> Result<Vec<G1Affine>, HostError> {
        list::<_, G1_BYTES>(bytes, point::decode_g1)
    }

    fn g2_list(bytes: &[u8]) -> Result<Vec<G2Affine>, HostError> {
        list::<_, G2_BYTES>(bytes, point::decode_g2)
    }

    fn scalar_list(bytes: &[u8]) -> Result<Vec<Fr>, HostError> {
        list::<_, SCALAR_BYTES>(bytes, point::decode_scalar)
    }

    fn target(f: &Fq12, out: &mut [u8]) -> Status {
        if out.len() != TARGET_BYTES {
            return Err(HostError::Length);
        }
        f.serialize_with_mode(out, Compress::No)
            .map_err(|_| HostError::Length)
    }

    fn fill(out: &mut [u8], bytes: &[u8]) -> Status {
        if out.len() != bytes.len() {
            return Err(HostError::Length);
        }
        out.copy_from_slice(bytes);
        Ok(())
    }

    pub fn multi_miller_loop(g1: &[u8], g2: &[u8], out: &mut [u8]) -> Status {
        let f = native::multi_miller_loop(&g1_list(g1)?, &g2_list(g2)?).ok_or(HostError::Length)?;
        target(&f, out)
    }

    pub fn final_exponentiation(f: &[u8], out: &mut [u8]) -> Status {
        let f = f.try_into().map_err(|_| HostError::Length)?;
        let f = point::decode_target(f)?;
        let result = native::final_exponentiation(f).ok_or(HostError::NotInvertible)?;
        target(&result, out)
    }

    pub fn msm_g1(points: &[u8], scalars: &[u8], out: &mut [u8]) -> Status {
        let sum =
            native::msm_g1(&g1_list(points)?, &scalar_list(scalars)?).ok_or(HostError::Length)?;
        fill(out, &point::encode_g1(&sum.into_affine()))
    }

    pub fn msm_g2(points: &[u8], scalars: &[u8], out: &mut [u8]) -> Status {
        let sum =
            native::msm_g2(&g2_list(points)?, &scalar_list(scalars)?).ok_or(HostError::Length)?;
        fill(out, &point::encode_g2(&sum.into_affine()))
    }

    pub fn scale_g1(points: &[u8], scalars: &[u8], out: &mut [u8]) -> Status {
        let products =
            native::scale_g1(&g1_list(points)?, &scalar_list(scalars)?).ok_or(HostError::Length)?;
        let encoded: Vec<u8> = products.iter().flat_map(point::encode_g1).collect();
        fill(out, &encoded)
    }

    pub fn check_g2_subgroup(points: &[u8]) -> Status {
        if native::g2_in_subgroup(&g2_list(points)?) {
            Ok(())
        } else {
            Err(PointFault::NotInSubgroup.into())
        }
    }
}
