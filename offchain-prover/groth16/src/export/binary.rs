//! The container of all three formats: four letters, a version, the number of sections, and then
//! each section with its number, its length in bytes and its content. Integers are little-endian.

use super::ExportError;
use crate::points::{G1Point, G2Point};
use ark_bn254::Fr;
use ark_ff::PrimeField;
use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

/// Bytes of a field element.
pub(super) const ELEMENT: u64 = 32;
/// Bytes of a point of G1.
pub(super) const G1: u64 = 2 * ELEMENT;
/// Bytes of a point of G2.
pub(super) const G2: u64 = 4 * ELEMENT;

/// A file being written.
pub(super) struct Sections<'a> {
    sink: BufWriter<&'a mut File>,
    /// Number of the section that is being written, and the bytes that it still lacks.
    open: (u32, u64),
}

/// Writes a file through a temporary one beside it, which replaces it when it is complete and on
/// disk.
pub(super) fn write(
    path: &Path,
    magic: &[u8; 4],
    version: u32,
    sections: u32,
    content: impl FnOnce(&mut Sections<'_>) -> io::Result<()>,
) -> Result<(), ExportError> {
    replace(path, |file| {
        let mut sections_of = Sections {
            sink: BufWriter::with_capacity(1 << 20, file),
            open: (0, 0),
        };
        sections_of.sink.write_all(magic)?;
        sections_of.sink.write_all(&version.to_le_bytes())?;
        sections_of.sink.write_all(&sections.to_le_bytes())?;
        content(&mut sections_of)?;
        sections_of.closed()?;
        sections_of.sink.flush()
    })
}

/// As [`write()`], with any content.
pub(super) fn replace(
    path: &Path,
    content: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<(), ExportError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let write = || {
        let mut file = tempfile::Builder::new()
            .prefix(".export-")
            .tempfile_in(folder)?;
        content(file.as_file_mut())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(|source| ExportError::Io {
        path: path.to_owned(),
        source,
    })
}

impl Sections<'_> {
    /// Begins a section of `bytes` bytes. The section before it must be complete.
    pub fn section(&mut self, number: u32, bytes: u64) -> io::Result<()> {
        self.closed()?;
        self.sink.write_all(&number.to_le_bytes())?;
        self.sink.write_all(&bytes.to_le_bytes())?;
        self.open = (number, bytes);
        Ok(())
    }

    fn closed(&self) -> io::Result<()> {
        match self.open {
            (_, 0) => Ok(()),
            (number, left) => Err(io::Error::other(format!(
                "section {number} lacks {left} bytes of its stated length"
            ))),
        }
    }

    /// Bytes, unchanged.
    pub fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (number, left) = &mut self.open;
        *left = left
            .checked_sub(bytes.len() as u64)
            .ok_or_else(|| io::Error::other(format!("section {number} is longer than stated")))?;
        self.sink.write_all(bytes)
    }

    /// A 32-bit integer.
    pub fn u32(&mut self, value: u32) -> io::Result<()> {
        self.bytes(&value.to_le_bytes())
    }

    /// A 64-bit integer.
    pub fn u64(&mut self, value: u64) -> io::Result<()> {
        self.bytes(&value.to_le_bytes())
    }

    /// Four limbs.
    pub fn limbs(&mut self, limbs: &[u64; 4]) -> io::Result<()> {
        limbs.iter().try_for_each(|limb| self.u64(*limb))
    }

    /// A scalar, not in Montgomery form.
    pub fn scalar(&mut self, scalar: &Fr) -> io::Result<()> {
        self.limbs(&scalar.into_bigint().0)
    }

    /// A point, its coordinates in Montgomery form.
    pub fn g1(&mut self, point: &G1Point) -> io::Result<()> {
        [&point.x, &point.y]
            .into_iter()
            .try_for_each(|limbs| self.limbs(limbs))
    }

    /// As [`Self::g1`], in G2.
    pub fn g2(&mut self, point: &G2Point) -> io::Result<()> {
        point
            .x
            .iter()
            .chain(&point.y)
            .try_for_each(|limbs| self.limbs(limbs))
    }
}
