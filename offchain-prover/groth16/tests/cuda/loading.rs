//! Finding the library and a device, and reporting what is missing.

use crate::standin::{Own, environment, library, options};
use clearproof_groth16::{Backend, CudaBackend, CudaOptions};
use std::{env, fs, path::Path};

const VARIABLE: &str = "CLEARPROOF_CUDA_LIBRARY";

fn refused(options: &CudaOptions) -> String {
    let error = CudaBackend::open(options).err().unwrap();
    assert_eq!((error.backend, error.operation), ("cuda", "open"));
    error.reason
}

#[test]
fn a_missing_library_is_named_and_how_to_build_it() {
    let reason = refused(&options(Path::new("/nonexistent/libclearproof_cuda.so")));
    for part in ["/nonexistent/libclearproof_cuda.so", "make cuda", VARIABLE] {
        assert!(reason.contains(part), "{reason}");
    }
}

#[test]
fn the_environment_names_the_library_where_no_option_does() {
    let _environment = environment();
    // SAFETY: `environment` excludes the other threads that read or write these variables.
    unsafe { env::set_var(VARIABLE, "/nonexistent/other.so") };
    let reason = refused(&CudaOptions::default());
    assert!(reason.contains("/nonexistent/other.so"), "{reason}");
    // SAFETY: as above.
    unsafe { env::set_var(VARIABLE, library()) };
    let backend = CudaBackend::open(&CudaOptions::default()).unwrap();
    assert_eq!(backend.device().unwrap().name, "stand-in");
    // An option takes precedence.
    let reason = refused(&options(Path::new("/nonexistent/first.so")));
    assert!(reason.contains("first.so"), "{reason}");
    // SAFETY: as above.
    unsafe { env::remove_var(VARIABLE) };
}

#[test]
fn files_that_are_no_libraries_and_other_libraries_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text.so");
    fs::write(&path, "no library").unwrap();
    assert!(refused(&options(&path)).contains("text.so"));

    // The C library has none of the functions.
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let libc = maps
        .split_whitespace()
        .find(|word| word.contains("/libc.so") || word.contains("/libc-"))
        .unwrap();
    let reason = refused(&options(Path::new(libc)));
    let expected = "lacks the function clearproof_cuda_version";
    assert!(reason.contains(expected), "{reason}");
}

#[test]
fn other_versions_are_refused() {
    let own = Own::load();
    own.fail("version:1");
    let reason = refused(&options(&own.path));
    assert!(
        reason.contains("has version 2") && reason.contains("needs 1"),
        "{reason}"
    );
    own.open();
}

#[test]
fn devices_that_are_not_there_are_refused() {
    let own = Own::load();
    own.fail("no-device:1");
    let reason = refused(&options(&own.path));
    assert!(
        reason.contains("no device (2): no CUDA-capable device"),
        "{reason}"
    );
    let reason = refused(&CudaOptions {
        device: 3,
        ..options(&own.path)
    });
    assert!(reason.contains("no device 3, there are 1"), "{reason}");
}

#[test]
fn a_device_tells_what_it_is() {
    let own = Own::load();
    own.limit_memory(1000);
    assert_eq!(CudaBackend::devices(&options(&own.path)), Ok(1));
    let backend = own.open();
    let device = backend.device().unwrap();
    assert_eq!(backend.name(), "cuda");
    assert_eq!(
        (device.name.as_str(), device.capability),
        ("stand-in", (9, 0))
    );
    assert_eq!((device.memory_total, device.memory_free), (1000, 1000));
}
