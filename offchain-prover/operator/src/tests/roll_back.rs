use super::*;

/// Returns a venue with a closed batch in which accounts were opened, lots traded and money
/// withdrawn, and a newer order set.
fn refused(folder: &Path) -> Scheduler {
    let mut scheduler = trading(folder);
    trade(&mut scheduler, 1, START + Millis::new(2_000));
    let withdrawal = signed(0, 2, Side::Buy, Some(1_000));
    let accepted = scheduler
        .submit(withdrawal, START + Millis::new(2_100))
        .unwrap()
        .unwrap();
    assert!(accepted.withdrawn);
    scheduler.core.close().unwrap();
    scheduler.core.commit().unwrap();
    scheduler
}

/// Returns the accounts' viewing keys, balances and positions, which do not depend on batches.
fn holdings(core: &Core) -> Vec<(FieldBytes, i64, i64)> {
    let accounts = AccountIndex::all().take(core.venue.account_count()).skip(1);
    let accounts = accounts.filter_map(|i| core.venue.account(i));
    accounts
        .map(|a| {
            (
                a.viewing_key.into(),
                a.balances[0],
                a.quantity(Slot::new(0)),
            )
        })
        .collect()
}

fn checks_the_rebuilt_batch(scheduler: &mut Scheduler, before: &[(FieldBytes, i64, i64)]) {
    scheduler.on_snapshot(snapshot(2, START + Millis::new(30_000)));
    scheduler
        .advance(START + Millis::new(36_000), false)
        .unwrap();
    scheduler.core.commit().unwrap();
    assert!(scheduler.core.waiting.is_empty());
    let withdrawn = scheduler
        .core
        .venue
        .account(AccountIndex::new(1))
        .unwrap()
        .balances[0];
    assert_eq!(
        withdrawn,
        DEPOSIT as i64 - 1_000,
        "the withdrawal is made again"
    );
    scheduler
        .advance(START + Millis::new(36_500), true)
        .unwrap();
    close(scheduler);
    scheduler.core.commit().unwrap();
    // The same leaves, and the same trade: the seller's set is there too, and the buyer's newest.
    assert_eq!(holdings(&scheduler.core), before);
    let header = scheduler.core.closed[0].header().unwrap();
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
    let mut scheduler = refused(folder.path());
    scheduler.core.build().unwrap();
    let before = holdings(&scheduler.core);
    scheduler.core.roll_back().unwrap();
    let settled = FinalBatch {
        number: BatchNumber::default(),
        state_root: new_venue().state_root,
    };
    assert_eq!(scheduler.core.settled, settled);
    assert_eq!(
        (
            scheduler.core.venue.account_count(),
            scheduler.core.closed.len()
        ),
        (1, 0)
    );
    assert_eq!(scheduler.core.waiting.len(), 2);
    checks_the_rebuilt_batch(&mut scheduler, &before);
}

#[test]
fn a_batch_that_is_being_built_is_rolled_back_and_its_build_is_void() {
    let folder = tempfile::tempdir().unwrap();
    let mut scheduler = refused(folder.path());
    let before = holdings(&scheduler.core);
    let Stage::Sealed(sealed) = &scheduler.core.closed[0].stage else {
        panic!("it is not built");
    };
    let late = sealed.build(scheduler.core.venue.books()).unwrap();
    scheduler.core.roll_back().unwrap();
    assert_eq!(scheduler.core.venue.state_root(), {
        let chain = new_venue().state_root;
        chain.to_fr().unwrap()
    });
    checks_the_rebuilt_batch(&mut scheduler, &before);
    let header = scheduler.core.closed[0].header().cloned();
    let error = scheduler.core.on_built(late).unwrap_err();
    assert!(error.to_string().contains("batch 1 is not"), "{error}");
    assert_eq!(scheduler.core.closed[0].header().cloned(), header);
}

#[test]
fn a_restart_in_the_middle_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut old = refused(folder.path());
    let before = holdings(&old.core);
    old.core.roll_back().unwrap();
    drop(old);
    let mut scheduler = scheduler(folder.path(), &new_venue());
    assert_eq!(scheduler.core.waiting.len(), 2);
    // Deposits come late: order sets wait for the accounts that they open.
    scheduler.on_snapshot(snapshot(1, START));
    scheduler.on_deposits(vec![queued(0, 0), queued(1, 1)]);
    checks_the_rebuilt_batch(&mut scheduler, &before);
}
