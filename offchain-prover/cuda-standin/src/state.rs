//! The contents of the stand-in's device, and the messages of calls.

use crate::{
    error::{Code, Refusal, require},
    points::Held,
};
use std::{
    collections::{HashMap, HashSet},
    ffi::c_char,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

/// The buffer for a call's message.
pub(crate) struct Message {
    pub(crate) text: *mut c_char,
    pub(crate) room: u64,
}

impl Message {
    /// Returns the code for the result of a call, and writes the message of an error.
    ///
    /// # Safety
    /// There is room as stated, unless the pointer is null.
    pub(crate) unsafe fn end(self, result: Result<(), Refusal>) -> i32 {
        let Err(Refusal { code, reason }) = result else {
            return 0;
        };
        let room = usize::try_from(self.room).unwrap_or(usize::MAX);
        if !self.text.is_null() && room > 0 {
            let length = reason.len().min(room - 1);
            // SAFETY: as the caller guarantees; one byte is left for the zero.
            unsafe {
                self.text
                    .copy_from_nonoverlapping(reason.as_ptr().cast(), length);
                self.text.add(length).write(0);
            }
        }
        code as i32
    }
}

/// A vector, and the context to which it belongs.
pub(crate) struct Owned {
    pub(crate) context: usize,
    pub(crate) held: Held,
}

/// Everything on the device. Handles are numbers that only look like addresses.
pub(crate) struct Device {
    pub(crate) contexts: HashSet<usize>,
    pub(crate) vectors: HashMap<usize, Owned>,
    last: usize,
    /// Bytes of memory.
    pub(crate) memory: u64,
}

impl Device {
    /// A handle that was never used before.
    pub(crate) fn handle(&mut self) -> usize {
        self.last += 1;
        self.last
    }

    /// Bytes in use.
    pub(crate) fn used(&self) -> u64 {
        self.vectors
            .values()
            .map(|vector| vector.held.bytes())
            .sum()
    }

    pub(crate) fn context(&self, context: usize) -> Result<(), Refusal> {
        require(context != 0, "context is null")?;
        require(self.contexts.contains(&context), "context was closed")
    }

    pub(crate) fn vector(
        &self,
        context: usize,
        vector: usize,
        name: &str,
    ) -> Result<&Held, Refusal> {
        require(vector != 0, format!("{name} is null"))?;
        let Some(owned) = self.vectors.get(&vector) else {
            return Err(Refusal::new(Code::Argument, format!("{name} was freed")));
        };
        require(
            owned.context == context,
            format!("{name} is on another device"),
        )?;
        Ok(&owned.held)
    }
}

/// Locks the device for one call.
pub(crate) fn device() -> MutexGuard<'static, Device> {
    static DEVICE: LazyLock<Mutex<Device>> = LazyLock::new(|| {
        Mutex::new(Device {
            contexts: HashSet::new(),
            vectors: HashMap::new(),
            last: 0,
            memory: 1 << 34,
        })
    });
    DEVICE.lock().unwrap_or_else(PoisonError::into_inner)
}
