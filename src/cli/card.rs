//! `fourpay card`: one card, and changing it.

use super::acting;
use super::card_edit::{self, EditArgs};
use super::reads::{self, ShowArgs};
use crate::config::{Config, Flags};

/// Show a card, or change it.
#[derive(clap::Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct CardArgs {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    show: Option<ShowArgs>,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Show one card with its limits
    Show(ShowArgs),
    /// Give a card another name and other limits
    Edit(EditArgs),
}

/// Runs the command; the exit code.
pub fn command(asked: CardArgs, flags: &Flags, load: impl FnOnce() -> anyhow::Result<Config>) -> anyhow::Result<i32> {
    let asked = match (asked.what, asked.show) {
        (Some(What::Edit(asked)), _) => {
            return acting(asked.act.json, flags, load, async |connection| card_edit::run(&asked, connection).await);
        }
        (Some(What::Show(asked)), _) | (None, Some(asked)) => asked,
        (None, None) => anyhow::bail!("name a card, or `edit`; fourpay card --help"),
    };
    reads::reading(asked.json, flags, load, async |reading| reads::show(&asked, reading).await)
}
