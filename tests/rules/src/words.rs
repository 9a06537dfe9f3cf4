//! Words and turns that comments and documents avoid, with the usual ones.

use crate::{
    comments::{Line, lines},
    files::File,
};

/// First words of a doc comment that say what kind of thing follows, not what it is.
const OPENINGS: [&str; 7] = ["What", "Whoever", "Whether", "Whose", "How", "Where", "Why"];

/// A forbidden turn and what to write instead.
pub struct Word {
    /// The turn, in lower case.
    pub turn: String,
    /// The usual words.
    pub instead: String,
}

/// Returns the words of a list whose lines read `turn: instead`.
///
/// # Errors
/// Names a line without a colon.
pub fn parse(list: &[String]) -> Result<Vec<Word>, String> {
    let word = |line: &String| {
        let (turn, instead) = line.split_once(':').ok_or(format!("no colon in: {line}"))?;
        Ok(Word {
            turn: turn.trim().to_lowercase(),
            instead: instead.trim().to_owned(),
        })
    };
    list.iter().map(word).collect()
}

/// Returns `path:line: "turn": instead` of each forbidden turn in the prose of a file.
pub fn findings(file: &File, words: &[Word]) -> Vec<String> {
    let mut found = Vec::new();
    for line in lines(file) {
        let report = |turn: &str, instead: &str| {
            format!("{}:{}: \"{turn}\": {instead}", file.path, line.number)
        };
        if let Some(opening) = opening(&line) {
            found.push(report(
                opening,
                "begin with what it is: \"Returns …\", \"True if …\"",
            ));
        }
        let prose = without_code(line.prose);
        let used = words.iter().filter(|word| contains(&prose, &word.turn));
        found.extend(used.map(|word| report(&word.turn, &word.instead)));
    }
    found
}

fn opening(line: &Line<'_>) -> Option<&'static str> {
    let first = line.prose.split(|c: char| !c.is_alphanumeric()).next()?;
    OPENINGS
        .into_iter()
        .find(|opening| line.begins_doc && *opening == first)
}

/// Returns the text in lower case, with nothing in place of code between backticks.
fn without_code(prose: &str) -> String {
    let parts = prose.split('`').enumerate();
    let text: Vec<&str> = parts
        .filter(|(index, _)| index % 2 == 0)
        .map(|(_, part)| part)
        .collect();
    text.join("` `").to_lowercase()
}

/// True if the turn stands in the text as whole words.
fn contains(text: &str, turn: &str) -> bool {
    let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(turn).any(|(place, found)| {
        let before = text[..place].chars().next_back();
        let after = text[place + found.len()..].chars().next();
        !is_letter(before) && !is_letter(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        let words = parse(&["dear: expensive".into(), "so many: name it".into()]).unwrap();
        findings(
            &File {
                path: "a.rs".into(),
                text: text.into(),
            },
            &words,
        )
        .len()
    }

    #[test]
    fn openings_count_at_the_beginning_of_a_doc_comment_only() {
        assert_eq!(found("/// What a step adds.\n"), 1);
        assert_eq!(found("/// Whatever a step adds.\n"), 0);
        assert_eq!(found("/// A step adds.\n/// What it adds is small.\n"), 0);
        assert_eq!(found("// What a step adds.\n"), 0);
    }

    #[test]
    fn turns_are_found_as_whole_words_outside_code() {
        assert_eq!(found("// So many words are dear.\n"), 2);
        assert_eq!(found("// Endearing, or `dear`.\n"), 0);
        assert_eq!(found("let dear = 1;\n"), 0);
    }
}
