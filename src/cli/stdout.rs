//! Standard output of every command: a closed pipe ends the printing quietly, everything else that cannot be written is
//! an error and never passes for success.

use std::io::{self, ErrorKind, Write};

use super::exit::{Exit, Stop};

/// Standard output that takes what nobody reads any more.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stdout;

fn unless_closed<T>(done: io::Result<T>, instead: T) -> io::Result<T> {
    match done {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(instead),
        other => other,
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        unless_closed(io::stdout().write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        unless_closed(io::stdout().flush(), ())
    }
}

/// Prints all of a text.
pub fn print(text: &str) -> Result<(), Stop> {
    print_bytes(text.as_bytes())
}

pub fn print_bytes(bytes: &[u8]) -> Result<(), Stop> {
    Stdout.write_all(bytes).and_then(|()| Stdout.flush()).map_err(|error| unwritten(&error))
}

/// What is said of an output that is not whole.
pub fn unwritten(error: &io::Error) -> Stop {
    Stop::new(Exit::Incomplete, format!("the output could not be written whole: {error}"))
}
