//! The clock of this machine, which requests are signed with and checked against.

use clearproof_primitives::time::Millis;
use std::time::{SystemTime, UNIX_EPOCH};

/// Returns the milliseconds since the Unix epoch; 0 if the clock is set before it.
pub fn now_ms() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(Millis::ZERO, Millis::of)
}
