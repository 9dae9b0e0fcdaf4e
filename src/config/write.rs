//! Writing a setting into the file: comments and everything else that stands there stay as they are.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use anyhow::Context;
use toml_edit::{DocumentMut, Item, Table, value};

use super::File;
use super::profile::DEFAULT;

/// Puts the address of a profile into the file at this path, and makes it the one that is meant when none is
/// named, as long as none has an address yet. Whether it was made so. The file is written whole or not at all,
/// for its owner alone (S3).
pub fn base_url(path: &Path, profile: &str, base_url: &str) -> anyhow::Result<bool> {
    let folder = path.parent().context("it has no folder")?;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // A link into another folder stays a link.
    let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let text = match std::fs::read_to_string(&real) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error.into()),
    };
    let file = File::read(path, &text)?;
    let mut document: DocumentMut = text.parse().map_err(|_| anyhow::anyhow!("the file is no TOML"))?;
    let usual = file.profile(file.usual()).and_then(|profile| profile.base_url);
    if profile == DEFAULT && file.named.iter().all(|known| known.name != DEFAULT) {
        document.insert("base_url", value(base_url));
    } else {
        let profiles = document.entry("profiles").or_insert_with(|| {
            let mut table = Table::new();
            // `[profiles.prod]` alone says it.
            table.set_implicit(true);
            Item::Table(table)
        });
        let profiles = profiles.as_table_like_mut().context("profiles is no table")?;
        let table = profiles.entry(profile).or_insert_with(|| Item::Table(Table::new()));
        table.as_table_like_mut().context("the profile is no table")?.insert("base_url", value(base_url));
    }
    let made = usual.is_none() && file.usual() != profile;
    if made {
        document.insert("default_profile", value(profile));
    }
    let mut new = tempfile::Builder::new()
        .permissions(std::fs::Permissions::from_mode(0o600))
        .tempfile_in(real.parent().unwrap_or(folder))?;
    new.write_all(document.to_string().as_bytes())?;
    new.as_file().sync_all()?;
    new.persist(&real)?;
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(before: Option<&str>, profile: &str) -> (String, bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("of mine/config.toml");
        if let Some(before) = before {
            std::fs::create_dir(folder.path().join("of mine")).unwrap();
            std::fs::write(&path, before).unwrap();
        }
        let made = base_url(&path, profile, "https://api.example.com").unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "S3");
        let after = std::fs::read_to_string(&path).unwrap();
        let file = File::read(&path, &after).unwrap();
        assert_eq!(file.complaints, []);
        assert_eq!(file.profile(profile).unwrap().base_url.as_deref(), Some("https://api.example.com"));
        (after, made)
    }

    #[test]
    fn an_address_is_written_and_everything_else_stays() {
        assert_eq!(written(None, "default"), ("base_url = \"https://api.example.com\"\n".into(), false));
        let before = "# mine\nhistory = 100 # rows\n\n[paths]\nfreeze = \"/api/v2/x/{card}\"\n";
        let (after, _) = written(Some(before), "default");
        assert!(after.starts_with("# mine\nhistory = 100 # rows\nbase_url"), "{after}");
        assert!(after.ends_with("\n[paths]\nfreeze = \"/api/v2/x/{card}\"\n"), "{after}");
        let before = "[profiles.prod] # the shop\nbase_url = \"https://old.example\"\nread_only = true\n";
        let (after, made) = written(Some(before), "prod");
        assert_eq!(after, before.replace("old.example", "api.example.com"));
        assert!(!made);
    }

    #[test]
    fn the_first_profile_with_an_address_is_the_one_that_is_meant() {
        let (after, made) = written(Some("history = 7\n[profiles.a]\n[profiles.b]\n"), "shop");
        assert!(made && after.starts_with("history = 7\ndefault_profile = \"shop\"\n"), "{after}");
        let (after, made) = written(Some("base_url = \"https://x.example\"\n"), "shop");
        assert!(!made && !after.contains("default_profile"), "{after}");
    }
}
