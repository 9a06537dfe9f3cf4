//! The smallest program that needs core, alloc and compiler_builtins of the wasm target:
//! `setup-wasm.sh` compiles it to see whether the target is installed and fits the compiler.
#![no_std]
extern crate alloc;

use alloc::boxed::Box;
use core::alloc::{GlobalAlloc, Layout};
use core::panic::PanicInfo;

/// Never has memory; the program is only linked, not run.
struct NoMemory;

unsafe impl GlobalAlloc for NoMemory {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }
    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ALLOCATOR: NoMemory = NoMemory;

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    loop {}
}

/// The 128-bit division comes from compiler_builtins, the box from alloc.
#[no_mangle]
pub extern "C" fn probe(x: u64, y: u64) -> u64 {
    *Box::new((u128::from(x) * 3 / u128::from(y | 1)) as u64)
}
