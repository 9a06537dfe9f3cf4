//! Checks of prose and history for `scripts/lint.sh`.
//!
//! `width`, `words` and `ratchet` read files; `subjects BASE DATE` reads commits after a base;
//! `arrows` prints the rows of the table in `docs/layout.md`. Findings go to standard output, and
//! the exit status is 1 if there are any that are not allowed.

use std::{env, process::ExitCode};

use clearproof_rules::{
    crates,
    files::{self, File},
    ratchet::{self, Counts},
    subjects, width,
    words::{self, Word},
};

type Findings = Vec<(String, String)>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        ["width"] => limited("width"),
        ["words"] => limited("words"),
        ["subjects", base, date] => commits(base, date),
        ["ratchet"] => lower().map(|()| true),
        ["arrows"] => crates::members().map(|members| print(&crates::draw(&members))),
        _ => Err("use: width, words, subjects BASE DATE, ratchet, arrows".to_owned()),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn print(text: &str) -> bool {
    println!("{text}");
    true
}

/// Returns the findings of a check, each with its folder.
fn findings(check: &str, files: &[File], words: &[Word]) -> Findings {
    let of = |file: &File| match check {
        "width" => width::findings(file),
        _ => words::findings(file, words),
    };
    let with_folder = |file: &File| {
        let folder = file.folder().to_owned();
        of(file)
            .into_iter()
            .map(move |finding| (folder.clone(), finding))
            .collect::<Findings>()
    };
    files.iter().flat_map(with_folder).collect()
}

fn count(check: &str, findings: &Findings) -> Counts {
    let mut counts = Counts::new();
    for (folder, _) in findings {
        *counts
            .entry((check.to_owned(), folder.clone()))
            .or_default() += 1;
    }
    counts
}

fn read() -> Result<(Vec<File>, Vec<Word>), String> {
    let kinds = [
        "rs",
        "md",
        "toml",
        "sh",
        "yml",
        "yaml",
        "Makefile",
        "Dockerfile",
    ];
    let is_read = |path: &str| kinds.contains(&path.rsplit(['.', '/']).next().unwrap_or(path));
    Ok((
        files::read(is_read),
        words::parse(&files::list("words.txt")?)?,
    ))
}

/// Runs a check whose findings are limited by number. Prints all of a folder with too many.
fn limited(check: &str) -> Result<bool, String> {
    let (files, words) = read()?;
    let found = findings(check, &files, &words);
    let messages = ratchet::compare(check, &count(check, &found), &ratchet::allowed()?);
    for (folder, finding) in &found {
        let concerns = |message: &&String| message.starts_with(&format!("{check}: {folder} has "));
        if messages
            .iter()
            .filter(concerns)
            .any(|message| message.ends_with("are allowed"))
        {
            println!("{finding}");
        }
    }
    messages.iter().for_each(|message| println!("{message}"));
    Ok(messages.is_empty())
}

fn lower() -> Result<(), String> {
    let (files, words) = read()?;
    let mut counts = Counts::new();
    for check in ["width", "words"] {
        counts.extend(count(check, &findings(check, &files, &words)));
    }
    ratchet::lower(&counts)
}

/// Checks the subjects of commits after `base`. Where a shallow clone lacks it, those since `date`.
fn commits(base: &str, date: &str) -> Result<bool, String> {
    let has_base = files::git(&["merge-base", "--is-ancestor", base, "HEAD"]).is_ok();
    let range = if has_base {
        format!("{base}..HEAD")
    } else {
        "HEAD".to_owned()
    };
    let since = format!("--since={date}");
    let log = files::git(&["log", "--no-merges", "--format=%h %s", &since, &range])?;
    let mut is_fine = true;
    for (hash, subject) in log.lines().filter_map(|line| line.split_once(' ')) {
        for finding in subjects::findings(subject) {
            println!("{hash} {subject}: {finding}");
            is_fine = false;
        }
    }
    Ok(is_fine)
}
