//! Mapping a key's file into memory.

use memmap2::Mmap;
use std::{fs::File, io, sync::Arc};

/// Maps `file` for reading.
///
/// All who can write to the folder of keys are trusted with them. This program never changes a
/// key's file. It only replaces it by another file, which leaves the mapped one as it was. If a
/// file is changed in place, against that rule, proofs with it do not verify. If it is cut short, a
/// process that reads beyond its new end is killed.
pub(super) fn map(file: &File) -> io::Result<Arc<Mmap>> {
    // SAFETY: the memory is only read, as integers, for which all bytes are valid. By the rule
    // above it does not change.
    let map = unsafe { Mmap::map(file) }?;
    Ok(Arc::new(map))
}
