//! Proposing, voting, and the state of referenda.

use crate::commands::policy::{assessed, say};
use anyhow::{Context, Result, anyhow, bail};
use clearproof_client::chain::{
    Chain, calls,
    referenda::{Ongoing, Referendum},
};
use clearproof_primitives::policy::PolicyChange;
use clearproof_tools::policy::{self, ballot};
use subxt_signer::sr25519::Keypair;

/// A vote.
#[derive(clap::Args)]
pub struct Vote {
    /// Index of the referendum.
    #[arg(long)]
    referendum: u32,
    #[command(flatten)]
    side: Side,
    /// Number of whole tokens to vote with, such as 1000 or 0.5.
    #[arg(long)]
    amount: String,
    /// Conviction, 0 to 6. 0 counts a tenth of the tokens and locks nothing; 1 to 6 multiply their
    /// weight by that number, and lock them for 1, 2, 4, 8, 16 or 32 weeks if the vote wins.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=6))]
    conviction: u8,
}

/// The side of a vote.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Side {
    /// Votes for the referendum.
    #[arg(long)]
    aye: bool,
    /// Votes against the referendum.
    #[arg(long)]
    nay: bool,
}

/// Returns a referendum; an error if no referendum has this index.
pub async fn known(chain: &Chain, index: u32) -> Result<Referendum> {
    let found = chain.referendum(index).await?;
    found.with_context(|| {
        format!(
            "--referendum {index}: there is none; `policy status` lists those on risk parameters"
        )
    })
}

/// Returns a referendum on risk parameters that can be voted on.
async fn open(chain: &Chain, index: u32) -> Result<Ongoing> {
    let track = chain.constants().await?.risk_track.id;
    match known(chain, index).await? {
        Referendum::Ongoing(of) if of.track == track => Ok(of),
        Referendum::Ongoing(of) => bail!(
            "--referendum {index}: it is on track {}, not on risk parameters; vote on it in polkadot-js Apps",
            of.track
        ),
        over => bail!("--referendum {index}: it is over, {}", ballot::state(&over)),
    }
}

pub async fn propose(chain: &Chain, changes: &[PolicyChange], signer: &Keypair) -> Result<()> {
    // An invalid change is refused here, not only after weeks of votes.
    let (_, assessment) = assessed(chain, changes).await?;
    let index = chain
        .propose_changes(signer, changes)
        .await
        .context("submitting the referendum")?;
    say(format_args!(
        "Referendum {index} on the track risk_parameters is submitted."
    ))?;
    let placing = calls::place_decision_deposit(index);
    let placed = chain.submit(signer, &placing).await;
    placed.with_context(|| {
        format!("placing its decision deposit, without which it is not decided; anybody may, with referenda.placeDecisionDeposit({index})")
    })?;
    say("Its decision deposit is placed.")?;
    say(policy::verdict(&assessment))?;
    say(format_args!(
        "To vote: clearproof-prover policy vote --referendum {index} --aye --amount … --conviction …"
    ))
}

pub async fn vote(chain: &Chain, vote: Vote, signer: &Keypair) -> Result<()> {
    let Vote {
        referendum: index,
        side,
        amount,
        conviction,
    } = vote;
    let token = chain.token().await?;
    let units = token.units(&amount);
    let units = units.map_err(|error| anyhow!("--amount {amount}: {error}"))?;
    open(chain, index).await?;
    let call = calls::vote(index, side.aye, conviction, units);
    chain.submit(signer, &call).await?;
    let said = if side.aye { "aye" } else { "nay" };
    say(format_args!(
        "Voted {said} on referendum {index} with {} at conviction {conviction}.",
        token.show(units)
    ))?;
    let state = ballot::state(&known(chain, index).await?);
    say(format_args!("Referendum {index}: {state}."))
}

/// Prints one referendum, of any track and in any state.
pub async fn one(chain: &Chain, index: u32) -> Result<()> {
    let referendum = known(chain, index).await?;
    match &referendum {
        Referendum::Ongoing(of) => table(chain, vec![(index, of.clone())]).await,
        over => say(format_args!("Referendum {index}: {}.", ballot::state(over))),
    }
}

/// Prints all referenda on risk parameters that are not over.
pub async fn all(chain: &Chain) -> Result<()> {
    let referenda = chain.risk_referenda().await?;
    if referenda.is_empty() {
        return say("No referendum on risk parameters is going on.");
    }
    table(chain, referenda).await
}

async fn table(chain: &Chain, referenda: Vec<(u32, Ongoing)>) -> Result<()> {
    let mut rows = Vec::new();
    for (index, of) in referenda {
        let changes = chain.proposed_changes(&of.proposal).await?;
        rows.push((index, of, changes));
    }
    let token = chain.token().await?;
    say(ballot::referenda(&rows, &token))
}
