//! Builds the runtime's wasm (skipped when `SKIP_WASM_BUILD` is set).

/// The crates of this workspace that the wasm consists of. The wasm is built by a cargo of its own, which does not know
/// the workspace's profile; these keep their overflow checks, as they do on the node, and dependencies run as their
/// authors ship them.
#[cfg(feature = "std")]
const CHECKED: [&str; 7] = [
    "clearproof-bn254-host",
    "clearproof-primitives",
    "clearproof-runtime",
    "pallet-clearproof-custody",
    "pallet-clearproof-market-data",
    "pallet-clearproof-risk-policy",
    "pallet-clearproof-settlement",
];

/// Adds the overflow checks to the arguments of the cargo that builds the wasm.
#[cfg(feature = "std")]
fn check_overflows() {
    const VARIABLE: &str = "WASM_BUILD_CARGO_ARGS";
    let mut arguments = std::env::var(VARIABLE).unwrap_or_default();
    for name in CHECKED {
        for profile in ["release", "production"] {
            arguments +=
                &format!(" --config 'profile.{profile}.package.{name}.overflow-checks=true'");
        }
    }
    std::env::set_var(VARIABLE, arguments);
}

/// Builds the wasm without a metadata hash: one pass.
#[cfg(all(feature = "std", not(feature = "metadata-hash")))]
fn main() {
    check_overflows();
    substrate_wasm_builder::WasmBuilder::build_using_defaults();
}

/// Builds the wasm with the metadata hash that `CheckMetadataHash` compares: two passes.
///
/// The symbol and the decimals are part of the hash; they are those of `TOKEN_SYMBOL` and
/// `TOKEN_DECIMALS` in `src/constants.rs`, and a test there compares them.
#[cfg(all(feature = "std", feature = "metadata-hash"))]
fn main() {
    check_overflows();
    substrate_wasm_builder::WasmBuilder::init_with_defaults()
        .enable_metadata_hash("CLR", 12)
        .build();
}

/// The wasm itself is compiled without `std`: nothing to build inside it.
#[cfg(not(feature = "std"))]
fn main() {}
