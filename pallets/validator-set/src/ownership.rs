//! Whose key it was.
//!
//! Reports of equivocations prove that a key was a validator's. The historical pallet proves it for the present session by
//! the keys that validators have registered, which are not the ones in force once a validator has registered others: it
//! could do so, equivocate with the old ones, and nobody could show whose they are. So the pallet keeps the keys in force,
//! and has the historical pallet prove and check with these.

use crate::{ActiveKeys, Config};
use core::marker::PhantomData;
use frame_support::{
    storage::{TransactionOutcome, with_transaction_unchecked},
    traits::KeyOwnerProofSystem,
};
use pallet_session::{
    NextKeys,
    historical::{IdentificationTuple, Pallet as Historical},
};
use sp_runtime::KeyTypeId;

/// Proves and checks whose key a session key is, by the keys in force in the present session, and by its historical root in
/// an earlier one.
pub struct KeyOwners<T>(PhantomData<T>);

impl<T: Config> KeyOwners<T> {
    /// Asks while the keys in force seem to be the registered ones; nothing of that stays.
    fn with_active_keys<R>(ask: impl FnOnce() -> R) -> R {
        with_transaction_unchecked(|| {
            for (validator, keys) in ActiveKeys::<T>::get() {
                NextKeys::<T>::insert(validator, keys);
            }
            TransactionOutcome::Rollback(ask())
        })
    }
}

impl<T: Config, D: AsRef<[u8]>> KeyOwnerProofSystem<(KeyTypeId, D)> for KeyOwners<T> {
    type Proof = <Historical<T> as KeyOwnerProofSystem<(KeyTypeId, D)>>::Proof;
    type IdentificationTuple = IdentificationTuple<T>;

    fn prove(key: (KeyTypeId, D)) -> Option<Self::Proof> {
        Self::with_active_keys(|| Historical::<T>::prove(key))
    }

    fn check_proof(key: (KeyTypeId, D), proof: Self::Proof) -> Option<IdentificationTuple<T>> {
        Self::with_active_keys(|| Historical::<T>::check_proof(key, proof))
    }
}
