//! Reads one JSON object per line and writes one per line: an answer, or `{"error": …}` with the
//! mistake to fix.

use serde::{Serialize, de::DeserializeOwned};
use std::io::{self, BufRead, Read, Write};

/// Longest line that is read, in bytes.
pub const MAX_LINE: u64 = 1 << 20;

/// The answer to a line.
#[derive(Serialize)]
#[serde(untagged)]
enum Answer<T> {
    Answer(T),
    Error { error: String },
}

fn answer<Q: DeserializeOwned, A>(
    line: &[u8],
    work: &impl Fn(Q) -> Result<A, String>,
) -> Result<A, String> {
    let mut json = serde_json::Deserializer::from_slice(line);
    let question = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        match path.as_str() {
            "." => inner.to_string(),
            _ => format!("{path}: {inner}"),
        }
    })?;
    json.end().map_err(|error| error.to_string())?;
    work(question)
}

/// Answers every line that is not empty. Ends with the input, or with an error of reading or
/// writing. A line that cannot be answered gets an error, and the next one is read.
pub fn each<Q: DeserializeOwned, A: Serialize>(
    mut input: impl BufRead,
    mut output: impl Write,
    work: impl Fn(Q) -> Result<A, String>,
) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = input
            .by_ref()
            .take(MAX_LINE + 1)
            .read_until(b'\n', &mut line)?;
        if read == 0 {
            return output.flush();
        }
        if line.len() as u64 > MAX_LINE {
            let message = format!("line: longer than {MAX_LINE} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let answer = match answer(&line, &work) {
            Ok(answer) => Answer::Answer(answer),
            Err(error) => Answer::Error { error },
        };
        serde_json::to_writer(&mut output, &answer)?;
        output.write_all(b"\n")?;
        // A program that sends one line at a time waits for each answer.
        output.flush()?;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_line_has_its_answer_and_a_bad_one_ends_nothing() {
        let mut output = Vec::new();
        let input = b"3\n\n\"x\"\n4 5\n70\n";
        each(&input[..], &mut output, |n: u8| {
            n.checked_mul(4).ok_or_else(|| "too large".into())
        })
        .unwrap();
        let text = String::from_utf8(output).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[0], "12");
        assert!(lines[1].starts_with("{\"error\":"));
        assert!(lines[2].contains("trailing"));
        assert_eq!(lines[3], "{\"error\":\"too large\"}");
    }

    #[test]
    fn a_line_without_end_is_not_read_for_ever() {
        let input = io::repeat(b'1');
        let result = each(io::BufReader::new(input), io::sink(), |n: u8| Ok(n));
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
