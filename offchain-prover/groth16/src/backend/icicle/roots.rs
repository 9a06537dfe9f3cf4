//! The tables of roots of unity that ICICLE's transforms need.
//!
//! ICICLE keeps one table per device for the whole process. Making a second table does nothing,
//! whatever its size. To get a larger one, the old one must be released while no thread transforms.

use super::{
    device::{DeviceVec, Session},
    error::error,
    types::{Device, Direction, Limbs, raw},
};
use crate::backend::BackendError;
use ark_bn254::Fr;
use ark_ff::FftField;
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::PoisonError,
};

/// Tables are never smaller than two to this power: transforms of all smaller sizes share one of 32
/// KiB.
pub(super) const SMALLEST: u32 = 10;

impl Session {
    /// Makes the device's table large enough for transforms of size 2^`log_size`.
    pub(super) fn prepare_roots(
        &self,
        operation: &'static str,
        log_size: u32,
    ) -> Result<(), BackendError> {
        self.with_roots(operation, log_size, || Ok(()))
    }

    /// Transforms `values` in place; their number is a power of two. The transform of a single
    /// value is the value itself.
    pub(super) fn transform_with_roots(
        &self,
        operation: &'static str,
        values: &mut DeviceVec<Limbs>,
        direction: Direction,
        coset_generator: Option<Limbs>,
    ) -> Result<(), BackendError> {
        match values.len().checked_ilog2() {
            None | Some(0) => Ok(()),
            Some(log_size) => self.with_roots(operation, log_size, || {
                self.transform(operation, values, direction, coset_generator)
            }),
        }
    }

    /// Runs `act` with a table that is large enough and that no thread changes meanwhile.
    fn with_roots<T>(
        &self,
        operation: &'static str,
        log_size: u32,
        act: impl FnOnce() -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        let roots = &self.icicle.roots;
        let covers = |tables: &HashMap<Device, u32>| {
            tables
                .get(&self.device)
                .is_some_and(|largest| *largest >= log_size)
        };
        let tables = roots.read().unwrap_or_else(PoisonError::into_inner);
        if covers(&tables) {
            return act();
        }
        drop(tables);
        let mut tables = roots.write().unwrap_or_else(PoisonError::into_inner);
        if !covers(&tables) {
            self.grow(operation, tables.entry(self.device), log_size)?;
        }
        act()
    }

    fn grow(
        &self,
        operation: &'static str,
        table: Entry<'_, Device, u32>,
        log_size: u32,
    ) -> Result<(), BackendError> {
        let log_size = log_size.max(SMALLEST);
        let root = root(operation, log_size)?;
        let Entry::Occupied(mut table) = table else {
            // Other code in this process may have made a table with other roots. If no table
            // exists, the failed release does not matter.
            if let Err(refused) = self.release_roots(operation) {
                tracing::debug!(%refused, "no table of roots of unity was there to be freed");
            }
            self.make_roots(operation, &root)?;
            table.or_insert(log_size);
            return Ok(());
        };
        self.release_roots(operation)?;
        if let Err(refused) = self.make_roots(operation, &root) {
            // Smaller transforms can continue if the device can restore the old table.
            let restored = self::root(operation, *table.get())
                .and_then(|root| self.make_roots(operation, &root));
            if restored.is_err() {
                table.remove();
            }
            return Err(refused);
        }
        table.insert(log_size);
        Ok(())
    }
}

/// Returns arkworks' root of unity of order 2^`log_size`, in ICICLE's form.
fn root(operation: &'static str, log_size: u32) -> Result<Limbs, BackendError> {
    1_u64
        .checked_shl(log_size)
        .and_then(Fr::get_root_of_unity)
        .map(raw)
        .ok_or_else(|| error(operation, format!("no root of unity of order 2^{log_size}")))
}
