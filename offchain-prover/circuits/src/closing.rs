//! The closing circuit: the sums balance, the ledger moves, the insurance fund takes the dust, and both boundaries meet
//! the state roots.

use crate::{
    account::AccountVars,
    gadgets::{
        bits::{range, to_bits},
        merkle,
        poseidon::{hash, hash_list},
    },
    header::HeaderVars,
    r1cs::{Cs, Num},
    running::Running,
    CircuitError,
};
use clearproof_primitives::{
    batch::{closing_public_input, BatchHeader},
    ledger::Ledger,
    poseidon::Domain,
    shape::{Shape, AMOUNT_BITS},
    witness::ClosingWitness,
};

/// Bits of the number of fills in a batch: more than 2^16 chunks of any shape can hold.
const FILL_COUNT_BITS: usize = 40;

/// The ledger as variables.
struct LedgerVars {
    salt: Num,
    totals: Vec<Num>,
    fees: Num,
    deposit_count: Num,
    deposit_accumulator: Num,
    funding_hash: Num,
}

impl LedgerVars {
    fn hash(&self, cs: &mut Cs) -> Num {
        let mut fields = vec![self.salt.clone()];
        fields.extend(self.totals.iter().cloned());
        fields.extend([
            self.fees.clone(),
            self.deposit_count.clone(),
            self.deposit_accumulator.clone(),
            self.funding_hash.clone(),
        ]);
        hash_list(cs, Domain::Ledger, &fields)
    }

    fn load(cs: &mut Cs, ledger: &Ledger) -> Self {
        Self {
            salt: cs.alloc(ledger.salt),
            totals: ledger.totals.iter().map(|t| cs.alloc(*t)).collect(),
            fees: cs.alloc(ledger.fees),
            deposit_count: cs.alloc(ledger.deposits.count),
            deposit_accumulator: cs.alloc(ledger.deposits.accumulator),
            funding_hash: cs.alloc(ledger.funding_hash()),
        }
    }
}

/// Enforces the closing of a batch. The public input is `Poseidon(header hash, chunks, first boundary, last boundary)`.
///
/// Sound: both boundaries are opened to the commitments that the chunk proofs name. The first one's sums are zero and
/// its root and deposit cursor are those of the old state root; the last one's lots are zero per instrument, its quote
/// flows are minus the dust, `0 ≤ dust ≤ fills`, and its deposits and withdrawals are the header's. The new ledger
/// follows from the old one and these sums; every total stays in `[0, 2^63)`. Account 0 gets the dust and nothing else
/// in the tree changes; root and new ledger make the new state root.
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

    cs.part("sums", |cs| {
        starts_at_zero(cs, &first);
        for net in &last.net {
            cs.enforce_zero(net);
        }
        cs.enforce_equal(&first.deposit_count, &header.deposits_before);
        cs.enforce_equal(&first.deposit_accumulator, &header.accumulator_before);
        cs.enforce_equal(&last.deposit_count, &header.deposits_after);
        cs.enforce_equal(&last.deposit_accumulator, &header.accumulator_after);
        cs.enforce_equal(&last.withdrawal_count, &header.withdrawal_count);
        cs.enforce_equal(&last.withdrawals, &header.withdrawals_hash);
        cs.enforce_equal(&first.funding_hash, &last.funding_hash);
    });
    let dust = -&last.quote_sum;
    range(cs, &dust, FILL_COUNT_BITS);
    range(cs, &(&last.fill_count - &dust), FILL_COUNT_BITS);

    let new_ledger = cs.part("ledger", |cs| {
        let old = LedgerVars::load(cs, &witness.ledger_before);
        cs.enforce_equal(&old.deposit_count, &first.deposit_count);
        cs.enforce_equal(&old.deposit_accumulator, &first.deposit_accumulator);
        cs.enforce_equal(&old.funding_hash, &first.funding_hash);
        let old_hash = old.hash(cs);
        let old_root = hash(cs, &[first.accounts_root.clone(), old_hash]);
        cs.enforce_equal(&old_root, &header.old_root);
        let totals: Vec<_> = old
            .totals
            .iter()
            .zip(last.deposited.iter().zip(&last.withdrawn))
            .map(|(total, (deposited, withdrawn))| total + deposited - withdrawn)
            .collect();
        let fees = &old.fees + &last.fee_sum;
        for amount in totals.iter().chain([&fees]) {
            range(cs, amount, AMOUNT_BITS);
        }
        let new = LedgerVars {
            salt: cs.alloc(witness.ledger_after.salt),
            totals,
            fees,
            deposit_count: last.deposit_count.clone(),
            deposit_accumulator: last.deposit_accumulator.clone(),
            funding_hash: last.funding_hash.clone(),
        };
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
        &first.withdrawal_count,
        &first.withdrawals,
        &first.quote_sum,
        &first.fee_sum,
        &first.fill_count,
    ];
    for sum in head
        .into_iter()
        .chain(&first.net)
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
        require(boundary.net.len() == instruments, "boundary net")?;
        require(
            boundary.deposited.len() == assets && boundary.withdrawn.len() == assets,
            "boundary sums",
        )?;
    }
    for ledger in [&witness.ledger_before, &witness.ledger_after] {
        require(
            ledger.totals.len() == assets && ledger.funding.len() == instruments,
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
