//! Arrows between the crates of the workspace, and the table that allows them.
//!
//! The table is drawn in `docs/layout.md`: what is documented is what is checked.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    path::PathBuf,
    process::Command,
};

use serde_json::Value;

use crate::files::root;

/// The document and the heading below which the table stands.
pub const DOCUMENT: &str = "docs/layout.md";
/// Heading of the table.
pub const HEADING: &str = "## Who may depend on whom";

/// A crate that names all others and is never compiled: its arrows say nothing.
pub(crate) const FEATURES: &str = "clearproof-features";

/// Names of crates that a crate depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrows {
    /// In its code and build script.
    pub code: BTreeSet<String>,
    /// In its tests only.
    pub tests: BTreeSet<String>,
}

/// A member of the workspace.
pub struct Member {
    /// Name of the package.
    pub name: String,
    /// Folder of its manifest.
    pub folder: PathBuf,
    /// Roots of its library and programs.
    pub roots: Vec<PathBuf>,
    /// Other members that it depends on.
    pub arrows: Arrows,
}

/// Returns the members of the workspace, but for the crate that is never compiled.
///
/// # Errors
/// Reports the messages of cargo if it fails.
pub fn members() -> Result<Vec<Member>, String> {
    let packages = packages()?;
    Ok(packages
        .iter()
        .filter(|package| package["name"] != FEATURES)
        .map(member)
        .collect())
}

/// Returns what cargo says of the members, without looking at its registry.
///
/// # Errors
/// Reports the messages of cargo if it fails.
pub fn packages() -> Result<Vec<Value>, String> {
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = Command::new(cargo);
    command.args([
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
        "--offline",
    ]);
    let output = command
        .current_dir(root())
        .output()
        .map_err(|e| format!("cargo: {e}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let json: Value = serde_json::from_slice(&output.stdout).map_err(|e| e.to_string())?;
    Ok(array(&json["packages"]).to_vec())
}

fn member(package: &Value) -> Member {
    let manifest = PathBuf::from(text(&package["manifest_path"]));
    let mut arrows = Arrows::default();
    // Members find each other by path, everything else comes from a registry.
    for dependency in array(&package["dependencies"])
        .iter()
        .filter(|d| d["path"].is_string())
    {
        let kind = if dependency["kind"] == "dev" {
            &mut arrows.tests
        } else {
            &mut arrows.code
        };
        kind.insert(text(&dependency["name"]));
    }
    arrows.tests = arrows.tests.difference(&arrows.code).cloned().collect();
    let is_code = |target: &&Value| {
        array(&target["kind"]).iter().any(|kind| {
            ["lib", "rlib", "cdylib", "proc-macro", "bin"].contains(&kind.as_str().unwrap_or(""))
        })
    };
    let roots = array(&package["targets"]).iter().filter(is_code);
    Member {
        name: text(&package["name"]),
        folder: manifest.parent().map(PathBuf::from).unwrap_or_default(),
        roots: roots
            .map(|target| PathBuf::from(text(&target["src_path"])))
            .collect(),
        arrows,
    }
}

pub(crate) fn array(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Reads the table: rows `| crate | its code uses | its tests use in addition |` below the
/// heading, with names between backticks.
///
/// # Errors
/// Says that the heading is missing.
pub fn table(document: &str) -> Result<BTreeMap<String, Arrows>, String> {
    let (_, section) = document
        .split_once(HEADING)
        .ok_or_else(|| format!("{DOCUMENT} has no heading \"{HEADING}\""))?;
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let row = |line: &str| {
        let cells: Vec<BTreeSet<String>> = line.split('|').skip(1).map(names).collect();
        let cell = |index: usize| cells.get(index).cloned().unwrap_or_default();
        let name = cell(0).into_iter().next().unwrap_or_default();
        (
            name,
            Arrows {
                code: cell(1),
                tests: cell(2),
            },
        )
    };
    Ok(rows.map(row).collect())
}

/// Returns the words between backticks.
fn names(cell: &str) -> BTreeSet<String> {
    let parts = cell.split('`').enumerate();
    parts
        .filter(|(index, _)| index % 2 == 1)
        .map(|(_, name)| name.to_owned())
        .collect()
}

/// Returns a line for each arrow that the table does not allow, and for each that it allows and
/// no manifest has.
pub fn differences(members: &[Member], table: &BTreeMap<String, Arrows>) -> Vec<String> {
    let mut found = Vec::new();
    let none = Arrows::default();
    for member in members {
        let allowed = table.get(&member.name).unwrap_or(&none);
        let (name, arrows) = (&member.name, &member.arrows);
        if !table.contains_key(name) {
            found.push(format!("{name} has no row in the table"));
        }
        compare(&mut found, name, "", &arrows.code, &allowed.code);
        compare(
            &mut found,
            name,
            " (in tests)",
            &arrows.tests,
            &allowed.tests,
        );
    }
    let is_member = |name: &str| members.iter().any(|member| member.name == name);
    let gone = table.keys().filter(|name| !is_member(name));
    found.extend(gone.map(|name| format!("{name} has a row in the table and is no crate")));
    found
}

fn compare(
    found: &mut Vec<String>,
    name: &str,
    kind: &str,
    actual: &BTreeSet<String>,
    allowed: &BTreeSet<String>,
) {
    let new = actual.difference(allowed);
    found.extend(new.map(|to| format!("new arrow{kind}: {name} -> {to}")));
    let gone = allowed.difference(actual);
    found.extend(gone.map(|to| format!("arrow{kind} that no longer exists: {name} -> {to}")));
}

/// Returns the table's rows for the workspace as it is.
pub fn draw(members: &[Member]) -> String {
    let list = |names: &BTreeSet<String>| {
        let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        if quoted.is_empty() {
            "–".to_owned()
        } else {
            quoted.join(", ")
        }
    };
    let row = |m: &Member| {
        format!(
            "| `{}` | {} | {} |\n",
            m.name,
            list(&m.arrows.code),
            list(&m.arrows.tests)
        )
    };
    members.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(code: &[&str]) -> Vec<Member> {
        let code = code.iter().map(|name| (*name).to_owned()).collect();
        let arrows = Arrows {
            code,
            tests: BTreeSet::new(),
        };
        let name = "top".to_owned();
        vec![Member {
            name,
            folder: PathBuf::new(),
            roots: Vec::new(),
            arrows,
        }]
    }

    const TABLE: &str = "## Who may depend on whom\n\n| crate | code | tests |\n| --- | --- | --- |\n\
        | `top` | `a`, `b` | – |\n\n## More\n| `other` | | |\n";

    #[test]
    fn the_table_says_what_is_new_and_what_is_gone() {
        let table = table(TABLE).unwrap();
        assert_eq!(
            differences(&with(&["a", "b"]), &table),
            Vec::<String>::new()
        );
        assert_eq!(
            differences(&with(&["a", "b", "c"]), &table),
            ["new arrow: top -> c"]
        );
        let gone = "arrow that no longer exists: top -> b";
        assert_eq!(differences(&with(&["a"]), &table), [gone]);
    }

    #[test]
    fn what_is_drawn_is_what_is_read() {
        let members = with(&["a", "b"]);
        let drawn = format!("{HEADING}\n{}", draw(&members));
        assert_eq!(
            differences(&members, &table(&drawn).unwrap()),
            Vec::<String>::new()
        );
    }
}
