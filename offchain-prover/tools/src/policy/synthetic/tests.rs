#![allow(clippy::unwrap_used)]
use super::*;
use crate::calculators::portfolio::MARKET;
use clearproof_formats::prices::{self, Bar};
use clearproof_primitives::fixed::{Factor, ONE, Rate};
use std::process::{Command, Stdio};

const HOUR: u64 = 3_600_000;

/// Hourly closes in whole dollars.
fn series(closes: impl IntoIterator<Item = u64>) -> Series {
    let bar = |(hour, close): (u64, u64)| Bar {
        time: Millis::new(1_700_000_000_000 + hour * HOUR),
        close: close * ONE,
    };
    Series {
        name: "x".into(),
        bars: (0..).zip(closes).map(bar).collect(),
    }
}

/// Maintenance margin is a quarter more, initial margin as it is.
fn tighter() -> Policy {
    let mut policy = Policy::development(&MARKET);
    for underlying in &mut policy.underlyings {
        let factor = underlying.maintenance_factor.get();
        underlying.maintenance_factor = Factor::new(factor / 4 * 5);
    }
    policy
}

fn simulate(series: &[Series], proposed: &Policy, seed: u64) -> (Outcome, Vec<Moment>) {
    simulate_many(60, series, proposed, seed)
}

fn simulate_many(
    portfolios: u32,
    series: &[Series],
    proposed: &Policy,
    seed: u64,
) -> (Outcome, Vec<Moment>) {
    let config = SyntheticConfig {
        series,
        present: &Policy::development(&MARKET),
        proposed,
        portfolios,
        seed,
    };
    let mut moments = Vec::new();
    let outcome = run(&config, |moment| {
        moments.push(*moment);
        Ok(())
    });
    let outcome = Outcome {
        elapsed: Duration::ZERO,
        ..outcome.unwrap()
    };
    (outcome, moments)
}

/// Calm days, and a slide of a third in two.
fn slide() -> Vec<Series> {
    let calm = |level: u64| (0..72).map(move |hour| level + hour % 3);
    let closes = calm(3_000).chain((0..48).map(|hour| 3_000 - hour * 21));
    let other = calm(60_000).chain((0..48).map(|hour| 60_000 - hour * 300));
    vec![series(closes), series(other)]
}

#[test]
fn a_run_depends_on_its_seed_alone() {
    let first = simulate(&slide(), &tighter(), 1);
    assert_eq!(first, simulate(&slide(), &tighter(), 1));
    assert_ne!(first.0, simulate(&slide(), &tighter(), 2).0);
    assert_eq!(first.1.len() as u64, first.0.moments);
}

#[test]
fn the_same_policy_twice_makes_no_difference() {
    let (outcome, moments) = simulate(&slide(), &Policy::development(&MARKET), 1);
    assert!(outcome.now.liquidated > 0, "{outcome}");
    assert_eq!(outcome.now, outcome.then);
    assert!(moments.iter().all(|m| m.now == m.then && m.at_change == 0));
}

#[test]
fn more_maintenance_margin_liquidates_more_and_earlier() {
    let (outcome, moments) = simulate(&slide(), &tighter(), 1);
    assert!(
        outcome.then.liquidated > outcome.now.liquidated,
        "{outcome}"
    );
    assert!(outcome.at_change_most.value > 0, "{outcome}");
    assert!(outcome.then.maintenance_most.value > 0, "{outcome}");
    // Initial margin is as it was, so that all could be opened.
    assert_eq!((outcome.now.refused, outcome.then.refused), (0, 0));
    let total = |of: fn(&Moment) -> u32| moments.iter().map(of).map(u64::from).sum::<u64>();
    assert_eq!(total(|m| m.now.liquidated), outcome.now.liquidated);
    assert_eq!(total(|m| m.then.liquidated), outcome.then.liquidated);
    let first = |of: fn(&Moment) -> u32| moments.iter().position(|m| of(m) > 0);
    assert!(first(|m| m.then.liquidated) <= first(|m| m.now.liquidated));
}

#[test]
fn more_initial_margin_is_said_to_refuse_what_the_present_one_lets_in() {
    let mut policy = Policy::development(&MARKET);
    for underlying in &mut policy.underlyings {
        underlying.initial_factor = Factor::new(underlying.initial_factor.get() * 2);
    }
    let (outcome, _) = simulate(&slide(), &policy, 1);
    assert!(
        outcome.then.refused > 0 && outcome.then.refused < outcome.opened,
        "{outcome}"
    );
    assert_eq!(
        outcome.now.liquidated, outcome.then.liquidated,
        "maintenance is as it was"
    );
    assert!(outcome.then.initial_most.value > outcome.now.initial_most.value);
}

#[test]
fn a_larger_haircut_meets_those_with_such_collateral() {
    let mut policy = Policy::development(&MARKET);
    policy.haircuts[1..].fill(Rate::new(1 << 31));
    let (outcome, _) = simulate_many(400, &slide(), &policy, 1);
    assert!(outcome.then.refused > 0, "{outcome}");
    assert!(
        outcome.then.liquidated > outcome.now.liquidated,
        "{outcome}"
    );
    assert_eq!(outcome.now.initial_most, outcome.then.initial_most);
}

#[test]
fn nobody_is_liquidated_while_nothing_moves() {
    let (outcome, moments) = simulate(&[series([2_000; 100])], &tighter(), 1);
    assert_eq!((outcome.now.liquidated, outcome.now.bankrupt), (0, 0));
    assert!(outcome.opened >= 60, "{outcome}");
    // Each is leveraged: all together ask for a good part of what they deposited.
    let initial = moments[0].now.initial;
    assert!((100_000..600_000).contains(&initial), "{initial}");
}

#[test]
fn a_fall_overnight_bankrupts_and_the_shortfall_is_counted() {
    let calm = (0..48).map(|hour| 2_000 + hour % 3);
    let (outcome, moments) = simulate(&[series(calm.chain([900, 901]))], &tighter(), 1);
    assert!(
        outcome.now.bankrupt > 0 && outcome.now.shortfall > 0,
        "{outcome}"
    );
    assert_eq!(outcome.now.bankrupt_most.time, moments[48].time);
    let text = outcome.to_string();
    assert!(
        text.contains("seed 1") && text.contains("bankrupt"),
        "{text}"
    );
}

#[test]
fn what_cannot_be_simulated_is_refused() {
    let policy = Policy::development(&MARKET);
    let refused = |series: &[Series], portfolios| {
        let config = SyntheticConfig {
            series,
            present: &policy,
            proposed: &policy,
            portfolios,
            seed: 1,
        };
        format!("{:#}", run(&config, |_| Ok(())).unwrap_err())
    };
    assert!(refused(&slide(), 0).starts_with("--synthetic 0: 1 to 100000"));
    assert!(refused(&[], 1).contains("--prices"));
    let mut huge = series([1, 1]);
    huge.bars.iter_mut().for_each(|bar| bar.close = u64::MAX);
    let error = refused(&[huge], 1);
    assert!(error.contains("x at 1700000000000 ms"), "{error}");
}

/// All of a recording, by `gzip`; none where there is no folder of recordings or no `gzip`.
fn recorded(name: &str) -> Option<Vec<u8>> {
    let folder = std::env::var_os("CLEARPROOF_MARKET_DATA")?;
    let path = std::path::PathBuf::from(folder).join(name);
    let mut command = Command::new("gzip");
    let output = command.arg("-dc").arg(path).stderr(Stdio::null()).output();
    output
        .ok()
        .map(|o| o.stdout)
        .filter(|text| !text.is_empty())
}

#[test]
fn the_crash_of_may_2021_liquidates_more_under_a_tighter_policy() {
    let name = "copyleft/closes_huobi_btc_eth_1h_2021.csv.gz";
    let Some(text) = recorded(name) else {
        eprintln!(
            "skipped: CLEARPROOF_MARKET_DATA names no folder with {name}, or there is no gzip"
        );
        return;
    };
    let series = prices::parse_all(&text).unwrap();
    assert_eq!(series.len(), 2);
    let (outcome, moments) = simulate_many(400, &series, &tighter(), 1);
    println!("{outcome}");
    assert_eq!(outcome.moments, 3_862);
    assert!(
        outcome.then.liquidated > outcome.now.liquidated,
        "{outcome}"
    );
    // On 2021-05-19 several times as many as on a usual day.
    let day = Millis::new(1_621_382_400_000)..Millis::new(1_621_468_800_000);
    let crash: u64 = moments
        .iter()
        .filter(|moment| day.contains(&moment.time))
        .map(|moment| u64::from(moment.now.liquidated))
        .sum();
    let usual = outcome.now.liquidated / (outcome.moments / 24);
    assert!(crash > 3 * usual, "{crash} {usual}");
}
