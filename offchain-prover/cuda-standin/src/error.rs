//! Errors of calls.

/// The header's codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    Argument = 1,
    NoDevice = 2,
    Memory = 3,
    Device = 4,
}

/// The reason why a call failed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    pub(crate) reason: String,
}

impl Refusal {
    pub(crate) fn new(code: Code, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { code, reason }
    }
}

/// Refuses an argument unless `holds`.
pub(crate) fn require(holds: bool, reason: impl Into<String>) -> Result<(), Refusal> {
    if holds {
        Ok(())
    } else {
        Err(Refusal::new(Code::Argument, reason))
    }
}
