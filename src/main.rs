//! The `fourpay` program: see the library for what it is made of.

use std::process::ExitCode;

#[global_allocator]
static MEMORY: fourpay::wipe::Wiping = fourpay::wipe::Wiping;

fn main() -> ExitCode {
    fourpay::files::leave_no_core();
    fourpay::cli::main()
}
