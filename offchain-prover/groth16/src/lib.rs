//! Groth16 over BN254: proving keys, their cache on disk, and the backends that prove.
