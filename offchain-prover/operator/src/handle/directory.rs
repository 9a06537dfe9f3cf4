//! The accounts' owners, with whose keys callers check signatures, so that signatures are checked
//! on all cores before the venue's turn.

use clearproof_engine::{Candidate, EngineError, Venue, VenueConfig};
use clearproof_primitives::{
    babyjubjub::{PreparedKey, PublicKey},
    ids::AccountIndex,
    order::SignedOrderSet,
};
use std::sync::{
    Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard,
    atomic::{AtomicUsize, Ordering},
};

/// Largest number of prepared keys, 3 KiB each: those of the first owners that sign. Checking the
/// signatures of all others takes twice the time.
const MAX_PREPARED: usize = 1 << 16;

/// The data that callers need to check signatures. Only an aid: the venue itself checks a signature
/// whose owner is unknown or wrong here.
#[derive(Debug, Default)]
pub(super) struct Directory {
    entries: RwLock<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    config: Option<VenueConfig>,
    /// Owners of the accounts 1, 2, and so on.
    owners: Vec<Owner>,
    /// The venue's count of owner changes when they were listed.
    changes: u64,
    /// Number of prepared keys among them.
    prepared: AtomicUsize,
}

#[derive(Debug)]
struct Owner {
    key: PublicKey,
    prepared: OnceLock<Arc<PreparedKey>>,
}

impl From<&PublicKey> for Owner {
    fn from(key: &PublicKey) -> Self {
        Self {
            key: *key,
            prepared: OnceLock::new(),
        }
    }
}

impl Entries {
    fn owner(&self, account: AccountIndex) -> Option<&Owner> {
        self.owners.get(account.place().checked_sub(1)?)
    }
}

impl Directory {
    fn read(&self) -> RwLockReadGuard<'_, Entries> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Copies the venue's owners. Must be called after accounts were opened, and before accounts
    /// that a roll-back closed can open again with other owners.
    pub(super) fn list(&self, venue: &Venue) {
        let owners = venue.owners();
        let (known, changes) = {
            let entries = self.read();
            (entries.owners.len(), entries.changes)
        };
        let changed = changes != venue.owner_changes();
        if known == owners.len() && !changed {
            return;
        }
        let write = self.entries.write();
        let mut entries = write.unwrap_or_else(PoisonError::into_inner);
        entries.config.get_or_insert_with(|| venue.config().clone());
        entries.changes = venue.owner_changes();
        if owners.len() < known || changed {
            entries.owners.truncate(owners.len());
            for (entry, owner) in entries.owners.iter_mut().zip(owners) {
                if entry.key != *owner {
                    *entry = owner.into();
                }
            }
            let is_prepared = |owner: &&Owner| owner.prepared.get().is_some();
            let prepared = entries.owners.iter().filter(is_prepared).count();
            entries.prepared = AtomicUsize::new(prepared);
        }
        entries
            .owners
            .extend(owners.iter().skip(known).map(Owner::from));
    }

    /// Returns the order set, with its signature checked if its owner is known.
    pub(super) fn candidate(&self, signed: SignedOrderSet) -> Result<Candidate, EngineError> {
        let account = signed.set.account;
        let (config, key, prepared) = {
            let entries = self.read();
            match (&entries.config, entries.owner(account)) {
                (Some(config), Some(owner)) => {
                    (config.clone(), owner.key, owner.prepared.get().cloned())
                }
                _ => return Ok(signed.into()),
            }
        };
        if let Some(prepared) = prepared {
            return Candidate::check_prepared(signed, &config, &prepared);
        }
        let candidate = Candidate::check(signed, &config, &key)?;
        // Only after the check, so that forgeries do not fill the memory.
        self.prepare(account, key);
        Ok(candidate)
    }

    /// Prepares the key of an owner who has signed, while there is room.
    fn prepare(&self, account: AccountIndex, key: PublicKey) {
        if self.read().prepared.load(Ordering::Relaxed) >= MAX_PREPARED {
            return;
        }
        let prepared = Arc::new(PreparedKey::new(key));
        let entries = self.read();
        let owner = entries.owner(account).filter(|owner| owner.key == key);
        if owner.is_some_and(|owner| owner.prepared.set(prepared).is_ok()) {
            entries.prepared.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Number of prepared keys.
    #[cfg(test)]
    pub(super) fn prepared(&self) -> usize {
        self.read().prepared.load(Ordering::Relaxed)
    }
}
