//! The channels between the venue's task and the threads and tasks around it, wired in one place.

use super::{
    commands::Command,
    handle::VenueHandle,
    messages::{BuildJob, Epoch, Notice, ProofJob, Submission},
};
use tokio::sync::{mpsc, watch};

/// Notices that may wait for the venue.
const NOTICE_QUEUE: usize = 64;

/// All channels of an operator.
#[derive(Debug)]
pub struct Channels {
    /// Sends commands to the venue.
    pub handle: VenueHandle,
    /// Sends notices to the venue.
    pub notices: mpsc::Sender<Notice>,
    /// Set to true, it stops the venue's task.
    pub stop: watch::Sender<bool>,
    /// The ends of the venue's task.
    pub venue: VenueEnds,
    /// The ends of the builder's thread.
    pub builder: WorkerEnds<std::sync::mpsc::Receiver<BuildJob>>,
    /// The ends of the prover's thread.
    pub prover: WorkerEnds<std::sync::mpsc::Receiver<ProofJob>>,
    /// The ends of the task that settles.
    pub settler: WorkerEnds<mpsc::UnboundedReceiver<Submission>>,
}

/// The ends of the venue's task.
#[derive(Debug)]
pub struct VenueEnds {
    /// Publishes auctions to subscribers.
    pub handle: VenueHandle,
    /// Commands to carry out.
    pub commands: mpsc::Receiver<Command>,
    /// Notices to follow.
    pub notices: mpsc::Receiver<Notice>,
    /// Receivers of closed batches.
    pub outlets: Outlets,
    /// Turns true when the operator stops.
    pub stop: watch::Receiver<bool>,
}

/// The workers that receive closed batches.
#[derive(Debug)]
pub struct Outlets {
    /// The builder's thread.
    pub builder: std::sync::mpsc::Sender<BuildJob>,
    /// The prover's thread.
    pub prover: std::sync::mpsc::Sender<ProofJob>,
    /// The task that settles.
    pub settler: mpsc::UnboundedSender<Submission>,
    /// Counts roll-backs.
    pub epoch: Epoch,
}

/// The ends of a worker that receives its jobs from an `R`.
#[derive(Debug)]
pub struct WorkerEnds<R> {
    /// Jobs in order.
    pub jobs: R,
    /// Receives the results.
    pub notices: mpsc::Sender<Notice>,
    /// Counts roll-backs; jobs of an earlier epoch are void.
    pub epoch: Epoch,
}

impl Channels {
    /// Makes all channels.
    pub fn new() -> Self {
        let (handle, commands) = VenueHandle::new();
        let (notices, venue_notices) = mpsc::channel(NOTICE_QUEUE);
        let (builder, build_jobs) = std::sync::mpsc::channel();
        let (prover, proof_jobs) = std::sync::mpsc::channel();
        let (settler, submissions) = mpsc::unbounded_channel();
        let (stop, stopped) = watch::channel(false);
        let epoch = Epoch::default();
        Self {
            builder: WorkerEnds::new(build_jobs, &notices, &epoch),
            prover: WorkerEnds::new(proof_jobs, &notices, &epoch),
            settler: WorkerEnds::new(submissions, &notices, &epoch),
            venue: VenueEnds {
                handle: handle.clone(),
                commands,
                notices: venue_notices,
                outlets: Outlets {
                    builder,
                    prover,
                    settler,
                    epoch,
                },
                stop: stopped,
            },
            handle,
            notices,
            stop,
        }
    }
}

impl Default for Channels {
    fn default() -> Self {
        Self::new()
    }
}

impl<R> WorkerEnds<R> {
    fn new(jobs: R, notices: &mpsc::Sender<Notice>, epoch: &Epoch) -> Self {
        Self {
            jobs,
            notices: notices.clone(),
            epoch: epoch.clone(),
        }
    }
}
