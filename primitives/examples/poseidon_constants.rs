//! Writes the files of Poseidon's constants: `cargo run --release -p clearproof-primitives
//! --example poseidon_constants`.

use clearproof_primitives::poseidon::{WIDTHS, grain};
use std::{env, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Asked of cargo when it runs: a path fixed at compile time would be another checkout's, where
    // several share a target directory.
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("src/poseidon");
    for (width, partial_rounds) in WIDTHS {
        let elements = grain::generate(width, partial_rounds)
            .ok_or("a matrix of this instance is singular")?;
        fs::write(
            folder.join(format!("width_{width}.bin")),
            grain::to_bytes(&elements),
        )?;
    }
    Ok(())
}
