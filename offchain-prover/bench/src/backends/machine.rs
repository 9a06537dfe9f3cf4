//! The machine that ran the benchmark, and the processor features that the program was built for.

use serde::Serialize;
use std::fmt;

/// The processor.
#[derive(Serialize)]
pub struct Processor {
    model: String,
    threads: usize,
    /// Features that the processor has.
    has: Vec<&'static str>,
    /// Features that the whole program, other provers included, was compiled for.
    built_for: Vec<&'static str>,
}

/// Lists `(name, the processor has it, the program was compiled for it)`.
macro_rules! features {
    ($($name:tt)*) => {
        [$(($name, std::arch::is_x86_feature_detected!($name), cfg!(target_feature = $name))),*]
    };
}

#[cfg(target_arch = "x86_64")]
fn features() -> Vec<(&'static str, bool, bool)> {
    features!["sse4.2" "avx2" "bmi2" "adx" "avx512f" "avx512ifma"].to_vec()
}

#[cfg(not(target_arch = "x86_64"))]
fn features() -> Vec<(&'static str, bool, bool)> {
    Vec::new()
}

impl Processor {
    /// Returns this machine's processor.
    pub fn here() -> Self {
        let features = features();
        let names = |wanted: fn(&(&'static str, bool, bool)) -> bool| {
            features
                .iter()
                .filter(|f| wanted(f))
                .map(|f| f.0)
                .collect::<Vec<_>>()
        };
        Self {
            model: model(),
            threads: rayon::current_num_threads(),
            has: names(|f| f.1),
            built_for: names(|f| f.2),
        }
    }
}

/// Returns the processor's name as Linux reports it; elsewhere the architecture.
fn model() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = info.lines().find_map(|line| {
        line.strip_prefix("model name")
            .map(|rest| rest.trim_start_matches([' ', '\t', ':']).to_owned())
    });
    line.unwrap_or_else(|| std::env::consts::ARCH.into())
}

impl fmt::Display for Processor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: &[&str]| match names {
            [] => "none of those asked for".to_owned(),
            names => names.join(", "),
        };
        write!(
            f,
            "{}, {} threads; it has {}, all provers are compiled for {}",
            self.model,
            self.threads,
            list(&self.has),
            list(&self.built_for)
        )
    }
}
