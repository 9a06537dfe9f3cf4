//! Snapshots: what the chain says about the markets at a block, and what every proof is bound to.

use crate::{
    field::{FieldBytes, Fr, fr_from_i128},
    fixed::{Factor, Price, Rate},
    ids::SnapshotNumber,
    poseidon::{Domain, hash_encoded_list},
    shape::{MarketShape, QUANTITY_BITS, TIME_BITS},
    time::Millis,
    wide::{PACK_BITS, pack},
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Marks, charges and deltas are below 2^62 in magnitude, so that no margin sum leaves 128 bits.
pub const ROW_VALUE_BITS: usize = 62;
/// Layout of a row's fee rate and position limit.
pub const ROW_TERMS_LAYOUT: [usize; 2] = [32, QUANTITY_BITS];
/// Rows whose terms share a field element.
pub const ROW_TERMS_PER_FIELD: usize = 3;
/// Margin factors are below 2^20, that is below 16.
pub const FACTOR_LIMIT_BITS: usize = 20;

/// The risk array (SPAN's term) of one instrument slot: its mark, its value changes under the
/// scenarios, its charges. All zero for an empty slot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo,
    Serialize,
    Deserialize
)]
pub struct InstrumentRow {
    /// Mark, 32.32 quote units per lot; 0 for a slot without an instrument, which cannot trade.
    pub mark: Price,
    /// Initial margin charge per lot held long, 32.32.
    pub initial_long: Price,
    /// Initial margin charge per lot held short, 32.32.
    pub initial_short: Price,
    /// Maintenance margin charge per lot held long, 32.32.
    pub maintenance_long: Price,
    /// Maintenance margin charge per lot held short, 32.32.
    pub maintenance_short: Price,
    /// S scenario deltas: value of a long lot under the scenario less the mark, signed 32.32.
    pub scenario_values: Vec<i64>,
    /// The instrument has expired: positions turn into quote at the mark when their account is next
    /// touched.
    pub expired: bool,
    /// The mark is not to be relied on: it is old, or was held back from too large a jump.
    /// Positions may only be reduced, and by their owners alone. Initial charges are at least 1.
    pub suspended: bool,
    /// Trading fee, as a fraction of 2^32 of a fill's quote amount.
    pub fee_rate: Rate,
    /// Lots that an account's position may grow to, below 2^48; 0 where the row is suspended.
    pub position_limit: u64,
}

impl InstrumentRow {
    /// A slot without an instrument.
    pub fn empty(market: &MarketShape) -> Self {
        Self {
            scenario_values: alloc::vec![0; market.scenarios as usize],
            ..Default::default()
        }
    }

    /// The row itself if every value is within its bits.
    pub fn checked(self) -> Result<Self, SnapshotError> {
        let small = |v: u64| v < 1 << ROW_VALUE_BITS;
        let charges = [
            self.initial_long,
            self.initial_short,
            self.maintenance_long,
            self.maintenance_short,
        ];
        if !small(self.mark) || !charges.into_iter().all(small) {
            return Err(SnapshotError::Mark);
        }
        if !self.scenario_values.iter().all(|d| small(d.unsigned_abs())) {
            return Err(SnapshotError::Delta);
        }
        let no_risk = charges == [0; 4] && self.scenario_values.iter().all(|d| *d == 0);
        if self.expired && (!no_risk || self.suspended) {
            return Err(SnapshotError::Expired);
        }
        if self.suspended && (self.initial_long == 0 || self.initial_short == 0) {
            return Err(SnapshotError::Suspended);
        }
        let growth = if self.suspended {
            0
        } else {
            self.position_limit
        };
        if self.position_limit >= 1 << QUANTITY_BITS || growth != self.position_limit {
            return Err(SnapshotError::PositionLimit);
        }
        Ok(self)
    }
}

/// Margin factors of one underlying.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo,
    Serialize,
    Deserialize
)]
pub struct UnderlyingFactors {
    /// Multiplies the scan loss for initial margin.
    pub initial: Factor,
    /// Multiplies the scan loss for maintenance margin.
    pub maintenance: Factor,
}

/// A snapshot of all markets under the policy in force.
#[derive(Clone, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo,
    Serialize,
    Deserialize
)]
pub struct Snapshot {
    /// Number, counting from 1.
    pub number: SnapshotNumber,
    /// Milliseconds since the Unix epoch at which it was taken.
    pub taken_at: Millis,
    /// K collateral weights: price × (1 − haircut), 32.32 quote units per smallest unit; exactly
    /// one for asset 0.
    pub weights: Vec<Price>,
    /// U pairs of margin factors.
    pub factors: Vec<UnderlyingFactors>,
    /// The chain's share of the fees, as a fraction of 2^32.
    pub protocol_share: Rate,
    /// The most that a liquidated account pays to the insurance fund, as a fraction of 2^32 of a
    /// fill's quote amount.
    pub liquidation_rate: Rate,
    /// M rows; slot `i` belongs to underlying `i / (M / U)`.
    pub rows: Vec<InstrumentRow>,
}

/// The reason that a snapshot cannot be taken or used. Each variant names the field and its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// No such underlying.
    #[error("underlying: beyond the market's underlyings")]
    Underlying,
    /// A mark or charge is too large.
    #[error("mark, charges: must be below 2^62 (32.32 quote units per lot)")]
    Mark,
    /// A delta is too large.
    #[error("scenario_values: magnitudes must be below 2^62")]
    Delta,
    /// A position limit is too large, or lets positions grow at a mark that is not to be relied on.
    #[error("position limit: must be below 2^48 lots, and 0 in a suspended row")]
    PositionLimit,
    /// A suspended row without charges would not mark its positions as suspended.
    #[error("suspended row: initial charges must be at least 1")]
    Suspended,
    /// An expired instrument has no risk.
    #[error("expired row: scenario_values and charges must be 0, and it is not suspended")]
    Expired,
    /// A list has the wrong length for the market, or a factor or weight is out of bounds.
    #[error("{0}: does not fit the market's shape or bounds")]
    Shape(&'static str),
}

/// A committed element, as it is at hand.
enum Element {
    Unsigned(u64),
    Signed(i64),
    Packed(Fr),
}

impl Snapshot {
    /// Checks lengths and bounds against the market.
    pub fn check(&self, market: &MarketShape) -> Result<(), SnapshotError> {
        let require = |ok: bool, name| {
            if ok {
                Ok(())
            } else {
                Err(SnapshotError::Shape(name))
            }
        };
        require(self.taken_at.get() < 1 << TIME_BITS, "taken_at")?;
        require(market.instruments as usize <= PACK_BITS, "instruments")?;
        require(self.weights.len() == market.assets as usize, "weights")?;
        require(
            self.weights.first() == Some(&crate::fixed::ONE),
            "weights[0]",
        )?;
        require(
            self.weights.iter().all(|w| *w < 1 << ROW_VALUE_BITS),
            "weights",
        )?;
        require(self.factors.len() == market.underlyings as usize, "factors")?;
        let small = |f: &UnderlyingFactors| {
            f.initial.get() < 1 << FACTOR_LIMIT_BITS && f.maintenance <= f.initial
        };
        require(self.factors.iter().all(small), "factors")?;
        require(self.rows.len() == market.instruments as usize, "rows")?;
        for row in &self.rows {
            require(
                row.scenario_values.len() == market.scenarios as usize,
                "rows.scenario_values",
            )?;
            row.clone().checked()?;
        }
        Ok(())
    }

    /// The committed field elements: number and time packed; weights; initial and maintenance
    /// factor of each underlying; protocol share; liquidation rate; a bit for each expired row,
    /// slot 0 lowest; a bit for each suspended row; fee rates and position limits three rows by
    /// three; then per row mark, four charges (initial long, initial short, maintenance long,
    /// maintenance short) and deltas. Unpacked where it is large, because unpacking costs a circuit
    /// more constraints than hashing.
    pub fn fields(&self) -> Vec<Fr> {
        let elements = self.elements().into_iter();
        elements
            .map(|element| match element {
                Element::Unsigned(value) => Fr::from(value),
                Element::Signed(value) => fr_from_i128(value.into()),
                Element::Packed(value) => value,
            })
            .collect()
    }

    /// See [`Self::fields`].
    fn elements(&self) -> Vec<Element> {
        use Element::{Packed, Signed, Unsigned};
        let mut fields = alloc::vec![Packed(pack(&[
            (self.number.get(), 64),
            (self.taken_at.get(), TIME_BITS)
        ]))];
        fields.extend(self.weights.iter().map(|w| Unsigned(*w)));
        fields.extend(
            self.factors.iter().flat_map(|f| {
                [f.initial, f.maintenance].map(|factor| Unsigned(factor.get().into()))
            }),
        );
        fields.push(Unsigned(self.protocol_share.get().into()));
        fields.push(Unsigned(self.liquidation_rate.get().into()));
        let bits = |bit: fn(&InstrumentRow) -> bool| {
            let bits: Vec<_> = self.rows.iter().map(|r| (bit(r) as u64, 1)).collect();
            Packed(pack(&bits))
        };
        fields.push(bits(|row| row.expired));
        fields.push(bits(|row| row.suspended));
        let [fee_bits, limit_bits] = ROW_TERMS_LAYOUT;
        fields.extend(self.rows.chunks(ROW_TERMS_PER_FIELD).map(|rows| {
            let terms = |r: &InstrumentRow| {
                [
                    (r.fee_rate.get().into(), fee_bits),
                    (r.position_limit, limit_bits),
                ]
            };
            Packed(pack(&rows.iter().flat_map(terms).collect::<Vec<_>>()))
        }));
        for row in &self.rows {
            let charges = [
                row.mark,
                row.initial_long,
                row.initial_short,
                row.maintenance_long,
                row.maintenance_short,
            ];
            fields.extend(charges.map(Unsigned));
            fields.extend(row.scenario_values.iter().map(|d| Signed(*d)));
        }
        fields
    }

    /// The snapshot's hash.
    pub fn hash(&self) -> Fr {
        let elements = self.elements().into_iter();
        let encoded = elements.map(|element| match element {
            Element::Unsigned(value) => FieldBytes::from(value),
            Element::Signed(value) => FieldBytes::from(value),
            Element::Packed(value) => FieldBytes::from(value),
        });
        // All of them are canonical, so there always is one.
        hash_encoded_list(Domain::Snapshot, encoded).unwrap_or_default()
    }
}
