//! Checks that a runtime is one that this client can speak to.

use super::{ChainError, constants::encoded};
use blake2::{Blake2b, Digest, digest::consts::U8};
use codec::Decode;
use subxt::Metadata;

/// Name of the runtime that this client speaks to.
pub const SPEC_NAME: &str = "clearproof";
/// The runtime's interfaces that this client calls, with the version of each that it speaks.
pub const INTERFACES: [(&str, u32); 2] = [("ClearproofApi", 2), ("RiskPolicyApi", 1)];

/// The runtime's version: the fields before its interfaces, and those.
#[derive(Decode)]
struct Version {
    spec_name: String,
    _impl_name: String,
    _authoring: u32,
    _spec: u32,
    _impl: u32,
    interfaces: Vec<([u8; 8], u32)>,
}

/// Checks the runtime's name, and the version of each interface that this client calls.
pub(super) fn check(metadata: &Metadata) -> Result<(), ChainError> {
    check_bytes(encoded(metadata, "System", "Version")?)
}

fn check_bytes(mut bytes: &[u8]) -> Result<(), ChainError> {
    let version = Version::decode(&mut bytes).map_err(|error| ChainError::Decode {
        what: "System.Version".into(),
        error,
    })?;
    if version.spec_name != SPEC_NAME {
        return Err(ChainError::OtherRuntime {
            runtime: version.spec_name,
            client: SPEC_NAME,
        });
    }
    for (interface, client) in INTERFACES {
        let id = interface_id(interface);
        let known = version.interfaces.iter().find(|(known, _)| *known == id);
        let runtime = known.map(|(_, version)| *version);
        if runtime != Some(client) {
            return Err(ChainError::OtherVersion {
                interface,
                runtime,
                client,
            });
        }
    }
    Ok(())
}

/// Returns the name of an interface in the runtime's version: the first 64 bits of Blake2b.
fn interface_id(name: &str) -> [u8; 8] {
    Blake2b::<U8>::digest(name.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use codec::Encode;

    fn version(name: &str, interfaces: &[(&str, u32)]) -> Vec<u8> {
        let ids = interfaces.iter().map(|(name, v)| (interface_id(name), *v));
        let ids: Vec<_> = ids.collect();
        // The transaction version and the state version follow.
        (name, "clearproof-node", 1u32, 2u32, 3u32, ids, 4u32, 1u8).encode()
    }

    #[test]
    fn the_interfaces_id_is_the_one_that_substrate_documents() {
        // `sp_api::Core`.
        assert_eq!(
            interface_id("Core"),
            0xdf6a_cb68_9907_609b_u64.to_be_bytes()
        );
    }

    #[test]
    fn another_runtime_and_another_version_are_named() {
        let same = version(
            "clearproof",
            &[("Core", 5), ("ClearproofApi", 2), ("RiskPolicyApi", 1)],
        );
        assert!(check_bytes(&same).is_ok());
        let other = check_bytes(&version("polkadot", &INTERFACES)).unwrap_err();
        assert_eq!(
            other.to_string(),
            "the node runs the runtime polkadot, this client speaks to clearproof: check the \
             node's address"
        );
        let newer = version("clearproof", &[("ClearproofApi", 3), ("RiskPolicyApi", 1)]);
        assert!(matches!(
            check_bytes(&newer),
            Err(ChainError::OtherVersion {
                interface: "ClearproofApi",
                runtime: Some(3),
                client: 2
            })
        ));
        let without = check_bytes(&version("clearproof", &[("ClearproofApi", 2)])).unwrap_err();
        assert_eq!(
            without.to_string(),
            "the runtime speaks no version of RiskPolicyApi, this client version 1: use a client \
             of the runtime's version"
        );
    }

    #[test]
    fn a_version_that_is_cut_off_is_refused() {
        let whole = version("clearproof", &INTERFACES);
        assert!(matches!(
            check_bytes(&whole[..20]),
            Err(ChainError::Decode { .. })
        ));
    }
}
