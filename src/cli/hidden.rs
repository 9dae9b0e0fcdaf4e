//! A prompt on the terminal that does not show what is typed. However it ends, the terminal shows again what is
//! typed: `Ctrl-C` is a key here, because the signal would end the program before that.

use std::fs::File;
use std::io::{self, Read, Write};

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

/// Most that is taken, in bytes.
const MOST: usize = 16 * 1024;

/// Gives the terminal its modes back.
struct Quiet<'t> {
    tty: &'t File,
    before: Termios,
}

impl<'t> Quiet<'t> {
    fn on(tty: &'t File) -> io::Result<Quiet<'t>> {
        let before = tcgetattr(tty)?;
        let mut modes = before.clone();
        modes.local_modes &= !(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
        modes.special_codes[SpecialCodeIndex::VMIN] = 1;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(tty, OptionalActions::Now, &modes)?;
        Ok(Quiet { tty, before })
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.tty, OptionalActions::Now, &self.before);
    }
}

/// Asks on the controlling terminal. `Interrupted` when the person gives up.
pub fn ask(question: &str) -> io::Result<Zeroizing<String>> {
    let tty = File::options().read(true).write(true).open("/dev/tty")?;
    // Quiet first: whoever sees the question may answer at once.
    let quiet = Quiet::on(&tty)?;
    (&tty).write_all(question.as_bytes())?;
    let typed = read(&tty);
    drop(quiet);
    (&tty).write_all(b"\n")?;
    let text = std::str::from_utf8(&typed?).map(|text| Zeroizing::new(text.to_owned()));
    text.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "that is no text"))
}

fn read(mut from: impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    // Allocated whole: a buffer that grows leaves copies behind.
    let mut typed = Zeroizing::new(Vec::with_capacity(MOST));
    let mut byte = Zeroizing::new([0]);
    loop {
        if from.read(byte.as_mut())? == 0 {
            return Ok(typed);
        }
        match byte[0] {
            b'\r' | b'\n' | 0x04 => return Ok(typed),
            0x03 | 0x1c => return Err(io::ErrorKind::Interrupted.into()),
            // One character, whatever its length.
            0x08 | 0x7f => while typed.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {},
            0x15 => typed.clear(),
            control if control < 0x20 => {}
            byte if typed.len() < MOST => typed.push(byte),
            _ => return Err(io::Error::new(io::ErrorKind::InvalidData, "that is too long")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_a_line_do_what_they_do_elsewhere() {
        let typed = |bytes: &[u8]| read(bytes).map(|typed| String::from_utf8(typed.to_vec()).unwrap()).ok();
        assert_eq!(typed(b"tok_1\rmore").as_deref(), Some("tok_1"));
        assert_eq!(typed("tok\u{e9}\u{7f}_1\x08\x082\n".as_bytes()).as_deref(), Some("tok2"));
        assert_eq!(typed(b"wrong\x15\x1b\x1aright\x04").as_deref(), Some("right"));
        assert_eq!(typed(b"\x7f\x7f").as_deref(), Some(""));
        assert_eq!(typed(b"tok\x03"), None);
        assert_eq!(typed(&[b'x'; MOST + 1]), None);
    }
}
