//! The chain, over a node's JSON-RPC: reads at the last final block, and signed calls that are
//! followed until they are final, or in a block.
//!
//! A lost node is an error of the call in flight; the next call connects again. Pallets, calls and
//! constants are looked up in the runtime's metadata.

pub mod calls;
pub mod circuits;
mod constants;
mod custody;
mod error;
mod oracle;
mod policy;
pub mod referenda;
mod submit;
mod version;

pub use calls::Call;
pub use constants::{Constants, RiskTrack};
pub use error::ChainError;
pub use submit::{CallEvent, Included};
/// Keys of accounts on the chain, which sign its transactions.
pub use subxt_signer::{SecretUri, sr25519::Keypair};
pub use version::{INTERFACES, SPEC_NAME};

use clearproof_primitives::{
    chain::{BatchView, ExpiryView, Instrument, QueuedDeposit, SnapshotView, VenueView},
    ids::{BatchNumber, SnapshotNumber, VenueId},
    submission::Batch,
};
use codec::{Decode, DecodeAll, Encode};
use std::{
    collections::HashMap,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};
use subxt::{
    OnlineClient, PolkadotConfig,
    client::{ClientAtBlock, OnlineClientAtBlockImpl},
    config::RpcConfigFor,
    rpcs::{LegacyRpcMethods, RpcClient},
};
use tokio::{sync::Mutex, time};

/// Longest wait for one answer of the node.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// Pause between two attempts to reach a node, and between two looks for a new block.
const RETRY: Duration = Duration::from_secs(1);
/// Attempts to reach the node from one line in the log to the next.
const LOG_EVERY: u32 = 10;

type Api = OnlineClient<PolkadotConfig>;
type Rpc = LegacyRpcMethods<RpcConfigFor<PolkadotConfig>>;
type ApiAtBlock = ClientAtBlock<PolkadotConfig, OnlineClientAtBlockImpl<PolkadotConfig>>;

/// A connection to a node. Cheap to clone; all clones share the connection.
#[derive(Clone)]
pub struct Chain {
    inner: Arc<Inner>,
}

struct Inner {
    url: String,
    genesis: [u8; 32],
    link: Mutex<Option<Link>>,
    connected: AtomicBool,
    /// Allows one transaction of an account at a time; two at once would get the same nonce.
    signers: Mutex<HashMap<[u8; 32], Arc<Mutex<()>>>>,
}

/// An open connection.
#[derive(Clone)]
struct Link {
    api: Api,
    /// Methods that `api` does not have.
    rpc: Rpc,
    /// Version of the runtime that was last checked: a node's runtime can be upgraded.
    checked: Arc<AtomicU32>,
}

impl Link {
    /// Returns the last final block, after checking that this client knows its runtime.
    async fn now(&self) -> Result<ApiAtBlock, ChainError> {
        let now = self.api.at_current_block().await?;
        let runtime = now.spec_version();
        if self.checked.load(Ordering::Relaxed) != runtime {
            version::check(now.metadata_ref())?;
            self.checked.store(runtime, Ordering::Relaxed);
        }
        Ok(now)
    }
}

async fn open(url: &str) -> Result<Link, ChainError> {
    let opened = async {
        let client = RpcClient::from_insecure_url(url).await?;
        let rpc = Rpc::new(client.clone());
        let api = Api::from_rpc_client(client).await;
        let api = api.map_err(|e| ChainError::Node(e.to_string()))?;
        let link = Link {
            api,
            rpc,
            checked: Arc::default(),
        };
        link.now().await?;
        Ok(link)
    };
    let opened = time::timeout(ANSWER_TIMEOUT, opened).await;
    let problem = match opened {
        Ok(Ok(link)) => return Ok(link),
        Ok(Err(ChainError::Node(error))) => error,
        Ok(Err(other)) => return Err(other),
        Err(_) => format!("no answer within {ANSWER_TIMEOUT:?}"),
    };
    Err(ChainError::Node(format!("{url}: {problem}")))
}

impl Chain {
    /// Connects to the node at `url` (`ws://` or `wss://`). Waits until the node answers, however
    /// long that takes.
    ///
    /// # Errors
    /// As [`connect_once`](Self::connect_once), but never [`ChainError::Node`].
    pub async fn connect(url: &str) -> Result<Self, ChainError> {
        let mut attempt = 0;
        loop {
            match Self::connect_once(url).await {
                Err(error @ ChainError::Node(_)) => {
                    if attempt % LOG_EVERY == 0 {
                        tracing::warn!(%error, "waiting for the node");
                    }
                    attempt += 1;
                    time::sleep(RETRY).await;
                }
                done => return done,
            }
        }
    }

    /// Connects to the node at `url` (`ws://` or `wss://`), in one attempt of at most 30 seconds.
    ///
    /// # Errors
    /// [`ChainError::Url`] if the address is not one of a node; [`ChainError::Node`] if the node
    /// does not answer; [`ChainError::OtherRuntime`] or [`ChainError::OtherVersion`] if its runtime
    /// is one that this client cannot speak to. Later calls return the last two as well, once the
    /// runtime has been upgraded beyond this client.
    pub async fn connect_once(url: &str) -> Result<Self, ChainError> {
        if !(url.starts_with("ws://") || url.starts_with("wss://")) {
            return Err(ChainError::Url(url.into()));
        }
        let link = open(url).await?;
        Ok(Self {
            inner: Arc::new(Inner {
                url: url.into(),
                genesis: link.api.genesis_hash().0,
                link: Mutex::new(Some(link)),
                connected: AtomicBool::new(true),
                signers: Mutex::default(),
            }),
        })
    }

    /// Returns the hash of the chain's genesis block.
    pub fn genesis(&self) -> [u8; 32] {
        self.inner.genesis
    }

    /// Returns true if the node answered the last call.
    pub fn connected(&self) -> bool {
        self.inner.connected.load(Ordering::Relaxed)
    }

    async fn link(&self) -> Result<Link, ChainError> {
        let mut slot = self.inner.link.lock().await;
        if let Some(link) = &*slot {
            return Ok(link.clone());
        }
        let link = open(&self.inner.url).await?;
        let genesis = link.api.genesis_hash();
        if genesis.0 != self.inner.genesis {
            return Err(ChainError::OtherChain(hex::encode(genesis)));
        }
        tracing::info!(url = self.inner.url, "connected to the node again");
        Ok(slot.insert(link).clone())
    }

    async fn api(&self) -> Result<Api, ChainError> {
        Ok(self.link().await?.api)
    }

    /// Runs one exchange with the node. A connection that fails is dropped, so that the next
    /// exchange opens another.
    async fn exchange<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<T, ChainError>>,
    ) -> Result<T, ChainError> {
        let done = time::timeout(limit, work).await;
        let done = done.unwrap_or_else(|_| {
            Err(ChainError::Node(format!(
                "{}: no answer within {limit:?}",
                self.inner.url
            )))
        });
        let lost = matches!(done, Err(ChainError::Node(_)));
        self.inner.connected.store(!lost, Ordering::Relaxed);
        if lost {
            *self.inner.link.lock().await = None;
        }
        done
    }

    async fn now(&self) -> Result<ApiAtBlock, ChainError> {
        self.link().await?.now().await
    }

    /// Calls a method of the runtime's `ClearproofApi` at the last final block.
    async fn ask<T: Decode>(&self, method: &str, arguments: impl Encode) -> Result<T, ChainError> {
        self.ask_of("ClearproofApi", method, arguments).await
    }

    /// Calls a method of one of the runtime's interfaces at the last final block.
    async fn ask_of<T: Decode>(
        &self,
        interface: &str,
        method: &str,
        arguments: impl Encode,
    ) -> Result<T, ChainError> {
        self.exchange(ANSWER_TIMEOUT, async {
            let name = format!("{interface}_{method}");
            let now = self.now().await?;
            let bytes = now
                .runtime_apis()
                .call_raw(&name, Some(&arguments.encode()))
                .await?;
            T::decode_all(&mut &bytes[..]).map_err(|error| ChainError::Decode { what: name, error })
        })
        .await
    }

    /// Returns a venue; none if no venue has this number.
    ///
    /// # Errors
    /// As all reads: [`ChainError::Node`] if the node does not answer within 30 seconds,
    /// [`ChainError::OtherChain`] if another chain's node is at the address now,
    /// [`ChainError::OtherRuntime`], [`ChainError::OtherVersion`] or [`ChainError::Decode`] if the
    /// runtime speaks another version than this client.
    pub async fn venue(&self, id: VenueId) -> Result<Option<VenueView<[u8; 32]>>, ChainError> {
        self.ask("venue", id).await
    }

    /// Returns a settled batch, while the chain remembers it: the last 64 of a venue.
    ///
    /// # Errors
    /// As [`Self::venue`].
    pub async fn batch(
        &self,
        venue: VenueId,
        number: BatchNumber,
    ) -> Result<Option<BatchView>, ChainError> {
        self.ask("batch", (venue, number)).await
    }

    /// Returns the deposits from an index on (counting from 0) that no batch has consumed, with
    /// their indices, 512 at most.
    ///
    /// # Errors
    /// As [`Self::venue`].
    pub async fn queued_deposits(
        &self,
        venue: VenueId,
        from: u64,
    ) -> Result<Vec<(u64, QueuedDeposit)>, ChainError> {
        self.ask("queued_deposits", (venue, from)).await
    }

    /// Returns the snapshot of this number, or the latest; none if the chain does not keep it.
    ///
    /// # Errors
    /// As [`Self::venue`].
    pub async fn snapshot(
        &self,
        number: Option<SnapshotNumber>,
    ) -> Result<Option<SnapshotView>, ChainError> {
        self.ask("snapshot", number).await
    }

    /// Returns all listed instruments, by slot.
    ///
    /// # Errors
    /// As [`Self::venue`].
    pub async fn instruments(&self) -> Result<Vec<Instrument>, ChainError> {
        self.ask("instruments", ()).await
    }

    /// Returns all expiries that options are listed on, by underlying and time.
    ///
    /// # Errors
    /// As [`Self::venue`].
    pub async fn expiries(&self) -> Result<Vec<ExpiryView>, ChainError> {
        self.ask("expiries", ()).await
    }

    /// Returns the number of the last final block.
    ///
    /// # Errors
    /// As [`Self::venue`].
    pub async fn finalized(&self) -> Result<u32, ChainError> {
        let number = self
            .exchange(ANSWER_TIMEOUT, async {
                Ok(self.now().await?.block_number())
            })
            .await?;
        u32::try_from(number).map_err(|_| ChainError::Node("block number beyond 2^32".into()))
    }

    /// Waits for a final block after that number, and returns its number. The node may be lost
    /// meanwhile.
    ///
    /// # Errors
    /// Only if the node is of another chain, or its runtime speaks another version.
    pub async fn next_finalized(&self, after: u32) -> Result<u32, ChainError> {
        let mut failures = 0;
        loop {
            match self.finalized().await {
                Ok(number) if number > after => return Ok(number),
                Ok(_) => failures = 0,
                Err(ChainError::Node(error)) => {
                    if failures % LOG_EVERY == 0 {
                        tracing::warn!(error, "lost the node, trying again");
                    }
                    failures += 1;
                }
                Err(error) => return Err(error),
            }
            time::sleep(RETRY).await;
        }
    }

    /// Returns the batch of a venue that was submitted in a block; none if the block has none.
    ///
    /// # Errors
    /// As [`Self::venue`].
    pub async fn submitted_batch(
        &self,
        block: u32,
        venue: VenueId,
    ) -> Result<Option<Batch>, ChainError> {
        self.exchange(ANSWER_TIMEOUT, async {
            let at = self.api().await?.at_block(u64::from(block)).await?;
            for extrinsic in at.extrinsics().fetch().await?.iter() {
                let extrinsic = extrinsic?;
                let name = (extrinsic.pallet_name(), extrinsic.call_name());
                if name != calls::SUBMIT_BATCH {
                    continue;
                }
                let batch = Batch::decode_all(&mut extrinsic.call_data_field_bytes());
                let batch = batch.map_err(|error| ChainError::Decode {
                    what: "settlement.submit_batch".into(),
                    error,
                })?;
                if batch.header.venue == venue {
                    return Ok(Some(batch));
                }
            }
            Ok(None)
        })
        .await
    }
}
