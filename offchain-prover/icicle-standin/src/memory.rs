//! `libicicle_device`: devices and their memory.

use crate::types::{Device, Refusal, code, require};
use std::{
    cell::Cell,
    collections::BTreeMap,
    env,
    ffi::{CStr, c_char, c_int, c_void},
    path::Path,
    slice,
    sync::{Mutex, MutexGuard, PoisonError},
};

const KIND: &CStr = c"CPU";

/// The unit of allocations: cache lines, so that addresses are aligned like a device's.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; 64]);

#[derive(Default)]
struct Memory {
    allocations: BTreeMap<usize, (usize, Vec<Line>)>,
    /// Bytes in total, if there is a limit.
    limit: Option<usize>,
}

impl Memory {
    fn used(&self) -> usize {
        self.allocations.values().map(|(bytes, _)| bytes).sum()
    }

    /// True if the whole range lies in one allocation.
    fn holds(&self, start: usize, bytes: usize) -> bool {
        self.allocations
            .range(..=start)
            .next_back()
            .is_some_and(|(base, (size, _))| {
                start
                    .checked_add(bytes)
                    .is_some_and(|end| end <= base + size)
            })
    }

    /// True if any part of the range lies in an allocation.
    fn touches(&self, start: usize, bytes: usize) -> bool {
        self.allocations
            .range(..start.saturating_add(bytes))
            .next_back()
            .is_some_and(|(base, (size, _))| base + size > start)
    }
}

static MEMORY: Mutex<Memory> = Mutex::new(Memory {
    allocations: BTreeMap::new(),
    limit: None,
});

fn memory() -> MutexGuard<'static, Memory> {
    MEMORY.lock().unwrap_or_else(PoisonError::into_inner)
}

thread_local! {
    static ACTIVE: Cell<bool> = const { Cell::new(false) };
}

/// Refuses calls from a thread that did not set its device.
pub fn active() -> Result<(), Refusal> {
    require(ACTIVE.get(), Refusal::InvalidDevice)
}

/// Refuses a range that does not lie on the stated side.
fn check<T>(address: *const T, count: usize, on_device: bool) -> Result<(), Refusal> {
    let bytes = count
        .checked_mul(size_of::<T>())
        .ok_or(Refusal::InvalidArgument)?;
    let fine = !address.is_null()
        && address.is_aligned()
        && if on_device {
            memory().holds(address.addr(), bytes)
        } else {
            !memory().touches(address.addr(), bytes)
        };
    require(fine, Refusal::InvalidPointer)
}

/// A copy of the values at an address.
///
/// # Safety
/// If the address is outside of the device's memory, there are `count` values.
pub unsafe fn read<T: Copy>(
    address: *const T,
    count: usize,
    on_device: bool,
) -> Result<Vec<T>, Refusal> {
    check(address, count, on_device)?;
    // SAFETY: in the device's memory, as `check` found, else as the caller guarantees.
    Ok(unsafe { slice::from_raw_parts(address, count) }.to_vec())
}

/// Writes to an address.
///
/// # Safety
/// If the address is outside of the device's memory, there is room for the values. Nothing else
/// uses that memory.
pub unsafe fn write<T: Copy>(
    address: *mut T,
    values: &[T],
    on_device: bool,
) -> Result<(), Refusal> {
    check(address, values.len(), on_device)?;
    // SAFETY: in the device's memory, as `check` found, else as the caller guarantees.
    unsafe { slice::from_raw_parts_mut(address, values.len()) }.copy_from_slice(values);
    Ok(())
}

/// The configuration or single value to which a pointer points.
///
/// # Safety
/// The pointer is null, or points to a value that does not change meanwhile.
pub unsafe fn given<'a, T>(address: *const T) -> Result<&'a T, Refusal> {
    // SAFETY: as the caller guarantees.
    unsafe { address.as_ref() }.ok_or(Refusal::InvalidPointer)
}

/// Loads nothing, since the only device is part of this library.
///
/// # Safety
/// `path` is null or ends with a zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn icicle_load_backend(path: *const c_char, _recursive: bool) -> c_int {
    code(require(!path.is_null(), Refusal::InvalidPointer))
}

/// As ICICLE does: an error if the environment does not name an existing folder.
#[unsafe(no_mangle)]
pub extern "C" fn icicle_load_backend_from_env_or_default() -> c_int {
    let folder = env::var_os("ICICLE_BACKEND_INSTALL_DIR");
    let found = folder.is_some_and(|folder| Path::new(&folder).exists());
    code(require(found, Refusal::BackendLoadFailed))
}

/// Writes the kinds of devices, separated by commas.
///
/// # Safety
/// `output` is null or has room for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn icicle_get_registered_devices(output: *mut c_char, size: usize) -> c_int {
    let name = KIND.to_bytes_with_nul();
    code(
        require(size >= name.len(), Refusal::OutOfMemory).and_then(|()| {
            // SAFETY: as the caller guarantees.
            unsafe { write(output.cast(), name, false) }
        }),
    )
}

fn is_ours(device: &Device) -> bool {
    CStr::from_bytes_until_nul(&device.kind) == Ok(KIND)
}

/// Succeeds if there are devices of this kind, whatever the index.
///
/// # Safety
/// `device` is null or points to a device.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn icicle_is_device_available(device: *const Device) -> c_int {
    // SAFETY: as the caller guarantees.
    let device = unsafe { given(device) };
    code(device.and_then(|device| require(is_ours(device), Refusal::InvalidDevice)))
}

/// Sets the calling thread's device.
///
/// # Safety
/// As [`icicle_is_device_available`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn icicle_set_device(device: *const Device) -> c_int {
    // SAFETY: as the caller guarantees.
    let device = unsafe { given(device) };
    code(device.and_then(|device| {
        require(is_ours(device) && device.id == 0, Refusal::InvalidDevice)?;
        ACTIVE.set(true);
        Ok(())
    }))
}

/// Not implemented, as in ICICLE for this device, unless [`icicle_standin_memory`] has set a limit.
///
/// # Safety
/// Both are null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn icicle_get_available_memory(total: *mut usize, free: *mut usize) -> c_int {
    let report = || {
        active()?;
        let (limit, used) = {
            let memory = memory();
            (
                memory.limit.ok_or(Refusal::ApiNotImplemented)?,
                memory.used(),
            )
        };
        // SAFETY: as the caller guarantees.
        unsafe {
            write(total, &[limit], false)?;
            write(free, &[limit.saturating_sub(used)], false)
        }
    };
    code(report())
}

/// Sets the total bytes of the device's memory; zero removes the limit.
#[unsafe(no_mangle)]
pub extern "C" fn icicle_standin_memory(bytes: usize) {
    memory().limit = (bytes > 0).then_some(bytes);
}

/// Allocated bytes.
#[unsafe(no_mangle)]
pub extern "C" fn icicle_standin_allocated() -> usize {
    memory().used()
}

/// Allocates memory of the device.
///
/// # Safety
/// `address` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn icicle_malloc(address: *mut *mut c_void, bytes: usize) -> c_int {
    let allocate = || {
        active()?;
        require(bytes > 0, Refusal::InvalidArgument)?;
        let mut lines = {
            let memory = memory();
            let left = memory
                .limit
                .map(|limit| limit.saturating_sub(memory.used()));
            require(left.is_none_or(|left| bytes <= left), Refusal::OutOfMemory)?;
            vec![Line([0xA5; 64]); bytes.div_ceil(64)]
        };
        let start = lines.as_mut_ptr();
        // SAFETY: as the caller guarantees.
        unsafe { write(address, &[start.cast()], false) }?;
        memory().allocations.insert(start.addr(), (bytes, lines));
        Ok(())
    };
    code(allocate())
}

/// Frees memory of the device.
///
/// # Safety
/// Nothing uses that memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn icicle_free(address: *mut c_void) -> c_int {
    code(active().and_then(|()| {
        let freed = memory().allocations.remove(&address.addr());
        require(freed.is_some(), Refusal::InvalidDevice)
    }))
}

/// Copies from the host to the device.
///
/// # Safety
/// `bytes` bytes can be read from `source`; nothing else uses the destination.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn icicle_copy_to_device(
    destination: *mut c_void,
    source: *const c_void,
    bytes: usize,
) -> c_int {
    // SAFETY: as the caller guarantees.
    code(active().and_then(|()| unsafe { copy(destination, true, source, false, bytes) }))
}

/// Copies from the device to the host.
///
/// # Safety
/// `bytes` bytes can be written to `destination`, which nothing else uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn icicle_copy_to_host(
    destination: *mut c_void,
    source: *const c_void,
    bytes: usize,
) -> c_int {
    // SAFETY: as the caller guarantees.
    code(active().and_then(|()| unsafe { copy(destination, false, source, true, bytes) }))
}

/// # Safety
/// There are `bytes` bytes at the address that is not on the device. Nothing else uses the
/// destination.
unsafe fn copy(
    destination: *mut c_void,
    to_device: bool,
    source: *const c_void,
    from_device: bool,
    bytes: usize,
) -> Result<(), Refusal> {
    // SAFETY: as the caller guarantees.
    unsafe {
        let values = read(source.cast::<u8>(), bytes, from_device)?;
        write(destination.cast(), &values, to_device)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::ptr;

    fn set_device() {
        let mut device = Device {
            kind: [0; 64],
            id: 0,
        };
        device.kind[..3].copy_from_slice(b"CPU");
        // SAFETY: the pointer points to a device.
        assert_eq!(unsafe { icicle_set_device(&device) }, 0);
        device.id = 1;
        // SAFETY: the pointer points to a device.
        assert_eq!(unsafe { icicle_set_device(&device) }, 1);
        device.kind[0] = b'X';
        // SAFETY: the pointer points to a device.
        assert_eq!(unsafe { icicle_is_device_available(&device) }, 1);
    }

    fn malloc(bytes: usize) -> Result<*mut c_void, c_int> {
        let mut address = ptr::null_mut();
        // SAFETY: the pointer can be written.
        match unsafe { icicle_malloc(&mut address, bytes) } {
            0 => Ok(address),
            code => Err(code),
        }
    }

    #[test]
    fn memory_is_used_as_it_was_given() {
        assert_eq!(malloc(8), Err(1), "no device was set");
        set_device();
        assert_eq!(malloc(0), Err(11));
        let address = malloc(100).unwrap();
        let host = [7_u8; 100];
        let mut back = [0_u8; 100];
        let inside = address.wrapping_byte_add(4);
        let as_device: *mut c_void = back.as_mut_ptr().cast();
        // SAFETY: the memory has the stated sizes, or the addresses are refused before they are
        // used.
        unsafe {
            assert_eq!(
                icicle_copy_to_host(back.as_mut_ptr().cast(), address, 100),
                0
            );
            assert_eq!(back, [0xA5; 100]);
            assert_eq!(icicle_copy_to_device(address, host.as_ptr().cast(), 100), 0);
            assert_eq!(icicle_copy_to_device(inside, host.as_ptr().cast(), 97), 3);
            assert_eq!(icicle_copy_to_device(inside, host.as_ptr().cast(), 96), 0);
            assert_eq!(icicle_copy_to_device(as_device, host.as_ptr().cast(), 8), 3);
            assert_eq!(icicle_copy_to_device(address, inside, 8), 3);
            assert_eq!(icicle_copy_to_host(address, inside, 8), 3);
            assert_eq!(icicle_copy_to_host(ptr::null_mut(), address, 8), 3);
            assert_eq!(
                icicle_copy_to_host(back.as_mut_ptr().cast(), address, 100),
                0
            );
            assert_eq!(back, host);
            assert_eq!(icicle_free(inside), 1);
            assert_eq!(icicle_free(address), 0);
            assert_eq!(icicle_free(address), 1);
            assert_eq!(icicle_copy_to_host(back.as_mut_ptr().cast(), address, 8), 3);
        }
    }
}
