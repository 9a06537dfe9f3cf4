//! The trading: in each round all traders sign order sets and send them to the operator.

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
    ids::{BatchNumber, Slot},
    order::{KeysRequest, Order, OrderSet, Request, SignedOrderSet},
    time::Millis,
};
use std::time::Duration;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

/// Validity of an order set, milliseconds. It is short, because no trader can force a cancellation.
const VALIDITY: Millis = Millis::new(60_000);
/// Highest fee that the traders accept: a thousandth.
const MAX_FEE: Rate = Rate::new((ONE / 1_000) as u32);
/// Number of closed batches without finality at which the traders wait, so that a slow machine does
/// not fall further and further behind.
const MAX_PENDING: usize = 2;
/// Pause between two requests to the operator while waiting.
const POLL: Duration = Duration::from_millis(500);
/// Longest wait for the operator to take deposits, or to settle one more batch.
const PATIENCE: Duration = Duration::from_secs(300);

/// The part of a set's receipt that the report needs.
#[derive(Clone, Copy, Debug)]
pub struct Accepted {
    /// Time at which the operator accepted it, milliseconds since the Unix epoch.
    pub time: Millis,
    /// Number of its orders.
    pub orders: u64,
}

/// All traders, and the sets that were accepted from them.
pub struct Floor {
    /// The operator.
    pub client: VenueClient,
    /// The traders.
    pub people: Vec<Person>,
    /// The market that they trade in.
    pub market: Market,
    /// The price that the oracle's members read.
    pub price: watch::Sender<IndexPrice>,
    /// True once the bold trader places no more orders.
    pub bold_rests: bool,
    /// All sets with a valid receipt of the operator.
    pub accepted: Vec<Accepted>,
}

impl Floor {
    /// Waits until every deposit has opened its trader's account.
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

    /// Lets all traders set their viewing keys, before anything else is known of their accounts.
    ///
    /// # Errors
    /// The operator refuses it, cannot be reached, or opens no batch for too long.
    pub async fn set_viewing_keys(&mut self) -> Result<()> {
        let started = Instant::now();
        for who in 0..self.people.len() {
            let key = self.people[who]
                .trader
                .viewing_key(self.client.identity(), 0);
            let request = Request::Keys(KeysRequest {
                delegate: None,
                viewing_key: key.map(Into::into),
            });
            loop {
                let set = self.set(who, Vec::new(), Some(request));
                match self.send(who, set).await {
                    Ok(()) => break,
                    Err(error) if error.is_passing() && started.elapsed() < PATIENCE => {
                        sleep(POLL).await;
                    }
                    Err(error) => return Err(error).with_context(|| format!("trader {who}")),
                }
            }
        }
        Ok(())
    }

    /// Returns the venue's state.
    ///
    /// # Errors
    /// The operator cannot be reached.
    pub async fn status(&self) -> Result<StatusJson> {
        Ok(self.client.status().await?)
    }

    /// Returns a trader's account.
    ///
    /// # Errors
    /// The operator cannot be reached, or reports that there is no such account.
    pub async fn account(&self, who: usize) -> Result<AccountJson> {
        let account = self.client.account(&self.people[who].trader).await?;
        account.with_context(|| format!("trader {who}: the operator knows no account"))
    }

    /// Plays one round: moves to the next bar and sends new order sets around it.
    ///
    /// # Errors
    /// The operator cannot be reached, or refuses a valid set.
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
            let position = |slot: Slot| {
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

    /// Returns a trader's next order set, signed.
    pub fn set(
        &self,
        who: usize,
        orders: Vec<Option<Order>>,
        request: Option<Request>,
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
            request,
        };
        person.trader.sign(identity, set)
    }

    /// Sends a set and checks its receipt.
    ///
    /// # Errors
    /// The operator refuses it or cannot be reached, or the receipt is not valid.
    pub async fn send(&mut self, who: usize, set: SignedOrderSet) -> Result<(), VenueError> {
        let receipt = self.client.submit_signed(&set).await?;
        self.accepted.push(Accepted {
            time: receipt.accepted,
            orders: set.set.orders.iter().flatten().count() as u64,
        });
        self.people[who].last = Some(set);
        Ok(())
    }

    /// Waits until no batch is on its way to the chain, and returns the venue's state.
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

/// Checks that the venue keeps settling batches.
#[derive(Debug)]
pub struct Progress {
    settled: BatchNumber,
    since: Instant,
}

impl Progress {
    /// Starts to count the time now.
    pub fn new() -> Self {
        Self {
            settled: BatchNumber::default(),
            since: Instant::now(),
        }
    }

    /// Notes the number of the last settled batch; returns true if it has risen.
    ///
    /// # Errors
    /// The number has not risen for five minutes.
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
