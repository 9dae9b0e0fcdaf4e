//! Memory that is overwritten before it is given back.
//!
//! Values of ours that hold a secret wipe themselves. What libraries copy of them on the way does not: the
//! buffers of a connection, a header that was sent, a text that was put together. With this allocator a copy is
//! gone when its owner is, whoever that was (S4). What stays out of reach: memory that is still in use, the
//! stack, and what the operating system keeps.

use std::alloc::{GlobalAlloc, Layout, System};

/// The system's allocator, with every block wiped when it is freed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wiping;

// SAFETY: every call is the system allocator's own. `dealloc` writes only to the block it was given, which the
// caller owns whole until it returns. `realloc` is the trait's: a new block, a copy, and `dealloc` of the old.
#[expect(unsafe_code, reason = "an allocator cannot be written without")]
unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block is `layout.size()` bytes long, and nobody else uses it any more. The barrier keeps the
        // compiler from leaving out a write to memory that is freed next.
        unsafe {
            block.write_bytes(0, layout.size());
            zeroize::optimization_barrier(&block);
            System.dealloc(block, layout);
        }
    }
}
