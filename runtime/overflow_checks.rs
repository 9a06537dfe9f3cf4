//! Used by the build scripts of the runtimes. The wasm is built by a separate cargo process, which
//! does not know the profile of the workspace. In it the crates of this workspace keep their
//! overflow checks, as they do on the node; dependencies run as their authors ship them.

use std::{env, fs, path::Path};

/// Adds the overflow checks to the arguments of the cargo process that builds the wasm. `root` is
/// the root of the workspace.
///
/// # Panics
///
/// If the folder of the pallets cannot be read.
#[expect(
    clippy::expect_used,
    reason = "a build without these files cannot go on"
)]
pub fn keep(root: &Path) {
    const VARIABLE: &str = "WASM_BUILD_CARGO_ARGS";
    let pallets = root.join("pallets");
    println!("cargo:rerun-if-changed={}", pallets.display());
    let mut names = vec![
        "clearproof-bn254-host".to_string(),
        "clearproof-primitives".to_string(),
        "clearproof-runtime".to_string(),
        "clearproof-runtime-api".to_string(),
    ];
    // The name of each pallet is that of its folder, with this prefix.
    for entry in fs::read_dir(&pallets).expect("the workspace has a folder of pallets") {
        let entry = entry.expect("the folder of pallets is readable");
        if entry.path().join("Cargo.toml").is_file() {
            let folder = entry.file_name();
            names.push(format!("pallet-clearproof-{}", folder.to_string_lossy()));
        }
    }
    names.sort();
    let mut arguments = env::var(VARIABLE).unwrap_or_default();
    for name in names {
        for profile in ["release", "production"] {
            arguments +=
                &format!(" --config 'profile.{profile}.package.{name}.overflow-checks=true'");
        }
    }
    // SAFETY: a build script has one thread until the wasm builder starts its own.
    unsafe { env::set_var(VARIABLE, arguments) };
}
