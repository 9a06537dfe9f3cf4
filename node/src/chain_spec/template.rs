//! The template of a public chain's specification, and the placeholders that are left in a
//! specification.

use clearproof_runtime::genesis_presets::{BLANK, PRODUCTION, get_preset};
use serde_json::{Value, json};

/// Returns the template: the preset `production` with the fields around it, without the runtime's
/// code.
///
/// # Errors
///
/// If the runtime does not have the preset.
pub fn production() -> Result<Value, String> {
    let patch = get_preset(&PRODUCTION.into()).ok_or("the runtime has no preset `production`")?;
    let patch: Value = serde_json::from_slice(&patch).map_err(|error| error.to_string())?;
    let open = |says: &str| format!("{BLANK}{says}");
    Ok(json!({
        "name": open("name of the chain, for people"),
        "id": open("identifier of the chain, lower case letters and _; it names the folder of the \
            database"),
        "chainType": "Live",
        "protocolId": super::PROTOCOL_ID,
        "bootNodes": [open("address of a node that is always there, /dns/NAME/tcp/30333/p2p/PEER; \
            a line for each")],
        "telemetryEndpoints": null,
        "properties": super::properties(),
        "genesis": { "runtimeGenesis": { "patch": patch } },
    }))
}

/// Returns the placeholders that a specification still holds: the place of each and its text.
pub fn blanks(specification: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(specification, String::new(), &mut found);
    found
}

fn collect(value: &Value, path: String, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => {
            if let Some(says) = text.strip_prefix(BLANK) {
                found.push((path, says.into()));
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                collect(value, format!("{path}[{index}]"), found);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                let dot = if path.is_empty() { "" } else { "." };
                collect(value, format!("{path}{dot}{name}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Refuses a specification that is not filled in.
///
/// # Errors
///
/// Every open value with its place.
pub fn refuse_blanks(text: &[u8]) -> Result<(), String> {
    // Raw specifications are large and hold no placeholder. They need not be read into a tree.
    let begins = format!("\"{BLANK}");
    if !text.windows(begins.len()).any(|w| w == begins.as_bytes()) {
        return Ok(());
    }
    let specification = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let blanks = blanks(&specification);
    if blanks.is_empty() {
        return Ok(());
    }
    let list = blanks
        .iter()
        .map(|(path, says)| format!("\n  {path}: {says}"));
    Err(format!(
        "not filled in (docs/operate.md, \"A chain of one's own\"). In place of texts that begin \
         with \"{BLANK}\" belong these \
         values, {} in all:{}",
        blanks.len(),
        list.collect::<String>()
    ))
}
