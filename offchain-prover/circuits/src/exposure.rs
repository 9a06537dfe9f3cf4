//! Exposure: an account's positions as dense vectors of quantities by instrument.

use crate::{
    account::PositionVars,
    market::Market,
    r1cs::{Cs, Num, Sum},
};

/// Quantities by instrument, M each.
pub struct Exposure {
    /// Signed lots.
    pub quantity: Vec<Num>,
    /// Lots held long, 0 if short.
    pub long: Vec<Num>,
    /// Lots held short, 0 if long.
    pub short: Vec<Num>,
}

impl Exposure {
    /// Spreads positions over the M instrument slots. Costs 2·P·M.
    ///
    /// Sound: linear in the positions' one-hot rows; canonical positions never share an instrument.
    pub fn of(cs: &mut Cs, slots: usize, positions: &[PositionVars]) -> Self {
        let spread = |cs: &mut Cs, i: usize, value: &dyn Fn(&PositionVars) -> Num| {
            let mut sum = Sum::new();
            for position in positions {
                sum.add(&cs.mul(position.instrument[i].num(), &value(position)));
            }
            sum.finish()
        };
        let instruments = 0..slots;
        let quantity: Vec<_> = instruments
            .clone()
            .map(|i| spread(cs, i, &|p| p.quantity.clone()))
            .collect();
        let long: Vec<_> = instruments
            .map(|i| spread(cs, i, &|p| p.signed.positive.clone()))
            .collect();
        let short = long
            .iter()
            .zip(&quantity)
            .map(|(long, quantity)| long - quantity)
            .collect();
        Self {
            quantity,
            long,
            short,
        }
    }

    /// Lots held by instrument, long or short. Linear.
    pub fn lots(&self) -> Vec<Num> {
        self.long
            .iter()
            .zip(&self.short)
            .map(|(l, s)| l + s)
            .collect()
    }

    /// `Σ balance·weight + Σ quantity·mark`, in 2^-32 quote units; expired positions are in the
    /// balances. Costs K + M.
    pub(crate) fn equity(&self, cs: &mut Cs, market: &Market, balances: &[Num]) -> Num {
        let mut sum = Sum::new();
        for (balance, weight) in balances.iter().zip(&market.weights) {
            sum.add(&cs.mul(balance, weight));
        }
        for (quantity, row) in self.quantity.iter().zip(&market.rows) {
            sum.add(&cs.mul(quantity, &row.live_mark));
        }
        sum.finish()
    }

    /// `Σ lots·doubt`, in 2^-32 quote units: lots before the step that have expired are counted as
    /// well. Costs M.
    pub(crate) fn doubt(&self, cs: &mut Cs, market: &Market) -> Num {
        let mut sum = Sum::new();
        for (lots, row) in self.lots().iter().zip(&market.rows) {
            sum.add(&cs.mul(lots, &row.doubt));
        }
        sum.finish()
    }

    /// `Σ lots·charge` by side, in 2^-32 quote units. Costs 2·M.
    fn charges<'a>(&self, cs: &mut Cs, columns: impl Iterator<Item = (&'a Num, &'a Num)>) -> Num {
        let mut sum = Sum::new();
        for ((long, short), (charge_long, charge_short)) in
            self.long.iter().zip(&self.short).zip(columns)
        {
            sum.add(&cs.mul(long, charge_long));
            sum.add(&cs.mul(short, charge_short));
        }
        sum.finish()
    }

    /// The charges that the maintenance margin adds to the scan loss. Costs 2·M.
    pub(crate) fn maintenance_charges(&self, cs: &mut Cs, market: &Market) -> Num {
        let rows = market.rows.iter();
        self.charges(
            cs,
            rows.map(|r| (&r.maintenance_long, &r.maintenance_short)),
        )
    }

    /// The charges that the initial margin adds to the scan loss. Costs 2·M.
    pub(crate) fn initial_charges(&self, cs: &mut Cs, market: &Market) -> Num {
        let rows = market.rows.iter();
        self.charges(cs, rows.map(|r| (&r.initial_long, &r.initial_short)))
    }
}
