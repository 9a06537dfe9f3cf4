//! The memory that a proof needs, and the memory that is available.

use super::BackendError;
use crate::circuit::Circuit;
use ark_bn254::Fr;
use std::{fs, path::Path};

/// Bytes that this process can use without driving out others: Linux' own estimate (`MemAvailable`)
/// plus free swap, or the rest of its control groups' limits (version 2: containers, units of
/// systemd) if that is less. None if the system does not report them.
pub fn available() -> Option<u64> {
    let machine = parse(&fs::read_to_string("/proc/meminfo").ok()?)?;
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let limit = within_groups(Path::new("/sys/fs/cgroup"), &groups);
    Some(limit.map_or(machine, |limit| limit.min(machine)))
}

/// The rest of the narrowest limit among the control groups around this process: the limit less the
/// memory in use, not counting files that can be dropped. `groups` is the content of
/// `/proc/self/cgroup`, and `root` is where the groups are mounted. None without a limit.
fn within_groups(root: &Path, groups: &str) -> Option<u64> {
    let own = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let left = |group: &Path| {
        let number = |file: &str| -> Option<u64> {
            let text = fs::read_to_string(root.join(group).join(file)).ok()?;
            text.trim().parse().ok()
        };
        let (limit, used) = (number("memory.max")?, number("memory.current")?);
        let stat = fs::read_to_string(root.join(group).join("memory.stat")).unwrap_or_default();
        let files = stat.lines().filter_map(|line| {
            let (name, bytes) = line.split_once(' ')?;
            ["active_file", "inactive_file"]
                .contains(&name)
                .then(|| bytes.parse::<u64>().ok())?
        });
        let used = used.saturating_sub(files.fold(0, u64::saturating_add));
        Some(limit.saturating_sub(used))
    };
    Path::new(own).ancestors().filter_map(left).min()
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

/// Number of points in a key for `circuit`, in G1 and in G2. A and B have one per column, L one per
/// witness, H one less than the domain has elements.
pub fn key_points(circuit: &Circuit) -> (u64, u64) {
    let matrices = circuit.matrices();
    let columns = matrices.num_columns();
    let g1 = 2 * columns + matrices.num_witness + matrices.domain_size() - 1;
    (g1 as u64, columns as u64)
}

/// Least memory of a proof of `circuit`, in bytes: the three vectors of its rows and the
/// assignment.
pub fn vectors(circuit: &Circuit) -> u64 {
    let matrices = circuit.matrices();
    let scalars = 3 * matrices.domain_size() + matrices.num_columns();
    scalars as u64 * size_of::<Fr>() as u64
}

/// Refuses a circuit that needs more bytes than are available.
///
/// # Errors
/// Names both numbers.
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
    fn the_narrowest_control_group_counts() {
        let root = tempfile::tempdir().unwrap();
        let write = |group: &str, files: &[(&str, &str)]| {
            let folder = root.path().join(group);
            fs::create_dir_all(&folder).unwrap();
            for (name, text) in files {
                fs::write(folder.join(name), text).unwrap();
            }
        };
        let left = |groups| within_groups(root.path(), groups);
        write(
            "a/b",
            &[("memory.max", "max\n"), ("memory.current", "50\n")],
        );
        assert_eq!(left("0::/a/b\n"), None);
        let stat = "anon 30\nactive_file 10\ninactive_file 15\nfile 99\n";
        write(
            "a",
            &[
                ("memory.max", "100\n"),
                ("memory.current", "60\n"),
                ("memory.stat", stat),
            ],
        );
        assert_eq!(left("0::/a/b\n"), Some(65));
        write("a/b", &[("memory.max", "70\n")]);
        assert_eq!(left("1:cpu:/\n0::/a/b\n"), Some(20));
        assert_eq!(left("0::/a\n"), Some(65));
        assert_eq!(left("0::/\n"), None);
        // More in use than the limit, as can be while the system takes pages back.
        write("a/b", &[("memory.current", "80\n")]);
        assert_eq!(left("0::/a/b\n"), Some(0));
        for none in ["", "1:memory:/a", "0::/elsewhere"] {
            assert_eq!(left(none), None, "{none:?}");
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
