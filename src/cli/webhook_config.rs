//! `fourpay webhooks set` and `webhooks delete`: where events are delivered to.

use super::act::{self, ActArgs, Hand, Plan, Prepared, Told, line};
use super::connection::Connection;
use super::exit::Stop;
use super::lookup;
use crate::app::ui::describe::event_kind_word;
use crate::domain::intent::{Act, Before};
use crate::domain::secret::WebhookSecret;
use crate::domain::text::SafeText;
use crate::domain::webhook::{EventKind, LONGEST_URL, check_url};

/// Arguments of `webhooks set`.
#[derive(clap::Args, Debug)]
pub struct SetArgs {
    /// Where to: https, or http on this machine while this is a sandbox
    #[arg(value_name = "URL")]
    url: String,
    /// `all`, or kinds of events with commas between them; what is configured stays when nothing is said
    #[arg(long, value_name = "KINDS")]
    events: Option<String>,
    /// Keep the settings and deliver nothing
    #[arg(long, conflicts_with = "active")]
    inactive: bool,
    /// Deliver; what is configured stays when nothing is said
    #[arg(long)]
    active: bool,
    /// Send what deliveries are signed with: FOURPAY_WEBHOOK_SECRET, what `webhooks secret` keeps, else typed unseen
    #[arg(long)]
    pub secret: bool,
    #[command(flatten)]
    pub act: ActArgs,
}

/// Arguments of `webhooks delete`.
#[derive(clap::Args, Debug)]
pub struct DeleteArgs {
    #[command(flatten)]
    pub act: ActArgs,
}

fn kinds(text: &str) -> Result<Option<Vec<EventKind>>, Stop> {
    if text == "all" {
        return Ok(None);
    }
    let known: Vec<&str> = EventKind::KNOWN.iter().map(|kind| kind.as_str()).collect();
    let one = |word: &str| {
        let kind = EventKind::from_wire(word.trim());
        let wrong = || {
            let word = SafeText::name(word);
            Stop::usage(format!("--events: {word:?} is none of all, {}; nothing was sent", known.join(", ")))
        };
        if EventKind::KNOWN.contains(&kind) { Ok(kind) } else { Err(wrong()) }
    };
    text.split(',').map(one).collect::<Result<Vec<_>, _>>().map(Some)
}

/// Sets up deliveries. What is sent replaces all of the configuration.
pub async fn set(asked: &SetArgs, secret: Option<WebhookSecret>, connection: &Connection) -> Result<Vec<Told>, Stop> {
    let wrong = |why: &str| Stop::usage(format!("this address {why}; nothing was sent"));
    check_url(&asked.url, connection.is_sandbox).map_err(wrong)?;
    let url = act::as_typed("URL", &asked.url, SafeText::new(&asked.url, LONGEST_URL))?;
    let named = asked.events.as_deref().map(kinds).transpose()?;
    let failed = |failure| connection.failed(&failure);
    let accounts = lookup::accounts(&connection.client).await.map_err(failed)?;
    let ops = connection.ops_of(accounts.items.iter().map(|account| account.id.clone())).await?;
    let hand = Hand { connection, ops: &ops, args: &asked.act, despite: &[] };
    act::run_with(&hand, secret, async || {
        let before = connection.client.webhook_config().await.map_err(failed)?;
        let kinds = match (&named, &before) {
            (Some(kinds), _) => kinds.clone(),
            (None, Some(config)) => config.kinds.clone(),
            (None, None) => None,
        };
        let was_active = before.as_ref().is_none_or(|config| config.active != Some(false));
        let active = if asked.inactive { false } else { asked.active || was_active };
        let words = match &kinds {
            None => "all kinds".to_owned(),
            Some(kinds) => kinds.iter().map(event_kind_word).collect::<Vec<_>>().join(", "),
        };
        let mut review = Vec::new();
        if let Some(config) = &before {
            review.push(line("now", config.url.as_str()));
        }
        review.extend([line("deliver to", url.as_str()), line("announced", &words)]);
        if !active {
            review.push(line("⚠", "nothing is delivered while it is not active"));
        }
        let had = before.as_ref().and_then(|config| config.secret_set);
        review.push(line("secret", match (asked.secret, had) {
            (true, _) => "the one that is kept, or that was typed",
            (false, Some(true)) => {
                "left out of the request. Whether 4pay then keeps the old one is documented nowhere: read it afterwards, \
                 or add --secret"
            }
            (false, _) => "none: deliveries may come unsigned, and nobody can tell them from made-up ones",
        }));
        let act = Act::SetWebhook { url: url.clone(), kinds, active, new_secret: asked.secret };
        let store = act::store(connection, &accounts.items, &[]);
        Ok(Prepared::new(Plan::one(act, Before::default()), review, store))
    })
    .await
}

/// Ends all deliveries.
pub async fn delete(asked: &DeleteArgs, connection: &Connection) -> Result<Vec<Told>, Stop> {
    let failed = |failure| connection.failed(&failure);
    let accounts = lookup::accounts(&connection.client).await.map_err(failed)?;
    let ops = connection.ops_of(accounts.items.iter().map(|account| account.id.clone())).await?;
    let hand = Hand { connection, ops: &ops, args: &asked.act, despite: &[] };
    act::run(&hand, async || {
        let store = act::store(connection, &accounts.items, &[]);
        let Some(config) = connection.client.webhook_config().await.map_err(failed)? else {
            return Ok(Prepared::nothing("nothing is configured; nothing was sent", store));
        };
        let say = "Nothing is announced to this address any more, and the secret is gone. What happens from then on is \
                   not delivered later.";
        let review = vec![line("deliver to", config.url.as_str()), line("delete", say)];
        Ok(Prepared::new(Plan::one(Act::DeleteWebhook, Before::default()), review, store))
    })
    .await
}
