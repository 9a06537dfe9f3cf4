//! Compares our backends and other provers on one circuit, key and assignment, in turns and in one
//! process. The peak memory of each is measured in a process of its own.
//!
//! Each run goes once through all of them and begins with a different one each time, so that other
//! load on the machine affects all of them alike. Our backends are timed from the assignment to the
//! verified proof, including the check of the assignment. The others are timed from the assignment
//! to the proof, which is verified after the clock has stopped.

mod candidates;
mod machine;
mod memory;

use crate::{
    ShapeName,
    proving::MICROS_PER_CONSTRAINT,
    report::{Report, median},
    work::{Keys, Work, WorkName},
};
use anyhow::{Context, Result, bail};
use candidates::{Candidate, Race, candidates};
use clearproof_groth16::verify;
use comfy_table::{Table, presets::ASCII_MARKDOWN};
use machine::Processor;
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};

/// Targets: the name of another prover, and how many times as fast as it ours must be.
const TIMES_AS_FAST: [(&str, f64); 2] = [("ark", 2.5), ("taceo", 1.8)];
/// Target for the peak memory, in bytes per 2^20 constraints.
const PEAK: f64 = 700e6;

/// Options of this section.
#[derive(clap::Args)]
pub struct Options {
    /// The circuit that the backends prove: `chunk` or `closing` of the reference shape; another
    /// shape as in `chunk:small`; or `synthetic:19`, about 2^19 constraints that look like hashes.
    /// Below 2^16 constraints provers hardly differ, because their faster sums are made for large
    /// circuits. Targets are shown for the reference chunk only.
    #[arg(long, default_value = "chunk")]
    pub circuit: WorkName,
    /// Proves once with this backend and prints the peak memory; used for the process of its own.
    #[arg(long, hide = true)]
    pub peak_of: Option<String>,
}

/// The measurements.
#[derive(Serialize)]
pub struct Outcome {
    circuit: CircuitFigures,
    processor: Processor,
    runs: u32,
    backends: Vec<Figures>,
    /// Unavailable backends, each with the reason.
    left_out: BTreeMap<&'static str, String>,
    /// Keys read `other/ours`; each value is how many times as long the other prover took.
    ratios: BTreeMap<String, f64>,
}

#[derive(Serialize)]
struct CircuitFigures {
    name: String,
    constraints: usize,
    columns: usize,
    /// Share of the columns whose value is zero or one.
    boolean_share: f64,
}

#[derive(Serialize)]
struct Figures {
    name: &'static str,
    ours: bool,
    median_s: f64,
    fastest_s: f64,
    slowest_s: f64,
    us_per_constraint: f64,
    /// Largest resident memory while proving: circuit, key, assignment and the prover's own memory.
    /// None if the system does not report it.
    peak_rss_bytes: Option<u64>,
}

/// A candidate that has loaded the key, and its times.
struct Runner {
    candidate: Candidate,
    racer: Box<dyn Race>,
    seconds: Vec<f64>,
}

/// Measures all candidates on `name`.
pub fn measure(name: &WorkName, runs: u32, report: &mut Report) -> Result<Outcome> {
    let keys = Keys::of(name)?;
    let work = Work::load(name, &keys)?;
    let circuit = CircuitFigures {
        name: name.to_string(),
        constraints: work.circuit.matrices().num_constraints(),
        columns: work.assignment.len(),
        boolean_share: work.boolean_share(),
    };
    let mut left_out = BTreeMap::new();
    let mut runners = Vec::new();
    for candidate in candidates() {
        match (candidate.load)(work.circuit.clone(), work.key.clone())? {
            Ok(racer) => runners.push(Runner {
                candidate,
                racer,
                seconds: Vec::new(),
            }),
            Err(reason) => {
                eprintln!("backends: {} left out: {reason}", candidate.name);
                left_out.insert(candidate.name, reason);
            }
        }
    }
    for run in 0..runs as usize {
        let count = runners.len();
        for turn in 0..count {
            let runner = &mut runners[(run + turn) % count];
            let name = runner.candidate.name;
            let time = once(&*runner.racer, &work).with_context(|| name)?;
            eprintln!("backends: run {} of {runs}: {name} {time:.2?}", run + 1);
            runner.seconds.push(time.as_secs_f64());
        }
    }
    // Frees the candidates' memory before the peaks are measured.
    let timed: Vec<_> = runners
        .into_iter()
        .map(|runner| (runner.candidate, runner.seconds))
        .collect();
    drop(work);
    let backends = timed
        .into_iter()
        .map(|(candidate, seconds)| {
            let median_s = median(seconds.clone());
            Ok(Figures {
                name: candidate.name,
                ours: candidate.other.is_none(),
                median_s,
                fastest_s: seconds.iter().copied().fold(f64::INFINITY, f64::min),
                slowest_s: seconds.iter().copied().fold(0.0, f64::max),
                us_per_constraint: median_s * 1e6 / circuit.constraints as f64,
                peak_rss_bytes: memory::peak_in_own_process(name, candidate.name, &keys)?,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let outcome = Outcome {
        ratios: ratios(&backends),
        circuit,
        processor: Processor::here(),
        runs,
        backends,
        left_out,
    };
    // The targets hold for the reference chunk only: provers choose algorithms by size, and costs
    // that do not grow with the circuit weigh more in small ones.
    if *name == WorkName::Chunk(ShapeName::Reference) {
        outcome.targets(report);
    }
    Ok(outcome)
}

/// Makes one proof and verifies it.
fn once(racer: &dyn Race, work: &Work) -> Result<Duration> {
    let (time, proof) = racer.prove(&work.assignment)?;
    let inputs = &work.assignment[1..work.circuit.matrices().num_instance];
    verify(work.key.verifying_key(), inputs, &proof)?;
    Ok(time)
}

/// Proves once with the named candidate, and prints the peak of this process' memory meanwhile.
pub fn print_peak(name: &WorkName, candidate: &str) -> Result<()> {
    let Work {
        circuit,
        key,
        assignment,
    } = Work::load(name, &Keys::given())?;
    let Some(found) = candidates().into_iter().find(|c| c.name == candidate) else {
        bail!("no backend is called {candidate}");
    };
    // The candidate takes over key and circuit: a prover that converts them to a form of its own
    // can free ours.
    let racer = (found.load)(circuit, key)?.map_err(anyhow::Error::msg)?;
    let peak = memory::peak_while(|| racer.prove(&assignment))?;
    println!("{}", serde_json::json!({ memory::FIELD: peak }));
    Ok(())
}

fn ratios(backends: &[Figures]) -> BTreeMap<String, f64> {
    let mut ratios = BTreeMap::new();
    for other in candidates() {
        let Some(short) = other.other else { continue };
        let Some(theirs) = backends.iter().find(|b| b.name == other.name) else {
            continue;
        };
        for ours in backends.iter().filter(|b| b.ours) {
            let ratio = theirs.median_s / ours.median_s;
            ratios.insert(format!("{short}/{}", ours.name), ratio);
        }
    }
    ratios
}

impl Outcome {
    /// Compares the fastest of our backends with the targets.
    fn targets(&self, report: &mut Report) {
        let ours = self.backends.iter().filter(|b| b.ours);
        let Some(best) = ours.min_by(|a, b| a.median_s.total_cmp(&b.median_s)) else {
            return;
        };
        report.row(
            &format!("proving and verifying, backend {}", best.name),
            format!("{:.1} µs per constraint", best.us_per_constraint),
            "<= 8",
            best.us_per_constraint <= MICROS_PER_CONSTRAINT,
        );
        for (other, target) in TIMES_AS_FAST {
            if let Some(ratio) = self.ratios.get(&format!("{other}/{}", best.name)) {
                report.row(
                    &format!("times as fast as {other}-groth16, backend {}", best.name),
                    format!("{ratio:.2}"),
                    &format!(">= {target}"),
                    *ratio >= target,
                );
            }
        }
        if let Some(peak) = best.peak_rss_bytes {
            let per_million = peak as f64 * (1 << 20) as f64 / self.circuit.constraints as f64;
            report.row(
                &format!("peak memory per 2^20 constraints, backend {}", best.name),
                format!("{:.0} MB", per_million / 1e6),
                "<= 700 MB",
                per_million <= PEAK,
            );
        }
    }

    /// Prints the table for docs/performance.md.
    pub fn print(&self) {
        let CircuitFigures {
            name,
            constraints,
            columns,
            boolean_share,
        } = &self.circuit;
        println!(
            "\nCircuit {name}: {constraints} constraints, {columns} columns, {:.0} % of them zero or one. {}. Medians of {} runs in \
             turns.\n",
            boolean_share * 100.0,
            self.processor,
            self.runs
        );
        let others: Vec<_> = candidates().iter().filter_map(|c| c.other).collect();
        let mut table = Table::new();
        table.load_preset(ASCII_MARKDOWN);
        let mut header = vec!["prover".to_owned(), "median".to_owned()];
        header.extend(["fastest to slowest", "µs per constraint", "peak memory"].map(Into::into));
        header.extend(others.iter().map(|other| format!("{other} takes")));
        table.set_header(header);
        for figures in &self.backends {
            let mut row = vec![
                figures.name.to_owned(),
                format!("{:.2} s", figures.median_s),
                format!("{:.2} to {:.2} s", figures.fastest_s, figures.slowest_s),
                format!("{:.2}", figures.us_per_constraint),
                figures.peak_rss_bytes.map_or_else(
                    || "not known".into(),
                    |b| format!("{:.0} MB", b as f64 / 1e6),
                ),
            ];
            row.extend(others.iter().map(|other| {
                self.ratios
                    .get(&format!("{other}/{}", figures.name))
                    .map_or_else(String::new, |ratio| format!("{ratio:.2} times"))
            }));
            table.add_row(row);
        }
        println!("{table}");
        for (name, reason) in &self.left_out {
            println!("{name} left out: {reason}");
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn assignments_of_a_real_batch_satisfy_the_circuits() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::Kept(folder.path().into());
        for name in ["chunk:tiny", "closing:tiny"] {
            let work = Work::load(&name.parse().unwrap(), &keys).unwrap();
            assert!(work.boolean_share() > 0.1 && work.boolean_share() < 1.0);
            for candidate in candidates() {
                match (candidate.load)(work.circuit.clone(), work.key.clone()).unwrap() {
                    Ok(racer) => {
                        once(&*racer, &work).unwrap();
                    }
                    // Only some machines have these devices.
                    Err(reason) => assert!(
                        ["cuda", "icicle"].contains(&candidate.name),
                        "{}: {reason}",
                        candidate.name
                    ),
                }
            }
        }
    }
}
