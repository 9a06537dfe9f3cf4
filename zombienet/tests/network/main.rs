//! Faults that a network must survive. One program, since each would carry the whole of the runner.

mod double_signing;
mod late_node;
mod lost_validators;
mod settlement;
mod settlement_without_finality;
mod two_validators;
