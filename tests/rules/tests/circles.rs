//! No circles of files inside a crate, but for those listed in `circles.txt`, which may only
//! shrink.

use std::{collections::BTreeSet, path::PathBuf};

use clearproof_rules::{
    circles::{find, uses},
    crates::members,
    files::{list, root},
};

type Circle = BTreeSet<String>;

fn short(path: &PathBuf) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .to_string_lossy()
        .into_owned()
}

fn listed() -> Vec<Circle> {
    let lines = list("circles.txt").unwrap();
    lines
        .iter()
        .map(|line| line.split_whitespace().map(str::to_owned).collect())
        .collect()
}

/// Returns all circles, each with the uses that make it.
fn found() -> Vec<(Circle, String)> {
    let mut found = Vec::new();
    for root in members()
        .unwrap()
        .iter()
        .flat_map(|member| member.roots.clone())
    {
        for circle in find(&root).unwrap() {
            let uses = uses(&root, &circle).unwrap();
            let line =
                |(from, to): &(PathBuf, PathBuf)| format!("  {} -> {}\n", short(from), short(to));
            found.push((
                circle.iter().map(short).collect(),
                uses.iter().map(line).collect(),
            ));
        }
    }
    found
}

#[test]
fn no_file_needs_another_that_needs_it() {
    let (found, listed) = (found(), listed());
    let is_known = |circle: &Circle| listed.iter().any(|known| circle.is_subset(known));
    let new = found.iter().filter(|(circle, _)| !is_known(circle));
    let new: Vec<&str> = new.map(|(_, uses)| uses.as_str()).collect();
    assert!(
        new.is_empty(),
        "\nfiles in a circle; move what both need to a file below them:\n{}",
        new.join("\n")
    );
    for known in listed {
        assert!(
            found.iter().any(|(circle, _)| *circle == known),
            "a circle in circles.txt is smaller now, or gone: shorten its line, or strike it out: \
             {known:?}"
        );
    }
}
