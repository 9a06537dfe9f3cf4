//! The nodes of a network: started, stopped, paused, and joined by others.

use crate::{definition::Definition, rpc};
use anyhow::{Context, Result, ensure};
use clearproof_client::chain::Chain;
use clearproof_testing::venue::{LIMIT, until, until_within};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time;
use zombienet_sdk::{
    AddNodeOptions, Arg, LocalFileSystem, Network, NetworkConfig, NetworkConfigExt, NetworkNode,
};

/// Number of blocks without finality that count as a standstill: it usually lags by two or three.
const BLOCKS: u32 = 5;
/// Longest wait for the end of a node that was asked to stop.
const STOP_LIMIT: Duration = Duration::from_secs(60);

/// Running nodes. Dropping them kills them.
pub struct Nodes {
    network: Network<LocalFileSystem>,
    config: NetworkConfig,
}

/// The addresses of a node, and the place of its log.
#[derive(Clone, Debug)]
pub struct NodePlace {
    /// The node's name.
    pub name: String,
    /// URL of its JSON-RPC.
    pub rpc: String,
    /// URL of its Prometheus metrics.
    pub metrics: String,
    /// Path of its log.
    pub log: PathBuf,
}

impl Nodes {
    /// Starts the nodes of a network; their databases and logs are in the folder.
    ///
    /// # Errors
    /// A program or file is missing, or a node does not answer within three minutes.
    pub async fn start(definition: Definition, folder: &Path) -> Result<Self> {
        let config = definition.prepare(folder).await?;
        let network = config.clone().spawn_native().await;
        let network = network.context("starting the nodes")?;
        Ok(Self { network, config })
    }

    fn node(&self, name: &str) -> Result<&NetworkNode> {
        self.network.get_node(name)
    }

    /// Returns all nodes, in the order in which they were started.
    ///
    /// # Errors
    /// The runner does not know a node's addresses.
    pub fn places(&self) -> Result<Vec<NodePlace>> {
        let places = self.network.nodes().into_iter().map(|node| {
            let metrics = field(node, "/prometheus_uri")?;
            Ok(NodePlace {
                name: node.name().into(),
                rpc: node.ws_uri().into(),
                metrics: metrics.as_str().context("prometheus_uri")?.into(),
                log: node.core().inner().log_path().clone(),
            })
        });
        places.collect()
    }

    /// Returns the URL of a node's JSON-RPC.
    ///
    /// # Errors
    /// There is no such node.
    pub fn url(&self, name: &str) -> Result<String> {
        Ok(self.node(name)?.ws_uri().into())
    }

    /// Returns a connection to a node.
    ///
    /// # Errors
    /// There is no such node, or it does not answer in time.
    pub async fn chain(&self, name: &str) -> Result<Chain> {
        let url = self.url(name)?;
        let chain = time::timeout(LIMIT, Chain::connect(&url)).await;
        Ok(chain.with_context(|| format!("{name} does not answer within {LIMIT:?}"))??)
    }

    /// Waits until a node reports that a block of this number or a later one is final. Returns the
    /// number of the last final block.
    ///
    /// # Errors
    /// There is no such node, or it takes too long.
    pub async fn finalised(&self, name: &str, wanted: u32) -> Result<u32> {
        let chain = self.chain(name).await?;
        let what = format!("block {wanted}, final for {name}");
        // The connection to a node that was stopped or paused may be lost; the next request opens
        // another.
        until(&what, || async {
            Ok(chain.finalized().await.ok().filter(|n| *n >= wanted))
        })
        .await
    }

    /// Waits until a node shows that finality stands still although blocks are made. Returns the
    /// number of the last final block.
    ///
    /// # Errors
    /// There is no such node, no blocks are made, or one of them becomes final.
    pub async fn standstill(&self, name: &str) -> Result<u32> {
        let (chain, url) = (self.chain(name).await?, self.url(name)?);
        let best =
            || async { anyhow::Ok(rpc::Node::connect(&url).await?.block(None).await?.number) };
        let more = async |from: u32| {
            let what = format!("{BLOCKS} blocks after {from} at {name}");
            until(&what, || async {
                Ok(Some(best().await?).filter(|n| *n >= from + BLOCKS))
            })
            .await
        };
        // Votes that were on their way may still finalise blocks.
        let from = more(best().await?).await?;
        let before = chain.finalized().await?;
        more(from).await?;
        let after = chain.finalized().await?;
        ensure!(
            after == before,
            "finality went on at {name}, from block {before} to {after}"
        );
        Ok(after)
    }

    /// Asks a node to end, and waits until it has.
    ///
    /// # Errors
    /// The node does not run, or does not end in time.
    pub async fn stop(&self, name: &str) -> Result<()> {
        let id = field(self.node(name)?, "/inner/process_handle")?;
        let id = id
            .as_i64()
            .and_then(|id| Pid::from_raw(id.try_into().ok()?));
        let id = id.with_context(|| format!("{name} does not run"))?;
        kill_process(id, Signal::TERM).with_context(|| format!("stopping {name}"))?;
        // The runner reaps the process when it starts the node again or ends.
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        until_within(STOP_LIMIT, &format!("the end of {name}"), || async {
            let status = waitid(WaitId::Pid(id), look);
            Ok(status.with_context(|| name.to_string())?.map(drop))
        })
        .await
    }

    /// Starts a stopped node again, with its database, keys and ports.
    ///
    /// # Errors
    /// There is no such node, or its program cannot be started.
    pub async fn start_again(&self, name: &str) -> Result<()> {
        self.node(name)?.restart(None).await
    }

    /// Pauses a node at any point of its work, like a machine that is suspended.
    ///
    /// # Errors
    /// There is no such node.
    pub async fn pause(&self, name: &str) -> Result<()> {
        self.node(name)?.pause().await
    }

    /// Resumes a paused node.
    ///
    /// # Errors
    /// There is no such node.
    pub async fn resume(&self, name: &str) -> Result<()> {
        self.node(name)?.resume().await
    }

    /// Adds a node with an empty database that takes no part in consensus.
    ///
    /// # Errors
    /// It does not answer in time.
    pub async fn add(&mut self, name: &str) -> Result<()> {
        self.add_with(name, None).await
    }

    /// Adds a node with an empty database, and with the session keys of one of the well-known
    /// validators.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub async fn add_with_keys_of(&mut self, name: &str, validator: &str) -> Result<()> {
        // The node's program knows these keys, and has a flag with the name of each.
        self.add_with(name, Some(format!("--{validator}"))).await
    }

    async fn add_with(&mut self, name: &str, flag: Option<String>) -> Result<()> {
        let flag = flag.iter().map(|flag| Arg::from(flag.as_str()));
        let args = self.config.relaychain().default_args();
        let options = AddNodeOptions {
            args: args.into_iter().cloned().chain(flag).collect(),
            ..AddNodeOptions::default()
        };
        let added = self.network.add_node(name, options).await;
        added.with_context(|| format!("adding {name}"))
    }

    /// Ends all nodes.
    ///
    /// # Errors
    /// A node cannot be ended.
    pub async fn end(self) -> Result<()> {
        self.network.destroy().await.context("ending the nodes")
    }
}

/// Returns a field of the runner's notes on a node for which the runner has no method.
fn field(node: &NetworkNode, pointer: &str) -> Result<serde_json::Value> {
    let notes = serde_json::to_value(node).context("the runner's notes")?;
    let value = notes.pointer(pointer).cloned();
    value.with_context(|| format!("the runner's notes of {}: no {pointer}", node.name()))
}
