//! Holds back a level that moved too far at once until further rounds confirm it. A wrong value
//! seldom comes again; a real move of the market does.

use super::combine::BasisPoints;
use clearproof_primitives::fixed::IndexPrice;

/// Limits the move of a level between two values that a member feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MoveLimit {
    /// Largest move that passes at once, as a share of the last level.
    pub max_move: BasisPoints,
    /// Number of rounds in a row, the first among them, that must confirm a larger move.
    pub rounds: u32,
}

/// The judgement of a round's level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The level is near the last one, or is the first.
    Near,
    /// The level is far from the last one, but enough rounds have confirmed it.
    Confirmed,
    /// The level is far from the last one, and is not to be fed yet.
    Held {
        /// The level that was fed last.
        last: IndexPrice,
        /// Number of rounds in a row that have confirmed it.
        said: u32,
    },
}

/// A member's record of one feed's levels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    fed: Option<IndexPrice>,
    /// The held level of the last round, and the number of rounds that have confirmed it.
    held: Option<(IndexPrice, u32)>,
}

impl Guard {
    /// Starts from the level that the member fed last, if there is one.
    pub fn new(fed: Option<IndexPrice>) -> Self {
        Self { fed, held: None }
    }

    /// Judges a round's level. A round confirms the one before if its level is near the earlier
    /// one's.
    pub fn judge(&mut self, level: IndexPrice, limit: &MoveLimit) -> Verdict {
        let last = match self.fed {
            Some(last) if !limit.max_move.reach(last, level) => last,
            _ => {
                self.held = None;
                return Verdict::Near;
            }
        };
        let before = self
            .held
            .filter(|(held, _)| limit.max_move.reach(*held, level));
        let said = before.map_or(1, |(_, said)| said.saturating_add(1));
        self.held = Some((level, said));
        if said >= limit.rounds {
            Verdict::Confirmed
        } else {
            Verdict::Held { last, said }
        }
    }

    /// Notes a round without a level: confirmation starts again.
    pub fn missed(&mut self) {
        self.held = None;
    }

    /// Notes that the level was fed.
    pub fn fed(&mut self, level: IndexPrice) {
        *self = Self::new(Some(level));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: MoveLimit = MoveLimit {
        max_move: BasisPoints(1_000),
        rounds: 3,
    };

    /// Judges levels in turn, and notes those that pass as fed.
    fn judge(guard: &mut Guard, levels: &[IndexPrice]) -> Vec<Verdict> {
        let judged = levels.iter().map(|level| {
            let verdict = guard.judge(*level, &LIMIT);
            if !matches!(verdict, Verdict::Held { .. }) {
                guard.fed(*level);
            }
            verdict
        });
        judged.collect()
    }

    const fn held(said: u32) -> Verdict {
        Verdict::Held { last: 100, said }
    }

    #[test]
    fn one_round_of_garbage_is_never_fed() {
        let mut guard = Guard::new(Some(100));
        let verdicts = judge(&mut guard, &[500, 100, 500, 100]);
        assert_eq!(verdicts, [held(1), Verdict::Near, held(1), Verdict::Near]);
    }

    #[test]
    fn a_move_passes_when_it_was_said_often_enough() {
        let mut guard = Guard::new(Some(100));
        let verdicts = judge(&mut guard, &[200, 205, 199, 201]);
        assert_eq!(
            verdicts,
            [held(1), held(2), Verdict::Confirmed, Verdict::Near]
        );
    }

    #[test]
    fn rounds_that_contradict_each_other_or_miss_confirm_nothing() {
        let mut guard = Guard::new(Some(100));
        assert_eq!(judge(&mut guard, &[200, 500, 200, 500]), [held(1); 4]);
        assert_eq!(judge(&mut guard, &[200, 200]), [held(1), held(2)]);
        guard.missed();
        assert_eq!(judge(&mut guard, &[200]), [held(1)]);
    }

    #[test]
    fn the_first_level_ever_passes_and_a_confirmed_one_that_was_not_fed_stays_so() {
        let mut guard = Guard::default();
        assert_eq!(guard.judge(7, &LIMIT), Verdict::Near);
        guard.fed(100);
        judge(&mut guard, &[200, 200]);
        assert_eq!(guard.judge(200, &LIMIT), Verdict::Confirmed);
        assert_eq!(
            guard.judge(200, &LIMIT),
            Verdict::Confirmed,
            "feeding failed, so it is said again"
        );
    }
}
