//! Where it is kept how the panes of a profile are: a file that its owner alone may read, whole or not at all (S3).

use std::io;
use std::path::{Path, PathBuf};

use tokio::sync::mpsc;

use crate::app::msg::Msg;
use crate::app::view_state::ViewState;
use crate::app::views::Change;
use crate::config::{self, Complaint, Config, Target};
use crate::files::{self, Refused};

/// The file of one profile; `None` for the demo, which ends with the program, and for a user without a home.
pub fn place(config: &Config) -> Option<PathBuf> {
    let state = config.state_folder.as_ref().filter(|_| matches!(config.target, Target::Api(_)))?;
    Some(state.join("views").join(format!("{}.json", config.profile.name)))
}

/// What was kept there; nothing where there is no file. Else why it is not used, and what follows from that.
pub fn read(path: &Path) -> Result<ViewState, String> {
    let why = match files::read_private(path) {
        Ok(text) => match serde_json::from_str(&text) {
            Ok(kept) => return Ok(kept),
            Err(_) => "it does not say how panes are".to_owned(),
        },
        Err(Refused::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => return Ok(ViewState::default()),
        Err(refused) => refused.to_string(),
    };
    let file = path.file_name().unwrap_or_default().display();
    Err(format!("views/{file} is not used: {why}; it is written anew when you leave"))
}

/// Keeps it.
pub fn write(path: &Path, kept: &ViewState) -> io::Result<()> {
    files::write_private(path, &serde_json::to_vec_pretty(kept)?)
}

/// Writes views into the file of settings until the dashboard hangs up, one after another.
pub async fn write_views(file: Option<PathBuf>, mut changes: mpsc::UnboundedReceiver<Change>, out: mpsc::Sender<Msg>) {
    while let Some(change) = changes.recv().await {
        let (path, wanted) = (file.clone(), change.clone());
        let write = move || match &path {
            Some(path) => config::write::view(path, &wanted).map_err(|error| match error.downcast_ref::<Complaint>() {
                Some(complaint) => complaint.short(),
                None => format!("config.toml: {error:#}"),
            }),
            None => Err("there is no home folder, and so no place for settings".to_owned()),
        };
        let outcome = tokio::task::spawn_blocking(write).await;
        let outcome = outcome.unwrap_or_else(|_| Err("the attempt was cut off".to_owned()));
        // A dashboard that is gone needs to know nothing.
        let _ = out.send(Msg::ViewKept(change, outcome)).await;
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::app::panes::Pane;

    #[test]
    fn s3_it_is_read_as_it_was_written_and_by_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("views/prod.json");
        assert_eq!(read(&path), Ok(ViewState::default()));
        let kept = ViewState {
            zoomed: Some(Pane::Transactions),
            filters: [(Pane::Cards, "status:frozen".to_owned())].into(),
            ..ViewState::default()
        };
        write(&path, &kept).unwrap();
        assert_eq!(read(&path), Ok(kept));
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(read(&path).unwrap_err().contains("prod.json is not used: others may use it"));
    }

    #[test]
    fn what_is_no_such_file_is_said_and_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prod.json");
        for bad in ["", "{", "7", "{\"zoomed\":\"kitchen\"}", "{\"sorted\":{\"cards\":{\"by\":\"x\"}}}", "{\"more\":1}"]
        {
            files::write_private(&path, bad.as_bytes()).unwrap();
            let why = read(&path).unwrap_err();
            assert!(why.contains("it does not say how panes are"), "{bad}: {why}");
        }
    }
}
