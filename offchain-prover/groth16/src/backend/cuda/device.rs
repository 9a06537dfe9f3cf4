//! One device: its memory, and the operations on vectors in it.

use super::{
    error::{NAME, error},
    library::{Library, call},
    types::{CudaDevice, Element, Limbs, Point, RawContext, RawDevice, RawVector},
};
use crate::backend::BackendError;
use bytemuck::Zeroable;
use std::{
    ffi::CStr,
    marker::PhantomData,
    ptr::{self, NonNull},
    sync::Arc,
};

/// An open device. It is closed when it and all its vectors are dropped.
pub(super) struct Device {
    library: Library,
    context: NonNull<RawContext>,
}

// SAFETY: by the header, functions may be called from any thread; the library runs one call at a
// time.
unsafe impl Send for Device {}
// SAFETY: as above.
unsafe impl Sync for Device {}

impl Drop for Device {
    fn drop(&mut self) {
        let closed = call("close", |text, room| {
            // SAFETY: the context is open, and all its vectors were freed: each has a reference to
            // this.
            unsafe { (self.library.clearproof_cuda_close)(self.context.as_ptr(), text, room) }
        });
        if let Err(error) = closed {
            tracing::warn!(%error, "giving a device back");
        }
    }
}

/// A vector in a device's memory; freed when it is dropped.
pub struct CudaVec<T> {
    device: Arc<Device>,
    vector: NonNull<RawVector>,
    len: usize,
    elements: PhantomData<fn() -> T>,
}

// SAFETY: as for the device. Functions that change a vector take it mutably.
unsafe impl<T> Send for CudaVec<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for CudaVec<T> {}

impl<T> CudaVec<T> {
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True if there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl<T> Drop for CudaVec<T> {
    fn drop(&mut self) {
        let Device { library, context } = &*self.device;
        let freed = call("free", |text, room| {
            // SAFETY: the vector is live and of this context, and nothing else refers to it.
            unsafe {
                (library.clearproof_cuda_free)(context.as_ptr(), self.vector.as_ptr(), text, room)
            }
        });
        if let Err(error) = freed {
            tracing::warn!(%error, "freeing a device's memory");
        }
    }
}

impl Device {
    pub(super) fn open(library: Library, index: u32) -> Result<Self, BackendError> {
        const OPERATION: &str = "open";
        let mut context = ptr::null_mut();
        call(OPERATION, |text, room| {
            // SAFETY: there is memory for the context.
            unsafe { (library.clearproof_cuda_open)(index, &mut context, text, room) }
        })?;
        let context = given(OPERATION, context)?;
        Ok(Self { library, context })
    }

    pub(super) fn describe(&self) -> Result<CudaDevice, BackendError> {
        let mut described = RawDevice {
            name: [0; 256],
            memory_total: 0,
            memory_free: 0,
            major: 0,
            minor: 0,
        };
        call("device", |text, room| {
            // SAFETY: the context is open; there is memory for the description.
            unsafe {
                (self.library.clearproof_cuda_device_info)(
                    self.context.as_ptr(),
                    &mut described,
                    text,
                    room,
                )
            }
        })?;
        let name = CStr::from_bytes_until_nul(&described.name).map(CStr::to_string_lossy);
        Ok(CudaDevice {
            name: name.unwrap_or_default().into_owned(),
            capability: (described.major, described.minor),
            memory_total: described.memory_total,
            memory_free: described.memory_free,
        })
    }

    pub(super) fn upload<T: Element>(
        self: &Arc<Self>,
        operation: &'static str,
        elements: &[T],
    ) -> Result<CudaVec<T>, BackendError> {
        let limbs: &[u64] = bytemuck::cast_slice(elements);
        let mut vector = ptr::null_mut();
        call(operation, |text, room| {
            // SAFETY: the context is open; the slice has that many elements of this kind; there is
            // memory for the handle.
            unsafe {
                (self.library.clearproof_cuda_upload)(
                    self.context.as_ptr(),
                    T::KIND,
                    limbs.as_ptr(),
                    elements.len() as u64,
                    &mut vector,
                    text,
                    room,
                )
            }
        })?;
        Ok(CudaVec {
            device: self.clone(),
            vector: given(operation, vector)?,
            len: elements.len(),
            elements: PhantomData,
        })
    }

    /// The handle of a vector, if it is in this device's memory.
    fn own<T>(
        &self,
        operation: &'static str,
        vector: &CudaVec<T>,
    ) -> Result<*mut RawVector, BackendError> {
        if ptr::eq(Arc::as_ptr(&vector.device), self) {
            Ok(vector.vector.as_ptr())
        } else {
            let reason = "the vector is in the memory of a device that was opened apart";
            Err(error(operation, reason.into()))
        }
    }

    pub(super) fn download(
        &self,
        operation: &'static str,
        scalars: &CudaVec<Limbs>,
    ) -> Result<Vec<Limbs>, BackendError> {
        let vector = self.own(operation, scalars)?;
        // This is not a scalar, so that elements that were not written are noticed.
        let mut limbs = vec![[u64::MAX; 4]; scalars.len];
        call(operation, |text, room| {
            // SAFETY: context and vector are live; there is room for all scalars.
            unsafe {
                (self.library.clearproof_cuda_download)(
                    self.context.as_ptr(),
                    vector,
                    limbs.as_mut_ptr().cast(),
                    limbs.len() as u64,
                    text,
                    room,
                )
            }
        })?;
        Ok(limbs)
    }

    /// The sum in Jacobian coordinates, as the library returned it.
    pub(super) fn msm<T: Point>(
        &self,
        bases: &CudaVec<T>,
        scalars: &CudaVec<Limbs>,
        offset: usize,
    ) -> Result<T::Sum, BackendError> {
        const OPERATION: &str = "sum over points";
        let (points, numbers) = (self.own(OPERATION, bases)?, self.own(OPERATION, scalars)?);
        if offset
            .checked_add(bases.len)
            .is_none_or(|needed| needed > scalars.len)
        {
            let (count, there) = (bases.len, scalars.len);
            return Err(error(
                OPERATION,
                format!("{count} points from scalar {offset} on, there are {there} scalars"),
            ));
        }
        let mut sum = T::Sum::zeroed();
        let limbs: &mut [u64] = bytemuck::cast_slice_mut(bytemuck::bytes_of_mut(&mut sum));
        // This is not a coordinate, so that a sum that was not written is noticed.
        limbs.fill(u64::MAX);
        call(OPERATION, |text, room| {
            // SAFETY: context and vectors are live and of these kinds; there is room for the sum.
            unsafe {
                (self.library.clearproof_cuda_msm)(
                    self.context.as_ptr(),
                    points,
                    numbers,
                    offset as u64,
                    limbs.as_mut_ptr(),
                    limbs.len() as u64,
                    text,
                    room,
                )
            }
        })?;
        Ok(sum)
    }

    pub(super) fn transform(
        &self,
        operation: &'static str,
        values: &mut CudaVec<Limbs>,
        inverse: bool,
        coset: bool,
    ) -> Result<(), BackendError> {
        let values = self.own(operation, values)?;
        call(operation, |text, room| {
            // SAFETY: context and vector are live.
            unsafe {
                (self.library.clearproof_cuda_ntt)(
                    self.context.as_ptr(),
                    values,
                    inverse.into(),
                    coset.into(),
                    text,
                    room,
                )
            }
        })
    }

    pub(super) fn divide(
        &self,
        operation: &'static str,
        a: &mut CudaVec<Limbs>,
        b: &CudaVec<Limbs>,
        c: &CudaVec<Limbs>,
        factor: &Limbs,
    ) -> Result<(), BackendError> {
        let a = self.own(operation, a)?;
        let (b, c) = (self.own(operation, b)?, self.own(operation, c)?);
        call(operation, |text, room| {
            // SAFETY: context and vectors are live; a factor has four limbs.
            unsafe {
                (self.library.clearproof_cuda_divide)(
                    self.context.as_ptr(),
                    a,
                    b,
                    c,
                    factor.as_ptr(),
                    text,
                    room,
                )
            }
        })
    }

    pub(super) fn quotient(
        &self,
        operation: &'static str,
        [a, b, c]: [&mut CudaVec<Limbs>; 3],
        factor: &Limbs,
    ) -> Result<(), BackendError> {
        let a = self.own(operation, a)?;
        let (b, c) = (self.own(operation, b)?, self.own(operation, c)?);
        call(operation, |text, room| {
            // SAFETY: context and vectors are live; a factor has four limbs.
            unsafe {
                (self.library.clearproof_cuda_quotient)(
                    self.context.as_ptr(),
                    a,
                    b,
                    c,
                    factor.as_ptr(),
                    text,
                    room,
                )
            }
        })
    }
}

/// Checks the pointer that a successful call returned.
fn given<T>(operation: &'static str, pointer: *mut T) -> Result<NonNull<T>, BackendError> {
    NonNull::new(pointer).ok_or_else(|| {
        error(
            operation,
            format!("{NAME}'s library reported success and returned null"),
        )
    })
}
