//! The client stays light: dApps, makers and wallets build it with everything it brings.

use std::{collections::BTreeSet, env, process::Command};

use clearproof_rules::files::root;

/// Packages that the client without its feature `chain` may resolve to, itself included.
const LIMIT: usize = 200;

#[test]
fn the_client_without_the_chain_brings_few_packages() {
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut tree = Command::new(cargo);
    tree.args([
        "tree",
        "--offline",
        "--package",
        "clearproof-client",
        "--no-default-features",
    ]);
    tree.args(["--edges", "normal", "--prefix", "none", "--format", "{p}"]);
    let output = tree.current_dir(root()).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let packages: BTreeSet<&str> = text
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .collect();
    assert!(
        packages.len() <= LIMIT,
        "the client resolves to {} packages, more than {LIMIT}: {packages:#?}",
        packages.len()
    );
}
