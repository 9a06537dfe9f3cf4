//! The sources of values: a row of a CSV file, or a part of an HTTP server's answer.

pub mod csv;
pub mod http;
pub mod json;

use self::{
    csv::{CsvError, CsvSource},
    http::{Fetcher, HttpError, HttpSource},
    json::JsonError,
};
use super::number::{self, NumberError};
use clearproof_client::clock::now_ms;
use clearproof_formats::time::time_of;
use clearproof_primitives::{
    chain::FeedValue,
    options::{SviCurve, SviError},
    time::Millis,
};
use std::time::Duration;
use thiserror::Error;
use tokio::{task, time};

/// Largest time by which a source's clock may be ahead of this machine's, milliseconds.
pub const CLOCK_TOLERANCE_MS: Millis = Millis::new(5_000);

/// The reason that a source is left out of a round.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The source took too long.
    #[error("no answer within {} ms, its timeout_ms", .0.as_millis())]
    Timeout(Duration),
    /// The server cannot be asked, or its answer is refused.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The answer does not contain the value.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The file does not contain the value.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// The text is not a number, or the number is out of its range.
    #[error("{field}: {error}")]
    Number {
        /// Column or path expression.
        field: String,
        /// The error.
        error: NumberError,
    },
    /// The text is not a time.
    #[error("{field}: `{text:.40}` is no time in the unit that time_unit says")]
    Time {
        /// Path expression.
        field: String,
        /// The text.
        text: String,
    },
    /// A curve that the chain would refuse.
    #[error("the curve is refused: {0}")]
    Curve(#[from] SviError),
    /// The value is too old.
    #[error("{age_ms} ms old, max_source_age_ms is {limit_ms}")]
    Stale {
        /// Age, milliseconds.
        age_ms: Millis,
        /// Largest age, milliseconds.
        limit_ms: Millis,
    },
    /// The value's time is in the future.
    #[error(
        "{ahead_ms} ms ahead of this machine's clock, at most {CLOCK_TOLERANCE_MS}: check both clocks"
    )]
    Future {
        /// Distance into the future, milliseconds.
        ahead_ms: Millis,
    },
    /// The source could not be read to the end.
    #[error("reading was cut off")]
    Cut,
}

/// The unit of a source's times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub enum TimeUnit {
    /// ISO 8601, in UTC if no zone is named; or whole seconds or milliseconds since the Unix epoch,
    /// which are distinguished by their size.
    #[default]
    #[serde(rename = "any")]
    Any,
    /// Seconds since the Unix epoch, with a fraction or without.
    #[serde(rename = "s")]
    Seconds,
    /// Milliseconds.
    #[serde(rename = "ms")]
    Milliseconds,
    /// Microseconds.
    #[serde(rename = "us")]
    Microseconds,
    /// Nanoseconds.
    #[serde(rename = "ns")]
    Nanoseconds,
}

impl TimeUnit {
    /// Returns a time in milliseconds since the Unix epoch.
    pub fn read(self, text: &str) -> Option<Millis> {
        let shift = match self {
            Self::Any => return time_of(text),
            Self::Seconds => 3,
            Self::Milliseconds => 0,
            Self::Microseconds => -3,
            Self::Nanoseconds => -6,
        };
        number::whole(text, shift).ok().map(Millis::new)
    }
}

/// The parts that make the value; a part is a column or a path expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection<T> {
    /// One number times a power of ten, in smallest quote units per whole unit.
    Price {
        /// The number.
        from: T,
        /// The power of ten.
        shift: i32,
    },
    /// The parameters of a raw SVI curve.
    Curve(Box<Parameters<T>>),
}

/// A part for each parameter of a raw SVI curve.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters<T> {
    /// Level of total variance.
    pub a: T,
    /// Slope of the wings.
    pub b: T,
    /// Rotation.
    pub rho: T,
    /// Translation.
    pub m: T,
    /// Smoothness at the vertex.
    pub sigma: T,
}

impl<T: ToString> Selection<T> {
    /// Reads the value from the text of each part. A curve is checked as on the chain.
    fn read(
        &self,
        text: impl Fn(&T) -> Result<String, SourceError>,
    ) -> Result<FeedValue, SourceError> {
        fn number<T: ToString, N>(
            field: &T,
            text: Result<String, SourceError>,
            read: impl Fn(&str) -> Result<N, NumberError>,
        ) -> Result<N, SourceError> {
            read(&text?).map_err(|error| SourceError::Number {
                field: field.to_string(),
                error,
            })
        }
        let signed = |field| number(field, text(field), number::parameter);
        let unsigned = |field| number(field, text(field), number::magnitude);
        match self {
            Self::Price { from, shift } => {
                let price = number(from, text(from), |text| number::price(text, *shift))?;
                Ok(FeedValue::Price(price))
            }
            Self::Curve(parts) => {
                let curve = SviCurve {
                    a: signed(&parts.a)?,
                    b: unsigned(&parts.b)?,
                    rho: signed(&parts.rho)?,
                    m: signed(&parts.m)?,
                    sigma: unsigned(&parts.sigma)?,
                };
                curve.check()?;
                Ok(FeedValue::Curve(curve))
            }
        }
    }
}

/// A source of a feed.
#[derive(Clone, Debug)]
pub struct Source {
    /// Name of the source in logs.
    pub name: String,
    /// Time limit of the source.
    pub timeout: Duration,
    /// Place of the source.
    pub place: Place,
}

/// The place of a source.
#[derive(Clone, Debug)]
pub enum Place {
    /// A file.
    Csv(CsvSource),
    /// A server.
    Http(HttpSource),
}

impl Source {
    /// Asks the source once. A server's answer without a time counts as fresh.
    ///
    /// # Errors
    /// The source does not answer in time, or its value is not valid or is more than `max_age_ms`
    /// old.
    pub async fn read(
        &self,
        fetcher: &Fetcher,
        max_age_ms: Millis,
    ) -> Result<FeedValue, SourceError> {
        let work = async {
            match &self.place {
                Place::Csv(file) => {
                    let file = file.clone();
                    let read = task::spawn_blocking(move || file.read(now_ms())).await;
                    read.unwrap_or(Err(SourceError::Cut))
                        .map(|(value, time)| (value, Some(time)))
                }
                Place::Http(server) => server.read(fetcher).await,
            }
        };
        let (value, stamp) = time::timeout(self.timeout, work)
            .await
            .unwrap_or(Err(SourceError::Timeout(self.timeout)))?;
        if let Some(stamp) = stamp {
            fresh(stamp, now_ms(), max_age_ms)?;
        }
        Ok(value)
    }
}

/// Checks the time of a source's value.
fn fresh(stamp: Millis, now: Millis, limit_ms: Millis) -> Result<(), SourceError> {
    let (age_ms, ahead_ms) = (now.saturating_sub(stamp), stamp.saturating_sub(now));
    if age_ms > limit_ms {
        return Err(SourceError::Stale { age_ms, limit_ms });
    }
    if ahead_ms > CLOCK_TOLERANCE_MS {
        return Err(SourceError::Future { ahead_ms });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn times_are_read_in_their_unit() {
        let wanted = Some(Millis::new(1_700_000_000_123));
        assert_eq!(TimeUnit::Seconds.read("1700000000.1239"), wanted);
        assert_eq!(TimeUnit::Milliseconds.read("1700000000123"), wanted);
        assert_eq!(TimeUnit::Microseconds.read("1700000000123999"), wanted);
        assert_eq!(TimeUnit::Nanoseconds.read("1.700000000123e18"), wanted);
        assert_eq!(TimeUnit::Any.read("2023-11-14T22:13:20.123Z"), wanted);
        assert_eq!(TimeUnit::Any.read("1700000000123"), wanted);
        assert_eq!(TimeUnit::Seconds.read("2023-11-14"), None);
        assert_eq!(TimeUnit::Seconds.read("-1"), None);
    }

    #[test]
    fn old_and_future_values_are_refused_by_name() {
        let fresh = |stamp, now, limit| {
            let [stamp, now, limit] = [stamp, now, limit].map(Millis::new);
            fresh(stamp, now, limit)
        };
        assert!(fresh(1_000, 61_000, 60_000).is_ok());
        assert!(matches!(
            fresh(999, 61_000, 60_000),
            Err(SourceError::Stale { age_ms, .. }) if age_ms.get() == 60_001
        ));
        assert!(fresh(6_000, 1_000, 0).is_ok());
        assert!(matches!(
            fresh(6_001, 1_000, 0),
            Err(SourceError::Future { ahead_ms }) if ahead_ms.get() == 5_001
        ));
    }

    #[test]
    fn unsound_curves_are_refused_by_name() {
        let parts = ["a", "b", "rho", "m", "sigma"].map(str::to_string);
        let [a, b, rho, m, sigma] = parts;
        let selection = Selection::Curve(Box::new(Parameters {
            a,
            b,
            rho,
            m,
            sigma,
        }));
        let read = |values: [&str; 5]| {
            let names = ["a", "b", "rho", "m", "sigma"];
            let text = |name: &String| {
                let place = names.iter().position(|n| n == name).unwrap();
                Ok(values[place].to_string())
            };
            selection.read(text).map_err(|error| error.to_string())
        };
        assert!(matches!(
            read(["0.04", "0.1", "-0.4", "0", "0.1"]),
            Ok(FeedValue::Curve(_))
        ));
        let refused = |values, reason: &str| {
            let error = read(values).unwrap_err();
            assert!(error.contains(reason), "{error}");
        };
        refused(["0.04", "-0.1", "0", "0", "0.1"], "b: -0.1 is negative");
        refused(["0.04", "0.1", "1", "0", "0.1"], "rho: must lie within");
        refused(["0.04", "0.1", "0", "0", "0"], "sigma: must lie within");
        refused(["0.04", "1.9", "0.9", "0", "0.1"], "b (1 + |rho|)");
        refused(["-1", "0.1", "0", "0", "0.1"], "least total variance");
        refused(["0.0001", "0.9", "0.9", "0.3", "0.002"], "butterfly");
        refused(["0.04", "x", "0", "0", "0.1"], "b: `x` is not a decimal");
    }
}
