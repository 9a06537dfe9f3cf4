//! The header's functions.

use crate::{
    error::{Code, Refusal, require},
    faults::{Operation, Outcome, strike},
    points::{Held, limbs, sum},
    state::{Device, Message, Owned, device},
};
use ark_bn254::Fr;
use ark_ff::{BigInt, FftField, One, PrimeField};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use std::{ffi::c_char, slice};

/// The header's `clearproof_cuda_context`; never dereferenced.
pub struct Context(());

/// The header's `clearproof_cuda_vector`; never dereferenced.
pub struct Vector(());

/// The header's `clearproof_cuda_device`.
#[repr(C)]
pub struct DeviceInfo {
    name: [u8; 256],
    memory_total: u64,
    memory_free: u64,
    major: u32,
    minor: u32,
}

const VERSION: u32 = 1;

/// Runs a call on the device and returns its code.
///
/// # Safety
/// There is room for a message as stated, unless its pointer is null.
unsafe fn call(
    text: *mut c_char,
    room: u64,
    work: impl FnOnce(&mut Device) -> Result<(), Refusal>,
) -> i32 {
    let result = work(&mut device());
    // SAFETY: as the caller guarantees.
    unsafe { Message { text, room }.end(result) }
}

fn written<T>(to: *mut T, name: &str, value: T) -> Result<(), Refusal> {
    require(!to.is_null(), format!("{name} is null"))?;
    // SAFETY: the functions' callers guarantee that pointers that are not null can be written to.
    unsafe { to.write(value) };
    Ok(())
}

fn size(count: u64) -> Result<usize, Refusal> {
    require(count < 1 << 31, "more than 2^31 - 1 elements")?;
    usize::try_from(count).map_err(|_| Refusal::new(Code::Argument, "too many elements"))
}

/// The version of the interface.
#[unsafe(no_mangle)]
pub extern "C" fn clearproof_cuda_version() -> u32 {
    match strike(Operation::Version) {
        Ok(Outcome::Right) => VERSION,
        _ => VERSION + 1,
    }
}

/// Writes the number of devices, which is one.
///
/// # Safety
/// As stated in the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clearproof_cuda_device_count(
    count: *mut u32,
    text: *mut c_char,
    room: u64,
) -> i32 {
    // SAFETY: as the caller guarantees.
    unsafe { call(text, room, |_| written(count, "count", 1)) }
}

/// Opens the device.
///
/// # Safety
/// As stated in the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clearproof_cuda_open(
    index: u32,
    context: *mut *mut Context,
    text: *mut c_char,
    room: u64,
) -> i32 {
    let open = |device: &mut Device| {
        strike(Operation::Open)?;
        if index > 0 {
            let reason = format!("no device {index}, there are 1, counted from 0");
            return Err(Refusal::new(Code::NoDevice, reason));
        }
        let handle = device.handle();
        written(context, "context", handle as *mut Context)?;
        device.contexts.insert(handle);
        Ok(())
    };
    // SAFETY: as the caller guarantees.
    unsafe { call(text, room, open) }
}

/// Closes the device.
///
/// # Safety
/// As stated in the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clearproof_cuda_close(
    context: *mut Context,
    text: *mut c_char,
    room: u64,
) -> i32 {
    let context = context as usize;
    let close = |device: &mut Device| {
        device.context(context)?;
        let left = device
            .vectors
            .values()
            .any(|vector| vector.context == context);
        require(!left, "there are vectors left")?;
        device.contexts.remove(&context);
        Ok(())
    };
    // SAFETY: as the caller guarantees.
    unsafe { call(text, room, close) }
}

/// The device's name and memory.
///
/// # Safety
/// As stated in the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clearproof_cuda_device_info(
    context: *mut Context,
    info: *mut DeviceInfo,
    text: *mut c_char,
    room: u64,
) -> i32 {
    let describe = |device: &mut Device| {
        device.context(context as usize)?;
        let mut name = [0; 256];
        let text = b"stand-in";
        name[..text.len()].copy_from_slice(text);
        let description = DeviceInfo {
            name,
            memory_total: device.memory,
            memory_free: device.memory.saturating_sub(device.used()),
            major: 9,
            minor: 0,
        };
        written(info, "device", description)
    };
    // SAFETY: as the caller guarantees.
    unsafe { call(text, room, describe) }
}

/// Copies a vector to the device.
///
/// # Safety
/// As stated in the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clearproof_cuda_upload(
    context: *mut Context,
    kind: u32,
    given: *const u64,
    count: u64,
    vector: *mut *mut Vector,
    text: *mut c_char,
    room: u64,
) -> i32 {
    let upload = |device: &mut Device| {
        device.context(context as usize)?;
        require(!vector.is_null(), "vector is null")?;
        require(!given.is_null() || count == 0, "limbs is null")?;
        let length = size(count)? * Held::width(kind)?;
        let given = match count {
            0 => &[][..],
            // SAFETY: as the caller guarantees.
            _ => unsafe { slice::from_raw_parts(given, length) },
        };
        let held = Held::new(kind, given)?;
        if device.used() + held.bytes() > device.memory {
            return Err(Refusal::new(Code::Memory, "out of memory"));
        }
        let handle = device.handle();
        let context = context as usize;
        device.vectors.insert(handle, Owned { context, held });
        written(vector, "vector", handle as *mut Vector)
    };
    // SAFETY: as the caller guarantees.
    unsafe { call(text, room, upload) }
}

/// Copies scalars back.
///
/// # Safety
/// As stated in the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clearproof_cuda_download(
    context: *mut Context,
    vector: *const Vector,
    to: *mut u64,
    count: u64,
    text: *mut c_char,
    room: u64,
) -> i32 {
    let download = |device: &mut Device| {
        device.context(context as usize)?;
        let scalars = device
            .vector(context as usize, vector as usize, "vector")?
            .scalars("vector")?;
        require(
            scalars.len() as u64 == count,
            format!("room for {count} scalars, the vector has {}", scalars.len()),
        )?;
        require(!to.is_null() || count == 0, "limbs is null")?;
        let outcome = strike(Operation::Read)?;
        for (index, scalar) in scalars.iter().enumerate() {
            let limbs = match outcome {
                Outcome::Nothing => return Ok(()),
                Outcome::Garbage => Fr::MODULUS.0,
                _ => limbs(*scalar),
            };
            // SAFETY: the caller guarantees room for this number of scalars.
            unsafe { to.cast::<[u64; 4]>().add(index).write(limbs) };
        }
        Ok(())
    };
    // SAFETY: as the caller guarantees.
    unsafe { call(text, room, download) }
}

/// Frees a vector.
///
/// # Safety
/// As stated in the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clearproof_cuda_free(
    context: *mut Context,
    vector: *mut Vector,
    text: *mut c_char,
    room: u64,
) -> i32 {
    let free = |device: &mut Device| {
        device.context(context as usize)?;
        device.vector(context as usize, vector as usize, "vector")?;
        device.vectors.remove(&(vector as usize));
        Ok(())
    };
    // SAFETY: as the caller guarantees.
    unsafe { call(text, room, free) }
}

/// A sum over points.
///
/// # Safety
/// As stated in the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clearproof_cuda_msm(
    context: *mut Context,
    bases: *const Vector,
    scalars: *const Vector,
    offset: u64,
    to: *mut u64,
    room_for: u64,
    text: *mut c_char,
    room: u64,
) -> i32 {
    let msm = |device: &mut Device| {
        let context = context as usize;
        device.context(context)?;
        let bases = device.vector(context, bases as usize, "bases")?;
        let scalars = device
            .vector(context, scalars as usize, "scalars")?
            .scalars("scalars")?;
        let used = usize::try_from(offset)
            .ok()
            .and_then(|offset| scalars.get(offset..offset.checked_add(bases.len())?))
            .ok_or_else(|| Refusal::new(Code::Argument, "there are fewer scalars than bases"))?;
        require(!to.is_null(), "sum is null")?;
        let needed = match bases {
            Held::Scalars(_) => return require(false, "bases is no vector of points"),
            Held::G1(_) => 12,
            Held::G2(_) => 24,
        };
        require(
            room_for == needed,
            "room for the sum: 12 limbs for G1, 24 for G2",
        )?;
        let outcome = strike(Operation::Sum)?;
        let wrong = outcome == Outcome::Wrong;
        let result = match (outcome, bases) {
            (Outcome::Nothing, _) | (_, Held::Scalars(_)) => return Ok(()),
            // A point (1, 1), which lies on neither curve.
            (Outcome::Garbage, Held::G1(_)) => {
                [limbs_of_one(), limbs_of_one(), limbs_of_one()].concat()
            }
            (Outcome::Garbage, Held::G2(_)) => [limbs_of_one(), vec![0; 4]].concat().repeat(3),
            (_, Held::G1(bases)) => sum(bases, used, wrong),
            (_, Held::G2(bases)) => sum(bases, used, wrong),
        };
        // SAFETY: the caller guarantees room for this number of limbs.
        unsafe { to.copy_from_nonoverlapping(result.as_ptr(), result.len()) };
        Ok(())
    };
    // SAFETY: as the caller guarantees.
    unsafe { call(text, room, msm) }
}

fn limbs_of_one() -> Vec<u64> {
    ark_bn254::Fq::one().0.0.to_vec()
}

fn domain(count: usize, coset: bool) -> Result<Radix2EvaluationDomain<Fr>, Refusal> {
    let refuse = || {
        let reason = "the number of scalars is no power of two up to 2^28";
        Refusal::new(Code::Argument, reason)
    };
    if !count.is_power_of_two() {
        return Err(refuse());
    }
    let domain = Radix2EvaluationDomain::new(count).ok_or_else(refuse)?;
    if coset {
        domain.get_coset(Fr::GENERATOR).ok_or_else(refuse)
    } else {
        Ok(domain)
    }
}

fn transform(values: &mut Vec<Fr>, inverse: bool, coset: bool) -> Result<(), Refusal> {
    let domain = domain(values.len(), coset)?;
    if inverse {
        domain.ifft_in_place(values);
    } else {
        domain.fft_in_place(values);
    }
    Ok(())
}

/// Replaces a vector's scalars. For a wrong outcome the first one is changed, because the last one
/// of a quotient is not used.
fn replace(
    device: &mut Device,
    vector: usize,
    mut values: Vec<Fr>,
    outcome: Outcome,
) -> Result<(), Refusal> {
    if outcome == Outcome::Wrong
        && let Some(value) = values.first_mut()
    {
        *value += Fr::one();
    }
    if let Some(owned) = device.vectors.get_mut(&vector) {
        owned.held = Held::Scalars(values);
    }
    Ok(())
}

/// Transforms scalars in place.
///
/// # Safety
/// As stated in the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clearproof_cuda_ntt(
    context: *mut Context,
    values: *mut Vector,
    inverse: u32,
    coset: u32,
    text: *mut c_char,
    room: u64,
) -> i32 {
    let ntt = |device: &mut Device| {
        let (context, values) = (context as usize, values as usize);
        device.context(context)?;
        let held = device
            .vector(context, values, "values")?
            .scalars("values")?;
        require(inverse <= 1 && coset <= 1, "inverse and coset are 0 or 1")?;
        let mut scalars = held.to_vec();
        domain(scalars.len(), false)?;
        let outcome = strike(Operation::Transform)?;
        transform(&mut scalars, inverse == 1, coset == 1)?;
        replace(device, values, scalars, outcome)
    };
    // SAFETY: as the caller guarantees.
    unsafe { call(text, room, ntt) }
}

/// Reads three vectors of one length, and a factor.
///
/// # Safety
/// `factor` is null or has four limbs.
unsafe fn three(
    device: &Device,
    context: usize,
    vectors: [usize; 3],
    factor: *const u64,
) -> Result<([Vec<Fr>; 3], Fr), Refusal> {
    device.context(context)?;
    let scalars = |index: usize, name: &str| {
        let held = device.vector(context, vectors[index], name)?;
        Ok::<_, Refusal>(held.scalars(name)?.to_vec())
    };
    let (a, b, c) = (scalars(0, "a")?, scalars(1, "b")?, scalars(2, "c")?);
    require(!factor.is_null(), "factor is null")?;
    require(
        a.len() == b.len() && a.len() == c.len(),
        "a, b and c differ in length",
    )?;
    let [first, second, third] = vectors;
    require(
        first != second && first != third && second != third,
        "a, b and c are not three vectors",
    )?;
    // SAFETY: as the caller guarantees.
    let factor = BigInt(unsafe { factor.cast::<[u64; 4]>().read() });
    require(factor < Fr::MODULUS, "factor is not below its modulus")?;
    Ok(([a, b, c], Fr::new_unchecked(factor)))
}

fn divide([a, b, c]: &mut [Vec<Fr>; 3], factor: Fr) {
    for ((a, b), c) in a.iter_mut().zip(b).zip(c) {
        *a = (*a * *b - *c) * factor;
    }
}

/// (a·b − c)·factor, element by element.
///
/// # Safety
/// As stated in the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clearproof_cuda_divide(
    context: *mut Context,
    a: *mut Vector,
    b: *const Vector,
    c: *const Vector,
    factor: *const u64,
    text: *mut c_char,
    room: u64,
) -> i32 {
    let vectors = [a as usize, b as usize, c as usize];
    let work = |device: &mut Device| {
        // SAFETY: as the caller guarantees.
        let (mut values, factor) = unsafe { three(device, context as usize, vectors, factor) }?;
        let outcome = strike(Operation::Transform)?;
        divide(&mut values, factor);
        let [a, ..] = values;
        replace(device, vectors[0], a, outcome)
    };
    // SAFETY: as the caller guarantees.
    unsafe { call(text, room, work) }
}

/// Coefficients of (a·b − c)·factor. The header does not define the contents of b and c afterwards,
/// so they are made useless.
///
/// # Safety
/// As stated in the header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clearproof_cuda_quotient(
    context: *mut Context,
    a: *mut Vector,
    b: *mut Vector,
    c: *mut Vector,
    factor: *const u64,
    text: *mut c_char,
    room: u64,
) -> i32 {
    let vectors = [a as usize, b as usize, c as usize];
    let work = |device: &mut Device| {
        // SAFETY: as the caller guarantees.
        let (mut values, factor) = unsafe { three(device, context as usize, vectors, factor) }?;
        domain(values[0].len(), false)?;
        let outcome = strike(Operation::Transform)?;
        for values in &mut values {
            transform(values, true, false)?;
            transform(values, false, true)?;
        }
        divide(&mut values, factor);
        let [mut a, mut b, mut c] = values;
        transform(&mut a, true, true)?;
        b.reverse();
        c.reverse();
        replace(device, vectors[0], a, outcome)?;
        replace(device, vectors[1], b, Outcome::Right)?;
        replace(device, vectors[2], c, Outcome::Right)
    };
    // SAFETY: as the caller guarantees.
    unsafe { call(text, room, work) }
}

/// Sets the bytes of memory that the device has.
#[unsafe(no_mangle)]
pub extern "C" fn clearproof_cuda_standin_memory(bytes: u64) {
    device().memory = bytes;
}

/// Bytes of the device's memory in use, plus one for each open context.
#[unsafe(no_mangle)]
pub extern "C" fn clearproof_cuda_standin_used() -> u64 {
    let device = device();
    device.used() + device.contexts.len() as u64
}
