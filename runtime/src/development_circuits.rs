//! The circuits that development chains register at genesis.
//!
//! Their verifying keys belong to deterministic proving keys, made by `clearproof-prover keys`.
//! They are insecure on purpose, and other chains refuse them. `make dev-keys` writes the files; a
//! test compares them with the circuits.

use alloc::{vec, vec::Vec};
use clearproof_primitives::{batch::PROTOCOL_VERSION, shape::Shape};
use pallet_clearproof_settlement::{CircuitId, GenesisCircuit};

/// Number of the circuits of the reference shape.
pub const REFERENCE: CircuitId = CircuitId::new(1);
/// Number of the circuits of the small shape, which prove in seconds.
pub const SMALL: CircuitId = CircuitId::new(2);

/// Both circuits.
pub fn circuits() -> Vec<GenesisCircuit> {
    let circuit = |id, shape, chunk_key: &[u8], closing_key: &[u8]| GenesisCircuit {
        id,
        version: PROTOCOL_VERSION,
        shape,
        chunk_key: chunk_key.to_vec(),
        closing_key: closing_key.to_vec(),
        development: true,
    };
    vec![
        circuit(
            REFERENCE,
            Shape::REFERENCE,
            include_bytes!("../dev-keys/reference-chunk.vk"),
            include_bytes!("../dev-keys/reference-closing.vk"),
        ),
        circuit(
            SMALL,
            Shape::SMALL,
            include_bytes!("../dev-keys/small-chunk.vk"),
            include_bytes!("../dev-keys/small-closing.vk"),
        ),
    ]
}
