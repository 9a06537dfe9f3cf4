//! The registry of verifying keys, and the check of one proof.

use crate::{
    Circuit, CircuitId, Circuits, Config, DevelopmentKeysAllowed, Error, GenesisCircuit, KEY_BYTES,
    KeyBytes, MAX_ENTRIES, Pallet, ProofKind, ProofRefusal, StoredKey,
};
use clearproof_bn254_host::groth16::{Proof, VerifyingKey, verify_one};
use clearproof_primitives::{
    batch::BatchHeader, field::FieldBytes, ledger::genesis_state_root, shape::Shape,
};
use frame_support::{dispatch::DispatchResult, ensure, traits::Get};
use sp_runtime::DispatchError;

/// Number of public inputs of every circuit.
const PUBLIC_INPUTS: usize = 1;

impl<T: Config> Pallet<T> {
    /// Registers the circuits of the genesis.
    ///
    /// # Panics
    /// If a circuit is refused, with the circuit and the reason: such a chain must not start.
    pub(crate) fn add_genesis_circuits(circuits: &[GenesisCircuit]) {
        for circuit in circuits.iter().cloned() {
            let GenesisCircuit {
                id,
                version,
                shape,
                chunk_key,
                closing_key,
                development,
            } = circuit;
            let keys = KeyBytes::try_from(chunk_key)
                .ok()
                .zip(KeyBytes::try_from(closing_key).ok());
            let added = keys.map(|(chunk, closing)| {
                Self::add_circuit(id, version, shape, chunk, closing, development)
            });
            assert!(
                added == Some(Ok(())),
                "settlement genesis: circuit {id} is refused: {added:?} (None: a key is longer \
                 than {KEY_BYTES} bytes)"
            );
        }
    }

    /// Checks a circuit and stores it under a free number.
    pub(crate) fn add_circuit(
        id: CircuitId,
        version: u16,
        shape: Shape,
        chunk_key: KeyBytes,
        closing_key: KeyBytes,
        development: bool,
    ) -> DispatchResult {
        ensure!(!Circuits::<T>::contains_key(id), Error::<T>::CircuitExists);
        ensure!(
            !development || DevelopmentKeysAllowed::<T>::get(),
            Error::<T>::DevelopmentKeyRefused
        );
        ensure!(
            BatchHeader::encodes(version),
            Error::<T>::UnsupportedVersion
        );
        Self::ensure_shape(&shape)?;
        let circuit = Circuit {
            version,
            shape,
            chunk_key: Self::checked_key(&chunk_key)?,
            closing_key: Self::checked_key(&closing_key)?,
            development,
            genesis_root: genesis_state_root(&shape).into(),
        };
        Circuits::<T>::insert(id, circuit);
        Ok(())
    }

    fn ensure_shape(shape: &Shape) -> DispatchResult {
        ensure!(shape.market == T::Market::get(), Error::<T>::MarketMismatch);
        let fits = shape.is_in_range() && u32::from(shape.entries) <= MAX_ENTRIES;
        ensure!(fits, Error::<T>::ShapeOutOfRange);
        Ok(())
    }

    /// Checks a key in full, and returns it in its stored form.
    fn checked_key(bytes: &[u8]) -> Result<StoredKey, DispatchError> {
        let key = VerifyingKey::decode(bytes).map_err(|_| Error::<T>::MalformedKey)?;
        ensure!(key.inputs() == PUBLIC_INPUTS, Error::<T>::KeyInputCount);
        key.check().map_err(|_| Error::<T>::UnsafeKey)?;
        StoredKey::try_from(key.encode_registered()).map_err(|_| Error::<T>::MalformedKey.into())
    }

    /// Returns the circuit that a venue was created with. Circuits never go away.
    pub(crate) fn registered(id: CircuitId) -> Result<Circuit, DispatchError> {
        Circuits::<T>::get(id).ok_or_else(|| Error::<T>::UnknownCircuit.into())
    }

    /// Decodes a key that was checked when it was registered.
    pub(crate) fn stored_key(bytes: &[u8]) -> Result<VerifyingKey, DispatchError> {
        VerifyingKey::decode_registered(bytes).map_err(|_| Error::<T>::MalformedKey.into())
    }

    /// Verifies one proof against a registered key, also of a retired circuit.
    pub(crate) fn check_proof(
        circuit: CircuitId,
        kind: ProofKind,
        proof: &[u8],
        public_input: FieldBytes,
    ) -> Result<(), ProofRefusal> {
        let circuit = Circuits::<T>::get(circuit).ok_or(ProofRefusal::UnknownCircuit)?;
        let input = public_input
            .to_fr()
            .map_err(|_| ProofRefusal::NonCanonicalInput)?;
        let proof = Proof::decode(proof).map_err(|_| ProofRefusal::Malformed)?;
        let bytes = match kind {
            ProofKind::Chunk => &circuit.chunk_key,
            ProofKind::Closing => &circuit.closing_key,
        };
        let key =
            VerifyingKey::decode_registered(bytes).map_err(|_| ProofRefusal::UnknownCircuit)?;
        verify_one(&key, &proof, &[input]).map_err(|_| ProofRefusal::Rejected)
    }
}
