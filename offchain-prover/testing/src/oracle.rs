//! The oracle's members of the demonstration. They feed the replayed price, and fixed prices for
//! all other markets.

use anyhow::{Context, Result, anyhow};
use clearproof_client::{
    chain::{Chain, calls},
    clock::now_ms,
};
use clearproof_primitives::{
    chain::{Expiry, Feed, FeedValue, Instrument},
    fixed::{FRACTION_BITS, IndexPrice},
    options::{DAY_MS, SviCurve, svi::arbitrage::MIN_VARIANCE},
    time::Millis,
};
use futures::future::try_join_all;
use std::time::Duration;
use subxt_signer::sr25519::{Keypair, dev};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};

/// Fixed prices of the development chain's markets, in millionths of the quote. The replayed market
/// has none while it is replayed.
const FIXED: [(&str, u64); 4] = [
    ("EUR/USD", 1_080_000),
    ("BTC/USD", 60_000_000_000),
    ("ETH/USD", 3_000_000_000),
    ("GBP/USD", 1_270_000),
];
/// The development chain's collateral other than the quote, and the market whose price values it.
const COLLATERAL: [(u8, &str); 3] = [(1, "BTC/USD"), (2, "ETH/USD"), (3, "EUR/USD")];
/// Interval at which the members feed: several times per snapshot.
const INTERVAL: Duration = Duration::from_secs(9);
/// Number of failures in a row after which feeding ends.
const MAX_FAILURES: u32 = 5;
/// Volatility per year that the members feed, in hundredths: 12 %, about that of EUR/USD.
const VOLATILITY: u64 = 12;

/// Returns the smile that the members feed at `now`: flat near the forward; its total variance
/// falls to zero as the expiry comes nearer.
pub fn smile(expiry: &Expiry, now: Millis) -> SviCurve {
    let left = expiry.time.saturating_sub(now).get().max(1);
    let yearly = VOLATILITY * VOLATILITY;
    // w = 0.0144·T with 48 fraction bits; below 2^48 for the days that a demonstration lasts. The
    // lower bound, about one second's worth, keeps the curve's least variance above the minimum
    // after a sixteenth is subtracted below.
    let variance =
        (u128::from(yearly) << 48) * u128::from(left) / u128::from(365 * DAY_MS.get() * 10_000);
    let variance = u64::try_from(variance)
        .unwrap_or(u64::MAX >> 16)
        .max(2 * MIN_VARIANCE.unsigned_abs());
    SviCurve {
        a: (variance - variance / 16) as i64,
        b: variance / 8,
        rho: 0,
        m: 0,
        sigma: 1 << 47,
    }
}

/// The feeds, and the values that the members feed.
#[derive(Clone, Debug)]
pub struct Feeds {
    /// Fixed prices.
    fixed: Vec<(Feed, IndexPrice)>,
    /// Feeds of the replayed price.
    replayed: Vec<Feed>,
    /// Expiry of options on the replayed underlying, if there are any.
    expiry: Option<Expiry>,
}

impl Feeds {
    /// Returns the feeds that the chain's listed instruments need; `symbol` is the replayed one.
    ///
    /// # Errors
    /// The price of an instrument is unknown.
    pub fn new(instruments: &[Instrument], symbol: &[u8]) -> Result<Self> {
        let mut feeds = Self {
            fixed: Vec::new(),
            replayed: Vec::new(),
            expiry: None,
        };
        let underlyings = instruments.iter().map(|i| {
            let name = i.listing.symbol.as_slice();
            (Feed::Underlying(i.listing.underlying), name)
        });
        let collateral = COLLATERAL.map(|(asset, name)| (Feed::Asset(asset), name.as_bytes()));
        for (feed, name) in underlyings.chain(collateral) {
            if name == symbol {
                feeds.replayed.push(feed);
                continue;
            }
            let price = FIXED.iter().find(|(known, _)| known.as_bytes() == name);
            let (_, price) = price.with_context(|| {
                let name = String::from_utf8_lossy(name);
                format!("instrument {name}: not one of the development chain's")
            })?;
            feeds
                .fixed
                .push((feed, u128::from(*price) << FRACTION_BITS));
        }
        Ok(feeds)
    }

    /// Feeds the forward and the smile of an expiry as well, until the expiry. The forward is the
    /// replayed price.
    #[must_use]
    pub fn with_options(mut self, expiry: Expiry) -> Self {
        self.expiry = Some(expiry);
        self
    }

    fn values(&self, price: IndexPrice, now: Millis) -> Vec<(Feed, FeedValue)> {
        let replayed = self.replayed.iter().map(|feed| (*feed, price));
        let prices = self.fixed.iter().copied().chain(replayed);
        let prices = prices.map(|(feed, price)| (feed, FeedValue::Price(price)));
        let ahead = self.expiry.filter(|expiry| expiry.time > now);
        let options = ahead.map(|expiry| {
            let curve = smile(&expiry, now);
            [
                (Feed::Forward(expiry), FeedValue::Price(price)),
                (Feed::Volatility(expiry), FeedValue::Curve(curve)),
            ]
        });
        prices.chain(options.into_iter().flatten()).collect()
    }

    /// Feeds the latest price at each interval. Ends only with an error, after several failures in
    /// a row.
    pub async fn keep_feeding(
        self,
        chain: Chain,
        price: watch::Receiver<IndexPrice>,
    ) -> anyhow::Error {
        let members: [Keypair; 3] = [dev::alice(), dev::bob(), dev::charlie()];
        let mut auctions = interval(INTERVAL);
        auctions.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failures = 0;
        loop {
            auctions.tick().await;
            let call = calls::feed_values(&self.values(*price.borrow(), now_ms()));
            match try_join_all(members.iter().map(|member| chain.submit(member, &call))).await {
                Ok(_) => failures = 0,
                Err(error) => {
                    failures += 1;
                    tracing::warn!(%error, failures, "feeding prices");
                    if failures == MAX_FAILURES {
                        return anyhow!(error).context("the oracle's members cannot feed prices");
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clearproof_primitives::{
        chain::{InstrumentKind, Listing},
        fixed::ONE,
        ids::Slot,
        rows::Smile,
    };

    fn instrument(underlying: u16, symbol: &str) -> Instrument {
        Instrument {
            listing: Listing {
                slot: Slot::new(underlying * 8),
                underlying,
                kind: InstrumentKind::Perpetual,
                symbol: symbol.as_bytes().to_vec().try_into().unwrap(),
                units_per_lot: ONE,
            },
            halted: false,
        }
    }

    #[test]
    fn every_market_has_a_price_and_the_replayed_one_the_replayed_price() {
        let listed = [instrument(0, "EUR/USD"), instrument(1, "BTC/USD")];
        let expiry = Expiry {
            underlying: 0,
            time: Millis::new(1_000),
        };
        let feeds = Feeds::new(&listed, b"EUR/USD")
            .unwrap()
            .with_options(expiry);
        let values = feeds.values(7, Millis::new(1_000));
        let price = |feed| values.iter().find(|(f, _)| *f == feed).map(|(_, p)| *p);
        assert_eq!(price(Feed::Underlying(0)), Some(FeedValue::Price(7)));
        assert_eq!(price(Feed::Asset(3)), Some(FeedValue::Price(7)));
        assert_eq!(price(Feed::Underlying(1)), price(Feed::Asset(1)));
        assert_eq!(values.len(), 5, "what has expired is not fed");
        assert_eq!(feeds.values(7, Millis::new(999)).len(), 7);
        assert!(Feeds::new(&[instrument(0, "X/Y")], b"EUR/USD").is_err());
    }

    #[test]
    fn the_smile_keeps_its_volatility_until_the_last_second() {
        let expiry = Expiry {
            underlying: 0,
            time: Millis::new(1_700_000_150_000),
        };
        for left in [1_000, 20_000, 150_000, 86_400_000] {
            let fed_at = expiry.time - Millis::new(left);
            let curve = smile(&expiry, fed_at);
            assert_eq!(curve.check(), Ok(()), "{left}");
            let smile = Smile { curve, fed_at };
            let level = smile.at_forward(expiry.time).unwrap_or(0);
            let hundredths = level * 100 / ONE;
            assert!((11..=12).contains(&hundredths), "{left}: {hundredths}");
        }
    }
}
