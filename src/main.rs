//! The `fourpay` program: see the library for what it is made of.

use std::process::ExitCode;

fn main() -> ExitCode {
    fourpay::files::leave_no_core();
    fourpay::cli::main()
}
