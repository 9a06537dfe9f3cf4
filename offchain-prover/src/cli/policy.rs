//! `policy`: what the risk policy says, what a change would do, and how to propose one.

use super::key::Key;
use anyhow::{Context, Result};
use clearproof_primitives::policy::{Assessment, Policy, PolicyChange};
use clearproof_prover::{
    calculators::{lines, portfolio::MARKET},
    chain::{calls, Chain},
    policy::{self, Simulation},
};
use std::{
    cell::RefCell,
    fs::File,
    io::{stdin, stdout, Read},
    path::{Path, PathBuf},
};

/// Largest file of changes, bytes.
const MAX_CHANGES_FILE: u64 = 1 << 20;

/// Where to ask.
#[derive(clap::Args)]
pub struct Node {
    /// The node's JSON-RPC.
    #[arg(long, default_value = "ws://127.0.0.1:9944")]
    node: String,
}

/// What is proposed.
#[derive(clap::Args)]
pub struct Changes {
    /// JSON file with a list of changes, as in docs/governance.md.
    #[arg(long)]
    changes: PathBuf,
}

/// Commands about the risk policy.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Every parameter: value, bounds, how far one change may move it, which way it tightens.
    Show {
        #[command(flatten)]
        node: Node,
        /// A version that was in force, instead of the present one.
        #[arg(long)]
        version: Option<u32>,
        /// The policy as JSON, as the calculators read it.
        #[arg(long)]
        json: bool,
    },
    /// The policy's version and the changes that wait.
    Status {
        #[command(flatten)]
        node: Node,
    },
    /// What changes would do if they were scheduled now, or why they are refused.
    Diff {
        #[command(flatten)]
        node: Node,
        #[command(flatten)]
        changes: Changes,
    },
    /// Margin of portfolios now and after changes: lines on standard input as for `margin`, a line for each and a sum on standard
    /// error.
    Simulate {
        #[command(flatten)]
        node: Node,
        #[command(flatten)]
        changes: Changes,
    },
    /// Submits changes as a referendum on risk parameters, with its decision deposit.
    Propose {
        #[command(flatten)]
        node: Node,
        #[command(flatten)]
        changes: Changes,
        #[command(flatten)]
        key: Key,
    },
}

impl Changes {
    fn read(&self) -> Result<Vec<PolicyChange>> {
        read(&self.changes).with_context(|| format!("--changes {}", self.changes.display()))
    }
}

fn read(path: &Path) -> Result<Vec<PolicyChange>> {
    let mut text = String::new();
    let read = File::open(path)?
        .take(MAX_CHANGES_FILE + 1)
        .read_to_string(&mut text)?;
    anyhow::ensure!(
        read as u64 <= MAX_CHANGES_FILE,
        "longer than {MAX_CHANGES_FILE} bytes"
    );
    let mut json = serde_json::Deserializer::from_str(&text);
    let changes = serde_path_to_error::deserialize(&mut json)?;
    json.end()?;
    Ok(changes)
}

/// The policy in force, and what the chain says of changes to it.
async fn assessed(chain: &Chain, changes: &[PolicyChange]) -> Result<(Policy, Assessment)> {
    let current = chain.policy_state().await?.current;
    let current = current.context("the chain has no policy")?;
    Ok((current, chain.check_changes(changes).await??))
}

async fn show(chain: &Chain, version: Option<u32>, json: bool) -> Result<()> {
    let policy = match version {
        Some(version) => {
            let known = chain.policy_at(version).await?;
            known
                .with_context(|| format!("--version {version}: no such version was in force"))?
                .policy
        }
        None => {
            let state = chain.policy_state().await?;
            state.current.context("the chain has no policy")?
        }
    };
    if json {
        println!("{}", serde_json::to_string(&policy)?);
    } else {
        println!("{}", policy::parameters(&policy, &MARKET));
    }
    Ok(())
}

async fn status(chain: &Chain) -> Result<()> {
    let state = chain.policy_state().await?;
    let since = chain.policy_at(state.version).await?;
    match since {
        Some(version) if version.since > 0 => println!(
            "Version {} is in force since {}.",
            state.version,
            policy::moment(version.since)
        ),
        _ => println!("Version {} is in force.", state.version),
    }
    if state.pending.is_empty() {
        println!("No change is pending.");
    } else {
        println!("{}", policy::pending(&state.pending));
    }
    Ok(())
}

async fn diff(chain: &Chain, changes: &[PolicyChange]) -> Result<()> {
    let (current, assessment) = assessed(chain, changes).await?;
    println!(
        "{}",
        policy::differences(&current, &assessment.policy, &MARKET)
    );
    println!("{}", policy::verdict(&assessment));
    Ok(())
}

async fn simulate(chain: &Chain, changes: &[PolicyChange]) -> Result<()> {
    let (current, assessment) = assessed(chain, changes).await?;
    let sum = RefCell::new(Simulation::default());
    lines::each(stdin().lock(), stdout().lock(), |question| {
        sum.borrow_mut().add(question, &current, &assessment.policy)
    })?;
    eprintln!("{}", serde_json::to_string(&sum.into_inner())?);
    Ok(())
}

async fn propose(chain: &Chain, changes: &[PolicyChange], key: Key) -> Result<()> {
    let signer = key.load()?;
    // Refused here rather than after weeks of votes.
    let (_, assessment) = assessed(chain, changes).await?;
    let call = chain.encode(&calls::schedule_change(changes)).await?;
    let submission = calls::submit_risk_referendum(&call);
    let included = chain
        .submit(
            &signer,
            &calls::Call::All(vec![calls::note_preimage(&call), submission]),
        )
        .await?;
    let index = included
        .submitted_referendum()
        .context("no referendum in the events")?;
    chain
        .submit(&signer, &calls::place_decision_deposit(index))
        .await?;
    println!("Referendum {index} on the track risk_parameters; its decision deposit is placed.");
    println!("{}", policy::verdict(&assessment));
    Ok(())
}

pub fn run(command: Command) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("starting the async runtime")?;
    runtime.block_on(async {
        let connect = |node: Node| async move { Chain::connect(&node.node).await };
        match command {
            Command::Show {
                node,
                version,
                json,
            } => show(&connect(node).await?, version, json).await,
            Command::Status { node } => status(&connect(node).await?).await,
            Command::Diff { node, changes } => {
                let changes = changes.read()?;
                diff(&connect(node).await?, &changes).await
            }
            Command::Simulate { node, changes } => {
                let changes = changes.read()?;
                simulate(&connect(node).await?, &changes).await
            }
            Command::Propose { node, changes, key } => {
                let changes = changes.read()?;
                propose(&connect(node).await?, &changes, key).await
            }
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clearproof_primitives::policy::{MarginLevel, PositionSide, ProductKind};
    use std::io::Write;

    fn parsed(text: &str) -> Result<Vec<PolicyChange>> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        read(file.path())
    }

    #[test]
    fn changes_are_read_as_the_document_shows_them() {
        let text = r#"[{"charge":{"underlying":0,"kind":"perpetual","level":"maintenance",
            "side":"long","value":34359738}}]"#;
        let change = PolicyChange::Charge {
            underlying: 0,
            kind: ProductKind::Perpetual,
            level: MarginLevel::Maintenance,
            side: PositionSide::Long,
            value: 34_359_738,
        };
        assert_eq!(parsed(text).unwrap(), [change]);
    }

    #[test]
    fn malformed_changes_are_refused_where_they_are() {
        for (text, part) in [
            (r#"[{"charge":{"underlying":0}}]"#, "[0]"),
            (r#"[{"nothing":{}}]"#, "unknown variant"),
            (r#"[{"priceBand":{"value":1,"more":2}}]"#, "more"),
            (r#"[] []"#, "trailing"),
        ] {
            let error = format!("{:#}", parsed(text).unwrap_err());
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
