//! A member's settings: a TOML file, checked when it is read. `docs/feeds.md` describes it.

mod file;
mod values;

use super::{
    combine::BasisPoints,
    guard::MoveLimit,
    source::{
        Parameters, Place, Selection, Source, TimeUnit,
        csv::CsvSource,
        http::{AddressError, HttpSource, address},
    },
};
use clearproof_primitives::{chain::Feed, time::Millis};
use file::{FeedFile, File, SourceFile};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json_path::JsonPath;
use std::{collections::BTreeSet, fs, io::Read, path::Path, time::Duration};
use thiserror::Error;
use toml::Spanned;

/// Largest file that is read, bytes.
const MAX_FILE: u64 = 1 << 20;
/// Most sources of all feeds together; all of them are asked at once.
pub const MAX_SOURCES: usize = 256;
/// Most sources of one feed.
pub const MAX_SOURCES_OF_FEED: usize = 16;
/// Longest name of a source, bytes.
const MAX_NAME: usize = 64;
/// Time limit of a source without one in its settings, milliseconds.
const TIMEOUT_MS: i64 = 5_000;
/// Largest answer of a server without a limit in its settings, bytes.
const MAX_ANSWER: i64 = 1 << 20;
/// Largest CSV file without a limit in its settings, bytes.
const MAX_CSV: i64 = 16 << 20;
/// Number of rounds that must confirm a large move, if the settings do not name it.
const ROUNDS: i64 = 3;

/// The feeds of a member, and the interval of its rounds.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Time from the beginning of one round to that of the next.
    pub interval: Duration,
    /// The feeds; each occurs once.
    pub feeds: Vec<FeedSettings>,
}

/// A feed.
#[derive(Clone, Debug)]
pub struct FeedSettings {
    /// The feed's key on the chain.
    pub feed: Feed,
    /// The sources of its values.
    pub sources: Vec<Source>,
    /// Number of sources that must agree.
    pub min_sources: usize,
    /// Largest age of a source's value, milliseconds.
    pub max_source_age_ms: Millis,
    /// Largest distance of a source from the middle of all sources.
    pub max_spread: BasisPoints,
    /// Largest move of the level at once.
    pub limit: MoveLimit,
}

/// The reason that settings are refused.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The file is too large.
    #[error("more than {MAX_FILE} bytes")]
    Large,
    /// It is not TOML, or the tables are not settings of feeds.
    #[error("line {line}, `{text}`: {problem}")]
    Malformed {
        /// Line of the file, counting from 1.
        line: usize,
        /// Text of that line.
        text: String,
        /// The problem.
        problem: String,
    },
    /// A setting is out of its limits or does not fit the others.
    #[error("line {line}, {place}: {problem}")]
    Setting {
        /// Line of the file, counting from 1.
        line: usize,
        /// The feed, the source and the field.
        place: String,
        /// The problem, and the accepted values.
        problem: String,
    },
}

/// A place in the file.
#[derive(Clone, Copy)]
struct At<'a> {
    text: &'a str,
    offset: usize,
    place: &'a str,
}

impl At<'_> {
    fn refuse(&self, problem: impl Into<String>) -> ConfigError {
        ConfigError::Setting {
            line: line_of(self.text, self.offset),
            place: self.place.into(),
            problem: problem.into(),
        }
    }
}

/// Returns the line of a byte of a text, counting from 1.
fn line_of(text: &str, offset: usize) -> usize {
    let before = text.bytes().take(offset);
    1 + before.filter(|byte| *byte == b'\n').count()
}

impl Settings {
    /// Reads settings from a file, and secrets that they refer to from the environment.
    ///
    /// # Errors
    /// Names the line and the field of a refused setting.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let mut text = String::new();
        fs::File::open(path)?
            .take(MAX_FILE + 1)
            .read_to_string(&mut text)?;
        if text.len() as u64 > MAX_FILE {
            return Err(ConfigError::Large);
        }
        // Paths in the settings are relative to the folder of the file.
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, folder, |name| std::env::var(name).ok())
    }

    /// Reads settings from their text. Relative paths start at `folder`, and `variable` returns the
    /// values of environment variables.
    ///
    /// # Errors
    /// As [`Settings::read`].
    pub fn parse(
        text: &str,
        folder: &Path,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let file: File = toml::from_str(text).map_err(|error| malformed(text, &error))?;
        let reader = Reader {
            text,
            folder,
            variable,
            interval_ms: file.interval_ms.0,
            quote_decimals: file.quote_decimals.0 as i32,
        };
        let top = At {
            text,
            offset: 0,
            place: "feed",
        };
        let sources: usize = file
            .feeds
            .iter()
            .map(|feed| feed.as_ref().sources.len())
            .sum();
        if file.feeds.is_empty() || sources > MAX_SOURCES {
            return Err(top.refuse(format!(
                "{} feeds with {sources} sources: 1 feed at least, {MAX_SOURCES} sources at most",
                file.feeds.len()
            )));
        }
        let mut seen = BTreeSet::new();
        let mut feeds = Vec::new();
        for feed in file.feeds {
            let offset = feed.span().start;
            let settings = reader.feed(feed)?;
            if !seen.insert(settings.feed) {
                let place = settings.feed.to_string();
                let at = At {
                    text,
                    offset,
                    place: &place,
                };
                return Err(at.refuse("is named twice: put all its sources into one [[feed]]"));
            }
            feeds.push(settings);
        }
        Ok(Self {
            interval: Duration::from_millis(file.interval_ms.0 as u64),
            feeds,
        })
    }
}

fn malformed(text: &str, error: &toml::de::Error) -> ConfigError {
    let line = error.span().map_or(1, |span| line_of(text, span.start));
    let stands = text.lines().nth(line - 1).unwrap_or_default();
    ConfigError::Malformed {
        line,
        text: stands.trim().chars().take(80).collect(),
        problem: error.message().trim().replace('\n', ", "),
    }
}

/// Turns the file's tables into settings.
struct Reader<'a, V> {
    text: &'a str,
    folder: &'a Path,
    variable: V,
    interval_ms: i64,
    quote_decimals: i32,
}

impl<V: Fn(&str) -> Option<String>> Reader<'_, V> {
    fn feed(&self, table: Spanned<FeedFile>) -> Result<FeedSettings, ConfigError> {
        let offset = table.span().start;
        let file = table.into_inner();
        let feed = file.of;
        let place = feed.to_string();
        let at = At {
            text: self.text,
            offset,
            place: &place,
        };
        if feed == Feed::Asset(0) {
            return Err(at.refuse("asset 0 is the quote and has no feed"));
        }
        let (count, least) = (file.sources.len(), file.min_sources.0 as usize);
        if count > MAX_SOURCES_OF_FEED || least > count {
            return Err(at.refuse(format!(
                "source: {count} of them, must be min_sources = {least} at least and {MAX_SOURCES_OF_FEED} at most"
            )));
        }
        let mut names = BTreeSet::new();
        let mut sources = Vec::new();
        for source in file.sources {
            let offset = source.span().start;
            let source = self.source(&feed, &place, source)?;
            if !names.insert(source.name.clone()) {
                let at = At { offset, ..at };
                return Err(at.refuse(format!("two sources are named `{}`", source.name)));
            }
            sources.push(source);
        }
        Ok(FeedSettings {
            feed,
            sources,
            min_sources: least,
            max_source_age_ms: Millis::new(file.max_source_age_ms.0 as u64),
            max_spread: BasisPoints(file.max_spread_bps.0 as u32),
            limit: MoveLimit {
                max_move: BasisPoints(file.max_move_bps.0 as u32),
                rounds: file.confirm_rounds.map_or(ROUNDS, |rounds| rounds.0) as u32,
            },
        })
    }

    fn source(
        &self,
        feed: &Feed,
        feed_name: &str,
        table: Spanned<SourceFile>,
    ) -> Result<Source, ConfigError> {
        let offset = table.span().start;
        let file = table.into_inner();
        let place = format!("{feed_name}, source `{}`", file.name);
        let at = At {
            text: self.text,
            offset,
            place: &place,
        };
        let printable = file.name.chars().all(|c| !c.is_control());
        if file.name.is_empty() || file.name.len() > MAX_NAME || !printable {
            return Err(at.refuse(format!("name: 1 to {MAX_NAME} printable characters")));
        }
        let timeout = file
            .timeout_ms
            .map_or(TIMEOUT_MS.min(self.interval_ms), |timeout| timeout.0);
        if timeout > self.interval_ms {
            return Err(at.refuse(format!(
                "timeout_ms: {timeout}, must not be above interval_ms, {}",
                self.interval_ms
            )));
        }
        let place = match (&file.csv, &file.url) {
            (Some(path), None) => Place::Csv(self.csv(feed, at, path, &file)?),
            (None, Some(url)) => Place::Http(self.http(feed, at, url, &file)?),
            _ => return Err(at.refuse("must have either `csv`, a path, or `url`")),
        };
        Ok(Source {
            name: file.name,
            timeout: Duration::from_millis(timeout as u64),
            place,
        })
    }

    fn csv(
        &self,
        feed: &Feed,
        at: At<'_>,
        path: &Path,
        file: &SourceFile,
    ) -> Result<CsvSource, ConfigError> {
        if !file.headers_from_env.is_empty() {
            return Err(at.refuse("headers_from_env: only a `url` is sent headers"));
        }
        let time = file
            .time
            .as_ref()
            .ok_or_else(|| at.refuse("time: must name the column of the time"))?;
        let column = |text: &Spanned<String>, _: &str| Ok(text.as_ref().clone());
        Ok(CsvSource {
            path: self.folder.join(path),
            time: time.as_ref().clone(),
            unit: file.time_unit.unwrap_or_default(),
            value: self.selection(feed, at, file, column)?,
            max_bytes: file.max_bytes.map_or(MAX_CSV, |bytes| bytes.0) as u64,
        })
    }

    fn http(
        &self,
        feed: &Feed,
        at: At<'_>,
        url: &Spanned<String>,
        file: &SourceFile,
    ) -> Result<HttpSource, ConfigError> {
        let url_at = At {
            offset: url.span().start,
            ..at
        };
        let url = address(url.as_ref())
            .map_err(|error: AddressError| url_at.refuse(format!("url: {error}")))?;
        let path = |text: &Spanned<String>, field: &str| {
            let at = At {
                offset: text.span().start,
                ..at
            };
            let parsed = JsonPath::parse(text.as_ref());
            parsed.map_err(|error| {
                at.refuse(format!(
                    "{field}: `{}` is no path expression (RFC 9535): {error}",
                    text.as_ref()
                ))
            })
        };
        let time = match (&file.time, file.time_unit) {
            (Some(text), unit) => Some((path(text, "time")?, unit.unwrap_or_default())),
            (None, None) => None,
            (None, Some(_)) => {
                return Err(at.refuse("time_unit: there is no `time` that it could be of"));
            }
        };
        let mut headers = HeaderMap::new();
        for (header, variable) in &file.headers_from_env {
            let refuse =
                |problem: String| at.refuse(format!("headers_from_env: `{header}`: {problem}"));
            let header_name = HeaderName::try_from(header.as_str())
                .map_err(|_| refuse("is no name of a header".into()))?;
            let value = (self.variable)(variable)
                .ok_or_else(|| refuse(format!("the environment variable {variable} is not set")))?;
            // The value is a secret, so errors do not show it.
            let mut value = HeaderValue::try_from(value.trim()).map_err(|_| {
                refuse(format!(
                    "the environment variable {variable} holds what no header may"
                ))
            })?;
            value.set_sensitive(true);
            headers.insert(header_name, value);
        }
        Ok(HttpSource {
            url,
            headers,
            value: self.selection(feed, at, file, path)?,
            time,
            max_bytes: file.max_bytes.map_or(MAX_ANSWER, |bytes| bytes.0) as u64,
        })
    }

    /// Reads the parts that make the value: a curve for volatilities, a price for all other feeds.
    fn selection<T>(
        &self,
        feed: &Feed,
        at: At<'_>,
        file: &SourceFile,
        part: impl Fn(&Spanned<String>, &str) -> Result<T, ConfigError>,
    ) -> Result<Selection<T>, ConfigError> {
        match (feed, &file.value, &file.curve) {
            (Feed::Volatility(_), None, Some(parts)) => {
                if file.scale.is_some() {
                    return Err(at.refuse("scale: a curve has none"));
                }
                Ok(Selection::Curve(Box::new(Parameters {
                    a: part(&parts.a, "curve.a")?,
                    b: part(&parts.b, "curve.b")?,
                    rho: part(&parts.rho, "curve.rho")?,
                    m: part(&parts.m, "curve.m")?,
                    sigma: part(&parts.sigma, "curve.sigma")?,
                })))
            }
            (Feed::Volatility(_), ..) => {
                Err(at.refuse("must have `curve`, and no `value`: a volatility is a curve"))
            }
            (_, Some(from), None) => Ok(Selection::Price {
                from: part(from, "value")?,
                shift: self.quote_decimals + file.scale.map_or(0, |scale| scale.0) as i32,
            }),
            _ => Err(at.refuse("must have `value`, and no `curve`: only a volatility is a curve")),
        }
    }
}
