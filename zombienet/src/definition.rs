//! The networks, and the genesis of each.

use anyhow::{Context, Result, ensure};
use clearproof_testing::venue::program;
use serde_json::Value;
use std::{ffi::OsStr, fs, path::Path};
use tokio::process::Command;
use zombienet_sdk::{GlobalSettingsBuilder, NetworkConfig};

/// Longest time for all nodes to answer, seconds.
const SPAWN_LIMIT: u32 = 180;
/// The part of a chain specification from which the genesis is made.
const GENESIS: &str = "/genesis/runtimeGenesis/patch";

/// A network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Definition {
    /// Two validators.
    Two,
    /// Four validators and a full node.
    Four,
}

impl Definition {
    fn text(self) -> &'static str {
        match self {
            Self::Two => include_str!("../networks/two.toml"),
            Self::Four => include_str!("../networks/four.toml"),
        }
    }

    /// Returns the name of the node that operators and traders connect to.
    pub fn gateway(self) -> &'static str {
        match self {
            Self::Two => "bob",
            Self::Four => "full",
        }
    }

    /// Writes the files from which the network is started into the folder, and reads them: the
    /// definition, and the genesis of the preset `local` with as many of its validators as the
    /// definition has. `CLEARPROOF_NODE` names the node's program.
    ///
    /// # Errors
    /// There is no such program, it makes no specification, or the folder cannot be written.
    pub async fn prepare(self, folder: &Path) -> Result<NetworkConfig> {
        let node = program("CLEARPROOF_NODE")?;
        let file = folder.join("network.toml");
        fs::write(&file, self.text()).with_context(|| file.display().to_string())?;
        let settings = GlobalSettingsBuilder::new()
            .with_base_dir(folder.join("nodes"))
            .with_network_spawn_timeout(SPAWN_LIMIT)
            .with_node_spawn_timeout(SPAWN_LIMIT)
            // Tests stop nodes on purpose.
            .with_tear_down_on_failure(false)
            .build()
            .map_err(|errors| anyhow::anyhow!("settings: {errors:?}"))?;
        let config =
            NetworkConfig::load_from_toml_with_settings(&file.to_string_lossy(), &settings)
                .with_context(|| file.display().to_string())?;

        let nodes = config.relaychain().nodes();
        let validators = nodes.iter().filter(|node| node.is_validator()).count();
        let plain = export(&node, ["--chain", "local"]).await?;
        let mut spec = serde_json::from_slice(&plain).context("the chain specification")?;
        keep_validators(&mut spec, validators)?;
        let path = folder.join("plain.json");
        fs::write(&path, spec.to_string()).with_context(|| path.display().to_string())?;
        let arguments = [OsStr::new("--raw"), OsStr::new("--chain"), path.as_os_str()];
        let raw = export(&node, arguments).await?;
        let path = folder.join("chain.json");
        fs::write(&path, raw).with_context(|| path.display().to_string())?;
        Ok(config)
    }
}

/// Returns the output of the node's `export-chain-spec`.
async fn export<A: AsRef<OsStr>>(
    node: &Path,
    arguments: impl IntoIterator<Item = A>,
) -> Result<Vec<u8>> {
    let mut command = Command::new(node);
    let output = command.arg("export-chain-spec").args(arguments);
    let output = output.output().await;
    let output = output.with_context(|| node.display().to_string())?;
    ensure!(
        output.status.success(),
        "{} export-chain-spec: {}",
        node.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(output.stdout)
}

/// Keeps the first `count` validators of a specification. If there are several, one of them can be
/// expelled.
fn keep_validators(spec: &mut Value, count: usize) -> Result<()> {
    let genesis = spec.pointer_mut(GENESIS);
    let genesis = genesis.with_context(|| format!("chain specification: no {GENESIS}"))?;
    for list in ["/session/keys", "/validatorSet/validators"] {
        let listed = genesis.pointer_mut(list).and_then(Value::as_array_mut);
        let listed = listed.with_context(|| format!("genesis: no list {list}"))?;
        ensure!(
            listed.len() >= count,
            "genesis: {} in {list}, the network has {count} validators",
            listed.len()
        );
        listed.truncate(count);
    }
    let minimum = genesis.pointer_mut("/validatorSet/limits/minimumValidators");
    *minimum.context("genesis: no minimum of validators")? = Value::from((count - 1).max(1));
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_validators_are_kept_and_one_can_be_expelled() {
        let mut spec = json!({"genesis": {"runtimeGenesis": {"patch": {
            "session": {"keys": ["a", "b", "c"]},
            "validatorSet": {"validators": [1, 2, 3], "limits": {"minimumValidators": 2}},
        }}}});
        let mut more = spec.clone();
        keep_validators(&mut spec, 2).unwrap();
        let genesis = spec.pointer(GENESIS).unwrap();
        assert_eq!(genesis["session"]["keys"], json!(["a", "b"]));
        assert_eq!(genesis["validatorSet"]["validators"], json!([1, 2]));
        assert_eq!(
            genesis["validatorSet"]["limits"]["minimumValidators"],
            json!(1)
        );
        let error = keep_validators(&mut more, 4).unwrap_err().to_string();
        assert!(error.contains("3 in /session/keys"), "{error}");
        assert!(keep_validators(&mut json!({}), 1).is_err());
    }
}
