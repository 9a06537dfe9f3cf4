//! A withdrawal, and two requests that the operator refuses: a withdrawal beyond the margin, and an
//! order set that a newer one has replaced.

use super::{floor::Floor, report::Refusal};
use anyhow::{Context, Result, bail};
use clearproof_client::{VenueError, rpc::types::MarginJson};
use clearproof_primitives::{
    fixed::{FACTOR_BITS, FRACTION_BITS},
    order::{Request, SignedOrderSet, WithdrawalRequest},
};
use std::time::Duration;
use tokio::time::sleep;

/// Amount of the withdrawal, smallest units of the quote: 250 dollars.
pub const WITHDRAWN: u64 = 250_000_000;
/// Amount by which the refused withdrawal exceeds the margin: 50 dollars, more than a new mark
/// changes meanwhile.
const BEYOND: u64 = 50_000_000;
/// Pause between two attempts while no batch is open: the operator carries out withdrawals at once
/// or refuses them.
const RETRY: Duration = Duration::from_millis(250);
/// Largest number of attempts.
const ATTEMPTS: u32 = 240;

/// Returns the operator's refusal of a set, or none if it accepts; waits for a batch to be open.
async fn answer(floor: &mut Floor, who: usize, set: &SignedOrderSet) -> Result<Option<VenueError>> {
    for _ in 0..ATTEMPTS {
        match floor.send(who, set.clone()).await {
            Ok(()) => return Ok(None),
            Err(error) if error.name() == "NoOpenBatch" => sleep(RETRY).await,
            Err(error @ VenueError::Refused(_)) => return Ok(Some(error)),
            Err(error) => return Err(error.into()),
        }
    }
    bail!("the operator opened no batch for {:?}", RETRY * ATTEMPTS)
}

fn refusal(attempt: &'static str, expected: &'static str, got: Option<VenueError>) -> Refusal {
    let got = got.map_or_else(|| "accepted".into(), |error| error.name().into());
    tracing::info!(expected, got, "{attempt}");
    Refusal {
        attempt,
        by: "operator",
        expected,
        held: got == expected,
        got,
    }
}

/// Returns the amount that the account may withdraw: equity beyond the initial margin, in smallest
/// units of the quote, rounded down.
fn free(margin: &MarginJson) -> u64 {
    let required = margin.initial.0.div_ceil(1 << FACTOR_BITS);
    let free =
        i128::try_from(required).map_or(0, |required| margin.equity.0.saturating_sub(required));
    u64::try_from(free >> FRACTION_BITS).unwrap_or(0)
}

async fn margin_of(floor: &Floor, who: usize) -> Result<MarginJson> {
    for _ in 0..ATTEMPTS {
        if let Some(margin) = floor.account(who).await?.margin {
            return Ok(margin);
        }
        sleep(RETRY).await;
    }
    bail!("the operator opened no batch for {:?}", RETRY * ATTEMPTS)
}

/// A trader cancels all orders, sends the old set again, tries to withdraw more than the margin
/// allows, and withdraws [`WITHDRAWN`] to an account of the chain.
///
/// # Errors
/// The operator refuses a valid request, or cannot be reached.
pub async fn withdraw(floor: &mut Floor, who: usize, recipient: [u8; 32]) -> Result<Vec<Refusal>> {
    let old = floor.people[who].last.clone();
    let old = old.context("the trader has not traded yet")?;
    let cancel = floor.set(who, Vec::new(), None);
    if let Some(error) = answer(floor, who, &cancel).await? {
        return Err(error).context("cancelling all orders");
    }
    let got = answer(floor, who, &old).await?;
    let replaced = refusal("old order set", "OldSequence", got);

    let pay = |amount| {
        Some(Request::Withdrawal(WithdrawalRequest {
            asset: 0,
            amount,
            recipient,
        }))
    };
    let margin = margin_of(floor, who).await?;
    let amount = free(&margin).saturating_add(BEYOND);
    let set = floor.set(who, Vec::new(), pay(amount));
    let got = answer(floor, who, &set).await?;
    let beyond = refusal("withdrawal beyond the margin", "Margin", got);

    let set = floor.set(who, Vec::new(), pay(WITHDRAWN));
    if let Some(error) = answer(floor, who, &set).await? {
        return Err(error).context("withdrawal within the margin");
    }
    Ok(vec![replaced, beyond])
}

#[cfg(test)]
mod tests {
    use super::*;
    use clearproof_client::rpc::number::Decimal;

    #[test]
    fn what_is_free_is_equity_less_initial_margin_rounded_down() {
        let margin = |equity, initial| MarginJson {
            equity: Decimal(equity),
            initial: Decimal(initial),
            maintenance: Decimal(0),
        };
        assert_eq!(free(&margin(100 << 32, 30 << 48)), 70);
        assert_eq!(free(&margin(100 << 32, (30 << 48) + 1)), 69);
        assert_eq!(free(&margin(-(5 << 32), 0)), 0);
        assert_eq!(free(&margin(0, u128::MAX)), 0);
    }
}
