//! The calls that operators, traders, voters and oracle members make. Arguments are encoded from
//! the protocol's own types; the indices of pallets and calls come from the runtime's metadata.

use super::{ChainError, circuits::RegisteredCircuit, constants::RiskTrack};
use blake2::{Blake2b, Digest, digest::consts::U32};
use clearproof_primitives::{
    chain::{Feed, FeedValue, Listing, NextCircuit},
    ids::{CircuitId, VenueId},
    policy::{Policy, PolicyChange},
    submission::Batch,
    time::Millis,
};
use codec::{Compact, Encode};
use subxt::{
    PolkadotConfig,
    client::OfflineClientAtBlockT,
    ext::{
        scale_encode::{EncodeAsFields, Error, FieldIter},
        scale_type_resolver::TypeResolver,
    },
    tx::{Payload, TransactionsClient},
};

/// Pallet and call that settle a batch.
pub(super) const SUBMIT_BATCH: (&str, &str) = ("Settlement", "submit_batch");
/// An address of the kind "account id".
const ADDRESS_ID: u8 = 0;

/// A vote with one side, rather than a split one.
const STANDARD_VOTE: u8 = 0;
/// The bit of a vote that says yes; the others are its conviction.
const AYE: u8 = 1 << 7;
/// A call named by hash and length.
const BOUNDED_LOOKUP: u8 = 2;
/// A moment that is given as a number of blocks from now.
const DISPATCH_AFTER: u8 = 1;

/// A call of the runtime.
#[derive(Clone, Debug)]
pub enum Call {
    /// One call.
    One {
        /// Pallet.
        pallet: &'static str,
        /// Call.
        name: &'static str,
        /// Encoded arguments.
        arguments: Vec<u8>,
    },
    /// Several calls that take effect together or not at all.
    All(Vec<Self>),
    /// One call on behalf of the root origin, by the development chain's sudo key.
    Sudo(Box<Self>),
}

/// Settles a batch. For an operator of its venue.
pub fn submit_batch(batch: &Batch) -> Call {
    let (pallet, name) = SUBMIT_BATCH;
    one(pallet, name, batch.encode())
}

/// Founds a venue of the signer's: see [`Included::created_venue`](super::Included::created_venue).
/// `operators` may submit its batches.
pub fn create_venue(operators: &[[u8; 32]], circuit: CircuitId) -> Call {
    one("Settlement", "create_venue", (operators, circuit).encode())
}

/// Registers a pair of circuits by their verifying keys, for good. For the circuit origin.
pub fn register_circuit(circuit: &RegisteredCircuit) -> Call {
    let RegisteredCircuit {
        number,
        version,
        shape,
        development,
        chunk_key,
        closing_key,
    } = circuit;
    let arguments = (number, version, shape, chunk_key, closing_key, development).encode();
    one("Settlement", "register_circuit", arguments)
}

/// Retires a circuit from a time on, milliseconds since the Unix epoch: then nothing is settled
/// with it, and its venues change to `successor`, a circuit of its shape. For the circuit origin,
/// seven days ahead at least, and with a successor unless no venue is on the circuit; for root at
/// once.
pub fn retire_circuit(circuit: CircuitId, at: Millis, successor: Option<CircuitId>) -> Call {
    let arguments = (circuit, at, successor).encode();
    one("Settlement", "retire_circuit", arguments)
}

/// Has a venue prove with another registered circuit from a batch on; none keeps the present one.
/// For the venue's owner.
pub fn set_next_circuit(venue: VenueId, next: Option<NextCircuit>) -> Call {
    one("Settlement", "set_next_circuit", (venue, next).encode())
}

/// Deposits `amount` smallest units of an asset into a venue, for account 0 of the owner of a
/// packed key: see [`Trader::owner`](crate::Trader::owner).
pub fn deposit(venue: VenueId, asset: u8, amount: u64, owner: [u8; 32]) -> Call {
    one("Custody", "deposit", (venue, asset, amount, owner).encode())
}

/// Pays a withdrawal that could not be paid out and is kept for the signer, to any account that can
/// receive it: see [`Chain::claimable`](super::Chain::claimable).
pub fn claim(venue: VenueId, asset: u8, to: [u8; 32]) -> Call {
    one("Custody", "claim", (venue, asset, to).encode())
}

/// Feeds values. For a member of the oracle.
pub fn feed_values(values: &[(Feed, FeedValue)]) -> Call {
    one("Oracle", "feed_values", values.encode())
}

/// Lists an instrument. For the admin origin.
pub fn list_instrument(listing: &Listing) -> Call {
    one("MarketData", "list_instrument", listing.encode())
}

/// Replaces the risk policy, from the next snapshot on. For the admin origin.
pub fn set_policy(policy: &Policy) -> Call {
    one("RiskPolicy", "set_policy", policy.encode())
}

/// Schedules changes of the risk policy. For the origin of [`RiskTrack`].
pub fn schedule_change(changes: &[PolicyChange]) -> Call {
    one("RiskPolicy", "schedule_change", changes.encode())
}

/// Notes the bytes of a call, so that a referendum can name it by its hash.
pub fn note_preimage(call: &[u8]) -> Call {
    one("Preimage", "note_preimage", call.encode())
}

/// Returns the hash that a call is named by.
pub fn preimage_hash(call: &[u8]) -> [u8; 32] {
    Blake2b::<U32>::digest(call).into()
}

/// Submits a call, whose preimage is noted, as a referendum on risk parameters, to be enacted as
/// soon as its track allows.
pub fn submit_risk_referendum(track: &RiskTrack, call: &[u8]) -> Call {
    let hash = preimage_hash(call);
    let length = u32::try_from(call.len()).unwrap_or(u32::MAX);
    let proposal = (BOUNDED_LOOKUP, hash, length);
    let enactment = (DISPATCH_AFTER, 0u32);
    one(
        "Referenda",
        "submit",
        (track.origin, proposal, enactment).encode(),
    )
}

/// Votes on a referendum with `amount` smallest units of the native currency.
///
/// A conviction of 0 locks nothing and counts a tenth. Convictions of 1 to 6 count as often, and
/// lock the amount for 1, 2, 4, 8, 16 or 32 weeks if the side that it voted for wins.
pub fn vote(index: u32, aye: bool, conviction: u8, amount: u128) -> Call {
    let vote = conviction | if aye { AYE } else { 0 };
    let vote = (STANDARD_VOTE, vote, amount);
    one("ConvictionVoting", "vote", (Compact(index), vote).encode())
}

/// Places a referendum's decision deposit, without which the referendum is not decided. For anyone.
pub fn place_decision_deposit(index: u32) -> Call {
    one("Referenda", "place_decision_deposit", index.encode())
}

/// Sends `amount` smallest units of the native currency. The sender's account stays alive.
pub fn transfer(to: [u8; 32], amount: u128) -> Call {
    let arguments = (ADDRESS_ID, to, Compact(amount)).encode();
    one("Balances", "transfer_keep_alive", arguments)
}

/// Sends `amount` smallest units of a token of the assets pallet.
pub fn transfer_token(token: u32, to: [u8; 32], amount: u128) -> Call {
    let arguments = (Compact(token), ADDRESS_ID, to, Compact(amount)).encode();
    one("Assets", "transfer", arguments)
}

fn one(pallet: &'static str, name: &'static str, arguments: Vec<u8>) -> Call {
    Call::One {
        pallet,
        name,
        arguments,
    }
}

/// Arguments that are encoded already.
pub(super) struct Encoded(Vec<u8>);

impl EncodeAsFields for Encoded {
    fn encode_as_fields_to<R: TypeResolver>(
        &self,
        _fields: &mut dyn FieldIter<'_, R::TypeId>,
        _types: &R,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        out.extend_from_slice(&self.0);
        Ok(())
    }
}

/// A call with its arguments as bytes.
pub(super) struct Resolved {
    pallet: &'static str,
    name: &'static str,
    arguments: Encoded,
}

impl Payload for Resolved {
    type CallData = Encoded;

    fn pallet_name(&self) -> &str {
        self.pallet
    }
    fn call_name(&self) -> &str {
        self.name
    }
    fn call_data(&self) -> &Encoded {
        &self.arguments
    }
}

/// Encodes the calls inside a call, which needs the runtime's indices.
pub(super) fn resolve<C: OfflineClientAtBlockT<PolkadotConfig>>(
    transactions: &TransactionsClient<PolkadotConfig, C>,
    call: &Call,
) -> Result<Resolved, ChainError> {
    let encoded = |inner: &Call| -> Result<Vec<u8>, ChainError> {
        Ok(transactions.call_data(&resolve(transactions, inner)?)?)
    };
    let (pallet, name, arguments) = match call {
        Call::One {
            pallet,
            name,
            arguments,
        } => (*pallet, *name, arguments.clone()),
        Call::All(calls) => {
            let count = u32::try_from(calls.len())
                .map_err(|_| ChainError::Invalid("calls: more than 2^32 - 1".into()))?;
            let mut bytes = Compact(count).encode();
            for inner in calls {
                bytes.extend(encoded(inner)?);
            }
            ("Utility", "batch_all", bytes)
        }
        Call::Sudo(inner) => ("Sudo", "sudo", encoded(inner)?),
    };
    Ok(Resolved {
        pallet,
        name,
        arguments: Encoded(arguments),
    })
}
