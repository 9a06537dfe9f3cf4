//! Fills: each consumes a slot of the order set and a price entry of the chunk, and changes quote,
//! fees and lots.

use crate::{
    forced::ForcedVars,
    gadgets::{
        bits::{alloc_bit, range},
        compare::enforce_ge_if,
        division::mul_shift_ceil,
        logic::{any, enforce_implies, enforce_zero_if, is_zero, select},
        one_hot::{index_of, mux, one_hot},
    },
    market::Market,
    order_set::{OrderSetVars, OrderVars},
    packing::pack,
    r1cs::{Bit, Cs, Num, Sum},
};
use ark_ff::PrimeField;
use clearproof_primitives::{
    batch::PriceEntry,
    fixed::FRACTION_BITS,
    shape::{AMOUNT_BITS, PRICE_BITS, QUANTITY_BITS, Shape, TIME_BITS},
    step::Fill,
};

/// The sums over all fills of a step.
pub struct FillTotals {
    /// Set if there is any.
    pub any: Bit,
    /// Number of fills.
    pub count: Num,
    /// Quote received less paid, fees aside; signed.
    pub quote: Num,
    /// The charges of the fills, each rounded up: at their instruments' fee rates, or at the
    /// liquidation rate.
    pub charges: Num,
    /// M signed sums of lots.
    pub net: Vec<Num>,
    /// R sums of lots by order slot.
    pub by_slot: Vec<Num>,
    /// R bits: set if the slot was filled at all.
    pub slot_used: Vec<Bit>,
    /// The F fills as the rule for reduce-only orders needs them.
    pub filled: Vec<FilledInstrument>,
    /// E numbers of fills that name the price entry.
    pub named: Vec<Num>,
}

/// The instrument of a fill.
pub struct FilledInstrument {
    /// Slot of the instrument.
    pub instrument: Num,
    /// Set if the fill is of a reduce-only order.
    pub reduce_only: Bit,
}

/// The environment that all fills of a step share.
pub struct FillContext<'a> {
    /// Shape of the venue.
    pub shape: &'a Shape,
    /// The snapshot.
    pub market: &'a Market,
    /// The venue's own action in the step.
    pub forced: &'a ForcedVars,
    /// The order set.
    pub set: &'a OrderSetVars,
    /// E packed price entries.
    pub entries: &'a [Num],
    /// Their values, for hints.
    pub native_entries: &'a [PriceEntry],
}

/// Bits of a fee rate.
const RATE_BITS: usize = 32;
/// Bits of the charges of a step's fills: at most 2^63 for each, of at most 64.
const CHARGES_BITS: usize = AMOUNT_BITS + 6;

/// One fill's contributions.
struct FillVars {
    active: Bit,
    slot: Vec<Bit>,
    /// E bits: the price entry that it names.
    chosen: Vec<Bit>,
    instrument: Vec<Bit>,
    quantity: Num,
    lots: Num,
    quote: Num,
    charge: Num,
    reduces: Bit,
}

impl FillTotals {
    /// Adds up F fills; a fill needs the order set to be present.
    pub fn of(cs: &mut Cs, context: &FillContext<'_>, fills: &[Fill]) -> Self {
        let shape = context.shape;
        let each: Vec<_> = (0..shape.fills as usize)
            .map(|i| fill(cs, context, fills.get(i)))
            .collect();
        let active: Vec<_> = each.iter().map(|f| f.active.clone()).collect();
        let sum_over = |cs: &mut Cs, value: &dyn Fn(&mut Cs, &FillVars) -> Num| {
            let mut sum = Sum::new();
            for fill in &each {
                sum.add(&value(cs, fill));
            }
            sum.finish()
        };
        let net = (0..shape.market.instruments as usize)
            .map(|i| sum_over(cs, &|cs, f| cs.mul(f.instrument[i].num(), &f.lots)))
            .collect();
        let by_slot = (0..shape.orders as usize)
            .map(|r| sum_over(cs, &|cs, f| cs.mul(f.slot[r].num(), &f.quantity)))
            .collect();
        let slot_used = (0..shape.orders as usize)
            .map(|r| {
                let uses: Vec<_> = each.iter().map(|f| f.slot[r].clone()).collect();
                any(cs, &uses)
            })
            .collect();
        let named = (0..shape.entries as usize)
            .map(|e| Num::sum(each.iter().map(|fill| fill.chosen[e].num())))
            .collect();
        let filled = |fill: &FillVars| FilledInstrument {
            instrument: index_of(&fill.instrument),
            reduce_only: fill.reduces.clone(),
        };
        Self {
            any: any(cs, &active),
            count: Num::sum(active.iter().map(Bit::num)),
            quote: Num::sum(each.iter().map(|f| &f.quote)),
            charges: Num::sum(each.iter().map(|f| &f.charge)),
            net,
            by_slot,
            slot_used,
            filled: each.iter().map(filled).collect(),
            named,
        }
    }

    /// The fee of the step's fills. A liquidation pays none, but its penalty is at most the charges
    /// of its fills; deleveraging costs nothing.
    pub fn fee(&self, cs: &mut Cs, forced: &ForcedVars) -> Num {
        enforce_ge_if(
            cs,
            &forced.liquidation,
            &self.charges,
            &forced.penalty,
            CHARGES_BITS,
        );
        let penalised = forced.liquidation.num() - forced.deleverages.num();
        cs.enforce(&(Num::one() - penalised), &forced.penalty, &Num::zero());
        cs.mul(forced.liquidation.not().num(), &self.charges)
    }
}

/// One fill.
///
/// Sound: slot and entry are chosen by one-hot rows that add up to `active`; the entry's parts are
/// unique because they are range-checked (the instrument by its one-hot row); its price is not
/// zero, which rules out the padding of the list; it is an entry of deleveraging if and only if the
/// step deleverages, and then of the side that [`EntryVars::open`] states. An inactive fill selects
/// nothing, has quantity 0 and adds nothing. Limit and trigger hold where a difference of 64-bit
/// numbers, turned by the order's side, has 64 bits.
fn fill(cs: &mut Cs, context: &FillContext<'_>, native: Option<&Fill>) -> FillVars {
    let shape = context.shape;
    let active = alloc_bit(cs, native.is_some());
    enforce_implies(cs, &active, &context.set.present);
    let slot = one_hot(
        cs,
        native.map(|f| f.slot),
        shape.orders as usize,
        active.num(),
    );
    let chosen = one_hot(
        cs,
        native.map(|f| f.entry),
        shape.entries as usize,
        active.num(),
    );
    let native_entry = native.and_then(|f| context.native_entries.get(f.entry));
    let order = FilledOrder {
        set: context.set,
        slot: &slot,
    };
    let sells = order.column(cs, &|o| o.sells.num().clone());
    let entry = EntryVars::open(cs, context, &active, &chosen, &sells, native_entry);
    let direction = order.enforce_terms(cs, &active, &sells, &entry);
    cs.part("trigger", |cs| {
        order.enforce_trigger(cs, context.market, &entry.instrument);
    });
    // At most one slot is selected, so the sum is one of the bits, or 0.
    let reduces = Bit::from_num_unchecked(order.column(cs, &|o| o.reduces.num().clone()));

    let quantity = cs.alloc(native.map_or(0, |f| f.quantity));
    range(cs, &quantity, QUANTITY_BITS);
    let nothing = is_zero(cs, &quantity);
    cs.enforce_equal(nothing.num(), active.not().num());
    let quote = rounded_quote(cs, &quantity, &entry.price, &direction);
    let rate = cs.part("fee", |cs| rate(cs, context, &active, &entry.instrument));
    let charge = mul_shift_ceil(cs, &quote, &rate, FRACTION_BITS as usize, AMOUNT_BITS);
    let lots = cs.mul(&direction, &quantity);
    let received = cs.mul(&-direction, &quote);
    FillVars {
        active,
        slot,
        chosen,
        instrument: entry.instrument,
        quantity,
        lots,
        quote: received,
        charge,
        reduces,
    }
}

/// The price entry of a fill.
struct EntryVars {
    instrument: Vec<Bit>,
    instrument_index: Num,
    time: Num,
    price: Num,
}

impl EntryVars {
    /// Opens the chosen entry of the list into its parts. `sells` is set if the fill's order sells,
    /// and clear in an inactive fill.
    ///
    /// Sound: with `d` if the step deleverages and `f` if it deleverages the fund, `fund sells` is
    /// `active·(d − f) + sells·(2·f − d)`. That is `sells` in a step of the fund, `¬sells` in one
    /// of another account, and 0 where the step does not deleverage: a bit in each case. So both
    /// packed bits are products of bits, and the one row that adds the last of them is the equality
    /// of the packed entry with its parts.
    fn open(
        cs: &mut Cs,
        context: &FillContext<'_>,
        active: &Bit,
        chosen: &[Bit],
        sells: &Num,
        native: Option<&PriceEntry>,
    ) -> Self {
        let [instrument_bits, time_bits, price_bits, deleverages_bits, _] = PriceEntry::LAYOUT;
        let instrument = one_hot(
            cs,
            native.map(|e| e.instrument.place()),
            context.shape.market.instruments as usize,
            active.num(),
        );
        let time = cs.alloc(native.map_or(0, |e| e.time.get()));
        range(cs, &time, time_bits);
        let price = cs.alloc(native.map_or(0, |e| e.price));
        range(cs, &price, price_bits);
        let packed = mux(cs, chosen, context.entries);
        let instrument_index = index_of(&instrument);
        let (deleverages, of_fund) = (
            context.forced.deleverages.num(),
            context.forced.deleverages_fund.num(),
        );
        let kind = deleverages + (deleverages - of_fund).double();
        let kind = cs.mul(active.num(), &kind);
        let parts = pack(&[
            (&instrument_index, instrument_bits),
            (&time, time_bits),
            (&price, price_bits),
            (&kind, deleverages_bits),
        ]);
        let place = Num::power_of_two(instrument_bits + time_bits + price_bits + deleverages_bits);
        let of_seller = (of_fund.double() - deleverages).scale(place.value());
        cs.enforce(sells, &of_seller, &(packed - parts));
        let no_price = is_zero(cs, &price);
        enforce_zero_if(cs, active, no_price.num());
        Self {
            instrument,
            instrument_index,
            time,
            price,
        }
    }
}

/// The order of a fill: the one in the chosen slot, or none.
struct FilledOrder<'a> {
    set: &'a OrderSetVars,
    slot: &'a [Bit],
}

impl FilledOrder<'_> {
    /// A value of the order; 0 if no slot is chosen.
    fn column(&self, cs: &mut Cs, of: &dyn Fn(&OrderVars) -> Num) -> Num {
        let items: Vec<_> = self.set.orders.iter().map(of).collect();
        mux(cs, self.slot, &items)
    }

    /// Requires the entry to be of the order's instrument, within its limit and the set's validity.
    /// Returns the order's direction: 1 for a buy, −1 for a sell.
    fn enforce_terms(&self, cs: &mut Cs, active: &Bit, sells: &Num, entry: &EntryVars) -> Num {
        let order_instrument = self.column(cs, &|o| o.instrument.clone());
        cs.enforce_equal(&order_instrument, &entry.instrument_index);
        let limit = self.column(cs, &|o| o.limit.clone());
        let direction = Num::one() - sells.double();
        let slack = cs.mul(&direction, &(&limit - &entry.price));
        range(cs, &slack, PRICE_BITS);
        enforce_ge_if(cs, active, &entry.time, &self.set.valid_from, TIME_BITS);
        enforce_ge_if(cs, active, &self.set.valid_until, &entry.time, TIME_BITS);
        direction
    }

    /// Requires the instrument's mark to meet the order's trigger.
    fn enforce_trigger(&self, cs: &mut Cs, market: &Market, instrument: &[Bit]) {
        let side = self.column(cs, &|o| o.trigger_side());
        let trigger = self.column(cs, &|o| o.trigger.clone());
        let marks: Vec<_> = market.rows.iter().map(|r| r.live_mark.clone()).collect();
        let mark = mux(cs, instrument, &marks);
        let slack = cs.mul(&side, &(mark - trigger));
        range(cs, &slack, PRICE_BITS);
    }
}

/// The rate at which a fill is charged, which the order set must accept.
fn rate(cs: &mut Cs, context: &FillContext<'_>, active: &Bit, instrument: &[Bit]) -> Num {
    let market = context.market;
    let fees: Vec<_> = market.rows.iter().map(|row| row.fee_rate.clone()).collect();
    let fee_rate = mux(cs, instrument, &fees);
    let liquidation = &context.forced.liquidation;
    let rate = select(cs, liquidation, &market.liquidation_rate, &fee_rate);
    enforce_ge_if(cs, active, &context.set.max_fee, &rate, RATE_BITS);
    rate
}

/// `quantity · price / 2^32`, rounded up if `direction` is 1 (a buy), down if it is −1 (a sell).
///
/// Sound: `quote · 2^32 = quantity · price + direction · remainder` with the remainder in
/// `[0, 2^32)` and quote in `[0, 2^63)` has one solution over the integers, and neither side
/// reaches 2^113.
fn rounded_quote(cs: &mut Cs, quantity: &Num, price: &Num, direction: &Num) -> Num {
    let notional = cs.mul(quantity, price);
    let buys = direction.value() == Num::one().value();
    let fraction = FRACTION_BITS as usize;
    let low_bits = notional.value().into_bigint();
    let low = low_bits.as_ref()[0] & ((1u64 << fraction) - 1);
    let remainder = if buys && low != 0 {
        (1u64 << fraction) - low
    } else {
        low
    };
    let remainder = cs.alloc(remainder);
    range(cs, &remainder, fraction);
    let signed_remainder = cs.mul(direction, &remainder);
    let scaled = notional + signed_remainder;
    let quotient = scaled.value().into_bigint() >> fraction as u32;
    let quote = cs.alloc(ark_bn254::Fr::from_bigint(quotient).unwrap_or_default());
    range(cs, &quote, AMOUNT_BITS);
    cs.enforce_equal(&quote.scale(Num::power_of_two(fraction).value()), &scaled);
    quote
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gadgets::testing::{accepted, holds_with};
    use ark_bn254::Fr;
    use clearproof_primitives::fixed::{ONE, Rounding, mul_fraction};

    fn build(quantity: u64, price: u64, buys: bool) -> impl Fn(&mut Cs) {
        move |cs| {
            let (quantity, price) = (cs.input(quantity), cs.input(price));
            let direction = cs.input(if buys {
                Fr::from(1u64)
            } else {
                -Fr::from(1u64)
            });
            rounded_quote(cs, &quantity, &price, &direction);
        }
    }

    #[test]
    fn quotes_round_against_the_account() {
        let widest = ((1 << QUANTITY_BITS) - 1, 1 << 46);
        for (quantity, price) in [(0, 7), (1, 1), (3, ONE), (20, 100 * ONE + ONE / 3), widest] {
            for (buys, rounding) in [(true, Rounding::Up), (false, Rounding::Down)] {
                let cost = accepted(|cs| {
                    let (q, p) = (cs.input(quantity), cs.input(price));
                    let direction = cs.input(if buys {
                        Fr::from(1u64)
                    } else {
                        -Fr::from(1u64)
                    });
                    let quote = rounded_quote(cs, &q, &p, &direction);
                    assert_eq!(
                        Some(quote.value()),
                        mul_fraction(quantity, price, rounding).map(Fr::from)
                    );
                });
                assert_eq!(cost, 2 + FRACTION_BITS as usize + AMOUNT_BITS + 1);
            }
        }
    }

    /// A quote that is off by one, with the remainder that makes the equation hold: the remainder
    /// is out of its range.
    #[test]
    fn a_quote_one_off_is_refused() {
        let fraction = FRACTION_BITS as usize;
        // 3 lots at 1/2: 1.5, so 2 for a buyer and 1 for a seller, either with a remainder of 1/2.
        for (buys, quote) in [(true, 1u64), (true, 3), (false, 0), (false, 2)] {
            let (notional, scaled) = (3 * (ONE as i64 / 2), (quote * ONE) as i64);
            let remainder = if buys {
                scaled - notional
            } else {
                notional - scaled
            };
            let bit = |value: i64, i: usize| Fr::from((value >> i & 1) as u64);
            let signed = if buys {
                Fr::from(remainder)
            } else {
                -Fr::from(remainder)
            };
            // witnesses: notional, remainder, its bits from 1, signed remainder, quote, its bits
            // from 1
            let mut replaced = vec![
                (1, Fr::from(remainder)),
                (fraction + 1, signed),
                (fraction + 2, Fr::from(quote)),
            ];
            replaced.extend((1..fraction).map(|i| (1 + i, bit(remainder, i))));
            replaced.extend((1..AMOUNT_BITS).map(|i| (fraction + 2 + i, bit(quote as i64, i))));
            assert!(
                !holds_with(build(3, ONE / 2, buys), &replaced),
                "{buys} {quote}"
            );
        }
        // The same replacement with the honest numbers holds, so the attack above fails for its
        // numbers alone.
        let half = ONE as i64 / 2;
        let honest = [
            (1, Fr::from(half)),
            (fraction + 1, Fr::from(half)),
            (fraction + 2, Fr::from(2u64)),
        ];
        assert!(holds_with(build(3, ONE / 2, true), &honest));
    }
}
