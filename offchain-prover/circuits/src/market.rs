//! The snapshot as variables: opened once per chunk, read by every step.

use crate::{
    gadgets::{
        bits::{range, to_bits},
        poseidon::hash_list,
    },
    packing::pack,
    r1cs::{Bit, Cs, Num},
};
use clearproof_primitives::{
    poseidon::Domain,
    shape::MarketShape,
    snapshot::{ROW_TERMS_LAYOUT, ROW_TERMS_PER_FIELD, Snapshot},
};

/// The snapshot's values. The chain guarantees their ranges: the hash commits to values that it
/// computed.
pub struct Market {
    /// Lengths of everything below.
    pub shape: MarketShape,
    /// K collateral weights, 32.32.
    pub weights: Vec<Num>,
    /// U initial margin factors, 16.16.
    pub initial_factors: Vec<Num>,
    /// U maintenance margin factors, 16.16.
    pub maintenance_factors: Vec<Num>,
    /// Liquidation rate, a fraction of 2^32.
    pub liquidation_rate: Num,
    /// M rows.
    pub rows: Vec<Row>,
}

/// One instrument's row.
pub struct Row {
    /// Mark, 32.32; 0 if the instrument has expired, since no account holds it after its accrual.
    pub live_mark: Num,
    /// Mark if the instrument has expired, else 0.
    pub expired_mark: Num,
    /// Set if the instrument has not expired.
    pub live: Bit,
    /// The benefit of the doubt per lot, in 2^-32 quote units: both initial charges if the row is
    /// suspended, then not 0; [`UNSETTLED`] if the instrument has expired; else 0.
    pub doubt: Num,
    /// Fee rate, a fraction of 2^32.
    pub fee_rate: Num,
    /// Lots that a position may grow to, 48 bits.
    pub position_limit: Num,
    /// Initial margin charge per long lot.
    pub initial_long: Num,
    /// Initial margin charge per short lot.
    pub initial_short: Num,
    /// Maintenance margin charge per long lot.
    pub maintenance_long: Num,
    /// Maintenance margin charge per short lot.
    pub maintenance_short: Num,
    /// S changes of the value of a lot, signed.
    pub scenario_values: Vec<Num>,
}

/// Exponent of the benefit of the doubt of a lot that has expired and is not turned into quote:
/// more than all suspended lots of an account can have, and more than any rule can bear.
pub const UNSETTLED: usize = 160;

impl Market {
    /// Allocates the snapshot and returns its hash. Costs 540 per 13 values and 84 per row, about
    /// 32,000 for the reference market.
    ///
    /// Sound: the caller ties the hash to the header's snapshot hash, which the chain compares with
    /// its own. The bits of the expired and suspended rows are unique, as the market has fewer rows
    /// than the field has bits; so are fee rates and limits, which are range-checked.
    pub fn open(cs: &mut Cs, shape: &MarketShape, snapshot: &Snapshot) -> (Self, Num) {
        let fields = cs.alloc_all(&snapshot.fields());
        let hash = hash_list(cs, Domain::Snapshot, &fields);
        let mut next = fields.into_iter().skip(1);
        let mut take = |n: usize| -> Vec<Num> { next.by_ref().take(n).collect() };
        let weights = take(shape.assets as usize);
        let factors = take(2 * shape.underlyings as usize);
        // The closing circuit enforces the chain's share of the fees, and the header names it.
        let _protocol_share = take(1);
        let liquidation_rate = take(1).remove(0);
        let mut bits = || to_bits(cs, &take(1).remove(0), shape.instruments.into());
        let (expired, suspended) = (bits(), bits());
        let packed = take(usize::from(shape.instruments).div_ceil(ROW_TERMS_PER_FIELD));
        let terms = row_terms(cs, &packed, snapshot);
        let rows = expired
            .iter()
            .zip(suspended)
            .zip(terms)
            .map(|((expired, suspended), [fee_rate, position_limit])| {
                let mut head = take(5).into_iter();
                let mut column = || head.next().unwrap_or_else(Num::zero);
                let mark = column();
                let [initial_long, initial_short] = [column(), column()];
                let [maintenance_long, maintenance_short] = [column(), column()];
                let expired_mark = cs.mul(expired.num(), &mark);
                let unsettled = Num::power_of_two(UNSETTLED).value();
                let doubt = cs.mul(suspended.num(), &(&initial_long + &initial_short))
                    + expired.num().scale(unsettled);
                Row {
                    live_mark: &mark - &expired_mark,
                    expired_mark,
                    live: expired.not(),
                    doubt,
                    fee_rate,
                    position_limit,
                    initial_long,
                    initial_short,
                    maintenance_long,
                    maintenance_short,
                    scenario_values: take(shape.scenarios as usize),
                }
            })
            .collect();
        let market = Self {
            shape: *shape,
            weights,
            initial_factors: factors.iter().step_by(2).cloned().collect(),
            maintenance_factors: factors.iter().skip(1).step_by(2).cloned().collect(),
            liquidation_rate,
            rows,
        };
        (market, hash)
    }
}

/// Fee rate and position limit of each row. Three rows share an element.
fn row_terms(cs: &mut Cs, packed: &[Num], snapshot: &Snapshot) -> Vec<[Num; 2]> {
    let [fee_bits, limit_bits] = ROW_TERMS_LAYOUT;
    let mut all = Vec::with_capacity(snapshot.rows.len());
    for (packed, rows) in packed.iter().zip(snapshot.rows.chunks(ROW_TERMS_PER_FIELD)) {
        let of_rows = rows.iter().map(|row| {
            let (fee, limit) = (cs.alloc(row.fee_rate.get()), cs.alloc(row.position_limit));
            range(cs, &fee, fee_bits);
            range(cs, &limit, limit_bits);
            [fee, limit]
        });
        let of_rows: Vec<_> = of_rows.collect();
        let parts = of_rows
            .iter()
            .flat_map(|[fee, limit]| [(fee, fee_bits), (limit, limit_bits)]);
        let parts: Vec<_> = parts.collect();
        cs.enforce_equal(packed, &pack(&parts));
        all.extend(of_rows);
    }
    all
}
