//! SCALE: batches as operators submit them, snapshots, entries of an operator's journal.

use std::fmt::Debug;

use clearproof_operator::journal::Input as JournalEntry;
use clearproof_primitives::{snapshot::Snapshot, submission::Batch};
use codec::{Decode, DecodeAll, Encode, Input};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Values of a type that a corpus begins with.
const SEEDS: usize = 8;
/// Streams of bytes that are tried for them.
const ATTEMPTS: u64 = 20_000;

pub(crate) fn batch(data: &[u8]) -> bool {
    round_trip::<Batch>(data)
}

pub(crate) fn batch_seeds() -> Vec<Vec<u8>> {
    seeds::<Batch>()
}

pub(crate) fn snapshot(data: &[u8]) -> bool {
    round_trip::<Snapshot>(data)
}

pub(crate) fn snapshot_seeds() -> Vec<Vec<u8>> {
    seeds::<Snapshot>()
}

pub(crate) fn journal_entry(data: &[u8]) -> bool {
    round_trip::<JournalEntry>(data)
}

pub(crate) fn journal_seeds() -> Vec<Vec<u8>> {
    seeds::<JournalEntry>()
}

/// Decodes all of the bytes and encodes the value again.
fn round_trip<T: Decode + Encode + PartialEq + Debug>(data: &[u8]) -> bool {
    let Ok(value) = T::decode_all(&mut &data[..]) else {
        return false;
    };
    assert_eq!(
        value.encode(),
        data,
        "decoded, it encodes to other bytes: {value:?}"
    );
    true
}

/// Returns encodings of values of different lengths. They are decoded from streams of small
/// numbers, so that no field of the type needs to be named here.
fn seeds<T: Decode + Encode>() -> Vec<Vec<u8>> {
    let mut found: Vec<Vec<u8>> = Vec::new();
    for attempt in 0..ATTEMPTS {
        if found.len() == SEEDS {
            break;
        }
        let mut stream = Stream(ChaCha8Rng::seed_from_u64(attempt));
        let Ok(value) = T::decode(&mut stream) else {
            continue;
        };
        let bytes = value.encode();
        let is_new = found.iter().all(|other| other.len() != bytes.len());
        if is_new {
            found.push(bytes);
        }
    }
    found
}

/// Endless bytes of which most mean none, one or two: of a vector's elements, of a variant.
struct Stream(ChaCha8Rng);

impl Input for Stream {
    fn remaining_len(&mut self) -> Result<Option<usize>, codec::Error> {
        Ok(None)
    }

    fn read(&mut self, into: &mut [u8]) -> Result<(), codec::Error> {
        const BYTES: [u8; 8] = [0, 0, 0, 1, 1, 4, 4, 8];
        into.fill_with(|| BYTES[self.0.gen_range(0..BYTES.len())]);
        Ok(())
    }
}
