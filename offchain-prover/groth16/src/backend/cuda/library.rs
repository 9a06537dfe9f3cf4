//! `libclearproof_cuda`: finding it, and all calls of its functions. `offchain-prover/cuda/include/clearproof_cuda.h` says what
//! they do.
//!
//! It is never unloaded: its device code and threads are the process's.

use super::{CudaDevice, Limbs, NAME, error};
use crate::{
    backend::BackendError,
    points::{G1Point, G2Point},
};
use bytemuck::{Pod, Zeroable};
use libloading::os::unix::{Library as Loaded, RTLD_LOCAL, RTLD_NOW};
use std::{
    env::{self, consts::DLL_SUFFIX},
    ffi::{CStr, c_char, c_int},
    marker::PhantomData,
    mem,
    path::{Path, PathBuf},
    ptr::{self, NonNull},
    sync::Arc,
};

/// Names the library where no option does.
const VARIABLE: &str = "CLEARPROOF_CUDA_LIBRARY";

/// The header's `CLEARPROOF_CUDA_VERSION`.
const VERSION: u32 = 1;

/// The header's codes.
const CODES: [(c_int, &str); 5] = [
    (1, "bad argument"),
    (2, "no device"),
    (3, "out of memory"),
    (4, "device error"),
    (5, "failed"),
];

#[repr(C)]
struct RawContext {
    _private: [u8; 0],
}

#[repr(C)]
struct RawVector {
    _private: [u8; 0],
}

/// The header's `clearproof_cuda_device`.
#[repr(C)]
struct RawDevice {
    name: [u8; 256],
    memory_total: u64,
    memory_free: u64,
    major: u32,
    minor: u32,
}

macro_rules! functions {
    ($($name:ident($($argument:ty),*);)*) => {
        /// The library's functions. The last two arguments of each are where a message goes, and how much room there is.
        #[derive(Clone, Copy)]
        pub(super) struct Library {
            $($name: unsafe extern "C" fn($($argument,)* *mut c_char, u64) -> c_int,)*
        }

        impl Library {
            /// Names of the functions, but for the one that tells the version.
            #[cfg(test)]
            const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];

            fn find(library: &Loaded, path: &Path) -> Result<Self, BackendError> {
                Ok(Self {
                    // SAFETY: these are the types that the header declares; its version is the one that we know.
                    $($name: unsafe { function(library, path, stringify!($name)) }?,)*
                })
            }
        }
    };
}

functions! {
    clearproof_cuda_device_count(*mut u32);
    clearproof_cuda_open(u32, *mut *mut RawContext);
    clearproof_cuda_close(*mut RawContext);
    clearproof_cuda_device_info(*mut RawContext, *mut RawDevice);
    clearproof_cuda_upload(*mut RawContext, u32, *const u64, u64, *mut *mut RawVector);
    clearproof_cuda_download(*mut RawContext, *const RawVector, *mut u64, u64);
    clearproof_cuda_free(*mut RawContext, *mut RawVector);
    clearproof_cuda_msm(*mut RawContext, *const RawVector, *const RawVector, u64, *mut u64, u64);
    clearproof_cuda_ntt(*mut RawContext, *mut RawVector, u32, u32);
    clearproof_cuda_divide(*mut RawContext, *mut RawVector, *const RawVector, *const RawVector, *const u64);
    clearproof_cuda_quotient(*mut RawContext, *mut RawVector, *mut RawVector, *mut RawVector, *const u64);
}

const VERSION_FUNCTION: &str = "clearproof_cuda_version";

/// # Safety
/// `F` is the type of the function `name`.
unsafe fn function<F: Copy>(library: &Loaded, path: &Path, name: &str) -> Result<F, BackendError> {
    // SAFETY: the caller's promise.
    match unsafe { library.get::<F>(name.as_bytes()) } {
        Ok(symbol) => Ok(*symbol),
        Err(_) => Err(error(
            "open",
            format!(
                "{} lacks the function {name}: it is no libclearproof_cuda, or one of another version. Build it with `make cuda`",
                path.display()
            ),
        )),
    }
}

/// Where the library is looked for.
fn place(option: Option<&Path>) -> PathBuf {
    if let Some(path) = option {
        return path.to_owned();
    }
    if let Some(path) = env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
        return path.into();
    }
    let name = format!("libclearproof_cuda{DLL_SUFFIX}");
    let beside = env::current_exe()
        .ok()
        .and_then(|program| Some(program.parent()?.join(&name)))
        .filter(|path| path.exists());
    beside.unwrap_or_else(|| name.into())
}

impl Library {
    /// Loads the library from `path`, or from where it is found.
    pub(super) fn load(path: Option<&Path>) -> Result<Self, BackendError> {
        let path = place(path);
        // SAFETY: the library's initialisers run. It is what the operator installed and named, and trusted as the program is.
        let loaded = unsafe { Loaded::open(Some(&path), RTLD_NOW | RTLD_LOCAL) }.map_err(|reason| {
            error(
                "open",
                format!(
                    "cannot load {}: {reason}. Build it with `make cuda`, and name it in {VARIABLE} or put it beside the program",
                    path.display()
                ),
            )
        })?;
        // SAFETY: the function has had this type in all versions.
        let version: unsafe extern "C" fn() -> u32 =
            unsafe { function(&loaded, &path, VERSION_FUNCTION) }?;
        // SAFETY: as above.
        let version = unsafe { version() };
        if version != VERSION {
            return Err(error(
                "open",
                format!(
                    "{} has version {version} of the interface, this program needs {VERSION}: build both from the same sources \
                     (`make cuda`)",
                    path.display()
                ),
            ));
        }
        let library = Self::find(&loaded, &path)?;
        mem::forget(loaded);
        Ok(library)
    }
}

/// Makes a call that takes a message's place and room, and turns its code into an error.
fn call(
    operation: &'static str,
    work: impl FnOnce(*mut c_char, u64) -> c_int,
) -> Result<(), BackendError> {
    let mut message = [0_u8; 512];
    let code = work(message.as_mut_ptr().cast(), message.len() as u64);
    if code == 0 {
        return Ok(());
    }
    let kind = CODES
        .iter()
        .find(|known| known.0 == code)
        .map_or("unknown code", |known| known.1);
    let told = CStr::from_bytes_until_nul(&message).map(CStr::to_string_lossy);
    let told = told.unwrap_or_default();
    let mut reason = format!("{kind} ({code}): {told}");
    if code == 2 {
        reason += ". Look for a device and its driver with `nvidia-smi`";
    }
    Err(error(operation, reason))
}

/// A device that was opened; closed when it and all its vectors are dropped.
pub(super) struct Device {
    library: Library,
    context: NonNull<RawContext>,
}

// SAFETY: the header says that functions may be called from any thread; the library lets one at a time do its work.
unsafe impl Send for Device {}
// SAFETY: as above.
unsafe impl Sync for Device {}

impl Drop for Device {
    fn drop(&mut self) {
        let closed = call("close", |text, room| {
            // SAFETY: the context is open, and all its vectors were freed: each has a reference to this.
            unsafe { (self.library.clearproof_cuda_close)(self.context.as_ptr(), text, room) }
        });
        if let Err(error) = closed {
            tracing::warn!(%error, "giving a device back");
        }
    }
}

/// What a vector can hold.
pub trait Element: Pod {
    /// The header's number for it.
    const KIND: u32;
}

/// What can be summed.
pub(super) trait Point: Element {
    /// A sum in Jacobian coordinates.
    type Sum: Pod;
}

impl Element for Limbs {
    const KIND: u32 = 0;
}

impl Element for G1Point {
    const KIND: u32 = 1;
}

impl Element for G2Point {
    const KIND: u32 = 2;
}

impl Point for G1Point {
    type Sum = [Limbs; 3];
}

impl Point for G2Point {
    type Sum = [[Limbs; 2]; 3];
}

/// A vector in a device's memory; freed when it is dropped.
pub struct CudaVec<T> {
    device: Arc<Device>,
    vector: NonNull<RawVector>,
    len: usize,
    elements: PhantomData<fn() -> T>,
}

// SAFETY: as for the device. What changes a vector takes it mutably.
unsafe impl<T> Send for CudaVec<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for CudaVec<T> {}

impl<T> CudaVec<T> {
    /// How many elements it has.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl<T> Drop for CudaVec<T> {
    fn drop(&mut self) {
        let Device { library, context } = &*self.device;
        let freed = call("free", |text, room| {
            // SAFETY: the vector is live and of this context, and nobody has it any more.
            unsafe {
                (library.clearproof_cuda_free)(context.as_ptr(), self.vector.as_ptr(), text, room)
            }
        });
        if let Err(error) = freed {
            tracing::warn!(%error, "freeing a device's memory");
        }
    }
}

impl Library {
    /// How many devices there are.
    pub(super) fn devices(&self) -> Result<u32, BackendError> {
        let mut count = 0;
        call("devices", |text, room| {
            // SAFETY: there is a place for the number.
            unsafe { (self.clearproof_cuda_device_count)(&mut count, text, room) }
        })?;
        Ok(count)
    }
}

impl Device {
    pub(super) fn open(library: Library, index: u32) -> Result<Self, BackendError> {
        const OPERATION: &str = "open";
        let mut context = ptr::null_mut();
        call(OPERATION, |text, room| {
            // SAFETY: there is a place for the context.
            unsafe { (library.clearproof_cuda_open)(index, &mut context, text, room) }
        })?;
        let context = given(OPERATION, context)?;
        Ok(Self { library, context })
    }

    pub(super) fn describe(&self) -> Result<CudaDevice, BackendError> {
        let mut told = RawDevice {
            name: [0; 256],
            memory_total: 0,
            memory_free: 0,
            major: 0,
            minor: 0,
        };
        call("device", |text, room| {
            // SAFETY: the context is open; there is a place for the answer.
            unsafe {
                (self.library.clearproof_cuda_device_info)(
                    self.context.as_ptr(),
                    &mut told,
                    text,
                    room,
                )
            }
        })?;
        let name = CStr::from_bytes_until_nul(&told.name).map(CStr::to_string_lossy);
        Ok(CudaDevice {
            name: name.unwrap_or_default().into_owned(),
            capability: (told.major, told.minor),
            memory_total: told.memory_total,
            memory_free: told.memory_free,
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
            // SAFETY: the context is open; that many elements of this kind lie there; there is a place for the vector.
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

    /// A vector's place in the library, where it is one of this device.
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
        // No scalar: what is not written is found.
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

    /// The sum in Jacobian coordinates, as the library wrote it.
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
        // No coordinate: what is not written is found.
        limbs.fill(u64::MAX);
        call(OPERATION, |text, room| {
            // SAFETY: context and vectors are live, and of these kinds; there is room for the sum.
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

/// What a call that succeeded gave.
fn given<T>(operation: &'static str, pointer: *mut T) -> Result<NonNull<T>, BackendError> {
    NonNull::new(pointer).ok_or_else(|| {
        error(
            operation,
            format!("{NAME}'s library said yes and gave nothing"),
        )
    })
}

#[cfg(test)]
mod tests;
