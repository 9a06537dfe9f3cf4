//! Combines several values into one: outliers are dropped, then the median of prices or the medoid
//! of curves is taken.

use clearproof_primitives::{
    chain::{Feed, FeedValue},
    fixed::IndexPrice,
    options::{SviError, medoid},
    rows::Smile,
    time::Millis,
};

/// Hundredths of a per cent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BasisPoints(pub u32);

/// The whole in basis points.
const WHOLE: u128 = 10_000;

impl BasisPoints {
    /// True if `level` is at most this far from `middle`, as a share of `middle`. Exact for levels
    /// below 2^95.
    pub fn reach(self, middle: IndexPrice, level: IndexPrice) -> bool {
        let distance = level.abs_diff(middle).saturating_mul(WHOLE);
        distance <= middle.saturating_mul(u128::from(self.0))
    }
}

/// Returns the distance of `level` from `middle`, as a share of `middle`, rounded down.
pub fn distance(middle: IndexPrice, level: IndexPrice) -> BasisPoints {
    let share = level
        .abs_diff(middle)
        .saturating_mul(WHOLE)
        .checked_div(middle);
    BasisPoints(
        share
            .and_then(|share| u32::try_from(share).ok())
            .unwrap_or(u32::MAX),
    )
}

/// Returns the number by which the chain judges a value: the price itself, or the volatility of a
/// curve at the forward, as of `now`.
///
/// # Errors
/// The curve has no volatility: its expiry is past or more than ten years ahead, or the volatility
/// is above 6,400 %.
pub fn level(feed: &Feed, value: &FeedValue, now: Millis) -> Result<IndexPrice, SviError> {
    match value {
        FeedValue::Price(price) => Ok(*price),
        FeedValue::Curve(curve) => {
            let smile = Smile {
                curve: *curve,
                fed_at: now,
            };
            let expiry = feed.expiry().map_or(Millis::ZERO, |expiry| expiry.time);
            smile.at_forward(expiry).map(IndexPrice::from)
        }
    }
}

/// The value of a source, with its level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Place of the source in the settings.
    pub source: usize,
    /// The value.
    pub value: FeedValue,
    /// Its [`level`].
    pub level: IndexPrice,
}

/// The combined readings of several sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Combined {
    /// The middle value of the agreeing readings, and its level; none if none agree.
    pub middle: Option<(FeedValue, IndexPrice)>,
    /// The readings that agree.
    pub agreeing: Vec<Reading>,
    /// The readings that are too far from the middle of all, each with its distance.
    pub outliers: Vec<(Reading, BasisPoints)>,
}

/// Drops the readings that are further than `spread` from the middle of all, and takes the middle
/// of the rest.
pub fn combine(readings: Vec<Reading>, spread: BasisPoints) -> Combined {
    let Some((_, centre)) = middle(&readings) else {
        return Combined {
            middle: None,
            agreeing: readings,
            outliers: Vec::new(),
        };
    };
    let near = |reading: &Reading| spread.reach(centre, reading.level);
    let (agreeing, far): (Vec<_>, Vec<_>) = readings.into_iter().partition(near);
    let far = far.into_iter();
    Combined {
        middle: middle(&agreeing),
        agreeing,
        outliers: far
            .map(|reading| (reading, distance(centre, reading.level)))
            .collect(),
    }
}

/// Returns the median of prices, or the mean of the two middle ones of an even number; for curves
/// the medoid, as on the chain. All readings of a feed are of one kind.
fn middle(readings: &[Reading]) -> Option<(FeedValue, IndexPrice)> {
    let curves = readings.iter().filter_map(|reading| match reading.value {
        FeedValue::Curve(curve) => Some((curve, reading)),
        FeedValue::Price(_) => None,
    });
    let (curves, said): (Vec<_>, Vec<&Reading>) = curves.unzip();
    if let Some(chosen) = medoid(&curves).and_then(|index| said.get(index)) {
        return Some((chosen.value, chosen.level));
    }
    let mut prices: Vec<IndexPrice> = readings.iter().map(|reading| reading.level).collect();
    prices.sort_unstable();
    let (low, high) = (prices.len().checked_sub(1)? / 2, prices.len() / 2);
    let (low, high) = (*prices.get(low)?, *prices.get(high)?);
    let price = low + (high - low) / 2;
    Some((FeedValue::Price(price), price))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clearproof_primitives::{
        chain::Expiry,
        options::{SviCurve, YEAR_MS, svi::SVI_ONE},
    };
    use proptest::prelude::*;

    fn prices(levels: &[u128]) -> Vec<Reading> {
        let levels = levels.iter().enumerate();
        let reading = |(source, level): (usize, &u128)| Reading {
            source,
            value: FeedValue::Price(*level),
            level: *level,
        };
        levels.map(reading).collect()
    }

    fn price(combined: &Combined) -> Option<u128> {
        combined.middle.map(|(_, level)| level)
    }

    const ONE_PER_CENT: BasisPoints = BasisPoints(100);

    #[test]
    fn the_median_counts_and_outliers_do_not() {
        let combined = combine(prices(&[1_000, 9_000, 1_002, 1_001]), ONE_PER_CENT);
        assert_eq!(price(&combined), Some(1_001));
        assert_eq!(combined.agreeing.len(), 3);
        let (outlier, far) = combined.outliers[0];
        assert_eq!(
            (outlier.source, far),
            (1, BasisPoints(79_910)),
            "from 1,001, half way between 1,001 and 1,002"
        );
        assert_eq!(
            price(&combine(prices(&[1_000, 1_005]), ONE_PER_CENT)),
            Some(1_002)
        );
        assert_eq!(price(&combine(prices(&[7]), ONE_PER_CENT)), Some(7));
        assert_eq!(price(&combine(Vec::new(), ONE_PER_CENT)), None);
    }

    #[test]
    fn two_that_contradict_each_other_both_fall() {
        let combined = combine(prices(&[1_000, 2_000]), ONE_PER_CENT);
        assert_eq!((price(&combined), combined.outliers.len()), (None, 2));
        let combined = combine(prices(&[1_000, 1_001, 2_000, 2_001]), ONE_PER_CENT);
        assert_eq!((price(&combined), combined.outliers.len()), (None, 4));
    }

    #[test]
    fn the_limit_itself_is_within() {
        assert!(ONE_PER_CENT.reach(1_000, 1_010) && ONE_PER_CENT.reach(1_000, 990));
        assert!(!ONE_PER_CENT.reach(1_000, 1_011) && !ONE_PER_CENT.reach(1_000, 989));
        let large = (1 << 95) - 1;
        assert!(!BasisPoints(9_999).reach(large, 1) && BasisPoints(10_000).reach(large, 1));
    }

    #[test]
    fn of_curves_the_medoid_counts_by_the_volatility_at_the_forward() {
        let now = Millis::new(1_000);
        let expiry = Expiry {
            underlying: 0,
            time: now + YEAR_MS,
        };
        let feed = Feed::Volatility(expiry);
        let readings = [400, 4_000, 401, 402]
            .iter()
            .enumerate()
            .map(|(source, level_of)| {
                let value = FeedValue::Curve(SviCurve {
                    a: SVI_ONE / 10_000 * level_of,
                    b: SVI_ONE as u64 / 1_000,
                    rho: 0,
                    m: 0,
                    sigma: SVI_ONE as u64 / 10,
                });
                let level = level(&feed, &value, now).unwrap();
                Reading {
                    source,
                    value,
                    level,
                }
            });
        let readings: Vec<_> = readings.collect();
        assert_eq!(readings[0].level >> 24, 51, "volatility of 20 %");
        let combined = combine(readings.clone(), ONE_PER_CENT);
        assert_eq!(
            combined.middle,
            Some((readings[2].value, readings[2].level))
        );
        assert_eq!(combined.outliers.len(), 1);
        assert!(
            level(&feed, &readings[0].value, expiry.time).is_err(),
            "expired"
        );
    }

    proptest! {
        #[test]
        fn a_minority_of_liars_cannot_move_it_beyond_the_honest(
            honest in prop::collection::vec(1_000_000u128..1_010_000, 3..8),
            lies in prop::collection::vec(1u128..1 << 90, 0..3),
            spread in 1u32..5_000,
        ) {
            prop_assume!(lies.len() < honest.len());
            let (least, most) = (honest.iter().min().unwrap(), honest.iter().max().unwrap());
            let all = [honest.clone(), lies].concat();
            let combined = combine(prices(&all), BasisPoints(spread));
            if let Some(price) = price(&combined) {
                let slack = u128::from(spread) * (most * 2) / WHOLE;
                prop_assert!(price + slack >= *least && price <= most + slack);
            }
            prop_assert_eq!(combined.agreeing.len() + combined.outliers.len(), all.len());
        }
    }
}
