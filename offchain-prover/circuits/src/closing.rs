//! The closing circuit: the sums balance, the ledger moves, the insurance fund receives the dust,
//! and both boundaries meet the state roots.

mod fund;
mod ledger;
mod sums;

use crate::{
    accrual::Funding,
    error::CircuitError,
    gadgets::{
        bits::range,
        poseidon::{hash, hash_list},
    },
    header::HeaderVars,
    r1cs::{Cs, Num},
    running::Running,
};
use clearproof_primitives::{
    batch::{BatchHeader, closing_public_input},
    boundary::Boundary,
    ledger::Ledger,
    poseidon::Domain,
    shape::{AMOUNT_BITS, INTEREST_BITS, Shape},
    witness::ClosingWitness,
};
use fund::Fund;
use ledger::LedgerVars;

/// Enforces the closing of a batch. The public input is `Poseidon(header hash, chunks, first
/// boundary, last boundary)`.
///
/// Sound: both boundaries are opened to the commitments that the chunk proofs name. The first one's
/// sums are zero and its root and deposit cursor are those of the old state root. Of the last
/// one's, the net lots are zero per instrument (module `sums`), the quote flows are minus the
/// amount that fills rounded off, from 0 to one unit per fill, and deposits and withdrawals are the
/// header's. The new ledger follows from the old one and these sums; every total stays in
/// `[0, 2^63)`, every open interest in `[0, 2^60)`. The chain receives its share of the fees, as
/// the header states. No transfer is left on its way. Account 0 receives the fractions that fills
/// and accruals rounded off, in whole units, the rest being carried over in the ledger; penalties;
/// and the balances and positions that were taken over from bankrupt accounts. Nothing else in the
/// tree changes. Root and new ledger make the new state root.
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
    let (first, last) = open_boundaries(cs, shape, witness, &header, &public);
    let fill_count = cs.part("sums", |cs| {
        sums::enforce_cursors(cs, &header, &first, &last, witness.last.fill_count)
    });
    let old = cs.part("ledger", |cs| {
        open_old_ledger(cs, &header, &first, &witness.ledger_before)
    });
    let (dust, remainder) = cs.part("dust", |cs| {
        sums::dust(cs, &last, &old.remainder, &fill_count)
    });
    let fund = cs.part("fund", |cs| Fund::open(cs, shape, witness));
    let new = cs.part("ledger", |cs| {
        open_new_ledger(cs, &header, &last, remainder, &witness.ledger_after)
    });
    cs.part("moved", |cs| {
        sums::enforce_moved(cs, &header, &old, &new, &last, &fund, &dust);
    });

    let (funding, funding_hash) = cs.part("funding", |cs| Funding::open(cs, &witness.funding));
    cs.enforce_equal(&funding_hash, &header.funding_hash);
    let new_accounts_root = cs.part("fund", |cs| {
        let (old_root, new_root) = fund.update(cs, shape, &funding, witness);
        cs.enforce_equal(&old_root, &last.accounts_root);
        new_root
    });
    let new_ledger = cs.part("ledger", |cs| new.hash(cs));
    let new_root = hash(cs, &[new_accounts_root, new_ledger]);
    cs.enforce_equal(&new_root, &header.new_root);
    Ok(())
}

/// Opens the first and the last boundary, and ties them with the header to the public input.
fn open_boundaries(
    cs: &mut Cs,
    shape: &Shape,
    witness: &ClosingWitness,
    header: &HeaderVars,
    public: &Num,
) -> (Running, Running) {
    let mut open =
        |boundary: &Boundary| cs.part("boundary", |cs| Running::open(cs, &shape.market, boundary));
    let (first, first_commitment) = open(&witness.first);
    let (last, last_commitment) = open(&witness.last);
    let names = [
        header.hash.clone(),
        header.chunk_count.clone(),
        first_commitment,
        last_commitment,
    ];
    let computed = cs.part("public", |cs| hash(cs, &names));
    cs.enforce_equal(&computed, public);
    (first, last)
}

/// The ledger before the batch, which the old state root commits to.
fn open_old_ledger(
    cs: &mut Cs,
    header: &HeaderVars,
    first: &Running,
    ledger: &Ledger,
) -> LedgerVars {
    let old = LedgerVars::load(cs, ledger);
    cs.enforce_equal(&old.deposit_count, &header.deposits_before);
    cs.enforce_equal(&old.deposit_accumulator, &first.deposit_accumulator);
    let old_hash = old.hash(cs);
    let old_root = hash(cs, &[first.accounts_root.clone(), old_hash]);
    cs.enforce_equal(&old_root, &header.old_root);
    old
}

/// The ledger after the batch. Totals, fees and open interest are range-checked, and free as yet.
fn open_new_ledger(
    cs: &mut Cs,
    header: &HeaderVars,
    last: &Running,
    remainder: Num,
    ledger: &Ledger,
) -> LedgerVars {
    let totals: Vec<_> = ledger.totals.iter().map(|total| cs.alloc(*total)).collect();
    let fees = cs.alloc(ledger.fees);
    let open_interest = ledger.open_interest.iter();
    let open_interest: Vec<_> = open_interest.map(|lots| cs.alloc(*lots)).collect();
    for amount in totals.iter().chain([&fees]) {
        range(cs, amount, AMOUNT_BITS);
    }
    for lots in &open_interest {
        range(cs, lots, INTEREST_BITS);
    }
    let new = LedgerVars {
        salt: cs.alloc(ledger.salt),
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
}

/// Checks the lengths that the constraint system's form depends on.
fn check_shape(shape: &Shape, witness: &ClosingWitness) -> Result<(), CircuitError> {
    let require = CircuitError::require;
    let (instruments, assets) = (
        shape.market.instruments as usize,
        shape.market.assets as usize,
    );
    for boundary in [&witness.first, &witness.last] {
        let lots = [
            &boundary.net,
            &boundary.deleveraged,
            &boundary.open_interest,
        ];
        require(
            lots.iter().all(|sums| sums.len() == instruments),
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
