use super::*;
use crate::{figures::Settlement, proving::submission, store::Proven};
use clearproof_primitives::{
    chain::Cursor,
    ids::{BatchNumber, VenueId},
};
use clearproof_proving::ProvenBatch;
use std::os::unix::fs::PermissionsExt;

/// All that a restart must bring back.
fn state(core: &Core) -> impl PartialEq + std::fmt::Debug + use<> {
    let accounts: Vec<_> = (0..core.venue.account_count() as u32)
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
        (core.venue.deposits_taken(), core.venue.live_data(), closed),
        (core.last.clone(), core.last_auction),
        core.open
            .as_ref()
            .map(|o| (o.time_from, o.first_step, o.snapshot.number)),
    )
}

/// A settled batch as the chain shows it.
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

/// A closed batch, and an open one with a trade.
fn busy(folder: &Path) -> Desk {
    let mut desk = trading(folder);
    trade(&mut desk, 1, START + 2_000);
    close(&mut desk);
    desk.advance(START + 3_000, false).unwrap();
    trade(&mut desk, 2, START + 4_000);
    desk
}

#[test]
fn the_journal_brings_back_closed_and_open_batches_to_the_last_salt() {
    let folder = tempfile::tempdir().unwrap();
    let desk = busy(folder.path());
    let before = state(&desk.core);
    assert_eq!(
        (desk.core.closed.len(), desk.core.venue.open_steps()),
        (1, 2)
    );
    drop(desk);
    let core = restore(folder.path(), &new_venue()).unwrap();
    assert_eq!(state(&core), before);
    // A second time from what the first one wrote.
    drop(core);
    assert_eq!(
        state(&restore(folder.path(), &new_venue()).unwrap()),
        before
    );
}

#[test]
fn what_was_not_committed_is_gone_and_the_rest_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = busy(folder.path());
    let before = state(&desk.core);
    desk.submit(signed(0, 3, Side::Buy, None), START + 4_500)
        .unwrap()
        .unwrap();
    desk.advance(START + 5_000, true).unwrap();
    desk.core.close().unwrap();
    assert_ne!(state(&desk.core), before);
    drop(desk);
    assert_eq!(
        state(&restore(folder.path(), &new_venue()).unwrap()),
        before
    );
}

/// What the builder makes is not written, for the journal gives it again.
#[test]
fn a_batch_that_was_not_built_is_built_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = busy(folder.path());
    desk.core.close().unwrap();
    desk.advance(START + 5_000, false).unwrap();
    trade(&mut desk, 3, START + 6_000);
    desk.core.close().unwrap();
    desk.core.commit().unwrap();
    let built: Vec<_> = desk.core.closed.iter().map(Closed::header).collect();
    assert_eq!(
        (built.len(), built.iter().filter(|h| h.is_some()).count()),
        (3, 1)
    );
    let core = {
        let mut core = desk.core;
        core.build().unwrap();
        core
    };
    let (before, chain) = (state(&core), after(&core, 1));
    drop(core);
    let restored = restore(folder.path(), &new_venue()).unwrap();
    assert_eq!(state(&restored), before);
    drop(restored);
    // It may even be final by then.
    let core = restore(folder.path(), &chain).unwrap();
    assert_eq!((core.settled.0.get(), core.closed.len()), (2, 1));
    let figures = &core.figures(1).unwrap()[0];
    assert_eq!((figures.chunks, figures.order_sets), (1, 2));
}

#[test]
fn a_final_batch_becomes_the_start_of_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = busy(folder.path());
    let settlement = Settlement {
        block: 12,
        cost: Some((5_000, 6, 7)),
    };
    let view = after(&desk.core, 0);
    desk.core
        .settle(BatchNumber::new(1), Some(&settlement))
        .unwrap();
    desk.settled();
    let before = state(&desk.core);
    drop(desk);
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
    // The chain before that batch is another chain.
    drop(core);
    let error = restore(folder.path(), &new_venue()).unwrap_err();
    assert!(matches!(error, OperatorError::Diverged(_)), "{error}");
}

#[test]
fn a_batch_that_settled_unseen_is_taken_as_final() {
    let folder = tempfile::tempdir().unwrap();
    let desk = busy(folder.path());
    let view = after(&desk.core, 0);
    let root = desk.core.venue.state_root();
    drop(desk);
    let core = restore(folder.path(), &view).unwrap();
    assert_eq!(
        (core.settled, core.closed.len()),
        ((BatchNumber::new(1), view.state_root), 0)
    );
    assert_eq!(
        (core.venue.state_root(), core.venue.open_steps()),
        (root, 2)
    );
    assert_eq!(core.figures(10).unwrap()[0].number.get(), 1);
}

#[test]
fn proofs_are_kept_until_their_batch_is_final_or_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = busy(folder.path());
    let figures = desk.core.closed[0].figures.clone();
    let closed = Arc::clone(unproven(&desk.core.closed[0]).unwrap());
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
    desk.core.proven(proven.clone()).unwrap();
    let is_proven =
        |core: &Core| matches!(&core.closed[0].stage, Stage::Proven(kept) if **kept == proven);
    assert!(is_proven(&desk.core));
    drop(desk);
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
    // Nothing was changed by that, and one process at a time has it.
    let store = Store::open(folder.path(), &IDENTITY).unwrap();
    let error = Store::open(folder.path(), &IDENTITY).unwrap_err();
    assert!(matches!(error, OperatorError::Database { .. }), "{error}");
    let file = folder.path().join("operator.redb");
    let mode = std::fs::metadata(file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "others must not read viewing keys");
    let key = store.receipt_key().unwrap();
    assert_eq!(store.receipt_key().unwrap(), key);
}
