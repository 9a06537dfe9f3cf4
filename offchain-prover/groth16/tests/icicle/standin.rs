//! Finding the stand-in, and making it fail.

use clearproof_groth16::{IcicleBackend, IcicleOptions};
use libloading::os::unix::Library;
use std::{
    env,
    env::consts::DLL_SUFFIX,
    ffi::{CString, c_char, c_int},
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};
use tempfile::TempDir;

pub const LIBRARIES: [&str; 3] = ["device", "field_bn254", "curve_bn254"];

/// A library's file name in ICICLE.
pub fn file_name(library: &str) -> String {
    format!("libicicle_{library}{DLL_SUFFIX}")
}

/// The stand-in lies beside this test, in cargo's build folder, or in the folder above.
pub fn library() -> PathBuf {
    let program = env::current_exe().unwrap();
    let name = format!("libclearproof_icicle_standin{DLL_SUFFIX}");
    let places = program.ancestors().skip(1).take(2);
    places
        .map(|folder| folder.join(&name))
        .find(|path| path.exists())
        .unwrap_or_else(|| {
            panic!(
                "no {name} beside {}: run `cargo build --release -p clearproof-icicle-standin`",
                program.display()
            )
        })
}

/// A folder that looks like an installation of ICICLE; all libraries in it are `library`.
pub fn installation(library: &Path) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in LIBRARIES {
        symlink(library, folder.path().join(file_name(name))).unwrap();
    }
    folder
}

pub fn options(folder: &Path) -> IcicleOptions {
    IcicleOptions {
        library_folder: Some(folder.to_owned()),
        backend_folder: None,
        device: "CPU".into(),
        index: 0,
    }
}

/// The device of the stand-in shared by all tests in which nothing fails. Once it is loaded the
/// folder is not needed.
pub fn backend() -> IcicleBackend {
    open(installation(&library()).path())
}

fn open(folder: &Path) -> IcicleBackend {
    let _environment = environment();
    IcicleBackend::open(&options(folder)).unwrap()
}

/// A stand-in for one test, with its own state.
pub struct Own {
    pub backend: IcicleBackend,
    library: Library,
    folder: TempDir,
}

impl Own {
    pub fn load() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("copy");
        fs::copy(library(), &copy).unwrap();
        for name in LIBRARIES {
            symlink(&copy, folder.path().join(file_name(name))).unwrap();
        }
        let backend = open(folder.path());
        // SAFETY: this is the stand-in, which is already loaded.
        let library = unsafe { Library::new(&copy) }.unwrap();
        Self {
            backend,
            library,
            folder,
        }
    }

    /// The same stand-in, found under other names.
    pub fn again(&self) -> (TempDir, IcicleBackend) {
        let folder = installation(&self.folder.path().join("copy"));
        let backend = open(folder.path());
        (folder, backend)
    }

    /// Sets the next fault, as described in `icicle-standin/src/faults.rs`.
    pub fn fail(&self, fault: &str) {
        let fault = CString::new(fault).unwrap();
        // SAFETY: this is the function's type; the text ends with a zero.
        let code = unsafe {
            let set = self
                .library
                .get::<unsafe extern "C" fn(*const c_char) -> c_int>(b"icicle_standin_fault")
                .unwrap();
            set(fault.as_ptr())
        };
        assert_eq!(code, 0);
    }

    /// Sets the bytes of the device's memory; zero removes the limit.
    pub fn limit_memory(&self, bytes: usize) {
        // SAFETY: this is the function's type.
        unsafe {
            let set = self
                .library
                .get::<unsafe extern "C" fn(usize)>(b"icicle_standin_memory")
                .unwrap();
            set(bytes);
        }
    }

    /// Bytes of the device's memory in use.
    pub fn allocated(&self) -> usize {
        // SAFETY: this is the function's type.
        unsafe {
            let get = self
                .library
                .get::<unsafe extern "C" fn() -> usize>(b"icicle_standin_allocated")
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
