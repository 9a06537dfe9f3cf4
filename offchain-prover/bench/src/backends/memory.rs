//! Peak memory.
//!
//! In one process the keys of all provers lie side by side, so each is measured in one of its own
//! that proves once. The system's mark of the largest resident memory is set back before the proof;
//! what building the circuit has left in the allocator is given back before, as it is not the
//! prover's.

use crate::work::{Keys, WorkName};
use anyhow::{Context, Result, bail};
use std::{env, fs, process::Command};

/// The field that the other process prints.
pub const FIELD: &str = "peak_rss_bytes";

/// Starts this program to prove `work` once with `candidate`; its peak memory, where the system
/// says.
pub fn peak_in_own_process(work: &WorkName, candidate: &str, keys: &Keys) -> Result<Option<u64>> {
    let output = Command::new(env::current_exe()?)
        .args(["bench", "--only", "backends", "--circuit"])
        .arg(work.to_string())
        .args(["--peak-of", candidate])
        .env("CLEARPROOF_KEYS", keys.folder())
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| format!("memory of {candidate}"))?;
    if !output.status.success() {
        bail!(
            "memory of {candidate}: the process that proves with it ended with {}",
            output.status
        );
    }
    let answer: serde_json::Value =
        serde_json::from_slice(&output.stdout).with_context(|| format!("memory of {candidate}"))?;
    Ok(answer[FIELD].as_u64())
}

/// Largest resident memory of this process while `act` runs; none where the system does not say.
pub fn peak_while<T>(act: impl FnOnce() -> Result<T>) -> Result<Option<u64>> {
    give_back();
    // Linux: sets the mark VmHWM to what is resident now.
    let reset = fs::write("/proc/self/clear_refs", "5");
    // What it makes is kept until the mark is read.
    let _made = act()?;
    if reset.is_err() {
        return Ok(None);
    }
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    Ok(high_water_mark(&status))
}

/// `VmHWM` of a process' status, in bytes.
fn high_water_mark(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn give_back() {
    // SAFETY: returns free pages of the heap to the system, and may be called at any time from any
    // thread.
    unsafe { libc::malloc_trim(0) };
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_back() {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_mark_is_read_from_the_status() {
        let status = "Name:\tx\nVmPeak:\t  9 kB\nVmHWM:\t   1234 kB\nVmRSS:\t 5 kB\n";
        assert_eq!(high_water_mark(status), Some(1_263_616));
        assert_eq!(high_water_mark("VmHWM:\t12"), None);
        assert_eq!(high_water_mark(""), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_that_is_given_back_again_counts() {
        let touched = || {
            Ok(vec![1u8; 64 << 20]
                .iter()
                .map(|b| u64::from(*b))
                .sum::<u64>())
        };
        let before = peak_while(|| Ok(())).unwrap().unwrap();
        let peak = peak_while(touched).unwrap().unwrap();
        assert!(peak >= before + (48 << 20), "{before} {peak}");
    }
}
