//! `keys export`: the same work for other provers.

use anyhow::{Context, Result};
use clap::ValueEnum;
use clearproof_bench::{
    ShapeName,
    bars::Bars,
    work::{Keys, Work, WorkName},
};
use clearproof_groth16::{
    ArkBackend, LoadedKey,
    export::{
        inputs_json, proof_json, verifying_key_json, write_json, write_r1cs, write_wtns, write_zkey,
    },
    prove,
};
use rand::rngs::OsRng;
use std::{fs, path::PathBuf};

/// Options of `keys export`.
#[derive(clap::Args)]
pub struct Args {
    /// Which circuit.
    #[arg(long, value_enum)]
    circuit: CircuitName,
    /// Which shape.
    #[arg(long, value_enum, default_value = "reference")]
    shape: ShapeName,
    /// Folder to write to; files of the same names are replaced.
    #[arg(long)]
    folder: PathBuf,
}

/// A circuit of a shape.
#[derive(Clone, Copy, ValueEnum)]
enum CircuitName {
    /// Account steps.
    Chunk,
    /// The end of a batch.
    Closing,
}

pub fn run(args: Args) -> Result<()> {
    let Args {
        circuit,
        shape,
        folder,
    } = args;
    let (name, work) = match circuit {
        CircuitName::Chunk => ("chunk", WorkName::Chunk(shape)),
        CircuitName::Closing => ("closing", WorkName::Closing(shape)),
    };
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let Work {
        circuit,
        key,
        assignment,
    } = Work::load(&work, &Keys::given())?;
    let path = |ending: &str| folder.join(format!("{name}-{}{ending}", shape.name()));
    let done = |path: PathBuf| println!("{}", path.display());

    let file = path(".r1cs");
    write_r1cs(&file, &circuit)?;
    done(file);
    let file = path(".wtns");
    write_wtns(&file, &circuit, &assignment)?;
    done(file);
    let file = path(".zkey");
    write_zkey(&file, &circuit, &key, &Bars::new("export"))?;
    done(file);

    let inputs = &assignment[1..circuit.matrices().num_instance];
    let verifying_key = verifying_key_json(key.verifying_key());
    let loaded = LoadedKey::new(&ArkBackend, key)?;
    let (proof, _) = prove(&ArkBackend, &loaded, &circuit, &assignment, &mut OsRng)?;
    for (ending, json) in [
        (".vk.json", verifying_key),
        (".public.json", inputs_json(inputs)),
        (".proof.json", proof_json(&proof)),
    ] {
        let file = path(ending);
        write_json(&file, &json)?;
        done(file);
    }
    Ok(())
}
