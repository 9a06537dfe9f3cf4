//! Subjects of commits: a sentence in the imperative, or `area: sentence`, below 72 characters.

/// Characters that a subject may not reach.
pub const LIMIT: usize = 72;

/// First words that say nothing of the change.
const EMPTY: [&str; 10] = [
    "wip",
    "fixup",
    "fixup!",
    "squash!",
    "lint",
    "lints",
    "format",
    "changelog",
    "clippy",
    "misc",
];

/// Verbs that end like another form of a verb.
const VERBS: [&str; 28] = [
    "access", "address", "bless", "bring", "bypass", "compress", "cross", "discuss", "dismiss",
    "embed", "exceed", "express", "feed", "focus", "guess", "kiss", "miss", "need", "pass",
    "possess", "press", "proceed", "process", "ring", "seed", "speed", "string", "succeed",
];

/// Words that begin a noun phrase.
const NOUNS: [&str; 14] = [
    "a", "all", "an", "each", "every", "it", "its", "no", "one", "our", "some", "that", "the",
    "this",
];

/// Returns a message for each rule that a subject breaks.
pub fn findings(subject: &str) -> Vec<String> {
    let mut found = Vec::new();
    let length = subject.chars().count();
    if length >= LIMIT {
        found.push(format!(
            "has {length} characters, must have fewer than {LIMIT}"
        ));
    }
    if subject.ends_with('.') {
        found.push("ends with a period".to_owned());
    }
    let sentence = match subject.split_once(": ") {
        Some((area, sentence)) if !area.contains(' ') => sentence,
        _ => subject,
    };
    let first = sentence.split_whitespace().next().unwrap_or_default();
    let word = first.trim_end_matches([',', ':']).to_lowercase();
    if EMPTY.contains(&word.as_str()) {
        found.push(format!("\"{first}\" does not say what changes"));
    } else if NOUNS.contains(&word.as_str()) || is_other_form(&word) {
        found.push(format!("\"{first}\" is not a verb in the imperative"));
    }
    found
}

/// True if a word ends as verbs do that are not in the imperative, or as plurals do.
fn is_other_form(word: &str) -> bool {
    let ends = ["s", "ed", "ing"]
        .into_iter()
        .any(|end| word.ends_with(end));
    ends && !VERBS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_in_the_imperative_pass() {
        let fine = [
            "Check widths",
            "operator: prove with registered keys",
            "Process it: slowly",
        ];
        assert!(fine.into_iter().all(|subject| findings(subject).is_empty()));
    }

    #[test]
    fn each_rule_refuses() {
        let long = format!("Check {}", "x".repeat(66));
        let refused = [
            long.as_str(),
            "Check it.",
            "wip",
            "Lints",
            "Checks it",
            "Checked it",
            "Checking it",
            "The checks",
            "pallets: checks it",
            "fixup! Check it",
        ];
        for subject in refused {
            assert_eq!(findings(subject).len(), 1, "{subject}");
        }
    }
}
