//! Writing a setting into the file: comments and everything else that stands there stay as they are.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use anyhow::Context;
use toml_edit::{DocumentMut, Item, Table, TableLike, value};

use super::File;
use super::file::views::word;
use super::profile::DEFAULT;
use crate::app::views::{Change, View};
use crate::files::steering;

/// Changes the file at this path by `change`, which has both its readings. Written whole or not at all, for its owner
/// alone (S3); a file that cannot be read, or that somebody has closed against writing, stays as it is.
fn edit<T>(
    path: &Path,
    change: impl FnOnce(&mut DocumentMut, &File) -> anyhow::Result<T>,
) -> anyhow::Result<(T, String)> {
    let folder = path.parent().context("it has no folder")?;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // Whoever else writes it just now is waited for, so that their change is not lost; where nothing can be locked,
    // nobody is.
    let turn = std::fs::File::open(folder)?;
    let _ = turn.lock();
    // A link into another folder stays a link.
    let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let text = steering::read(&real)?.unwrap_or_default();
    if std::fs::metadata(&real).is_ok_and(|data| data.permissions().readonly()) {
        anyhow::bail!("it may not be written to (chmod u+w allows it)");
    }
    let file = File::read(path, &text)?;
    let mut document: DocumentMut = text.parse().map_err(|_| anyhow::anyhow!("the file is no TOML"))?;
    let done = change(&mut document, &file)?;
    let text = document.to_string();
    let mut new = tempfile::Builder::new()
        .permissions(std::fs::Permissions::from_mode(0o600))
        .tempfile_in(real.parent().unwrap_or(folder))?;
    new.write_all(text.as_bytes())?;
    new.as_file().sync_all()?;
    new.persist(&real)?;
    Ok((done, text))
}

/// A table below another that need not be written out itself: `[profiles.prod]` alone says it.
fn within<'d>(document: &'d mut DocumentMut, whole: &str, name: &str) -> anyhow::Result<&'d mut dyn TableLike> {
    let above = document.entry(whole).or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    let above = above.as_table_like_mut().with_context(|| format!("{whole} is no table"))?;
    let table = above.entry(name).or_insert_with(|| Item::Table(Table::new()));
    table.as_table_like_mut().with_context(|| format!("{whole}.{name} is no table"))
}

/// Puts the address of a profile into the file at this path, and makes it the one that is meant when none is
/// named, as long as none has an address yet. Whether it was made so.
pub fn base_url(path: &Path, profile: &str, base_url: &str) -> anyhow::Result<bool> {
    let written = edit(path, |document, file| {
        let usual = file.profile(file.usual()).and_then(|profile| profile.base_url);
        if profile == DEFAULT && file.named.iter().all(|known| known.name != DEFAULT) {
            document.insert("base_url", value(base_url));
        } else {
            within(document, "profiles", profile)?.insert("base_url", value(base_url));
        }
        let made = usual.is_none() && file.usual() != profile;
        if made {
            document.insert("default_profile", value(profile));
        }
        Ok(made)
    });
    written.map(|(made, _)| made)
}

/// Saves or deletes a view in the file at this path; all views that stand there then, or why nothing changed.
pub fn view(path: &Path, change: &Change) -> anyhow::Result<Vec<View>> {
    let ((), text) = edit(path, |document, _| match change {
        Change::Save(view) => save(within(document, "views", &view.name)?, view),
        Change::Delete(name) => {
            let views = document.get_mut("views").and_then(Item::as_table_like_mut);
            let views = views.with_context(|| format!("there is no view {name} in the file any more"))?;
            views.remove(name).with_context(|| format!("there is no view {name} in the file any more"))?;
            if views.is_empty() {
                document.remove("views");
            }
            Ok(())
        }
    })?;
    Ok(File::read(path, &text)?.views)
}

fn save(table: &mut dyn TableLike, view: &View) -> anyhow::Result<()> {
    let order = view.sorted.word(view.pane);
    let yes = |yes: bool| yes.then(|| value(true));
    let turned = order.as_ref().is_some_and(|(_, turned)| *turned);
    let said = [
        ("pane", Some(value(word(view.pane)))),
        ("filter", view.filter.as_deref().map(value)),
        ("sort", order.as_ref().map(|(by, _)| value(*by))),
        ("reverse", yes(turned)),
        ("zoom", yes(view.zoomed)),
    ];
    for (key, said) in said {
        match (said, table.get_mut(key)) {
            (None, _) => drop(table.remove(key)),
            // What stands behind it on its line stays.
            (Some(Item::Value(mut new)), Some(Item::Value(old))) => {
                *new.decor_mut() = old.decor().clone();
                *old = new;
            }
            (Some(new), _) => drop(table.insert(key, new)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::panes::Pane;
    use crate::app::view_state::SortState;

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

    fn view_of(name: &str, filter: Option<&str>, sort: Option<(&str, bool)>, zoomed: bool) -> View {
        let sorted = sort.and_then(|(by, turned)| SortState::by(Pane::Cards, by, turned)).unwrap_or_default();
        View { name: name.into(), pane: Pane::Cards, filter: filter.map(str::to_owned), sorted, zoomed }
    }

    #[test]
    fn s3_a_view_is_read_as_it_was_written_and_everything_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fourpay/config.toml");
        let frozen = view_of("frozen", Some("status:frozen holder:\"o'b\""), Some(("balance", true)), true);
        assert_eq!(view(&path, &Change::Save(frozen.clone())).unwrap(), std::slice::from_ref(&frozen));
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));

        let before = "# mine\nzone = \"utc\" # here\n\n# what I look at\n[views.declines]\nfilter = \"status:declined\" # \
                      bad\npane = \"transactions\"\n\n[profiles.shop] # last\nbase_url = \"https://x.example\"\n";
        std::fs::write(&path, before).unwrap();
        let all = view(&path, &Change::Save(frozen.clone())).unwrap();
        assert_eq!(all.iter().map(|view| view.name.as_str()).collect::<Vec<_>>(), ["declines", "frozen"]);
        assert_eq!(all[1], frozen);
        let after = std::fs::read_to_string(&path).unwrap();
        for line in before.lines() {
            assert!(after.contains(line), "{line} is gone from\n{after}");
        }
        // Over one that is there, what is said beside it stays.
        let other = View { name: "declines".into(), filter: Some("uber".into()), ..view_of("", None, None, false) };
        let all = view(&path, &Change::Save(other.clone())).unwrap();
        assert_eq!(all, [other, frozen]);
        let after = std::fs::read_to_string(&path).unwrap();
        assert!(
            after.contains("# what I look at\n[views.declines]\nfilter = \"uber\" # bad\npane = \"cards\"\n"),
            "{after}"
        );
        // Both gone, it is as if there had been none.
        view(&path, &Change::Delete("frozen".into())).unwrap();
        assert_eq!(view(&path, &Change::Delete("declines".into())).unwrap(), []);
        let after = std::fs::read_to_string(&path).unwrap();
        assert!(!after.contains("views") && after.contains("# mine\nzone = \"utc\" # here\n"), "{after}");
        assert!(after.contains("[profiles.shop] # last\nbase_url"), "{after}");
        assert_eq!(mode(&path), 0o600);
        let gone = view(&path, &Change::Delete("declines".into())).unwrap_err().to_string();
        assert_eq!(gone, "there is no view declines in the file any more");
    }

    #[test]
    fn two_that_write_at_once_lose_nothing_of_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::thread::scope(|scope| {
            for letter in ["a", "b", "c", "d"] {
                let save = move |number: usize| view_of(&format!("{letter}{number}"), None, None, false);
                let path = &path;
                scope.spawn(move || (0..8).for_each(|number| drop(view(path, &Change::Save(save(number))).unwrap())));
            }
        });
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(File::read(&path, &text).unwrap().views.len(), 32, "{text}");
    }

    #[test]
    fn what_cannot_be_read_or_written_loses_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let save = || view(&path, &Change::Save(view_of("a", None, None, false)));
        for (text, why) in [
            ("zone = \n", "this is no TOML"),
            ("token = \"tok_CANARY\"\n", "a token may not stand in this file"),
            ("views = 7\n", "views is no table"),
            ("[views]\na = 1\n", "views.a is no table"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = format!("{:#}", save().unwrap_err());
            assert!(error.contains(why) && !error.contains("CANARY"), "{text}: {error}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        std::fs::write(&path, "zone = \"utc\"\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
        assert!(save().unwrap_err().to_string().contains("may not be written to"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "zone = \"utc\"\n");
        // A folder where the file should be.
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(save().is_err());
        // A link to a file elsewhere stays one.
        std::fs::remove_dir(&path).unwrap();
        let real = folder.path().join("dotfiles.toml");
        std::fs::write(&real, "zone = \"utc\"\n").unwrap();
        std::os::unix::fs::symlink(&real, &path).unwrap();
        save().unwrap();
        assert!(std::fs::symlink_metadata(&path).unwrap().is_symlink());
        assert!(std::fs::read_to_string(&real).unwrap().starts_with("zone = \"utc\"\n\n[views.a]\n"));
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left.len(), 2, "{left:?}");
    }
}
