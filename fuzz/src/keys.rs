//! Proofs, verifying keys as chains register them, and files of proving keys.

use std::{fs, path::PathBuf};

use ark_bn254::{G1Affine, G2Affine};
use ark_ec::AffineRepr;
use clearproof_bn254_host::groth16::{Proof, VerifyingKey};
use clearproof_groth16::{Circuit, KeyStore, Origin, Silent, synthetic};
use tempfile::TempDir;

/// Constraints of the circuit whose key's file is read.
const CONSTRAINTS: usize = 3;
/// Parts of a key's body, each with a row in the header's table: offset, bytes, digest.
const PARTS: usize = 6;
const DIGEST_BYTES: usize = 32;
const ROW_BYTES: usize = 16 + DIGEST_BYTES;

pub(crate) fn proof(data: &[u8]) -> bool {
    let Ok(proof) = Proof::decode(data) else {
        return false;
    };
    assert_eq!(proof.encode(), data);
    true
}

pub(crate) fn proof_seeds() -> Vec<Vec<u8>> {
    let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
    let points = [(g1, g2, g1), (-g1, g2, g1), (g1, -g2, -g1)];
    points
        .into_iter()
        .filter_map(|(a, b, c)| Some(Proof::new(a, b, c).ok()?.encode().into()))
        .collect()
}

pub(crate) fn verifying_key(data: &[u8]) -> bool {
    let plain = VerifyingKey::decode(data);
    if let Ok(key) = &plain {
        assert_eq!(key.encode(), data);
        let registered = VerifyingKey::decode_registered(&key.encode_registered());
        assert_eq!(registered.as_ref(), Ok(key));
    }
    plain.is_ok()
}

pub(crate) fn verifying_key_seeds() -> Vec<Vec<u8>> {
    let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
    let key = |inputs| VerifyingKey::new(g1, g2, g2, g2, vec![g1; inputs + 1]);
    (0..3usize)
        .filter_map(|inputs| Some(key(inputs).ok()?.encode()))
        .collect()
}

/// Reads a file. Its digests are made right first: they would hide all that lies behind them.
pub(crate) fn proving_key(data: &[u8]) -> bool {
    let mut bytes = data.to_vec();
    seal(&mut bytes);
    FOLDER.with(|folder| {
        folder.write(&bytes);
        let Ok(key) = folder
            .store
            .load(&folder.circuit, Origin::Development, &Silent)
        else {
            return false;
        };
        let kept = TempDir::new().unwrap_or_else(|error| panic!("a folder for one key: {error}"));
        let copy = KeyStore::new(kept.path()).store(&key, &Silent);
        let copy = copy.unwrap_or_else(|error| panic!("a key that was read is lost: {error}"));
        assert!(
            fs::read(copy).is_ok_and(|copy| copy == bytes),
            "read and kept, it is another"
        );
        true
    })
}

pub(crate) fn proving_key_seeds() -> Vec<Vec<u8>> {
    FOLDER.with(|folder| {
        // A file of an earlier input may lie there.
        let _ = fs::remove_file(&folder.path);
        let made = folder
            .store
            .load_or_generate(&folder.circuit, Origin::Development, &Silent);
        made.unwrap_or_else(|error| panic!("a key of {CONSTRAINTS} constraints: {error}"));
        fs::read(&folder.path).into_iter().collect()
    })
}

thread_local! {
    static FOLDER: Folder = Folder::new();
}

/// A thread's place for files.
struct Folder {
    circuit: Circuit,
    store: KeyStore,
    path: PathBuf,
    _folder: TempDir,
}

impl Folder {
    fn new() -> Self {
        let made = synthetic::circuit(CONSTRAINTS).map(|(circuit, _)| circuit);
        let circuit = made.unwrap_or_else(|error| panic!("a small circuit: {error}"));
        let folder = TempDir::new().unwrap_or_else(|error| panic!("a folder for keys: {error}"));
        let store = KeyStore::new(folder.path());
        let path = store.path(circuit.id(), Origin::Development);
        Self {
            circuit,
            store,
            path,
            _folder: folder,
        }
    }

    /// Gives the key's file this content. Maps of the former file keep theirs.
    fn write(&self, bytes: &[u8]) {
        let _ = fs::remove_file(&self.path);
        let written = fs::write(&self.path, bytes);
        written.unwrap_or_else(|error| panic!("{}: {error}", self.path.display()));
    }
}

/// Writes the digests of the parts and of the header where the format has them, as far as the
/// file has these places.
fn seal(bytes: &mut [u8]) {
    let Some(table) = table(bytes) else { return };
    for row in (0..PARTS).map(|part| table + part * ROW_BYTES) {
        let number = |at: usize| {
            let bytes = bytes.get(at..at + 8)?;
            usize::try_from(u64::from_le_bytes(bytes.try_into().ok()?)).ok()
        };
        let range = number(row)
            .zip(number(row + 8))
            .and_then(|(offset, length)| Some(offset..offset.checked_add(length)?));
        let Some(part) = range.and_then(|range| bytes.get(range)) else {
            continue;
        };
        let digest = *blake3::hash(part).as_bytes();
        bytes[row + 16..row + ROW_BYTES].copy_from_slice(&digest);
    }
    let end = table + PARTS * ROW_BYTES;
    let digest = *blake3::hash(&bytes[..end]).as_bytes();
    bytes[end..end + DIGEST_BYTES].copy_from_slice(&digest);
}

/// Returns where the table of parts begins: behind the fields of fixed length, two texts with
/// their lengths, and three counts. None if the file ends before the header does.
fn table(bytes: &[u8]) -> Option<usize> {
    let text = |at: usize| {
        let length = u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?);
        Some(at + 2 + usize::from(length))
    };
    let table = text(text(5 + 2 + 1 + 32)?)? + 3 * 8;
    (table + PARTS * ROW_BYTES + DIGEST_BYTES <= bytes.len()).then_some(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_as_it_was_written_is_sealed_already() {
        let key = proving_key_seeds().remove(0);
        let mut sealed = key.clone();
        seal(&mut sealed);
        assert!(key == sealed, "the format of keys has changed: see `table`");
    }
}
