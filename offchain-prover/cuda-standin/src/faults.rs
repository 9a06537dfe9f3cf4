//! Faults on demand: possible behaviour of a broken device or of another library.
//!
//! A fault is a text such as `msm:3`: its name, and the call at which it happens, counted from 1
//! from now on.
//!
//! | name | effect |
//! | --- | --- |
//! | `version` | another version of the interface |
//! | `no-device` | there is no device when one is opened |
//! | `msm` | a wrong sum that is in the group |
//! | `msm-garbage` | a sum that is not a point |
//! | `msm-nothing` | success, and nothing is written |
//! | `msm-error` | an error of the device |
//! | `ntt` | a transform or quotient with one wrong value |
//! | `ntt-error` | an error of the device |
//! | `read-garbage` | scalars that are not below the modulus |
//! | `read-nothing` | success, and nothing is written |
//!
//! `CLEARPROOF_CUDA_STANDIN_FAULT` sets a fault when the library is loaded;
//! [`clearproof_cuda_standin_fault`] sets another one later.

use crate::error::{Code, Refusal};
use std::{
    env,
    ffi::{CStr, c_char},
    sync::{LazyLock, Mutex, PoisonError},
};

/// Operations that count towards a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Version,
    Open,
    Sum,
    Transform,
    Read,
}

/// The end of an operation that does not end with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Right,
    Wrong,
    Garbage,
    Nothing,
}

#[derive(Clone, Copy)]
struct Fault {
    operation: Operation,
    /// None stands for an error.
    outcome: Option<Outcome>,
    /// The number of calls until it happens; it happens once.
    calls: u32,
}

static FAULT: LazyLock<Mutex<Option<Fault>>> = LazyLock::new(|| {
    let text = env::var("CLEARPROOF_CUDA_STANDIN_FAULT").ok();
    Mutex::new(text.as_deref().and_then(parse))
});

fn parse(text: &str) -> Option<Fault> {
    let (what, calls) = text.split_once(':')?;
    let calls = calls.parse().ok().filter(|calls| *calls > 0)?;
    let (operation, outcome) = match what {
        "version" => (Operation::Version, Some(Outcome::Wrong)),
        "no-device" => (Operation::Open, None),
        "msm" => (Operation::Sum, Some(Outcome::Wrong)),
        "msm-garbage" => (Operation::Sum, Some(Outcome::Garbage)),
        "msm-nothing" => (Operation::Sum, Some(Outcome::Nothing)),
        "msm-error" => (Operation::Sum, None),
        "ntt" => (Operation::Transform, Some(Outcome::Wrong)),
        "ntt-error" => (Operation::Transform, None),
        "read-garbage" => (Operation::Read, Some(Outcome::Garbage)),
        "read-nothing" => (Operation::Read, Some(Outcome::Nothing)),
        _ => return None,
    };
    Some(Fault {
        operation,
        outcome,
        calls,
    })
}

/// The end of this call of `operation`.
pub(crate) fn strike(operation: Operation) -> Result<Outcome, Refusal> {
    let mut fault = FAULT.lock().unwrap_or_else(PoisonError::into_inner);
    match fault.as_mut() {
        Some(next) if next.operation == operation => {
            next.calls -= 1;
            if next.calls > 0 {
                return Ok(Outcome::Right);
            }
            let outcome = next.outcome;
            *fault = None;
            outcome.ok_or_else(|| match operation {
                Operation::Open => Refusal::new(Code::NoDevice, "no CUDA-capable device"),
                _ => Refusal::new(Code::Device, "unspecified launch failure"),
            })
        }
        _ => Ok(Outcome::Right),
    }
}

/// Sets the next fault; an empty text removes it. Returns 1 for a text that is not a fault, else 0.
///
/// # Safety
/// `text` ends with a zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clearproof_cuda_standin_fault(text: *const c_char) -> i32 {
    // SAFETY: as the caller guarantees.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    let fault = parse(&text);
    if fault.is_none() && !text.is_empty() {
        return 1;
    }
    *FAULT.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    0
}
