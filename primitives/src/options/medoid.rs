//! Of several smiles of one expiry the one that lies amid them.

use super::svi::{MAX_LOG_MONEYNESS, SviCurve, work};
use alloc::vec::Vec;

/// Points at which smiles are compared: log-moneyness −1 to 1, where options trade.
const POINTS: usize = 9;

/// Index of the curve whose distances to all others sum to the least, the first of equals; none of
/// none.
///
/// The distance of two curves is the largest difference of their total variances over nine
/// log-moneynesses from −1 to 1. A curve that a dishonest minority of one in three feeds is only
/// chosen where it lies as near to either honest one as they lie to each other. Unlike a median of
/// each parameter it is a curve that somebody vouches for, so it allows no arbitrage if theirs does
/// not; and different parameters can describe one smile. Curves must be in bounds
/// ([`SviCurve::check_bounds`]).
pub fn medoid(curves: &[SviCurve]) -> Option<usize> {
    let step = MAX_LOG_MONEYNESS / 8 * 2 / (POINTS as i64 - 1);
    let at =
        |curve: &SviCurve, i: usize| curve.variance(work(i as i64 * step - MAX_LOG_MONEYNESS / 8));
    let values = curves
        .iter()
        .map(|curve| core::array::from_fn(|i| at(curve, i)));
    let values: Vec<[i128; POINTS]> = values.collect();
    let distance = |one: &[i128; POINTS], other: &[i128; POINTS]| {
        let pairs = one.iter().zip(other);
        pairs.map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
    };
    let sum = |one| -> u128 { values.iter().map(|other| distance(one, other)).sum() };
    let sums = values.iter().map(sum).enumerate();
    sums.min_by_key(|(_, sum)| *sum).map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::svi::SVI_ONE;

    /// A smile at a level in thousandths.
    fn smile(level: i64) -> SviCurve {
        SviCurve {
            a: SVI_ONE / 1_000 * level,
            b: SVI_ONE as u64 / 20,
            rho: 0,
            m: 0,
            sigma: SVI_ONE as u64 / 10,
        }
    }

    #[test]
    fn a_minority_cannot_move_it_beyond_what_the_others_say() {
        let honest = [smile(40), smile(41)];
        for outlier in [0, 30, 50, 900] {
            for place in 0..3 {
                let mut curves = honest.to_vec();
                curves.insert(place, smile(outlier));
                assert_ne!(medoid(&curves), Some(place), "{outlier}");
            }
        }
    }

    #[test]
    fn the_middle_one_is_chosen_and_of_equals_the_first() {
        assert_eq!(medoid(&[smile(10), smile(30), smile(20)]), Some(2));
        assert_eq!(medoid(&[smile(10), smile(20)]), Some(0));
        assert_eq!(medoid(&[]), None);
    }

    #[test]
    fn wings_count_as_much_as_the_middle() {
        let mut steep = smile(40);
        steep.b *= 4;
        assert_ne!(medoid(&[steep, smile(40), smile(42)]), Some(0));
    }
}
