//! Checks that the genesis of a public chain holds no key that everybody knows, no sudo key and no
//! development circuit.
//!
//! The check runs on the state that a specification builds, so that plain and raw specifications
//! are checked alike.

use clearproof_runtime::{AllPalletsWithSystem, development_settings};
use frame_support::traits::{StorageInfo, StorageInfoTrait};
use sp_core::{Pair, crypto::DEV_PHRASE, ed25519, sr25519};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_state_machine::BasicExternalities;
use sp_storage::{Storage, well_known_keys::CODE};
use std::collections::{BTreeMap, BTreeSet};

/// Length of a public key, bytes.
const KEY: usize = 32;

/// Refuses a state that must not be the genesis of a public chain.
///
/// # Errors
///
/// Every fault, one on each line.
pub fn check(mut state: Storage) -> Result<(), String> {
    // Both calls read the state: the largest size of some items depends on it.
    let (items, settings) = BasicExternalities::execute_with_storage(&mut state, || {
        (
            AllPalletsWithSystem::storage_info(),
            development_settings::found(),
        )
    });
    let mut faults = known_keys(&state, &items);
    faults.extend(settings);
    if faults.is_empty() {
        return Ok(());
    }
    let list = faults.iter().map(|fault| format!("\n  {fault}"));
    Err(format!(
        "refused as a public chain's (chainType Live): {}",
        list.collect::<String>()
    ))
}

/// Returns the names of the keys whose secrets are published, by public key.
fn published() -> BTreeMap<[u8; KEY], String> {
    let accounts = Sr25519Keyring::iter().map(|key| (key.to_raw_public(), format!("{key:?}")));
    let sessions =
        Ed25519Keyring::iter().map(|key| (key.to_raw_public(), format!("{key:?} (ed25519)")));
    let phrase = "the development phrase";
    let roots = [
        sr25519::Pair::from_string(DEV_PHRASE, None).map(|pair| pair.public().0),
        ed25519::Pair::from_string(DEV_PHRASE, None).map(|pair| pair.public().0),
    ];
    let roots = roots.into_iter().flatten().map(|key| (key, phrase.into()));
    accounts.chain(sessions).chain(roots).collect()
}

/// Returns a fault for each published key that the state holds in a key or value, with the places
/// where it stands.
fn known_keys(state: &Storage, items: &[StorageInfo]) -> Vec<String> {
    let published = published();
    let mut found: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (key, value) in state.top.iter().filter(|(key, _)| *key != CODE) {
        for window in key.windows(KEY).chain(value.windows(KEY)) {
            let name = <[u8; KEY]>::try_from(window)
                .ok()
                .and_then(|key| published.get(&key));
            if let Some(name) = name {
                found.entry(name).or_default().insert(item(items, key));
            }
        }
    }
    let fault = |(name, places): (&str, BTreeSet<String>)| {
        let places = places.into_iter().collect::<Vec<_>>().join(", ");
        format!(
            "everybody has the secret key of {name}, which stands in {places}: put an own key there"
        )
    };
    found.into_iter().map(fault).collect()
}

/// Returns the storage item that a storage key belongs to, as `Pallet.Item`.
fn item(items: &[StorageInfo], key: &[u8]) -> String {
    match items.iter().find(|item| key.starts_with(&item.prefix)) {
        Some(StorageInfo {
            pallet_name,
            storage_name,
            ..
        }) => format!(
            "{}.{}",
            String::from_utf8_lossy(pallet_name),
            String::from_utf8_lossy(storage_name)
        ),
        None => format!("0x{}", hex::encode(key)),
    }
}
