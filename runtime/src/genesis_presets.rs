//! Genesis states for development, `development` (one validator) and `local` (four), and
//! `production`, a template.
//!
//! The first two name well-known accounts, whose secret keys everybody knows, and set a sudo key. A
//! public chain has its own genesis without such a key; the template is its starting point.

mod production;

pub use production::BLANK;

use crate::{
    AccountId, AssetId, AssetsConfig, BABE_GENESIS_EPOCH_CONFIG, BabeConfig, Balance,
    BalancesConfig, CommitteeConfig, CustodyConfig, MarketDataConfig, OracleMembershipConfig,
    OriginsConfig, RiskPolicyConfig, RuntimeGenesisConfig, SessionConfig, SessionKeys,
    SettlementConfig, SudoConfig, ValidatorSetConfig,
    constants::{market, money::CLR, time::DAYS, validators::MAX_VALIDATORS},
    development_circuits,
};
use alloc::{string::ToString, vec, vec::Vec};
use clearproof_primitives::policy::Policy;
use frame_support::{BoundedVec, build_struct_json_patch};
use pallet_clearproof_custody::{AssetInfo, AssetKind};
use pallet_clearproof_market_data::development;
use pallet_clearproof_validator_set::Limits;
use serde_json::Value;
use sp_genesis_builder::{DEV_RUNTIME_PRESET, PresetId};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

/// Name of the preset with one validator.
pub const DEVELOPMENT: &str = DEV_RUNTIME_PRESET;
/// Name of the preset with four validators. One of them can fail without stopping finality.
pub const LOCAL: &str = "local";

/// Name of the template of a public chain's genesis. No genesis can be built from it before it is
/// filled in.
pub const PRODUCTION: &str = "production";
/// Number of validators in the template.
pub const PRODUCTION_VALIDATORS: u32 = 4;

/// A day of governance lasts two blocks.
const PERIOD_DIVISOR: u32 = DAYS / 2;

/// Balance of each well-known account at genesis, in units.
const ENDOWMENT: Balance = 1_000_000 * CLR;
/// Bond of each validator, which is part of that balance and also the minimum bond.
const BOND: Balance = 10_000 * CLR;

/// A token of the development chains.
struct Token {
    id: AssetId,
    name: &'static str,
    symbol: &'static str,
    decimals: u8,
    /// Smallest deposit with a venue, in smallest units.
    minimum_deposit: u64,
}

/// The collateral in the order of its indices; asset 0 is the quote. The decimals are those of
/// [`development::collateral`].
const TOKENS: [Token; 4] = [
    Token {
        id: 1,
        name: "Test dollar",
        symbol: "tUSD",
        decimals: 6,
        minimum_deposit: 1_000_000,
    },
    Token {
        id: 2,
        name: "Test bitcoin",
        symbol: "tBTC",
        decimals: 8,
        minimum_deposit: 1_000,
    },
    Token {
        id: 3,
        name: "Test ether",
        symbol: "tETH",
        decimals: 8,
        minimum_deposit: 10_000,
    },
    Token {
        id: 4,
        name: "Test euro",
        symbol: "tEUR",
        decimals: 6,
        minimum_deposit: 1_000_000,
    },
];

/// Whole units of each token that each well-known account owns at genesis.
const TOKEN_ENDOWMENT: Balance = 1_000_000;

/// Returns a well-known account as a validator: its account and session keys.
fn validator(account: Sr25519Keyring, finality: Ed25519Keyring) -> (AccountId, SessionKeys) {
    (
        account.to_account_id(),
        SessionKeys {
            babe: account.public().into(),
            grandpa: finality.public().into(),
        },
    )
}

/// The balances of the well-known accounts.
fn balances() -> Vec<(AccountId, Balance)> {
    Sr25519Keyring::iter()
        .map(|account| (account.to_account_id(), ENDOWMENT))
        .collect()
}

/// The tokens, which Alice issues: sufficient, with minimum balance 1.
fn tokens() -> Vec<(AssetId, AccountId, bool, Balance)> {
    let issuer = Sr25519Keyring::Alice.to_account_id();
    TOKENS
        .iter()
        .map(|token| (token.id, issuer.clone(), true, 1))
        .collect()
}

/// Name, symbol and decimals of the tokens.
fn token_metadata() -> Vec<(AssetId, Vec<u8>, Vec<u8>, u8)> {
    let metadata = |token: &Token| {
        let (name, symbol) = (token.name.into(), token.symbol.into());
        (token.id, name, symbol, token.decimals)
    };
    TOKENS.iter().map(metadata).collect()
}

/// The well-known accounts' tokens.
fn token_balances() -> Vec<(AssetId, AccountId, Balance)> {
    TOKENS
        .iter()
        .flat_map(|token| {
            let amount = TOKEN_ENDOWMENT * 10u128.pow(token.decimals.into());
            Sr25519Keyring::iter().map(move |account| (token.id, account.to_account_id(), amount))
        })
        .collect()
}

/// The tokens as collateral, by asset index.
fn collateral() -> Vec<(u8, AssetInfo)> {
    let info = |(index, token): (u8, &Token)| {
        let info = AssetInfo {
            kind: AssetKind::Token(token.id),
            minimum_deposit: token.minimum_deposit,
        };
        (index, info)
    };
    (0u8..).zip(&TOKENS).map(info).collect()
}

/// The members of the committee and of the oracle.
fn operators() -> Vec<AccountId> {
    use Sr25519Keyring::{Alice, Bob, Charlie};
    [Alice, Bob, Charlie]
        .map(|operator| operator.to_account_id())
        .to_vec()
}

fn genesis(validators: Vec<(AccountId, SessionKeys)>, minimum_validators: u32) -> Value {
    build_struct_json_patch!(RuntimeGenesisConfig {
        balances: BalancesConfig {
            balances: balances(),
        },
        assets: AssetsConfig {
            assets: tokens(),
            metadata: token_metadata(),
            accounts: token_balances(),
        },
        validator_set: ValidatorSetConfig {
            validators: validators
                .iter()
                .map(|(account, _)| (account.clone(), BOND))
                .collect::<Vec<_>>(),
            limits: Some(Limits {
                minimum_bond: BOND,
                minimum_validators,
                maximum_validators: MAX_VALIDATORS,
            }),
        },
        babe: BabeConfig {
            epoch_config: BABE_GENESIS_EPOCH_CONFIG,
        },
        session: SessionConfig {
            keys: validators
                .into_iter()
                .map(|(account, keys)| (account.clone(), account, keys))
                .collect::<Vec<_>>(),
        },
        committee: CommitteeConfig {
            members: operators(),
        },
        origins: OriginsConfig {
            period_divisor: PERIOD_DIVISOR,
        },
        sudo: SudoConfig {
            key: Some(Sr25519Keyring::Alice.to_account_id()),
        },
        oracle_membership: OracleMembershipConfig {
            members: BoundedVec::truncate_from(operators()),
        },
        custody: CustodyConfig {
            assets: collateral(),
        },
        risk_policy: RiskPolicyConfig {
            policy: Some(Policy::development(&market::SHAPE)),
        },
        market_data: MarketDataConfig {
            instruments: development::instruments(&market::SHAPE),
            collateral: development::collateral(&market::SHAPE),
        },
        settlement: SettlementConfig {
            allow_development_keys: true,
            circuits: development_circuits::circuits(),
        },
    })
}

/// Returns the genesis patch named `id`, as JSON; `None` for an unknown name.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
    let alice = validator(Sr25519Keyring::Alice, Ed25519Keyring::Alice);
    let bob = validator(Sr25519Keyring::Bob, Ed25519Keyring::Bob);
    let charlie = validator(Sr25519Keyring::Charlie, Ed25519Keyring::Charlie);
    let dave = validator(Sr25519Keyring::Dave, Ed25519Keyring::Dave);
    let patch = match id.as_str() {
        DEVELOPMENT => genesis(vec![alice], 1),
        // One of them can be expelled.
        LOCAL => genesis(vec![alice, bob, charlie, dave], 3),
        PRODUCTION => production::template()?,
        _ => return None,
    };
    Some(patch.to_string().into_bytes())
}

/// Names of the presets.
pub fn preset_names() -> Vec<PresetId> {
    [DEVELOPMENT, LOCAL, PRODUCTION]
        .map(PresetId::from)
        .to_vec()
}
