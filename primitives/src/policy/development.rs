//! A policy for development chains and tests.

use super::{ChargeRates, ONE_FACTOR, ONE_RATE, Policy, TradingTerms, UnderlyingPolicy};
use crate::{
    fixed::{Factor, Rate},
    options::{DAY_MS, ScenarioSpec, VolatilityScaling},
    shape::MarketShape,
};
use alloc::vec::Vec;

impl Policy {
    /// A policy for development chains and tests, of plausible size but calibrated to nothing: see
    /// [`development_scenarios`] for the scenarios; scan loss times 1 for maintenance and 1.25 for
    /// initial margin; charges of 0.5 % and 1 %, and of 1 % and 1.5 % on short options; haircuts of
    /// 10 %; a fee of 0.02 %, a fifth of which goes to the chain; position limits of 2^40 lots and
    /// caps of 2^50; prices may move 20 % between snapshots; bands of 5 % of a mark, and of 1 % of
    /// the underlying for options; premiums of up to 1 % paid as funding every eight hours;
    /// liquidated accounts pay up to 1 %.
    pub fn development(market: &MarketShape) -> Self {
        let percent = |hundredths: u64| Rate::new((ONE_RATE * hundredths / 10_000) as u32);
        let terms = |fee| TradingTerms {
            fee_rate: percent(fee),
            position_limit: 1 << 40,
            open_interest_cap: 1 << 50,
        };
        let underlying = UnderlyingPolicy {
            initial_factor: Factor::new(ONE_FACTOR * 5 / 4),
            maintenance_factor: Factor::new(ONE_FACTOR),
            scenarios: development_scenarios(market.scenarios as usize),
            scaling: VolatilityScaling {
                short_power: Factor::new(ONE_FACTOR * 3 / 10),
                long_power: Factor::new(ONE_FACTOR * 13 / 100),
                floor_ms: DAY_MS,
            },
            charges: ChargeRates {
                initial_long: percent(100),
                initial_short: percent(100),
                maintenance_long: percent(50),
                maintenance_short: percent(50),
            },
            option_charges: ChargeRates {
                initial_long: Rate::new(0),
                initial_short: percent(150),
                maintenance_long: Rate::new(0),
                maintenance_short: percent(100),
            },
            perpetual_terms: terms(2),
            option_terms: terms(2),
            jump_limit: percent(2_000),
        };
        let mut haircuts = alloc::vec![percent(1_000); market.assets as usize];
        if let Some(quote) = haircuts.first_mut() {
            *quote = Rate::new(0);
        }
        Self {
            underlyings: alloc::vec![underlying; market.underlyings as usize],
            haircuts,
            pegs: alloc::vec![None; market.assets as usize],
            protocol_share: percent(2_000),
            price_band: percent(500),
            option_band: percent(100),
            funding_cap: percent(100),
            funding_interval: DAY_MS / 3,
            liquidation_rate: percent(100),
        }
    }
}

/// Scenarios in pairs of a price up and down: up to three sizes to ±24 %, each with the volatility
/// a quarter up and a quarter down, as SPAN's sixteen are; the same at an unmoved price; one
/// extreme pair of ±72 % of which 35 % counts. The first ones of these, from the outermost on,
/// where the market has fewer; more of the last where it has more.
pub fn development_scenarios(count: usize) -> Vec<ScenarioSpec> {
    let one = ONE_FACTOR as i32;
    let scenario = |price: i32, volatility: i32, weight: i32| ScenarioSpec {
        price_shock: one * price / 100,
        volatility_shock: one * volatility / 100,
        weight: Factor::new((one * weight / 100) as u32),
    };
    let moves = [(24, 25), (24, -25), (16, 25), (16, -25), (8, 25), (8, -25)];
    let pairs = moves
        .into_iter()
        .flat_map(|(price, volatility)| [-price, price].map(|p| scenario(p, volatility, 100)));
    let mut all: Vec<_> = pairs.collect();
    all.extend([-72, 72].map(|price| scenario(price, 0, 35)));
    all.extend([25, -25].map(|volatility| scenario(0, volatility, 100)));
    let last = scenario(0, -25, 100);
    all.resize(count.max(all.len()), last);
    all.truncate(count);
    all
}
