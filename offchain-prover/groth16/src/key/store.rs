//! A folder of proving keys, each made once.

use super::{
    ProvingKey, error::KeyFileError, file, header::FIRST_VERSION, origin::Origin, version1,
};
use crate::{
    circuit::{Circuit, CircuitId},
    progress::Progress,
    setup::{SetupError, generate},
};
use std::{
    fs::{self, File},
    io::{self, BufWriter, Seek, Write},
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;
use thiserror::Error;

/// The reason why a key is unavailable.
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
        /// The reason.
        source: KeyFileError,
    },
    /// Making the key failed.
    #[error(transparent)]
    Setup(#[from] SetupError),
}

/// A folder of proving keys, one file each.
///
/// Keys are used from their files, which are mapped: a file must not be changed in place, but
/// another one may replace it. All who can write to the folder can replace keys, so it must belong
/// to the one who proves. A replaced key cannot make false statements pass, since chains know the
/// verifying key, but proofs made with it could reveal witnesses.
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

    /// The path of a circuit's key.
    pub fn path(&self, id: &CircuitId, origin: Origin) -> PathBuf {
        self.folder.join(format!(
            "{}-{}-{origin}.key",
            id.name(),
            hex::encode(&id.hash()[..8])
        ))
    }

    /// Returns the key of `circuit`: from the folder, or newly made and stored there.
    ///
    /// A second process that needs the same key waits for the first and reads the key that it made.
    ///
    /// # Errors
    /// [`StoreError`]. A file that is refused is not replaced, so that a person can look at it.
    pub fn load_or_generate(
        &self,
        circuit: &Circuit,
        origin: Origin,
        progress: &dyn Progress,
    ) -> Result<ProvingKey, StoreError> {
        let path = self.path(circuit.id(), origin);
        if !exists(&path)? {
            fs::create_dir_all(&self.folder).map_err(at(&self.folder))?;
            let _lock = lock(&path)?;
            if !exists(&path)? {
                let key = generate(circuit, origin, progress)?;
                self.store(&key, progress)?;
                return Ok(key);
            }
        }
        self.load(circuit, origin, progress)
    }

    /// Returns the key of `circuit`, which must be in the folder.
    ///
    /// The whole file is checked against its digests. A file of version 1 is rewritten and
    /// replaced, without loss, once the new file is on disk and was read back.
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
        let load = || {
            let file = File::open(&path).map_err(at(&path))?;
            match file::load(circuit, origin, &file, progress) {
                Ok(key) => Ok(Some(key)),
                Err(KeyFileError::Version {
                    found: FIRST_VERSION,
                    ..
                }) => Ok(None),
                Err(source) => Err(refused(&path)(source)),
            }
        };
        if let Some(key) = load()? {
            return Ok(key);
        }
        // Another process may have replaced it meanwhile.
        let _lock = lock(&path)?;
        match load()? {
            Some(key) => Ok(key),
            None => self.convert(&path, circuit, origin, progress),
        }
    }

    /// Replaces a file of version 1.
    fn convert(
        &self,
        path: &Path,
        circuit: &Circuit,
        origin: Origin,
        progress: &dyn Progress,
    ) -> Result<ProvingKey, StoreError> {
        tracing::info!(path = %path.display(), "proving key of format 1 is written anew");
        let old = File::open(path).map_err(at(path))?;
        let key = version1::read(circuit, origin, &old, progress).map_err(refused(path))?;
        let new = self.write(&key, progress).map_err(at(path))?;
        let read = file::load(circuit, origin, new.as_file(), progress).map_err(refused(path))?;
        if read != key {
            let source = io::Error::other("the key written anew is not the one that was read");
            return Err(at(path)(source));
        }
        self.publish(new, path).map_err(at(path))?;
        Ok(read)
    }

    /// As [`Self::load`], and checks that every point lies on its curve and in its subgroup.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn check(
        &self,
        circuit: &Circuit,
        origin: Origin,
        progress: &dyn Progress,
    ) -> Result<PathBuf, StoreError> {
        let path = self.path(circuit.id(), origin);
        let key = self.load(circuit, origin, progress)?;
        key.check_points(progress).map_err(refused(&path))?;
        Ok(path)
    }

    /// Stores a key and returns its path. The file appears completely or not at all.
    ///
    /// # Errors
    /// [`StoreError::Io`]
    pub fn store(&self, key: &ProvingKey, progress: &dyn Progress) -> Result<PathBuf, StoreError> {
        let path = self.path(key.id(), key.origin());
        fs::create_dir_all(&self.folder).map_err(at(&self.folder))?;
        let file = self.write(key, progress).map_err(at(&path))?;
        self.publish(file, &path).map_err(at(&path))?;
        tracing::info!(path = %path.display(), circuit = %key.id(), origin = %key.origin(), "proving key stored");
        Ok(path)
    }

    /// Writes a key to disk, to a file without a lasting name.
    fn write(&self, key: &ProvingKey, progress: &dyn Progress) -> io::Result<NamedTempFile> {
        let mut file = tempfile::Builder::new()
            .prefix(".key-")
            .tempfile_in(&self.folder)?;
        let mut sink = BufWriter::new(file.as_file_mut());
        file::write(key, &mut sink, progress)?;
        sink.flush()?;
        drop(sink);
        file.as_file().sync_all()?;
        file.as_file_mut().rewind()?;
        Ok(file)
    }

    /// Gives a file its lasting name.
    fn publish(&self, file: NamedTempFile, path: &Path) -> io::Result<()> {
        file.persist(path)?;
        File::open(&self.folder)?.sync_all()
    }
}

/// Waits until no other process makes or replaces the file. The lock ends when the returned value
/// is dropped, or with this process.
fn lock(path: &Path) -> Result<File, StoreError> {
    let path = path.with_extension("lock");
    let lock = File::create(&path).map_err(at(&path))?;
    lock.lock().map_err(at(&path))?;
    Ok(lock)
}

fn refused(path: &Path) -> impl FnOnce(KeyFileError) -> StoreError + '_ {
    move |source| StoreError::File {
        path: path.to_owned(),
        source,
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
    struct Recorder(Mutex<Vec<(Phase, u64, u64)>>);

    impl Progress for Recorder {
        fn begin(&self, phase: Phase, total: u64) {
            self.0.lock().unwrap().push((phase, total, 0));
        }
        fn advance(&self, units: u64) {
            self.0.lock().unwrap().last_mut().unwrap().2 += units;
        }
        fn end(&self) {
            let recorded = self.0.lock().unwrap();
            let (phase, total, done) = *recorded.last().unwrap();
            assert_eq!(total, done, "{phase}");
        }
    }

    #[test]
    fn a_key_is_made_once_and_read_then() {
        let folder = tempfile::tempdir().unwrap();
        let store = KeyStore::new(folder.path().join("new"));
        let (circuit, _) = toy();
        let phases = || {
            let recorded = Recorder::default();
            let key = store
                .load_or_generate(&circuit, Origin::Development, &recorded)
                .unwrap();
            (
                key,
                recorded
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

        // A development key with another name does not become another key.
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
        let files = files(folder.path());
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

    fn files(folder: &Path) -> Vec<String> {
        fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.ends_with(".lock"))
            .collect()
    }

    #[test]
    fn files_of_version_1_are_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let store = KeyStore::new(folder.path());
        let (circuit, _) = toy();
        for origin in [Origin::Development, Origin::SingleParty] {
            let key = generate(&circuit, origin, &Silent).unwrap();
            let path = store.path(circuit.id(), origin);
            let old = version1::tests::encode(&key);
            fs::write(&path, &old).unwrap();
            // Two that find it at once both get the key.
            let loaded: Vec<_> = std::thread::scope(|scope| {
                let load = || store.load_or_generate(&circuit, origin, &Silent).unwrap();
                let threads = [scope.spawn(load), scope.spawn(load)];
                threads.map(|thread| thread.join().unwrap()).into()
            });
            assert!(loaded.iter().all(|loaded| loaded == &key));
            let new = fs::read(&path).unwrap();
            assert_eq!(new[..7], *b"CPKEY\x02\x00");
            assert_eq!(store.load(&circuit, origin, &Silent).unwrap(), key);
            assert_eq!(store.check(&circuit, origin, &Silent).unwrap(), path);
        }
        assert_eq!(files(folder.path()).len(), 2);

        // A damaged file stays as it is.
        let path = store.path(circuit.id(), Origin::SingleParty);
        let key = store.load(&circuit, Origin::SingleParty, &Silent).unwrap();
        let mut damaged = version1::tests::encode(&key);
        let place = damaged.len() - 32;
        damaged[place] ^= 1;
        fs::remove_file(&path).unwrap();
        fs::write(&path, &damaged).unwrap();
        let error = store
            .load_or_generate(&circuit, Origin::SingleParty, &Silent)
            .unwrap_err();
        assert!(matches!(error, StoreError::File { .. }), "{error}");
        assert_eq!(fs::read(&path).unwrap(), damaged);
        assert_eq!(files(folder.path()).len(), 2);
    }

    /// A loaded key does not change when another file takes its name.
    #[test]
    fn replaced_files_do_not_change_loaded_keys() {
        let folder = tempfile::tempdir().unwrap();
        let store = KeyStore::new(folder.path());
        let (circuit, _) = toy();
        let make = || generate(&circuit, Origin::SingleParty, &Silent).unwrap();
        let (first, second) = (make(), make());
        store.store(&first, &Silent).unwrap();
        let load = || store.load(&circuit, Origin::SingleParty, &Silent).unwrap();
        let loaded = load();
        store.store(&second, &Silent).unwrap();
        assert_eq!(loaded, first);
        assert_eq!(load(), second);
    }
}
