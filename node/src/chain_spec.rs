//! Chain specifications. Those of the development chains come from the runtime's genesis presets,
//! all others from files.
//!
//! A file is refused while it still holds placeholders of the template ([`template`]). The file of
//! a public chain is also refused if its genesis would give control of the chain to everybody
//! ([`live`]). The state of a chain that has run is not checked as a genesis, because anybody can
//! send tokens to a well-known account.

mod live;
pub mod template;
#[cfg(test)]
mod tests;

use crate::executor::OwnHostFunctions;
use clearproof_runtime::{
    WASM_BINARY,
    constants::{SS58_PREFIX, TOKEN_DECIMALS, TOKEN_SYMBOL},
    genesis_presets,
};
use sc_chain_spec::NoExtension;
use sc_service::{ChainSpec as _, ChainType, GenericChainSpec, Properties};
use serde::Deserialize;
use serde_json::Value;
use sp_runtime::BuildStorage;

/// A chain specification without extensions. The runtime builds its genesis with the node's host
/// functions, because it checks the circuits' keys.
pub type ChainSpec = GenericChainSpec<NoExtension, OwnHostFunctions>;

/// Name of the network protocols.
const PROTOCOL_ID: &str = "clearproof";

/// The purpose for which a specification is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// To run the chain or inspect it.
    Use,
    /// To write the specification in another form.
    Export,
    /// To see the effect of an upgrade on its state.
    Rehearse,
}

/// Loads the chain that `--chain` names: `dev` or `development`, `local`, or else the path of a
/// specification in JSON.
///
/// # Errors
///
/// If the name is unknown and is no readable file; if the specification is not filled in, holds no
/// code, or must not be that of a public chain; or if this program was built without the runtime's
/// wasm.
pub fn load(id: &str) -> Result<ChainSpec, String> {
    read(id, Purpose::Use)
}

/// Loads a specification to write it in another form. If it holds no code, it gets this program's
/// runtime: that is how a filled-in template becomes the specification of a chain.
///
/// # Errors
///
/// As [`load`].
pub fn load_to_export(id: &str) -> Result<ChainSpec, String> {
    read(id, Purpose::Export)
}

/// Loads a specification for its state only, which may be that of a chain that has run. No chain is
/// started with it.
///
/// # Errors
///
/// As [`load`], except that the state may hold what the genesis of a public chain must not.
pub fn load_to_rehearse(id: &str) -> Result<ChainSpec, String> {
    read(id, Purpose::Rehearse)
}

fn read(id: &str, purpose: Purpose) -> Result<ChainSpec, String> {
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
        genesis_presets::PRODUCTION => Err(format!(
            "--chain {id}: a template, which must be filled in: write it with `clearproof-node \
             chain-spec-template`, \
             then name that file"
        )),
        path => from_file(path, purpose).map_err(|problem| format!("--chain {path}: {problem}")),
    }
}

/// The part of a specification that shows whether it brings its code.
#[derive(Deserialize)]
struct Outline {
    genesis: GenesisOutline,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GenesisOutline {
    runtime_genesis: Option<RuntimeGenesisOutline>,
}

#[derive(Deserialize)]
struct RuntimeGenesisOutline {
    code: Option<serde::de::IgnoredAny>,
}

fn from_file(path: &str, purpose: Purpose) -> Result<ChainSpec, String> {
    let no_specification = |error: &dyn std::fmt::Display| {
        format!("neither dev nor local nor a chain specification: {error}")
    };
    let mut text = std::fs::read(path).map_err(|error| no_specification(&error))?;
    template::refuse_blanks(&text)?;
    let outline: Outline =
        serde_json::from_slice(&text).map_err(|error| no_specification(&error))?;
    let genesis = outline.genesis.runtime_genesis;
    if genesis.is_some_and(|genesis| genesis.code.is_none()) {
        if purpose != Purpose::Export {
            return Err(format!(
                "holds no runtime code. Make the chain's specification of it, once: \
                 `clearproof-node export-chain-spec --chain {path} \
                 --raw --output FILE`; whoever joins needs that file"
            ));
        }
        text = with_code(&text).map_err(|error| no_specification(&error))?;
    }
    let spec = ChainSpec::from_json_bytes(text).map_err(|error| no_specification(&error))?;
    if spec.chain_type() == ChainType::Live && purpose != Purpose::Rehearse {
        live::check(spec.build_storage()?)?;
    }
    Ok(spec)
}

/// Returns a plain specification with this program's runtime in it.
fn with_code(text: &[u8]) -> Result<Vec<u8>, String> {
    let code = format!("0x{}", hex::encode(wasm()?));
    let mut specification: Value = serde_json::from_slice(text).map_err(|e| e.to_string())?;
    let genesis = specification.pointer_mut("/genesis/runtimeGenesis");
    if let Some(Value::Object(genesis)) = genesis {
        genesis.insert("code".into(), code.into());
    }
    serde_json::to_vec(&specification).map_err(|e| e.to_string())
}

fn wasm() -> Result<&'static [u8], String> {
    WASM_BINARY.ok_or_else(|| {
        "this program was built without the runtime's wasm (SKIP_WASM_BUILD was set): build it \
         again without"
            .into()
    })
}

fn from_preset(
    name: &str,
    id: &str,
    chain_type: ChainType,
    preset: &str,
) -> Result<ChainSpec, String> {
    Ok(ChainSpec::builder(wasm()?, None)
        .with_name(name)
        .with_id(id)
        .with_chain_type(chain_type)
        .with_protocol_id(PROTOCOL_ID)
        .with_properties(properties())
        .with_genesis_config_preset_name(preset)
        .build())
}

/// The properties that wallets show: token and address format.
fn properties() -> Properties {
    let mut properties = Properties::new();
    properties.insert("tokenSymbol".into(), TOKEN_SYMBOL.into());
    properties.insert("tokenDecimals".into(), TOKEN_DECIMALS.into());
    properties.insert("ss58Format".into(), SS58_PREFIX.into());
    properties
}
