//! Settings that only a development chain may have.

use crate::{Runtime, development_circuits, governance::origins::PeriodDivisor};
use alloc::{format, string::String, vec::Vec};
use pallet_clearproof_settlement::{Circuits, DevelopmentKeysAllowed};

/// Returns a description of each such setting in the state around the call, with its remedy.
pub fn found() -> Vec<String> {
    let mut faults = Vec::new();
    if pallet_sudo::Key::<Runtime>::exists() {
        faults.push("a sudo key is set: leave sudo out, root is a referendum's".into());
    }
    if DevelopmentKeysAllowed::<Runtime>::get() {
        faults.push(
            "verifying keys of the insecure development set-up are allowed: set \
            settlement.allowDevelopmentKeys to false"
                .into(),
        );
    }
    let development: Vec<_> = development_circuits::circuits()
        .into_iter()
        .flat_map(|circuit| [circuit.chunk_key, circuit.closing_key])
        .collect();
    let insecure = |stored: &[u8]| development.iter().any(|key| stored.starts_with(key));
    for (id, circuit) in Circuits::<Runtime>::iter() {
        if circuit.development || insecure(&circuit.chunk_key) || insecure(&circuit.closing_key) {
            faults.push(format!(
                "circuit {id} is of the insecure development set-up, with which \
                anything can be proven: register keys of a set-up that traders trust"
            ));
        }
    }
    let divisor = PeriodDivisor::<Runtime>::get();
    if divisor > 1 {
        faults.push(format!(
            "governance's periods are divided by {divisor}: set origins.periodDivisor to 1"
        ));
    }
    faults
}
