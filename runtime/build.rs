//! Builds the runtime's wasm. Skipped when `SKIP_WASM_BUILD` is set.

#[cfg(feature = "std")]
mod overflow_checks;

/// Builds the wasm without a metadata hash: one pass.
#[cfg(all(feature = "std", not(feature = "metadata-hash")))]
fn main() {
    overflow_checks::keep(std::path::Path::new(".."));
    substrate_wasm_builder::WasmBuilder::build_using_defaults();
}

/// Builds the wasm with the metadata hash that `CheckMetadataHash` compares: two passes.
///
/// The symbol and the decimals are part of the hash. They are those of `TOKEN_SYMBOL` and
/// `TOKEN_DECIMALS` in `src/constants.rs`; a test there compares them.
#[cfg(all(feature = "std", feature = "metadata-hash"))]
fn main() {
    overflow_checks::keep(std::path::Path::new(".."));
    substrate_wasm_builder::WasmBuilder::init_with_defaults()
        .enable_metadata_hash("CLR", 12)
        .build();
}

/// The wasm itself is compiled without `std`. There is nothing to build inside it.
#[cfg(not(feature = "std"))]
fn main() {}
