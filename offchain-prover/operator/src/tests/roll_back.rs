use super::*;
use clearproof_primitives::ids::BatchNumber;

/// A closed batch in which accounts were opened, lots traded and money withdrawn, and a newer order set.
fn refused(folder: &Path) -> Desk {
    let mut desk = trading(folder);
    trade(&mut desk, 1, START + 2_000);
    let withdrawal = signed(0, 2, Side::Buy, Some(1_000));
    let accepted = desk
        .submit(withdrawal.clone(), START + 2_100)
        .unwrap()
        .unwrap();
    assert!(accepted.withdrawn);
    desk.core.close().unwrap();
    desk.core.commit().unwrap();
    desk
}

/// What the accounts hold, whatever batch they came there in.
fn holdings(core: &Core) -> Vec<(FieldBytes, i64, i64)> {
    let accounts = (1..core.venue.account_count() as u32).filter_map(|i| core.venue.account(i));
    accounts
        .map(|a| (a.viewing_key.into(), a.balances[0], a.quantity(0)))
        .collect()
}

fn checks_the_rebuilt_batch(desk: &mut Desk, before: &[(FieldBytes, i64, i64)]) {
    desk.snapshot(snapshot(2, START + 30_000));
    desk.advance(START + 36_000, false).unwrap();
    desk.core.commit().unwrap();
    assert!(desk.core.waiting.is_empty());
    let withdrawn = desk.core.venue.account(1).unwrap().balances[0];
    assert_eq!(
        withdrawn,
        DEPOSIT as i64 - 1_000,
        "the withdrawal is made again"
    );
    desk.advance(START + 36_500, true).unwrap();
    close(desk);
    desk.core.commit().unwrap();
    // The same leaves, and the same trade: the seller's set is there too, and the buyer's newest.
    assert_eq!(holdings(&desk.core), before);
    let header = desk.core.closed[0].header().unwrap();
    assert_eq!(
        (
            header.number.get(),
            header.snapshot_number.get(),
            header.deposits_after
        ),
        (1, 2, 2)
    );
}

#[test]
fn a_refused_batch_is_built_anew_from_the_same_deposits_and_order_sets() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = refused(folder.path());
    desk.core.build().unwrap();
    let before = holdings(&desk.core);
    desk.core.roll_back().unwrap();
    assert_eq!(
        desk.core.settled,
        (BatchNumber::default(), new_venue().state_root)
    );
    assert_eq!(
        (desk.core.venue.account_count(), desk.core.closed.len()),
        (1, 0)
    );
    assert_eq!(desk.core.waiting.len(), 2);
    checks_the_rebuilt_batch(&mut desk, &before);
}

#[test]
fn a_batch_that_is_being_built_is_rolled_back_and_its_build_is_void() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = refused(folder.path());
    let before = holdings(&desk.core);
    let Stage::Sealed(sealed) = &desk.core.closed[0].stage else {
        panic!("nobody has built it");
    };
    let late = sealed.build(desk.core.venue.books()).unwrap();
    desk.core.roll_back().unwrap();
    assert_eq!(desk.core.venue.state_root(), {
        let chain = new_venue().state_root;
        chain.to_fr().unwrap()
    });
    checks_the_rebuilt_batch(&mut desk, &before);
    let header = desk.core.closed[0].header().cloned();
    let error = desk.core.built(late).unwrap_err();
    assert!(error.to_string().contains("batch 1 is not"), "{error}");
    assert_eq!(desk.core.closed[0].header().cloned(), header);
}

#[test]
fn a_restart_in_the_middle_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut old = refused(folder.path());
    let before = holdings(&old.core);
    old.core.roll_back().unwrap();
    drop(old);
    let mut desk = desk(folder.path(), &new_venue());
    assert_eq!(desk.core.waiting.len(), 2);
    // Deposits come late: order sets wait for the accounts that they open.
    desk.snapshot(snapshot(1, START));
    desk.deposits(vec![queued(0, 0), queued(1, 1)]);
    checks_the_rebuilt_batch(&mut desk, &before);
}
