//! Each target on its kept corpus and on mutations of it.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::undocumented_unsafe_blocks
)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
};

use clearproof_fuzz::{TARGETS, Target, mutate::Mutator};

/// Mutations of each target's corpus. `CLEARPROOF_FUZZ_MUTATIONS` changes it.
const MUTATIONS: usize = 10_000;
/// Bytes that a decoder may ask for at once. Inputs here are smaller than 64 KiB; reading a key's
/// file takes a window of 4 MiB whatever its size.
const LARGEST_ALLOCATION: usize = 8 << 20;

/// The system's allocator, with the largest request of each thread.
struct Counting;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on to the system's allocator; besides that a number is written to a
// thread-local cell, which needs no allocation.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size);
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

fn note(size: usize) {
    let _ = LARGEST.try_with(|largest| largest.set(largest.get().max(size)));
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Returns the folder of this crate. The path is not compiled in, because checkouts share one
/// target directory.
fn manifest_folder() -> PathBuf {
    env::var_os("CARGO_MANIFEST_DIR").unwrap().into()
}

fn folder(target: &Target) -> PathBuf {
    manifest_folder().join("corpus").join(target.name)
}

/// Returns the inputs in a target's folder, by name.
fn corpus(target: &Target) -> Vec<Vec<u8>> {
    let folder = folder(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Runs a target on one input. A failure names the target and shows the input.
fn run(target: &Target, data: &[u8]) -> bool {
    LARGEST.set(0);
    let outcome = catch_unwind(AssertUnwindSafe(|| (target.run)(data)));
    let largest = LARGEST.get();
    let shown = String::from_utf8_lossy(&data[..data.len().min(2_000)]).into_owned();
    let kept = || {
        let file = env::temp_dir().join(format!("clearproof-fuzz-{}", target.name));
        fs::write(&file, data).unwrap();
        format!(
            "{}: {} bytes, kept in {}: {shown:?}",
            target.name,
            data.len(),
            file.display()
        )
    };
    assert!(
        largest <= LARGEST_ALLOCATION,
        "{largest} bytes are asked for by {}",
        kept()
    );
    outcome.unwrap_or_else(|_| panic!("a panic by {}", kept()))
}

fn all(target: &Target) {
    let corpus = corpus(target);
    corpus.iter().for_each(|data| {
        run(target, data);
    });
    let given = env::var("CLEARPROOF_FUZZ_MUTATIONS").ok();
    let mutations = given.map_or(MUTATIONS, |number| number.parse().unwrap());
    let mut mutator = Mutator::new(1);
    for _ in 0..mutations {
        run(target, &mutator.next(&corpus));
    }
}

#[test]
fn no_target_fails_on_its_corpus_or_on_mutations_of_it() {
    TARGETS.iter().for_each(all);
}

#[test]
fn each_corpus_holds_its_seeds_and_decoders_accept_them() {
    let writes = env::var("CLEARPROOF_FUZZ_WRITE").is_ok();
    for target in &TARGETS {
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty(), "{} has no seeds", target.name);
        for (number, seed) in seeds.iter().enumerate() {
            assert!(
                run(target, seed),
                "{}: seed {number} is refused",
                target.name
            );
            let path = folder(target).join(format!("seed-{number}"));
            if writes {
                fs::create_dir_all(folder(target)).unwrap();
                fs::write(&path, seed).unwrap();
            }
            assert!(
                fs::read(&path).ok().as_ref() == Some(seed),
                "{} is not what the target's seeds are: run this test with CLEARPROOF_FUZZ_WRITE=1",
                path.display()
            );
        }
    }
}

#[test]
fn each_target_has_a_program_of_its_name() {
    let folder = manifest_folder().join("fuzz_targets");
    let mut programs: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|file| {
            file.unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    programs.sort();
    let mut names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    names.sort_unstable();
    assert_eq!(programs, names);
}
