use super::*;
use crate::{
    building::Builder,
    channels::Channels,
    messages::{BuildJob, Notice},
    thread,
};
use std::sync::mpsc;

/// Starts a builder after `epoch` roll-backs. Returns its ends, and a job of any epoch.
fn builder(
    scheduler: &mut Scheduler,
    epoch: u64,
) -> (
    mpsc::Sender<BuildJob>,
    tokio::sync::mpsc::Receiver<Notice>,
    impl Fn(u64) -> BuildJob + use<>,
) {
    let Channels { builder, venue, .. } = Channels::new();
    for _ in 0..epoch {
        builder.epoch.advance();
    }
    Builder { ends: builder }.spawn().unwrap();
    scheduler.core.close().unwrap();
    let Stage::Sealed(sealed) = scheduler.core.closed[0].stage.clone() else {
        panic!("it is not built");
    };
    let before = Arc::clone(scheduler.core.venue.books());
    let job = move |epoch| BuildJob {
        epoch,
        sealed: Arc::clone(&sealed),
        before: Arc::clone(&before),
    };
    (venue.outlets.builder, venue.notices, job)
}

#[tokio::test]
async fn the_builder_passes_over_batches_that_were_rolled_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut scheduler = trading(folder.path());
    let (jobs, mut notices, job) = builder(&mut scheduler, 1);
    jobs.send(job(0)).unwrap();
    jobs.send(job(1)).unwrap();
    let Some(Notice::Built { epoch: 1, built }) = notices.recv().await else {
        panic!("the second job is the first to be done");
    };
    scheduler.core.on_built(*built).unwrap();
    let header = scheduler.core.closed[0].header().unwrap();
    assert_eq!(header.new_root, scheduler.core.venue.state_root().into());
    assert_eq!(scheduler.core.closed[0].figures.chunks, 1);
    // The thread ends with the venue.
    drop(jobs);
    assert!(notices.recv().await.is_none());
}

#[tokio::test]
async fn a_batch_that_cannot_be_built_is_reported_to_the_venue() {
    let folder = tempfile::tempdir().unwrap();
    let mut scheduler = trading(folder.path());
    let (jobs, mut notices, job) = builder(&mut scheduler, 0);
    scheduler.core.build().unwrap();
    let wrong = BuildJob {
        before: Arc::clone(scheduler.core.venue.books()),
        ..job(0)
    };
    jobs.send(wrong).unwrap();
    let Some(Notice::Failed(error)) = notices.recv().await else {
        panic!("those are not the books before it");
    };
    assert!(error.to_string().contains("books of batch 1"), "{error}");

    let (notices, mut received) = tokio::sync::mpsc::channel(1);
    let work = |_: &_| panic!("a mistake in the program");
    thread::spawn("mistaken", "the mistaken thread", notices, work).unwrap();
    let failed = received.recv().await;
    let Some(Notice::Failed(OperatorError::Ended(what))) = failed else {
        panic!("the thread's end is reported");
    };
    assert!(what.contains("mistaken"));
}
