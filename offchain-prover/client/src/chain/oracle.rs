//! The oracle's members and their values, as the chain has them.

use super::{ANSWER_TIMEOUT, Chain, ChainError};
use clearproof_primitives::{
    chain::{Expiry, Feed, FeedValue},
    time::Millis,
};
use codec::{Decode, DecodeAll};
use subxt::dynamic::{self, Value};

/// Pallet and storage value of the members.
const MEMBERS: (&str, &str) = ("OracleMembership", "Members");
/// Pallet and storage map of each member's last values, with their times.
const RAW_VALUES: (&str, &str) = ("Oracle", "RawValues");

/// Returns a feed as a part of a storage key.
fn key(feed: &Feed) -> Value {
    let number = |n: u64| Value::u128(n.into());
    let at = |Expiry { underlying, time }: &Expiry| {
        let fields = [
            ("underlying", number((*underlying).into())),
            ("time", number(time.get())),
        ];
        Value::named_composite(fields)
    };
    let (name, of) = match feed {
        Feed::Underlying(underlying) => ("Underlying", number((*underlying).into())),
        Feed::Asset(asset) => ("Asset", number((*asset).into())),
        Feed::Forward(expiry) => ("Forward", at(expiry)),
        Feed::Volatility(expiry) => ("Volatility", at(expiry)),
    };
    Value::unnamed_variant(name, [of])
}

fn decoded<T: Decode>((pallet, entry): (&str, &str), bytes: &[u8]) -> Result<T, ChainError> {
    T::decode_all(&mut &bytes[..]).map_err(|error| ChainError::Decode {
        what: format!("{pallet}.{entry}"),
        error,
    })
}

impl Chain {
    /// Returns the accounts that may feed the oracle.
    ///
    /// # Errors
    /// As [`Chain::venue`]; and [`ChainError::Missing`] if the runtime has no such oracle.
    pub async fn oracle_members(&self) -> Result<Vec<[u8; 32]>, ChainError> {
        self.exchange(ANSWER_TIMEOUT, async {
            let address = dynamic::storage::<(), Value>(MEMBERS.0, MEMBERS.1);
            let now = self.now().await?;
            let stored = now.storage().entry(address)?.try_fetch(()).await?;
            stored.map_or(Ok(Vec::new()), |members| decoded(MEMBERS, members.bytes()))
        })
        .await
    }

    /// Returns the value that an account fed last, and its time in milliseconds since the Unix
    /// epoch.
    ///
    /// # Errors
    /// As [`Self::oracle_members`].
    pub async fn fed_by(
        &self,
        account: [u8; 32],
        feed: &Feed,
    ) -> Result<Option<(FeedValue, Millis)>, ChainError> {
        self.exchange(ANSWER_TIMEOUT, async {
            let address = dynamic::storage::<(Value, Value), Value>(RAW_VALUES.0, RAW_VALUES.1);
            let now = self.now().await?;
            let keys = (Value::from_bytes(account), key(feed));
            let stored = now.storage().entry(address)?.try_fetch(keys).await?;
            stored
                .map(|value| decoded(RAW_VALUES, value.bytes()))
                .transpose()
        })
        .await
    }
}
