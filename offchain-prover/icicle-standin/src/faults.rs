//! Faults on demand: possible behaviour of a broken device or a broken library.
//!
//! A fault is a text such as `msm:3`: its name, and the call at which it happens, counted from 1
//! from now on.
//!
//! | name | effect |
//! | --- | --- |
//! | `msm` | a wrong sum that is in the group |
//! | `msm-garbage` | a sum that is not a point |
//! | `msm-nothing` | success, and nothing is written |
//! | `msm-error` | `UNKNOWN_ERROR` |
//! | `ntt` | a transform with one wrong value |
//! | `ntt-error` | `UNKNOWN_ERROR` |
//! | `roots-error` | `UNKNOWN_ERROR` when a table of roots of unity is made |
//!
//! `ICICLE_STANDIN_FAULT` sets a fault when the library is loaded; [`icicle_standin_fault`] sets
//! another one later.

use crate::{
    memory,
    types::{Refusal, code, require},
};
use std::{
    env,
    ffi::{CStr, c_char, c_int},
    sync::{LazyLock, Mutex, PoisonError},
};

/// Operations that count towards a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A sum over points, in G1 or G2.
    Sum,
    /// A transform.
    Transform,
    /// Making a table of roots of unity.
    Roots,
}

/// The end of an operation that does not end with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With the right result.
    Right,
    /// With a wrong result.
    Wrong,
    /// With something that is not a result.
    Garbage,
    /// Without a result.
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fault {
    operation: Operation,
    /// None stands for an error.
    outcome: Option<Outcome>,
    /// The number of calls until it happens; it happens once.
    calls: u32,
}

static FAULT: LazyLock<Mutex<Option<Fault>>> = LazyLock::new(|| {
    Mutex::new(
        env::var("ICICLE_STANDIN_FAULT")
            .ok()
            .as_deref()
            .and_then(parse),
    )
});

fn parse(text: &str) -> Option<Fault> {
    let (what, calls) = text.split_once(':')?;
    let calls = calls.parse().ok().filter(|calls| *calls > 0)?;
    let (operation, outcome) = match what {
        "msm" => (Operation::Sum, Some(Outcome::Wrong)),
        "msm-garbage" => (Operation::Sum, Some(Outcome::Garbage)),
        "msm-nothing" => (Operation::Sum, Some(Outcome::Nothing)),
        "msm-error" => (Operation::Sum, None),
        "ntt" => (Operation::Transform, Some(Outcome::Wrong)),
        "ntt-error" => (Operation::Transform, None),
        "roots-error" => (Operation::Roots, None),
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
            outcome.ok_or(Refusal::Unknown)
        }
        _ => Ok(Outcome::Right),
    }
}

/// Sets the next fault; an empty text removes it. Returns `INVALID_ARGUMENT` for a text that is not
/// a fault.
///
/// # Safety
/// `text` is null or ends with a zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn icicle_standin_fault(text: *const c_char) -> c_int {
    let set = || {
        // SAFETY: the text is not null, so it ends with a zero.
        let text = unsafe { memory::given(text).map(|text| CStr::from_ptr(text)) }?;
        let text = text.to_str().map_err(|_| Refusal::InvalidArgument)?;
        let fault = parse(text);
        require(fault.is_some() || text.is_empty(), Refusal::InvalidArgument)?;
        *FAULT.lock().unwrap_or_else(PoisonError::into_inner) = fault;
        Ok(())
    };
    code(set())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_strike_once_at_their_call() {
        // SAFETY: the text ends with a zero.
        let set = |text: &CStr| unsafe { icicle_standin_fault(text.as_ptr()) };
        for text in [c"msm", c"msm:0", c"msm:-1", c"msm:x", c"sum:1", c":"] {
            assert_eq!(set(text), 11, "{text:?}");
        }
        assert_eq!(set(c"msm:2"), 0);
        assert_eq!(strike(Operation::Transform), Ok(Outcome::Right));
        assert_eq!(strike(Operation::Sum), Ok(Outcome::Right));
        assert_eq!(strike(Operation::Sum), Ok(Outcome::Wrong));
        assert_eq!(strike(Operation::Sum), Ok(Outcome::Right));
        assert_eq!(set(c"ntt-error:1"), 0);
        assert_eq!(strike(Operation::Transform), Err(Refusal::Unknown));
        assert_eq!(set(c"msm-garbage:1"), 0);
        assert_eq!(set(c""), 0);
        assert_eq!(strike(Operation::Sum), Ok(Outcome::Right));
    }
}
