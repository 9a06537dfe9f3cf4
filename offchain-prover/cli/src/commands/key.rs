//! The key of the account that signs calls, from the command line or a file.

use anyhow::{Context, Result, ensure};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    str::FromStr,
};
use subxt_signer::{SecretUri, sr25519::Keypair};

/// Permission bits that give other users access to a key file.
const OTHERS: u32 = 0o077;

/// Options that name the key; at most one of them is given.
#[derive(clap::Args)]
#[group(multiple = false)]
pub struct Key {
    /// Secret URI of the account that signs, such as `//Alice`; for development only, because other
    /// users of the machine can see command lines.
    #[arg(long, env = "CLEARPROOF_SURI", hide_env_values = true)]
    suri: Option<String>,
    /// File that holds the secret URI; only its owner may have access.
    #[arg(long)]
    key_file: Option<PathBuf>,
}

impl Key {
    /// True if an option names a key.
    pub fn given(&self) -> bool {
        self.suri.is_some() || self.key_file.is_some()
    }

    /// Returns the key.
    pub fn load(self) -> Result<Keypair> {
        let uri = match (self.suri, self.key_file) {
            (Some(uri), _) => uri,
            (None, Some(path)) => read(&path)?,
            (None, None) => {
                anyhow::bail!("no key: give --key-file, or --suri, or set CLEARPROOF_SURI")
            }
        };
        // The parser's errors are dropped, because an error must not show the secret.
        let parsed = SecretUri::from_str(uri.trim()).ok();
        let pair = parsed.and_then(|uri| Keypair::from_uri(&uri).ok());
        pair.context(
            "the secret URI is not a phrase, 0x-seed or //path: check --suri or --key-file",
        )
    }
}

fn read(path: &Path) -> Result<String> {
    let named = || format!("--key-file {}", path.display());
    let mode = fs::metadata(path).with_context(named)?.permissions().mode();
    ensure!(
        mode & OTHERS == 0,
        "{}: others have access (mode {:03o}): chmod 600 it",
        named(),
        mode & 0o777
    );
    fs::read_to_string(path).with_context(named)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::{fs::Permissions, io::Write};

    fn load(text: &str, mode: u32) -> Result<Keypair> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        fs::set_permissions(file.path(), Permissions::from_mode(mode)).unwrap();
        let key = Key {
            suri: None,
            key_file: Some(file.path().into()),
        };
        key.load()
    }

    #[test]
    fn a_key_file_is_its_owners_alone() {
        let alice = subxt_signer::sr25519::dev::alice().public_key().0;
        assert_eq!(load("//Alice\n", 0o600).unwrap().public_key().0, alice);
        assert_eq!(load("//Alice\n", 0o400).unwrap().public_key().0, alice);
        for mode in [0o640, 0o604, 0o620] {
            let error = load("//Alice\n", mode).unwrap_err().to_string();
            assert!(error.contains("chmod 600"), "{error}");
        }
    }

    #[test]
    fn errors_do_not_show_the_secret() {
        let error = format!("{:#}", load("not a phrase at all", 0o600).unwrap_err());
        assert!(
            error.contains("--key-file") && !error.contains("phrase at all"),
            "{error}"
        );
        let none = Key {
            suri: None,
            key_file: None,
        };
        assert!(!none.given() && none.load().is_err());
    }
}
