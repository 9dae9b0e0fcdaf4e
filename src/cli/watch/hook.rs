//! The program that is run for each event.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::child::{self, Failed, Limits};
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

    /// Whether it can be run, before anything is waited for. What is named without a folder is looked for when it is run.
    pub fn can_run(&self) -> Result<(), String> {
        let program = self.program();
        let is_named = program.components().count() == 1 && !program.has_root();
        let is_there = program.is_file() && rustix::fs::access(program, rustix::fs::Access::EXEC_OK).is_ok();
        (is_named || is_there).then_some(()).ok_or_else(|| self.cannot_run())
    }

    fn program(&self) -> &Path {
        Path::new(self.argv.first().map_or("".as_ref(), OsString::as_os_str))
    }

    fn cannot_run(&self) -> String {
        format!("--exec: {} is no program that can be run", self.program().display())
    }

    /// Runs it with a document on its standard input; what went wrong, where it did not end with 0. The outer error: it
    /// cannot be run at all, and trying again does not help.
    pub async fn run(&self, document: &Value) -> Result<Result<(), String>, String> {
        let (argv, limits, input) = (self.argv.clone(), self.limits, format!("{document}\n").into_bytes());
        let run = move || child::tell(&argv, limits, &input);
        let program = self.program().display();
        Ok(match tokio::task::spawn_blocking(run).await {
            Ok(Err(Failed::NotStarted(error))) => return Err(format!("{} ({error})", self.cannot_run())),
            Ok(Ok(ended)) if ended.status.success() => Ok(()),
            Ok(Ok(ended)) => {
                let said = String::from_utf8_lossy(&ended.said);
                let said = SafeText::prose(said.lines().next().unwrap_or_default());
                let said = if said.as_str().is_empty() { String::new() } else { format!(": {said}") };
                Err(format!("{program} ended with {}{said}", ended.status))
            }
            Ok(Err(why)) => Err(format!("{program}: {why}")),
            Err(why) => Err(format!("{program}: {why}")),
        })
    }
}
