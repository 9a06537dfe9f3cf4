//! Sizes of files, functions and crates.

use clearproof_rules::{
    crates::members,
    files::{File, read, root},
    functions::{Function, of, percentile},
};

/// Lines that a file of code may have.
const LONGEST_FILE: usize = 600;
/// Lines that half of all functions do not exceed.
const MEDIAN_FUNCTION: usize = 8;
/// Lines that 99 of 100 functions do not exceed.
const LONG_FUNCTION: usize = 60;
/// Parts of a hundred of all lines of code that a crate may have.
const LARGEST_CRATE: usize = 17;

fn code() -> Vec<File> {
    read(|path| path.ends_with(".rs"))
}

#[test]
fn no_file_of_code_is_longer_than_its_limit() {
    let files = code();
    let lines = files
        .iter()
        .map(|file| (file.path.as_str(), file.text.lines().count()));
    let long: Vec<_> = lines.filter(|(_, lines)| *lines > LONGEST_FILE).collect();
    assert!(
        long.is_empty(),
        "more than {LONGEST_FILE} lines, to be split by topic: {long:?}"
    );
}

#[test]
fn functions_are_short() {
    let is_test = |path: &str| {
        path.split('/')
            .any(|part| ["tests", "tests.rs", "benchmarking.rs", "mock.rs"].contains(&part))
    };
    let files = code();
    let files = files.iter().filter(|file| !is_test(&file.path));
    let mut functions: Vec<Function> = files.flat_map(|file| of(file).unwrap()).collect();
    functions.sort_by_key(|function| std::cmp::Reverse(function.lines));
    let longest: Vec<String> = functions
        .iter()
        .take(20)
        .map(|f| format!("{} lines: {}", f.lines, f.place))
        .collect();
    for (share, limit) in [(500, MEDIAN_FUNCTION), (990, LONG_FUNCTION)] {
        let lines = percentile(&functions, share);
        let longest = longest.join("\n");
        assert!(
            lines <= limit,
            "{share} of 1,000 have {lines} lines, limit {limit}:\n{longest}"
        );
    }
}

#[test]
fn no_crate_holds_too_large_a_part_of_the_code() {
    let mut folders: Vec<(String, usize)> = Vec::new();
    for member in members().unwrap() {
        let folder = member
            .folder
            .strip_prefix(root())
            .unwrap()
            .to_string_lossy()
            .into_owned();
        folders.push((format!("{folder}/"), 0));
    }
    folders.sort_by_key(|(folder, _)| std::cmp::Reverse(folder.len()));
    let (mut all, files) = (0, code());
    for file in &files {
        let lines = file.text.lines().count();
        all += lines;
        if let Some(owner) = folders
            .iter_mut()
            .find(|(folder, _)| file.path.starts_with(folder))
        {
            owner.1 += lines;
        }
    }
    let large: Vec<_> = folders
        .iter()
        .filter(|(_, lines)| lines * 100 > all * LARGEST_CRATE)
        .collect();
    assert!(
        large.is_empty(),
        "more than {LARGEST_CRATE} % of {all} lines, to be divided: {large:?}"
    );
}
