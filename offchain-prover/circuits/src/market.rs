//! The snapshot as variables: opened once per chunk, read by every step.

use crate::{
    gadgets::{bits::to_bits, poseidon::hash_list},
    r1cs::{Bit, Cs, Num},
};
use clearproof_primitives::{poseidon::Domain, shape::MarketShape, snapshot::Snapshot};

/// The snapshot's values. Their ranges are the chain's promise: the hash commits to values that it computed.
pub struct Market {
    /// Lengths of everything below.
    pub shape: MarketShape,
    /// K collateral weights, 32.32.
    pub weights: Vec<Num>,
    /// U initial margin factors, 16.16.
    pub initial_factors: Vec<Num>,
    /// U maintenance margin factors, 16.16.
    pub maintenance_factors: Vec<Num>,
    /// Fee rate, a fraction of 2^32.
    pub fee_rate: Num,
    /// Liquidation rate, a fraction of 2^32.
    pub liquidation_rate: Num,
    /// M rows.
    pub rows: Vec<Row>,
}

/// One instrument's row.
pub struct Row {
    /// Mark, 32.32; 0 where the instrument has expired, since it is held no more once an account is settled.
    pub live_mark: Num,
    /// Mark where the instrument has expired, 0 elsewhere.
    pub settled_mark: Num,
    /// Whether the instrument has not expired.
    pub live: Bit,
    /// Initial margin charge per long lot.
    pub initial_long: Num,
    /// Initial margin charge per short lot.
    pub initial_short: Num,
    /// Maintenance margin charge per long lot.
    pub maintenance_long: Num,
    /// Maintenance margin charge per short lot.
    pub maintenance_short: Num,
    /// S deltas, signed.
    pub deltas: Vec<Num>,
}

impl Market {
    /// Allocates the snapshot and answers its hash. Costs 540 per 13 values and 2 per row, about 28,700 for the reference market.
    ///
    /// Sound: the caller ties the hash to the header's snapshot hash, which the chain compares with its own. The bits of the
    /// settled rows are unique, as the market has fewer rows than the field has bits.
    pub fn open(cs: &mut Cs, shape: &MarketShape, snapshot: &Snapshot) -> (Self, Num) {
        let fields = cs.alloc_all(&snapshot.fields());
        let hash = hash_list(cs, Domain::Snapshot, &fields);
        let mut next = fields.into_iter().skip(1);
        let mut take = |n: usize| -> Vec<Num> { next.by_ref().take(n).collect() };
        let weights = take(shape.assets as usize);
        let factors = take(2 * shape.underlyings as usize);
        let fee_rate = take(1).remove(0);
        let liquidation_rate = take(1).remove(0);
        let settled = take(1).remove(0);
        let settled = to_bits(cs, &settled, shape.instruments.into());
        let rows = settled
            .iter()
            .map(|settled| {
                let mut head = take(5).into_iter();
                let mut column = || head.next().unwrap_or_else(Num::zero);
                let mark = column();
                let settled_mark = cs.mul(settled.num(), &mark);
                Row {
                    live_mark: &mark - &settled_mark,
                    settled_mark,
                    live: settled.not(),
                    initial_long: column(),
                    initial_short: column(),
                    maintenance_long: column(),
                    maintenance_short: column(),
                    deltas: take(shape.scenarios as usize),
                }
            })
            .collect();
        let market = Self {
            shape: *shape,
            weights,
            initial_factors: factors.iter().step_by(2).cloned().collect(),
            maintenance_factors: factors.iter().skip(1).step_by(2).cloned().collect(),
            fee_rate,
            liquidation_rate,
            rows,
        };
        (market, hash)
    }
}
