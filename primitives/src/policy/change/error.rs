//! The reasons that changes are refused.

use crate::policy::{Parameter, Policy, PolicyError, ProductKind, Unit};
use codec::{Decode, DecodeWithMemTracking, Encode};
use core::fmt;
use scale_info::TypeInfo;

/// The reason that a list of changes is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(Encode, Decode, DecodeWithMemTracking, TypeInfo, thiserror::Error)]
pub enum ChangeError {
    /// The chain has no policy that could be changed.
    #[error("no policy is set yet")]
    NoPolicy,
    /// The list is empty, or every parameter has the value already that it is given.
    #[error("changes: nothing would change")]
    Nothing,
    /// The list is too long.
    #[error("changes: {given} are too many, at most {most} go together")]
    TooMany {
        /// Length of the list.
        given: u32,
        /// Largest length.
        most: u32,
    },
    /// No contract of this kind would trade on any underlying.
    #[error("changes: no contract of kind {kind:?} would trade any more; only root may do that")]
    HaltsEveryMarket {
        /// The kind.
        kind: ProductKind,
    },
    /// One of the changes cannot be made.
    #[error("changes[{change}]: {parameter}: {}", Reason(.parameter, .present, .proposed, .fault))]
    Refused {
        /// Its index in the list.
        change: u32,
        /// The parameter.
        parameter: Parameter,
        /// Its value before the list, if it has one.
        present: Option<i128>,
        /// Its value after the changes so far.
        proposed: Option<i128>,
        /// The problem, with the limit.
        fault: Fault,
    },
    /// The policy that was to be changed is unsound itself.
    #[error("{0}")]
    Policy(#[from] PolicyError),
}

/// The problem with a parameter's new value. Limits are in the parameter's unit.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo
)]
pub enum Fault {
    /// The market has no such entry.
    NoSuchEntry {
        /// The list whose index is wrong.
        list: EntryList,
        /// First index.
        first: u16,
        /// Last index.
        last: u16,
    },
    /// An earlier change of the list sets it too.
    Repeated {
        /// Index of that change.
        first: u32,
    },
    /// Beyond its hard bounds.
    OutOfBounds {
        /// Lowest value.
        low: i128,
        /// Highest value.
        high: i128,
    },
    /// Too far from its present value.
    StepTooLarge {
        /// Lowest value that one change may give it.
        low: i128,
        /// Highest value that one change may give it.
        high: i128,
    },
    /// Initial margin would be below maintenance margin.
    InitialBelowMaintenance {
        /// Value for initial margin after all changes.
        initial: i128,
        /// Value for maintenance margin after all changes.
        maintenance: i128,
    },
    /// No scenario of the underlying would move the price up, or none down.
    OneSided,
    /// Price shock times weight would be more than 90 %.
    CountedMove {
        /// The amount that it would be, as a fraction of 2^32.
        counted: u64,
    },
}

/// A list that parameters stand in.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo
)]
pub enum EntryList {
    /// Underlyings.
    Underlyings,
    /// Scenarios of an underlying.
    Scenarios,
    /// Collateral assets; asset 0 is the quote, which has neither haircut nor peg.
    Collateral,
}

impl ChangeError {
    /// A refusal of one change, with the parameter's values before and after.
    pub(super) fn refused(
        change: u32,
        parameter: Parameter,
        before: &Policy,
        after: &Policy,
        fault: Fault,
    ) -> Self {
        Self::Refused {
            change,
            parameter,
            present: parameter.read(before),
            proposed: parameter.read(after),
            fault,
        }
    }
}

/// The problem, in words.
struct Reason<'a>(&'a Parameter, &'a Option<i128>, &'a Option<i128>, &'a Fault);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(parameter, present, proposed, fault) = *self;
        let unit = parameter.descriptor().unit;
        let show = |value: &Option<i128>, f: &mut fmt::Formatter<'_>| match value {
            Some(value) => write!(f, "{value} ({})", unit.show(*value)),
            None => f.write_str("none"),
        };
        match fault {
            Fault::NoSuchEntry { list, first, last } => {
                return write!(f, "no such entry: {list} go from {first} to {last}");
            }
            Fault::Repeated { first } => return write!(f, "set by changes[{first}] already"),
            _ => show(proposed, f)?,
        }
        match fault {
            Fault::OutOfBounds { low, high } => {
                f.write_str(" is out of bounds, ")?;
                show(&Some(*low), f)?;
                f.write_str(" to ")?;
                show(&Some(*high), f)?;
            }
            Fault::StepTooLarge { low, high } => {
                f.write_str(" is too large a step, which may go from ")?;
                show(&Some(*low), f)?;
                f.write_str(" to ")?;
                show(&Some(*high), f)?;
            }
            Fault::InitialBelowMaintenance {
                initial,
                maintenance,
            } => {
                f.write_str(": initial margin, ")?;
                show(&Some(*initial), f)?;
                f.write_str(", must not be below maintenance margin, ")?;
                show(&Some(*maintenance), f)?;
            }
            Fault::OneSided => {
                f.write_str(": one price shock must be above 0, and one below")?;
            }
            Fault::CountedMove { counted } => {
                let counted = Unit::Rate.show((*counted).into());
                write!(f, ": price shock times weight is {counted}, at most 90 %")?;
            }
            Fault::NoSuchEntry { .. } | Fault::Repeated { .. } => {}
        }
        f.write_str("; now ")?;
        show(present, f)
    }
}

impl fmt::Display for EntryList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Underlyings => "underlyings",
            Self::Scenarios => "scenarios",
            Self::Collateral => "collateral assets",
        })
    }
}
