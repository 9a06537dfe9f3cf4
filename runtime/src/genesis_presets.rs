//! Genesis states for development: `development` (one validator) and `local` (two).
//!
//! Both name well-known accounts, whose secret keys everybody knows, and set a sudo key. A public chain has a genesis
//! of its own, without one.

use crate::{
    configs::clearproof::Market, constants::money::CLR, CustodyConfig, MarketDataConfig, RiskPolicyConfig, SettlementConfig, AccountId, Balance, BalancesConfig, BabeConfig, OracleMembershipConfig,
    RuntimeGenesisConfig, SessionConfig, SessionKeys, SudoConfig, BABE_GENESIS_EPOCH_CONFIG,
};
use alloc::{vec, vec::Vec};
use clearproof_primitives::{policy::Policy, shape::Shape};
use pallet_clearproof_custody::{AssetInfo, AssetKind};
use pallet_clearproof_market_data::{development, Feed};
use pallet_clearproof_settlement::GenesisCircuit;
use frame_support::{build_struct_json_patch, BoundedVec};
use serde_json::Value;
use sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

/// Name of the preset with one validator.
pub const DEVELOPMENT: &str = DEV_RUNTIME_PRESET;
/// Name of the preset with two validators.
pub const LOCAL: &str = "local";

/// Asset 0, the quote of all prices: the chain's own token, in millionths. Deposits are of at least one.
const QUOTE: AssetInfo = AssetInfo { kind: AssetKind::Native, minimum_deposit: 1_000_000 };

/// Circuit number of the reference shape.
pub const REFERENCE_CIRCUIT: u32 = 1;
/// Circuit number of the small shape, which proves in seconds.
pub const SMALL_CIRCUIT: u32 = 2;

/// The circuits of development chains. Their verifying keys belong to deterministic, insecure proving keys, which
/// `clearproof-prover keys` makes; a test compares.
fn circuits() -> Vec<GenesisCircuit> {
    let circuit = |id, shape, chunk_key: &[u8], closing_key: &[u8]| GenesisCircuit {
        id,
        shape,
        chunk_key: chunk_key.to_vec(),
        closing_key: closing_key.to_vec(),
        development: true,
    };
    vec![
        circuit(
            REFERENCE_CIRCUIT,
            Shape::REFERENCE,
            include_bytes!("../dev-keys/reference-chunk.vk"),
            include_bytes!("../dev-keys/reference-closing.vk"),
        ),
        circuit(
            SMALL_CIRCUIT,
            Shape::SMALL,
            include_bytes!("../dev-keys/small-chunk.vk"),
            include_bytes!("../dev-keys/small-closing.vk"),
        ),
    ]
}

/// All feeds that the development market needs a price of.
pub fn feeds() -> Vec<Feed> {
    let market = Market::get();
    let underlyings = development::instruments(&market).into_iter().map(|listing| Feed::Underlying(listing.underlying));
    let assets = development::collateral(&market).into_iter().map(|collateral| Feed::Asset(collateral.asset));
    underlyings.chain(assets).collect()
}

/// What each well-known account owns at genesis, in units.
const ENDOWMENT: Balance = 1_000_000 * CLR;

/// A well-known account as a validator: its account and session keys.
fn validator(account: Sr25519Keyring, finality: Ed25519Keyring) -> (AccountId, SessionKeys) {
    (
        account.to_account_id(),
        SessionKeys {
            babe: account.public().into(),
            grandpa: finality.public().into(),
        },
    )
}

fn genesis(validators: Vec<(AccountId, SessionKeys)>) -> Value {
    let operators = [
        Sr25519Keyring::Alice,
        Sr25519Keyring::Bob,
        Sr25519Keyring::Charlie,
    ];
    build_struct_json_patch!(RuntimeGenesisConfig {
        balances: BalancesConfig {
            balances: Sr25519Keyring::iter()
                .map(|account| (account.to_account_id(), ENDOWMENT))
                .collect::<Vec<_>>(),
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
        sudo: SudoConfig {
            key: Some(Sr25519Keyring::Alice.to_account_id()),
        },
        risk_policy: RiskPolicyConfig { policy: Some(Policy::development(&Market::get())) },
        market_data: MarketDataConfig {
            instruments: development::instruments(&Market::get()),
            collateral: development::collateral(&Market::get()),
        },
        custody: CustodyConfig { assets: vec![(0, QUOTE)] },
        settlement: SettlementConfig { allow_development_keys: true, circuits: circuits() },
        oracle_membership: OracleMembershipConfig {
            members: BoundedVec::truncate_from(
                operators.iter().map(|operator| operator.to_account_id()).collect(),
            ),
        },
    })
}

/// The genesis patch named `id`, as JSON; `None` for an unknown name.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
    let alice = validator(Sr25519Keyring::Alice, Ed25519Keyring::Alice);
    let bob = validator(Sr25519Keyring::Bob, Ed25519Keyring::Bob);
    let patch = match id.as_str() {
        DEVELOPMENT => genesis(vec![alice]),
        LOCAL => genesis(vec![alice, bob]),
        _ => return None,
    };
    Some(patch.to_string().into_bytes())
}

/// Names of the presets.
pub fn preset_names() -> Vec<PresetId> {
    vec![PresetId::from(DEVELOPMENT), PresetId::from(LOCAL)]
}
