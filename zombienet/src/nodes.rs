//! The nodes of a network: started, stopped, paused, joined by others.

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

/// As many blocks without finality are a standstill: it usually lags by two or three.
const BLOCKS: u32 = 5;
/// Longest wait for a node to end that is asked to.
const STOP_LIMIT: Duration = Duration::from_secs(60);

/// Nodes that run. Dropping them kills them.
pub struct Nodes {
    network: Network<LocalFileSystem>,
    config: NetworkConfig,
}

/// Where a node is reached, and where its log lies.
#[derive(Clone, Debug)]
pub struct NodePlace {
    /// Its name.
    pub name: String,
    /// JSON-RPC.
    pub rpc: String,
    /// Prometheus metrics.
    pub metrics: String,
    /// The log.
    pub log: PathBuf,
}

impl Nodes {
    /// Starts the nodes of a network; databases and logs lie in the folder.
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

    /// All nodes, in the order in which they were started.
    ///
    /// # Errors
    /// The runner does not say where a node is.
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

    /// A node's JSON-RPC.
    ///
    /// # Errors
    /// There is no such node.
    pub fn url(&self, name: &str) -> Result<String> {
        Ok(self.node(name)?.ws_uri().into())
    }

    /// A connection to a node.
    ///
    /// # Errors
    /// There is no such node, or it does not answer in time.
    pub async fn chain(&self, name: &str) -> Result<Chain> {
        let url = self.url(name)?;
        let chain = time::timeout(LIMIT, Chain::connect(&url)).await;
        Ok(chain.with_context(|| format!("{name} does not answer within {LIMIT:?}"))??)
    }

    /// Waits until a block of that number or a later one is final for a node; answers the last
    /// final one's number.
    ///
    /// # Errors
    /// There is no such node, or it takes too long.
    pub async fn finalised(&self, name: &str, wanted: u32) -> Result<u32> {
        let chain = self.chain(name).await?;
        let what = format!("block {wanted}, final for {name}");
        // The connection to a node that was stopped or paused may be lost; the next question opens
        // another.
        until(&what, || async {
            Ok(chain.finalized().await.ok().filter(|n| *n >= wanted))
        })
        .await
    }

    /// Waits until a node shows that finality stands still although blocks are made; answers the
    /// last final block's number.
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
        // What was on its way may still become final.
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
    /// It does not run, or does not end in time.
    pub async fn stop(&self, name: &str) -> Result<()> {
        let id = field(self.node(name)?, "/inner/process_handle")?;
        let id = id
            .as_i64()
            .and_then(|id| Pid::from_raw(id.try_into().ok()?));
        let id = id.with_context(|| format!("{name} does not run"))?;
        kill_process(id, Signal::TERM).with_context(|| format!("stopping {name}"))?;
        // The runner collects what the process leaves, when it starts the node again or is done.
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        until_within(STOP_LIMIT, &format!("the end of {name}"), || async {
            let status = waitid(WaitId::Pid(id), look);
            Ok(status.with_context(|| name.to_string())?.map(drop))
        })
        .await
    }

    /// Starts a node again that was stopped, with its database, keys and ports.
    ///
    /// # Errors
    /// There is no such node, or its program cannot be started.
    pub async fn start_again(&self, name: &str) -> Result<()> {
        self.node(name)?.restart(None).await
    }

    /// Stops a node in the middle of whatever it does, as a machine that is suspended.
    ///
    /// # Errors
    /// There is no such node.
    pub async fn pause(&self, name: &str) -> Result<()> {
        self.node(name)?.pause().await
    }

    /// Lets a paused node go on.
    ///
    /// # Errors
    /// There is no such node.
    pub async fn resume(&self, name: &str) -> Result<()> {
        self.node(name)?.resume().await
    }

    /// Adds a node with an empty database, which takes no part in consensus.
    ///
    /// # Errors
    /// It does not answer in time.
    pub async fn add(&mut self, name: &str) -> Result<()> {
        self.add_with(name, None).await
    }

    /// Adds a node with an empty database that has the session keys of one of the well-known
    /// validators as well.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub async fn add_with_keys_of(&mut self, name: &str, validator: &str) -> Result<()> {
        // The node's program has the keys of well-known names, by flags of these names.
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
    /// One cannot be ended.
    pub async fn end(self) -> Result<()> {
        self.network.destroy().await.context("ending the nodes")
    }
}

/// What the runner notes of a node but has no method for.
fn field(node: &NetworkNode, pointer: &str) -> Result<serde_json::Value> {
    let notes = serde_json::to_value(node).context("the runner's notes")?;
    let value = notes.pointer(pointer).cloned();
    value.with_context(|| format!("the runner's notes of {}: no {pointer}", node.name()))
}
