//! Finding and loading ICICLE's libraries.
//!
//! They are never unloaded: they keep state per process and per thread.

use super::{
    error::error,
    types::{
        Device, Direction, Limbs, MsmConfig, NttConfig, NttInitDomainConfig, VecOpsConfig, check,
    },
};
use crate::backend::BackendError;
use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_LAZY, RTLD_LOCAL, RTLD_NOW};
use std::{
    collections::HashMap,
    env::{self, consts::DLL_SUFFIX},
    ffi::{CString, OsStr, c_char, c_int, c_void},
    fs, mem,
    path::{Path, PathBuf},
    ptr,
    sync::{Mutex, PoisonError, RwLock},
};

/// The variable that names ICICLE's folder if no option does.
pub(super) const INSTALL_FOLDER: &str = "ICICLE_INSTALL_DIR";
/// The variable that names the folder of ICICLE's backends if no option does. ICICLE reads it too.
pub(super) const BACKEND_FOLDER: &str = "ICICLE_BACKEND_INSTALL_DIR";
/// The last folder in which ICICLE looks for its backends.
const DEFAULT_BACKEND_FOLDER: &str = "/opt/icicle/lib/backend";

/// A loaded library and its name for errors.
struct Loaded {
    library: Library,
    name: String,
}

impl Loaded {
    fn open(folder: Option<&Path>, name: &str) -> Result<Self, BackendError> {
        let name = format!("lib{name}{DLL_SUFFIX}");
        let path = folder.map_or_else(|| PathBuf::from(&name), |folder| folder.join(&name));
        // As if the program were linked with it: libraries that are loaded later find their symbols
        // in it.
        let library = open(&path, RTLD_NOW | RTLD_GLOBAL).map_err(|reason| {
            error(
                "open",
                format!(
                    "{reason}. Install ICICLE 3.8 to 4.0 for BN254, and name its folder with the option or in {INSTALL_FOLDER}"
                ),
            )
        })?;
        Ok(Self { library, name })
    }

    /// # Safety
    /// `F` is the type of the function `name`.
    unsafe fn function<F: Copy>(&self, name: &str) -> Result<F, BackendError> {
        // SAFETY: as the caller guarantees.
        match unsafe { self.library.get::<F>(name.as_bytes()) } {
            Ok(symbol) => Ok(*symbol),
            Err(_) => Err(error(
                "open",
                format!(
                    "{} lacks the function {name}: ICICLE 3.8 to 4.0 has it, install one of these",
                    self.name
                ),
            )),
        }
    }
}

fn open(path: &Path, flags: c_int) -> Result<Library, String> {
    // SAFETY: the library's initialisers run. The operator installed and named it, and it is
    // trusted like the program.
    unsafe { Library::open(Some(path), flags) }
        .map_err(|error| format!("cannot load {}: {error}", path.display()))
}

macro_rules! functions {
    ($($library:ident: { $($name:ident($($argument:ty),*);)* })*) => {
        /// ICICLE's functions. They may throw C++ exceptions, which cannot be caught here and end
        /// the process.
        pub(super) struct Functions {
            $($(pub(super) $name: unsafe extern "C-unwind" fn($($argument),*) -> c_int,)*)*
        }

        impl Functions {
            fn find(folder: Option<&Path>) -> Result<Self, BackendError> {
                $(let $library = Loaded::open(folder, stringify!($library))?;)*
                let functions = Self {
                    // SAFETY: these are the types that ICICLE 3.8 to 4.0 declares.
                    $($($name: unsafe { $library.function(stringify!($name)) }?,)*)*
                };
                $(mem::forget($library);)*
                Ok(functions)
            }
        }
    };
}

functions! {
    icicle_device: {
        icicle_load_backend(*const c_char, bool);
        icicle_load_backend_from_env_or_default();
        icicle_get_registered_devices(*mut c_char, usize);
        icicle_is_device_available(*const Device);
        icicle_set_device(*const Device);
        icicle_get_available_memory(*mut usize, *mut usize);
        icicle_malloc(*mut *mut c_void, usize);
        icicle_free(*mut c_void);
        icicle_copy_to_device(*mut c_void, *const c_void, usize);
        icicle_copy_to_host(*mut c_void, *const c_void, usize);
    }
    icicle_field_bn254: {
        bn254_ntt_init_domain(*const Limbs, *const NttInitDomainConfig);
        bn254_ntt_release_domain();
        bn254_ntt(*const Limbs, c_int, Direction, *const NttConfig, *mut Limbs);
        bn254_vector_mul(*const Limbs, *const Limbs, u64, *const VecOpsConfig, *mut Limbs);
        bn254_vector_sub(*const Limbs, *const Limbs, u64, *const VecOpsConfig, *mut Limbs);
        bn254_scalar_mul_vec(*const Limbs, *const Limbs, u64, *const VecOpsConfig, *mut Limbs);
    }
    icicle_curve_bn254: {
        bn254_msm(*const Limbs, *const c_void, c_int, *const MsmConfig, *mut c_void);
        bn254_g2_msm(*const Limbs, *const c_void, c_int, *const MsmConfig, *mut c_void);
    }
}

/// A loaded ICICLE, with the state that is kept per process.
pub(super) struct Icicle {
    pub(super) functions: Functions,
    /// The table of roots of unity of each device, by the binary logarithm of its size.
    pub(super) roots: RwLock<HashMap<Device, u32>>,
}

impl Icicle {
    /// Loads the three libraries from `folder`, or from where the system's loader finds them.
    /// Libraries that are already loaded, under whatever name, are the same ICICLE, with one table
    /// of roots for all.
    pub(super) fn load(folder: Option<&Path>) -> Result<&'static Self, BackendError> {
        static LOADED: Mutex<Vec<&'static Icicle>> = Mutex::new(Vec::new());

        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        let functions = Functions::find(folder)?;
        let same = |icicle: &&&'static Self| {
            let known = &icicle.functions;
            ptr::fn_addr_eq(known.icicle_set_device, functions.icicle_set_device)
                && ptr::fn_addr_eq(known.bn254_ntt, functions.bn254_ntt)
                && ptr::fn_addr_eq(known.bn254_msm, functions.bn254_msm)
        };
        if let Some(icicle) = loaded.iter().find(same) {
            return Ok(icicle);
        }
        let icicle: &'static Self = Box::leak(Box::new(Self {
            functions,
            roots: RwLock::default(),
        }));
        loaded.push(icicle);
        Ok(icicle)
    }

    /// Lets ICICLE load its backends, and checks that all three libraries for `kind` are there. If
    /// one were missing, ICICLE would throw an exception at the first call that needs it, which
    /// would end the process. The CPU's backend is part of ICICLE itself.
    ///
    /// The backends are in `folder`, else in the folder that the environment names, else in
    /// `backend` in `libraries` if that exists.
    pub(super) fn load_backends(
        &self,
        folder: Option<&Path>,
        libraries: Option<&Path>,
        kind: &str,
    ) -> Result<(), BackendError> {
        let beside = || {
            libraries
                .map(|folder| folder.join("backend"))
                .filter(|folder| folder.is_dir())
        };
        let folder = match folder {
            Some(folder) => Some(existing(folder)?),
            None => named(BACKEND_FOLDER).or_else(beside),
        };
        self.load_folder(folder.as_deref())?;
        if kind.starts_with("CPU") {
            return Ok(());
        }
        let folder = folder.unwrap_or_else(|| DEFAULT_BACKEND_FOLDER.into());
        load_parts(&folder, kind)
    }

    /// Lets ICICLE load the backends in a folder, or those that it finds by itself.
    fn load_folder(&self, folder: Option<&Path>) -> Result<(), BackendError> {
        match folder {
            Some(folder) => {
                let path = CString::new(folder.as_os_str().as_encoded_bytes()).map_err(|_| {
                    error(
                        "open",
                        format!("{}: a zero byte in the name", folder.display()),
                    )
                })?;
                // SAFETY: the string ends with a zero and outlives the call.
                let code = unsafe { (self.functions.icicle_load_backend)(path.as_ptr(), true) };
                check("open", "icicle_load_backend", code)?;
            }
            // It matters only for other kinds than the CPU if none was found, and is noticed there.
            None => {
                // SAFETY: no arguments.
                let code = unsafe { (self.functions.icicle_load_backend_from_env_or_default)() };
                tracing::debug!(code, "icicle_load_backend_from_env_or_default");
            }
        }
        Ok(())
    }
}

/// Loads the three libraries of the backend for `kind`, or reports the one that is missing.
fn load_parts(folder: &Path, kind: &str) -> Result<(), BackendError> {
    // ICICLE loads the libraries in the order in which it finds them and does not report failures.
    // In this order nothing fails because another library is missing, and a loaded library is not
    // loaded again.
    for part in ["device", "field_bn254", "curve_bn254"] {
        let name = format!(
            "libicicle_backend_{}_{part}{DLL_SUFFIX}",
            kind.to_lowercase()
        );
        let path = find(folder, OsStr::new(&name), DEPTH).ok_or_else(|| {
                error(
                    "open",
                    format!(
                        "no {name} in {}: install ICICLE's backend for {kind}, and name its folder with the option or in \
                         {BACKEND_FOLDER}",
                        folder.display()
                    ),
                )
            })?;
        // As ICICLE does it: the other libraries may need a device's library.
        let scope = if part == "device" {
            RTLD_GLOBAL
        } else {
            RTLD_LOCAL
        };
        let library = open(&path, RTLD_LAZY | scope).map_err(|reason| error("open", reason))?;
        mem::forget(library);
    }
    Ok(())
}

fn named(variable: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

fn existing(folder: &Path) -> Result<PathBuf, BackendError> {
    fs::canonicalize(folder)
        .map_err(|reason| error("open", format!("folder {}: {reason}", folder.display())))
}

/// The folder with the libraries: the given one, else the one that the environment names, or `lib`
/// in it. None if the system's loader has to find them.
pub(super) fn libraries(folder: Option<&Path>) -> Result<Option<PathBuf>, BackendError> {
    match folder
        .map(Path::to_path_buf)
        .or_else(|| named(INSTALL_FOLDER))
    {
        Some(folder) => libraries_in(&folder).map(Some),
        None => Ok(None),
    }
}

fn libraries_in(folder: &Path) -> Result<PathBuf, BackendError> {
    let folder = existing(folder)?;
    let inner = folder.join("lib");
    let has_libraries = inner.join(format!("libicicle_device{DLL_SUFFIX}")).exists();
    Ok(if has_libraries { inner } else { folder })
}

/// Depth to which the libraries of a backend are searched: `backend/bn254/cuda` has depth two.
const DEPTH: usize = 4;

fn find(folder: &Path, name: &OsStr, depth: usize) -> Option<PathBuf> {
    let path = folder.join(name);
    if path.is_file() {
        return Some(path);
    }
    let entries = fs::read_dir(folder).ok()?;
    let mut folders: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
        .iter()
        .filter(|_| depth > 0)
        .find_map(|folder| find(folder, name, depth - 1))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn backends_are_found_in_nested_folders() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("bn254/cuda");
        fs::create_dir_all(&inner).unwrap();
        let name = OsStr::new("libx.so");
        assert_eq!(find(root.path(), name, DEPTH), None);
        fs::write(inner.join(name), "").unwrap();
        assert_eq!(find(root.path(), name, DEPTH), Some(inner.join(name)));
        assert_eq!(find(root.path(), name, 1), None);
        assert_eq!(find(&root.path().join("none"), name, DEPTH), None);
    }

    #[test]
    fn libraries_lie_in_the_folder_or_in_its_lib() {
        let root = tempfile::tempdir().unwrap();
        let folder = fs::canonicalize(root.path()).unwrap();
        assert_eq!(libraries_in(root.path()).unwrap(), folder);
        let inner = folder.join("lib");
        fs::create_dir(&inner).unwrap();
        fs::write(inner.join(format!("libicicle_device{DLL_SUFFIX}")), "").unwrap();
        assert_eq!(libraries_in(root.path()).unwrap(), inner);
        let missing = libraries_in(&folder.join("none")).unwrap_err();
        assert!(missing.reason.contains("none"), "{missing}");
    }
}
