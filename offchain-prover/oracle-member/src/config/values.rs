//! Single values of the settings' file, checked where they stand so that errors know their line.

use clearproof_formats::time::time_of;
use clearproof_primitives::{
    chain::{Expiry, Feed},
    time::Millis,
};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::fmt;
use toml::value::Datetime;

/// A whole number within bounds, both included.
#[derive(Clone, Copy)]
pub(super) struct Within<const LEAST: i64, const MOST: i64>(pub i64);

impl<'de, const LEAST: i64, const MOST: i64> Deserialize<'de> for Within<LEAST, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(deserializer)?;
        if (LEAST..=MOST).contains(&number) {
            Ok(Self(number))
        } else {
            Err(D::Error::custom(format!(
                "{number} is out of bounds, must be {LEAST} to {MOST}"
            )))
        }
    }
}

/// A moment: a TOML date and time, the same in quotes, or milliseconds since the Unix epoch.
struct Moment(Millis);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Moment;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a time such as 2027-03-26T08:00:00Z, or milliseconds since the Unix epoch",
                )
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Moment, E> {
                u64::try_from(number)
                    .map(|time| Moment(Millis::new(time)))
                    .map_err(|_| E::custom(format!("{number} is before 1970")))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Moment, E> {
                let time = time_of(text).map(Moment);
                time.ok_or_else(|| {
                    E::custom(format!("`{text}` is no time such as 2027-03-26T08:00:00Z"))
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Moment, A::Error> {
                let time = Datetime::deserialize(MapAccessDeserializer::new(map))?;
                self.visit_str(&time.to_string())
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

/// An expiry as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpiryFile {
    underlying: u16,
    expiry: Moment,
}

/// A feed as it is written, such as `{ forward = { underlying = 0, expiry = 2027-03-26T08:00:00Z }
/// }`.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum FeedName {
    Underlying(u16),
    Asset(u8),
    Forward(ExpiryFile),
    Volatility(ExpiryFile),
}

/// The key of a feed on the chain.
pub(super) fn feed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Feed, D::Error> {
    let expiry = |ExpiryFile { underlying, expiry }| Expiry {
        underlying,
        time: expiry.0,
    };
    Ok(match FeedName::deserialize(deserializer)? {
        FeedName::Underlying(underlying) => Feed::Underlying(underlying),
        FeedName::Asset(asset) => Feed::Asset(asset),
        FeedName::Forward(at) => Feed::Forward(expiry(at)),
        FeedName::Volatility(at) => Feed::Volatility(expiry(at)),
    })
}
