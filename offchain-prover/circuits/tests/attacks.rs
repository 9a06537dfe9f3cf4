//! Each test breaks one rule and requires that the circuit refuses, by rows of the part that
//! enforces this rule and by no others; if native code has the rule, it must refuse for the same
//! reason.
#![allow(clippy::unwrap_used)]

mod common;

#[path = "attacks/account.rs"]
mod account;
#[path = "attacks/accrual.rs"]
mod accrual;
#[path = "attacks/boundary.rs"]
mod boundary;
#[path = "attacks/closing.rs"]
mod closing;
#[path = "attacks/deleverage.rs"]
mod deleverage;
#[path = "attacks/fills.rs"]
mod fills;
#[path = "attacks/forced.rs"]
mod forced;
#[path = "attacks/heirs.rs"]
mod heirs;
#[path = "attacks/hints.rs"]
mod hints;
#[path = "attacks/keys.rs"]
mod keys;
#[path = "attacks/margin.rs"]
mod margin;
#[path = "attacks/money.rs"]
mod money;
#[path = "attacks/order_set.rs"]
mod order_set;
#[path = "attacks/orders.rs"]
mod orders;
#[path = "attacks/prices.rs"]
mod prices;
#[path = "attacks/replay.rs"]
mod replay;
#[path = "attacks/sequences.rs"]
mod sequences;
#[path = "attacks/venue.rs"]
mod venue;
