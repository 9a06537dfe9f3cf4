//! Holds the place of a crate: see Cargo.toml beside `src`.
