//! `cargo test-crate X` builds with the features of the whole workspace.

use clearproof_rules::features::missing;

#[test]
fn what_the_workspace_enables_is_named_by_clearproof_features() {
    let missing = missing().unwrap();
    assert!(
        missing.is_empty(),
        "\n{}\nadd these to tests/features/Cargo.toml, and to its list for cargo-machete",
        missing.join("\n")
    );
}
