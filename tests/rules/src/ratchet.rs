//! Findings that are still allowed, by top-level folder. The numbers may only fall.

use std::{collections::BTreeMap, fs};

use crate::files::{beside_manifest, list};

/// The file beside this crate's manifest: lines `check folder count`.
pub const FILE: &str = "ratchet.txt";

const HEAD: &str = "\
# Findings of `scripts/lint.sh` that are still allowed: check, top-level folder, number.
# The numbers may only fall; `scripts/lint.sh ratchet` lowers them to what is left.
";

/// Numbers by check and folder.
pub type Counts = BTreeMap<(String, String), usize>;

/// Reads the allowed numbers.
///
/// # Errors
/// Names the file or the line that cannot be read.
pub fn allowed() -> Result<Counts, String> {
    list(FILE)?.iter().map(|line| parse(line)).collect()
}

fn parse(line: &str) -> Result<((String, String), usize), String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let malformed = || format!("{FILE}: not \"check folder number\": {line}");
    let [check, folder, count] = words[..] else {
        return Err(malformed());
    };
    let count = count.parse().map_err(|_| malformed())?;
    Ok(((check.to_owned(), folder.to_owned()), count))
}

/// Returns a message for each folder whose number differs from the allowed one.
pub fn compare(check: &str, counts: &Counts, allowed: &Counts) -> Vec<String> {
    let of = |counts: &Counts, key: &(String, String)| counts.get(key).copied().unwrap_or(0);
    let mut keys: Vec<_> = counts.keys().chain(allowed.keys()).collect();
    keys.sort();
    keys.dedup();
    let keys = keys.into_iter().filter(|(of_check, _)| of_check == check);
    let message = |key: &(String, String)| {
        let (now, limit) = (of(counts, key), of(allowed, key));
        let folder = &key.1;
        match now.cmp(&limit) {
            std::cmp::Ordering::Greater => Some(format!(
                "{check}: {folder} has {now} of these, {limit} are allowed"
            )),
            std::cmp::Ordering::Less => Some(format!(
                "{check}: {folder} has {now} of these, the list still allows {limit}: lower it"
            )),
            std::cmp::Ordering::Equal => None,
        }
    };
    keys.filter_map(message).collect()
}

/// Writes the numbers that are left, none above those that were allowed.
///
/// # Errors
/// Names the file if it cannot be written, or what would have to be raised.
pub fn lower(counts: &Counts) -> Result<(), String> {
    let allowed = allowed()?;
    let raised = |(key, count): &(&(String, String), &usize)| {
        **count > allowed.get(*key).copied().unwrap_or(0)
    };
    if let Some(((check, folder), count)) = counts.iter().find(raised) {
        return Err(format!(
            "{check}: {folder} has {count}, more than allowed: fix them first"
        ));
    }
    let line = |((check, folder), count): (&(String, String), &usize)| {
        format!("{check} {folder} {count}\n")
    };
    let text: String = counts
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(line)
        .collect();
    let path = beside_manifest(FILE);
    fs::write(&path, format!("{HEAD}{text}")).map_err(|e| format!("{}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(number: usize) -> Counts {
        Counts::from([(("width".to_owned(), "docs".to_owned()), number)])
    }

    #[test]
    fn numbers_may_neither_rise_nor_stay_above_what_is_left() {
        assert!(compare("width", &counts(3), &counts(3)).is_empty());
        assert!(compare("words", &counts(3), &counts(2)).is_empty());
        assert!(compare("width", &counts(3), &counts(2))[0].contains("2 are allowed"));
        assert!(compare("width", &counts(2), &counts(3))[0].contains("lower it"));
        assert!(compare("width", &Counts::new(), &counts(3))[0].contains("lower it"));
    }
}
