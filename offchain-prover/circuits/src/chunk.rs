//! The chunk circuit: a fixed number of account steps between two boundaries, one public input.

use crate::{
    accrual::Funding,
    error::CircuitError,
    gadgets::poseidon::{hash, hash_list},
    header::HeaderVars,
    market::Market,
    r1cs::{Cs, Num, Sum},
    running::Running,
    step::{StepEnvironment, step},
};
use clearproof_primitives::{
    batch::{BatchHeader, PriceEntry, chunk_public_input, price_list_hash},
    poseidon::Domain,
    shape::Shape,
    snapshot::Snapshot,
    witness::ChunkWitness,
};

/// Enforces one chunk. The public input is `Poseidon(header hash, index, boundary before, boundary
/// after, price list)`.
pub fn chunk(
    cs: &mut Cs,
    shape: &Shape,
    header: &BatchHeader,
    snapshot: &Snapshot,
    witness: &ChunkWitness,
) -> Result<(), CircuitError> {
    check_shape(shape, snapshot, witness)?;
    let public = chunk_public_input(
        header.hash()?,
        witness.index,
        witness.before.commitment(),
        witness.after.commitment(),
        price_list_hash(shape, &witness.entries),
    );
    let public = cs.input(public);
    let header = cs.part("header", |cs| HeaderVars::open(cs, header))?;
    let (market, snapshot_hash) =
        cs.part("snapshot", |cs| Market::open(cs, &shape.market, snapshot));
    cs.enforce_equal(&snapshot_hash, &header.snapshot_hash);

    let (funding, funding_hash) = cs.part("funding", |cs| Funding::open(cs, &witness.funding));
    cs.enforce_equal(&funding_hash, &header.funding_hash);

    let mut packed: Vec<_> = witness.entries.iter().map(PriceEntry::packed).collect();
    packed.resize(shape.entries as usize, Default::default());
    let entries = cs.alloc_all(&packed);
    let price_list = cs.part("prices", |cs| hash_list(cs, Domain::PriceList, &entries));

    let (mut running, before) = cs.part("boundary", |cs| {
        Running::open(cs, &shape.market, &witness.before)
    });
    let environment = StepEnvironment {
        shape,
        header: &header,
        market: &market,
        funding: &funding,
        entries: &entries,
        native_entries: &witness.entries,
    };
    let mut named: Vec<_> = entries.iter().map(|_| Sum::new()).collect();
    for step_witness in &witness.steps {
        let of_step = cs.part("step", |cs| {
            step(cs, &environment, &mut running, step_witness)
        });
        for (sum, fills) in named.iter_mut().zip(&of_step) {
            sum.add(fills);
        }
    }
    cs.part("prices", |cs| enforce_named(cs, &entries, named));
    let salt = cs.alloc(witness.after.salt);
    let after = cs.part("boundary", |cs| running.commit(cs, salt));
    let index = cs.alloc(witness.index as u64);
    let computed = cs.part("public", |cs| {
        hash(cs, &[header.hash.clone(), index, before, after, price_list])
    });
    cs.enforce_equal(&computed, &public);
    Ok(())
}

/// Requires that each price entry is 0 or named by a fill. Costs E.
///
/// Sound: `hint · fills = entry` has no solution where no fill names an entry that is not 0. A
/// chunk has fewer fills than the field has elements.
fn enforce_named(cs: &mut Cs, entries: &[Num], fills: Vec<Sum>) {
    for (entry, fills) in entries.iter().zip(fills) {
        let fills = fills.finish();
        let hint = cs.hint_quotient(entry, &fills);
        cs.enforce(&fills, &hint, entry);
    }
}

/// Checks the lengths that the constraint system's form depends on.
fn check_shape(
    shape: &Shape,
    snapshot: &Snapshot,
    witness: &ChunkWitness,
) -> Result<(), CircuitError> {
    snapshot.check(&shape.market)?;
    let require = CircuitError::require;
    require(witness.steps.len() == shape.steps as usize, "steps")?;
    require(
        witness.entries.len() <= shape.entries as usize,
        "price entries",
    )?;
    let instruments = shape.market.instruments as usize;
    require(witness.funding.len() == instruments, "funding")?;
    require(witness.before.net.len() == instruments, "boundary net")?;
    require(
        witness.before.open_interest.len() == instruments,
        "boundary open_interest",
    )?;
    require(
        witness.before.deposited.len() == shape.market.assets as usize,
        "boundary deposited",
    )?;
    require(
        witness.before.withdrawn.len() == shape.market.assets as usize,
        "boundary withdrawn",
    )?;
    for step in &witness.steps {
        for account in [&step.before, &step.after] {
            require(account.slots.len() == shape.orders as usize, "order slots")?;
            require(
                account.balances.len() == shape.market.assets as usize,
                "balances",
            )?;
            require(
                account.positions.len() <= shape.positions as usize,
                "positions",
            )?;
        }
        require(step.step.fills.len() <= shape.fills as usize, "fills")?;
        require(step.path.len() == shape.depth as usize, "path")?;
    }
    Ok(())
}
