//! The closing circuit: the sums balance, the ledger moves, the insurance fund takes the dust, and both boundaries meet
//! the state roots.

use crate::{
    account::AccountVars,
    gadgets::{
        bits::{range, to_bits},
        division::shift_floor,
        merkle,
        poseidon::{hash, hash_list},
    },
    header::HeaderVars,
    r1cs::{Cs, Num},
    running::{shifted, Running},
    CircuitError,
};
use clearproof_primitives::{
    batch::{closing_public_input, BatchHeader, FILLS_SHIFT, INTEREST_SHIFT, WITHDRAWALS_SHIFT},
    fixed::FRACTION_BITS,
    ledger::Ledger,
    poseidon::Domain,
    shape::{Shape, AMOUNT_BITS},
    witness::ClosingWitness,
};

/// Bits of the number of fills in a batch: more than 2^16 chunks of any shape can hold.
const FILL_COUNT_BITS: usize = 40;
/// Bits of the dust of a batch, in quote units: less than one for each fill and each step, and one for the remainder.
const DUST_BITS: usize = FILL_COUNT_BITS + 2;

/// The ledger as variables.
struct LedgerVars {
    salt: Num,
    totals: Vec<Num>,
    fees: Num,
    deposit_count: Num,
    deposit_accumulator: Num,
    interest: Vec<Num>,
    interest_hash: Num,
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
            self.interest_hash.clone(),
            self.remainder.clone(),
        ]);
        hash_list(cs, Domain::Ledger, &fields)
    }

    fn load(cs: &mut Cs, ledger: &Ledger) -> Self {
        let interest: Vec<_> = ledger.interest.iter().map(|i| cs.alloc(*i)).collect();
        Self {
            salt: cs.alloc(ledger.salt),
            totals: ledger.totals.iter().map(|t| cs.alloc(*t)).collect(),
            fees: cs.alloc(ledger.fees),
            deposit_count: cs.alloc(ledger.deposits.count),
            deposit_accumulator: cs.alloc(ledger.deposits.accumulator),
            interest_hash: hash_list(cs, Domain::Interest, &interest),
            interest,
            remainder: cs.alloc(ledger.remainder),
        }
    }
}

/// Enforces the closing of a batch. The public input is `Poseidon(header hash, chunks, first boundary, last boundary)`.
///
/// Sound: both boundaries are opened to the commitments that the chunk proofs name. The first one's sums are zero and
/// its root and deposit cursor are those of the old state root; the last one's net lots are zero per instrument (the lots are
/// `net + 2^80 · interest` with both far below 2^79, and equal to 2^80 times the change of the open interest), its quote
/// flows are minus what fills rounded off, from 0 to one unit per fill, and its deposits and withdrawals are the header's. The
/// new ledger follows from the old one and these sums; every total and every open interest stays in `[0, 2^63)`. What fills and
/// settlements rounded off goes to account 0 in whole units, the rest is carried over in the ledger; nothing else in the tree
/// changes. Root and new ledger make the new state root.
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
        let of_fills = -&last.quote_sum;
        range(cs, &of_fills, FILL_COUNT_BITS);
        range(cs, &(fill_count - &of_fills), FILL_COUNT_BITS);
        let fraction = FRACTION_BITS as usize;
        let unit = Num::power_of_two(fraction).value();
        let rounded = &old.remainder + &last.remainder_sum + of_fills.scale(unit);
        let dust = shift_floor(cs, &rounded, fraction, DUST_BITS);
        let remainder = rounded - dust.scale(unit);
        (dust, remainder)
    });
    let new_ledger = cs.part("ledger", |cs| {
        let totals: Vec<_> = old
            .totals
            .iter()
            .zip(last.deposited.iter().zip(&last.withdrawn))
            .map(|(total, (deposited, withdrawn))| total + deposited - withdrawn)
            .collect();
        let fees = &old.fees + &last.fee_sum;
        let new_interest = witness.ledger_after.interest.iter();
        let interest: Vec<_> = new_interest.map(|lots| cs.alloc(*lots)).collect();
        // Nothing is left of the net lots, which have their own bits below those of the interest.
        let changed = interest.iter().zip(&old.interest).zip(&last.lots);
        for ((new, old), lots) in changed {
            cs.enforce_equal(&shifted(&(new - old), INTEREST_SHIFT), lots);
        }
        for amount in totals.iter().chain([&fees]).chain(&interest) {
            range(cs, amount, AMOUNT_BITS);
        }
        let new = LedgerVars {
            salt: cs.alloc(witness.ledger_after.salt),
            totals,
            fees,
            deposit_count: header.deposits_after.clone(),
            deposit_accumulator: last.deposit_accumulator.clone(),
            interest_hash: hash_list(cs, Domain::Interest, &interest),
            interest,
            remainder,
        };
        cs.enforce_equal(&new.interest_hash, &header.interest_hash);
        new.hash(cs)
    });

    let new_accounts_root = cs.part("fund", |cs| {
        let fund = AccountVars::load(cs, shape, &witness.fund_before);
        let mut credited = fund.clone();
        credited.balances[0] = &credited.balances[0] + &dust;
        range(
            cs,
            &(&credited.balances[0] + Num::power_of_two(AMOUNT_BITS)),
            AMOUNT_BITS + 1,
        );
        let (old_leaf, new_leaf) = (fund.leaf(cs), credited.leaf(cs));
        let index = to_bits(cs, &Num::zero(), 2 * shape.depth as usize);
        let (old_root, new_root) =
            merkle::update(cs, &index, &old_leaf, &new_leaf, &witness.fund_path);
        cs.enforce_equal(&old_root, &last.accounts_root);
        new_root
    });
    let new_root = hash(cs, &[new_accounts_root, new_ledger]);
    cs.enforce_equal(&new_root, &header.new_root);
    Ok(())
}

fn starts_at_zero(cs: &mut Cs, first: &Running) {
    let head = [
        &first.withdrawals,
        &first.quote_sum,
        &first.fee_sum,
        &first.remainder_sum,
    ];
    for sum in head
        .into_iter()
        .chain(&first.lots)
        .chain(&first.deposited)
        .chain(&first.withdrawn)
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
            boundary.net.len() == instruments && boundary.interest.len() == instruments,
            "boundary net",
        )?;
        require(
            boundary.deposited.len() == assets && boundary.withdrawn.len() == assets,
            "boundary sums",
        )?;
    }
    for ledger in [&witness.ledger_before, &witness.ledger_after] {
        require(
            ledger.totals.len() == assets && ledger.interest.len() == instruments,
            "ledger",
        )?;
    }
    require(
        witness.fund_before.slots.len() == shape.orders as usize,
        "order slots",
    )?;
    require(witness.fund_before.balances.len() == assets, "balances")?;
    require(
        witness.fund_before.positions.len() <= shape.positions as usize,
        "positions",
    )?;
    require(witness.fund_path.len() == shape.depth as usize, "path")
}
