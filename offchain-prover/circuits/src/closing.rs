//! The closing circuit: the sums balance, the ledger moves, the insurance fund takes the dust, and both boundaries meet
//! the state roots.

use crate::{
    CircuitError,
    account::{AccountVars, PositionVars, enforce_balances},
    accrual::Funding,
    gadgets::{
        bits::{range, to_bits},
        division::shift_floor,
        merkle,
        poseidon::{hash, hash_list},
    },
    header::HeaderVars,
    margin::Exposure,
    r1cs::{Cs, Num},
    running::{Running, shifted},
};
use clearproof_primitives::{
    account::FUNDING_BASIS_BITS,
    batch::{BatchHeader, closing_public_input},
    boundary::{
        FILLS_SHIFT, INTEREST_SHIFT, PENALTY_SHIFT, TAKEN_AMOUNT_SHIFT, TAKEN_LOTS_SHIFT,
        WITHDRAWALS_SHIFT,
    },
    field::fr_from_i128,
    fixed::FRACTION_BITS,
    ledger::Ledger,
    poseidon::Domain,
    shape::{AMOUNT_BITS, INTEREST_BITS, Shape},
    witness::ClosingWitness,
};

/// Bits of the number of fills in a batch: more than 2^16 chunks of any shape can hold.
const FILL_COUNT_BITS: usize = 40;
/// Bits of the dust of a batch, in quote units: less than one for each fill and each step, and one for the remainder.
const DUST_BITS: usize = FILL_COUNT_BITS + 2;
/// Bits of the penalties of a batch: 63 for each of fewer than 2^12 steps.
const PENALTY_BITS: usize = AMOUNT_BITS + 12;

/// The ledger as variables.
struct LedgerVars {
    salt: Num,
    totals: Vec<Num>,
    fees: Num,
    deposit_count: Num,
    deposit_accumulator: Num,
    open_interest: Vec<Num>,
    open_interest_hash: Num,
    remainder: Num,
}

impl LedgerVars {
    fn hash(&self, cs: &mut Cs) -> Num {
        let mut fields = vec![self.salt.clone()];
        fields.extend(self.totals.iter().cloned());
        fields.extend([
            self.fees.clone(),
            self.deposit_count.clone(),
            self.deposit_accumulator.clone(),
            self.open_interest_hash.clone(),
            self.remainder.clone(),
        ]);
        hash_list(cs, Domain::Ledger, &fields)
    }

    fn load(cs: &mut Cs, ledger: &Ledger) -> Self {
        let open_interest: Vec<_> = ledger.open_interest.iter().map(|i| cs.alloc(*i)).collect();
        Self {
            salt: cs.alloc(ledger.salt),
            totals: ledger.totals.iter().map(|t| cs.alloc(*t)).collect(),
            fees: cs.alloc(ledger.fees),
            deposit_count: cs.alloc(ledger.deposits.count),
            deposit_accumulator: cs.alloc(ledger.deposits.accumulator),
            open_interest_hash: hash_list(cs, Domain::OpenInterest, &open_interest),
            open_interest,
            remainder: cs.alloc(ledger.remainder),
        }
    }
}

/// Enforces the closing of a batch. The public input is `Poseidon(header hash, chunks, first boundary, last boundary)`.
///
/// Sound: both boundaries are opened to the commitments that the chunk proofs name. The first one's sums are zero and
/// its root and deposit cursor are those of the old state root. Of the last one's, the net lots are zero per instrument ([`moved`]),
/// the quote flows are minus what fills rounded off, from 0 to one unit per fill, and deposits and withdrawals are the header's. The
/// new ledger follows from the old one and these sums; every total stays in `[0, 2^63)`, every open interest in `[0, 2^60)`. The chain gets
/// its share of the fees, as the header says. No transfer is left on its way. Account 0 gets what
/// fills and settlements rounded off, in whole units, the rest being carried over in the ledger; penalties; and what was taken over
/// from bankrupt accounts. Nothing else in the tree changes. Root and new ledger make the new state root.
pub fn closing(
    cs: &mut Cs,
    shape: &Shape,
    header: &BatchHeader,
    witness: &ClosingWitness,
) -> Result<(), CircuitError> {
    check_shape(shape, witness)?;
    let public = closing_public_input(
        header.hash()?,
        header.chunk_count,
        witness.first.commitment(),
        witness.last.commitment(),
    );
    let public = cs.input(public);
    let header = cs.part("header", |cs| HeaderVars::open(cs, header))?;
    let (first, first_commitment) = cs.part("boundary", |cs| {
        Running::open(cs, &shape.market, &witness.first)
    });
    let (last, last_commitment) = cs.part("boundary", |cs| {
        Running::open(cs, &shape.market, &witness.last)
    });
    let names = [
        header.hash.clone(),
        header.chunk_count.clone(),
        first_commitment,
        last_commitment,
    ];
    let computed = cs.part("public", |cs| hash(cs, &names));
    cs.enforce_equal(&computed, &public);

    let fill_count = cs.part("sums", |cs| {
        starts_at_zero(cs, &first);
        cs.enforce_equal(&first.counts, &header.deposits_before);
        cs.enforce_equal(&first.deposit_accumulator, &header.accumulator_before);
        cs.enforce_equal(&last.deposit_accumulator, &header.accumulator_after);
        cs.enforce_equal(&last.withdrawals, &header.withdrawals_hash);
        cs.enforce_zero(&last.transfer);
        // Deposits and withdrawals are the header's, which checks their ranges: what is left are the fills.
        let fill_count = cs.alloc(witness.last.fill_count);
        range(cs, &fill_count, FILL_COUNT_BITS);
        let counts = &header.deposits_after
            + shifted(&header.withdrawal_count, WITHDRAWALS_SHIFT)
            + shifted(&fill_count, FILLS_SHIFT);
        cs.enforce_equal(&counts, &last.counts);
        fill_count
    });
    let old = cs.part("ledger", |cs| {
        let old = LedgerVars::load(cs, &witness.ledger_before);
        cs.enforce_equal(&old.deposit_count, &header.deposits_before);
        cs.enforce_equal(&old.deposit_accumulator, &first.deposit_accumulator);
        let old_hash = old.hash(cs);
        let old_root = hash(cs, &[first.accounts_root.clone(), old_hash]);
        cs.enforce_equal(&old_root, &header.old_root);
        old
    });
    let (dust, remainder) = cs.part("dust", |cs| {
        let of_fills = -&last.quote;
        range(cs, &of_fills, FILL_COUNT_BITS);
        range(cs, &(fill_count - &of_fills), FILL_COUNT_BITS);
        let fraction = FRACTION_BITS as usize;
        let unit = Num::power_of_two(fraction).value();
        let rounded = &old.remainder + &last.remainder + of_fills.scale(unit);
        let dust = shift_floor(cs, &rounded, fraction, DUST_BITS);
        let remainder = rounded - dust.scale(unit);
        (dust, remainder)
    });
    let fund = cs.part("fund", |cs| Fund::open(cs, shape, witness));
    let new_ledger = cs.part("ledger", |cs| {
        let totals: Vec<_> = witness
            .ledger_after
            .totals
            .iter()
            .map(|total| cs.alloc(*total))
            .collect();
        let fees = cs.alloc(witness.ledger_after.fees);
        let new_open_interest = witness.ledger_after.open_interest.iter();
        let open_interest: Vec<_> = new_open_interest.map(|lots| cs.alloc(*lots)).collect();
        for amount in totals.iter().chain([&fees]) {
            range(cs, amount, AMOUNT_BITS);
        }
        for lots in &open_interest {
            range(cs, lots, INTEREST_BITS);
        }
        let new = LedgerVars {
            salt: cs.alloc(witness.ledger_after.salt),
            totals,
            fees,
            deposit_count: header.deposits_after.clone(),
            deposit_accumulator: last.deposit_accumulator.clone(),
            open_interest_hash: hash_list(cs, Domain::OpenInterest, &open_interest),
            open_interest,
            remainder,
        };
        cs.enforce_equal(&new.open_interest_hash, &header.open_interest_hash);
        new
    });
    cs.part("moved", |cs| {
        moved(cs, &header, &old, &new_ledger, &last, &fund, &dust)
    });

    let (funding, funding_hash) = cs.part("funding", |cs| Funding::open(cs, &witness.funding));
    cs.enforce_equal(&funding_hash, &header.funding_hash);
    let new_accounts_root = cs.part("fund", |cs| {
        let (old_root, new_root) = fund.update(cs, shape, &funding, witness);
        cs.enforce_equal(&old_root, &last.accounts_root);
        new_root
    });
    let new_ledger = cs.part("ledger", |cs| new_ledger.hash(cs));
    let new_root = hash(cs, &[new_accounts_root, new_ledger]);
    cs.enforce_equal(&new_root, &header.new_root);
    Ok(())
}

/// The insurance fund before and after the batch's end, and what it gets.
struct Fund {
    before: AccountVars,
    /// K balances after it.
    balances: Vec<Num>,
    /// P positions after it.
    positions: Vec<PositionVars>,
    lots_before: Exposure,
    lots_after: Exposure,
    /// Penalties.
    penalties: Num,
    /// M signed lots taken over.
    taken: Vec<Num>,
}

impl Fund {
    /// Allocates both and what the fund takes over. Balances and positions after it are free as yet; all else stays.
    fn open(cs: &mut Cs, shape: &Shape, witness: &ClosingWitness) -> Self {
        let before = AccountVars::load(cs, shape, &witness.fund_before);
        let balances = witness.fund_after.balances.iter();
        let balances: Vec<_> = balances
            .map(|balance| cs.alloc(fr_from_i128(*balance as i128)))
            .collect();
        let positions = PositionVars::load_all(cs, shape, &witness.fund_after);
        PositionVars::enforce_canonical(cs, &positions);
        enforce_balances(cs, &balances);
        let slots = shape.market.instruments.into();
        let lots_before = Exposure::of(cs, slots, &before.positions);
        let lots_after = Exposure::of(cs, slots, &positions);
        let taken: Vec<_> = lots_after
            .quantity
            .iter()
            .zip(&lots_before.quantity)
            .map(|(after, before)| after - before)
            .collect();
        let penalties = cs.alloc(witness.last.penalties);
        range(cs, &penalties, PENALTY_BITS);
        Self {
            before,
            balances,
            positions,
            lots_before,
            lots_after,
            penalties,
            taken,
        }
    }

    /// Both leaves in the tree; answers the roots around them. The fund's funding basis grows by what it took over at the indices in force.
    fn update(
        self,
        cs: &mut Cs,
        shape: &Shape,
        funding: &Funding,
        witness: &ClosingWitness,
    ) -> (Num, Num) {
        let funding_basis = &self.before.funding_basis + funding.funding_basis(cs, &self.taken);
        range(
            cs,
            &(&funding_basis + Num::power_of_two(FUNDING_BASIS_BITS)),
            FUNDING_BASIS_BITS + 1,
        );
        let after = AccountVars {
            balances: self.balances,
            positions: self.positions,
            funding_basis,
            ..self.before.clone()
        };
        let (old_leaf, new_leaf) = (self.before.leaf(cs), after.leaf(cs));
        let index = to_bits(cs, &Num::zero(), 2 * shape.depth as usize);
        merkle::update(cs, &index, &old_leaf, &new_leaf, &witness.fund_path)
    }
}

/// Takes the last boundary's sums apart: each is what ledger and fund say that it is.
///
/// Sound: the parts of a sum are differences of range-checked values, below half the distance of their places, and so are the sums
/// that steps made: so each part is equal, and the net lots, which have no part here, are zero, deleveraging's and all.
fn moved(
    cs: &mut Cs,
    header: &HeaderVars,
    old: &LedgerVars,
    new: &LedgerVars,
    last: &Running,
    fund: &Fund,
    dust: &Num,
) {
    let fraction = FRACTION_BITS as usize;
    let fees = &new.fees - &old.fees + &header.protocol_fee;
    // The chain's share, rounded down: both sides are below 2^97.
    let share = cs.mul(&fees, &header.protocol_share);
    let paid = header
        .protocol_fee
        .scale(Num::power_of_two(fraction).value());
    range(cs, &(share - paid), fraction);
    let charges = fees + shifted(&fund.penalties, PENALTY_SHIFT);
    cs.enforce_equal(&charges, &last.charges);

    let lots_before = fund.lots_before.lots();
    let lots_after = fund.lots_after.lots();
    for (i, sum) in last.lots.iter().enumerate() {
        // The fund's own lots count as well, but only the steps' are in the sum.
        let of_fund = &lots_after[i] - &lots_before[i];
        let of_steps = &new.open_interest[i] - &old.open_interest[i] - of_fund;
        let lots = shifted(&of_steps, INTEREST_SHIFT) + shifted(&fund.taken[i], TAKEN_LOTS_SHIFT);
        cs.enforce_equal(&lots, sum);
    }

    for (k, sum) in last.out.iter().enumerate() {
        let mut withdrawn = &old.totals[k] + &last.deposited[k] - &new.totals[k];
        let mut taken = &fund.balances[k] - &fund.before.balances[k];
        if k == 0 {
            withdrawn = withdrawn - &header.protocol_fee;
            taken = taken - dust - &fund.penalties;
        }
        cs.enforce_equal(&(withdrawn + shifted(&taken, TAKEN_AMOUNT_SHIFT)), sum);
    }
}

fn starts_at_zero(cs: &mut Cs, first: &Running) {
    let head = [
        &first.withdrawals,
        &first.transfer,
        &first.quote,
        &first.charges,
        &first.remainder,
    ];
    for sum in head
        .into_iter()
        .chain(&first.lots)
        .chain(&first.deposited)
        .chain(&first.out)
    {
        cs.enforce_zero(sum);
    }
}

fn check_shape(shape: &Shape, witness: &ClosingWitness) -> Result<(), CircuitError> {
    let require = |ok: bool, name| {
        if ok {
            Ok(())
        } else {
            Err(CircuitError::Shape(name))
        }
    };
    let (instruments, assets) = (
        shape.market.instruments as usize,
        shape.market.assets as usize,
    );
    for boundary in [&witness.first, &witness.last] {
        require(
            [
                &boundary.net,
                &boundary.deleveraged,
                &boundary.open_interest,
            ]
            .iter()
            .all(|sums| sums.len() == instruments),
            "boundary net",
        )?;
        require(
            boundary.deposited.len() == assets && boundary.withdrawn.len() == assets,
            "boundary sums",
        )?;
        require(
            boundary.taken.len() == instruments && boundary.taken_balances.len() == assets,
            "boundary taken",
        )?;
    }
    for ledger in [&witness.ledger_before, &witness.ledger_after] {
        require(
            ledger.totals.len() == assets && ledger.open_interest.len() == instruments,
            "ledger",
        )?;
    }
    require(witness.funding.len() == instruments, "funding")?;
    for fund in [&witness.fund_before, &witness.fund_after] {
        require(fund.slots.len() == shape.orders as usize, "order slots")?;
        require(fund.balances.len() == assets, "balances")?;
        require(
            fund.positions.len() <= shape.positions as usize,
            "positions",
        )?;
    }
    require(witness.fund_path.len() == shape.depth as usize, "path")
}
