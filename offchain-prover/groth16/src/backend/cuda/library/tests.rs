#![allow(clippy::unwrap_used)]

use super::{
    super::{
        device::Device,
        types::{Element, Limbs},
    },
    *,
};
use crate::points::{G1Point, G2Point};
use std::{collections::BTreeSet, mem::offset_of};

const HEADER: &str = include_str!("../../../../../cuda/include/clearproof_cuda.h");

/// Words of the header that begin with `prefix`, without its comments.
fn words(prefix: &str) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
    HEADER
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .flat_map(move |line| {
            line.match_indices(prefix).map(move |(start, _)| {
                let end = line[start..]
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .map_or(line.len(), |length| start + length);
                (&line[start..end], &line[end..])
            })
        })
}

/// Names of the functions that the header declares.
fn declared() -> BTreeSet<&'static str> {
    words("clearproof_cuda_")
        .filter(|(_, after)| after.starts_with('('))
        .map(|(name, _)| name)
        .collect()
}

/// A file in cargo's build folder.
fn built(name: &str) -> Option<PathBuf> {
    let program = env::current_exe().unwrap();
    let places = program.ancestors().skip(1).take(2);
    places
        .map(|folder| folder.join(format!("{name}{DLL_SUFFIX}")))
        .find(|path| path.exists())
}

fn exports_all(path: &Path) {
    // SAFETY: these are our own libraries.
    let library = unsafe { Loaded::open(Some(path), RTLD_NOW | RTLD_LOCAL) }.unwrap();
    for name in declared() {
        // SAFETY: the address is not used.
        let found = unsafe { library.get::<*const ()>(name.as_bytes()) };
        assert!(found.is_ok(), "{} lacks {name}", path.display());
    }
    mem::forget(library);
}

#[test]
fn functions_are_those_of_the_header() {
    let ours: BTreeSet<_> = Library::NAMES
        .iter()
        .copied()
        .chain([VERSION_FUNCTION])
        .collect();
    assert_eq!(ours, declared());
    assert_eq!(ours.len(), 12);
}

/// The number of arguments, without the two of the message.
#[test]
fn functions_take_as_many_arguments_as_in_the_header() {
    let source = include_str!("../library.rs");
    let flat: String = HEADER
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect();
    for name in Library::NAMES {
        let count = |text: &str| {
            let start = text.find(&format!("{name}(")).unwrap() + name.len();
            let end = start + text[start..].find(')').unwrap();
            text[start..end].split(',').count()
        };
        assert_eq!(count(source) + 2, count(&flat), "{name}");
    }
}

#[test]
fn numbers_are_those_of_the_header() {
    let defined = |name: &str| -> u32 {
        let (_, value) = words(name).find(|(word, _)| *word == name).unwrap();
        value.trim().trim_end_matches('u').parse().unwrap()
    };
    assert_eq!(defined("CLEARPROOF_CUDA_VERSION"), VERSION);
    assert_eq!(defined("CLEARPROOF_CUDA_OK"), 0);
    for (name, (code, _)) in [
        "BAD_ARGUMENT",
        "NO_DEVICE",
        "OUT_OF_MEMORY",
        "DEVICE_ERROR",
        "FAILED",
    ]
    .iter()
    .zip(CODES)
    {
        let defined = defined(&format!("CLEARPROOF_CUDA_{name}"));
        assert_eq!(defined, u32::try_from(code).unwrap(), "{name}");
    }
    assert_eq!(defined("CLEARPROOF_CUDA_SCALARS"), Limbs::KIND);
    assert_eq!(defined("CLEARPROOF_CUDA_G1"), G1Point::KIND);
    assert_eq!(defined("CLEARPROOF_CUDA_G2"), G2Point::KIND);
}

/// The layout is that of the header's structure in C.
#[test]
fn structures_lie_as_in_the_header() {
    assert_eq!(offset_of!(RawDevice, memory_total), 256);
    assert_eq!(offset_of!(RawDevice, memory_free), 264);
    assert_eq!(offset_of!(RawDevice, major), 272);
    assert_eq!(offset_of!(RawDevice, minor), 276);
    assert_eq!(size_of::<RawDevice>(), 280);
}

#[test]
fn the_stand_in_exports_what_the_header_declares() {
    let path = built("libclearproof_cuda_standin");
    exports_all(&path.expect("run `cargo build --release -p clearproof-cuda-standin`"));
}

/// The library itself, if `make cuda` built it. Without a device, opening one is an error that says
/// so.
#[test]
fn the_library_exports_what_the_header_declares() {
    let Some(path) = built("libclearproof_cuda") else {
        eprintln!("skipped: libclearproof_cuda is not built here (`make cuda`)");
        return;
    };
    exports_all(&path);
    let library = Library::load(Some(&path)).unwrap();
    match Device::open(library, 0) {
        Ok(device) => eprintln!("{:?}", device.describe().unwrap()),
        Err(error) => assert!(error.reason.starts_with("no device (2)"), "{error}"),
    }
}
