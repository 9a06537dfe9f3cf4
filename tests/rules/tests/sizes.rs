//! Sizes of files.

use clearproof_rules::files::read;

/// Lines that a file of code may have.
const LONGEST: usize = 600;

/// Longer files that are left. The list may only shrink.
const LEFT: [&str; 3] = [
    "offchain-prover/circuits/tests/differential.rs",
    "offchain-prover/groth16/src/backend/cpu/affine.rs",
    "offchain-prover/groth16/src/backend/cpu/fma.rs",
];

#[test]
fn no_file_of_code_is_longer_than_its_limit() {
    let files = read(|path| path.ends_with(".rs"));
    let lines = files
        .iter()
        .map(|file| (file.path.as_str(), file.text.lines().count()));
    let (long, _): (Vec<_>, Vec<_>) = lines.partition(|(_, lines)| *lines > LONGEST);
    let new: Vec<_> = long
        .iter()
        .filter(|(path, _)| !LEFT.contains(path))
        .collect();
    assert!(
        new.is_empty(),
        "more than {LONGEST} lines, to be split by topic: {new:?}"
    );
    for left in LEFT {
        assert!(
            long.iter().any(|(path, _)| *path == left),
            "no longer too long, strike out: {left}"
        );
    }
}
