//! The program that is run for each event.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::child::{self, Limits};
use crate::domain::text::SafeText;

pub struct Hook {
    argv: Vec<OsString>,
    limits: Limits,
}

impl Hook {
    /// `seconds`: how long it may run.
    pub fn new(program: &Path, arguments: &[String], seconds: u64) -> Hook {
        let argv =
            std::iter::once(program.as_os_str().to_owned()).chain(arguments.iter().map(OsString::from)).collect();
        Hook { argv, limits: Limits { time: Duration::from_secs(seconds), output: 0 } }
    }

    /// Whether it can be run, before anything is waited for.
    pub fn can_run(&self) -> Result<(), String> {
        let program = Path::new(self.argv.first().map_or("".as_ref(), OsString::as_os_str));
        let is_there = |path: &Path| path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = match program.components().count() {
            1 if program.parent() == Some(Path::new("")) => {
                std::env::split_paths(&path).any(|folder| is_there(&folder.join(program)))
            }
            _ => is_there(program),
        };
        found.then_some(()).ok_or_else(|| format!("--exec: {} is no program that can be run", program.display()))
    }

    /// Runs it with a document on its standard input; what went wrong, where it did not end with 0.
    pub async fn run(&self, document: &Value) -> Result<(), String> {
        let (argv, limits, input) = (self.argv.clone(), self.limits, format!("{document}\n").into_bytes());
        let run = move || child::tell(&argv, limits, &input);
        let program = Path::new(self.argv.first().map_or("".as_ref(), OsString::as_os_str)).display();
        match tokio::task::spawn_blocking(run).await {
            Ok(Ok(ended)) if ended.status.success() => Ok(()),
            Ok(Ok(ended)) => {
                let said = String::from_utf8_lossy(&ended.said);
                let said = SafeText::prose(said.lines().next().unwrap_or_default());
                let said = if said.as_str().is_empty() { String::new() } else { format!(": {said}") };
                Err(format!("{program} ended with {}{said}", ended.status))
            }
            Ok(Err(why)) => Err(format!("{program}: {why}")),
            Err(why) => Err(format!("{program}: {why}")),
        }
    }
}
