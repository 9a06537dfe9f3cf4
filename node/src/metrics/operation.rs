//! The chain's operation: oracle, validators, pauses, pending changes.

use super::{seconds, series::Series};
use clearproof_primitives::monitoring::Monitoring;
use clearproof_runtime::{AccountId, constants::money::CLR};
use substrate_prometheus_endpoint::{F64, Gauge, PrometheusError, Registry, U64, register};

/// Metrics of the chain's operation.
pub struct Operation {
    sources: Series,
    halted: Series,
    fed_at: Series,
    bonds: Series,
    silences: Series,
    minimum_sources: Gauge<U64>,
    disabled: Gauge<U64>,
    minimum_validators: Gauge<U64>,
    minimum_bond: Gauge<F64>,
    pending_changes: Gauge<U64>,
    safe_mode: Gauge<U64>,
    paused_calls: Gauge<U64>,
}

/// Converts units of the native token to CLR. 53 bits of precision are enough for a chart.
fn clr(units: u128) -> f64 {
    units as f64 / CLR as f64
}

impl Operation {
    /// Registers all metrics of the chain's operation.
    ///
    /// # Errors
    ///
    /// If a name is registered already.
    pub fn register(registry: &Registry) -> Result<Self, PrometheusError> {
        let series = |name, label, help| Series::register(registry, name, label, help);
        let number = |name, help| register(Gauge::<U64>::new(name, help)?, registry);
        Ok(Self {
            sources: series(
                "clearproof_oracle_sources",
                "feed",
                "Members of the oracle whose value of the feed is fresh",
            )?,
            halted: series(
                "clearproof_oracle_feed_halted",
                "feed",
                "1 while the feed's last value was not accepted, so that nothing on it trades",
            )?,
            fed_at: series(
                "clearproof_oracle_member_fed_seconds",
                "member",
                "Unix time of the newest value that the member fed; absent before its first",
            )?,
            bonds: series(
                "clearproof_validator_bond_clr",
                "validator",
                "What a member of the validator set has bonded and not asked back, CLR",
            )?,
            silences: series(
                "clearproof_validator_silent_sessions",
                "validator",
                "Sessions in a row in which a member of the validator set authored no block",
            )?,
            minimum_sources: number(
                "clearproof_oracle_sources_minimum",
                "Fresh sources that a new value of a feed takes",
            )?,
            disabled: number(
                "clearproof_validators_disabled",
                "Validators of this session that are disabled for an offence",
            )?,
            minimum_validators: number(
                "clearproof_validators_minimum",
                "The validator set never becomes smaller than this",
            )?,
            minimum_bond: register(
                Gauge::new(
                    "clearproof_validator_bond_minimum_clr",
                    "What a validator must have bonded, CLR",
                )?,
                registry,
            )?,
            pending_changes: number(
                "clearproof_policy_pending_changes",
                "Changes of the risk policy that wait for their time",
            )?,
            safe_mode: number("clearproof_safe_mode", "1 while the chain is in safe mode")?,
            paused_calls: number("clearproof_paused_calls", "Calls that are paused")?,
        })
    }

    /// Shows the state of the chain.
    pub fn show(&mut self, state: &Monitoring<AccountId>) {
        let feeds = || state.feeds.iter();
        let validators = || state.validators.iter();
        self.sources
            .show(feeds().map(|f| (f.feed.to_string(), f.sources.into())));
        self.halted
            .show(feeds().map(|f| (f.feed.to_string(), f64::from(u8::from(f.halted)))));
        let members = state.oracle_members.iter();
        self.fed_at
            .show(members.filter_map(|m| Some((m.account.to_string(), seconds(m.fed_at?)))));
        self.bonds
            .show(validators().map(|v| (v.account.to_string(), clr(v.bond))));
        self.silences
            .show(validators().map(|v| (v.account.to_string(), v.silent_sessions.into())));
        self.minimum_sources.set(state.minimum_sources.into());
        self.disabled.set(state.disabled_validators.into());
        self.minimum_validators.set(state.minimum_validators.into());
        self.minimum_bond.set(clr(state.minimum_bond));
        self.pending_changes
            .set(state.pending_policy_changes.into());
        self.safe_mode.set(state.safe_mode.into());
        self.paused_calls.set(state.paused_calls.into());
    }
}
