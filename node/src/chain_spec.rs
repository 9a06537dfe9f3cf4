//! Chain specifications: the development chains come from the runtime's genesis presets, others from files.

use crate::executor::OwnHostFunctions;
use clearproof_runtime::{
    constants::{SS58_PREFIX, TOKEN_DECIMALS, TOKEN_SYMBOL},
    genesis_presets, WASM_BINARY,
};
use sc_chain_spec::NoExtension;
use sc_service::{ChainType, GenericChainSpec, Properties};

/// A chain specification without extensions. The runtime builds its genesis with the node's host functions: it checks
/// the circuits' keys.
pub type ChainSpec = GenericChainSpec<NoExtension, OwnHostFunctions>;

/// The chain named by `--chain`: `dev` or `development`, `local`, or else the path of a specification in JSON.
///
/// # Errors
///
/// An unknown name that is no readable file either, or a program that was built without the runtime's wasm.
pub fn load(id: &str) -> Result<ChainSpec, String> {
    match id {
        "dev" | genesis_presets::DEVELOPMENT => from_preset(
            "Clearproof Development",
            "clearproof_dev",
            ChainType::Development,
            genesis_presets::DEVELOPMENT,
        ),
        "local" => from_preset(
            "Clearproof Local",
            "clearproof_local",
            ChainType::Local,
            genesis_presets::LOCAL,
        ),
        "" => {
            Err("--chain is missing: name dev, local or the file of a chain specification".into())
        }
        path => ChainSpec::from_json_file(path.into()).map_err(|error| {
            format!("--chain {path}: neither dev nor local nor a chain specification: {error}")
        }),
    }
}

fn from_preset(
    name: &str,
    id: &str,
    chain_type: ChainType,
    preset: &str,
) -> Result<ChainSpec, String> {
    let wasm = WASM_BINARY.ok_or(
        "this program was built without the runtime's wasm (SKIP_WASM_BUILD was set): build it again without",
    )?;
    Ok(ChainSpec::builder(wasm, None)
        .with_name(name)
        .with_id(id)
        .with_chain_type(chain_type)
        .with_protocol_id("clearproof")
        .with_properties(properties())
        .with_genesis_config_preset_name(preset)
        .build())
}

/// What wallets show: token and address format.
fn properties() -> Properties {
    let mut properties = Properties::new();
    properties.insert("tokenSymbol".into(), TOKEN_SYMBOL.into());
    properties.insert("tokenDecimals".into(), TOKEN_DECIMALS.into());
    properties.insert("ss58Format".into(), SS58_PREFIX.into());
    properties
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_chain_is_named_in_the_error() {
        let error = load("no-such-chain")
            .map(|_| ())
            .expect_err("there is no such file");
        assert!(error.contains("no-such-chain"), "{error}");
        assert!(load("").is_err());
    }

    #[test]
    fn the_wasm_builds_the_genesis_with_the_host_functions() {
        use sp_runtime::BuildStorage;
        let storage = load("dev")
            .and_then(|spec| spec.build_storage())
            .expect("the preset fits the runtime, and the program holds its wasm");
        assert!(storage.top.contains_key(sp_storage::well_known_keys::CODE));
    }
}
