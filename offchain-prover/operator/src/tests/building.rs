use super::*;
use crate::{
    building::{Builder, Job},
    thread,
    venue_task::Notice,
};
use std::sync::{atomic::AtomicU64, mpsc};

/// The builder's ends, and a job that is to be done before any roll-back.
fn builder(
    desk: &mut Desk,
    epoch: u64,
) -> (
    mpsc::Sender<Job>,
    tokio::sync::mpsc::Receiver<Notice>,
    impl Fn(u64) -> Job + use<>,
) {
    let (jobs, work) = mpsc::channel();
    let (notices, heard) = tokio::sync::mpsc::channel(8);
    let builder = Builder {
        jobs: work,
        notices,
        epoch: Arc::new(AtomicU64::new(epoch)),
    };
    builder.spawn().unwrap();
    desk.core.close().unwrap();
    let Stage::Sealed(sealed) = desk.core.closed[0].stage.clone() else {
        panic!("nobody has built it");
    };
    let before = Arc::clone(desk.core.venue.books());
    let job = move |epoch| Job {
        epoch,
        sealed: Arc::clone(&sealed),
        before: Arc::clone(&before),
    };
    (jobs, heard, job)
}

#[tokio::test]
async fn the_builder_passes_over_what_was_rolled_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = trading(folder.path());
    let (jobs, mut heard, job) = builder(&mut desk, 1);
    jobs.send(job(0)).unwrap();
    jobs.send(job(1)).unwrap();
    let Some(Notice::Built(1, built)) = heard.recv().await else {
        panic!("the second job is the first to be done");
    };
    desk.core.built(*built).unwrap();
    let header = desk.core.closed[0].header().unwrap();
    assert_eq!(header.new_root, desk.core.venue.state_root().into());
    assert_eq!(desk.core.closed[0].figures.chunks, 1);
    // The thread ends with the venue.
    drop(jobs);
    assert!(heard.recv().await.is_none());
}

#[tokio::test]
async fn the_venue_hears_of_what_cannot_be_built() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = trading(folder.path());
    let (jobs, mut heard, job) = builder(&mut desk, 0);
    desk.core.build().unwrap();
    let wrong = Job {
        before: Arc::clone(desk.core.venue.books()),
        ..job(0)
    };
    jobs.send(wrong).unwrap();
    let Some(Notice::Failed(error)) = heard.recv().await else {
        panic!("those are not the books before it");
    };
    assert!(error.to_string().contains("books of batch 1"), "{error}");

    let (notices, mut heard) = tokio::sync::mpsc::channel(1);
    let work = |_: &_| panic!("a mistake in the program");
    thread::spawn("mistaken", "the mistaken thread", notices, work).unwrap();
    let failed = heard.recv().await;
    let ended = |n: &Notice| matches!(n, Notice::Failed(OperatorError::Ended(what)) if what.contains("mistaken"));
    assert!(failed.is_some_and(|notice| ended(&notice)));
}
