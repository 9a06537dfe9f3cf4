//! Finding the stand-in, and making it fail.

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

/// A library beside this test, in cargo's build folder, or in the folder above.
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

/// The stand-in shared by all tests in which nothing fails.
pub fn backend() -> CudaBackend {
    CudaBackend::open(&options(&library())).unwrap()
}

/// A stand-in for one test, with its own state.
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
        // SAFETY: this is our own library.
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

    /// Sets the next fault, as described in `cuda-standin/src/faults.rs`.
    pub fn fail(&self, fault: &str) {
        let fault = CString::new(fault).unwrap();
        // SAFETY: this is the function's type; the text ends with a zero.
        let code = unsafe {
            let set = self
                .library
                .get::<unsafe extern "C" fn(*const c_char) -> i32>(b"clearproof_cuda_standin_fault")
                .unwrap();
            set(fault.as_ptr())
        };
        assert_eq!(code, 0);
    }

    /// Sets the bytes of the device's memory.
    pub fn limit_memory(&self, bytes: u64) {
        // SAFETY: this is the function's type.
        unsafe {
            let set = self
                .library
                .get::<unsafe extern "C" fn(u64)>(b"clearproof_cuda_standin_memory")
                .unwrap();
            set(bytes);
        }
    }

    /// Bytes of the device's memory in use, plus one for each open context.
    pub fn used(&self) -> u64 {
        // SAFETY: this is the function's type.
        unsafe {
            let get = self
                .library
                .get::<unsafe extern "C" fn() -> u64>(b"clearproof_cuda_standin_used")
                .unwrap();
            get()
        }
    }
}

/// Serialises tests that read or write environment variables.
pub fn environment() -> MutexGuard<'static, ()> {
    static ENVIRONMENT: Mutex<()> = Mutex::new(());
    ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner)
}
