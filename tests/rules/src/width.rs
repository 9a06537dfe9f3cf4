//! One width for comments and documents; rustfmt keeps the code.

use crate::{comments::lines, files::File};

/// Columns that a line of prose may have.
pub const WIDTH: usize = 100;

/// Returns `path:line: columns` of each line of prose that is too wide. A line whose words cannot
/// be wrapped, since a link or path fills it, is left alone.
pub fn findings(file: &File) -> Vec<String> {
    let wide = lines(file)
        .into_iter()
        .filter(|line| is_too_wide(line.whole, line.prose));
    let report = |number, columns| format!("{}:{number}: {columns} columns", file.path);
    wide.map(|line| report(line.number, line.whole.chars().count()))
        .collect()
}

fn is_too_wide(whole: &str, prose: &str) -> bool {
    whole.chars().count() > WIDTH && !is_table(prose) && !is_link(prose)
}

/// A table within a doc comment.
fn is_table(prose: &str) -> bool {
    prose.starts_with('|')
}

/// A link cannot be broken: one that stands alone, as an item of a list or as a definition
/// (`[name]: target`), may be as long as it is.
fn is_link(prose: &str) -> bool {
    let prose = prose.trim_start_matches(['-', '*', '>', ' ']);
    let longest = prose
        .split_whitespace()
        .map(|word| word.chars().count())
        .max();
    let definition = prose.starts_with('[') && prose.contains("]: ");
    let alone = prose.starts_with("[") && prose.trim_end_matches(['.', ',', ';']).ends_with(')');
    definition || alone || longest.unwrap_or_default() > WIDTH - 20
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(path: &str, line: &str) -> bool {
        !findings(&File {
            path: path.into(),
            text: line.into(),
        })
        .is_empty()
    }

    #[test]
    fn a_hundred_columns_are_allowed_and_no_more() {
        let words = "word ".repeat(20);
        assert!(!finds("a.rs", &format!("// {}", &words[..97])));
        assert!(finds("a.rs", &format!("// {}", &words[..98])));
        assert!(finds("a.md", &"ü ".repeat(51)[..152]));
        assert!(!finds("a.md", &"ü ".repeat(50)));
    }

    #[test]
    fn code_tables_and_links_may_be_wider() {
        let words = "word ".repeat(30);
        assert!(!finds("a.rs", &format!("let a = \"{words}\";")));
        assert!(!finds("a.md", &format!("| {words} |")));
        assert!(!finds("a.rs", &format!("//! | {words} |")));
        assert!(!finds(
            "a.md",
            &format!("See https://example.org/{}", "a".repeat(90))
        ));
        assert!(!finds("a.md", &format!("- [{words}](https://example.org)")));
    }
}
