//! The result of the `MonitoringApi`, on which the node's metrics are based.

use crate::{
    AccountId, MarketData, RiskPolicy, Runtime, SafeMode, Session, ValidatorSet,
    configs::{oracle, parameters::MinimumFeeds},
};
use alloc::vec::Vec;
use clearproof_primitives::monitoring::{FeedActivity, Monitoring, ValidatorActivity};
use frame_support::traits::Get;

/// Converts a number of things that is far below 2^32.
fn count(things: usize) -> u32 {
    u32::try_from(things).unwrap_or(u32::MAX)
}

/// Returns the state of the chain's operation at the present block.
pub fn state() -> Monitoring<AccountId> {
    let (feeds, states): (Vec<_>, Vec<_>) = MarketData::listed_feeds().into_iter().unzip();
    let (oracle_members, sources) = oracle::activity(&feeds);
    let feeds = feeds.into_iter().zip(states).zip(sources);
    let limits = ValidatorSet::limits();
    Monitoring {
        oracle_members,
        feeds: feeds
            .map(|((feed, state), sources)| FeedActivity {
                feed,
                sources,
                halted: state.halt.is_some(),
            })
            .collect(),
        minimum_sources: MinimumFeeds::get(),
        validators: ValidatorSet::members()
            .into_iter()
            .map(|account| ValidatorActivity {
                bond: ValidatorSet::bond_of(account.clone()),
                silent_sessions: ValidatorSet::silence_of(account.clone()).sessions,
                account,
            })
            .collect(),
        disabled_validators: count(Session::disabled_validators().len()),
        minimum_validators: limits.minimum_validators,
        minimum_bond: limits.minimum_bond,
        pending_policy_changes: count(RiskPolicy::state().pending.len()),
        safe_mode: SafeMode::is_entered(),
        paused_calls: count(pallet_tx_pause::PausedCalls::<Runtime>::iter_keys().count()),
    }
}
