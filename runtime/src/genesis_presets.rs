//! Genesis states for development: `development` (one validator) and `local` (two).
//!
//! Both name well-known accounts, whose secret keys everybody knows, and set a sudo key. A public chain has a genesis
//! of its own, without one.

use crate::{
    constants::money::CLR, AccountId, Balance, BalancesConfig, BabeConfig, OracleMembershipConfig,
    RuntimeGenesisConfig, SessionConfig, SessionKeys, SudoConfig, BABE_GENESIS_EPOCH_CONFIG,
};
use alloc::{vec, vec::Vec};
use frame_support::{build_struct_json_patch, BoundedVec};
use serde_json::Value;
use sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

/// Name of the preset with one validator.
pub const DEVELOPMENT: &str = DEV_RUNTIME_PRESET;
/// Name of the preset with two validators.
pub const LOCAL: &str = "local";

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
