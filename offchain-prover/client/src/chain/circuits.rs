//! Circuits that are registered on the chain.

use super::{ANSWER_TIMEOUT, Chain, ChainError};
use clearproof_primitives::{
    chain::VenueView,
    field::FieldBytes,
    ids::{BatchNumber, CircuitId},
    shape::Shape,
};
use codec::DecodeAll;
use subxt::dynamic::{self, Value};

/// Pallet and storage map of the circuits.
const CIRCUITS: (&str, &str) = ("Settlement", "Circuits");

/// With each verifying key the chain keeps e(α, β): twelve elements of the base field.
const PAIRING_BYTES: usize = 12 * 32;

/// A registered pair of circuits: the part that a prover needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredCircuit {
    /// Its number.
    pub number: CircuitId,
    /// The version of the protocol that it proves.
    pub version: u16,
    /// Its dimensions.
    pub shape: Shape,
    /// True if its keys come from an insecure set-up.
    pub development: bool,
    /// Verifying key of the chunk circuit.
    pub chunk_key: Vec<u8>,
    /// Verifying key of the closing circuit.
    pub closing_key: Vec<u8>,
}

/// Returns the circuit that a batch of a venue is proven with, as the chain has it now.
pub fn circuit_of<A>(venue: &VenueView<A>, batch: BatchNumber) -> CircuitId {
    match venue.next_circuit {
        Some(next) if batch >= next.from_batch => next.circuit,
        _ => venue.circuit,
    }
}

impl Chain {
    /// Returns a registered circuit; none if no circuit has this number.
    ///
    /// # Errors
    /// As [`Chain::venue`]; and [`ChainError::Missing`] if the runtime registers none.
    pub async fn circuit(
        &self,
        number: CircuitId,
    ) -> Result<Option<RegisteredCircuit>, ChainError> {
        let stored = self.exchange(ANSWER_TIMEOUT, async {
            let address = dynamic::storage::<(Value,), Value>(CIRCUITS.0, CIRCUITS.1);
            let now = self.now().await?;
            let key = (Value::u128(number.get().into()),);
            let stored = now.storage().entry(address)?.try_fetch(key).await?;
            Ok(stored.map(|value| value.bytes().to_vec()))
        });
        stored
            .await?
            .map(|bytes| decoded(number, &bytes))
            .transpose()
    }
}

fn decoded(number: CircuitId, bytes: &[u8]) -> Result<RegisteredCircuit, ChainError> {
    type Stored = (u16, Shape, Vec<u8>, Vec<u8>, bool, FieldBytes);
    let problem = |error| ChainError::Decode {
        what: format!("{}.{}", CIRCUITS.0, CIRCUITS.1),
        error,
    };
    let (version, shape, chunk, closing, development, _) =
        Stored::decode_all(&mut &bytes[..]).map_err(problem)?;
    let key = |mut stored: Vec<u8>| -> Result<_, ChainError> {
        let length = stored.len().checked_sub(PAIRING_BYTES);
        let length = length.ok_or_else(|| problem("a key without its pairing".into()))?;
        stored.truncate(length);
        Ok(stored)
    };
    Ok(RegisteredCircuit {
        number,
        version,
        shape,
        development,
        chunk_key: key(chunk)?,
        closing_key: key(closing)?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use codec::Encode;

    #[test]
    fn keys_come_without_their_pairings_and_short_ones_are_refused() {
        let stored = |key: usize| {
            let keys = (vec![1u8; key], vec![2u8; key + 3]);
            let root = FieldBytes([0; 32]);
            (4u16, Shape::TINY, keys.0, keys.1, true, root).encode()
        };
        let circuit = decoded(CircuitId::new(7), &stored(584 + PAIRING_BYTES)).unwrap();
        assert_eq!(circuit.chunk_key, [1; 584]);
        assert_eq!(circuit.closing_key, [2; 587]);
        assert_eq!((circuit.number.get(), circuit.version), (7, 4));
        assert!(circuit.development);
        assert!(decoded(CircuitId::new(7), &stored(PAIRING_BYTES - 4)).is_err());
        assert!(decoded(CircuitId::new(7), &stored(600)[1..]).is_err());
        assert!(decoded(CircuitId::new(7), &[]).is_err());
    }
}
