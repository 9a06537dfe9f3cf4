//! Notices two blocks by one author in one slot when they are imported, and reports them to the
//! chain, which punishes the author.
//!
//! `sc-consensus-babe` 0.60 reports them too, but with headers whose seals have been taken off. The
//! chain cannot tell who made such headers, and refuses the report. [`Equivocations`] stands before
//! BABE's import, sees headers with their seals, and reports those. BABE's own reports end in
//! [`Dropped`]: the pool regards a report as a duplicate of another about the same author and slot,
//! and a block should not carry reports that are bound to fail.
//!
//! Headers are remembered in memory ([`headers`]). A report stays in memory too, until the node
//! authors a block with it: reports are not passed on to other nodes, so only validators make them.
//! A restart forgets both. The node then does not notice two blocks if one of them came before the
//! restart. It is enough that one validator that authors later has seen both blocks, without a
//! restart in between.

mod headers;
#[cfg(test)]
mod tests;

use crate::client::FullClient;
use clearproof_runtime::{
    Hash, Header,
    opaque::{Block, UncheckedExtrinsic},
};
use headers::Headers;
use sc_consensus::{BlockCheckParams, BlockImport, BlockImportParams, ImportResult};
use sc_consensus_babe::{
    BabeApi, BabeIntermediate, BabeLink, Epoch, INTERMEDIATE_KEY, find_pre_digest,
};
use sc_transaction_pool_api::{
    LocalTransactionPool, OffchainTransactionPoolFactory, error::Error as PoolError,
};
use sp_api::{ApiError, ApiExt, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use sp_consensus::{BlockOrigin, Error as ConsensusError};
use sp_consensus_babe::{AuthorityId, EquivocationProof, OpaqueKeyOwnershipProof};
use sp_core::crypto::{ByteArray, key_types::BABE};
use sp_keystore::KeystorePtr;
use sp_runtime::traits::{BlakeTwo256, Hash as _};
use std::sync::{Arc, Mutex, PoisonError};

/// The reason for which an equivocation was not reported to the chain.
#[derive(Debug, thiserror::Error)]
enum ReportError {
    /// No state that this node has shows which validator the key belonged to.
    #[error(
        "no block of that slot's session that this node has proves that the key was a validator's"
    )]
    NoOwner,
    /// The call of the runtime failed.
    #[error("the runtime does not answer: {0}")]
    Api(#[from] ApiError),
    /// The pool is full, or the runtime finds the report invalid.
    #[error("the transaction pool refuses it: it was reported before, or the pool is full")]
    Refused,
}

/// Imports blocks as `Inner` does, and reports authors who make two blocks in one slot.
#[derive(Clone)]
pub struct Equivocations<Inner> {
    inner: Inner,
    watch: Arc<Watch>,
}

impl<Inner> Equivocations<Inner> {
    /// Creates the import that stands before `inner`, which is BABE's import with this `babe`. If
    /// this node authors, reports go into `pool`; an equivocation of a key in `keystore` is never
    /// reported.
    pub fn new(
        inner: Inner,
        client: Arc<FullClient>,
        babe: BabeLink<Block>,
        keystore: KeystorePtr,
        pool: Option<OffchainTransactionPoolFactory<Block>>,
    ) -> Self {
        let watch = Watch {
            headers: Mutex::default(),
            client,
            babe,
            keystore,
            pool,
        };
        Self {
            inner,
            watch: watch.into(),
        }
    }
}

#[async_trait::async_trait]
impl<Inner> BlockImport<Block> for Equivocations<Inner>
where
    Inner: BlockImport<Block, Error = ConsensusError> + Send + Sync,
{
    type Error = ConsensusError;

    async fn check_block(
        &self,
        block: BlockCheckParams<Block>,
    ) -> Result<ImportResult, ConsensusError> {
        self.inner.check_block(block).await
    }

    async fn import_block(
        &self,
        block: BlockImportParams<Block>,
    ) -> Result<ImportResult, ConsensusError> {
        let noticed = self.watch.notice(&block);
        // After the import there may be a state of the slot's session.
        let imported = self.inner.import_block(block).await;
        // A block that is refused is an equivocation all the same.
        if let Some(proof) = noticed {
            self.watch.act_on(proof);
        }
        imported
    }
}

struct Watch {
    headers: Mutex<Headers>,
    client: Arc<FullClient>,
    babe: BabeLink<Block>,
    keystore: KeystorePtr,
    pool: Option<OffchainTransactionPoolFactory<Block>>,
}

impl Watch {
    /// Returns the equivocation that a block proves together with an earlier one.
    fn notice(&self, block: &BlockImportParams<Block>) -> Option<EquivocationProof<Header>> {
        // As in BABE, blocks that are fetched to catch up are too old. Blocks read from a file are
        // not reported either.
        let new = matches!(
            block.origin,
            BlockOrigin::NetworkBroadcast | BlockOrigin::ConsensusBroadcast | BlockOrigin::Own
        );
        if !new {
            return None;
        }
        // The check of the seal, or its maker, left this. Without it, anybody may have made the
        // header.
        let checked = block
            .get_intermediate::<BabeIntermediate<Block>>(INTERMEDIATE_KEY)
            .ok()?;
        let claim = find_pre_digest::<Block>(&block.header).ok()?;
        let author = {
            let epochs = self.babe.epoch_changes().shared_data();
            let genesis = |slot| Epoch::genesis(self.babe.config(), slot);
            let epoch = epochs.viable_epoch(&checked.epoch_descriptor, genesis)?;
            let index = usize::try_from(claim.authority_index()).ok()?;
            epoch.as_ref().authorities.get(index)?.0.clone()
        };
        let mut headers = self.headers.lock().unwrap_or_else(PoisonError::into_inner);
        headers.note(claim.slot(), &author, block.post_header())
    }

    fn act_on(&self, proof: EquivocationProof<Header>) {
        let (author, slot) = (proof.offender.clone(), *proof.slot);
        let blocks = [&proof.first_header, &proof.second_header].map(Header::hash);
        // As with GRANDPA's reports, the other validators report it.
        if self.is_own(&author) {
            log::error!(
                "another node signs blocks with this node's BABE key, {author}, as {blocks:?} in \
                 slot {slot} show: stop one of \
                 the two. Validators are slashed for it"
            );
            return;
        }
        let seen = format!("{author} has made two blocks in slot {slot}, {blocks:?}");
        let Some(pool) = &self.pool else {
            log::info!("{seen}: validators that have seen it report it");
            return;
        };
        match self.report(proof, pool) {
            Ok(()) => log::info!("{seen}: reported"),
            Err(error) => log::warn!("{seen}, which was not reported: {error}"),
        }
    }

    fn is_own(&self, author: &AuthorityId) -> bool {
        self.keystore.has_keys(&[(author.to_raw_vec(), BABE)])
    }

    /// Puts a report into the pool.
    fn report(
        &self,
        proof: EquivocationProof<Header>,
        pool: &OffchainTransactionPoolFactory<Block>,
    ) -> Result<(), ReportError> {
        let best = self.client.info().best_hash;
        let (first, second) = (&proof.first_header, &proof.second_header);
        let places = [
            second.hash(),
            first.hash(),
            second.parent_hash,
            first.parent_hash,
            best,
        ];
        let owner = places.into_iter().find_map(|at| self.owner(at, &proof));
        let owner = owner.ok_or(ReportError::NoOwner)?;
        let mut api = self.client.runtime_api();
        api.register_extension(pool.offchain_transaction_pool(best));
        api.submit_report_equivocation_unsigned_extrinsic(best, proof, owner)?
            .ok_or(ReportError::Refused)
    }

    /// Returns the proof, at a block, that the key belonged to a validator, if that block is of the
    /// slot's epoch. The chain refuses a proof for another session than the slot's. A block that
    /// was not imported has no state and proves nothing.
    fn owner(
        &self,
        at: Hash,
        proof: &EquivocationProof<Header>,
    ) -> Option<OpaqueKeyOwnershipProof> {
        let api = self.client.runtime_api();
        let epoch = api.current_epoch(at).ok()?;
        let turn = proof.slot.checked_sub(*epoch.start_slot)?;
        if turn >= epoch.duration {
            return None;
        }
        api.generate_key_ownership_proof(at, proof.slot, proof.offender.clone())
            .ok()?
    }
}

/// Accepts BABE's own reports, which the chain would refuse, in place of the transaction pool, and
/// drops them.
pub struct Dropped;

impl LocalTransactionPool for Dropped {
    type Block = Block;
    type Hash = Hash;
    type Error = PoolError;

    fn submit_local(&self, _: Hash, report: UncheckedExtrinsic) -> Result<Hash, PoolError> {
        log::debug!("dropped a report of BABE's, whose headers have no seals");
        Ok(BlakeTwo256::hash_of(&report))
    }
}
