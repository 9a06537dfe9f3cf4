//! Referenda on risk parameters as a voter sees them: their state, their votes, and the changes
//! that they propose.

use super::{ANSWER_TIMEOUT, Call, Chain, ChainError, Constants, calls};
use clearproof_primitives::policy::PolicyChange;
use codec::{Decode, DecodeAll};
use subxt::{
    dynamic::{self, Value},
    ext::scale_decode::DecodeAsType,
};
use subxt_signer::sr25519::Keypair;

const REFERENDA: (&str, &str) = ("Referenda", "ReferendumInfoFor");
const PREIMAGES: (&str, &str) = ("Preimage", "PreimageFor");

/// Votes of a referendum, in the native currency's smallest units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub struct Tally {
    /// Votes for it, weighed by conviction.
    pub ayes: u128,
    /// Votes against it, weighed by conviction.
    pub nays: u128,
    /// Tokens that voted for it or abstained, without conviction.
    pub support: u128,
}

/// The progress of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub struct Deciding {
    /// Block in which it began.
    pub since: u32,
    /// Block in which it is approved if it keeps passing until then; none while it does not pass.
    pub confirming: Option<u32>,
}

/// A deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub struct Deposit {
    /// Smallest units of the native currency.
    pub amount: u128,
}

/// The call that a referendum is about.
#[derive(Clone, Debug, PartialEq, Eq, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub enum Proposal {
    /// Named by its hash, in an older way.
    Legacy {
        /// Hash of the call.
        hash: [u8; 32],
    },
    /// The call itself.
    Inline(Vec<u8>),
    /// Named by hash and length.
    Lookup {
        /// Hash of the call.
        hash: [u8; 32],
        /// Its length, bytes.
        len: u32,
    },
}

/// A referendum that is not over.
#[derive(Clone, Debug, PartialEq, Eq, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub struct Ongoing {
    /// Its track.
    pub track: u16,
    /// The call that it is about.
    pub proposal: Proposal,
    /// Block in which it was submitted.
    pub submitted: u32,
    /// The decision deposit, without which it is never decided.
    pub decision_deposit: Option<Deposit>,
    /// Progress of its decision; none during its preparation and while it waits for its turn.
    pub deciding: Option<Deciding>,
    /// Votes so far.
    pub tally: Tally,
}

/// A referendum. For one that is over, the chain keeps the block in which it ended.
#[derive(Clone, Debug, PartialEq, Eq, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub enum Referendum {
    /// Not over.
    Ongoing(Ongoing),
    /// Approved: its call is scheduled.
    Approved(u32, Option<Deposit>, Option<Deposit>),
    /// Rejected.
    Rejected(u32, Option<Deposit>, Option<Deposit>),
    /// Cancelled; deposits go back.
    Cancelled(u32, Option<Deposit>, Option<Deposit>),
    /// Never decided: the decision deposit was not placed in time.
    TimedOut(u32, Option<Deposit>, Option<Deposit>),
    /// Killed; deposits are lost.
    Killed(u32),
}

/// The native currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its symbol, such as `CLR`.
    pub symbol: String,
    /// A whole token is 10^decimals smallest units.
    pub decimals: u32,
}

impl Token {
    /// Returns an amount as people write it, such as `12.5`, in smallest units.
    ///
    /// # Errors
    /// States the text's mistake: not a number, too many digits, 0, or beyond 2^128.
    pub fn units(&self, text: &str) -> Result<u128, String> {
        let Self { symbol, decimals } = self;
        let most = *decimals as usize;
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) || text.ends_with('.') {
            return Err(format!("must be a number of {symbol} such as 12.5"));
        }
        if fraction.len() > most {
            return Err(format!("at most {most} digits after the point"));
        }
        let units = format!("{whole}{fraction:0<most$}").parse();
        match units {
            Ok(0) => Err("must be above 0".into()),
            Ok(units) => Ok(units),
            Err(_) => Err(format!("is more {symbol} than there can be")),
        }
    }

    /// Returns smallest units as people read them, with the symbol.
    pub fn show(&self, units: u128) -> String {
        let scale = 10u128.checked_pow(self.decimals).unwrap_or(u128::MAX);
        let (whole, part) = (units / scale, units % scale);
        let fraction = format!("{part:0width$}", width = self.decimals as usize);
        match fraction.trim_end_matches('0') {
            "" => format!("{whole} {}", self.symbol),
            fraction => format!("{whole}.{fraction} {}", self.symbol),
        }
    }
}

fn unreadable(what: &(&str, &str), error: impl std::fmt::Display) -> ChainError {
    ChainError::Missing(format!("{}.{}: {error}", what.0, what.1))
}

impl Chain {
    /// Returns a referendum of any track; none if no referendum has this index.
    ///
    /// # Errors
    /// As [`Chain::venue`]; and [`ChainError::Missing`] if the runtime stores referenda in another
    /// form.
    pub async fn referendum(&self, index: u32) -> Result<Option<Referendum>, ChainError> {
        self.exchange(ANSWER_TIMEOUT, async {
            let address = dynamic::storage::<(Value,), Value>(REFERENDA.0, REFERENDA.1);
            let now = self.now().await?;
            let key = (Value::u128(index.into()),);
            let stored = now.storage().entry(address)?.try_fetch(key).await?;
            stored
                .map(|value| value.decode_as().map_err(|e| unreadable(&REFERENDA, e)))
                .transpose()
        })
        .await
    }

    /// Returns the referenda on risk parameters that are not over, by their index.
    ///
    /// # Errors
    /// As [`Self::referendum`].
    pub async fn risk_referenda(&self) -> Result<Vec<(u32, Ongoing)>, ChainError> {
        self.exchange(ANSWER_TIMEOUT, async {
            let address = dynamic::storage::<(Value,), Value>(REFERENDA.0, REFERENDA.1);
            let now = self.now().await?;
            let track = Constants::read(now.metadata_ref())?.risk_track.id;
            let mut entries = now.storage().entry(address)?.iter(()).await?;
            let mut found = Vec::new();
            while let Some(entry) = entries.next().await {
                let entry = entry?;
                let value = entry.value().decode_as();
                // A key ends with the index itself, after its hash.
                let index = entry.key_bytes().last_chunk().copied();
                let index = index.ok_or_else(|| unreadable(&REFERENDA, "a key without index"))?;
                match value.map_err(|error| unreadable(&REFERENDA, error))? {
                    Referendum::Ongoing(of) if of.track == track => {
                        found.push((u32::from_le_bytes(index), of));
                    }
                    _ => (),
                }
            }
            found.sort_by_key(|(index, _)| *index);
            Ok(found)
        })
        .await
    }

    /// Returns the bytes of a call of `len` bytes that was noted as a preimage; none if it was not
    /// noted, or was cleared.
    ///
    /// # Errors
    /// As [`Self::referendum`].
    pub async fn preimage(&self, hash: [u8; 32], len: u32) -> Result<Option<Vec<u8>>, ChainError> {
        self.exchange(ANSWER_TIMEOUT, async {
            let address = dynamic::storage::<(Value,), Value>(PREIMAGES.0, PREIMAGES.1);
            let now = self.now().await?;
            let key = Value::unnamed_composite([Value::from_bytes(hash), Value::u128(len.into())]);
            let stored = now.storage().entry(address)?.try_fetch((key,)).await?;
            stored
                .map(|value| {
                    Vec::<u8>::decode(&mut value.bytes()).map_err(|error| ChainError::Decode {
                        what: "Preimage.PreimageFor".into(),
                        error,
                    })
                })
                .transpose()
        })
        .await
    }

    /// Returns the changes of the risk policy that a referendum proposes; none if it proposes
    /// something else, or the bytes of its call are not on the chain.
    ///
    /// # Errors
    /// As [`Self::referendum`].
    pub async fn proposed_changes(
        &self,
        proposal: &Proposal,
    ) -> Result<Option<Vec<PolicyChange>>, ChainError> {
        let call = match proposal {
            Proposal::Inline(call) => Some(call.clone()),
            Proposal::Lookup { hash, len } => self.preimage(*hash, *len).await?,
            Proposal::Legacy { .. } => None,
        };
        let Some(call) = call else { return Ok(None) };
        // The same call with an empty list differs only in its last byte, the length of the list.
        let mut empty = self.encode(&calls::schedule_change(&[])).await?;
        empty.pop();
        let changes = call.strip_prefix(&empty[..]);
        Ok(changes.and_then(|mut bytes| Vec::decode_all(&mut bytes).ok()))
    }

    /// Submits changes of the risk policy as a referendum, and returns its index once that is
    /// final. It is decided only after someone has placed its decision deposit: see
    /// [`calls::place_decision_deposit`].
    ///
    /// # Errors
    /// As [`Chain::submit`] and [`Self::referendum`].
    pub async fn propose_changes(
        &self,
        signer: &Keypair,
        changes: &[PolicyChange],
    ) -> Result<u32, ChainError> {
        let call = self.encode(&calls::schedule_change(changes)).await?;
        let track = self.constants().await?.risk_track;
        let length = u32::try_from(call.len())
            .map_err(|_| ChainError::Invalid("changes: too long for a call".into()))?;
        let noted = self.preimage(calls::preimage_hash(&call), length).await?;
        let mut all = Vec::new();
        if noted.is_none() {
            all.push(calls::note_preimage(&call));
        }
        all.push(calls::submit_risk_referendum(&track, &call));
        let included = self.submit(signer, &Call::All(all)).await?;
        let missing = || ChainError::Missing("the block has no event Referenda.Submitted".into());
        included.submitted_referendum().ok_or_else(missing)
    }

    /// Returns the native currency, as the node's chain specification has it.
    ///
    /// # Errors
    /// As [`Chain::venue`]; and [`ChainError::Missing`] if the specification does not name it.
    pub async fn token(&self) -> Result<Token, ChainError> {
        self.exchange(ANSWER_TIMEOUT, async {
            let properties = self.link().await?.rpc.system_properties().await?;
            let missing = |name: &str| {
                ChainError::Missing(format!("the chain specification's properties: no {name}"))
            };
            let symbol = properties.get("tokenSymbol").and_then(|v| v.as_str());
            let decimals = properties.get("tokenDecimals").and_then(|v| v.as_u64());
            let decimals = decimals.and_then(|d| u32::try_from(d).ok());
            Ok(Token {
                symbol: symbol.ok_or_else(|| missing("tokenSymbol"))?.into(),
                decimals: decimals
                    .filter(|d| *d <= 38)
                    .ok_or_else(|| missing("tokenDecimals below 39"))?,
            })
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn token() -> Token {
        Token {
            symbol: "CLR".into(),
            decimals: 12,
        }
    }

    #[test]
    fn amounts_are_read_and_shown_exactly() {
        for (text, units, shown) in [
            ("900000", 900_000 * 10u128.pow(12), "900000 CLR"),
            ("0.5", 5 * 10u128.pow(11), "0.5 CLR"),
            ("1.000000000001", 10u128.pow(12) + 1, "1.000000000001 CLR"),
        ] {
            assert_eq!(token().units(text), Ok(units));
            assert_eq!(token().show(units), shown);
        }
    }
}
