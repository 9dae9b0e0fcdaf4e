//! Intents of the journal: one with its steps and evidence, or all that are marked. When reading could not settle them,
//! a person who has compared says what became of them.

use super::super::clock;
use super::super::form::{Choose, Field, FieldId, Form, Line};
use super::super::msg::{Effect, Past};
use crate::app::ui::describe;
use crate::app::ui::frame::RenderCtx;

use super::super::store::Store;
use super::super::text;
use super::super::theme::Tone;
use super::{Asked, Asks, Confirm, Wrong};
use crate::domain::intent::Act;
use crate::domain::intent::lifecycle::{Stage, Step};
use crate::domain::money::Money;
use chrono::{DateTime, TimeDelta, Utc};

/// What is typed to decide.
const WORD: &str = "decide";
/// After how many seconds a person may decide what was accepted and never confirmed by a read.
const PATIENCE: i64 = 900;

/// The detail of an intent.
#[derive(Debug)]
pub struct Decide {
    past: Past,
    /// There is something to decide.
    open: bool,
}

/// Whether there is something for a person to decide.
fn may_decide(past: &Past, now: DateTime<Utc>) -> bool {
    // A clock that went back since is no reason to wait.
    let old = now.signed_duration_since(past.intent.asked_at).abs() > TimeDelta::seconds(PATIENCE);
    let waits = matches!(past.stage, Stage::Recorded | Stage::Sent) || (past.stage == Stage::Accepted && !old);
    past.stage.may_be_decided() && !past.stage.is_final() && !waits && past.elsewhere.is_none()
}

/// The fields of what became of it, and by what that is known.
fn outcome_fields(label: &'static str) -> [Field; 2] {
    let ways = vec![Choose::new("", "choose"), Choose::new("yes", "done"), Choose::new("no", "not done")];
    [
        Field::choice(FieldId::Done, label, "◂ ▸ what the statement or the card says", ways),
        Field::text(FieldId::Words, "you compared", "what you looked at; it is kept in the journal", 200),
    ]
}

/// What is missing in these fields.
fn judge_outcome(form: &Form) -> Wrong {
    let mut wrong = Wrong::default();
    if form.value(FieldId::Done).is_empty() {
        wrong.fields.push((FieldId::Done, "choose what became of it".into()));
    }
    if form.value(FieldId::Words).is_empty() {
        wrong.fields.push((FieldId::Words, "say what you compared".into()));
    }
    wrong
}

/// What it means if the person is wrong.
fn risk(done: bool, act: &Act) -> &'static str {
    match (done, act) {
        (true, act) if act.amount().is_some() => {
            "If it was not done, the money was never moved, and nothing here will say so."
        }
        (true, _) => "If it was not done, nothing here will say so.",
        (false, act) if act.amount().is_some() => "If it was done, whoever sends it again moves the money twice.",
        (false, Act::IssueCard { .. }) => "If it was done, whoever sends it again has two cards and two fees.",
        (false, _) => "If it was done, whoever sends it again does it twice.",
    }
}

impl Decide {
    pub fn new(past: &Past, now: DateTime<Utc>) -> (Decide, Form) {
        let open = may_decide(past, now);
        let fields = match open {
            true => outcome_fields("it was")
                .into_iter()
                .chain([Field::text(
                    FieldId::Word,
                    "type decide",
                    "the word decide: this ends the search for the outcome",
                    12,
                )])
                .collect(),
            false => Vec::new(),
        };
        (Decide { past: past.clone(), open }, Form::new(fields).on_cancel())
    }

    fn is_open(&self) -> bool {
        self.open
    }
}

/// A step as something that happened.
fn happened(step: &Step) -> &'static str {
    match step.stage() {
        Stage::Recorded => "recorded",
        Stage::Sent => "sent",
        Stage::Accepted => "accepted",
        other => other.words(),
    }
}

impl Asks for Decide {
    fn title(&self, _: &Store) -> String {
        format!("Intent {}", self.past.intent.reference)
    }

    fn go(&self, _: Option<&Asked>) -> String {
        if self.is_open() { "Decide".into() } else { "nothing to decide".into() }
    }

    fn confirm(&self) -> Confirm {
        if self.is_open() { Confirm::Form } else { Confirm::Look }
    }

    fn head(&self, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let (theme, zone) = (&ctx.theme, &ctx.setup.zone);
        let intent = &self.past.intent;
        let (sign, _, tone) = describe::stage(self.past.stage);
        let word = describe::stage_word(&self.past, ctx.now.wall, zone);
        let mut lines = describe::pair("action", &describe::act(&intent.act, ctx.store), theme.strong(), ctx, columns);
        if let Some(account) = intent.act.account() {
            lines.extend(describe::pair(
                "account",
                &describe::account(ctx.store, account),
                theme.plain(),
                ctx,
                columns,
            ));
        }
        let who = intent.who.user.as_ref().map_or_else(|| intent.who.uid.to_string(), text::name);
        let by = format!("{} by {who} on {}", clock::full(intent.asked_at, zone), text::name(&intent.who.host));
        lines.extend(describe::pair("asked", &by, theme.plain(), ctx, columns));
        if let Some(description) = intent.act.description() {
            lines.extend(describe::pair("description", &text::name(description), theme.plain(), ctx, columns));
        }
        if let Some(address) = &self.past.elsewhere {
            let words = format!("{}; it is not settled from here", text::name(address));
            lines.extend(describe::pair("made at", &words, theme.tone(Tone::Waiting), ctx, columns));
        }
        lines.extend(describe::pair("state", &format!("{sign} {word}"), theme.tone(tone), ctx, columns));
        lines.push(Line::new());
        for (at, step) in &self.past.steps {
            let said = match step.reason() {
                Some(why) => format!("{}: {}", happened(step), describe::guarded(ctx.store, &why.to_string())),
                None => happened(step).to_owned(),
            };
            lines.extend(describe::pair(&clock::time(*at, zone), &said, theme.plain(), ctx, columns));
            let Some(seen) = step.evidence() else { continue };
            for (label, money) in [("account after", seen.after.account), ("other after", seen.after.other)] {
                if let Some(money) = money {
                    lines.extend(describe::pair(
                        label,
                        &text::money(&money, ctx.store.grouping),
                        theme.dim(),
                        ctx,
                        columns,
                    ));
                }
            }
            for id in seen.transactions.iter().take(3) {
                lines.extend(describe::pair("transaction", &id.to_string(), theme.dim(), ctx, columns));
            }
        }
        lines
    }

    fn read(&self, form: &Form, _: &Store) -> Result<Asked, Wrong> {
        if !self.is_open() {
            return Err(Wrong::default());
        }
        let mut wrong = judge_outcome(form);
        if form.value(FieldId::Word) != WORD {
            wrong.fields.push((FieldId::Word, format!("type {WORD}")));
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(Asked::Effect(Effect::Decide {
            references: vec![self.past.intent.reference],
            done: form.value(FieldId::Done) == "yes",
            words: form.value(FieldId::Words).to_owned(),
        }))
    }

    fn receipt(&self, _: &Store) -> Vec<String> {
        if self.is_open() { vec!["decide".into()] } else { Vec::new() }
    }

    fn review(&self, asked: &Asked, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let Asked::Effect(Effect::Decide { done, .. }) = asked else { return Vec::new() };
        let was = if *done { "done" } else { "not done" };
        let say = format!("{}: {was}", describe::act(&self.past.intent.act, ctx.store));
        let mut lines = describe::pair("decide", &say, ctx.theme.strong(), ctx, columns);
        lines.extend(super::prose(risk(*done, &self.past.intent.act), ctx.theme.bad(), columns));
        lines
    }
}

/// All marked intents that a person may decide, with one word for all of them.
#[derive(Debug)]
pub struct DecideAll {
    open: Vec<Past>,
    /// Marked, with nothing to decide.
    left_out: usize,
    /// Marked, and not in the list now.
    hidden: usize,
}

impl DecideAll {
    /// The error is a sentence.
    pub fn new(marked: &[Past], hidden: usize, now: DateTime<Utc>) -> Result<(DecideAll, Form), String> {
        let open: Vec<Past> = marked.iter().filter(|past| may_decide(past, now)).cloned().collect();
        if open.is_empty() {
            return Err("none of the marked actions waits for a decision".into());
        }
        let left_out = marked.len() - open.len();
        let many = open.len();
        let help = format!("type {many}: it ends the search for the outcome of all of them");
        let count = Field::text(FieldId::Count, "confirm", &help, 6).when_empty("type the number");
        let form = Form::new(outcome_fields("they were").into_iter().chain([count]).collect()).on_cancel();
        Ok((DecideAll { open, left_out, hidden }, form))
    }

    fn actions(&self) -> String {
        if self.open.len() == 1 { "1 action".into() } else { format!("{} actions", self.open.len()) }
    }
}

impl Asks for DecideAll {
    fn title(&self, _: &Store) -> String {
        format!("Decide {}", self.actions())
    }

    fn go(&self, _: Option<&Asked>) -> String {
        format!("Decide {}", self.actions())
    }

    fn head(&self, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let (theme, zone) = (&ctx.theme, &ctx.setup.zone);
        let mut lines = Vec::new();
        if self.hidden > 0 {
            let are = if self.hidden == 1 { "is" } else { "are" };
            let say = format!("{} of the marked {are} not in the list now: the filter hides them.", self.hidden);
            lines.extend(super::prose(&say, theme.warn(), columns));
        }
        if self.left_out > 0 {
            let say = format!("{} skipped: nothing to decide.", self.left_out);
            lines.extend(super::prose(&say, theme.warn(), columns));
        }
        for past in &self.open {
            let (sign, _, tone) = describe::stage(past.stage);
            let word = describe::stage_word(past, ctx.now.wall, zone);
            let act = describe::act(&past.intent.act, ctx.store);
            lines.push(vec![
                (format!("  {sign} "), theme.tone(tone)),
                (format!("{} ", past.intent.reference), theme.dim()),
                (act, theme.plain()),
                (format!("  {word}"), theme.dim()),
            ]);
        }
        lines
    }

    fn read(&self, form: &Form, _: &Store) -> Result<Asked, Wrong> {
        let mut wrong = judge_outcome(form);
        if form.value(FieldId::Count) != self.open.len().to_string() {
            wrong.fields.push((FieldId::Count, format!("type {} to confirm", self.open.len())));
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(Asked::Effect(Effect::Decide {
            references: self.open.iter().map(|past| past.intent.reference).collect(),
            done: form.value(FieldId::Done) == "yes",
            words: form.value(FieldId::Words).to_owned(),
        }))
    }

    fn review(&self, asked: &Asked, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
        let Asked::Effect(Effect::Decide { done, .. }) = asked else { return Vec::new() };
        let sums = sums(self.open.iter().filter_map(|past| past.intent.act.amount()));
        let sums: Vec<String> = sums.iter().map(|sum| text::money(sum, ctx.store.grouping)).collect();
        let money = if sums.is_empty() { String::new() } else { format!(" {} in all.", sums.join(", ")) };
        let say = match done {
            true => format!("If one of them was not done, nothing here will say so.{money}"),
            false => format!("If one of them was done, whoever sends it again does it twice.{money}"),
        };
        super::prose(&say, ctx.theme.bad(), columns)
    }
}

/// One sum for each currency; what cannot be added stands by itself.
fn sums(amounts: impl Iterator<Item = Money>) -> Vec<Money> {
    amounts.fold(Vec::new(), |mut sums: Vec<Money>, amount| {
        match sums.iter_mut().find_map(|sum| Some((sum.checked_add(&amount)?, sum))) {
            Some((added, sum)) => *sum = added,
            None => sums.push(amount),
        }
        sums
    })
}
