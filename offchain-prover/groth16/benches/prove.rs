//! Set-up and proof of a synthetic circuit, against ark-groth16's prover.
//!
//! `cargo bench -p clearproof-groth16 -- 19 3`: about 2^19 constraints, three rounds. One witness in ten is
//! boolean; the rest are full-size, three out of four of them in a product on both sides, which is what hashes
//! and curve arithmetic look like.

use ark_bn254::Fr;
use ark_ff::{Field, One, Zero};
use clearproof_groth16::{
    compare_with_arkworks, Bars, Circuit, Comparison, CpuBackend, KeyStore, Matrices, Origin,
    Progress, Silent,
};
use std::{error::Error, io::IsTerminal, time::Instant};

fn circuit(constraints: usize) -> Result<(Circuit, Vec<Fr>), Box<dyn Error>> {
    let one = Fr::one();
    let (mut a, mut b, mut c) = (vec![], vec![], vec![]);
    let mut columns = vec![one, Fr::zero(), Fr::from(7u64)];
    let mut last = 2;
    for row in 0..constraints - 1 {
        let fresh = columns.len();
        if row % 10 == 0 {
            columns.push(Fr::from(row as u64 / 10 % 2));
            a.push(vec![(one, fresh)]);
            b.push(vec![(one, fresh), (-one, 0)]);
            c.push(vec![]);
        } else {
            // Not the input, whose value is known only in the end.
            let earlier = (last / 2).max(2);
            let sum = columns[last] + columns[earlier] * Fr::from(5u64);
            let factor = if row % 4 == 0 { columns[last] } else { sum };
            columns.push(sum * factor);
            a.push(vec![(one, last), (Fr::from(5u64), earlier)]);
            b.push(if row % 4 == 0 {
                vec![(one, last)]
            } else {
                vec![(one, last), (Fr::from(5u64), earlier)]
            });
            c.push(vec![(one, fresh)]);
            last = fresh;
        }
    }
    columns[1] = columns[last].square();
    a.push(vec![(one, last)]);
    b.push(vec![(one, last)]);
    c.push(vec![(one, 1)]);
    let matrices = Matrices {
        num_instance: 2,
        num_witness: columns.len() - 2,
        a: a.into(),
        b: b.into(),
        c: c.into(),
    };
    Ok((
        Circuit::new("bench", format!("constraints={constraints}"), matrices)?,
        columns,
    ))
}

/// Memory of this process that is resident, pages of mapped files included, in KiB.
fn resident() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .ok_or("/proc/self/status has no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
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
    let (circuit, assignment) = circuit((1 << log_size) - 2)?;
    println!(
        "circuit {}, made and hashed in {:.2?}",
        circuit.id(),
        start.elapsed()
    );

    let folder = tempfile::tempdir()?;
    let store = KeyStore::new(folder.path());
    let progress: Box<dyn Progress> = if std::io::stderr().is_terminal() {
        Box::new(Bars::new("bench"))
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

    let cpu = CpuBackend::detect();
    println!("cpu: {}", cpu.features());
    print(&compare_with_arkworks(
        &cpu,
        &key,
        &circuit,
        &assignment,
        rounds,
    )?);
    let cpu = CpuBackend::without_vectors();
    println!("cpu: {}", cpu.features());
    print(&compare_with_arkworks(
        &cpu,
        &key,
        &circuit,
        &assignment,
        rounds,
    )?);
    Ok(())
}
