//! Set-up and proof of a synthetic circuit, against ark-groth16's prover.
//!
//! `cargo bench -p clearproof-groth16 -- 19 3`: about 2^19 constraints, three rounds. One witness
//! in ten is boolean. The rest are full-size, and three out of four of them are in a product on
//! both sides, as in hashes and curve arithmetic.

use clearproof_groth16::{
    Comparison, CpuBackend, KeyStore, Origin, Phase, Progress, Silent, compare_with_arkworks,
    synthetic,
};
use std::{error::Error, io::IsTerminal, time::Instant};

/// Resident memory of this process in KiB, pages of mapped files included.
fn resident() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .ok_or("/proc/self/status has no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// Prints the name of each phase.
struct Phases;

impl Progress for Phases {
    fn begin(&self, phase: Phase, _: u64) {
        eprintln!("{phase} …");
    }
    fn advance(&self, _: u64) {}
    fn end(&self) {}
}

fn print(comparison: &Comparison) {
    let meta = &comparison.backend;
    println!("{:#?}", meta.times);
    println!(
        "{}: {:.2?}, {:.1} µs per constraint; ark-groth16 {:.2?}; {:.2} times as fast",
        meta.backend,
        meta.times.total,
        meta.micros_per_constraint(),
        comparison.arkworks,
        comparison.speed_up()
    );
}

fn main() -> Result<(), Box<dyn Error>> {
    let numbers: Vec<u32> = std::env::args()
        .filter_map(|argument| argument.parse().ok())
        .collect();
    let log_size = numbers.first().copied().unwrap_or(16).clamp(2, 24);
    let rounds = numbers.get(1).copied().unwrap_or(3) as usize;

    let start = Instant::now();
    let (circuit, assignment) = synthetic::circuit((1 << log_size) - 2)?;
    println!(
        "circuit {}, made and hashed in {:.2?}",
        circuit.id(),
        start.elapsed()
    );

    let folder = tempfile::tempdir()?;
    let store = KeyStore::new(folder.path());
    let progress: Box<dyn Progress> = if std::io::stderr().is_terminal() {
        Box::new(Phases)
    } else {
        Box::new(Silent)
    };
    let start = Instant::now();
    store.load_or_generate(&circuit, Origin::Development, progress.as_ref())?;
    println!("key made and stored in {:.2?}", start.elapsed());
    let path = store.path(circuit.id(), Origin::Development);
    println!("key has {} MB", std::fs::metadata(&path)?.len() / 1_000_000);
    let before = resident()?;
    let start = Instant::now();
    let key = store.load(&circuit, Origin::Development, progress.as_ref())?;
    let (elapsed, after) = (start.elapsed(), resident()?);
    println!(
        "key checked and mapped in {elapsed:.2?}; resident before {before} KiB, after {after} KiB"
    );

    for cpu in CpuBackend::all() {
        println!("cpu: {}", cpu.features());
        let comparison = compare_with_arkworks(&cpu, &key, &circuit, &assignment, rounds)?;
        print(&comparison);
    }
    Ok(())
}
