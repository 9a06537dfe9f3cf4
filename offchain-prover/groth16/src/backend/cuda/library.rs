//! Finding and loading `libclearproof_cuda`. Its functions are described in
//! `offchain-prover/cuda/include/clearproof_cuda.h`.
//!
//! It is never unloaded: its device code and threads belong to the process.

use super::{
    error::error,
    types::{RawContext, RawDevice, RawVector},
};
use crate::backend::BackendError;
use libloading::os::unix::{Library as Loaded, RTLD_LOCAL, RTLD_NOW};
use std::{
    env::{self, consts::DLL_SUFFIX},
    ffi::{CStr, c_char, c_int},
    mem,
    path::{Path, PathBuf},
};

/// The variable that names the library if no option does.
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

macro_rules! functions {
    ($($name:ident($($argument:ty),*);)*) => {
        /// The library's functions. The last two arguments of each are the buffer for a message and
        /// its size.
        #[derive(Clone, Copy)]
        pub(super) struct Library {
            $(pub(super) $name: unsafe extern "C" fn($($argument,)* *mut c_char, u64) -> c_int,)*
        }

        impl Library {
            /// Names of the functions, except for the one that returns the version.
            #[cfg(test)]
            const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];

            fn find(library: &Loaded, path: &Path) -> Result<Self, BackendError> {
                Ok(Self {
                    // SAFETY: these are the types that the header declares in the version that was
                    // checked.
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
    // SAFETY: as the caller guarantees.
    match unsafe { library.get::<F>(name.as_bytes()) } {
        Ok(symbol) => Ok(*symbol),
        Err(_) => Err(error(
            "open",
            format!(
                "{} lacks the function {name}: it is not libclearproof_cuda, or has another version. Build it with `make cuda`",
                path.display()
            ),
        )),
    }
}

/// The path under which the library is loaded.
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
    /// Loads the library from `path`, or from the default place.
    pub(super) fn load(path: Option<&Path>) -> Result<Self, BackendError> {
        let path = place(path);
        // SAFETY: the library's initialisers run. The operator installed and named it, and it is
        // trusted like the program.
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

/// Makes a call with a buffer for a message, and turns its code into an error.
pub(super) fn call(
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
    let text = CStr::from_bytes_until_nul(&message).map(CStr::to_string_lossy);
    let text = text.unwrap_or_default();
    let mut reason = format!("{kind} ({code}): {text}");
    if code == 2 {
        reason += ". Look for a device and its driver with `nvidia-smi`";
    }
    Err(error(operation, reason))
}

impl Library {
    /// Number of devices.
    pub(super) fn devices(&self) -> Result<u32, BackendError> {
        let mut count = 0;
        call("devices", |text, room| {
            // SAFETY: there is memory for the number.
            unsafe { (self.clearproof_cuda_device_count)(&mut count, text, room) }
        })?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
