//! Conversions from the venue's views to the types on the wire.

use crate::{
    figures::BatchFigures,
    views::{AccountStatus, InstrumentStatus, Level, Status},
};
use clearproof_client::rpc::{number::Decimal, types::*};
use clearproof_engine::{AuctionReport, Trade};
use clearproof_primitives::{field::Fr, ids::AccountIndex, order::Side, time::Millis};

/// Returns the venue's state, with the operator's receipt key and clock.
pub(super) fn status(status: Status, receipt_key: [u8; 32], time: Millis) -> StatusJson {
    StatusJson {
        venue: status.venue,
        genesis: status.genesis,
        shape: status.shape,
        receipt_key,
        accounts: status.accounts as u64,
        deposits_consumed: status.deposits_consumed,
        settled: SettledJson {
            batch: status.settled.number,
            state_root: status.settled.state_root,
        },
        pending: status.pending,
        open: status.open.map(|open| OpenJson {
            snapshot: open.snapshot,
            time_from: open.time_from,
            steps: open.steps as u64,
        }),
        last_auction: status.last_auction,
        time,
        connected: status.connected,
    }
}

impl From<InstrumentStatus> for InstrumentJson {
    fn from(status: InstrumentStatus) -> Self {
        let listing = status.instrument.listing;
        Self {
            slot: listing.slot,
            underlying: listing.underlying,
            kind: listing.kind,
            symbol: String::from_utf8_lossy(&listing.symbol).into_owned(),
            units_per_lot: Decimal(listing.units_per_lot),
            halted: status.instrument.halted,
            mark: Decimal(status.mark),
            last: status.last.map(|last| LastJson {
                time: last.time,
                price: Decimal(last.price),
            }),
            funding_index: Decimal(status.funding),
            lots_held: Decimal(status.open_interest),
        }
    }
}

/// Returns the best levels of both sides.
pub(super) fn book(levels: &[Level]) -> BookJson {
    let side = |side: Side| {
        let levels = levels.iter().filter(|level| level.side == side);
        let level = |level: &Level| LevelJson {
            price: Decimal(level.price),
            quantity: Decimal(level.quantity),
        };
        levels.take(MAX_LEVELS).map(level).collect()
    };
    BookJson {
        bids: side(Side::Buy),
        asks: side(Side::Sell),
    }
}

impl From<BatchFigures> for BatchJson {
    fn from(figures: BatchFigures) -> Self {
        Self {
            number: figures.number,
            order_sets: figures.order_sets,
            fills: figures.fills,
            steps: figures.steps,
            chunks: figures.chunks,
            constraints: figures.constraints,
            witness_ms: figures.witness_ms,
            proving_ms: figures.proving_ms,
            bytes: figures.bytes,
            ref_time: figures.ref_time,
            fee: Decimal(figures.fee),
            block: figures.block,
        }
    }
}

impl From<AccountStatus> for AccountJson {
    fn from(status: AccountStatus) -> Self {
        let account = status.account;
        let order = |order: &Option<_>| order.as_ref().map(OrderJson::from);
        Self {
            index: status.index,
            number: account.number,
            trading_key: account.trading_key.into(),
            has_viewing_key: account.viewing_key != Fr::default(),
            balances: account.balances.into_iter().map(Decimal).collect(),
            positions: account
                .positions
                .iter()
                .map(|p| PositionJson {
                    instrument: p.instrument,
                    quantity: p.quantity,
                })
                .collect(),
            sequence: Decimal(account.sequence),
            slots: account
                .slots
                .iter()
                .map(|slot| SlotJson {
                    id: slot.id,
                    filled: slot.filled,
                })
                .collect(),
            live_sequence: Decimal(status.live_sequence),
            live_orders: status.live_orders.iter().map(order).collect(),
            margin: status.margin.map(MarginJson::from),
        }
    }
}

/// Returns the public part of a report.
pub(super) fn auction(report: &AuctionReport, missed: u64) -> AuctionJson {
    let clearings = report.clearings.iter();
    AuctionJson {
        time: report.time,
        clearings: clearings
            .map(|clearing| ClearingJson {
                instrument: clearing.instrument,
                price: Decimal(clearing.price),
                volume: Decimal(clearing.volume),
            })
            .collect(),
        missed,
    }
}

/// Returns an account's part of a report, if the auction touched the account.
pub(super) fn account_auction(
    report: &AuctionReport,
    account: AccountIndex,
) -> Option<AccountAuctionJson> {
    let fill = |trade: &Trade| FillJson {
        slot: trade.slot as u64,
        instrument: trade.instrument,
        lots: trade.lots,
        price: Decimal(trade.price),
    };
    let own = report.trades.iter().filter(|t| t.account == account);
    let fills: Vec<_> = own.map(fill).collect();
    let mut left_out = report.left_out.iter();
    let left_out = left_out.find(|left_out| left_out.account == account);
    let cancelled_by_timer = report.cancelled_by_switch.contains(&account);
    let touched = !fills.is_empty() || left_out.is_some() || cancelled_by_timer;
    touched.then(|| AccountAuctionJson {
        time: report.time,
        fills,
        left_out: left_out.map(|left_out| left_out.rule.to_string()),
        cancelled_by_timer,
    })
}
