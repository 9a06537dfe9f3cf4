//! A running node without its network. Blocks of the chain of four validators come in, and the pool
//! holds the reports.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::{cli::Cli, service};
use clearproof_primitives::monitoring::Monitoring;
use clearproof_runtime::{RuntimeCall, UncheckedExtrinsic as Decoded, constants::money::CLR};
use clearproof_runtime_api::MonitoringApi;
use codec::{Decode, Encode};
use sc_basic_authorship::ProposerFactory;
use sc_cli::SubstrateCli;
use sc_consensus::{ImportedAux, Verifier};
use sc_consensus_babe::{BuildVerifierParams, authorship::claim_slot, build_verifier};
use sc_transaction_pool_api::{
    ChainEvent, InPoolTransaction, MaintainedTransactionPool, TransactionPool,
};
use sp_consensus::{Environment, ProposeArgs, Proposer};
use sp_consensus_babe::{
    Slot, check_equivocation_proof, digests::CompatibleDigestItem, inherents::InherentDataProvider,
};
use sp_inherents::InherentDataProvider as _;
use sp_keyring::Sr25519Keyring::{self, Alice, Dave};
use sp_keystore::{Keystore, testing::MemoryKeystore};
use sp_runtime::{Digest, DigestItem, traits::Block as _};
use sp_timestamp::Timestamp;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Handle;

/// A node that runs nothing but its tasks.
struct Node {
    parts: service::Partial,
    /// The slot of the chain's first block.
    first_slot: Slot,
    _folder: TempDir,
}

impl Node {
    fn validator() -> Self {
        // It has no key that identifies it among peers, which a validator must not lose.
        Self::new(&["--validator", "--unsafe-force-node-key-generation"])
    }

    fn new(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        let arguments = ["clearproof-node", "--chain", "local", "--base-path", path];
        let cli = Cli::from_iter(arguments.iter().chain(flags));
        let config = cli.create_configuration(&cli.run, Handle::current());
        let parts = service::new_partial(&config.unwrap()).unwrap();
        let duration = parts.other.babe_link.config().slot_duration();
        let now = Slot::from_timestamp(Timestamp::current(), duration);
        let node = Self {
            parts,
            // The blocks of a test have earlier slots than this one.
            first_slot: now.saturating_sub(100u64),
            _folder: folder,
        };
        let slot = node.turn_of(Dave, node.first_slot).0;
        Self {
            first_slot: slot,
            ..node
        }
    }

    fn genesis(&self) -> Header {
        let client = &self.parts.client;
        client.header(client.info().genesis_hash).unwrap().unwrap()
    }

    /// Returns the next slot in which a validator may author, and its claim to it.
    fn turn_of(&self, author: Sr25519Keyring, from: Slot) -> (Slot, DigestItem) {
        let keys = MemoryKeystore::new();
        keys.sr25519_generate_new(BABE, Some(&author.to_seed()))
            .unwrap();
        let keys = keys.into();
        let epoch = Epoch::genesis(self.parts.other.babe_link.config(), self.first_slot);
        let claim = |slot: Slot| Some((slot, claim_slot(slot, &epoch, &keys)?.0));
        let slots = (*from..*from + 100).map(Slot::from);
        let (slot, claim) = slots.into_iter().find_map(claim).unwrap();
        (slot, DigestItem::babe_pre_digest(claim))
    }

    /// A block as its author makes it. The slot's milliseconds distinguish it from others.
    async fn block(
        &self,
        parent: &Header,
        author: Sr25519Keyring,
        from: Slot,
        milliseconds: u64,
    ) -> Block {
        let (slot, claim) = self.turn_of(author, from);
        let duration = self.parts.other.babe_link.config().slot_duration();
        let time = Timestamp::new(*slot * duration.as_millis() + milliseconds);
        let inherents = (
            InherentDataProvider::new(slot),
            sp_timestamp::InherentDataProvider::new(time),
        );
        let mut proposers = ProposerFactory::new(
            self.parts.task_manager.spawn_handle(),
            self.parts.client.clone(),
            self.parts.transaction_pool.clone(),
            None,
            None,
        );
        let proposer = proposers.init(parent).await.unwrap();
        let proposal = proposer.propose(ProposeArgs {
            inherent_data: inherents.create_inherent_data().await.unwrap(),
            inherent_digests: Digest { logs: vec![claim] },
            max_duration: Duration::from_secs(30),
            ..Default::default()
        });
        let (mut header, body) = proposal.await.unwrap().block.deconstruct();
        let seal = author.sign(header.hash().as_ref());
        header.digest.push(DigestItem::babe_seal(seal.into()));
        Block::new(header, body)
    }

    /// Passes a block through BABE's verification and then the import.
    async fn import(&self, origin: BlockOrigin, block: &Block) -> ImportResult {
        let babe = &self.parts.other.babe_link;
        let verifier = build_verifier(BuildVerifierParams {
            client: self.parts.client.clone(),
            slot_duration: babe.config().slot_duration(),
            config: babe.config().clone(),
            epoch_changes: babe.epoch_changes().clone(),
            telemetry: None,
        });
        let (header, body) = block.clone().deconstruct();
        let mut params = BlockImportParams::new(origin, header);
        params.body = Some(body);
        let params = verifier.verify(params).await.unwrap();
        self.parts.other.import.import_block(params).await.unwrap()
    }

    /// Imports a block that becomes the best, and notifies the pool.
    async fn advance(&self, block: &Block) {
        let imported = self.import(BlockOrigin::NetworkBroadcast, block).await;
        let best = matches!(
            imported,
            ImportResult::Imported(ImportedAux {
                is_new_best: true,
                ..
            })
        );
        assert!(best, "{imported:?}");
        let event = ChainEvent::NewBestBlock {
            hash: block.hash(),
            tree_route: None,
        };
        self.parts.transaction_pool.maintain(event).await;
    }

    /// The equivocations that the pool holds reports of.
    fn reported(&self) -> Vec<EquivocationProof<Header>> {
        let pool = &self.parts.transaction_pool;
        assert_eq!(pool.status().future, 0);
        let report = |transaction: Vec<u8>| {
            let decoded = Decoded::decode(&mut transaction.as_slice()).unwrap();
            match decoded.function {
                RuntimeCall::Babe(call) => {
                    // The node does not know the pallet. An encoded call is its index, the proof,
                    // and the proof of ownership.
                    let call = call.encode();
                    EquivocationProof::decode(&mut &call[1..]).unwrap()
                }
                other => panic!("{other:?}"),
            }
        };
        pool.ready().map(|t| report(t.data().encode())).collect()
    }

    fn state(&self, at: &Block) -> Monitoring<clearproof_runtime::AccountId> {
        self.parts
            .client
            .runtime_api()
            .monitoring(at.hash())
            .unwrap()
    }

    fn bond(&self, at: &Block, who: Sr25519Keyring) -> u128 {
        let validators = self.state(at).validators;
        let found = validators.iter().find(|v| v.account == who.to_account_id());
        found.unwrap().bond
    }

    /// Two blocks of Dave's in the first slot.
    async fn two_blocks(&self) -> [Block; 2] {
        let genesis = self.genesis();
        let first = self.block(&genesis, Dave, self.first_slot, 0).await;
        let second = self.block(&genesis, Dave, self.first_slot, 1).await;
        assert_ne!(first.hash(), second.hash());
        [first, second]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_makes_two_blocks_in_a_slot_is_reported_once_and_punished_by_the_next_block() {
    let node = Node::validator();
    let [first, second] = node.two_blocks().await;
    node.advance(&first).await;
    assert_eq!(node.reported(), []);
    node.import(BlockOrigin::NetworkBroadcast, &second).await;
    for again in [&first, &second] {
        node.import(BlockOrigin::NetworkBroadcast, again).await;
    }
    let [proof] = <[_; 1]>::try_from(node.reported()).unwrap();
    assert_eq!(proof.offender, Dave.public().into());
    assert_eq!(proof.first_header, *first.header());
    assert_eq!(proof.second_header, *second.header());
    assert!(check_equivocation_proof(proof), "it has the seals");

    assert_eq!(node.bond(&first, Dave), 10_000 * CLR);
    let later = node.first_slot + 1;
    let next = node.block(first.header(), Alice, later, 0).await;
    node.advance(&next).await;
    assert_eq!(node.bond(&next, Dave), 4_375 * CLR);
    assert_eq!(node.bond(&next, Alice), 10_000 * CLR);
    assert_eq!(node.state(&next).disabled_validators, 1);
    assert_eq!(node.reported(), []);
}

/// Imports the first two blocks of a chain, both Dave's, and checks that nothing is reported.
async fn unreported(node: &Node, origin: BlockOrigin) {
    for block in &node.two_blocks().await {
        node.import(origin, block).await;
    }
    assert_eq!(node.reported(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_fetched_to_catch_up_is_not_reported() {
    unreported(&Node::validator(), BlockOrigin::NetworkInitialSync).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_does_not_report_its_own_key() {
    let node = Node::validator();
    let keys = node.parts.keystore_container.keystore();
    keys.sr25519_generate_new(BABE, Some(&Dave.to_seed()))
        .unwrap();
    unreported(&node, BlockOrigin::NetworkBroadcast).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_authors_nothing_reports_nothing() {
    unreported(&Node::new(&[]), BlockOrigin::NetworkBroadcast).await;
}
