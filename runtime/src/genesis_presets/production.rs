//! The preset `production`: the genesis of a public chain, with a placeholder for every value that
//! its founders must decide.
//!
//! It is made from the genesis types, so it has exactly their fields. Each open value is a text
//! that begins with [`BLANK`] and describes the value. No account, key or amount has this form, so
//! the runtime builds no genesis while a placeholder is left. The node lists the remaining ones
//! beforehand.

use super::PRODUCTION_VALIDATORS;
use crate::{
    AccountId, AssetsConfig, BABE_GENESIS_EPOCH_CONFIG, BabeConfig, BalancesConfig,
    CommitteeConfig, CustodyConfig, MarketDataConfig, OracleMembershipConfig, OriginsConfig,
    RiskPolicyConfig, RuntimeGenesisConfig, SessionConfig, SessionKeys, SettlementConfig,
    ValidatorSetConfig,
    constants::{market, validators::MAX_VALIDATORS},
    governance::TreasuryAccount,
};
use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use clearproof_primitives::{
    batch::PROTOCOL_VERSION,
    fixed::ONE,
    ids::{CircuitId, Slot},
    shape::Shape,
};
use frame_support::{BoundedVec, build_struct_json_patch};
use pallet_clearproof_custody::{AssetInfo, AssetKind};
use pallet_clearproof_market_data::{Collateral, InstrumentKind, Listing, Symbol};
use pallet_clearproof_settlement::GenesisCircuit;
use pallet_clearproof_validator_set::Limits;
use serde_json::Value;
use sp_core::crypto::UncheckedFrom;

/// Beginning of every placeholder.
pub const BLANK: &str = "FILL: ";

/// Number of validators that stay when one of [`PRODUCTION_VALIDATORS`] is expelled.
const MINIMUM_VALIDATORS: u32 = PRODUCTION_VALIDATORS - 1;
/// Members of the committee. Two thirds of them decide, so one can be absent.
const COMMITTEE: u32 = 3;
/// Members of the oracle. One can be absent, and one can lie.
const ORACLE: u32 = 4;
/// Collateral assets, the quote among them.
const ASSETS: u8 = 2;

/// The patch, in which values are replaced by placeholders.
struct Template(Value);

impl Template {
    /// Opens the value at a JSON pointer. Returns `None` if the types have no such place.
    fn open(&mut self, pointer: &str, says: &str) -> Option<()> {
        *self.0.pointer_mut(pointer)? = Value::String(format!("{BLANK}{says}"));
        Some(())
    }

    /// Opens a value in each element of a list. `place` is the place within the element; the number
    /// passed to `says` counts from 1.
    fn open_each(
        &mut self,
        list: &str,
        count: u32,
        place: &str,
        says: impl Fn(u32) -> String,
    ) -> Option<()> {
        (0..count).try_for_each(|index| {
            self.open(
                &format!("{list}/{index}{place}"),
                &says(index.saturating_add(1)),
            )
        })
    }
}

/// An account that is replaced by a placeholder later. Accounts of one list must differ.
fn stand_in(index: u32) -> AccountId {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&index.to_le_bytes());
    AccountId::from(bytes)
}

fn stand_ins(count: u32) -> Vec<AccountId> {
    (0..count).map(stand_in).collect()
}

/// The collateral tokens: index and id of each.
fn tokens() -> impl Iterator<Item = (u8, u32)> {
    (0..ASSETS).map(|asset| (asset, u32::from(asset).saturating_add(1)))
}

/// A token as collateral.
fn asset_info((asset, token): (u8, u32)) -> (u8, AssetInfo) {
    let info = AssetInfo {
        kind: AssetKind::Token(token),
        minimum_deposit: 0,
    };
    (asset, info)
}

/// A validator's session keys: its account twice, and stand-ins for the keys.
fn session_keys(account: AccountId) -> (AccountId, AccountId, SessionKeys) {
    let keys = SessionKeys {
        babe: sp_core::sr25519::Public::unchecked_from([0; 32]).into(),
        grandpa: sp_core::ed25519::Public::unchecked_from([0; 32]).into(),
    };
    (account.clone(), account, keys)
}

/// The only instrument of the template, a perpetual.
fn listing() -> Listing {
    Listing {
        slot: Slot::new(0),
        underlying: 0,
        kind: InstrumentKind::Perpetual,
        symbol: Symbol::default(),
        units_per_lot: ONE,
    }
}

/// The only circuit of the template, of the chain's market.
fn circuit() -> GenesisCircuit {
    GenesisCircuit {
        id: CircuitId::new(1),
        version: PROTOCOL_VERSION,
        shape: Shape {
            market: market::SHAPE,
            ..Shape::REFERENCE
        },
        chunk_key: Vec::new(),
        closing_key: Vec::new(),
        development: false,
    }
}

/// Returns everything that the types hold, with stand-ins for the open values.
fn outline() -> Value {
    let validators = stand_ins(PRODUCTION_VALIDATORS);
    let holder = stand_in(PRODUCTION_VALIDATORS);
    let nothing = |account| (account, 0);
    let holders = validators.iter().cloned();
    let holders = holders.chain([holder, TreasuryAccount::get()]);
    build_struct_json_patch!(RuntimeGenesisConfig {
        balances: BalancesConfig {
            balances: holders.map(nothing).collect::<Vec<_>>(),
        },
        assets: AssetsConfig {
            assets: tokens()
                .map(|(_, token)| (token, stand_in(token), true, 1))
                .collect::<Vec<_>>(),
        },
        validator_set: ValidatorSetConfig {
            validators: validators.iter().cloned().map(nothing).collect::<Vec<_>>(),
            limits: Some(Limits {
                minimum_bond: 0,
                minimum_validators: MINIMUM_VALIDATORS,
                maximum_validators: MAX_VALIDATORS,
            }),
        },
        babe: BabeConfig {
            epoch_config: BABE_GENESIS_EPOCH_CONFIG,
        },
        session: SessionConfig {
            keys: validators.into_iter().map(session_keys).collect::<Vec<_>>(),
        },
        committee: CommitteeConfig {
            members: stand_ins(COMMITTEE),
        },
        origins: OriginsConfig { period_divisor: 1 },
        oracle_membership: OracleMembershipConfig {
            members: BoundedVec::truncate_from(stand_ins(ORACLE)),
        },
        custody: CustodyConfig {
            assets: tokens().map(asset_info).collect::<Vec<_>>(),
        },
        risk_policy: RiskPolicyConfig { policy: None },
        market_data: MarketDataConfig {
            instruments: vec![listing()],
            collateral: (1..ASSETS)
                .map(|asset| Collateral { asset, decimals: 0 })
                .collect::<Vec<_>>(),
        },
        settlement: SettlementConfig {
            allow_development_keys: false,
            circuits: vec![circuit()],
        },
    })
}

/// Opens the accounts of validators and token holders, and their balances.
fn open_balances(template: &mut Template) -> Option<()> {
    let validators = PRODUCTION_VALIDATORS;
    template.open_each("/balances/balances", validators, "/0", validator)?;
    template.open_each("/balances/balances", validators, "/1", |n| {
        format!("balance of validator {n}, units: its bond, and some CLR for fees")
    })?;
    let holder = format!("/balances/balances/{validators}");
    template.open(
        &format!("{holder}/0"),
        "account of a token holder; a line for each, and for whoever else needs CLR for fees",
    )?;
    template.open(
        &format!("{holder}/1"),
        "balance of this token holder, units",
    )?;
    let treasury = format!("/balances/balances/{}", validators.saturating_add(1));
    template.open(
        &format!("{treasury}/1"),
        "balance of the treasury, whose account this is, units, at least 1000000000",
    )
}

fn validator(number: u32) -> String {
    format!("account of validator {number}")
}

/// Opens the validators with their bonds and keys, the committee, and the oracle's members.
fn open_members(template: &mut Template) -> Option<()> {
    let validators = PRODUCTION_VALIDATORS;
    template.open_each("/validatorSet/validators", validators, "/0", validator)?;
    template.open_each("/validatorSet/validators", validators, "/1", |n| {
        format!("bond of validator {n}, units (1 CLR is 1000000000000), at least minimumBond")
    })?;
    template.open(
        "/validatorSet/limits/minimumBond",
        "least bond of a validator, units, 1000000000000000 to 10000000000000000000",
    )?;
    for place in ["/0", "/1"] {
        template.open_each("/session/keys", validators, place, validator)?;
    }
    template.open_each("/session/keys", validators, "/2/babe", |n| {
        format!("public key of validator {n} for BABE, sr25519")
    })?;
    template.open_each("/session/keys", validators, "/2/grandpa", |n| {
        format!("public key of validator {n} for GRANDPA, ed25519")
    })?;
    template.open_each("/committee/members", COMMITTEE, "", |n| {
        format!("account of committee member {n}")
    })?;
    template.open_each("/oracleMembership/members", ORACLE, "", |n| {
        format!("account of oracle member {n}")
    })
}

/// Opens the collateral.
fn open_assets(template: &mut Template) -> Option<()> {
    let asset = |n: u32| match n {
        1 => "the quote token".to_string(),
        _ => format!("collateral token {n}"),
    };
    let assets = u32::from(ASSETS);
    template.open_each("/assets/assets", assets, "/1", |n| {
        format!("account that issues {}", asset(n))
    })?;
    template.open_each("/custody/assets", assets, "/1/minimum_deposit", |n| {
        format!("least deposit of {}, its smallest units", asset(n))
    })?;
    template.open_each(
        "/marketData/collateral",
        assets.saturating_sub(1),
        "/decimals",
        |n| format!("decimals of {}, at most 18", asset(n.saturating_add(1))),
    )
}

/// Opens the instrument, the risk policy and the circuit.
fn open_market(template: &mut Template) -> Option<()> {
    template.open(
        "/marketData/instruments/0/symbol",
        "symbol of the perpetual on underlying 0, \
        the list of its bytes: [69,85,82,47,85,83,68] is EUR/USD",
    )?;
    template.open(
        "/marketData/instruments/0/unitsPerLot",
        "whole units of the underlying in a lot, times 4294967296",
    )?;
    template.open(
        "/riskPolicy/policy",
        "risk policy, an object; `clearproof-prover policy show \
        --json` prints a chain's to begin with",
    )?;
    let key = |circuit| {
        format!(
            "verifying key of the {circuit} circuit, 0x and hexadecimal, of a set-up that the \
             venues' traders trust"
        )
    };
    template.open("/settlement/circuits/0/chunkKey", &key("chunk"))?;
    template.open("/settlement/circuits/0/closingKey", &key("closing"))
}

/// Returns the template, or `None` if a place is named here that the types do not have. A test
/// rules that out.
pub fn template() -> Option<Value> {
    let mut template = Template(outline());
    open_balances(&mut template)?;
    open_members(&mut template)?;
    open_assets(&mut template)?;
    open_market(&mut template)?;
    Some(template.0)
}
