//! One device: its memory, and the operations on vectors in it.
//!
//! All calls to ICICLE are here, except for those that load it. Each thread has an active device of
//! its own in ICICLE, so each operation sets it first.

use super::{
    super::checks,
    error::{NAME, error},
    library::Icicle,
    types::{
        API_NOT_IMPLEMENTED, Device, Direction, Limbs, MsmConfig, NttConfig, NttInitDomainConfig,
        SUCCESS, VecOpsConfig, check, returned,
    },
};
use crate::{
    backend::BackendError,
    points::{G1Point, G2Point},
};
use bytemuck::Pod;
use std::{
    ffi::{CStr, c_int, c_void},
    marker::PhantomData,
    ptr,
};

/// A device of a loaded ICICLE.
#[derive(Clone, Copy)]
pub(super) struct Session {
    pub(super) icicle: &'static Icicle,
    pub(super) device: Device,
}

/// A vector in a device's memory. The memory is freed when the vector is dropped.
pub struct DeviceVec<T> {
    session: Session,
    /// Null if there are no elements.
    address: *mut c_void,
    count: usize,
    elements: PhantomData<T>,
}

// SAFETY: the address is never dereferenced here, only passed to ICICLE. Its functions may be
// called from any thread that has set the device. Functions that change the memory take `&mut
// self`.
unsafe impl<T: Send> Send for DeviceVec<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for DeviceVec<T> {}

impl<T> DeviceVec<T> {
    /// Number of elements.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    fn elements_from(&self, offset: usize) -> *const T {
        self.address.cast::<T>().wrapping_add(offset)
    }
}

impl<T> Drop for DeviceVec<T> {
    fn drop(&mut self) {
        if self.address.is_null() {
            return;
        }
        let freed = self.session.activate("free").and_then(|()| {
            // SAFETY: `icicle_malloc` returned this address, and nothing else frees it.
            let code = unsafe { (self.session.icicle.functions.icicle_free)(self.address) };
            check("free", "icicle_free", code)
        });
        if let Err(error) = freed {
            tracing::warn!(%error, device = %self.session.device, "memory of the device was not freed");
        }
    }
}

type Msm = unsafe extern "C-unwind" fn(
    *const Limbs,
    *const c_void,
    c_int,
    *const MsmConfig,
    *mut c_void,
) -> c_int;
type VectorOperation = unsafe extern "C-unwind" fn(
    *const Limbs,
    *const Limbs,
    u64,
    *const VecOpsConfig,
    *mut Limbs,
) -> c_int;

impl Session {
    /// Checks that the device is available.
    pub(super) fn open(icicle: &'static Icicle, device: Device) -> Result<Self, BackendError> {
        let session = Self { icicle, device };
        // SAFETY: the device outlives the call. Setting a device of an unknown kind would throw, so
        // its availability is checked first.
        let code = unsafe { (icicle.functions.icicle_is_device_available)(&device) };
        if code != SUCCESS {
            let known = session.registered()?;
            return Err(error(
                "open",
                format!("no device {device}: ICICLE has backends for {known}"),
            ));
        }
        session.activate("open")?;
        Ok(session)
    }

    /// The kinds of devices for which ICICLE has backends, as it lists them.
    fn registered(&self) -> Result<String, BackendError> {
        let mut text = [0_u8; 1024];
        // SAFETY: the buffer has the given size.
        let code = unsafe {
            (self.icicle.functions.icicle_get_registered_devices)(
                text.as_mut_ptr().cast(),
                text.len(),
            )
        };
        check("open", "icicle_get_registered_devices", code)?;
        let text = CStr::from_bytes_until_nul(&text).unwrap_or_default();
        Ok(text.to_string_lossy().into_owned())
    }

    fn activate(&self, operation: &'static str) -> Result<(), BackendError> {
        // SAFETY: the device outlives the call.
        let code = unsafe { (self.icicle.functions.icicle_set_device)(&self.device) };
        if code == SUCCESS {
            return Ok(());
        }
        let mut refused = returned(operation, "icicle_set_device", code);
        refused.reason += &format!(" for device {}", self.device);
        Err(refused)
    }

    /// Bytes in total and free; none if ICICLE does not report them, as for the CPU.
    pub(super) fn memory(&self) -> Result<Option<(u64, u64)>, BackendError> {
        const OPERATION: &str = "memory";
        self.activate(OPERATION)?;
        let (mut total, mut free) = (0, 0);
        // SAFETY: both variables outlive the call.
        let code =
            unsafe { (self.icicle.functions.icicle_get_available_memory)(&mut total, &mut free) };
        if code == API_NOT_IMPLEMENTED {
            return Ok(None);
        }
        check(OPERATION, "icicle_get_available_memory", code)?;
        Ok(Some((total as u64, free as u64)))
    }

    /// Copies `values` to the device.
    pub(super) fn upload<T: Pod>(
        &self,
        operation: &'static str,
        values: &[T],
    ) -> Result<DeviceVec<T>, BackendError> {
        let mut vector = DeviceVec {
            session: *self,
            address: ptr::null_mut(),
            count: values.len(),
            elements: PhantomData,
        };
        if values.is_empty() {
            return Ok(vector);
        }
        self.activate(operation)?;
        let bytes = size_of_val(values);
        // SAFETY: the pointer outlives the call.
        let code = unsafe { (self.icicle.functions.icicle_malloc)(&mut vector.address, bytes) };
        if code != SUCCESS {
            // After a failure the pointer must not be freed, whatever was written there.
            vector.address = ptr::null_mut();
            let mut refused = returned(operation, "icicle_malloc", code);
            refused.reason += &format!(", {bytes} bytes were requested");
            return Err(refused);
        }
        if vector.address.is_null() {
            return Err(error(operation, "icicle_malloc returned null".into()));
        }
        // SAFETY: `bytes` bytes were allocated at the address, and as many are read from the slice.
        let code = unsafe {
            (self.icicle.functions.icicle_copy_to_device)(
                vector.address,
                values.as_ptr().cast(),
                bytes,
            )
        };
        check(operation, "icicle_copy_to_device", code)?;
        Ok(vector)
    }

    /// Copies the scalars of `vector` to the host. Limbs that the library did not write stay all
    /// ones, which is not a scalar.
    pub(super) fn download(
        &self,
        operation: &'static str,
        vector: &DeviceVec<Limbs>,
    ) -> Result<Vec<Limbs>, BackendError> {
        let mut values = vec![[u64::MAX; 4]; vector.count];
        if values.is_empty() {
            return Ok(values);
        }
        self.activate_for(operation, vector)?;
        // SAFETY: the vector has as many bytes as the slice, which nothing else uses.
        let code = unsafe {
            (self.icicle.functions.icicle_copy_to_host)(
                values.as_mut_ptr().cast(),
                vector.address,
                size_of_val(values.as_slice()),
            )
        };
        check(operation, "icicle_copy_to_host", code)?;
        Ok(values)
    }

    /// The sum in projective coordinates, not in Montgomery form; none if there are no points.
    pub(super) fn msm_g1(
        &self,
        bases: &DeviceVec<G1Point>,
        scalars: &DeviceVec<Limbs>,
        offset: usize,
    ) -> Result<Option<[Limbs; 3]>, BackendError> {
        let function = self.icicle.functions.bn254_msm;
        self.msm(("bn254_msm", function), bases, scalars, offset)
    }

    /// As [`Self::msm_g1`], in G2.
    pub(super) fn msm_g2(
        &self,
        bases: &DeviceVec<G2Point>,
        scalars: &DeviceVec<Limbs>,
        offset: usize,
    ) -> Result<Option<[[Limbs; 2]; 3]>, BackendError> {
        let function = self.icicle.functions.bn254_g2_msm;
        self.msm(("bn254_g2_msm", function), bases, scalars, offset)
    }

    /// `P` is the point type of `function`, and `R` is three of its coordinates.
    fn msm<P: Pod, R: Pod>(
        &self,
        (name, function): (&str, Msm),
        bases: &DeviceVec<P>,
        scalars: &DeviceVec<Limbs>,
        offset: usize,
    ) -> Result<Option<R>, BackendError> {
        const OPERATION: &str = "sum over points";
        let (points, given) = (bases.count, scalars.count);
        checks::part(NAME, points, offset, given)?;
        if points == 0 {
            return Ok(None);
        }
        let count = as_int(OPERATION, points)?;
        self.activate_for(OPERATION, bases)?;
        self.activate_for(OPERATION, scalars)?;
        let config = MsmConfig::on_device();
        // All ones is not a coordinate, so that a sum that the library did not write is refused.
        let mut sum = R::zeroed();
        bytemuck::bytes_of_mut(&mut sum).fill(u8::MAX);
        // SAFETY: `count` bases and, from the offset on, as many scalars lie in the device's
        // memory, as the configuration states. The result goes to the host, where there is room for
        // three coordinates.
        let code = unsafe {
            function(
                scalars.elements_from(offset),
                bases.address,
                count,
                &config,
                ptr::from_mut(&mut sum).cast(),
            )
        };
        check(OPERATION, name, code)?;
        Ok(Some(sum))
    }

    /// Transforms `values` in place, over the subgroup of their number or over its coset with this
    /// generator. The device's roots of unity suffice for that number, and no other thread changes
    /// them meanwhile.
    pub(super) fn transform(
        &self,
        operation: &'static str,
        values: &mut DeviceVec<Limbs>,
        direction: Direction,
        coset_generator: Option<Limbs>,
    ) -> Result<(), BackendError> {
        let count = as_int(operation, values.count)?;
        self.activate_for(operation, values)?;
        let config = NttConfig::on_device(coset_generator);
        let address = values.address.cast();
        // SAFETY: `count` values lie in the device's memory, as the configuration states. The
        // result replaces them, which ICICLE allows.
        let code = unsafe {
            (self.icicle.functions.bn254_ntt)(address, count, direction, &config, address)
        };
        check(operation, "bn254_ntt", code)
    }

    /// Makes the device's table of roots of unity; there must not be one.
    pub(super) fn make_roots(
        &self,
        operation: &'static str,
        root: &Limbs,
    ) -> Result<(), BackendError> {
        self.activate(operation)?;
        let config = NttInitDomainConfig::blocking();
        // SAFETY: both arguments outlive the call, which blocks.
        let code = unsafe { (self.icicle.functions.bn254_ntt_init_domain)(root, &config) };
        check(operation, "bn254_ntt_init_domain", code)
    }

    /// Frees the device's table of roots of unity. No thread may transform meanwhile.
    pub(super) fn release_roots(&self, operation: &'static str) -> Result<(), BackendError> {
        self.activate(operation)?;
        // SAFETY: no arguments.
        let code = unsafe { (self.icicle.functions.bn254_ntt_release_domain)() };
        check(operation, "bn254_ntt_release_domain", code)
    }

    /// `a[i] ← a[i]·b[i]` of numbers that are not in Montgomery form.
    pub(super) fn multiply(
        &self,
        a: &mut DeviceVec<Limbs>,
        b: &DeviceVec<Limbs>,
    ) -> Result<(), BackendError> {
        let function = self.icicle.functions.bn254_vector_mul;
        self.combine(("bn254_vector_mul", function), a, b)
    }

    /// `a[i] ← a[i] − b[i]`.
    pub(super) fn subtract(
        &self,
        a: &mut DeviceVec<Limbs>,
        b: &DeviceVec<Limbs>,
    ) -> Result<(), BackendError> {
        let function = self.icicle.functions.bn254_vector_sub;
        self.combine(("bn254_vector_sub", function), a, b)
    }

    fn combine(
        &self,
        (name, function): (&str, VectorOperation),
        a: &mut DeviceVec<Limbs>,
        b: &DeviceVec<Limbs>,
    ) -> Result<(), BackendError> {
        if a.count != b.count {
            return Err(error(
                VECTORS,
                format!("vectors of {} and {} scalars", a.count, b.count),
            ));
        }
        self.activate_for(VECTORS, a)?;
        self.activate_for(VECTORS, b)?;
        let config = VecOpsConfig::on_device(true);
        let (first, second) = (a.address.cast(), b.address.cast());
        // SAFETY: both vectors have this many scalars in the device's memory, as the configuration
        // states. The result replaces the first one, element by element.
        let code = unsafe { function(first, second, a.count as u64, &config, first) };
        check(VECTORS, name, code)
    }

    /// `a[i] ← factor·a[i]` of numbers that are not in Montgomery form.
    pub(super) fn scale(
        &self,
        a: &mut DeviceVec<Limbs>,
        factor: &Limbs,
    ) -> Result<(), BackendError> {
        self.activate_for(VECTORS, a)?;
        let config = VecOpsConfig::on_device(false);
        let address = a.address.cast();
        // SAFETY: the factor lies in the host's memory and the vector in the device's, as the
        // configuration states. The result replaces the vector, element by element.
        let code = unsafe {
            (self.icicle.functions.bn254_scalar_mul_vec)(
                factor,
                address,
                a.count as u64,
                &config,
                address,
            )
        };
        check(VECTORS, "bn254_scalar_mul_vec", code)
    }

    /// Sets the device, and refuses a vector that lies in the memory of another one.
    fn activate_for<T>(
        &self,
        operation: &'static str,
        vector: &DeviceVec<T>,
    ) -> Result<(), BackendError> {
        let owner = &vector.session;
        if !ptr::eq(owner.icicle, self.icicle) || owner.device != self.device {
            return Err(error(
                operation,
                format!(
                    "a vector of device {} was given to device {}",
                    owner.device, self.device
                ),
            ));
        }
        self.activate(operation)
    }
}

const VECTORS: &str = "operation on vectors";

fn as_int(operation: &'static str, count: usize) -> Result<c_int, BackendError> {
    c_int::try_from(count).map_err(|_| {
        error(
            operation,
            format!("{count} elements; ICICLE's limit is {}", c_int::MAX),
        )
    })
}
