//! Refusals on the wire. Malformed parameters are JSON-RPC's `-32602`, with the field and its limit
//! as `data`; every other refusal has a code of its own, and a name for programs in `data.name`.

use jsonrpsee::types::ErrorObjectOwned;
use serde::{Deserialize, Serialize};

/// The venue's rules refuse the order set.
pub const REFUSED: i32 = 1_000;
/// The request is not signed with a key of the account, or its signature is too old.
pub const UNAUTHORISED: i32 = 1_001;
/// The account does not exist.
pub const NOT_FOUND: i32 = 1_002;
/// Too many requests at once on this connection or on all, or too many withdrawals in the open
/// batch.
pub const BUSY: i32 = 1_003;
/// The operator cannot reply: it is stopping, or its disk fails.
pub const UNAVAILABLE: i32 = 1_004;

macro_rules! refusal_names {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A refusal's name for programs: `data.name` on the wire. Names never change; later
        /// versions may add some.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum RefusalName {
            $($(#[$doc])* $name,)*
        }

        impl RefusalName {
            /// Every name.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Returns the name as it stands on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

refusal_names! {
    /// The sequence is not above that of the live set or of the last one used.
    OldSequence,
    /// The sequence is above that of the last set used by 2^56 or more.
    SequenceTooHigh,
    /// The sequence is of another epoch than the account's, and the trading key signed.
    Epoch,
    /// Signed for another venue.
    OtherVenue,
    /// The set's validity is over.
    Expired,
    /// The account does not exist, or the key has none yet.
    NoAccount,
    /// Not the owner's signature over this set on this chain.
    Signature,
    /// A set with a request or of a new epoch while trading pauses: send it again once a batch is
    /// open.
    NoOpenBatch,
    /// The key that signed is not the one that the account names for this.
    TradingKey,
    /// A request signed by another key than the owner's.
    NeedsOwner,
    /// A request to take the account over that its heir did not sign.
    NeedsHeir,
    /// A transfer to a key that no account has and that is not one of the owner's first 64 keys.
    UnknownReceiver,
    /// The new owner has taken over an account of this number at the venue already.
    OwnerHasAccount,
    /// All leaves of the venue's tree are taken.
    Full,
    /// The time-out of `cancelAllAfter` is out of its range.
    Timeout,
    /// A set with a request or of a new epoch that is not valid within the open batch.
    NotValid,
    /// The batch's fee rate is above the set's highest.
    FeeAboveMaximum,
    /// The withdrawal exceeds what the venue holds.
    Overdraw,
    /// The withdrawal exceeds the balance of an asset that is not the quote.
    NegativeBalance,
    /// The withdrawal exceeds what the margin leaves free.
    Margin,
    /// A number would leave its range.
    Range,
    /// Another rule of a step; the message states which.
    Step,
    /// Another rule of the venue; the message states which.
    Engine,
    /// `auth.owner` is not a key.
    AccessOwner,
    /// `auth.time` is too far from the operator's clock.
    AccessNotFresh,
    /// Not signed by this key for this chain, venue and time.
    AccessSignature,
    /// This connection makes too many requests.
    TooManyRequests,
    /// Too many requests wait at the operator.
    Busy,
    /// The open batch accepts no more withdrawals, and the next could not be opened yet.
    BatchFull,
    /// The operator is stopping.
    Stopping,
    /// The operator's disk fails.
    Storage,
    /// Malformed parameters, JSON-RPC's -32602. Never in `data.name`.
    InvalidParams,
    /// An error of the server itself, or a name that this version does not know.
    Other,
}

impl RefusalName {
    /// Returns the name with this text; [`Self::Other`] if none has it.
    pub fn of(text: &str) -> Self {
        let mut all = Self::ALL.iter().copied();
        all.find(|name| name.as_str() == text)
            .unwrap_or(Self::Other)
    }

    /// Returns true if the same request may succeed in a moment.
    pub const fn is_passing(self) -> bool {
        matches!(
            self,
            Self::NoOpenBatch
                | Self::TooManyRequests
                | Self::Busy
                | Self::BatchFull
                | Self::Stopping
                | Self::Storage
        )
    }
}

/// The `data` of an error other than `-32602`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorData {
    /// The refusal's name.
    pub name: String,
}

/// Returns a refusal with this code, a name for programs, and a message for people.
pub fn named(code: i32, name: RefusalName, message: impl ToString) -> ErrorObjectOwned {
    let data = ErrorData {
        name: name.as_str().into(),
    };
    ErrorObjectOwned::owned(code, message.to_string(), Some(data))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_unknown_ones_are_other() {
        for name in RefusalName::ALL {
            assert_eq!(RefusalName::of(name.as_str()), *name);
        }
        assert_eq!(RefusalName::of("OldSequence"), RefusalName::OldSequence);
        for unknown in ["", "oldSequence", "Brand New"] {
            assert_eq!(RefusalName::of(unknown), RefusalName::Other);
        }
    }
}
