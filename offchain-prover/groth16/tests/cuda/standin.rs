//! Finding the stand-in, and telling it to fail.

use clearproof_groth16::{CudaBackend, CudaOptions};
use libloading::os::unix::Library;
use std::{
    env,
    env::consts::DLL_SUFFIX,
    ffi::{CString, c_char},
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};
use tempfile::TempDir;

/// A library beside this test, in the folder that cargo builds to, or in the one above.
pub fn built(name: &str) -> Option<PathBuf> {
    let program = env::current_exe().unwrap();
    let name = format!("{name}{DLL_SUFFIX}");
    let places = program.ancestors().skip(1).take(2);
    places
        .map(|folder| folder.join(&name))
        .find(|path| path.exists())
}

pub fn library() -> PathBuf {
    built("libclearproof_cuda_standin")
        .expect("no stand-in: run `cargo build --release -p clearproof-cuda-standin`")
}

pub fn options(library: &Path) -> CudaOptions {
    CudaOptions {
        library: Some(library.to_owned()),
        device: 0,
    }
}

/// The stand-in that all tests share which want nothing to fail.
pub fn backend() -> CudaBackend {
    CudaBackend::open(&options(&library())).unwrap()
}

/// A stand-in of a test's own, with its own state.
pub struct Own {
    library: Library,
    pub path: PathBuf,
    _folder: TempDir,
}

impl Own {
    pub fn load() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("copy");
        fs::copy(library(), &path).unwrap();
        // SAFETY: a library of our own.
        let library = unsafe { Library::new(&path) }.unwrap();
        Self {
            library,
            path,
            _folder: folder,
        }
    }

    pub fn open(&self) -> CudaBackend {
        CudaBackend::open(&options(&self.path)).unwrap()
    }

    /// The next fault, as `cuda-standin/src/faults.rs` describes.
    pub fn fail(&self, fault: &str) {
        let fault = CString::new(fault).unwrap();
        // SAFETY: the function's type; a text with its zero.
        let code = unsafe {
            let set = self
                .library
                .get::<unsafe extern "C" fn(*const c_char) -> i32>(b"clearproof_cuda_standin_fault")
                .unwrap();
            set(fault.as_ptr())
        };
        assert_eq!(code, 0);
    }

    /// Bytes of the device's memory in total.
    pub fn limit_memory(&self, bytes: u64) {
        // SAFETY: the function's type.
        unsafe {
            let set = self
                .library
                .get::<unsafe extern "C" fn(u64)>(b"clearproof_cuda_standin_memory")
                .unwrap();
            set(bytes);
        }
    }

    /// Bytes of the device's memory in use, and one for each open context.
    pub fn used(&self) -> u64 {
        // SAFETY: the function's type.
        unsafe {
            let get = self
                .library
                .get::<unsafe extern "C" fn() -> u64>(b"clearproof_cuda_standin_used")
                .unwrap();
            get()
        }
    }
}

/// Those that read or write environment variables come one after the other.
pub fn environment() -> MutexGuard<'static, ()> {
    static ENVIRONMENT: Mutex<()> = Mutex::new(());
    ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner)
}
