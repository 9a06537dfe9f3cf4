//! Boundaries, header, snapshot and price list, which tie a chunk to its batch.

use crate::common::scene::Scene;
use clearproof_circuits::r1cs::{CheckError, Cs, RowViolated, check};
use clearproof_primitives::{
    batch::{PROTOCOL_VERSION, chunk_public_input, price_list_hash},
    boundary::Boundary,
    field::{FieldBytes, Fr},
    ids::SnapshotNumber,
    step::StepError,
    time::Millis,
};

fn one() -> Fr {
    Fr::from(1u64)
}

/// All sums. The salt is left out: only the public input binds it, which is computed from the
/// witness here.
const SUMS: [fn(&mut Boundary); 15] = [
    |b| b.deposits.count += 1,
    |b| b.deposits.accumulator += one(),
    |b| b.withdrawal_count += 1,
    |b| b.withdrawals += one(),
    |b| b.quote += 1,
    |b| b.fees += 1,
    |b| b.fill_count += 1,
    |b| b.remainder += 1,
    |b| b.open_interest[3] -= 1,
    |b| b.penalties += 1,
    |b| b.taken[3] -= 1,
    |b| b.taken_balances[1] -= 1,
    |b| b.net[3] += 1,
    |b| b.deposited[1] += 1,
    |b| b.withdrawn[0] += 1,
];

#[test]
fn running_sums_changed_on_the_way() {
    for change in SUMS {
        let mut scene = Scene::busy(1);
        change(&mut scene.chunk.after);
        scene.refused_in("");
    }
    let mut scene = Scene::busy(1);
    scene.chunk.after.accounts_root += one();
    scene.refused_in("");
    for change in SUMS {
        let mut scene = Scene::busy(1);
        change(&mut scene.chunk.before);
        scene.refused_in("");
    }
}

#[test]
fn another_snapshot_than_the_header_names() {
    let mut scene = Scene::busy(1);
    scene.snapshot.rows[3].mark += 1;
    scene.refused_in("");
    let mut scene = Scene::busy(1);
    scene.snapshot.number = scene.snapshot.number.next();
    scene.refused_in("");
    let mut scene = Scene::busy(1);
    scene.header.snapshot_hash = (scene.snapshot.hash() + one()).into();
    scene.refused_in("");
}

#[test]
fn other_funding_indices_than_the_header_names() {
    let mut scene = Scene::busy(1);
    scene.chunk.funding[0] += 1;
    scene.replay();
    scene.refused_in("");
    let mut scene = Scene::busy(1);
    scene.header.funding_hash = FieldBytes::default();
    scene.refused_in("");
}

/// A proof for one header, index, pair of boundaries and price list is not valid for another.
#[test]
fn another_public_input() {
    let scene = Scene::busy(1);
    let mut cs = Cs::recording();
    scene.build(&mut cs);
    let all = cs.finish().unwrap();
    let matrices = all.matrices.unwrap();
    let header = scene.header.hash().unwrap();
    let (before, after) = (
        scene.chunk.before.commitment(),
        scene.chunk.after.commitment(),
    );
    let list = price_list_hash(&scene.shape, &scene.chunk.entries);
    let index = scene.chunk.index;
    assert_eq!(
        all.instance,
        [chunk_public_input(header, index, before, after, list)]
    );
    assert_eq!(check(&matrices, &all.instance, &all.witness), Ok(()));
    let other_header = {
        let mut other = scene.header.clone();
        other.submitter[0] ^= 1;
        other.hash().unwrap()
    };
    let other_version = {
        let mut other = scene.header.clone();
        other.version -= 1;
        other.hash().unwrap()
    };
    for other in [
        chunk_public_input(other_header, index, before, after, list),
        chunk_public_input(other_version, index, before, after, list),
        chunk_public_input(header, index + 1, before, after, list),
        chunk_public_input(header, index, after, after, list),
        chunk_public_input(header, index, before, before, list),
        chunk_public_input(
            header,
            index,
            before,
            after,
            price_list_hash(&scene.shape, &[]),
        ),
    ] {
        match check(&matrices, &[other], &all.witness) {
            Err(CheckError::Row(RowViolated { part, .. })) => assert_eq!(part, ""),
            result => panic!("{result:?}"),
        }
    }
}

/// A packed field of the header could otherwise be read in two ways.
#[test]
fn a_time_of_more_than_48_bits() {
    let mut scene = Scene::busy(0);
    scene.header.time_from = Millis::new(1 << 48);
    scene.refused_in("header");
}

/// Circuits with old rules would otherwise settle under the version of the new ones. The public
/// input is that of the other version as well; `another_public_input` shows that it is refused
/// where the witness keeps to the circuit's version.
#[test]
fn a_header_of_another_version() {
    for version in [0, PROTOCOL_VERSION - 1, PROTOCOL_VERSION + 1, u16::MAX] {
        let mut scene = Scene::busy(1);
        scene.header.version = version;
        scene.refused_first_in("header");
    }
}

/// A leaf could not be stamped with it.
#[test]
fn a_snapshot_number_of_more_than_32_bits() {
    let mut scene = Scene::busy(0);
    scene.header.snapshot_number = SnapshotNumber::new((1 << 32) + 1);
    scene.refused_first_in("header");
    let mut scene = Scene::busy(0);
    scene.snapshot.number = SnapshotNumber::new(1 << 32);
    assert_eq!(scene.native(0), Err(StepError::Range("snapshot number")));
}
