//! The program: arguments, then a command.

use clap::{Parser, Subcommand};
use fourpay::cli;

#[derive(Parser)]
#[command(name = "fourpay", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Sandbox(cli::sandbox::Sandboxed),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Sandbox(asked) => cli::sandbox::run(&asked),
    }
}
