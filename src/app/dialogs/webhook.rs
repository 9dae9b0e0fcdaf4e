//! Setting up deliveries, and ending them.

use super::super::form::{Choose, Field, FieldId, Form, Line};
use super::super::msg::{Topic, Wish};
use crate::app::ui::frame::RenderCtx;

use super::super::store::Store;
use super::super::ui::describe::event_kind_word;
use super::{Asked, Asks, Confirm, Wrong};
use crate::app::ui::describe;
use crate::domain::intent::{Act, Before};
use crate::domain::text::SafeText;
use crate::domain::webhook::{EventKind, LONGEST_URL, WebhookConfig, check_url};

/// Longest secret.
const SECRET: usize = 255;
/// The fields of the kinds, in the order of [`EventKind::KNOWN`].
const KINDS: [FieldId; 4] =
    [FieldId::CardTransactions, FieldId::AccountTransactions, FieldId::AccountTopUps, FieldId::CardStates];

/// Where events are to be delivered.
#[derive(Debug)]
pub struct SetWebhook {
    /// What is configured now.
    before: Option<WebhookConfig>,
    /// This is the sandbox: http on this machine is allowed.
    http_here: bool,
}

fn yes_or_no(id: FieldId, label: &'static str, help: &str, yes: bool) -> Field {
    let (first, second) = (Choose::new("yes", "yes"), Choose::new("no", "no"));
    Field::choice(id, label, help, if yes { vec![first, second] } else { vec![second, first] })
}

impl SetWebhook {
    pub fn new(before: Option<WebhookConfig>, http_here: bool) -> (SetWebhook, Form) {
        let url_help = match http_here {
            true => "https://…, or http://127.0.0.1:PORT/… while this is the sandbox",
            false => "https://… and nothing else",
        };
        let some = before.as_ref().and_then(|config| config.kinds.as_ref());
        let which = |all: bool| match all {
            true => Choose::new("all", "all events, including future ones"),
            false => Choose::new("some", "only those chosen below"),
        };
        let mut fields = vec![
            Field::text(FieldId::Url, "deliver to", url_help, LONGEST_URL),
            Field::choice(
                FieldId::Kinds,
                "events",
                "◂ ▸ all, or some",
                vec![which(some.is_none()), which(some.is_some())],
            ),
        ];
        for (id, kind) in KINDS.into_iter().zip(EventKind::KNOWN) {
            let label = match kind {
                EventKind::CardTransaction => "card tx",
                EventKind::AccountTransaction => "account tx",
                EventKind::AccountTopUp => "account top-up",
                _ => "card state",
            };
            let on = some.is_none_or(|kinds| kinds.contains(kind));
            fields.push(yes_or_no(id, label, "◂ ▸ deliver it or not", on));
        }
        let active = before.as_ref().is_none_or(|config| config.active != Some(false));
        fields.push(yes_or_no(FieldId::Active, "active", "◂ ▸ no keeps the settings and delivers nothing", active));
        let help = "signs deliveries; never shown or kept; empty leaves it out";
        fields.push(Field::secret(FieldId::Secret, "secret", help, SECRET).when_empty("left out"));
        let mut form = Form::new(fields);
        if let Some(config) = &before {
            form.fill(FieldId::Url, config.url.as_str());
        }
        (SetWebhook { before, http_here }, form)
    }

    pub fn topics(&self) -> Vec<Topic> {
        vec![Topic::WebhookConfig]
    }
}

impl Asks for SetWebhook {
    fn title(&self, _: &Store) -> String {
        match self.before {
            Some(_) => "Change webhooks".into(),
            None => "Set up webhooks".into(),
        }
    }

    fn go(&self, _: Option<&Asked>) -> String {
        "Save".into()
    }

    fn head(&self, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let words = match &self.before {
            Some(_) => "What is saved replaces all of the configuration.",
            None => {
                "Nothing is configured yet. What happens to cards and money can be announced to an address of yours."
            }
        };
        super::prose(words, ctx.theme.dim(), columns)
    }

    fn refresh(&mut self, form: &mut Form, _: &Store) -> Vec<Topic> {
        let some = form.value(FieldId::Kinds) == "some";
        for kind in KINDS {
            form.show(kind, some);
        }
        Vec::new()
    }

    fn read(&self, form: &Form, _: &Store) -> Result<Asked, Wrong> {
        let mut wrong = Wrong::default();
        let typed = form.value(FieldId::Url);
        let url = match typed {
            "" => Err("where to?".to_owned()),
            typed => match check_url(typed, self.http_here) {
                Ok(()) => describe::as_typed(typed, SafeText::new(typed, LONGEST_URL)),
                Err(why) => Err(format!("this address {why}")),
            },
        };
        let url = wrong.note(FieldId::Url, url);
        let kinds = match form.value(FieldId::Kinds) {
            "some" => {
                let chosen = KINDS.into_iter().zip(EventKind::KNOWN).filter(|(id, _)| form.value(*id) == "yes");
                Some(chosen.map(|(_, kind)| kind.clone()).collect::<Vec<_>>())
            }
            _ => None,
        };
        if kinds.as_ref().is_some_and(Vec::is_empty) {
            wrong.fields.push((FieldId::Kinds, "choose at least one kind; active: no delivers nothing".into()));
        }
        if form.is_ragged(FieldId::Secret) {
            wrong.fields.push((FieldId::Secret, "it begins or ends with a space; Ctrl-U clears it".into()));
        }
        let (Some(url), true) = (url, wrong.is_empty()) else { return Err(wrong) };
        let act = Act::SetWebhook {
            url,
            kinds,
            active: form.value(FieldId::Active) == "yes",
            new_secret: !form.is_untyped(FieldId::Secret),
        };
        Ok(Asked::Wish(Wish::One { act, before: Before::default() }))
    }

    fn receipt(&self, _: &Store) -> Vec<String> {
        ["deliver to", "announced", "secret", ""].map(str::to_owned).to_vec()
    }

    fn review(&self, asked: &Asked, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let Asked::Wish(Wish::One { act: Act::SetWebhook { url, kinds, active, new_secret }, .. }) = asked else {
            return Vec::new();
        };
        let theme = &ctx.theme;
        let kinds = match kinds {
            None => "all kinds".to_owned(),
            Some(kinds) => kinds.iter().map(event_kind_word).collect::<Vec<_>>().join(", "),
        };
        let mut lines = describe::pair("deliver to", url.as_str(), theme.strong(), ctx, columns);
        lines.extend(describe::pair("announced", &kinds, theme.plain(), ctx, columns));
        if !active {
            lines.extend(super::prose("Nothing is delivered while it is not active.", theme.warn(), columns));
        }
        let had = self.before.as_ref().and_then(|config| config.secret_set);
        let secret = match (new_secret, had) {
            (true, _) => "the one that was typed",
            (false, Some(true)) => {
                "left out of the request. Whether 4pay then keeps the old one is documented nowhere: read it \
                 afterwards, or type it again"
            }
            (false, _) => "none: deliveries may come unsigned, and nobody can tell them from made-up ones",
        };
        let style = if *new_secret { theme.plain() } else { theme.warn() };
        lines.extend(describe::pair("secret", secret, style, ctx, columns));
        lines
    }

    fn field_of(&self, api: &str) -> Option<FieldId> {
        match api {
            "url" => Some(FieldId::Url),
            "secret" => Some(FieldId::Secret),
            "is_active" | "isActive" => Some(FieldId::Active),
            api if api.starts_with("event_types") => Some(FieldId::Kinds),
            _ => None,
        }
    }
}

/// Ends all deliveries.
#[derive(Debug)]
pub struct DropWebhook {
    config: WebhookConfig,
}

impl DropWebhook {
    pub fn new(config: WebhookConfig) -> DropWebhook {
        DropWebhook { config }
    }

    pub fn topics(&self) -> Vec<Topic> {
        vec![Topic::WebhookConfig]
    }
}

impl Asks for DropWebhook {
    fn title(&self, _: &Store) -> String {
        "End all deliveries".into()
    }

    fn go(&self, _: Option<&Asked>) -> String {
        "delete the configuration".into()
    }

    fn confirm(&self) -> Confirm {
        Confirm::Letter
    }

    fn head(&self, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let theme = &ctx.theme;
        let mut lines = describe::pair("deliver to", self.config.url.as_str(), theme.strong(), ctx, columns);
        lines.push(Line::new());
        let say = "Nothing is announced to this address any more, and the secret is gone. What happens from then on \
                   is not delivered later. This dashboard then finds changes by polling.";
        lines.extend(super::prose(say, theme.warn(), columns));
        lines
    }

    fn read(&self, _: &Form, store: &Store) -> Result<Asked, Wrong> {
        let known = &store.hooks.config;
        if known.ever() && known.value.is_none() {
            return Err(Wrong::top("nothing is configured any more"));
        }
        if known.value.as_ref().is_some_and(|config| config.url != self.config.url) {
            return Err(Wrong::top("the configuration is another one now; look at it again first"));
        }
        Ok(Asked::Wish(Wish::One { act: Act::DeleteWebhook, before: Before::default() }))
    }

    fn review(&self, _: &Asked, _: &RenderCtx<'_>, _: usize) -> Vec<Line> {
        Vec::new()
    }
}
