//! A venue that carries out random actions.

use crate::{
    actions::Action,
    common::{self, START, Trader, request, snapshot},
    config::SHAPE,
};
use clearproof_engine::{ClosedBatch, EngineError, MarketTerms, Venue};
use clearproof_primitives::{
    account::account_key,
    eddsa::SecretKey,
    field::Fr,
    fixed::{ONE, Rate},
    order::{Delegate, KeysRequest, Request, TransferRequest, WithdrawalRequest},
    rows::even_bands,
    snapshot::InstrumentRow,
    time::Millis,
};

/// A venue with four traders, driven by actions; the engine may refuse any of them.
pub struct Run {
    venue: Venue,
    traders: Vec<Trader>,
    now: Millis,
    pub closed: Vec<ClosedBatch>,
    /// Accounts that the venue visited because they held an expired instrument.
    pub accrued: usize,
    /// Transfers and changes of keys.
    pub requests: usize,
}

impl Run {
    fn new() -> Self {
        let traders = (1..5).map(Trader::new).collect();
        let mut run = Self {
            venue: common::venue(&SHAPE),
            traders,
            now: START,
            closed: Vec::new(),
            accrued: 0,
            requests: 0,
        };
        run.open();
        for who in 0..4 {
            run.act(&Action::Deposit {
                who,
                asset: 0,
                amount: 330,
            });
        }
        run
    }

    fn open(&mut self) {
        self.now += Millis::new(10);
        // The mark moves between batches, so that accounts fall below their margins, and some of
        // them below zero.
        let moved = [0, -14, 12, -30, 20, -9][self.closed.len() % 6];
        let mark = ((100 + moved) * ONE as i64) as u64 + ONE / 3;
        let mut snapshot = snapshot(&SHAPE.market, mark);
        let bands = even_bands(&snapshot.rows, Rate::new(1 << 29));
        // From the fourth batch on instrument 2 has expired; every other batch visits its holders.
        let expired = self.closed.len() > 2;
        if expired {
            snapshot.rows[2] = InstrumentRow {
                mark: 101 * ONE + 7,
                expired: true,
                ..InstrumentRow::empty(&SHAPE.market)
            };
        }
        let terms = MarketTerms {
            halted: vec![false, false, expired, false],
            premium_caps: vec![2 * ONE; 4],
            funding_interval: Millis::new(15),
            ..bands.into()
        };
        self.venue.open_batch(snapshot, terms, self.now).unwrap();
        if self.closed.len() % 2 == 1 {
            self.accrued += self.venue.accrue_expired(3).unwrap();
        }
    }

    fn close(&mut self) {
        self.now += Millis::new(10);
        let closed = self.venue.close_batch(&request(self.now)).unwrap();
        self.venue.audit(&closed.witness.snapshot).unwrap();
        self.closed.push(closed);
    }

    /// Submits an order set with a request. Returns true if the venue carries it out.
    fn request(&mut self, who: usize, request: Request) -> bool {
        let set = self.traders[who].request(&SHAPE, request);
        let done = self.venue.submit(set).is_ok();
        self.requests += usize::from(done);
        done
    }

    fn act(&mut self, action: &Action) {
        match action {
            Action::Deposit { who, asset, amount } => {
                let trader = &mut self.traders[*who];
                let number = self.venue.deposits_consumed() + 1;
                let received = trader.deposit(number, *asset, *amount);
                match self.venue.deposit(&received) {
                    Ok(account) => {
                        if account != trader.account {
                            // A new owner's own account, which names no other key.
                            trader.trading_key = None;
                        }
                        trader.account = account;
                    }
                    // New owners open accounts until no leaf is left.
                    Err(error) => assert!(matches!(error, EngineError::Full(_)), "{error}"),
                }
            }
            Action::Orders { who, orders } => {
                let mut orders = orders.clone();
                if orders.len() == 2 && orders[0].map(|o| o.id) == orders[1].map(|o| o.id) {
                    orders.truncate(1);
                }
                let set = self.traders[*who].set(&SHAPE, orders, None);
                self.venue.submit(set).unwrap();
            }
            Action::Withdraw { who, asset, amount } => {
                let request = WithdrawalRequest {
                    asset: *asset,
                    amount: *amount,
                    recipient: [*who as u8 + 1; 32],
                };
                let set = self.traders[*who].set(&SHAPE, vec![], Some(request));
                // Refused where margin does not allow it.
                let _ = self.venue.submit(set);
            }
            Action::Transfer {
                who,
                to,
                number,
                amount,
            } => {
                let point = self.traders[*to].key.public_key().point();
                // An account of another owner that is not open yet is refused.
                let request = TransferRequest {
                    asset: 0,
                    amount: *amount,
                    to: account_key((point.x, point.y), *number).into(),
                };
                self.request(*who, Request::Transfer(request));
            }
            Action::TradingKey { who, seed } => {
                let key = seed.map(|seed| SecretKey::new([seed; 32]));
                let request = KeysRequest {
                    delegate: key
                        .as_ref()
                        .map(|key| Delegate::Trader(key.public_key().into())),
                    viewing_key: seed.map(|seed| Fr::from(seed).into()),
                };
                if self.request(*who, Request::Keys(request)) {
                    self.traders[*who].trading_key = key;
                }
            }
            Action::Owner { who, seed } => {
                let key = SecretKey::new([*seed; 32]);
                let named = Request::Keys(KeysRequest {
                    delegate: Some(Delegate::Heir(key.public_key().into())),
                    viewing_key: None,
                });
                if !self.request(*who, named) {
                    return;
                }
                self.traders[*who].trading_key = None;
                let set = self.traders[*who].inherited_by(&SHAPE, &key);
                if self.venue.submit(set).is_ok() {
                    self.requests += 1;
                    self.traders[*who].key = key;
                }
            }
            Action::Auction => {
                self.now += Millis::new(10);
                self.venue.run_auction(self.now).unwrap();
            }
            Action::Close => {
                self.close();
                self.open();
            }
        }
    }
}

pub fn run_of(actions: &[Action]) -> Run {
    let mut run = Run::new();
    actions.iter().for_each(|action| run.act(action));
    run.close();
    run
}
