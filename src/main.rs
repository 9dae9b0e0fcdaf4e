//! The `fourpay` program: see the library for what it is made of.

use std::process::ExitCode;

#[global_allocator]
static MEMORY: fourpay::wipe::Wiping = fourpay::wipe::Wiping;

fn main() -> ExitCode {
    // First: afterwards the system may refuse to list them.
    fourpay::child::keep_descriptors();
    fourpay::files::leave_no_core();
    fourpay::files::outlive_limits();
    fourpay::cli::main()
}
