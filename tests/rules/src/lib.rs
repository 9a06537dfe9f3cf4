//! The rules of this repository that no compiler knows.
//!
//! The tests of this crate hold the structure: arrows between crates, circles of files, sizes.
//! `scripts/lint.sh width words subjects` runs its program on comments, documents and commits.
//! Findings that are still allowed are counted in `ratchet.txt`, and may only become fewer.

pub mod circles;
pub mod comments;
pub mod crates;
pub mod features;
pub mod files;
pub mod functions;
pub mod modules;
pub mod paths;
pub mod ratchet;
pub mod subjects;
pub mod width;
pub mod words;
