//! The closing circuit: sums, ledger, insurance fund, state roots.

use crate::common::scene::ClosingScene;
use clearproof_circuits::r1cs::{CheckError, Cs, RowViolated, check};
use clearproof_primitives::{
    account::Position,
    batch::{PROTOCOL_VERSION, closing_public_input},
    boundary::Boundary,
    field::{FieldBytes, Fr},
    fixed::Rate,
    funding::funding_hash,
    ids::Slot,
    ledger::open_interest_hash,
    witness::ClosingWitness,
};

fn one() -> Fr {
    Fr::from(1u64)
}

/// Requires refusal in `part` of the busy closing with a change, after which both state roots are
/// computed again.
fn refused(part: &str, change: impl FnOnce(&mut ClosingScene)) {
    let mut scene = ClosingScene::busy();
    change(&mut scene);
    scene.reroot();
    scene.refused_in(part);
}

#[test]
fn what_the_attacks_start_from_is_accepted() {
    let mut scene = ClosingScene::busy();
    let honest = (scene.header.clone(), scene.closing.clone());
    scene.reroot();
    assert_eq!((scene.header.clone(), scene.closing.clone()), honest);
    assert_eq!(
        (scene.closing.last.quote, scene.closing.last.fill_count),
        (-1, 2)
    );
    scene.accepted();
}

#[test]
fn lots_that_do_not_net_to_zero() {
    for (instrument, lots) in [(0, 1), (3, -1)] {
        refused("moved", |s| s.closing.last.net[instrument] += lots);
    }
}

#[test]
fn lots_of_deleveraging_that_do_not_net_to_zero() {
    refused("moved", |s| s.closing.last.deleveraged[0] += 1);
    // Nor do both together, one against the other.
    refused("moved", |s| {
        s.closing.last.net[0] += 1;
        s.closing.last.deleveraged[0] -= 1;
    });
}

#[test]
fn a_transfer_left_on_its_way() {
    refused("sums", |s| s.closing.last.transfer = one());
    refused("sums", |s| s.closing.first.transfer = one());
}

/// Fees of 103, of which the chain gets a quarter, rounded down.
fn with_fees(paid: u64) -> ClosingScene {
    let mut scene = ClosingScene::busy();
    let old = scene.header.protocol_fee;
    let w = &mut scene.closing;
    let fees = w.last.fees as u64;
    w.last.fees = 103;
    w.ledger_after.fees = w.ledger_after.fees + old - fees + 103 - paid;
    w.ledger_after.totals[0] = w.ledger_after.totals[0] + old - paid;
    assert_eq!(scene.header.protocol_share, Rate::new(1 << 30));
    scene.header.protocol_fee = paid;
    scene.reroot();
    scene
}

#[test]
fn more_or_less_for_the_chain_than_its_share() {
    with_fees(25).accepted();
    for paid in [0, 24, 26, 103] {
        with_fees(paid).refused_in("moved");
    }
    refused("moved", |s| s.header.protocol_fee += 1);
}

fn with_dust(dust: i64) -> ClosingScene {
    let mut scene = ClosingScene::busy();
    scene.closing.last.quote = -(dust as i128);
    scene.closing.fund_after.balances[0] = scene.closing.fund_before.balances[0] + dust;
    scene.reroot();
    scene
}

#[test]
fn dust_below_zero_or_above_the_number_of_fills() {
    for dust in 0..=2 {
        with_dust(dust).accepted();
    }
    for dust in [3, 1 << 50] {
        with_dust(dust).refused_in("dust");
    }
    // A negative sum has no quotient either, so that later rows break as well.
    for dust in [-1, -1_000] {
        with_dust(dust).refused_first_in("dust");
    }
}

#[test]
fn totals_or_fees_that_do_not_follow() {
    let changes: [fn(&mut ClosingWitness); 4] = [
        |w| w.ledger_after.totals[0] += 1,
        |w| w.ledger_after.totals[1] += 1,
        |w| w.ledger_after.fees += 1,
        |w| w.ledger_after.fees -= 1,
    ];
    for change in changes {
        refused("moved", |s| change(&mut s.closing));
    }
}

#[test]
fn totals_or_fees_out_of_range() {
    const LIMIT: u64 = 1 << 63;
    refused("ledger", |s| {
        s.closing.ledger_before.totals[1] = LIMIT;
        s.closing.ledger_after.totals[1] = LIMIT;
    });
    refused("ledger", |s| {
        s.closing.ledger_before.fees = LIMIT - 1;
        s.closing.ledger_after.fees = LIMIT - 1 + s.closing.last.fees as u64;
    });

    // More withdrawn than the venue holds, whatever the new total.
    refused("moved", |s| {
        let total = s.closing.ledger_after.totals[1];
        s.closing.last.withdrawn[1] = total as u128 + 1;
    });
}

#[test]
fn another_deposit_cursor_than_the_header_names() {
    let changes: [fn(&mut ClosingWitness); 2] = [
        |w| w.last.deposits.count += 1,
        |w| {
            w.last.deposits.accumulator += one();
            w.ledger_after.deposits.accumulator += one();
        },
    ];
    for change in changes {
        refused("sums", |s| change(&mut s.closing));
    }
    let changes: [fn(&mut ClosingWitness); 2] = [
        |w| w.first.deposits.count += 1,
        |w| {
            w.first.deposits.accumulator += one();
            w.ledger_before.deposits.accumulator += one();
        },
    ];
    for change in changes {
        refused("sums", |s| change(&mut s.closing));
    }
}

#[test]
fn another_deposit_cursor_than_the_ledger_has() {
    refused("ledger", |s| s.closing.ledger_before.deposits.count += 1);
    refused("ledger", |s| {
        s.closing.ledger_before.deposits.accumulator += one();
    });
    refused("", |s| s.closing.ledger_after.deposits.count += 1);
}

#[test]
fn other_withdrawals_than_the_header_names() {
    refused("sums", |s| s.header.withdrawal_count += 1);
    refused("sums", |s| {
        s.header.withdrawals_hash = Fr::from(5u64).into();
    });
    refused("sums", |s| s.closing.last.withdrawals += one());
    refused("sums", |s| s.closing.last.withdrawal_count += 1);
}

#[test]
fn another_state_root() {
    let mut scene = ClosingScene::busy();
    scene.header.old_root = Fr::from(5u64).into();
    scene.refused_in("ledger");
    let mut scene = ClosingScene::busy();
    scene.header.new_root = scene.header.old_root;
    scene.refused_in("");
    let mut scene = ClosingScene::busy();
    scene.closing.ledger_before.totals[0] += 1;
    // Old root and totals break together: the ledger is not the one that the root commits to.
    let mut cs = Cs::witness_only();
    scene.build(&mut cs);
    assert_eq!(cs.finish().map(drop).unwrap_err().part, "ledger");
    let mut scene = ClosingScene::busy();
    scene.closing.first.accounts_root += one();
    scene.refused_in("ledger");
}

#[test]
fn a_fund_credited_with_more_or_less_than_the_dust() {
    for extra in [1, -1] {
        refused("moved", |s| s.closing.fund_after.balances[0] += extra);
    }
    refused("moved", |s| s.closing.fund_after.balances[1] += 1);
}

#[test]
fn another_fund_than_the_tree_has() {
    let mut scene = ClosingScene::busy();
    scene.closing.fund_before.balances[0] += 1;
    scene.closing.fund_after.balances[0] += 1;
    scene.reroot();
    scene.refused_in("fund");
    let mut scene = ClosingScene::busy();
    scene.closing.last.accounts_root += one();
    scene.refused_in("fund");
    let mut scene = ClosingScene::busy();
    scene.closing.fund_path[0][1] += one();
    scene.reroot();
    scene.refused_in("fund");
}

#[test]
fn open_interest_that_does_not_follow() {
    refused("ledger", |s| {
        s.closing.ledger_before.open_interest[0] += 1;
        s.closing.ledger_after.open_interest[0] += 1;
    });
    refused("ledger", |s| {
        s.closing.last.open_interest[0] += 1;
        s.closing.ledger_after.open_interest[0] += 1;
    });
    let mut scene = ClosingScene::busy();
    scene.closing.ledger_after.open_interest[0] += 1;
    scene.reroot();
    scene.refused_first_in("ledger");
    refused("ledger", |s| {
        s.header.open_interest_hash = FieldBytes::default();
    });
    // More lots than 63 bits hold.
    refused("ledger", |s| {
        let most = (1 << 63) - 1;
        s.closing.ledger_before.open_interest[1] = most;
        s.closing.last.open_interest[1] = 1;
        s.closing.ledger_after.open_interest[1] = most + 1;
        s.header.open_interest_hash =
            open_interest_hash(&s.closing.ledger_after.open_interest).into();
    });
}

/// The busy closing, with penalties of 5, and 3 lots of instrument 0 and −4 of instrument 2 taken
/// over from accounts that owed 50.
fn taken_over() -> ClosingScene {
    let mut scene = ClosingScene::busy();
    let w = &mut scene.closing;
    w.last.penalties = 5;
    (w.last.taken[0], w.last.taken[2]) = (3, -4);
    w.last.taken_balances = vec![-50, 0];
    // Their lots are the fund's now.
    (w.last.open_interest[0], w.last.open_interest[2]) = (w.last.open_interest[0] - 3, -4);
    w.fund_after.balances[0] += 5 - 50;
    w.fund_after.positions = [(0, 3), (2, -4)]
        .map(|(instrument, quantity)| Position {
            instrument: Slot::new(instrument),
            quantity,
        })
        .to_vec();
    w.funding[2] = 7;
    w.fund_after.funding_basis = -28;
    scene.header.funding_hash = funding_hash(&scene.closing.funding).into();
    scene.reroot();
    scene
}

#[test]
fn the_fund_gets_all_that_was_taken_over_and_nothing_else() {
    taken_over().accepted();
    let changes: [fn(&mut ClosingWitness); 8] = [
        |w| w.fund_after.balances[0] += 1,
        |w| w.fund_after.balances[1] += 1,
        |w| w.last.penalties += 1,
        |w| w.last.taken_balances[0] += 1,
        |w| w.last.taken[0] += 1,
        |w| w.last.taken[1] += 1,
        |w| w.last.open_interest[2] += 4,
        |w| w.last.net[0] += 1,
    ];
    for (i, change) in changes.into_iter().enumerate() {
        let mut scene = taken_over();
        change(&mut scene.closing);
        scene.reroot();
        println!("{i}");
        scene.refused_in("moved");
    }
    let mut scene = taken_over();
    scene.closing.fund_after.positions[0].quantity = 2;
    scene.reroot();
    scene.refused_first_in("moved");
    let mut scene = taken_over();
    scene.closing.fund_after.funding_basis += 1;
    scene.reroot();
    scene.refused_in("");
    let mut scene = taken_over();
    scene.closing.funding[2] += 1;
    scene.refused_first_in("");
    let mut scene = taken_over();
    scene.closing.fund_after.positions.reverse();
    scene.reroot();
    scene.refused_first_in("fund");
}

/// The fractions that accruals rounded off are paid out in whole units; the rest stays in the
/// ledger.
#[test]
fn rounded_off_money_is_neither_lost_nor_made() {
    let unit = 1u128 << 32;
    let with = |before: u32, sum: u128, dust: i64, after: u32| {
        let mut scene = ClosingScene::busy();
        let w = &mut scene.closing;
        (w.ledger_before.remainder, w.last.remainder) = (before, sum);
        w.fund_after.balances[0] = w.fund_before.balances[0] + 1 + dust;
        w.ledger_after.remainder = after;
        scene.reroot();
        scene
    };
    let most = u32::MAX;
    with(0, 7, 0, 7).accepted();
    with(5, 3 * unit + 6, 3, 11).accepted();
    with(most, most.into(), 1, most - 1).accepted();
    for (before, sum, dust, after, part) in [
        (5, 6, 0, 12, ""),
        (5, 6, 1, 11, "moved"),
        (5, 3 * unit + 6, 2, 11, "moved"),
        (most, 1, 0, 0, "moved"),
        (0, 0, 1, 0, "moved"),
        (0, unit << 50, 1 << 50, 0, "dust"),
    ] {
        with(before, sum, dust, after).refused_in(part);
    }
}

#[test]
fn a_batch_that_does_not_start_at_zero() {
    let sums: [fn(&mut Boundary); 14] = [
        |b| b.withdrawal_count = 1,
        |b| b.withdrawals = one(),
        |b| b.quote = -1,
        |b| b.fees = 1,
        |b| b.fill_count = 1,
        |b| b.remainder = 1,
        |b| b.penalties = 1,
        |b| b.taken[1] = -1,
        |b| b.taken_balances[0] = -1,
        |b| b.open_interest[2] = 1,
        |b| b.net[0] = 1,
        |b| b.net[3] = -1,
        |b| b.deposited[1] = 1,
        |b| b.withdrawn[0] = 1,
    ];
    for sum in sums {
        refused("sums", |s| sum(&mut s.closing.first));
    }
}

/// A proof for one header, number of chunks and pair of boundaries is not valid for another.
#[test]
fn another_public_input() {
    let scene = ClosingScene::busy();
    let mut cs = Cs::recording();
    scene.build(&mut cs);
    let all = cs.finish().unwrap();
    let matrices = all.matrices.unwrap();
    let header = scene.header.hash().unwrap();
    let (first, last) = (
        scene.closing.first.commitment(),
        scene.closing.last.commitment(),
    );
    let chunks = scene.header.chunk_count;
    assert_eq!(
        all.instance,
        [closing_public_input(header, chunks, first, last)]
    );
    let other_version = {
        let mut other = scene.header.clone();
        other.version -= 1;
        other.hash().unwrap()
    };
    for other in [
        closing_public_input(header + one(), chunks, first, last),
        closing_public_input(other_version, chunks, first, last),
        closing_public_input(header, chunks + 1, first, last),
        closing_public_input(header, chunks, last, last),
        closing_public_input(header, chunks, first, first),
    ] {
        match check(&matrices, &[other], &all.witness) {
            Err(CheckError::Row(RowViolated { part, .. })) => assert_eq!(part, ""),
            result => panic!("{result:?}"),
        }
    }
}

#[test]
fn a_header_of_another_version() {
    for version in [0, PROTOCOL_VERSION - 1, PROTOCOL_VERSION + 1, u16::MAX] {
        let mut scene = ClosingScene::busy();
        scene.header.version = version;
        scene.refused_first_in("header");
    }
}
