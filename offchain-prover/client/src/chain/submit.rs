//! Signed calls, followed until they are final, or in a block.

use super::{Call, Chain, ChainError, Link, calls};
use clearproof_primitives::ids::VenueId;
use codec::{Compact, Decode};
use std::{sync::Arc, time::Duration};
use subxt::{
    PolkadotConfig,
    client::OnlineClientAtBlockT,
    config::PolkadotExtrinsicParamsBuilder,
    error::{DispatchError, TransactionEventsError},
    events::Event,
    tx::{TransactionInBlock, TransactionProgress, TransactionStatus},
};
use subxt_signer::sr25519::Keypair;

/// Longest wait for a transaction to be final.
const FINALITY_TIMEOUT: Duration = Duration::from_secs(300);
/// Longest wait for a transaction to be in a block: it dies then, at the chain's three seconds a
/// block.
const INCLUSION_TIMEOUT: Duration = Duration::from_secs(48);
/// Blocks in which such a transaction may be included.
const INCLUSION_BLOCKS: u64 = 16;

/// The point up to which a call is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Until {
    /// To a block of the best chain.
    InBlock,
    /// To a finalised block.
    Final,
}

/// A call that took effect in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Included {
    /// Number of the block.
    pub block: u32,
    /// Hash of the block.
    pub hash: [u8; 32],
    /// Bytes of the extrinsic.
    pub bytes: usize,
    /// Computation that it was charged for, picoseconds of the reference machine.
    pub ref_time: u64,
    /// Fee paid, smallest units of the native currency.
    pub fee: u128,
    /// The call's own events.
    pub events: Vec<CallEvent>,
}

/// An event, its fields still encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallEvent {
    /// Pallet.
    pub pallet: String,
    /// Event.
    pub name: String,
    /// Encoded fields.
    pub fields: Vec<u8>,
}

impl Included {
    /// Returns the numbers of the venues that [`super::calls::create_venue`] founded, in order.
    pub fn created_venues(&self) -> impl Iterator<Item = VenueId> + '_ {
        self.numbers("Settlement", "VenueCreated").map(VenueId::new)
    }

    /// Returns the index of the referendum that was submitted, if one was.
    pub fn submitted_referendum(&self) -> Option<u32> {
        self.numbers("Referenda", "Submitted").next()
    }

    /// Returns the numbers that events of a kind begin with, in order.
    fn numbers<'a>(&'a self, pallet: &'a str, name: &'a str) -> impl Iterator<Item = u32> + 'a {
        let events = self.events.iter();
        let named = events.filter(move |e| e.pallet == pallet && e.name == name);
        named.filter_map(|event| u32::decode(&mut &event.fields[..]).ok())
    }

    /// Returns the number of the venue that a single [`super::calls::create_venue`] founded.
    pub fn created_venue(&self) -> Option<VenueId> {
        self.created_venues().next()
    }
}

impl Chain {
    /// Signs a call, submits it and waits until it took effect in a final block.
    ///
    /// # Errors
    /// [`ChainError::Refused`] with the pallet's named error if the call failed;
    /// [`ChainError::Invalid`] if the pool refuses it; [`ChainError::Dropped`] if it left the pool;
    /// [`ChainError::Node`] if the node was lost, or the call was not final within five minutes: it
    /// may or may not have taken effect, so look before sending it again.
    pub async fn submit(&self, signer: &Keypair, call: &Call) -> Result<Included, ChainError> {
        self.follow(signer, call, Until::Final, FINALITY_TIMEOUT)
            .await
    }

    /// Signs a call, submits it and waits until it took effect in a block of the best chain, which
    /// a fork may still undo. This is for calls that are soon repeated anyway. It follows
    /// transactions of the account that are not final yet.
    ///
    /// # Errors
    /// As [`Self::submit`]. A call that is in no block within 48 seconds never will be, unless
    /// blocks are slow.
    pub async fn include(&self, signer: &Keypair, call: &Call) -> Result<Included, ChainError> {
        self.follow(signer, call, Until::InBlock, INCLUSION_TIMEOUT)
            .await
    }

    async fn follow(
        &self,
        signer: &Keypair,
        call: &Call,
        until: Until,
        limit: Duration,
    ) -> Result<Included, ChainError> {
        let turn = {
            let mut signers = self.inner.signers.lock().await;
            Arc::clone(signers.entry(signer.public_key().0).or_default())
        };
        let _turn = turn.lock().await;
        self.exchange(limit, self.submit_now(signer, call, until))
            .await
    }

    async fn submit_now(
        &self,
        signer: &Keypair,
        call: &Call,
        until: Until,
    ) -> Result<Included, ChainError> {
        let link = self.link().await?;
        let Link { api, rpc, .. } = &link;
        let (at, parameters) = match until {
            Until::Final => (link.now().await?, PolkadotExtrinsicParamsBuilder::new()),
            Until::InBlock => {
                // The final state may be old, and does not know the account's last transactions;
                // the pool does.
                let best = rpc.chain_get_block_hash(None).await?;
                let best = best.ok_or_else(|| ChainError::Node("no best block".into()))?;
                let account = signer.public_key().to_account_id();
                let nonce = rpc.system_account_next_index(&account).await?;
                let parameters = PolkadotExtrinsicParamsBuilder::new()
                    .nonce(nonce)
                    .mortal(INCLUSION_BLOCKS);
                (api.at_block(best).await?, parameters)
            }
        };
        let mut transactions = at.tx();
        let payload = calls::resolve(&transactions, call)?;
        let signed = transactions
            .create_signed(&payload, signer, parameters.build())
            .await?;
        let bytes = signed.encoded().len();
        let done = arrival(signed.submit_and_watch().await?, until).await?;
        let events = done.wait_for_success().await.map_err(refusal)?;
        let at = done.at().await?;
        let block = u32::try_from(at.block_number())
            .map_err(|_| ChainError::Node("block number beyond 2^32".into()))?;
        let mut included = Included {
            block,
            hash: done.block_hash().0,
            bytes,
            ref_time: 0,
            fee: 0,
            events: Vec::new(),
        };
        for event in events.iter() {
            let event = event?;
            read_cost(&event, &mut included)?;
            included.events.push(CallEvent {
                pallet: event.pallet_name().into(),
                name: event.event_name().into(),
                fields: event.field_bytes().to_vec(),
            });
        }
        Ok(included)
    }
}

/// Waits until a transaction has arrived in a block.
async fn arrival<C: OnlineClientAtBlockT<PolkadotConfig>>(
    mut progress: TransactionProgress<PolkadotConfig, C>,
    until: Until,
) -> Result<TransactionInBlock<PolkadotConfig, C>, ChainError> {
    while let Some(status) = progress.next().await {
        match status? {
            TransactionStatus::InFinalizedBlock(block) => return Ok(block),
            TransactionStatus::InBestBlock(block) if until == Until::InBlock => return Ok(block),
            TransactionStatus::Invalid { message } => return Err(ChainError::Invalid(message)),
            TransactionStatus::Error { message } | TransactionStatus::Dropped { message } => {
                return Err(ChainError::Dropped(message));
            }
            TransactionStatus::InBestBlock(_)
            | TransactionStatus::NoLongerInBestBlock
            | TransactionStatus::Validated
            | TransactionStatus::Broadcasted => {}
        }
    }
    Err(ChainError::Node(
        "it stopped telling of a transaction".into(),
    ))
}

/// Returns the named error of a call that failed.
fn refusal(error: TransactionEventsError) -> ChainError {
    let TransactionEventsError::ExtrinsicFailed(failure) = error else {
        return error.into();
    };
    let DispatchError::Module(module) = &failure else {
        return ChainError::Refused {
            pallet: "System".into(),
            error: format!("{failure:?}"),
            text: failure.to_string(),
        };
    };
    match module.details() {
        Ok(details) => ChainError::Refused {
            pallet: details.pallet.name().into(),
            error: details.variant.name.clone(),
            text: details.variant.docs.join(" ").trim().into(),
        },
        Err(unknown) => ChainError::Refused {
            pallet: "unknown".into(),
            error: module.to_string(),
            text: unknown.to_string(),
        },
    }
}

fn read_cost(event: &Event<'_, PolkadotConfig>, included: &mut Included) -> Result<(), ChainError> {
    let mut fields = event.field_bytes();
    let decode = |error| ChainError::Decode {
        what: format!("event {}.{}", event.pallet_name(), event.event_name()),
        error,
    };
    match (event.pallet_name(), event.event_name()) {
        // The dispatch information begins with the weight's computation.
        ("System", "ExtrinsicSuccess") => {
            included.ref_time = Compact::<u64>::decode(&mut fields).map_err(decode)?.0;
        }
        ("TransactionPayment", "TransactionFeePaid") => {
            let (_who, fee) = <([u8; 32], u128)>::decode(&mut fields).map_err(decode)?;
            included.fee = fee;
        }
        _ => (),
    }
    Ok(())
}
