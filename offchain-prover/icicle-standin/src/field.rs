//! `libicicle_field_bn254`: transforms and operations on vectors.
//!
//! Numbers are read as numbers, not in Montgomery form. Linear operations leave numbers in
//! Montgomery form correct.

use crate::{
    faults,
    memory::{active, given, read, write},
    types::{NttConfig, NttInitDomainConfig, Refusal, Scalar, VecOpsConfig, code, require},
};
use ark_bn254::Fr;
use ark_ff::{BigInt, Field, One, PrimeField};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use std::{
    ffi::c_int,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The table of roots of unity: the generator of the largest subgroup, and its order's logarithm.
static DOMAIN: Mutex<Option<(Fr, u32)>> = Mutex::new(None);

fn domain() -> MutexGuard<'static, Option<(Fr, u32)>> {
    DOMAIN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The number with these limbs.
pub fn number(limbs: &Scalar) -> Result<Fr, Refusal> {
    let [l0, l1, l2, l3, l4, l5, l6, l7] = limbs.map(u64::from);
    let joined = [l0 | l1 << 32, l2 | l3 << 32, l4 | l5 << 32, l6 | l7 << 32];
    Fr::from_bigint(BigInt(joined)).ok_or(Refusal::InvalidArgument)
}

fn limbs(number: &Fr) -> Scalar {
    let BigInt(joined) = number.into_bigint();
    let mut limbs = [0; 8];
    for (index, limb) in limbs.iter_mut().enumerate() {
        *limb = (joined[index / 2] >> (32 * (index % 2))) as u32;
    }
    limbs
}

/// # Safety
/// As [`read`].
unsafe fn numbers(
    address: *const Scalar,
    count: usize,
    on_device: bool,
) -> Result<Vec<Fr>, Refusal> {
    // SAFETY: as the caller guarantees.
    unsafe { read(address, count, on_device) }?
        .iter()
        .map(number)
        .collect()
}

/// Makes the table. If there is one, nothing happens, as in ICICLE.
///
/// # Safety
/// Both are null or point to values of their types.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bn254_ntt_init_domain(
    root: *const Scalar,
    config: *const NttInitDomainConfig,
) -> c_int {
    let make = || {
        active()?;
        // SAFETY: as the caller guarantees.
        let (root, config) = unsafe { (given(root)?, given(config)?) };
        config.check()?;
        let root = number(root)?;
        let mut domain = domain();
        if domain.is_none() {
            faults::strike(faults::Operation::Roots)?;
            let mut power = root;
            let mut log_size = 0;
            while !power.is_one() {
                require(log_size < 28, Refusal::InvalidArgument)?;
                power.square_in_place();
                log_size += 1;
            }
            *domain = Some((root, log_size));
        }
        Ok(())
    };
    code(make())
}

/// Drops the table.
#[unsafe(no_mangle)]
pub extern "C" fn bn254_ntt_release_domain() -> c_int {
    code(active().map(|()| *domain() = None))
}

/// Transforms one vector.
///
/// # Safety
/// `config` is null or points to a configuration. Memory on the host to which it refers has `size`
/// scalars. Nothing else uses the output.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bn254_ntt(
    input: *const Scalar,
    size: c_int,
    direction: c_int,
    config: *const NttConfig,
    output: *mut Scalar,
) -> c_int {
    let transform = || {
        active()?;
        // SAFETY: as the caller guarantees.
        let config = unsafe { given(config) }?;
        config.check()?;
        let count = usize::try_from(size).map_err(|_| Refusal::InvalidArgument)?;
        require(count.is_power_of_two(), Refusal::InvalidArgument)?;
        let (root, log_size) = domain().ok_or(Refusal::InvalidArgument)?;
        require(count.ilog2() <= log_size, Refusal::InvalidArgument)?;
        let subgroup = subgroup(root.pow([1 << (log_size - count.ilog2())]), count)?;
        let coset = subgroup
            .get_coset(number(&config.coset_gen)?)
            .ok_or(Refusal::InvalidArgument)?;
        // SAFETY: as the caller guarantees.
        let mut values = unsafe { numbers(input, count, config.are_inputs_on_device) }?;
        match direction {
            0 => coset.fft_in_place(&mut values),
            1 => coset.ifft_in_place(&mut values),
            _ => return Err(Refusal::InvalidArgument),
        }
        if faults::strike(faults::Operation::Transform)? != faults::Outcome::Right {
            values[0] += Fr::one();
        }
        let values: Vec<_> = values.iter().map(limbs).collect();
        // SAFETY: as the caller guarantees.
        unsafe { write(output, &values, config.are_outputs_on_device) }
    };
    code(transform())
}

/// The subgroup with this generator, which need not be arkworks' own.
fn subgroup(generator: Fr, size: usize) -> Result<Radix2EvaluationDomain<Fr>, Refusal> {
    let mut subgroup = Radix2EvaluationDomain::new(size).ok_or(Refusal::InvalidArgument)?;
    subgroup.group_gen = generator;
    subgroup.group_gen_inv = generator.inverse().ok_or(Refusal::InvalidArgument)?;
    Ok(subgroup)
}

/// # Safety
/// `config` is null or points to a configuration. Memory on the host to which it refers has
/// `count_a` and `count` scalars. Nothing else uses the output.
unsafe fn element_wise(
    (a, count_a): (*const Scalar, usize),
    b: *const Scalar,
    count: u64,
    config: *const VecOpsConfig,
    output: *mut Scalar,
    operation: impl Fn(Fr, Fr) -> Fr,
) -> Result<(), Refusal> {
    active()?;
    // SAFETY: as the caller guarantees.
    let config = unsafe { given(config) }?;
    config.check()?;
    let count = usize::try_from(count).map_err(|_| Refusal::InvalidArgument)?;
    // SAFETY: as the caller guarantees.
    let (a, b) = unsafe {
        (
            numbers(a, count_a, config.is_a_on_device)?,
            numbers(b, count, config.is_b_on_device)?,
        )
    };
    let values: Vec<_> = a
        .iter()
        .cycle()
        .zip(&b)
        .map(|(a, b)| limbs(&operation(*a, *b)))
        .collect();
    // SAFETY: as the caller guarantees.
    unsafe { write(output, &values, config.is_result_on_device) }
}

/// Products, element by element.
///
/// # Safety
/// `config` is null or points to a configuration. Memory on the host to which it refers has `count`
/// scalars. Nothing else uses the output.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bn254_vector_mul(
    a: *const Scalar,
    b: *const Scalar,
    count: u64,
    config: *const VecOpsConfig,
    output: *mut Scalar,
) -> c_int {
    // SAFETY: as the caller guarantees.
    code(unsafe { element_wise((a, count as usize), b, count, config, output, |a, b| a * b) })
}

/// Differences, element by element.
///
/// # Safety
/// As [`bn254_vector_mul`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bn254_vector_sub(
    a: *const Scalar,
    b: *const Scalar,
    count: u64,
    config: *const VecOpsConfig,
    output: *mut Scalar,
) -> c_int {
    // SAFETY: as the caller guarantees.
    code(unsafe { element_wise((a, count as usize), b, count, config, output, |a, b| a - b) })
}

/// Products of one scalar with all elements of a vector.
///
/// # Safety
/// As [`bn254_vector_mul`], except that `a` is a single scalar.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bn254_scalar_mul_vec(
    a: *const Scalar,
    b: *const Scalar,
    count: u64,
    config: *const VecOpsConfig,
    output: *mut Scalar,
) -> c_int {
    // SAFETY: as the caller guarantees.
    code(unsafe { element_wise((a, 1), b, count, config, output, |a, b| a * b) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn limbs_are_numbers_below_the_modulus() {
        for value in [Fr::from(0_u64), Fr::from(u64::MAX), -Fr::one()] {
            assert_eq!(number(&limbs(&value)), Ok(value));
        }
        assert_eq!(limbs(&Fr::from((5_u64 << 32) + 7))[..3], [7, 5, 0]);
        let mut modulus = limbs(&-Fr::one());
        modulus[0] += 1;
        assert_eq!(number(&modulus), Err(Refusal::InvalidArgument));
    }
}
