//! The trading: everybody signs and sends order sets to the operator, round after round.

use super::{market::Market, options::Quote, people::Person, role::Role};
use anyhow::{Context, Result, ensure};
use clearproof_client::{
    VenueClient, VenueError,
    clock::now_ms,
    rpc::types::{AccountJson, StatusJson},
};
use clearproof_formats::time::time_text;
use clearproof_primitives::{
    chain::InstrumentKind,
    fixed::{IndexPrice, ONE, Rate},
    ids::BatchNumber,
    order::{Order, OrderSet, Request, SignedOrderSet, WithdrawalRequest},
    time::Millis,
};
use std::time::Duration;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

/// How long an order set is valid, milliseconds: short, since nobody can force a cancellation.
const VALIDITY: Millis = Millis::new(60_000);
/// Highest fee that the traders accept: a thousandth.
const MAX_FEE: Rate = Rate::new((ONE / 1_000) as u32);
/// Closed batches that are not final at which the traders wait: a slow machine shall not fall
/// behind ever further.
const MAX_PENDING: usize = 2;
/// Between two looks at the operator while waiting for something.
const POLL: Duration = Duration::from_millis(500);
/// Longest wait for the operator to take deposits, or to settle one more batch.
const PATIENCE: Duration = Duration::from_secs(300);

/// A set's receipt in short.
#[derive(Clone, Copy, Debug)]
pub struct Accepted {
    /// When the operator accepted it, milliseconds since the Unix epoch.
    pub time: Millis,
    /// Orders in it.
    pub orders: u64,
}

/// Everybody who trades, and what they did.
pub struct Floor {
    /// The operator.
    pub client: VenueClient,
    /// The traders.
    pub people: Vec<Person>,
    /// What they trade.
    pub market: Market,
    /// Where the oracle's members read the price.
    pub price: watch::Sender<IndexPrice>,
    /// The bold trader wants no more.
    pub bold_rests: bool,
    /// All sets that the operator gave a receipt for; the receipts hold.
    pub accepted: Vec<Accepted>,
}

impl Floor {
    /// Waits until everybody's deposit has opened their account.
    ///
    /// # Errors
    /// It takes too long, or the operator cannot be reached.
    pub async fn wait_for_accounts(&mut self) -> Result<()> {
        let started = Instant::now();
        for person in &mut self.people {
            person.account = loop {
                if let Some(account) = self.client.account(&person.trader).await? {
                    break account.index;
                }
                ensure!(
                    started.elapsed() < PATIENCE,
                    "the operator did not take all deposits within {PATIENCE:?}"
                );
                sleep(POLL).await;
            };
        }
        Ok(())
    }

    /// The venue's state.
    ///
    /// # Errors
    /// The operator cannot be reached.
    pub async fn status(&self) -> Result<StatusJson> {
        Ok(self.client.status().await?)
    }

    /// A trader's account.
    ///
    /// # Errors
    /// The operator cannot be reached, or denies that there is one.
    pub async fn account(&self, who: usize) -> Result<AccountJson> {
        let account = self.client.account(&self.people[who].trader).await?;
        account.with_context(|| format!("trader {who}: the operator knows no account"))
    }

    /// One round: the next bar, and new order sets around it.
    ///
    /// # Errors
    /// The operator cannot be reached, or refuses an honest set.
    pub async fn round(&mut self) -> Result<()> {
        if self.status().await?.pending.len() >= MAX_PENDING {
            return Ok(());
        }
        let slot = self.market.listing().slot;
        let instruments = self.client.instruments().await?;
        let mark = instruments
            .iter()
            .find(|i| i.slot == slot)
            .map(|i| i.mark.0);
        self.market.advance(mark)?;
        self.price.send_replace(self.market.index());
        for who in 0..self.people.len() {
            let role = self.people[who].role;
            if role == Role::Taker && !self.market.joins() {
                continue;
            }
            let account = self.account(who).await?;
            let position = |slot: u16| {
                let position = account.positions.iter().find(|p| p.instrument == slot);
                position.map_or(0, |p| p.quantity)
            };
            let quotes = instruments
                .iter()
                .filter(|i| matches!(i.kind, InstrumentKind::Option(_)) && i.mark.0 > 0)
                .map(|i| Quote {
                    slot: i.slot,
                    mark: i.mark.0,
                    position: position(i.slot),
                });
            let quotes: Vec<_> = quotes.collect();
            let orders = match role {
                Role::Bold if self.bold_rests => Vec::new(),
                Role::Bold => self.market.bold_order(&account)?,
                _ => self.market.all_orders(role, position(slot), &quotes)?,
            };
            let set = self.set(who, orders, None);
            self.send(who, set)
                .await
                .with_context(|| format!("trader {who}"))?;
        }
        let bar = self.market.bar();
        tracing::debug!(
            bar = time_text(bar.time),
            sets = self.accepted.len(),
            "round"
        );
        Ok(())
    }

    /// A trader's next order set, signed.
    pub fn set(
        &self,
        who: usize,
        orders: Vec<Option<Order>>,
        withdrawal: Option<WithdrawalRequest>,
    ) -> SignedOrderSet {
        let person = &self.people[who];
        let identity = self.client.identity();
        let set = OrderSet {
            venue: identity.venue,
            account: person.account,
            sequence: person.last.as_ref().map_or(0, |last| last.set.sequence) + 1,
            valid_from: Millis::ZERO,
            valid_until: now_ms() + VALIDITY,
            max_fee: MAX_FEE,
            orders,
            request: withdrawal.map(Request::Withdrawal),
        };
        person.trader.sign(identity, set)
    }

    /// Sends a set and checks its receipt.
    ///
    /// # Errors
    /// The operator refuses it or cannot be reached, or the receipt does not hold.
    pub async fn send(&mut self, who: usize, set: SignedOrderSet) -> Result<(), VenueError> {
        let receipt = self.client.submit_signed(&set).await?;
        self.accepted.push(Accepted {
            time: receipt.accepted,
            orders: set.set.orders.iter().flatten().count() as u64,
        });
        self.people[who].last = Some(set);
        Ok(())
    }

    /// Waits until nothing is on its way to the chain, and answers the venue's state.
    ///
    /// # Errors
    /// It takes too long, or the operator cannot be reached.
    pub async fn wait_for_rest(&self) -> Result<StatusJson> {
        let mut progress = Progress::new();
        loop {
            let status = self.status().await?;
            let steps = status.open.map_or(0, |open| open.steps);
            if steps == 0 && status.pending.is_empty() {
                return Ok(status);
            }
            progress.check(status.settled.batch)?;
            sleep(POLL).await;
        }
    }
}

/// Watches that batches go on being settled.
#[derive(Debug)]
pub struct Progress {
    settled: BatchNumber,
    since: Instant,
}

impl Progress {
    /// From now on.
    pub fn new() -> Self {
        Self {
            settled: BatchNumber::default(),
            since: Instant::now(),
        }
    }

    /// So many batches are settled now; true if that is news.
    ///
    /// # Errors
    /// It has been the same number for five minutes.
    pub fn check(&mut self, settled: BatchNumber) -> Result<bool> {
        let news = settled > self.settled;
        if news {
            *self = Self {
                settled,
                since: Instant::now(),
            };
        }
        ensure!(
            self.since.elapsed() < PATIENCE,
            "no batch was settled for {PATIENCE:?}; {settled} were before"
        );
        Ok(news)
    }
}
