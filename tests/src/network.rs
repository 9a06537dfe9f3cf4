//! A development chain of two nodes and a venue's operator as real processes: started, killed and
//! started again.

pub use clearproof_testing::venue::{PRICE, program, until};

use anyhow::{Context, Result};
use clearproof_client::chain::Chain;
use clearproof_testing::process::{Program, RunFolder, free_port};
use clearproof_testing::venue::{LIMIT, Venue};
use jsonrpsee::{
    core::client::ClientT,
    rpc_params,
    ws_client::{WsClient, WsClientBuilder},
};
use std::{
    ops::{Deref, DerefMut},
    time::Duration,
};
use tokio::time;

/// Flag that makes a validator create a new identity on the network. In production an operator
/// makes the identity by hand.
pub const FRESH_IDENTITY: &str = "--unsafe-force-node-key-generation";

/// A node that can be stopped and started again with its database.
pub struct Node {
    name: &'static str,
    arguments: Vec<String>,
    process: Option<Program>,
    /// URL of the node's JSON-RPC.
    pub url: String,
    /// Address of the node's metrics, `host:port`.
    pub metrics: String,
}

impl Node {
    /// Starts a node; `identity` holds the flags for its chain and its keys.
    pub fn start(folder: &RunFolder, name: &'static str, identity: &[&str]) -> Result<Self> {
        let port = free_port()?;
        let base = folder.join(name).to_string_lossy().into_owned();
        let (rpc, peers) = (port.to_string(), free_port()?.to_string());
        let prometheus = free_port()?.to_string();
        let common = [
            "--base-path",
            &base,
            "--rpc-port",
            &rpc,
            "--port",
            &peers,
            "--prometheus-port",
            &prometheus,
            "--no-telemetry",
            "--no-mdns",
            "--allow-private-ip",
        ];
        let arguments = identity.iter().chain(&common).map(ToString::to_string);
        let mut node = Self {
            name,
            arguments: arguments.collect(),
            process: None,
            url: format!("ws://127.0.0.1:{port}"),
            metrics: format!("127.0.0.1:{prometheus}"),
        };
        node.start_again(folder)?;
        Ok(node)
    }

    /// Starts the node with the same database and ports.
    pub fn start_again(&mut self, folder: &RunFolder) -> Result<()> {
        let log = folder.join(&format!("{}.log", self.name));
        let process = Program::start(
            self.name,
            &program("CLEARPROOF_NODE")?,
            &self.arguments,
            log,
        )?;
        self.process = Some(process);
        Ok(())
    }

    /// Connects to the node once it answers; returns an error at once if it has ended.
    pub async fn connect(&mut self) -> Result<Chain> {
        let process = self.process.as_mut().context("the node is not running")?;
        tokio::select! {
            chain = time::timeout(LIMIT, Chain::connect(&self.url)) => Ok(chain??),
            error = process.ended() => Err(error),
        }
    }

    /// Returns a connection to the node's JSON-RPC, for methods that [`Chain`] does not have.
    pub async fn rpc(&self) -> Result<WsClient> {
        let builder = WsClientBuilder::new().max_request_size(32 << 20);
        Ok(builder.build(&self.url).await?)
    }

    /// Returns the address at which other nodes on this machine reach it.
    pub async fn address(&self) -> Result<String> {
        let rpc = self.rpc().await?;
        let addresses: Vec<String> = rpc
            .request("system_localListenAddresses", rpc_params![])
            .await?;
        let local = addresses
            .iter()
            .find(|address| address.starts_with("/ip4/127.0.0.1/tcp/"));
        let local = local.with_context(|| format!("no local address among {addresses:?}"))?;
        Ok(local.clone())
    }

    /// Kills the node without a warning.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Asks the node to stop, and waits for its end.
    pub async fn stop(&mut self) -> Result<()> {
        match &mut self.process {
            Some(process) => process.stop(Duration::from_secs(30)).await,
            None => Ok(()),
        }
    }
}

/// A development chain with fed prices, and a venue of the small shape with its operator. One node
/// makes the blocks and receives the prices; the operator has another node.
pub struct Network {
    venue: Venue,
    /// The validator; the venue's `chain` is a connection to it.
    pub validator: Node,
    /// The operator's node.
    pub node: Node,
    folder: RunFolder,
}

impl Deref for Network {
    type Target = Venue;

    fn deref(&self) -> &Venue {
        &self.venue
    }
}

impl DerefMut for Network {
    fn deref_mut(&mut self) -> &mut Venue {
        &mut self.venue
    }
}

impl Network {
    /// Starts everything and founds the venue.
    pub async fn start() -> Result<Self> {
        let folder = RunFolder::new(None)?;
        let mut validator = Node::start(&folder, "validator", &["--dev", FRESH_IDENTITY])?;
        let chain = validator.connect().await?;
        let address = validator.address().await?;
        let others = ["--chain", "dev", "--bootnodes", &address];
        let mut node = Node::start(&folder, "node", &others)?;
        node.connect().await?;
        let circuit = clearproof_runtime::development_circuits::SMALL;
        let venue = Venue::found(chain, &node.url, circuit, &folder.join("venue")).await?;
        Ok(Self {
            venue,
            validator,
            node,
            folder,
        })
    }

    /// Starts the operator's node again.
    pub fn start_node(&mut self) -> Result<()> {
        self.node.start_again(&self.folder)
    }

    /// Starts the validator again.
    pub fn start_validator(&mut self) -> Result<()> {
        self.validator.start_again(&self.folder)
    }
}
