//! The prose of a file: comments of code and settings, paragraphs of documents.

use crate::files::File;

/// A line that holds prose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Number in the file, from 1.
    pub number: usize,
    /// The whole line.
    pub whole: &'a str,
    /// The prose in it, without the marker of a comment.
    pub prose: &'a str,
    /// True if a doc comment begins on this line.
    pub begins_doc: bool,
}

/// Returns the lines of a file that hold prose. Files of unknown kinds hold none.
pub fn lines(file: &File) -> Vec<Line<'_>> {
    let name = file.path.rsplit('/').next().unwrap_or_default();
    match name.rsplit_once('.').map_or(name, |(_, end)| end) {
        "rs" => rust(&file.text),
        "md" => markdown(&file.text),
        "toml" | "sh" | "yml" | "yaml" | "Makefile" | "Dockerfile" => hashes(&file.text),
        _ => Vec::new(),
    }
}

/// Comments of Rust, those behind code included.
fn rust(text: &str) -> Vec<Line<'_>> {
    let (mut found, mut within_doc) = (Vec::new(), false);
    for (number, whole) in numbered(text) {
        let comment = comment_of(whole);
        let is_doc = comment.is_some_and(|c| c.starts_with("///") || c.starts_with("//!"));
        if let Some(comment) = comment {
            let prose = comment.trim_start_matches(['/', '!']).trim();
            found.push(Line {
                number,
                whole,
                prose,
                begins_doc: is_doc && !within_doc,
            });
        }
        within_doc = is_doc;
    }
    found
}

/// Returns what stands behind `//` outside a string, with the marker. A string of several lines
/// is not followed: a line of it that looks like a comment counts as one.
fn comment_of(line: &str) -> Option<&str> {
    let (mut quoted, mut escaped, mut before) = (false, false, ' ');
    for (place, character) in line.char_indices() {
        match character {
            '"' if !escaped && before != '\'' => quoted = !quoted,
            '/' if !quoted && line[place..].starts_with("//") => return Some(&line[place..]),
            _ => {}
        }
        escaped = character == '\\' && !escaped;
        before = character;
    }
    None
}

/// Comments that fill a line and begin with `#`, as in settings and scripts.
fn hashes(text: &str) -> Vec<Line<'_>> {
    let comments = numbered(text).filter(|(_, line)| line.trim_start().starts_with('#'));
    let line = |(number, whole): (usize, _)| Line {
        number,
        whole,
        prose: str::trim_start_matches(whole, [' ', '#']),
        begins_doc: false,
    };
    comments.map(line).collect()
}

/// Paragraphs, headings and lists: neither code nor tables.
fn markdown(text: &str) -> Vec<Line<'_>> {
    let (mut found, mut fence) = (Vec::new(), None);
    for (number, whole) in numbered(text) {
        let prose = whole.trim();
        let marker = ["```", "~~~"]
            .into_iter()
            .find(|marker| prose.starts_with(marker));
        match fence {
            Some(open) if marker == Some(open) => fence = None,
            Some(_) => {}
            None if marker.is_some() => fence = marker,
            None if prose.starts_with('|') => {}
            None => found.push(Line {
                number,
                whole,
                prose,
                begins_doc: false,
            }),
        }
    }
    found
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str, text: &str) -> Vec<(usize, String, bool)> {
        let file = File {
            path: path.into(),
            text: text.into(),
        };
        lines(&file)
            .iter()
            .map(|l| (l.number, l.prose.to_owned(), l.begins_doc))
            .collect()
    }

    #[test]
    fn comments_of_rust_are_found_and_strings_are_not_comments() {
        let text = "//! Crate.\n\nlet url = \"http://x\"; // A place.\nlet c = '\"'; // Quote.\n";
        let found = of("a.rs", text);
        let expected = [
            (1, "Crate.", true),
            (3, "A place.", false),
            (4, "Quote.", false),
        ];
        assert_eq!(found, expected.map(|(n, p, d)| (n, p.to_owned(), d)));
    }

    #[test]
    fn only_the_first_line_of_a_doc_comment_begins_it() {
        let found = of(
            "a.rs",
            "/// One.\n/// Two.\nfn a() {}\n/// Three.\n// Four.\n",
        );
        let begins: Vec<bool> = found.iter().map(|line| line.2).collect();
        assert_eq!(begins, [true, false, true, false]);
    }

    #[test]
    fn code_and_tables_of_documents_are_no_prose() {
        let text = "Text.\n```rust\nlet a = 1;\n~~~\n```\n| a | b |\n- An item.\n";
        let found = of("a.md", text);
        assert_eq!(found.iter().map(|line| line.0).collect::<Vec<_>>(), [1, 7]);
    }
}
