//! A real venue behind a real server: an engine of the tiny shape, owned by a task that carries out
//! the handle's commands.

use crate::{
    commands::{Command, Confirmation, Read, Refusal, Write},
    figures::BatchFigures,
    handle::VenueHandle,
    rpc::{Limits, RpcServer, serve},
    views::{AccountStatus, FinalBatch, InstrumentStatus, Level, OpenBatchStatus, Status},
};
use clearproof_client::{Identity, Trader, VenueClient, clock::now_ms};
use clearproof_engine::{AuctionReport, DepositReceived, Venue, VenueConfig};
use clearproof_primitives::{
    batch::{Deposit, genesis_field},
    chain::{Instrument, InstrumentKind, Listing},
    eddsa::SecretKey,
    field::Fr,
    fixed::{ONE, Rate},
    ids::{AccountIndex, BatchNumber, Slot, SnapshotNumber, VenueId},
    margin::margin,
    order::{Order, OrderSet, Side},
    policy::Policy,
    rows::even_bands,
    shape::Shape,
    snapshot::{InstrumentRow, Snapshot},
    time::Millis,
};
use ed25519_dalek::SigningKey;
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::{mpsc, oneshot};

pub const SHAPE: Shape = Shape::TINY;
pub const GENESIS: [u8; 32] = [3; 32];
pub const VENUE: VenueId = VenueId::new(1);
pub const MARK: u64 = 1_000 * ONE;
const START: Millis = Millis::new(10_000);

/// A served venue.
pub struct Scene {
    pub server: RpcServer,
    pub url: String,
    pub venue: VenueHandle,
    pub auctions: mpsc::Sender<oneshot::Sender<Arc<AuctionReport>>>,
}

pub fn identity() -> Identity {
    Identity {
        venue: VENUE,
        genesis: GENESIS,
        shape: SHAPE,
    }
}

/// Trader 1 owns account 1, and so on.
pub fn trader(number: u8) -> Trader {
    Trader::new(SecretKey::new([number; 32]))
}

pub fn order(side: Side, quantity: u64, limit: u64) -> Option<Order> {
    Some(Order {
        id: 1,
        instrument: Slot::new(0),
        side,
        quantity,
        limit,
        ..Order::default()
    })
}

pub fn set(account: u32, sequence: u64, orders: Vec<Option<Order>>) -> OrderSet {
    OrderSet {
        venue: VENUE,
        account: AccountIndex::new(account),
        sequence,
        valid_from: Millis::ZERO,
        valid_until: Millis::new(1 << 40),
        max_fee: Rate::new(u32::MAX),
        orders,
        request: None,
    }
}

impl Scene {
    /// Starts a venue with two funded accounts, of traders 1 and 2.
    pub async fn start(limits: Limits) -> Self {
        let (handle, commands) = VenueHandle::new();
        let (auctions, auction_requests) = mpsc::channel(1);
        tokio::spawn(run(venue(), handle.clone(), commands, auction_requests));
        let venue = handle.clone();
        let (listen, key) = (
            ([127, 0, 0, 1], 0).into(),
            SigningKey::from_bytes(&[200; 32]),
        );
        let server = serve(listen, handle, identity(), key, limits)
            .await
            .unwrap();
        Self {
            url: format!("ws://{}", server.address()),
            server,
            venue,
            auctions,
        }
    }

    pub async fn client(&self) -> VenueClient {
        VenueClient::connect(&self.url, GENESIS, VENUE)
            .await
            .unwrap()
    }

    pub async fn run_auction(&self) -> Arc<AuctionReport> {
        let (answer, wait) = oneshot::channel();
        self.auctions.send(answer).await.unwrap();
        wait.await.unwrap()
    }
}

fn snapshot() -> Snapshot {
    let market = SHAPE.market;
    let policy = Policy::development(&market);
    let row = |i| match i {
        0 => policy.perpetual_row(0, MARK).unwrap(),
        _ => InstrumentRow::empty(&market),
    };
    Snapshot {
        number: SnapshotNumber::new(1),
        taken_at: START - Millis::new(1),
        weights: vec![ONE; market.assets as usize],
        factors: policy.factors(),
        protocol_share: policy.protocol_share,
        liquidation_rate: policy.liquidation_rate,
        rows: (0..market.instruments as usize).map(row).collect(),
    }
}

fn venue() -> Venue {
    let mut venue = Venue::new(VenueConfig {
        shape: SHAPE,
        id: VENUE,
        genesis: genesis_field(&GENESIS),
    });
    let snapshot = snapshot();
    let bands = even_bands(&snapshot.rows, Rate::new(1 << 29));
    venue.open_batch(snapshot, bands, START).unwrap();
    for number in [1, 2] {
        let deposit = Deposit {
            account_key: trader(number).account_key().into(),
            asset: 0,
            amount: 100_000,
        };
        let index = venue.deposit(&DepositReceived {
            number: number.into(),
            deposit,
            owner: trader(number).public_key(),
        });
        assert_eq!(index, Ok(AccountIndex::new(number.into())));
    }
    venue
}

async fn run(
    mut venue: Venue,
    handle: VenueHandle,
    mut commands: mpsc::Receiver<Command>,
    mut auctions: mpsc::Receiver<oneshot::Sender<Arc<AuctionReport>>>,
) {
    let mut time = START;
    loop {
        tokio::select! {
            command = commands.recv() => match command {
                Some(Command::Write(command)) => write(&mut venue, command),
                Some(Command::Read(command)) => read(&venue, time, command),
                None => return,
            },
            auction = auctions.recv() => {
                let Some(done) = auction else { return };
                time += Millis::new(1);
                let report = Arc::new(venue.run_auction(time).unwrap());
                handle.publish(report.clone());
                done.send(report).unwrap();
            }
        }
    }
}

fn write(venue: &mut Venue, command: Write) {
    let time = now_ms();
    match command {
        Write::Submit(signed, reply) => {
            let accepted = venue.submit(*signed).map_err(Refusal::from);
            let _ = reply.send(accepted.map(|accepted| Confirmation { accepted, time }));
        }
        Write::CancelAllAfter(request, reply) => {
            let account = venue
                .account_of_key(request.account_key)
                .unwrap_or_default();
            let set = venue.set_dead_mans_switch(account, request.timeout_ms, time);
            let _ = reply.send(set.map_err(Refusal::from));
        }
    }
}

fn read(venue: &Venue, time: Millis, command: Read) {
    match command {
        Read::Status(reply) => {
            let _ = reply.send(status(venue, time));
        }
        Read::Instruments(reply) => {
            let _ = reply.send(vec![instrument()]);
        }
        Read::Book(instrument, reply) => {
            let _ = reply.send(book(venue, instrument));
        }
        Read::Batches(last, reply) => {
            // The engine settles nothing here. The reply has as many batches as were requested, so
            // that the test sees them all arrive.
            let figures = |number| BatchFigures {
                number: BatchNumber::new(number),
                fee: u128::MAX,
                ..BatchFigures::default()
            };
            let _ = reply.send(Ok((1..=last as u64).map(figures).collect()));
        }
        Read::Account(key, reply) => {
            let _ = reply.send(account(venue, key));
        }
    }
}

fn status(venue: &Venue, time: Millis) -> Status {
    Status {
        venue: VENUE,
        genesis: GENESIS,
        shape: SHAPE,
        accounts: venue.account_count(),
        deposits_consumed: venue.deposits_consumed(),
        settled: FinalBatch {
            number: venue.batch_number(),
            state_root: venue.state_root().into(),
        },
        pending: Vec::new(),
        open: Some(OpenBatchStatus {
            snapshot: SnapshotNumber::new(1),
            time_from: START,
            steps: venue.open_steps(),
        }),
        last_auction: time,
        connected: true,
    }
}

fn instrument() -> InstrumentStatus {
    InstrumentStatus {
        instrument: Instrument {
            listing: Listing {
                slot: Slot::new(0),
                underlying: 0,
                kind: InstrumentKind::Perpetual,
                symbol: b"EUR/USD".to_vec().try_into().unwrap(),
                units_per_lot: ONE,
            },
            halted: false,
        },
        mark: MARK,
        last: None,
        funding: -7,
        open_interest: 200,
    }
}

fn book(venue: &Venue, instrument: Slot) -> Vec<Level> {
    let (mut bids, mut asks) = (BTreeMap::new(), BTreeMap::new());
    for signed in venue.live_sets() {
        let account = venue.account(signed.set.account).unwrap();
        for (order, slot) in signed.set.orders.iter().zip(&account.slots) {
            let Some(order) = order.filter(|order| order.instrument == instrument) else {
                continue;
            };
            let filled = if slot.id == order.id { slot.filled } else { 0 };
            let levels = match order.side {
                Side::Buy => &mut bids,
                Side::Sell => &mut asks,
            };
            *levels.entry(order.limit).or_insert(0) += order.quantity - filled;
        }
    }
    let level = |side| {
        move |(price, quantity): (u64, u64)| Level {
            side,
            price,
            quantity,
        }
    };
    let bids = bids.into_iter().rev().map(level(Side::Buy));
    bids.chain(asks.into_iter().map(level(Side::Sell)))
        .collect()
}

fn account(venue: &Venue, key: Fr) -> Option<AccountStatus> {
    let index = venue.account_of_key(key)?;
    let account = venue.account(index)?.clone();
    let live = venue.live_set(index).map(|signed| &signed.set);
    let (balances, positions) = (&account.balances, &account.positions);
    Some(AccountStatus {
        index,
        live_sequence: live.map_or(0, |set| set.sequence),
        live_orders: live.map_or(Vec::new(), |set| set.orders.clone()),
        margin: margin(&SHAPE.market, &snapshot(), balances, positions).ok(),
        account,
    })
}
