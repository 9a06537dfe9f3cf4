//! `circuit-info`: how large the circuits are, and where the constraints go.

use anyhow::Result;
use clearproof_bench::ShapeName;
use clearproof_proving::{CircuitInfo, circuits};

/// Options of `circuit-info`.
#[derive(clap::Args)]
pub struct Args {
    /// Which shape.
    #[arg(long, value_enum, default_value = "reference")]
    shape: ShapeName,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> Result<()> {
    let shape = args.shape.shape();
    let pair = circuits(&shape)?;
    let infos = [pair.chunk.info, pair.closing.info];
    if args.json {
        println!(
            "{}",
            serde_json::json!({ "shape": shape, "circuits": infos })
        );
        return Ok(());
    }
    for info in infos {
        print_table(&info);
    }
    Ok(())
}

fn print_table(info: &CircuitInfo) {
    let mut table = comfy_table::Table::new();
    table.set_header([info.name, "constraints"]);
    for (part, constraints) in &info.parts {
        table.add_row([
            if part.is_empty() { "(other)" } else { part },
            &constraints.to_string(),
        ]);
    }
    table.add_row(["all", &info.constraints.to_string()]);
    if let Some(per_step) = info.constraints_per_step {
        table.add_row([
            &format!("per step of {}", info.steps),
            &format!("{per_step:.0}"),
        ]);
    }
    println!("{table}");
}
