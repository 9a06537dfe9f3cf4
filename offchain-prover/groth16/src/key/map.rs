//! Mapping a key's file into memory.

use memmap2::Mmap;
use std::{fs::File, io, sync::Arc};

/// Maps `file`, for reading.
///
/// Whoever can write to the folder of keys is trusted with them. This program never changes a file of a key, it only puts
/// another one in its place, which leaves the mapped one as it was. Somebody who changes a file in place, against that rule, gets
/// proofs that do not verify; somebody who cuts one short kills the process that reads beyond its new end.
pub(super) fn map(file: &File) -> io::Result<Arc<Mmap>> {
    // SAFETY: the memory is only read, as integers, for which all bytes are valid; nobody who keeps to the rule above changes it.
    let map = unsafe { Mmap::map(file) }?;
    Ok(Arc::new(map))
}
