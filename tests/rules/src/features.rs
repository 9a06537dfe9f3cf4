//! The crate `clearproof-features`, which names all that a build of the whole workspace enables.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::crates::{FEATURES, array, packages, text};

/// Features by dependency.
type Wanted = BTreeMap<String, BTreeSet<String>>;

/// Returns a line for each dependency or feature that the crate lacks.
///
/// # Errors
/// Reports the messages of cargo if it fails.
pub fn missing() -> Result<Vec<String>, String> {
    let packages = packages()?;
    let hub = packages.iter().find(|package| package["name"] == FEATURES);
    let hub = hub.ok_or(format!("{FEATURES} is no member"))?;
    let mut has = Wanted::new();
    array(&hub["dependencies"])
        .iter()
        .for_each(|dependency| enable(&mut has, dependency));
    let mut lacks = Vec::new();
    for (name, features) in wanted(
        packages
            .iter()
            .filter(|package| package["name"] != FEATURES),
    ) {
        match has.get(&name) {
            None => lacks.push(format!("{name}: with the features {features:?}")),
            Some(has) if !features.is_subset(has) => {
                let lacking: Vec<_> = features.difference(has).collect();
                lacks.push(format!("{name}: the features {lacking:?}"));
            }
            Some(_) => {}
        }
    }
    Ok(lacks)
}

/// Members that are libraries bring what their code uses. What tests use must be named, and what
/// is used by members that are programs only, since nothing can depend on those.
fn wanted<'a>(packages: impl Iterator<Item = &'a Value> + Clone) -> Wanted {
    let names: BTreeSet<String> = packages
        .clone()
        .map(|package| text(&package["name"]))
        .collect();
    let mut wanted = Wanted::new();
    for package in packages {
        let is_library = array(&package["targets"]).iter().any(is_library);
        if is_library {
            let has_default = package["features"]["default"].is_array();
            let default = has_default.then(|| "default".to_owned());
            wanted
                .entry(text(&package["name"]))
                .or_default()
                .extend(default);
        }
        for dependency in array(&package["dependencies"]) {
            let is_test = dependency["kind"] == "dev";
            let is_code = dependency["kind"].is_null() && dependency["optional"] == false;
            let is_own = names.contains(&text(&dependency["name"]));
            if !is_own && (is_test || (is_code && !is_library)) {
                enable(&mut wanted, dependency);
            }
        }
    }
    wanted
}

fn is_library(target: &Value) -> bool {
    array(&target["kind"])
        .iter()
        .any(|kind| kind == "lib" || kind == "cdylib")
}

fn enable(features: &mut Wanted, dependency: &Value) {
    let entry = features.entry(text(&dependency["name"])).or_default();
    entry.extend(array(&dependency["features"]).iter().map(text));
}
