//! Changes of the risk policy, read from a file or from a referendum.

use crate::commands::policy::ballot;
use anyhow::{Context, Result};
use clearproof_client::chain::{Chain, referenda::Referendum};
use clearproof_primitives::policy::PolicyChange;
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

/// Largest file of changes, bytes.
const MAX_BYTES: u64 = 1 << 20;

/// Changes in a file.
#[derive(clap::Args)]
pub struct ChangesFile {
    /// JSON file with a list of changes, as in docs/governance.md.
    #[arg(long)]
    changes: PathBuf,
}

/// Changes in a file, or those that a referendum proposes.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub struct Changes {
    /// JSON file with a list of changes, as in docs/governance.md.
    #[arg(long)]
    changes: Option<PathBuf>,
    /// Index of an open referendum whose changes are taken.
    #[arg(long)]
    referendum: Option<u32>,
}

impl ChangesFile {
    pub fn read(&self) -> Result<Vec<PolicyChange>> {
        read(&self.changes)
    }
}

impl Changes {
    /// Reads the file before there is a connection, so that its errors are reported at once.
    pub fn file(&self) -> Result<Option<Vec<PolicyChange>>> {
        self.changes.as_deref().map(read).transpose()
    }

    /// Returns the changes of the file, or those of the referendum.
    pub async fn or_proposed(
        &self,
        file: Option<Vec<PolicyChange>>,
        chain: &Chain,
    ) -> Result<Vec<PolicyChange>> {
        match (file, self.referendum) {
            (Some(changes), _) => Ok(changes),
            (None, Some(index)) => proposed(chain, index).await,
            (None, None) => anyhow::bail!("no changes: give --changes or --referendum"),
        }
    }
}

/// Returns the changes that a referendum proposes.
async fn proposed(chain: &Chain, index: u32) -> Result<Vec<PolicyChange>> {
    let of = match ballot::known(chain, index).await? {
        Referendum::Ongoing(of) => of,
        over => anyhow::bail!(
            "--referendum {index}: it is over, {}, and the chain does not keep what it proposed; `policy status` lists changes that wait",
            clearproof_tools::policy::ballot::state(&over)
        ),
    };
    let changes = chain.proposed_changes(&of.proposal).await?;
    changes.with_context(|| {
        format!("--referendum {index}: it proposes no list of changes of the risk policy, or the preimage of its call is not noted")
    })
}

fn read(path: &Path) -> Result<Vec<PolicyChange>> {
    parse(path).with_context(|| {
        format!(
            "--changes {}: `policy show` lists each parameter with its value as JSON and its bounds",
            path.display()
        )
    })
}

fn parse(path: &Path) -> Result<Vec<PolicyChange>> {
    let mut text = String::new();
    let read = File::open(path)?
        .take(MAX_BYTES + 1)
        .read_to_string(&mut text)?;
    anyhow::ensure!(read as u64 <= MAX_BYTES, "longer than {MAX_BYTES} bytes");
    let mut json = serde_json::Deserializer::from_str(&text);
    let changes = serde_path_to_error::deserialize(&mut json)?;
    json.end()?;
    Ok(changes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clearproof_primitives::fixed::Factor;
    use clearproof_primitives::fixed::Rate;
    use clearproof_primitives::policy::{MarginLevel, PositionSide, ProductKind};
    use std::io::Write;

    fn parsed(text: &str) -> Result<Vec<PolicyChange>> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        read(file.path())
    }

    #[test]
    fn changes_are_read_as_the_document_shows_them() {
        let text = r#"[{"charge": {"underlying": 0, "kind": "perpetual", "level": "maintenance", "side": "long",
             "value": 34359738}},
 {"initialFactor": {"underlying": 0, "value": 90112}}]"#;
        let documented = include_str!("../../../../../docs/governance.md");
        assert!(documented.contains(text));
        let charge = PolicyChange::Charge {
            underlying: 0,
            kind: ProductKind::Perpetual,
            level: MarginLevel::Maintenance,
            side: PositionSide::Long,
            value: Rate::new(34_359_738),
        };
        let factor = PolicyChange::InitialFactor {
            underlying: 0,
            value: Factor::new(90_112),
        };
        assert_eq!(parsed(text).unwrap(), [charge, factor]);
    }

    #[test]
    fn malformed_changes_are_refused_where_they_are() {
        for (text, part) in [
            (r#"[{"charge":{"underlying":0}}]"#, "[0]"),
            (r#"[{"nothing":{}}]"#, "unknown variant"),
            (r#"[{"priceBand":{"value":1,"more":2}}]"#, "more"),
            (
                r#"[{"priceBand":{"value":4294967296}}]"#,
                "[0].priceBand.value",
            ),
            (r#"[{"priceBand":{"value":-1}}]"#, "[0].priceBand.value"),
            (r#"[] []"#, "trailing"),
            ("", "EOF"),
        ] {
            let error = format!("{:#}", parsed(text).unwrap_err());
            assert!(error.contains(part), "{text}: {error}");
            assert!(error.contains("`policy show`"), "{error}");
        }
    }
}
