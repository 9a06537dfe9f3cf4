//! Finding libraries, functions and devices, and reporting what is missing.

use crate::standin::{LIBRARIES, environment, file_name, installation, library, options};
use clearproof_groth16::{Backend, IcicleBackend, IcicleOptions};
use std::{env, fs, os::unix::fs::symlink, path::PathBuf};

fn refused(options: &IcicleOptions) -> String {
    let error = IcicleBackend::open(options).err().unwrap();
    assert_eq!((error.backend, error.operation), ("icicle", "open"));
    error.reason
}

#[test]
fn missing_libraries_are_named() {
    let _environment = environment();
    for missing in LIBRARIES {
        let folder = installation(&library());
        fs::remove_file(folder.path().join(file_name(missing))).unwrap();
        let reason = refused(&options(folder.path()));
        assert!(reason.contains(&file_name(missing)), "{reason}");
        assert!(reason.contains("ICICLE_INSTALL_DIR"), "{reason}");
    }
    let none = PathBuf::from("/nonexistent/icicle");
    assert!(refused(&options(&none)).contains("/nonexistent/icicle"));
}

#[test]
fn files_that_are_no_libraries_are_named() {
    let _environment = environment();
    let folder = installation(&library());
    let path = folder.path().join(file_name("device"));
    fs::remove_file(&path).unwrap();
    fs::write(&path, "no library").unwrap();
    assert!(refused(&options(folder.path())).contains(&file_name("device")));
}

/// The C library has none of ICICLE's functions.
#[test]
fn missing_functions_are_named() {
    let _environment = environment();
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let libc = maps
        .split_whitespace()
        .find(|word| word.contains("/libc.so") || word.contains("/libc-"))
        .unwrap();
    for (other, function) in [
        ("device", "icicle_load_backend"),
        ("field_bn254", "bn254_ntt_init_domain"),
        ("curve_bn254", "bn254_msm"),
    ] {
        let folder = installation(&library());
        let path = folder.path().join(file_name(other));
        fs::remove_file(&path).unwrap();
        symlink(libc, path).unwrap();
        let reason = refused(&options(folder.path()));
        let expected = format!("{} lacks the function {function}", file_name(other));
        assert!(reason.contains(&expected), "{reason}");
    }
}

#[test]
fn devices_that_are_not_there_are_refused() {
    let _environment = environment();
    let folder = installation(&library());
    let with = |device: &str, index| IcicleOptions {
        device: device.into(),
        index,
        ..options(folder.path())
    };
    let reason = refused(&with("CPU", 1));
    assert!(
        reason.contains("INVALID_DEVICE (1) for device CPU 1"),
        "{reason}"
    );
    let reason = refused(&with("CPU_OTHER", 0));
    assert!(
        reason.contains("no device CPU_OTHER 0") && reason.contains("for CPU"),
        "{reason}"
    );
    assert!(refused(&with("", 0)).contains("device kind"));

    // Other kinds need backends, with all three libraries.
    let backends = tempfile::tempdir().unwrap();
    let gpu = IcicleOptions {
        backend_folder: Some(backends.path().to_owned()),
        ..with("CUDA", 0)
    };
    let inner = backends.path().join("bn254/cuda");
    fs::create_dir_all(&inner).unwrap();
    for part in ["device", "field_bn254", "curve_bn254"] {
        let name = file_name(&format!("backend_cuda_{part}"));
        let reason = refused(&gpu);
        assert!(reason.contains(&name), "{reason}");
        assert!(reason.contains("ICICLE_BACKEND_INSTALL_DIR"), "{reason}");
        symlink(library(), inner.join(name)).unwrap();
    }
    let reason = refused(&gpu);
    assert!(reason.contains("no device CUDA 0"), "{reason}");

    let nowhere = IcicleOptions {
        backend_folder: Some("/nonexistent/backend".into()),
        ..with("CPU", 0)
    };
    assert!(refused(&nowhere).contains("/nonexistent/backend"));
}

#[test]
fn folders_come_from_the_environment_where_no_option_names_them() {
    let _environment = environment();
    let folder = tempfile::tempdir().unwrap();
    let libraries = folder.path().join("lib");
    fs::create_dir_all(libraries.join("backend")).unwrap();
    for name in LIBRARIES {
        symlink(library(), libraries.join(file_name(name))).unwrap();
    }
    let unnamed = IcicleOptions {
        library_folder: None,
        ..options(folder.path())
    };
    // SAFETY: `environment` excludes the other threads that read or write these variables.
    unsafe { env::remove_var("ICICLE_INSTALL_DIR") };
    assert!(refused(&unnamed).contains(&file_name("device")));
    // SAFETY: as above.
    unsafe { env::set_var("ICICLE_INSTALL_DIR", folder.path()) };
    let backend = IcicleBackend::open(&unnamed).unwrap();
    assert_eq!(
        (backend.device().as_str(), backend.name()),
        ("CPU 0", "icicle")
    );

    // The backends' folder is the one in the environment, else the one beside the libraries.
    let gpu = IcicleOptions {
        device: "CUDA".into(),
        ..unnamed
    };
    assert!(refused(&gpu).contains("lib/backend"));
    let other = tempfile::tempdir().unwrap();
    // SAFETY: as above.
    unsafe { env::set_var("ICICLE_BACKEND_INSTALL_DIR", other.path()) };
    let reason = refused(&gpu);
    assert!(reason.contains(other.path().to_str().unwrap()), "{reason}");
    // SAFETY: as above.
    unsafe { env::remove_var("ICICLE_BACKEND_INSTALL_DIR") };
    // SAFETY: as above.
    unsafe { env::remove_var("ICICLE_INSTALL_DIR") };
}
