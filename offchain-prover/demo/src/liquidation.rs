//! A trader uses as much leverage as the policy allows; then a stricter policy takes effect. The
//! account falls below its maintenance margin, and part of it is liquidated.

use super::{floor::Floor, report::Report, role::Role};
use anyhow::{Context, Result, ensure};
use clearproof_client::{
    chain::{Chain, calls},
    rpc::types::AccountJson,
};
use clearproof_primitives::{
    fixed::{FACTOR_BITS, ONE, Rate},
    policy::Policy,
    shape::MarketShape,
};
use std::time::Duration;
use subxt_signer::sr25519::dev;
use tokio::time::Instant;

/// Longest wait from the change of the policy to the liquidation: a snapshot, a batch, and a few
/// auctions.
const PATIENCE: Duration = Duration::from_secs(120);
/// Share of the intended position that the trader must hold before the policy changes, in eighths.
const ENOUGH: u64 = 6;

/// The bold trader before the policy changed.
#[derive(Clone, Copy, Debug)]
struct Before {
    /// Lots held.
    lots: i64,
    since: Instant,
}

/// Progress of the liquidation.
#[derive(Debug, Default)]
pub struct Liquidation {
    before: Option<Before>,
    after: Option<(AccountJson, i64)>,
}

/// Returns the development policy, but with charges of 12 % for maintenance and 20 % for initial
/// margin on one underlying.
fn strict(market: &MarketShape, underlying: usize) -> Policy {
    let mut policy = Policy::development(market);
    let percent = |n: u64| Rate::new((ONE * n / 100) as u32);
    if let Some(underlying) = policy.underlyings.get_mut(underlying) {
        let charges = &mut underlying.charges;
        (charges.maintenance_long, charges.maintenance_short) = (percent(12), percent(12));
        (charges.initial_long, charges.initial_short) = (percent(20), percent(20));
    }
    policy
}

impl Liquidation {
    /// True if the liquidation is over.
    pub fn done(&self) -> bool {
        self.after.is_some()
    }

    /// Looks at the bold trader: changes the policy once the account is leveraged, and notes when
    /// it has been liquidated.
    ///
    /// # Errors
    /// The chain refuses the policy, or nothing happens in time.
    pub async fn advance(
        &mut self,
        chain: &Chain,
        market: &MarketShape,
        floor: &mut Floor,
    ) -> Result<()> {
        let bold = |person: &super::people::Person| person.role == Role::Bold;
        let who = floor.people.iter().position(bold);
        let who = who.context("nobody is bold")?;
        let slot = floor.market.listing().slot;
        let account = floor.account(who).await?;
        let position = account.positions.iter().find(|p| p.instrument == slot);
        let lots = position.map_or(0, |p| p.quantity);
        match self.before {
            None => {
                let wanted = floor.market.bold_lots(&account)?;
                if lots.unsigned_abs() * 8 >= wanted * ENOUGH {
                    let underlying = floor.market.listing().underlying.into();
                    let policy = calls::set_policy(&strict(market, underlying));
                    let call = calls::Call::Sudo(Box::new(policy));
                    chain
                        .submit(&dev::alice(), &call)
                        .await
                        .context("a stricter policy")?;
                    tracing::info!(lots, "the policy asks for more margin from now on");
                    floor.bold_rests = true;
                    self.before = Some(Before {
                        lots,
                        since: Instant::now(),
                    });
                }
            }
            Some(before) if self.after.is_none() => {
                if lots.unsigned_abs() < before.lots.unsigned_abs() && is_free(&account) {
                    tracing::info!(from = before.lots, to = lots, "an account was liquidated");
                    self.after = Some((account, lots));
                }
                ensure!(
                    before.since.elapsed() < PATIENCE,
                    "the account at risk was not liquidated within {PATIENCE:?}"
                );
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// Adds the outcome to the report.
    pub fn report(&self, report: &mut Report) {
        let found = match (&self.before, &self.after) {
            (Some(before), Some((account, lots))) => {
                let margin = account.margin.map_or(0, |m| m.equity.0 >> 32);
                format!("{} lots before, {lots} after, equity {margin}", before.lots)
            }
            _ => "never at risk".into(),
        };
        let held = matches!((&self.before, &self.after), (Some(before), Some((_, lots)))
            if *lots != 0 && lots.signum() == before.lots.signum());
        report.check(
            "an account below maintenance margin was liquidated in part, and is free again",
            held,
            found,
        );
    }
}

/// True if the equity is at least the initial margin.
fn is_free(account: &AccountJson) -> bool {
    account.margin.is_some_and(|margin| {
        u128::try_from(margin.equity.0)
            .is_ok_and(|equity| equity << FACTOR_BITS >= margin.initial.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stricter_policy_is_within_its_bounds() {
        let market = MarketShape::REFERENCE;
        for underlying in 0..4 {
            assert_eq!(strict(&market, underlying).check(&market), Ok(()));
        }
        assert_ne!(strict(&market, 0), Policy::development(&market));
    }
}
