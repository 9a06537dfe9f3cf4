//! Keys in a folder, made once.

use super::{
    file::{self, KeyFileError},
    header::{version, HEADER_START, VERSION},
    Origin, ProvingKey,
};
use crate::{
    circuit::{Circuit, CircuitId},
    progress::Progress,
    setup::{generate, SetupError},
};
use memmap2::Mmap;
use std::{
    fs::{self, File},
    io::{self, BufWriter, Read, Write},
    path::{Path, PathBuf},
};
use thiserror::Error;

/// Why a key could not be had.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The folder or a file in it cannot be used.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A file is refused.
    #[error("proving key {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: KeyFileError,
    },
    /// Making the key failed.
    #[error(transparent)]
    Setup(#[from] SetupError),
}

/// A folder of proving keys, one file each.
///
/// Whoever can write to the folder can replace keys: its owner must be the one who proves. A replaced key cannot
/// make false statements pass, since chains know the verifying key, but proofs made with it could reveal witnesses.
#[derive(Clone, Debug)]
pub struct KeyStore {
    folder: PathBuf,
}

impl KeyStore {
    /// Keys in `folder`, which is created with the first key.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// The file of a circuit's key.
    pub fn path(&self, id: &CircuitId, origin: Origin) -> PathBuf {
        self.folder.join(format!(
            "{}-{}-{origin}.key",
            id.name(),
            hex::encode(&id.hash()[..8])
        ))
    }

    /// The key of `circuit`: from the folder, or made and kept there.
    ///
    /// A second process that wants the same key waits for the first and reads what it made.
    ///
    /// # Errors
    /// [`StoreError`]. A file that is refused is not replaced: that it is wrong is for a person to look at.
    pub fn load_or_generate(
        &self,
        circuit: &Circuit,
        origin: Origin,
        progress: &dyn Progress,
    ) -> Result<ProvingKey, StoreError> {
        let path = self.path(circuit.id(), origin);
        let missing = || Ok::<_, StoreError>(!exists(&path)? || self.is_outdated(&path, origin)?);
        if missing()? {
            fs::create_dir_all(&self.folder).map_err(at(&self.folder))?;
            // The lock ends when the file is closed, whatever happens to this process.
            let lock_path = path.with_extension("lock");
            let lock = File::create(&lock_path).map_err(at(&lock_path))?;
            lock.lock().map_err(at(&lock_path))?;
            if missing()? {
                let key = generate(circuit, origin, progress)?;
                self.store(&key, progress)?;
                return Ok(key);
            }
        }
        self.load(circuit, origin, progress)
    }

    /// Whether a file has a format that this program does not read any more, and the key can be made again just the same.
    fn is_outdated(&self, path: &Path, origin: Origin) -> Result<bool, StoreError> {
        if !origin.is_development() {
            return Ok(false);
        }
        let mut start = Vec::new();
        let file = File::open(path).map_err(at(path))?;
        file.take(HEADER_START as u64)
            .read_to_end(&mut start)
            .map_err(at(path))?;
        let outdated = version(&start).is_some_and(|version| version < VERSION);
        if outdated {
            tracing::info!(path = %path.display(), "the development key has an old format and is made again");
        }
        Ok(outdated)
    }

    /// The key of `circuit`, which must be in the folder.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn load(
        &self,
        circuit: &Circuit,
        origin: Origin,
        progress: &dyn Progress,
    ) -> Result<ProvingKey, StoreError> {
        let path = self.path(circuit.id(), origin);
        let file = File::open(&path).map_err(at(&path))?;
        // SAFETY: files of keys are written aside and renamed, never changed; who can write to the folder could do worse, see
        // `KeyStore`.
        let map = unsafe { Mmap::map(&file) }.map_err(at(&path))?;
        file::read(circuit, origin, map, progress)
            .map_err(|source| StoreError::File { path, source })
    }

    /// Keeps a key and says where. The file appears whole or not at all.
    ///
    /// # Errors
    /// [`StoreError::Io`]
    pub fn store(&self, key: &ProvingKey, progress: &dyn Progress) -> Result<PathBuf, StoreError> {
        let path = self.path(key.id(), key.origin());
        fs::create_dir_all(&self.folder).map_err(at(&self.folder))?;
        self.write(&path, key, progress).map_err(at(&path))?;
        tracing::info!(path = %path.display(), circuit = %key.id(), origin = %key.origin(), "proving key stored");
        Ok(path)
    }

    fn write(&self, path: &Path, key: &ProvingKey, progress: &dyn Progress) -> io::Result<()> {
        let mut file = tempfile::Builder::new()
            .prefix(".key-")
            .tempfile_in(&self.folder)?;
        let mut sink = BufWriter::new(file.as_file_mut());
        file::write(key, &mut sink, progress)?;
        sink.flush()?;
        drop(sink);
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    }
}

fn exists(path: &Path) -> Result<bool, StoreError> {
    path.try_exists().map_err(at(path))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> StoreError + '_ {
    move |source| StoreError::Io {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{
        progress::{Phase, Silent},
        testing::{random_circuit, toy},
    };
    use std::sync::Mutex;

    #[derive(Default)]
    struct Heard(Mutex<Vec<(Phase, u64, u64)>>);

    impl Progress for Heard {
        fn begin(&self, phase: Phase, total: u64) {
            self.0.lock().unwrap().push((phase, total, 0));
        }
        fn advance(&self, units: u64) {
            self.0.lock().unwrap().last_mut().unwrap().2 += units;
        }
        fn end(&self) {
            let heard = self.0.lock().unwrap();
            let (phase, total, done) = *heard.last().unwrap();
            assert_eq!(total, done, "{phase}");
        }
    }

    #[test]
    fn a_key_is_made_once_and_read_then() {
        let folder = tempfile::tempdir().unwrap();
        let store = KeyStore::new(folder.path().join("new"));
        let (circuit, _) = toy();
        let phases = || {
            let heard = Heard::default();
            let key = store
                .load_or_generate(&circuit, Origin::Development, &heard)
                .unwrap();
            (
                key,
                heard
                    .0
                    .into_inner()
                    .unwrap()
                    .into_iter()
                    .map(|(phase, ..)| phase)
                    .collect::<Vec<_>>(),
            )
        };
        let (made, phases_made) = phases();
        let (read, phases_read) = phases();
        assert_eq!(made, read);
        use Phase::*;
        assert_eq!(
            phases_made,
            [QapEvaluation, Tables, BG2, A, BG1, H, L, Write]
        );
        assert_eq!(phases_read, [Read]);
    }

    #[test]
    fn single_party_keys_are_kept_apart_and_differ_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let store = KeyStore::new(folder.path());
        let (circuit, _) = toy();
        let make = |origin| store.load_or_generate(&circuit, origin, &Silent).unwrap();
        let (development, single) = (make(Origin::Development), make(Origin::SingleParty));
        assert_ne!(development.verifying_key(), single.verifying_key());
        assert_eq!(make(Origin::SingleParty), single);
        fs::remove_file(store.path(circuit.id(), Origin::SingleParty)).unwrap();
        assert_ne!(
            make(Origin::SingleParty).verifying_key(),
            single.verifying_key()
        );

        // Renaming a development key does not turn it into another one.
        fs::copy(
            store.path(circuit.id(), Origin::Development),
            store.path(circuit.id(), Origin::SingleParty),
        )
        .unwrap();
        let error = store
            .load(&circuit, Origin::SingleParty, &Silent)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("development flag: the file has development, wanted is single-party"),
            "{error}"
        );
    }

    #[test]
    fn old_formats_are_made_again_where_that_gives_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let store = KeyStore::new(folder.path());
        let (circuit, _) = toy();
        for origin in [Origin::Development, Origin::SingleParty] {
            let key = store.load_or_generate(&circuit, origin, &Silent).unwrap();
            let path = store.path(circuit.id(), origin);
            let mut bytes = fs::read(&path).unwrap();
            bytes[5] = 1;
            fs::write(&path, bytes).unwrap();
            let again = store.load_or_generate(&circuit, origin, &Silent);
            if origin.is_development() {
                assert_eq!(again.unwrap(), key);
                assert_eq!(store.load(&circuit, origin, &Silent).unwrap(), key);
            } else {
                // Nobody could make that one again.
                let error = again.unwrap_err().to_string();
                assert!(error.contains("version: the file has format 1"), "{error}");
            }
        }
    }

    #[test]
    fn two_at_once_make_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let store = KeyStore::new(folder.path());
        let (circuit, _) = random_circuit(5, 600, 1, 100);
        let keys: Vec<_> = std::thread::scope(|scope| {
            let make = || {
                store
                    .load_or_generate(&circuit, Origin::SingleParty, &Silent)
                    .unwrap()
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(make)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert!(keys.windows(2).all(|pair| pair[0] == pair[1]));
        let files: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.ends_with(".lock"))
            .collect();
        assert_eq!(files.len(), 1, "{files:?}");
    }

    #[test]
    fn a_missing_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let store = KeyStore::new(folder.path());
        let (circuit, _) = toy();
        let error = store
            .load(&circuit, Origin::Development, &Silent)
            .unwrap_err();
        assert!(matches!(&error, StoreError::Io { path, .. } if path.starts_with(folder.path())));
    }
}
