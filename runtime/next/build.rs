//! Builds the wasm. Skipped when `SKIP_WASM_BUILD` is set.

#[cfg(feature = "std")]
#[path = "../overflow_checks.rs"]
mod overflow_checks;

#[cfg(feature = "std")]
fn main() {
    overflow_checks::keep(std::path::Path::new("../.."));
    substrate_wasm_builder::WasmBuilder::build_using_defaults();
}

/// The wasm itself is compiled without `std`. There is nothing to build inside it.
#[cfg(not(feature = "std"))]
fn main() {}
