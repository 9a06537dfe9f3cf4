//! Fuzz targets: one for each decoder that reads what strangers or disks hand it.
//!
//! A target is a function over bytes that must neither panic nor allocate without bound, whatever
//! the bytes are. Where there is an encoder, what was decoded must encode to the same bytes (SCALE,
//! keys, proofs) or to a text that decodes to the same value (JSON).
//!
//! The bodies are ordinary code of the workspace, so that they are compiled, linted and run with
//! every change: `tests/corpus.rs` runs each target on its kept corpus and on mutations of it.
//! `make fuzz TARGET=batch` lets libFuzzer search for as long as one likes.

mod feeds;
mod keys;
pub mod mutate;
mod recordings;
mod requests;
mod scale;

/// A fuzz target.
pub struct Target {
    /// Name of its program and of its folder in `corpus`.
    pub name: &'static str,
    /// Decodes bytes and checks the result. Returns true if the decoder accepted them.
    pub run: fn(&[u8]) -> bool,
    /// Makes the inputs that its corpus begins with. The decoder accepts each of them.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All targets.
pub const TARGETS: [Target; 12] = [
    Target {
        name: "batch",
        run: scale::batch,
        seeds: scale::batch_seeds,
    },
    Target {
        name: "snapshot",
        run: scale::snapshot,
        seeds: scale::snapshot_seeds,
    },
    Target {
        name: "journal_entry",
        run: scale::journal_entry,
        seeds: scale::journal_seeds,
    },
    Target {
        name: "proof",
        run: keys::proof,
        seeds: keys::proof_seeds,
    },
    Target {
        name: "verifying_key",
        run: keys::verifying_key,
        seeds: keys::verifying_key_seeds,
    },
    Target {
        name: "proving_key",
        run: keys::proving_key,
        seeds: keys::proving_key_seeds,
    },
    Target {
        name: "request",
        run: requests::request,
        seeds: requests::request_seeds,
    },
    Target {
        name: "answer",
        run: requests::answer,
        seeds: requests::answer_seeds,
    },
    Target {
        name: "feed_json",
        run: feeds::json,
        seeds: feeds::json_seeds,
    },
    Target {
        name: "feed_csv",
        run: feeds::csv,
        seeds: feeds::csv_seeds,
    },
    Target {
        name: "recording",
        run: recordings::recording,
        seeds: recordings::seeds,
    },
    Target {
        name: "prices",
        run: recordings::prices,
        seeds: recordings::prices_seeds,
    },
];

/// Runs the target of this name.
///
/// # Panics
/// If the target finds a fault, or no target has this name.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    let target = target.unwrap_or_else(|| panic!("no target is called {name}"));
    (target.run)(data);
}
