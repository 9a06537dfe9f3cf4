//! Never compiled: see the manifest.

fn main() {}
