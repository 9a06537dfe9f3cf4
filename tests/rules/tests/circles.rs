//! No circles of files inside a crate.

use std::path::{Path, PathBuf};

use clearproof_rules::{
    circles::{find, uses},
    crates::members,
    files::root,
};

fn short(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .to_string_lossy()
        .into_owned()
}

#[test]
fn no_file_needs_another_that_needs_it() {
    let mut found = String::new();
    for root in members()
        .unwrap()
        .iter()
        .flat_map(|member| member.roots.clone())
    {
        for circle in find(&root).unwrap() {
            let line =
                |(from, to): &(PathBuf, PathBuf)| format!("  {} -> {}\n", short(from), short(to));
            found.extend(uses(&root, &circle).unwrap().iter().map(line));
            found.push('\n');
        }
    }
    assert!(
        found.is_empty(),
        "\nfiles in a circle; move what both need to a file below them:\n{found}"
    );
}
