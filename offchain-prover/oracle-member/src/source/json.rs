//! Parts of a JSON document, chosen by path expressions (RFC 9535) and read exactly as they are
//! written.
//!
//! A parsed JSON number is a float, and a price must never be converted to one. So the expression
//! is evaluated on the parsed document, because filters need its values, and yields the location of
//! the part; the part's text is then cut from the document.

use serde_json::{Value, value::RawValue};
use serde_json_path::{JsonPath, NormalizedPath, PathElement};
use std::collections::HashMap;
use thiserror::Error;

/// The reason that a document does not yield a value.
#[derive(Debug, Error)]
pub enum JsonError {
    /// The document is not JSON, or has more than 128 levels.
    #[error("the answer is not JSON: {0}")]
    Malformed(#[from] serde_json::Error),
    /// The expression chooses no part, or several.
    #[error("{path}: chooses {count} parts of the answer, must choose one")]
    Count {
        /// The expression.
        path: String,
        /// Number of parts that it chooses.
        count: usize,
    },
    /// The part is neither number nor string.
    #[error("{path}: is {found}, must be a number or a string")]
    Kind {
        /// The expression.
        path: String,
        /// The kind of the part.
        found: &'static str,
    },
}

/// A parsed document and its text.
pub struct Document<'a> {
    text: &'a RawValue,
    value: Value,
}

impl<'a> Document<'a> {
    /// Parses a document.
    ///
    /// # Errors
    /// The bytes are not JSON.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, JsonError> {
        Ok(Self {
            text: serde_json::from_slice(bytes)?,
            value: serde_json::from_slice(bytes)?,
        })
    }

    /// Returns the number or string that the expression chooses: a number's characters as they are
    /// written, or a string's content.
    ///
    /// # Errors
    /// No part or several are chosen, or the part is neither number nor string.
    pub fn text(&self, path: &JsonPath) -> Result<String, JsonError> {
        let chosen = self.value_at(path)?;
        let found = match chosen.1 {
            Value::Number(_) => return Ok(cut(self.text, &chosen.0)?.get().to_string()),
            Value::String(text) => return Ok(text.clone()),
            Value::Null => "null",
            Value::Bool(_) => "a truth value",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        };
        Err(JsonError::Kind {
            path: path.to_string(),
            found,
        })
    }

    fn value_at(&self, path: &JsonPath) -> Result<(NormalizedPath<'_>, &Value), JsonError> {
        let mut chosen = path.query_located(&self.value).all();
        match (chosen.pop(), chosen.len()) {
            (Some(one), 0) => {
                let node = one.node();
                Ok((one.to_location(), node))
            }
            (last, others) => Err(JsonError::Count {
                path: path.to_string(),
                count: others + usize::from(last.is_some()),
            }),
        }
    }
}

/// Returns the text of the part at a location. Of equal names in an object the last one counts, as
/// in the parsed document.
fn cut<'a>(document: &'a RawValue, place: &NormalizedPath<'_>) -> Result<&'a RawValue, JsonError> {
    let gone = || {
        <serde_json::Error as serde::de::Error>::custom("the document reads differently in parts")
    };
    let mut part = document;
    for element in place.iter() {
        let inner = match element {
            PathElement::Name(name) => {
                let mut fields: HashMap<String, &'a RawValue> = serde_json::from_str(part.get())?;
                fields.remove(*name)
            }
            PathElement::Index(index) => {
                let items: Vec<&'a RawValue> = serde_json::from_str(part.get())?;
                items.get(*index).copied()
            }
        };
        part = inner.ok_or_else(gone)?;
    }
    Ok(part)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(document: &str, path: &str) -> Result<String, String> {
        let document = Document::parse(document.as_bytes()).map_err(|e| e.to_string())?;
        let path = JsonPath::parse(path).unwrap();
        document.text(&path).map_err(|e| e.to_string())
    }

    #[test]
    fn numbers_keep_every_digit() {
        let document =
            r#"{"a":[{"p": 1.10000000000000000001 },{"p":9007199254740993}],"s":"0.30","x":1E+2}"#;
        assert_eq!(
            read(document, "$.a[0].p").unwrap(),
            "1.10000000000000000001"
        );
        assert_eq!(read(document, "$.a[-1].p").unwrap(), "9007199254740993");
        assert_eq!(read(document, "$.s").unwrap(), "0.30");
        assert_eq!(read(document, "$['x']").unwrap(), "1E+2");
        assert_eq!(read(" 1.50 ", "$").unwrap(), "1.50");
    }

    #[test]
    fn filters_and_escaped_names_choose() {
        let document = r#"{"data":[{"symbol":"EUR","px":1.0800},{"symbol":"GBP","px":1.2700}],"a\"b":{"~/'":3}}"#;
        assert_eq!(
            read(document, "$.data[?@.symbol=='GBP'].px").unwrap(),
            "1.2700"
        );
        assert_eq!(read(document, "$.data[?@.px<1.1].px").unwrap(), "1.0800");
        assert_eq!(read(document, r#"$['a"b']["~/'"]"#).unwrap(), "3");
    }

    #[test]
    fn the_last_of_equal_names_counts_in_value_and_text() {
        assert_eq!(read(r#"{"p":1.00,"p":2.00}"#, "$.p").unwrap(), "2.00");
    }

    #[test]
    fn what_does_not_choose_one_number_is_refused() {
        let document = r#"{"a":[1,2],"o":{},"n":null,"t":true}"#;
        assert_eq!(
            read(document, "$.b").unwrap_err(),
            "$.b: chooses 0 parts of the answer, must choose one"
        );
        assert!(
            read(document, "$.a[*]")
                .unwrap_err()
                .contains("chooses 2 parts")
        );
        for (path, kind) in [
            ("$.a", "an array"),
            ("$.o", "an object"),
            ("$.n", "null"),
            ("$.t", "a truth value"),
        ] {
            assert!(read(document, path).unwrap_err().contains(kind), "{path}");
        }
    }

    #[test]
    fn what_is_not_json_is_refused() {
        let deep = "[".repeat(100_000);
        for bad in [
            "",
            "{",
            "{\"p\":1.2.3}",
            "{\"p\":NaN}",
            "[1] 2",
            "<html>",
            "{\"p\":01}",
            &deep,
        ] {
            let error = read(bad, "$.p").unwrap_err();
            assert!(error.starts_with("the answer is not JSON"), "{error}");
        }
        assert!(Document::parse(b"{\"p\":\"\xff\"}").is_err());
    }
}
