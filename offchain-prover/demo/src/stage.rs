//! The node, the venue and its operator: how the demonstration sets them up and asks them for
//! results.

use super::{BatchRow, DemoConfig, Report, floor::Floor, short};
use anyhow::{Context, Result};
use clearproof_client::{VenueClient, VenueError, chain::Chain};
use clearproof_primitives::{
    ids::{BatchNumber, VenueId},
    submission::Batch,
};
use clearproof_testing::process::{Program, RunFolder, free_port};
use clearproof_testing::venue::OPERATOR_SURI;
use std::{path::Path, time::Duration};
use tokio::time::{sleep, timeout};

/// Longest wait for the node to answer.
const NODE_LIMIT: Duration = Duration::from_secs(60);
/// Longest wait for the operator to answer: it loads its keys first.
const OPERATOR_LIMIT: Duration = Duration::from_secs(300);
/// Pause between two attempts to reach the operator.
const RETRY: Duration = Duration::from_millis(500);
/// Time from one auction to the next, milliseconds.
const AUCTION_INTERVAL_MS: u64 = 500;
/// Starts a development chain that connects to its own peers only, and returns its URL.
///
/// # Errors
/// The program cannot be started, or no port is free.
pub fn start_node(program: &Path, folder: &RunFolder) -> Result<(Program, String)> {
    let port = free_port()?;
    let base = folder.join("node");
    let base = base.to_string_lossy();
    let (rpc, peers) = (port.to_string(), free_port()?.to_string());
    let arguments = [
        "--dev",
        "--base-path",
        &base,
        "--rpc-port",
        &rpc,
        "--port",
        &peers,
        "--no-prometheus",
        "--no-telemetry",
        "--no-mdns",
        "--reserved-only",
    ];
    let node = Program::start("node", program, arguments, folder.join("node.log"))?;
    Ok((node, format!("ws://127.0.0.1:{port}")))
}

/// Connects to the node once it answers.
///
/// # Errors
/// It does not answer within a minute.
pub async fn connect(url: &str) -> Result<Chain> {
    let chain = timeout(NODE_LIMIT, Chain::connect(url)).await;
    Ok(chain.with_context(|| format!("the node does not answer within {NODE_LIMIT:?}"))??)
}

/// The context that all acts of the demonstration share.
pub struct Stage<'a> {
    /// The settings of the run.
    pub config: &'a DemoConfig,
    /// The folder that programs write to.
    pub folder: &'a RunFolder,
    /// The node's URL.
    pub url: &'a str,
    /// The connection to the node.
    pub chain: &'a Chain,
    /// The venue.
    pub venue: VenueId,
}

impl Stage<'_> {
    /// Starts the operator of the venue, which is this program itself, and returns its URL for
    /// traders.
    ///
    /// # Errors
    /// The program cannot be started, or no port is free.
    pub fn start_operator(&self) -> Result<(Program, String)> {
        let config = self.config;
        let listen = format!("127.0.0.1:{}", free_port()?);
        let data = self.folder.join("operator");
        // An auction adds several steps at once. Closing at one and a half chunks makes most
        // batches two chunks long.
        let steps = config.shape.steps + config.shape.steps / 2;
        let settings = [
            ("--node", self.url.into()),
            ("--venue", self.venue.to_string()),
            ("--suri", OPERATOR_SURI.into()),
            ("--data", data.to_string_lossy().into_owned()),
            ("--listen", listen.clone()),
            ("--keys", config.keys.to_string_lossy().into_owned()),
            ("--backend", config.backend.to_string()),
            ("--auction-interval-ms", AUCTION_INTERVAL_MS.to_string()),
            ("--batch-ms", config.batch_ms.to_string()),
            ("--batch-steps", steps.to_string()),
        ];
        let settings = settings.into_iter();
        let settings = settings.flat_map(|(name, value): (&str, String)| [name.into(), value]);
        let arguments = std::iter::once("operator".to_string()).chain(settings);
        let log = self.folder.join("operator.log");
        let operator = Program::start("operator", &config.prover, arguments, log)?;
        Ok((operator, format!("ws://{listen}")))
    }

    /// Connects to the operator once it answers.
    ///
    /// # Errors
    /// It does not answer in time, or serves another venue.
    pub async fn client(&self, operator: &str) -> Result<VenueClient> {
        let connect = async {
            loop {
                match VenueClient::connect(operator, self.chain.genesis(), self.venue).await {
                    Err(VenueError::Connection(_)) => sleep(RETRY).await,
                    done => break done,
                }
            }
        };
        let client = timeout(OPERATOR_LIMIT, connect).await;
        Ok(client
            .with_context(|| format!("the operator does not answer within {OPERATOR_LIMIT:?}"))??)
    }

    /// Returns the batch with this number as it was submitted.
    ///
    /// # Errors
    /// The chain does not know it.
    pub async fn submitted(&self, number: BatchNumber) -> Result<Batch> {
        let missing = || format!("batch {number}: the chain does not know it");
        let settled = self
            .chain
            .batch(self.venue, number)
            .await?
            .with_context(missing)?;
        let batch = self
            .chain
            .submitted_batch(settled.block, self.venue)
            .await?;
        batch.with_context(missing)
    }

    /// Waits until no batch is on its way to the chain, then adds the operator's and the chain's
    /// figures to the report.
    ///
    /// # Errors
    /// Either cannot be reached.
    pub async fn settled(
        &self,
        floor: &Floor,
        goal: BatchNumber,
        report: &mut Report,
    ) -> Result<()> {
        let status = floor.wait_for_rest().await?;
        let venue = self.chain.venue(self.venue).await?;
        let venue = venue.context("the chain forgot the venue")?;
        let (batch, root) = (status.settled.batch, status.settled.state_root);
        report.check(
            "the state root is the same on chain and off chain",
            (batch, root) == (venue.batches, venue.state_root),
            format!(
                "chain: batch {}, {}; operator: batch {batch}, {}",
                venue.batches,
                short(&venue.state_root),
                short(&root)
            ),
        );
        let enough = venue.batches >= goal;
        let found = format!("{} of {goal}", venue.batches);
        report.check("enough batches are settled", enough, found);

        let all = u32::try_from(venue.batches.get()).context("batches")?;
        for figures in floor.client.batches(all).await? {
            let header = self.submitted(figures.number).await?.header;
            let span = header.time_from..=header.time_to;
            let within = floor.accepted.iter().filter(|set| span.contains(&set.time));
            let orders = within.map(|set| set.orders).sum();
            report.batches.push(BatchRow { figures, orders });
        }
        let complete = report.batches.len() as u64 == venue.batches.get();
        let found = format!("{} of {}", report.batches.len(), venue.batches);
        report.check(
            "the operator knows the figures of all batches",
            complete,
            found,
        );
        Ok(())
    }
}
