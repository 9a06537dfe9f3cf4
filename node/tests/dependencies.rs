//! The node depends on the runtime and its interfaces, and on no pallet of this repository.

#[test]
fn the_manifest_names_none_of_the_pallets() {
    let manifest = include_str!("../Cargo.toml");
    let pallet = manifest
        .lines()
        .find(|line| line.contains("pallet-clearproof"));
    assert_eq!(
        pallet, None,
        "call the pallet through clearproof-runtime-api or clearproof-runtime"
    );
}
