//! The files of the repository, as git lists them.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A text file of the repository.
pub struct File {
    /// Path from the repository's root, with `/` between its parts.
    pub path: String,
    /// Content.
    pub text: String,
}

impl File {
    /// Returns the first part of the path, or `.` for a file in the root.
    pub fn folder(&self) -> &str {
        self.path.split_once('/').map_or(".", |(folder, _)| folder)
    }
}

/// Returns the repository's root: two folders above the manifest where cargo runs a test or the
/// program, else the working directory. The path is not compiled in, because checkouts share one
/// target directory.
pub fn root() -> PathBuf {
    let root = env::var_os("CARGO_MANIFEST_DIR").map_or_else(
        || PathBuf::from("."),
        |manifest| Path::new(&manifest).join("../.."),
    );
    root.canonicalize().unwrap_or(root)
}

/// Returns the path of a file beside this crate's manifest.
pub fn beside_manifest(name: &str) -> PathBuf {
    root().join("tests/rules").join(name)
}

/// Returns a list beside this crate's manifest, without comments and empty lines.
///
/// # Errors
/// Names the file if it cannot be read.
pub fn list(name: &str) -> Result<Vec<String>, String> {
    let path = beside_manifest(name);
    let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let lines = text.lines().map(str::trim);
    Ok(lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect())
}

/// Returns the output of `git` in the repository's root.
///
/// # Errors
/// Reports git's message if it fails or is missing.
pub fn git(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root())
        .args(arguments)
        .output();
    let output = output.map_err(|e| format!("git cannot be started: {e}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Returns the paths of all files that are tracked, or would be: new files count before they are
/// added. Without a repository of git (an unpacked archive) the folders are walked instead.
pub fn paths() -> Vec<String> {
    let listed = git(&["ls-files", "--cached", "--others", "--exclude-standard"]);
    let mut paths: Vec<String> = match listed {
        Ok(text) => text.lines().map(str::to_owned).collect(),
        Err(_) => walk(),
    };
    paths.sort();
    paths.dedup();
    paths.retain(|path| root().join(path).is_file());
    paths
}

/// Returns all files whose names `keep` accepts.
///
/// # Panics
/// If a file is not readable text.
pub fn read(keep: impl Fn(&str) -> bool) -> Vec<File> {
    let root = root();
    let read = |path: String| {
        let text = fs::read_to_string(root.join(&path));
        let text = text.unwrap_or_else(|error| panic!("{path}: {error}"));
        File { path, text }
    };
    paths()
        .into_iter()
        .filter(|path| keep(path))
        .map(read)
        .collect()
}

/// Returns all files below the root but hidden ones and build output.
fn walk() -> Vec<String> {
    let root = root();
    let (mut found, mut folders) = (Vec::new(), vec![root.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            if path.is_dir() && name != "target" && !name.to_string_lossy().starts_with('.') {
                folders.push(path);
            } else if let Ok(path) = path.strip_prefix(&root) {
                found.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found
}
