//! Whether the processor's memory has room for a proof.

use super::BackendError;
use crate::circuit::Circuit;
use ark_bn254::Fr;
use std::fs;

/// What programs may take without others being driven out, in bytes: Linux' own estimate (`MemAvailable`) and free swap. Limits
/// of a control group are not in it. None where the system does not tell.
pub fn available() -> Option<u64> {
    parse(&fs::read_to_string("/proc/meminfo").ok()?)
}

fn parse(meminfo: &str) -> Option<u64> {
    let bytes = |wanted: &str| {
        meminfo.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let number = (name == wanted).then(|| value.trim().strip_suffix(" kB"))??;
            number.parse::<u64>().ok()?.checked_mul(1024)
        })
    };
    bytes("MemAvailable")?.checked_add(bytes("SwapFree").unwrap_or(0))
}

/// What a proof of `circuit` takes at least, in bytes: the three vectors of its rows and the assignment.
pub fn vectors(circuit: &Circuit) -> u64 {
    let matrices = circuit.matrices();
    let scalars = 3 * matrices.domain_size() + matrices.num_columns();
    scalars as u64 * size_of::<Fr>() as u64
}

/// Refuses a circuit for which `needed` bytes are more than there are.
///
/// # Errors
/// With both numbers.
pub fn check(
    backend: &'static str,
    circuit: &Circuit,
    needed: u64,
    available: Option<u64>,
) -> Result<(), BackendError> {
    match available {
        Some(available) if available < needed => Err(BackendError {
            backend,
            operation: "memory",
            reason: format!(
                "circuit {} needs at least {needed} bytes, {available} are available: end other programs, add memory, \
                 or use a smaller circuit",
                circuit.id()
            ),
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::testing::toy;

    #[test]
    fn what_linux_tells_is_read() {
        let text = "MemTotal:  16 kB\nMemFree:  1 kB\nMemAvailable:    8 kB\nSwapTotal: 9 kB\nSwapFree:  2 kB\n";
        assert_eq!(parse(text), Some(10 * 1024));
        assert_eq!(parse("MemAvailable:    8 kB\n"), Some(8 * 1024));
        for other in [
            "",
            "MemTotal: 16 kB",
            "MemAvailable: 8",
            "MemAvailable: x kB",
        ] {
            assert_eq!(parse(other), None, "{other:?}");
        }
        if cfg!(target_os = "linux") {
            assert!(available().unwrap() > 1 << 20);
        }
    }

    #[test]
    fn a_circuit_without_room_is_refused_with_both_numbers() {
        let (circuit, assignment) = toy();
        let needed = vectors(&circuit);
        assert_eq!(needed, 32 * (3 * 512 + assignment.len() as u64));
        assert_eq!(check("cpu", &circuit, needed, Some(needed)), Ok(()));
        assert_eq!(check("cpu", &circuit, needed, None), Ok(()));
        let error = check("cpu", &circuit, needed, Some(needed - 1)).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains(&needed.to_string()) && text.contains(&(needed - 1).to_string()),
            "{text}"
        );
    }
}
