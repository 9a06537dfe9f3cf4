//! The ownership of session keys.
//!
//! Reports of equivocations prove that a key belonged to a validator. For the present session, the
//! historical pallet proves it with the keys that validators have registered. These are not the
//! keys in force once a validator has registered others: it could do so, equivocate with the old
//! keys, and the ownership of those could not be proved. Therefore this pallet keeps the keys in
//! force, and has the historical pallet prove and check with them.

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

/// Proves and checks the owner of a session key: in the present session with the keys in force, in
/// an earlier one with its historical root.
pub struct KeyOwners<T>(PhantomData<T>);

impl<T: Config> KeyOwners<T> {
    /// Calls `ask` while the keys in force stand in place of the registered ones. The change is
    /// rolled back.
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
