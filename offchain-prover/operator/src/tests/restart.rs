use super::*;
use crate::{
    figures::{ExtrinsicCost, Settlement},
    proving::submission,
    store::Proven,
};
use clearproof_primitives::chain::Cursor;
use clearproof_proving::ProvenBatch;
use std::os::unix::fs::PermissionsExt;

/// Returns everything that a restart must restore.
fn state(core: &Core) -> impl PartialEq + std::fmt::Debug + use<> {
    let accounts: Vec<_> = AccountIndex::all()
        .take(core.venue.account_count())
        .map(|i| core.venue.account(i).cloned())
        .collect();
    let closed: Vec<_> = core
        .closed
        .iter()
        .map(|c| {
            let witness = unproven(c).map(|batch| batch.witness.clone());
            (c.number(), c.figures.clone(), witness)
        })
        .collect();
    (
        (
            core.venue.state_root(),
            core.venue.batch_number(),
            core.settled,
        ),
        (accounts, core.venue.open_steps(), core.venue.now()),
        (
            core.venue.deposits_consumed(),
            core.venue.live_data(),
            closed,
        ),
        (core.last.clone(), core.last_auction),
        core.open
            .as_ref()
            .map(|o| (o.time_from, o.first_step, o.snapshot.number)),
    )
}

/// Returns the chain's view of the venue after a batch.
fn after(core: &Core, batch: usize) -> VenueView<[u8; 32]> {
    let header = core.closed[batch].header().unwrap();
    VenueView {
        state_root: header.new_root,
        batches: header.number,
        time_to: header.time_to,
        queue: Queue {
            consumed: Cursor {
                count: header.deposits_after,
                accumulator: header.deposits_accumulator_after,
            },
            made: Cursor::default(),
        },
        ..new_venue()
    }
}

/// Returns a venue with a closed batch, and an open one with a trade.
fn busy(folder: &Path) -> Scheduler {
    let mut scheduler = trading(folder);
    trade(&mut scheduler, 1, START + Millis::new(2_000));
    close(&mut scheduler);
    scheduler
        .advance(START + Millis::new(3_000), false)
        .unwrap();
    trade(&mut scheduler, 2, START + Millis::new(4_000));
    scheduler
}

#[test]
fn the_journal_brings_back_closed_and_open_batches_to_the_last_salt() {
    let folder = tempfile::tempdir().unwrap();
    let scheduler = busy(folder.path());
    let before = state(&scheduler.core);
    assert_eq!(
        (
            scheduler.core.closed.len(),
            scheduler.core.venue.open_steps()
        ),
        (1, 2)
    );
    drop(scheduler);
    let core = restore(folder.path(), &new_venue()).unwrap();
    assert_eq!(state(&core), before);
    // The second restart reads what the first one wrote.
    drop(core);
    assert_eq!(
        state(&restore(folder.path(), &new_venue()).unwrap()),
        before
    );
}

#[test]
fn uncommitted_inputs_are_gone_and_the_rest_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut scheduler = busy(folder.path());
    let before = state(&scheduler.core);
    scheduler
        .submit(signed(0, 3, Side::Buy, None), START + Millis::new(4_500))
        .unwrap()
        .unwrap();
    scheduler.advance(START + Millis::new(5_000), true).unwrap();
    scheduler.core.close().unwrap();
    assert_ne!(state(&scheduler.core), before);
    drop(scheduler);
    assert_eq!(
        state(&restore(folder.path(), &new_venue()).unwrap()),
        before
    );
}

/// Built batches are not written, as the journal gives them again.
#[test]
fn a_batch_that_was_not_built_is_built_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut scheduler = busy(folder.path());
    scheduler.core.close().unwrap();
    scheduler
        .advance(START + Millis::new(5_000), false)
        .unwrap();
    trade(&mut scheduler, 3, START + Millis::new(6_000));
    scheduler.core.close().unwrap();
    scheduler.core.commit().unwrap();
    let built: Vec<_> = scheduler.core.closed.iter().map(Closed::header).collect();
    assert_eq!(
        (built.len(), built.iter().filter(|h| h.is_some()).count()),
        (3, 1)
    );
    let core = {
        let mut core = scheduler.core;
        core.build().unwrap();
        core
    };
    let (before, chain) = (state(&core), after(&core, 1));
    drop(core);
    let restored = restore(folder.path(), &new_venue()).unwrap();
    assert_eq!(state(&restored), before);
    drop(restored);
    // The batch may even be final by then.
    let core = restore(folder.path(), &chain).unwrap();
    assert_eq!((core.settled.number.get(), core.closed.len()), (2, 1));
    let figures = &core.figures(1).unwrap()[0];
    assert_eq!((figures.chunks, figures.order_sets), (1, 2));
}

#[test]
fn a_final_batch_becomes_the_start_of_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let mut scheduler = busy(folder.path());
    let settlement = Settlement {
        block: 12,
        cost: Some(ExtrinsicCost {
            bytes: 5_000,
            ref_time: 6,
            fee: 7,
        }),
    };
    let view = after(&scheduler.core, 0);
    scheduler
        .core
        .settle(BatchNumber::new(1), Some(&settlement))
        .unwrap();
    scheduler.on_settled();
    let before = state(&scheduler.core);
    drop(scheduler);
    let core = restore(folder.path(), &view).unwrap();
    assert_eq!(state(&core), before);
    let figures = core.figures(10).unwrap();
    assert_eq!(figures.len(), 1);
    let f = &figures[0];
    assert_eq!(
        (f.number.get(), f.order_sets, f.fills, f.steps),
        (1, 2, 2, 4)
    );
    assert_eq!((f.block, f.bytes, f.ref_time, f.fee), (12, 5_000, 6, 7));
    // A chain that has not settled that batch is another chain.
    drop(core);
    let error = restore(folder.path(), &new_venue()).unwrap_err();
    assert!(matches!(error, OperatorError::Diverged(_)), "{error}");
}

#[test]
fn a_batch_that_settled_unseen_is_taken_as_final() {
    let folder = tempfile::tempdir().unwrap();
    let scheduler = busy(folder.path());
    let view = after(&scheduler.core, 0);
    let root = scheduler.core.venue.state_root();
    drop(scheduler);
    let core = restore(folder.path(), &view).unwrap();
    let settled = FinalBatch {
        number: BatchNumber::new(1),
        state_root: view.state_root,
    };
    assert_eq!((core.settled, core.closed.len()), (settled, 0));
    assert_eq!(
        (core.venue.state_root(), core.venue.open_steps()),
        (root, 2)
    );
    assert_eq!(core.figures(10).unwrap()[0].number.get(), 1);
}

#[test]
fn proofs_are_kept_until_their_batch_is_final_or_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut scheduler = busy(folder.path());
    let figures = scheduler.core.closed[0].figures.clone();
    let closed = Arc::clone(unproven(&scheduler.core.closed[0]).unwrap());
    let chunks = closed.witness.chunks.len();
    let proofs = ProvenBatch {
        boundaries: vec![FieldBytes::default(); chunks + 1],
        chunk_proofs: vec![[1; 256]; chunks],
        closing_proof: [2; 256],
        reports: Vec::new(),
    };
    let batch = submission(&closed, &proofs).unwrap();
    assert_eq!(
        (batch.chunks.len(), batch.chunks[0].proof),
        (chunks, [1; 256])
    );
    let entries = &closed.witness.chunks[0].entries;
    assert_eq!(batch.chunks[0].prices.to_vec(), *entries);
    let proven = Proven { batch, figures };
    scheduler.core.on_proven(proven.clone()).unwrap();
    let is_proven =
        |core: &Core| matches!(&core.closed[0].stage, Stage::Proven(kept) if **kept == proven);
    assert!(is_proven(&scheduler.core));
    drop(scheduler);
    let mut core = restore(folder.path(), &new_venue()).unwrap();
    assert!(is_proven(&core));
    core.roll_back().unwrap();
    drop(core);
    let store = Store::open(folder.path(), &IDENTITY).unwrap();
    let loaded = store.load().unwrap();
    assert_eq!((loaded.proven.len(), loaded.journal.len()), (0, 0));
}

#[test]
fn books_that_do_not_follow_the_chain_are_refused() {
    let diverged = |view: &VenueView<[u8; 32]>| {
        let folder = tempfile::tempdir().unwrap();
        drop(busy(folder.path()));
        let error = restore(folder.path(), view).unwrap_err();
        assert!(matches!(error, OperatorError::Diverged(_)), "{error}");
    };
    let mut forged = new_venue();
    forged.state_root = FieldBytes([5; 32]);
    diverged(&forged);
    forged.batches = BatchNumber::new(1);
    diverged(&forged);
    forged.batches = BatchNumber::new(9);
    diverged(&forged);
    // A new folder for a venue that has settled.
    let empty = tempfile::tempdir().unwrap();
    let error = restore(empty.path(), &forged).unwrap_err();
    assert!(error.to_string().contains("no books"), "{error}");
}

#[test]
fn the_database_of_another_venue_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(trading(folder.path()));
    let others = [
        (
            "venue",
            Identity {
                venue: VenueId::new(2),
                ..IDENTITY
            },
        ),
        (
            "chain",
            Identity {
                genesis: [4; 32],
                ..IDENTITY
            },
        ),
        (
            "shape",
            Identity {
                shape: Shape::SMALL,
                ..IDENTITY
            },
        ),
    ];
    for (name, other) in others {
        let error = Store::open(folder.path(), &other).unwrap_err();
        assert!(
            matches!(error, OperatorError::OtherVenue { what, .. } if what == name),
            "{error}"
        );
    }
    // The refusals changed nothing, and only one process at a time can open it.
    let store = Store::open(folder.path(), &IDENTITY).unwrap();
    let error = Store::open(folder.path(), &IDENTITY).unwrap_err();
    assert!(matches!(error, OperatorError::Database { .. }), "{error}");
    let file = folder.path().join("operator.redb");
    let mode = std::fs::metadata(file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "others must not read viewing keys");
    let key = store.receipt_key().unwrap();
    assert_eq!(store.receipt_key().unwrap(), key);
}
