//! `policy`: shows the risk policy and the effect of a change, proposes changes, and votes on them.

mod ballot;
mod changes;
mod simulate;

use crate::commands::key::Key;
use anyhow::{Context, Result, bail};
use changes::{Changes, ChangesFile};
use clearproof_client::chain::Chain;
use clearproof_primitives::{
    policy::{Assessment, Policy, PolicyChange},
    time::Millis,
};
use clearproof_tools::{calculators::portfolio::MARKET, policy};
use simulate::Portfolios;
use std::{
    fmt::Display,
    io::{ErrorKind, Write, stdout},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Longest wait for a node: a person waits for the answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// The node that is asked.
#[derive(clap::Args)]
pub struct Node {
    /// URL of the node's JSON-RPC.
    #[arg(long, default_value = "ws://127.0.0.1:9944")]
    node: String,
}

/// Commands about the risk policy.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Shows every parameter: its value, its bounds, the largest step of one change, and the
    /// direction that tightens it.
    Show {
        #[command(flatten)]
        node: Node,
        /// Version that was in force earlier, instead of the present one.
        #[arg(long)]
        version: Option<u32>,
        /// Prints the policy as JSON, as the calculators read it.
        #[arg(long)]
        json: bool,
    },
    /// Shows the policy's version, the scheduled changes, and referenda on further changes.
    Status {
        #[command(flatten)]
        node: Node,
        /// Index of one referendum to show alone, also if it is over.
        #[arg(long)]
        referendum: Option<u32>,
    },
    /// Shows the effect of changes if they were scheduled now, or the reason that they are refused.
    Diff {
        #[command(flatten)]
        node: Node,
        #[command(flatten)]
        changes: Changes,
    },
    /// Compares margins of portfolios now and after changes: of portfolios on standard input, in
    /// lines as for `margin`, with a line for each and a sum on standard error; or of synthetic
    /// portfolios over recorded prices.
    Simulate {
        #[command(flatten)]
        node: Node,
        #[command(flatten)]
        changes: Changes,
        #[command(flatten)]
        portfolios: Portfolios,
    },
    /// Submits changes as a referendum on risk parameters, with its decision deposit.
    Propose {
        #[command(flatten)]
        node: Node,
        #[command(flatten)]
        changes: ChangesFile,
        #[command(flatten)]
        key: Key,
    },
    /// Votes on a referendum on risk parameters; a second vote replaces the first.
    Vote {
        #[command(flatten)]
        node: Node,
        #[command(flatten)]
        vote: ballot::Vote,
        #[command(flatten)]
        key: Key,
    },
}

impl Node {
    /// Connects to the node. Without an answer in time, the error names the node's URL.
    async fn connect(self) -> Result<Chain> {
        let connected = tokio::time::timeout(PATIENCE, Chain::connect(&self.node)).await;
        match connected {
            Ok(connected) => Ok(connected?),
            Err(_) => bail!(
                "--node {}: no node answers there within {} s; start one, or name another",
                self.node,
                PATIENCE.as_secs()
            ),
        }
    }
}

/// Writes a line to standard output. The reader may stop before the end, as `head` does.
fn say(text: impl Display) -> Result<()> {
    match writeln!(stdout(), "{text}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Returns the policy in force and the chain's assessment of changes to it.
async fn assessed(chain: &Chain, changes: &[PolicyChange]) -> Result<(Policy, Assessment)> {
    let current = chain.policy_state().await?.current;
    let current = current.context("the chain has no policy")?;
    Ok((current, chain.check_changes(changes).await??))
}

async fn show(chain: &Chain, version: Option<u32>, json: bool) -> Result<()> {
    let state = chain.policy_state().await?;
    let policy = match version {
        Some(version) => {
            let known = chain.policy_at(version).await?;
            let last = state.version;
            known
                .with_context(|| format!("--version {version}: versions go from 1 to {last}"))?
                .policy
        }
        None => state.current.context("the chain has no policy")?,
    };
    if json {
        say(serde_json::to_string(&policy)?)
    } else {
        say(policy::parameters(&policy, &MARKET))
    }
}

async fn status(chain: &Chain) -> Result<()> {
    let state = chain.policy_state().await?;
    let since = chain.policy_at(state.version).await?;
    match since {
        Some(version) if version.since > Millis::ZERO => say(format_args!(
            "Version {} is in force since {}.",
            state.version,
            policy::moment(version.since)
        ))?,
        _ => say(format_args!("Version {} is in force.", state.version))?,
    }
    if state.pending.is_empty() {
        say("No change is pending.")?;
    } else {
        say(policy::pending(&state.pending))?;
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    if u128::from(state.emergency_from.get()) > now {
        say(format_args!(
            "The committee tightened it lately, and may again from {} on.",
            policy::moment(state.emergency_from)
        ))?;
    }
    ballot::all(chain).await
}

async fn diff(chain: &Chain, changes: &[PolicyChange]) -> Result<()> {
    let (current, assessment) = assessed(chain, changes).await?;
    say(policy::differences(&current, &assessment.policy, &MARKET))?;
    say(policy::verdict(&assessment))
}

pub fn run(command: Command) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("starting the async runtime")?;
    runtime.block_on(async {
        match command {
            Command::Show {
                node,
                version,
                json,
            } => show(&node.connect().await?, version, json).await,
            Command::Status { node, referendum } => {
                let chain = node.connect().await?;
                match referendum {
                    Some(index) => ballot::one(&chain, index).await,
                    None => status(&chain).await,
                }
            }
            Command::Diff { node, changes } => {
                let file = changes.file()?;
                let chain = node.connect().await?;
                diff(&chain, &changes.or_proposed(file, &chain).await?).await
            }
            Command::Simulate {
                node,
                changes,
                portfolios,
            } => {
                let file = changes.file()?;
                let prices = portfolios.prices()?;
                let chain = node.connect().await?;
                let changes = changes.or_proposed(file, &chain).await?;
                let (current, assessment) = assessed(&chain, &changes).await?;
                portfolios.run(prices.as_deref(), &current, &assessment.policy)
            }
            Command::Propose { node, changes, key } => {
                let changes = changes.read()?;
                let signer = key.load()?;
                ballot::propose(&node.connect().await?, &changes, &signer).await
            }
            Command::Vote { node, vote, key } => {
                let signer = key.load()?;
                ballot::vote(&node.connect().await?, vote, &signer).await
            }
        }
    })
}
