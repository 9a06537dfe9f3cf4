//! The options of the demonstration: a call and a put on the replayed underlying, listed while the
//! chain runs, traded, and settled at their expiry.

use super::{
    report::Report,
    role::{MAX_STEPS, Role},
};
use anyhow::{Context, Result, ensure};
use clearproof_client::chain::{
    Chain, ChainError,
    calls::{Call, list_instrument},
};
use clearproof_primitives::{
    chain::{Expiry, ExpiryView, InstrumentKind, Listing, OptionTerms, Symbol},
    fixed::{FRACTION_BITS, IndexPrice, Price},
    ids::{Slot, VenueId},
    options::OptionKind,
    order::Side,
    rows::expired_row,
    shape::MarketShape,
    time::Millis,
};
use rand::Rng;
use std::time::Duration;
use subxt_signer::sr25519::dev;
use tokio::time::{Instant, sleep};

/// Time from the start of the demonstration to the expiry, milliseconds. The options trade for most
/// of the run, and are settled before its end.
pub const LIFE: Millis = Millis::new(130_000);
/// Longest wait for the oracle's first forward and smile, and at the end for the settlement.
const PATIENCE: Duration = Duration::from_secs(120);
/// Pause between two attempts.
const PAUSE: Duration = Duration::from_secs(3);

/// Returns a call and a put at the money, with the perpetual's lots, in the slots after it.
fn listings(perpetual: &Listing, expiry: &Expiry, index: IndexPrice) -> [Listing; 2] {
    [(1, OptionKind::Call, "call"), (2, OptionKind::Put, "put")].map(|(place, kind, name)| {
        Listing {
            slot: Slot::new(perpetual.slot.get() + place),
            underlying: perpetual.underlying,
            kind: InstrumentKind::Option(OptionTerms {
                kind,
                strike: index,
                expiry: expiry.time,
            }),
            symbol: {
                let mut symbol = perpetual.symbol.to_vec();
                symbol.extend(format!(" {name}").bytes());
                Symbol::truncate_from(symbol)
            },
            units_per_lot: perpetual.units_per_lot,
        }
    })
}

/// Lists both options by the chain's admin, as soon as the oracle has a forward and a smile.
/// Returns their listings.
///
/// # Errors
/// The chain refuses, or the oracle has no forward or smile in time.
pub async fn list(
    chain: &Chain,
    perpetual: &Listing,
    expiry: &Expiry,
    index: IndexPrice,
) -> Result<[Listing; 2]> {
    let listings = listings(perpetual, expiry, index);
    let calls = listings.iter().map(list_instrument).collect();
    let call = Call::Sudo(Box::new(Call::All(calls)));
    let started = Instant::now();
    loop {
        let refused = match chain.submit(&dev::alice(), &call).await {
            Ok(_) => None,
            Err(ChainError::Refused { error, text, .. }) => Some(format!("{error}: {text}")),
            Err(error) => return Err(error).context("listing options"),
        };
        // Sudo reports its own result, not that of the call inside, so the chain's list decides.
        let listed = chain.instruments().await?;
        let there = |listing: &Listing| listed.iter().any(|i| i.listing == *listing);
        if listings.iter().all(there) {
            return Ok(listings);
        }
        let reason = refused.unwrap_or_else(|| "the oracle has no forward or smile yet".into());
        ensure!(started.elapsed() < PATIENCE, "listing options: {reason}");
        sleep(PAUSE).await;
    }
}

/// An option as a trader sees it.
#[derive(Clone, Copy, Debug)]
pub struct Quote {
    /// Slot.
    pub slot: Slot,
    /// Mark of the option.
    pub mark: Price,
    /// Lots that the trader holds.
    pub position: i64,
}

/// Returns the orders that a trader wants for an option: side, lots, limit. Makers want both sides
/// around the mark, takers one side beyond it.
pub fn wishes(quote: &Quote, role: Role, step: u64, rng: &mut impl Rng) -> Vec<(Side, u64, Price)> {
    let full = quote.position.unsigned_abs() / step >= MAX_STEPS;
    let allowed = |side: Side| match side {
        Side::Buy => !full || quote.position < 0,
        Side::Sell => !full || quote.position > 0,
    };
    let distance = match role {
        Role::Maker => quote.mark >> 7,
        Role::Taker | Role::Bold => quote.mark >> 5,
    };
    let distance = distance.max(1);
    let limit = |side: Side| match (side, role) {
        (Side::Buy, Role::Maker) | (Side::Sell, Role::Taker | Role::Bold) => {
            quote.mark.saturating_sub(distance).max(1)
        }
        (Side::Sell, Role::Maker) | (Side::Buy, Role::Taker | Role::Bold) => quote.mark + distance,
    };
    let sides = match role {
        Role::Maker => vec![Side::Buy, Side::Sell],
        Role::Taker if rng.r#gen() => vec![Side::Buy],
        Role::Taker => vec![Side::Sell],
        // The bold trader trades the perpetual only.
        Role::Bold => Vec::new(),
    };
    let sides = sides.into_iter().filter(|side| allowed(*side));
    sides
        .map(|side| (side, step * rng.gen_range(1..=4), limit(side)))
        .collect()
}

/// Waits until the chain has settled the expiry, then checks that each option is valued at its
/// payoff and no longer trades.
///
/// # Errors
/// It takes too long, or the node cannot be reached.
pub async fn settled(
    chain: &Chain,
    market: &MarketShape,
    expiry: &Expiry,
    listings: &[Listing],
    report: &mut Report,
) -> Result<()> {
    let started = Instant::now();
    let price = loop {
        let views = chain.expiries().await?;
        let view = views.iter().find(|v| v.expiry == *expiry);
        if let Some(ExpiryView {
            settlement: Some(price),
            ..
        }) = view
        {
            break *price;
        }
        ensure!(
            started.elapsed() < PATIENCE,
            "the options were not settled within {PATIENCE:?} of the end of trading"
        );
        sleep(PAUSE).await;
    };
    let view = chain.snapshot(None).await?.context("no snapshot")?;
    let pays = |listing: &Listing| {
        let InstrumentKind::Option(terms) = listing.kind else {
            return false;
        };
        let expected = expired_row(market, &terms, price, listing.units_per_lot).ok();
        let slot = listing.slot.place();
        let still = view.info.marks.get(slot) == Some(&0);
        still && expected.is_some() && view.snapshot.rows.get(slot) == expected.as_ref()
    };
    let whole = price >> FRACTION_BITS;
    report.check(
        "expired options are worth what they pay at the average index price, and trade no more",
        listings.iter().all(pays),
        format!("{}.{:06}", whole / 1_000_000, whole % 1_000_000),
    );
    Ok(())
}

/// Waits until the venue has turned all positions in the options into quote, proven and settled.
///
/// # Errors
/// It takes too long, or the node cannot be reached.
pub async fn converted(
    chain: &Chain,
    venue: VenueId,
    listings: &[Listing],
    report: &mut Report,
) -> Result<()> {
    let started = Instant::now();
    loop {
        let view = chain.venue(venue).await?;
        let view = view.context("the chain forgot the venue")?;
        let held = listings.iter().map(|listing| {
            let lots = view.open_interest.get(listing.slot.place());
            lots.copied().unwrap_or(0)
        });
        let held: u64 = held.sum();
        if held == 0 {
            report.check(
                "expired options were turned into money in a proven batch, and nobody holds any",
                true,
                format!("open interest 0 as of batch {}", view.batches),
            );
            return Ok(());
        }
        ensure!(
            started.elapsed() < PATIENCE,
            "{held} lots of expired options are still held after {PATIENCE:?}"
        );
        sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clearproof_primitives::fixed::ONE;
    use rand::SeedableRng;

    #[test]
    fn takers_reach_makers_on_the_other_side() {
        let quote = Quote {
            slot: Slot::new(1),
            mark: 100 * ONE,
            position: 0,
        };
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let makers = wishes(&quote, Role::Maker, 10, &mut rng);
        assert_eq!(makers.len(), 2);
        for _ in 0..8 {
            let taker = wishes(&quote, Role::Taker, 10, &mut rng);
            let (side, lots, limit) = taker[0];
            assert!(lots > 0);
            let crosses = makers.iter().any(|(other, _, theirs)| {
                *other != side
                    && if side == Side::Buy {
                        *theirs <= limit
                    } else {
                        *theirs >= limit
                    }
            });
            assert!(crosses, "{side:?}");
        }
    }

    #[test]
    fn symbols_name_the_kind() {
        let perpetual = Listing {
            slot: Slot::new(8),
            underlying: 1,
            kind: InstrumentKind::Perpetual,
            symbol: Symbol::truncate_from(b"BTC/USD".to_vec()),
            units_per_lot: ONE,
        };
        let expiry = Expiry {
            underlying: 1,
            time: Millis::new(5),
        };
        let [call, put] = listings(&perpetual, &expiry, 7);
        assert_eq!((call.slot.get(), put.slot.get()), (9, 10));
        assert_eq!(call.symbol.as_slice(), b"BTC/USD call");
        assert_eq!(put.expiry(), Some(expiry));
    }
}
