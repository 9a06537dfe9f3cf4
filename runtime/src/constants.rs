//! The chain's constants: time, money and the block's budget. Each is defined here and nowhere
//! else.

use crate::{Balance, BlockNumber, Moment};

/// Symbol of the native token.
pub const TOKEN_SYMBOL: &str = "CLR";
/// Decimals of the native token: one CLR is 10¹² units.
pub const TOKEN_DECIMALS: u8 = 12;
/// Address prefix: 42, the generic Substrate prefix.
pub const SS58_PREFIX: u16 = 42;

/// Time, in milliseconds, slots and blocks.
pub mod time {
    use super::{BlockNumber, Moment};

    /// Target time between blocks, milliseconds.
    pub const MILLISECS_PER_BLOCK: Moment = 3_000;
    /// Duration of a BABE slot, milliseconds. It cannot change after genesis without stopping the
    /// chain.
    pub const SLOT_DURATION: Moment = MILLISECS_PER_BLOCK;
    /// Duration of an epoch, in slots (ten minutes). A session is an epoch. It cannot change after
    /// genesis.
    pub const EPOCH_DURATION_IN_SLOTS: u64 = 200;
    /// Blocks in a minute.
    pub const MINUTES: BlockNumber = 60_000 / (MILLISECS_PER_BLOCK as BlockNumber);
    /// Blocks in an hour.
    pub const HOURS: BlockNumber = MINUTES * 60;
    /// Blocks in a day.
    pub const DAYS: BlockNumber = HOURS * 24;

    /// BABE's `1 - c`, the probability of a slot without a primary author: `c = 1/4`.
    pub const PRIMARY_PROBABILITY: (u64, u64) = (1, 4);

    /// Number of sessions for which an equivocation can be reported (seven days). Key-ownership
    /// roots older than this are pruned.
    pub const REPORT_SESSIONS: u32 = 7 * DAYS / (EPOCH_DURATION_IN_SLOTS as BlockNumber);
}

/// The validators.
pub mod validators {
    use super::{Balance, money::CLR, time};

    /// Least minimum bond that governance can set.
    pub const LEAST_MINIMUM_BOND: Balance = 1_000 * CLR;
    /// Largest minimum bond that governance can set.
    pub const LARGEST_MINIMUM_BOND: Balance = 10_000_000 * CLR;
    /// Most validators that the chain can have.
    pub const MAX_VALIDATORS: u32 = 100;
    /// Number of sessions until a bond is paid back after the request: a day longer than the last
    /// offence that it covers can be reported.
    pub const UNBONDING_SESSIONS: u32 =
        time::REPORT_SESSIONS + time::DAYS / (time::EPOCH_DURATION_IN_SLOTS as u32);
    /// Consecutive sessions without a block after which a validator is unresponsive: half an hour.
    pub const MAX_SILENT_SESSIONS: u32 = 3;
    /// Number of blocks that each validator must have authored on average in the meantime. The
    /// probability that a working validator authors none of its own is below e⁻²⁴, four in 10¹¹. A
    /// hundred validators need two hours for that many blocks; up to 25 need no longer than the
    /// sessions.
    pub const MAX_SILENT_TURNS: u32 = 24;
}

/// Amounts of the native token.
pub mod money {
    use super::{Balance, TOKEN_DECIMALS};

    /// One CLR, in units.
    pub const CLR: Balance = 10u128.pow(TOKEN_DECIMALS as u32);
    /// A thousandth of a CLR, in units.
    pub const MILLI_CLR: Balance = CLR / 1_000;
    /// A millionth of a CLR, in units.
    pub const MICRO_CLR: Balance = CLR / 1_000_000;
    /// An account whose balance is below this is removed.
    pub const EXISTENTIAL_DEPOSIT: Balance = MILLI_CLR;
    /// Price of a byte of a transaction, in units. A block full of bytes costs about 5 CLR, a block
    /// full of computation (see the weight fee) 2 CLR.
    pub const FEE_PER_BYTE: Balance = MICRO_CLR;

    /// Returns the deposit for `items` storage entries of `bytes` bytes together, in units.
    pub const fn deposit(items: u32, bytes: u32) -> Balance {
        items as Balance * 100 * MILLI_CLR + bytes as Balance * 100 * MICRO_CLR
    }
}

/// The market that the chain clears.
pub mod market {
    use super::{BlockNumber, time};
    use clearproof_primitives::{
        fixed::{ONE, Rate},
        shape::MarketShape,
        time::Millis,
    };

    /// Dimensions. Every circuit is made for them.
    pub const SHAPE: MarketShape = MarketShape::REFERENCE;
    /// Blocks from one snapshot to the next: half a minute.
    pub const SNAPSHOT_INTERVAL: BlockNumber = time::MINUTES / 2;
    /// Number of snapshots kept: an hour, longer than a batch may be old.
    pub const RETAINED_SNAPSHOTS: u32 = time::HOURS / SNAPSHOT_INTERVAL;
    /// Time after the next snapshot for which auctions may still use the last one, milliseconds:
    /// the next one needs that time to become final and known.
    pub const SNAPSHOT_GRACE: Millis = Millis::new(15_000);
    /// Largest age of a batch's last auction when it settles, milliseconds: half an hour to prove
    /// and submit it.
    pub const MAX_BATCH_AGE: Millis = Millis::new(30 * 60_000);
    /// Largest age of an acceptable price, milliseconds.
    pub const MAX_PRICE_AGE: Millis = Millis::new(60_000);
    /// Largest step of a price from the last accepted one: a tenth, as a fraction of 2^32.
    pub const MAX_DEVIATION: Rate = Rate::new((ONE / 10) as u32);
    /// Time within which a feed's time-weighted average follows the accepted price, milliseconds:
    /// ten minutes.
    pub const AVERAGE_WINDOW: Millis = Millis::new(10 * 60_000);
    /// Largest distance of an acceptable price from that average: three tenths.
    pub const MAX_AVERAGE_DEVIATION: Rate = Rate::new((ONE / 10 * 3) as u32);
    /// Largest step of the volatility at the forward from that of the last accepted smile: a third.
    pub const MAX_VOLATILITY_STEP: Rate = Rate::new((ONE / 3) as u32);
    /// Time before its expiry at which an option stops trading, milliseconds: as long as a snapshot
    /// may be used.
    pub const TRADING_ENDS_BEFORE: Millis =
        Millis::new(SNAPSHOT_INTERVAL as u64 * time::MILLISECS_PER_BLOCK + SNAPSHOT_GRACE.get());
    /// Time before an expiry over which its settlement price is averaged, milliseconds.
    pub const SETTLEMENT_WINDOW: Millis = Millis::new(30 * 60_000);
    /// Time after an expiry from which on its slots are freed once no positions are left in them,
    /// milliseconds: twice the time that the batch with the last trades may take to settle.
    pub const FREED_AFTER: Millis = Millis::new(2 * MAX_BATCH_AGE.get());
    /// Delay of a change of the risk policy that is sure to tighten, milliseconds: an hour, for
    /// traders to add collateral.
    pub const TIGHTEN_DELAY: Millis = Millis::new(60 * 60_000);
    /// Delay of any other change, milliseconds: three days, in which it can be seen and cancelled.
    pub const LOOSEN_DELAY: Millis = Millis::new(3 * 24 * TIGHTEN_DELAY.get());
    /// Time from one emergency change of the risk policy to the next, milliseconds. It is the hour
    /// that traders have before a voters' change, so that they can add collateral between two steps
    /// of the committee as well.
    pub const EMERGENCY_INTERVAL: Millis = TIGHTEN_DELAY;
    /// Least time from the announcement of a circuit's retirement until then, milliseconds: seven
    /// days, in which its venues change to another.
    pub const RETIREMENT_NOTICE: Millis = Millis::new(7 * 24 * 60 * 60_000);
    /// Number of batches of each venue that are remembered.
    pub const ROOT_HISTORY: u32 = 64;
}

/// Limits of a block.
pub mod block {
    use frame_support::weights::{Weight, constants::WEIGHT_REF_TIME_PER_SECOND};
    use sp_runtime::Perbill;

    /// Computation in a block: 2 s of the 3 s between blocks. The proof size is not limited,
    /// because a solo chain need not prove its state.
    pub const MAX_WEIGHT: Weight = Weight::from_parts(2 * WEIGHT_REF_TIME_PER_SECOND, u64::MAX);
    /// Length of a block, bytes.
    pub const MAX_LENGTH: u32 = 5 * 1024 * 1024;
    /// Share of a block for normal transactions; the rest is for operational ones.
    pub const NORMAL_RATIO: Perbill = Perbill::from_percent(75);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_script_hashes_the_same_token() {
        let script = include_str!("../build.rs");
        assert!(script.contains(&format!(
            "enable_metadata_hash(\"{TOKEN_SYMBOL}\", {TOKEN_DECIMALS})"
        )));
    }

    #[test]
    fn silences_take_as_long_as_is_said() {
        // Turns of each of `validators` in a session that has a block in every slot.
        let turns = |validators: u64| (time::EPOCH_DURATION_IN_SLOTS / validators) as u32;
        let sessions = |n| {
            validators::MAX_SILENT_TURNS
                .div_ceil(turns(n))
                .max(validators::MAX_SILENT_SESSIONS)
        };
        assert_eq!([sessions(4), sessions(25), sessions(100)], [3, 3, 12]);
    }

    #[test]
    fn derived_times_are_what_their_names_say() {
        assert_eq!(
            u64::from(time::DAYS) * time::MILLISECS_PER_BLOCK,
            86_400_000
        );
        assert_eq!(
            u64::from(time::REPORT_SESSIONS) * time::EPOCH_DURATION_IN_SLOTS * time::SLOT_DURATION,
            7 * 86_400_000
        );
    }
}
