//! Asking a person before something is done: only where they see the question and can answer it, and never by what
//! was typed before it stood there.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use super::exit::{Exit, Stop};
use crate::domain::text::SafeText;

/// Whether somebody is there who sees a question and can answer it.
pub fn is_asked() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Shows lines on standard error.
pub fn show(lines: &[String]) {
    let mut text = String::new();
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    // Whoever reads may have stopped reading.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// What a person types in answer.
pub fn typed(question: &str) -> Result<String, Stop> {
    let unasked = |_| Stop::new(Exit::NotSent, "the question could not be asked; nothing was sent");
    let mut stderr = std::io::stderr();
    // M2: a key that was pressed before the question is no answer to it.
    #[cfg(unix)]
    let _ = rustix::termios::tcflush(std::io::stdin(), rustix::termios::QueueSelector::IFlush);
    write!(stderr, "{}", SafeText::prose(question)).and_then(|()| stderr.flush()).map_err(unasked)?;
    let mut line = String::new();
    if std::io::stdin().lock().read_line(&mut line).map_err(unasked)? == 0 {
        let _ = writeln!(stderr);
    }
    Ok(line.trim().to_owned())
}

/// Nobody said yes.
pub fn declined() -> Stop {
    Stop::new(Exit::NotSent, "nothing was sent")
}
