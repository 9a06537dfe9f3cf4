//! The operator's database: one file, one transaction per group of inputs.

use super::{
    error::OperatorError,
    figures::BatchFigures,
    journal::{Input, StoredSet, StoredSets},
};
use clearproof_client::Identity;
use clearproof_engine::StoredBooks;
use clearproof_primitives::{ids::BatchNumber, shape::Shape, submission::Batch};
use codec::{Decode, DecodeAll, Encode};
use rand::RngCore;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, backends::FileBackend};
use std::{
    fs::{DirBuilder, OpenOptions},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// Version of the database's format.
const FORMAT: u32 = 3;
/// Name of the file in the operator's folder.
const FILE: &str = "operator.redb";

type Table<K> = TableDefinition<'static, K, &'static [u8]>;
const META: Table<&str> = TableDefinition::new("meta");
const STATE: Table<&str> = TableDefinition::new("state");
const JOURNAL: Table<u64> = TableDefinition::new("journal");
const PROOFS: Table<u64> = TableDefinition::new("proofs");
const FIGURES: Table<u64> = TableDefinition::new("figures");

const RECEIPT_KEY: &str = "receipt key";
const CHECKPOINT: &str = "checkpoint";
const WAITING: &str = "waiting";

/// The state at which the journal starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Books of the last final batch.
    pub books: StoredBooks,
    /// Live order sets at that time.
    pub live: StoredSets,
    /// Order sets accepted since a batch was closed.
    pub order_sets: u64,
}

/// A proven batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The batch, ready to submit.
    pub batch: Batch,
    /// The figures known so far.
    pub figures: BatchFigures,
}

/// The changes of one transaction.
#[derive(Debug, Default)]
pub struct Writes {
    /// Journal entries by number.
    pub journal: Vec<(u64, Vec<u8>)>,
    /// Last journal entry that the checkpoint contains; entries up to it are deleted.
    pub prune: Option<u64>,
    /// The new start of the journal.
    pub checkpoint: Option<Checkpoint>,
    /// Order sets to submit again.
    pub waiting: Option<Vec<StoredSet>>,
    /// Proven batches.
    pub proven: Vec<Proven>,
    /// Last batch whose proofs are no longer needed; proofs up to it are deleted.
    pub drop_proofs: Option<BatchNumber>,
    /// Figures of settled batches.
    pub figures: Vec<BatchFigures>,
}

impl Writes {
    /// True if there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.journal.is_empty()
            && self.prune.is_none()
            && self.checkpoint.is_none()
            && self.waiting.is_none()
            && self.proven.is_empty()
            && self.drop_proofs.is_none()
            && self.figures.is_empty()
    }
}

/// The data that a start needs.
#[derive(Debug)]
pub struct Loaded {
    /// `None` in a new database.
    pub checkpoint: Option<Checkpoint>,
    /// Journal entries in order.
    pub journal: Vec<(u64, Input)>,
    /// Proven batches in order.
    pub proven: Vec<Proven>,
    /// Order sets to submit again.
    pub waiting: Vec<StoredSet>,
}

/// The open database. Another process cannot open it at the same time.
#[derive(Debug)]
pub struct Store {
    db: Database,
    path: PathBuf,
}

fn json<T: serde::Serialize>(what: &str, value: &T) -> Result<Vec<u8>, OperatorError> {
    serde_json::to_vec(value).map_err(|e| corrupt(what, e))
}

fn corrupt(what: impl Into<String>, problem: impl ToString) -> OperatorError {
    OperatorError::Corrupt {
        what: what.into(),
        problem: problem.to_string(),
    }
}

fn decoded<T: Decode>(what: impl Into<String>, bytes: &[u8]) -> Result<T, OperatorError> {
    T::decode_all(&mut &bytes[..]).map_err(|e| corrupt(what, e))
}

impl Store {
    /// Opens the database in a folder, or creates it, and checks that it belongs to this venue.
    pub fn open(folder: &Path, identity: &Identity) -> Result<Self, OperatorError> {
        let path = folder.join(FILE);
        let problem = |problem: String| OperatorError::Database {
            path: path.clone(),
            problem,
        };
        // Other users must not read it: it holds viewing keys and the key that signs receipts.
        let mut folders = DirBuilder::new();
        let folders = folders.recursive(true).mode(0o700);
        folders.create(folder).map_err(|e| problem(e.to_string()))?;
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let file = options.mode(0o600).open(&path);
        let file = file.map_err(|e| problem(e.to_string()))?;
        let backend = FileBackend::new(file).map_err(|e| problem(e.to_string()))?;
        let db = Database::builder().create_with_backend(backend);
        let db = db.map_err(|e| problem(e.to_string()))?;
        let store = Self { db, path };
        store.check(identity)?;
        Ok(store)
    }

    fn problem(&self, error: impl Into<redb::Error>) -> OperatorError {
        OperatorError::Database {
            path: self.path.clone(),
            problem: error.into().to_string(),
        }
    }

    fn check(&self, identity: &Identity) -> Result<(), OperatorError> {
        let shape = identity.shape;
        let rows = [
            ("format", FORMAT.encode(), FORMAT.to_string()),
            (
                "chain",
                identity.genesis.encode(),
                hex::encode(identity.genesis),
            ),
            ("venue", identity.venue.encode(), identity.venue.to_string()),
            ("shape", shape.encode(), format!("{shape:?}")),
        ];
        self.write_with(|tables| {
            let mut meta = tables.open_table(META)?;
            for (name, value, _) in &rows {
                if meta.get(*name)?.is_none() {
                    meta.insert(*name, value.as_slice())?;
                }
            }
            Ok(())
        })?;
        let read = self.db.begin_read().map_err(|e| self.problem(e))?;
        let meta = read.open_table(META).map_err(|e| self.problem(e))?;
        for (what, value, expected) in rows {
            let stored = meta.get(what).map_err(|e| self.problem(e))?;
            let stored = stored.map(|s| s.value().to_vec()).unwrap_or_default();
            if stored != value {
                return Err(OperatorError::OtherVenue {
                    what,
                    stored: readable(what, &stored),
                    expected,
                });
            }
        }
        Ok(())
    }

    /// Returns the key that signs receipts. It is created with the database.
    pub fn receipt_key(&self) -> Result<[u8; 32], OperatorError> {
        if let Some(bytes) = self.get(META, RECEIPT_KEY)? {
            return <[u8; 32]>::try_from(bytes)
                .map_err(|_| corrupt(RECEIPT_KEY, "must be 32 bytes"));
        }
        let mut key = [0; 32];
        rand::rngs::OsRng.fill_bytes(&mut key);
        self.write_with(|tables| {
            tables
                .open_table(META)?
                .insert(RECEIPT_KEY, key.as_slice())?;
            Ok(())
        })?;
        Ok(key)
    }

    fn write_with(
        &self,
        work: impl FnOnce(&redb::WriteTransaction) -> Result<(), redb::Error>,
    ) -> Result<(), OperatorError> {
        let transaction = self.db.begin_write().map_err(|e| self.problem(e))?;
        work(&transaction).map_err(|e| self.problem(e))?;
        transaction.commit().map_err(|e| self.problem(e))
    }

    /// Writes everything in one transaction, which is on disk when this returns.
    pub fn write(&self, writes: &Writes) -> Result<(), OperatorError> {
        let checkpoint = writes
            .checkpoint
            .as_ref()
            .map(encode_checkpoint)
            .transpose()?;
        let figures = writes.figures.iter();
        let figures = figures
            .map(|f| Ok((f.number.get(), json("figures", f)?)))
            .collect::<Result<Vec<_>, OperatorError>>()?;
        let proven = writes.proven.iter();
        let proven = proven
            .map(|p| {
                let figures = json("figures", &p.figures)?;
                Ok((p.batch.header.number.get(), (&p.batch, figures).encode()))
            })
            .collect::<Result<Vec<_>, OperatorError>>()?;
        self.write_with(|tables| {
            let mut journal = tables.open_table(JOURNAL)?;
            for (number, entry) in &writes.journal {
                journal.insert(number, entry.as_slice())?;
            }
            if let Some(last) = writes.prune {
                journal.retain_in(..=last, |_, _| false)?;
            }
            let mut state = tables.open_table(STATE)?;
            if let Some(bytes) = &checkpoint {
                state.insert(CHECKPOINT, bytes.as_slice())?;
            }
            if let Some(waiting) = &writes.waiting {
                state.insert(WAITING, waiting.encode().as_slice())?;
            }
            let mut proofs = tables.open_table(PROOFS)?;
            for (number, bytes) in &proven {
                proofs.insert(number, bytes.as_slice())?;
            }
            if let Some(last) = writes.drop_proofs {
                proofs.retain_in(..=last.get(), |_, _| false)?;
            }
            let mut table = tables.open_table(FIGURES)?;
            for (number, bytes) in &figures {
                table.insert(number, bytes.as_slice())?;
            }
            Ok(())
        })
    }

    /// Returns the data that a start needs.
    pub fn load(&self) -> Result<Loaded, OperatorError> {
        // Opening for writing creates the tables that a new database lacks.
        self.write(&Writes::default())?;
        let state = |name: &str| self.get(STATE, name);
        let journal = self.rows(JOURNAL)?.into_iter();
        let journal = journal
            .map(|(n, bytes)| Ok((n, decoded(format!("journal entry {n}"), &bytes)?)))
            .collect::<Result<_, OperatorError>>()?;
        let proven = self.rows(PROOFS)?.into_iter();
        let proven = proven
            .map(|(n, bytes)| {
                let what = format!("proof of batch {n}");
                let (batch, figures): (Batch, Vec<u8>) = decoded(what.as_str(), &bytes)?;
                let figures = serde_json::from_slice(&figures).map_err(|e| corrupt(what, e))?;
                Ok(Proven { batch, figures })
            })
            .collect::<Result<_, OperatorError>>()?;
        Ok(Loaded {
            checkpoint: state(CHECKPOINT)?
                .map(|b| decode_checkpoint(&b))
                .transpose()?,
            journal,
            proven,
            waiting: state(WAITING)?
                .map(|bytes| decoded("waiting order sets", &bytes))
                .transpose()?
                .unwrap_or_default(),
        })
    }

    /// Returns the figures of the last settled batches, at most `last`, oldest first.
    pub fn figures(&self, last: usize) -> Result<Vec<BatchFigures>, OperatorError> {
        let rows = self.rows(FIGURES)?;
        let skip = rows.len().saturating_sub(last);
        rows.iter()
            .skip(skip)
            .map(|(n, bytes)| {
                serde_json::from_slice(bytes).map_err(|e| corrupt(format!("figures {n}"), e))
            })
            .collect()
    }

    fn get(&self, table: Table<&str>, key: &str) -> Result<Option<Vec<u8>>, OperatorError> {
        let read = self.db.begin_read().map_err(|e| self.problem(e))?;
        let table = read.open_table(table).map_err(|e| self.problem(e))?;
        let value = table.get(key).map_err(|e| self.problem(e))?;
        Ok(value.map(|v| v.value().to_vec()))
    }

    fn rows(&self, table: Table<u64>) -> Result<Vec<(u64, Vec<u8>)>, OperatorError> {
        let read = self.db.begin_read().map_err(|e| self.problem(e))?;
        let table = read.open_table(table).map_err(|e| self.problem(e))?;
        let rows = table.iter().map_err(|e| self.problem(e))?;
        rows.map(|row| {
            let (key, value) = row.map_err(|e| self.problem(e))?;
            Ok((key.value(), value.value().to_vec()))
        })
        .collect()
    }
}

fn readable(what: &str, bytes: &[u8]) -> String {
    let number = |b: &[u8]| u32::decode_all(&mut &b[..]).map(|n| n.to_string());
    let text = match what {
        "format" | "venue" => number(bytes),
        "shape" => Shape::decode_all(&mut &bytes[..]).map(|shape| format!("{shape:?}")),
        _ => Ok(hex::encode(bytes)),
    };
    text.unwrap_or_else(|_| hex::encode(bytes))
}

fn encode_checkpoint(checkpoint: &Checkpoint) -> Result<Vec<u8>, OperatorError> {
    let books = json("books", &checkpoint.books)?;
    Ok((books, &checkpoint.live, checkpoint.order_sets).encode())
}

fn decode_checkpoint(bytes: &[u8]) -> Result<Checkpoint, OperatorError> {
    let (books, live, order_sets): (Vec<u8>, StoredSets, u64) = decoded("checkpoint", bytes)?;
    Ok(Checkpoint {
        books: serde_json::from_slice(&books).map_err(|e| corrupt("books", e))?,
        live,
        order_sets,
    })
}
