//! Synthetic portfolios over recorded prices, under the policy in force and a proposed one: how
//! many would be liquidated, how many too late, and how much margin they would need.
//!
//! Portfolios are opened as the policy in force allows, and held for a day to two weeks. Both
//! policies see the same portfolios. Under each policy, a portfolio that falls below its
//! maintenance margin is liquidated at that moment and no longer counts until the account opens its
//! next one. Fees and funding are left out. Margins are computed by the code of engine and chain:
//! `primitives::{rows, margin}`.

mod market;
mod people;
mod report;
#[cfg(test)]
mod tests;

use anyhow::{Result, ensure};
use clearproof_formats::prices::{QUOTE_UNIT, Series};
use clearproof_primitives::{margin::Margin, policy::Policy, snapshot::Snapshot, time::Millis};
use market::Market;
use people::{Holdings, People};
use serde::Serialize;
use std::time::{Duration, Instant};

/// Most portfolios that are held at a time.
pub const MAX_PORTFOLIOS: u32 = 100_000;

/// Input of a simulation.
pub struct SyntheticConfig<'a> {
    /// Prices, one series per underlying from the first on.
    pub series: &'a [Series],
    /// The policy in force.
    pub present: &'a Policy,
    /// The proposed policy.
    pub proposed: &'a Policy,
    /// Number of accounts. Each holds one portfolio after another.
    pub portfolios: u32,
    /// Seed of the portfolios.
    pub seed: u64,
}

/// Figures of one policy at one moment. Money is in whole quote units, rounded down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Number of portfolios with positions, those liquidated at this moment included.
    pub held: u32,
    /// Number of portfolios liquidated at this moment, because they are below maintenance margin.
    pub liquidated: u32,
    /// Number of these whose equity is below zero.
    pub bankrupt: u32,
    /// Sum of the negative equity of these.
    pub shortfall: u64,
    /// Initial margin of all portfolios held.
    pub initial: u64,
    /// Maintenance margin of all portfolios held.
    pub maintenance: u64,
}

/// A moment of the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// Milliseconds since the Unix epoch.
    pub time: Millis,
    /// Under the policy in force.
    pub now: Standing,
    /// Under the proposed policy.
    pub then: Standing,
    /// Number of portfolios not liquidated so far under the policy in force that would be
    /// liquidatable at once if the proposed policy took effect at this moment.
    pub at_change: u32,
}

/// The largest value of a figure, and its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Peak {
    /// The value.
    pub value: u64,
    /// Milliseconds since the Unix epoch.
    pub time: Millis,
}

impl Peak {
    fn note(&mut self, value: u64, time: Millis) {
        if value > self.value {
            *self = Self { value, time };
        }
    }
}

/// Figures of one policy over the whole history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Course {
    /// Number of portfolios that this policy would not have allowed to be opened: they are below
    /// its initial margin.
    pub refused: u64,
    /// Number of portfolios liquidated.
    pub liquidated: u64,
    /// The most liquidated at one moment.
    pub liquidated_most: Peak,
    /// Number of these whose equity was below zero.
    pub bankrupt: u64,
    /// The most of these at one moment.
    pub bankrupt_most: Peak,
    /// Sum of their negative equity, whole quote units.
    pub shortfall: u64,
    /// Initial margin of all portfolios held, whole quote units: mean over moments.
    pub initial_mean: u64,
    /// The largest initial margin at one moment.
    pub initial_most: Peak,
    /// Maintenance margin of all portfolios held, whole quote units: mean over moments.
    pub maintenance_mean: u64,
    /// The largest maintenance margin at one moment.
    pub maintenance_most: Peak,
}

/// The result of a simulation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The seed, which repeats the run.
    pub seed: u64,
    /// Number of moments.
    pub moments: u64,
    /// First moment, milliseconds since the Unix epoch.
    pub from: Millis,
    /// Last moment, milliseconds since the Unix epoch.
    pub to: Millis,
    /// Number of portfolios opened.
    pub opened: u64,
    /// Under the policy in force.
    pub now: Course,
    /// Under the proposed policy.
    pub then: Course,
    /// The most portfolios that would be liquidatable at once if the change took effect at one
    /// moment.
    pub at_change_most: Peak,
    /// Their mean over moments, in thousandths of a portfolio.
    pub at_change_mean_milli: u64,
    /// Number of margins computed.
    pub margins: u64,
    /// Time of the whole simulation.
    #[serde(skip)]
    pub elapsed: Duration,
}

/// An account: its holdings, the end of their time, and the policies under which they are not yet
/// liquidated.
#[derive(Clone, Default)]
struct Person {
    held: Holdings,
    until: Millis,
    stands: [bool; 2],
}

/// Sums of margins and shortfall, with their fraction bits.
#[derive(Clone, Copy, Default)]
struct Sums {
    initial: u128,
    maintenance: u128,
    shortfall: u128,
}

/// Converts `value / 2^bits` smallest units to whole quote units.
fn whole(value: u128, bits: u32) -> u64 {
    u64::try_from((value >> bits) / QUOTE_UNIT).unwrap_or(u64::MAX)
}

impl Standing {
    /// Counts a portfolio; returns true if it is not liquidated.
    fn count(&mut self, sums: &mut Sums, margin: &Margin) -> bool {
        self.held += 1;
        sums.initial = sums.initial.saturating_add(margin.initial);
        sums.maintenance = sums.maintenance.saturating_add(margin.maintenance);
        if !margin.is_liquidatable() {
            return true;
        }
        self.liquidated += 1;
        if margin.equity < 0 {
            self.bankrupt += 1;
            let missing = margin.equity.unsigned_abs();
            sums.shortfall = sums.shortfall.saturating_add(missing);
        }
        false
    }

    fn with(self, sums: &Sums) -> Self {
        Self {
            shortfall: whole(sums.shortfall, 32),
            initial: whole(sums.initial, 48),
            maintenance: whole(sums.maintenance, 48),
            ..self
        }
    }
}

impl Course {
    /// Adds a moment; means are sums until [`Self::close`].
    fn note(&mut self, time: Millis, at: &Standing) {
        self.liquidated += u64::from(at.liquidated);
        self.liquidated_most.note(at.liquidated.into(), time);
        self.bankrupt += u64::from(at.bankrupt);
        self.bankrupt_most.note(at.bankrupt.into(), time);
        self.shortfall = self.shortfall.saturating_add(at.shortfall);
        self.initial_mean = self.initial_mean.saturating_add(at.initial);
        self.initial_most.note(at.initial, time);
        self.maintenance_mean = self.maintenance_mean.saturating_add(at.maintenance);
        self.maintenance_most.note(at.maintenance, time);
    }

    fn close(&mut self, moments: u64) {
        self.initial_mean /= moments.max(1);
        self.maintenance_mean /= moments.max(1);
    }
}

/// Simulates the history; `each` receives every moment.
///
/// # Errors
/// The series have no time in common or are more than the market's underlyings, a price does not
/// fit a lot, or `each` returns an error.
pub fn run(
    config: &SyntheticConfig<'_>,
    mut each: impl FnMut(&Moment) -> Result<()>,
) -> Result<Outcome> {
    ensure!(
        (1..=MAX_PORTFOLIOS).contains(&config.portfolios),
        "--synthetic {}: 1 to {MAX_PORTFOLIOS}",
        config.portfolios
    );
    let started = Instant::now();
    let moments = market::moments(config.series)?;
    let mut market = Market::new(config.series);
    let mut people = People::new(config.seed);
    let mut accounts = vec![Person::default(); config.portfolios as usize];
    let mut outcome = Outcome {
        seed: config.seed,
        moments: moments.len() as u64,
        from: moments.first().copied().unwrap_or(Millis::ZERO),
        to: moments.last().copied().unwrap_or(Millis::ZERO),
        ..Outcome::default()
    };
    for time in moments {
        let paid = market.advance(time)?;
        let snapshots = [
            market.snapshot(config.present)?,
            market.snapshot(config.proposed)?,
        ];
        for person in &mut accounts {
            person.held.settle(&paid);
            if person.until <= time {
                let [present, proposed] = &snapshots;
                let (held, until) = people.open(&market, config.present, present, time)?;
                if !held.positions.is_empty() {
                    outcome.opened += 1;
                    outcome.margins += 1;
                    outcome.then.refused += u64::from(!held.margin(proposed)?.is_free());
                }
                *person = Person {
                    held,
                    until,
                    stands: [true; 2],
                };
            }
        }
        let (moment, margins) = look(time, &mut accounts, &snapshots)?;
        outcome.margins += margins;
        outcome.now.note(time, &moment.now);
        outcome.then.note(time, &moment.then);
        outcome.at_change_most.note(moment.at_change.into(), time);
        outcome.at_change_mean_milli += u64::from(moment.at_change);
        each(&moment)?;
    }
    outcome.now.close(outcome.moments);
    outcome.then.close(outcome.moments);
    outcome.at_change_mean_milli = outcome.at_change_mean_milli * 1_000 / outcome.moments.max(1);
    outcome.elapsed = started.elapsed();
    Ok(outcome)
}

/// Computes the figures of all portfolios at a moment, and takes out those that are liquidated.
/// Also returns the number of margins computed.
fn look(time: Millis, accounts: &mut [Person], snapshots: &[Snapshot; 2]) -> Result<(Moment, u64)> {
    let mut standings = [Standing::default(); 2];
    let mut sums = [Sums::default(); 2];
    let (mut at_change, mut margins) = (0, 0);
    for person in accounts.iter_mut() {
        if person.held.positions.is_empty() || person.stands == [false; 2] {
            continue;
        }
        margins += 2;
        let of = [
            person.held.margin(&snapshots[0])?,
            person.held.margin(&snapshots[1])?,
        ];
        let falls = !of[0].is_liquidatable() && of[1].is_liquidatable();
        at_change += u32::from(person.stands[0] && falls);
        for (policy, margin) in of.iter().enumerate() {
            if person.stands[policy] {
                person.stands[policy] = standings[policy].count(&mut sums[policy], margin);
            }
        }
    }
    let [now, then] = [0, 1].map(|policy| standings[policy].with(&sums[policy]));
    let moment = Moment {
        time,
        now,
        then,
        at_change,
    };
    Ok((moment, margins))
}
