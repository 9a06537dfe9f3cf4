//! JSON-RPC beyond the methods of every node: nonces, fees, BABE, GRANDPA and Clearproof's own.

mod clearproof;

use clearproof::{Clearproof, ClearproofRpcServer};
use clearproof_runtime::{AccountId, Balance, BlockNumber, Hash, Nonce, opaque::Block};
use clearproof_runtime_api::ClearproofApi;
use jsonrpsee::RpcModule;
use sc_client_api::{AuxStore, BlockBackend};
use sc_consensus_babe::BabeWorkerHandle;
use sc_consensus_babe_rpc::{Babe, BabeApiServer};
use sc_consensus_grandpa::{
    FinalityProofProvider, GrandpaJustificationStream, SharedAuthoritySet, SharedVoterState,
};
use sc_consensus_grandpa_rpc::{Grandpa, GrandpaApiServer};
use sc_rpc::SubscriptionTaskExecutor;
use sc_transaction_pool_api::TransactionPool;
use sp_api::ProvideRuntimeApi;
use sp_block_builder::BlockBuilder;
use sp_blockchain::{Error as BlockChainError, HeaderBackend, HeaderMetadata};
use sp_consensus_babe::BabeApi;
use sp_keystore::KeystorePtr;
use std::{error::Error, sync::Arc};
use substrate_frame_rpc_system::{System, SystemApiServer};

/// The dependencies of the BABE methods.
pub struct BabeDeps {
    /// Returns the data of epochs.
    pub worker: BabeWorkerHandle<Block>,
    /// The node's keys.
    pub keystore: KeystorePtr,
}

/// The dependencies of the GRANDPA methods.
pub struct GrandpaDeps<B> {
    /// State of the voter, if the node votes.
    pub voter_state: SharedVoterState,
    /// The authorities that finalise.
    pub authority_set: SharedAuthoritySet<Hash, BlockNumber>,
    /// Justifications as they appear.
    pub justifications: GrandpaJustificationStream<Block>,
    /// The executor of subscriptions.
    pub subscriptions: SubscriptionTaskExecutor,
    /// Proves the finality of old blocks.
    pub finality: Arc<FinalityProofProvider<B, Block>>,
}

/// The dependencies of all methods.
pub struct FullDeps<C, P, SC, B> {
    /// The client.
    pub client: Arc<C>,
    /// The transaction pool.
    pub pool: Arc<P>,
    /// Selects the best chain.
    pub select_chain: SC,
    /// Dependencies of the BABE methods.
    pub babe: BabeDeps,
    /// Dependencies of the GRANDPA methods.
    pub grandpa: GrandpaDeps<B>,
}

/// Returns the methods.
///
/// # Errors
///
/// If two methods have the same name.
pub fn create_full<C, P, SC, B>(
    deps: FullDeps<C, P, SC, B>,
) -> Result<RpcModule<()>, Box<dyn Error + Send + Sync>>
where
    C: ProvideRuntimeApi<Block>
        + BlockBackend<Block>
        + HeaderBackend<Block>
        + HeaderMetadata<Block, Error = BlockChainError>
        + AuxStore
        + Send
        + Sync
        + 'static,
    C::Api: substrate_frame_rpc_system::AccountNonceApi<Block, AccountId, Nonce>
        + pallet_transaction_payment_rpc::TransactionPaymentRuntimeApi<Block, Balance>
        + BabeApi<Block>
        + BlockBuilder<Block>
        + ClearproofApi<Block, AccountId>,
    P: TransactionPool<Block = Block> + 'static,
    SC: sp_consensus::SelectChain<Block> + 'static,
    B: sc_client_api::Backend<Block> + 'static,
{
    use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};

    let FullDeps {
        client,
        pool,
        select_chain,
        babe,
        grandpa,
    } = deps;
    let mut module = RpcModule::new(());
    module.merge(System::new(client.clone(), pool).into_rpc())?;
    module.merge(TransactionPayment::new(client.clone()).into_rpc())?;
    module.merge(Clearproof::new(client.clone()).into_rpc())?;
    module.merge(Babe::new(client, babe.worker, babe.keystore, select_chain).into_rpc())?;
    module.merge(
        Grandpa::new(
            grandpa.subscriptions,
            grandpa.authority_set,
            grandpa.voter_state,
            grandpa.justifications,
            grandpa.finality,
        )
        .into_rpc(),
    )?;
    Ok(module)
}
