//! Acts in words and in lines: the same for dialogs, toasts and the journal.

use super::super::clock;
use super::super::form::{LABEL, Line};
use super::super::msg::{Past, Wish};
use super::super::private;
use super::super::store::Store;
use super::super::text::{self, Align, AmountFit};
use super::super::theme::Tone;
use super::frame::RenderCtx;
use crate::domain::account::{Fee, Fees};
use crate::domain::card::Card;
use crate::domain::field::Field;
use crate::domain::ids::AccountId;
use crate::domain::intent::checks::{self, Side};
use crate::domain::intent::lifecycle::Stage;
use crate::domain::intent::{Act, Before, CardAt};
use crate::domain::money::Money;
use crate::domain::settings::Zone;
use crate::domain::text::SafeText;
use crate::domain::transaction::TransactionKind;
use crate::domain::webhook::{DeliveryStatus, Event, EventKind};
use chrono::{DateTime, Utc};
use ratatui::style::Style;

/// A card by its last four.
pub fn card(at: &CardAt) -> String {
    at.last_four.map_or("•…".into(), |four| format!("•{four}"))
}

/// An account by its name; by its id while it has not been read.
pub fn account(store: &Store, id: &AccountId) -> String {
    match store.account(id) {
        Some(account) => text::cut(&text::name(&account.name), 24).into_owned(),
        None => text::cut(&id.to_string(), 13).into_owned(),
    }
}

/// A sentence that was made elsewhere, with what privacy hides in it marked: amounts, e-mail addresses, and the
/// accounts that are known by name.
pub fn guarded(store: &Store, sentence: &str) -> String {
    let mut out = private::guarded(&private::regrouped(sentence, store.grouping));
    for account in store.accounts.value.iter().filter(|account| !account.name.is_empty()) {
        if out.contains(account.name.as_str()) {
            out = out.replace(account.name.as_str(), &text::name(&account.name));
        }
    }
    out
}

/// An act as it is named in a sentence: `top up of •4242 with 50.00 USD`.
pub fn act(act: &Act, store: &Store) -> String {
    match act {
        Act::Freeze(at) => format!("freeze of {}", card(at)),
        Act::Unfreeze(at) => format!("unfreeze of {}", card(at)),
        Act::Close(at) => format!("closing of {}", card(at)),
        Act::UpdateCard { at, .. } => format!("change of {}", card(at)),
        Act::TopUp { at, amount, .. } => format!("top up of {} with {}", card(at), text::money(amount, store.grouping)),
        Act::Withdraw { at, amount, .. } => {
            format!("withdrawal of {} from {}", text::money(amount, store.grouping), card(at))
        }
        Act::Transfer { from, to, amount, .. } => {
            format!(
                "transfer of {} from {} to {}",
                text::money(amount, store.grouping),
                account(store, from),
                account(store, to)
            )
        }
        Act::IssueCard { order, .. } => format!("issue of card {}", text::cut(&text::name(&order.name), 24)),
        Act::CreateCardholder { order, .. } => {
            format!("new cardholder {} {}", text::name(&order.first_name), text::name(&order.last_name))
        }
        Act::SetWebhook { .. } => "webhook change".into(),
        Act::DeleteWebhook => "webhook removal".into(),
    }
}

/// What an act has done, as a sentence: `topped up •1038 by 50.00 USD`.
pub fn done(act: &Act, store: &Store) -> String {
    let money = |amount: &Money| text::money(amount, store.grouping);
    match act {
        Act::Freeze(at) => format!("{} frozen", card(at)),
        Act::Unfreeze(at) => format!("{} active again", card(at)),
        Act::Close(at) => format!("{} closed", card(at)),
        Act::UpdateCard { at, .. } => format!("{} changed", card(at)),
        Act::TopUp { at, amount, .. } => format!("topped up {} by {}", card(at), money(amount)),
        Act::Withdraw { at, amount, .. } => format!("withdrew {} from {}", money(amount), card(at)),
        Act::Transfer { from, to, amount, .. } => {
            format!("transferred {} from {} to {}", money(amount), account(store, from), account(store, to))
        }
        Act::IssueCard { order, .. } => format!("card {} issued", text::cut(&text::name(&order.name), 24)),
        Act::CreateCardholder { order, .. } => {
            format!("cardholder {} {} created", text::name(&order.first_name), text::name(&order.last_name))
        }
        Act::SetWebhook { .. } => "webhooks changed".into(),
        Act::DeleteWebhook => "webhooks removed".into(),
    }
}

/// What was ordered, in a sentence.
pub fn wish(wish: &Wish, store: &Store) -> String {
    match wish {
        Wish::One { act: one, .. } => act(one, store),
        Wish::Each(acts) => match acts.as_slice() {
            [(only, _)] => act(only, store),
            [(first, _), ..] => format!("{} of {} cards", first.kind(), acts.len()),
            [] => "nothing".into(),
        },
        Wish::Series { names, .. } => format!("issue of {} cards", names.len()),
        Wish::ForNewHolder { holder, then, .. } => {
            format!(
                "new cardholder {} {}, then {}",
                text::name(&holder.first_name),
                text::name(&holder.last_name),
                self::wish(then, store)
            )
        }
        Wish::EmptyAndClose { at, amount, .. } => {
            format!("withdrawal of {1} from {0}, then closing of {0}", card(at), text::money(amount, store.grouping))
        }
    }
}

/// A label and what belongs to it, wrapped under itself.
pub fn pair(label: &str, value: &str, style: Style, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
    let room = columns.saturating_sub(2 + LABEL).max(8);
    let parts = text::wrap(value, room).into_iter().enumerate();
    parts
        .map(|(at, part)| {
            let label = text::fit(if at == 0 { label } else { "" }, LABEL, Align::Left);
            vec![(format!("  {label}"), ctx.theme.dim()), (part, style)]
        })
        .collect()
}

/// A typed text that goes out exactly as it stands on the screen; what would be sent is said when it would be
/// another, because a part of it is not safe to show or looks like a card number.
pub fn as_typed(typed: &str, made: SafeText) -> Result<SafeText, String> {
    if made.as_str() == typed { Ok(made) } else { Err(format!("this cannot be sent as it is; it would be {made}")) }
}

/// A card with its holder: `•4242 Ana Silva`.
pub fn whose(store: &Store, at: &CardAt) -> String {
    match store.card(&at.card).and_then(|card| store.holder_of(card)) {
        Some(holder) => format!("{} {}", card(at), text::cut(&text::name(holder), 28)),
        None => card(at),
    }
}

/// Which card a dialog is about: last four, name, holder, where it stands.
pub fn who(card: &Card, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
    let (store, theme) = (ctx.store, &ctx.theme);
    let (sign, word, tone) = super::super::theme::card_status(&card.status);
    let mut line =
        vec![(format!("  {}", text::fit("card", LABEL, Align::Left)), theme.dim()), (short(card), theme.strong())];
    if let Some(name) = &card.name {
        line.push((format!("  {}", text::cut(&text::name(name), 30)), theme.plain()));
    }
    line.push((format!("  {sign} "), theme.tone(tone)));
    line.push((word.to_owned(), theme.word(tone)));
    let mut lines = vec![line];
    if let Some(holder) = store.holder_of(card) {
        let holder = match &card.holder_email {
            Some(email) => format!("{} · {}", text::name(holder), text::name(email)),
            None => text::name(holder),
        };
        lines.extend(pair("holder", &holder, theme.strong(), ctx, columns));
    }
    if let Some(id) = &card.account {
        lines.extend(pair("account", &account(store, id), theme.plain(), ctx, columns));
    }
    lines
}

/// A fee as the account states it.
pub fn fee(stated: &Field<Fee>, store: &Store) -> String {
    match stated {
        Field::Known(Fee::Amount(amount)) => text::money(amount, store.grouping),
        Field::Known(Fee::Percent(percent)) => format!("{} % of the amount", percent.normalize()),
        Field::Absent => "not published by the API".into(),
        Field::Unreadable => "unreadable".into(),
    }
}

/// The fees of an account, or why they are not known.
pub fn fees<'a>(store: &'a Store, account: &AccountId) -> Result<&'a Fees, &'static str> {
    let Some(detail) = store.details.get(account) else { return Err("not read yet") };
    match (&detail.value, &detail.failed) {
        (Some(value), _) => Ok(&value.fees),
        (None, Some(_)) => Err("could not be read"),
        (None, None) => Err("being read"),
    }
}

/// M9: amount, ways, fee, and the balances of both sides before and after, from the act that is sent.
pub fn money(act: &Act, before: &Before, ctx: &RenderCtx<'_>) -> Vec<Line> {
    let (store, theme) = (ctx.store, &ctx.theme);
    let (account_name, other_name, stated) = match act {
        Act::TopUp { at, .. } => {
            let stated = fees(store, &at.account).map(|fees| fee(&fees.top_ups_allocation, store));
            (account(store, &at.account), card(at), Some(stated))
        }
        Act::Withdraw { at, .. } => (account(store, &at.account), card(at), None),
        Act::Transfer { from, to, .. } => (account(store, from), account(store, to), None),
        Act::IssueCard { account: id, .. } => {
            (account(store, id), String::new(), Some(fees(store, id).map(|fees| fee(&fees.card_issuing, store))))
        }
        _ => return Vec::new(),
    };
    let (from, to) = match act {
        Act::Withdraw { .. } => (&other_name, &account_name),
        _ => (&account_name, &other_name),
    };
    let label = |text: &str| (format!("  {}", text::fit(text, LABEL, Align::Left)), theme.dim());
    let taken = match act.account().map(|id| fees(store, id)) {
        Some(Ok(fees)) => checks::fee(act, fees),
        _ => Field::Absent,
    };
    let (mine, theirs) = checks::sides(act, before, &taken);
    let mut amounts = Vec::new();
    amounts.extend(act.amount());
    for side in [mine, theirs].into_iter().flatten() {
        amounts.push(side.before);
        amounts.extend(side.after);
    }
    let fit = AmountFit::of(&amounts, store.grouping);
    let mut lines = Vec::new();
    let of_card = act.card().and_then(|at| store.card(&at.card)).and_then(|card| store.holder_of(card));
    let holder = of_card.map_or_else(String::new, |name| format!(" · {}", text::cut(&text::name(name), 24)));
    if let Some(amount) = act.amount() {
        lines.push(vec![
            label(act.kind().noun()),
            // What is confirmed is read by whoever confirms it (M9), privacy or not; all else of it is hidden.
            (private::bare(&fit.show(&amount)).into_owned(), theme.strong()),
            (format!("   {} → {}", private::bare(from), private::bare(to)), theme.strong()),
            (holder, theme.strong()),
        ]);
    }
    if let Some(stated) = stated {
        let word = stated.unwrap_or_else(str::to_owned);
        lines.push(vec![label("fee"), (word, theme.plain())]);
    }
    let mut side = |name: &str, side: Option<Side>| {
        let line = match side {
            Some(Side { before, after: Some(after) }) => {
                (format!("{} → {}", fit.show(&before), fit.show(&after).trim_start()), theme.plain())
            }
            Some(Side { before, after: None }) => (format!("{} → not known", fit.show(&before)), theme.plain()),
            None => ("balance not known".to_owned(), theme.dim()),
        };
        lines.push(vec![label(&text::cut(name, LABEL - 1)), line]);
    };
    match act {
        Act::IssueCard { .. } => {
            if mine.is_some() {
                side(&account_name, mine);
            }
        }
        _ => {
            side(&account_name, mine);
            side(&other_name, theirs);
        }
    }
    lines
}

/// A kind of movement in plain words.
pub fn kind_word(kind: &TransactionKind) -> &str {
    match kind {
        TransactionKind::Purchase => "purchase",
        TransactionKind::Refund => "refund",
        TransactionKind::Fee => "fee",
        TransactionKind::TopUp => "top up",
        TransactionKind::Withdrawal => "withdrawal",
        TransactionKind::PayIn => "pay-in",
        TransactionKind::CardIssuing => "card issue",
        TransactionKind::TransferFee => "transfer fee",
        TransactionKind::Transfer => "transfer",
        TransactionKind::Other(word) => word.as_str(),
    }
}

/// A kind of event in words.
pub fn event_kind_word(kind: &EventKind) -> &str {
    match kind {
        EventKind::CardTransaction => "card transaction",
        EventKind::AccountTransaction => "account transaction",
        EventKind::AccountTopUp => "account top-up",
        EventKind::CardState => "card state",
        EventKind::Other(word) => word.as_str(),
    }
}

/// Sign, word and tone of a delivery.
pub fn delivery(status: &DeliveryStatus) -> (&'static str, &str, Tone) {
    match status {
        DeliveryStatus::Delivered => ("✓", "delivered", Tone::Good),
        DeliveryStatus::Failed => ("✗", "failed", Tone::Bad),
        DeliveryStatus::Pending => ("◌", "pending", Tone::Waiting),
        DeliveryStatus::Other(word) => ("·", word.as_str(), Tone::Plain),
    }
}

/// Sign, word and tone of a stage.
pub fn stage(stage: Stage) -> (&'static str, &'static str, Tone) {
    match stage {
        Stage::Recorded => ("◌", "not sent yet", Tone::Waiting),
        Stage::Sent => ("◌", "being sent", Tone::Waiting),
        Stage::Accepted => ("◌", "accepted", Tone::Waiting),
        Stage::Done => ("✓", "done", Tone::Good),
        Stage::Refused => ("✗", "refused", Tone::Bad),
        Stage::NotSent => ("○", "not sent", Tone::Over),
        Stage::Unknown => ("?", "outcome unknown", Tone::Bad),
        Stage::NotSeen => ("?", "not seen", Tone::Bad),
        Stage::Probably => ("≈", "probably done", Tone::Waiting),
        Stage::SettledDone => ("✓", "confirmed", Tone::Good),
        Stage::SettledNotDone => ("○", "confirmed not done", Tone::Over),
        Stage::NeedsPerson => ("■", "needs a person", Tone::Bad),
        Stage::FoundLater => ("!", "done, found later", Tone::Bad),
        Stage::Reversed => ("!", "reversed", Tone::Bad),
    }
}

/// The word of a stage in full: what was not seen says since when.
pub fn stage_word(past: &Past, now: DateTime<Utc>, zone: &Zone) -> String {
    let (_, word, _) = stage(past.stage);
    match past.stage {
        Stage::NotSeen => format!("{word} since {}", clock::moment(past.sent_at(), now, zone)),
        _ => word.to_owned(),
    }
}

/// A card by its last four: `•4242`; `•…` while it has none.
pub fn short(card: &Card) -> String {
    match card.number.last_four {
        Some(digits) => format!("•{digits}"),
        None => "•…".into(),
    }
}

/// A sentence, wrapped, where labels stand.
pub fn prose(sentence: &str, style: Style, columns: usize) -> Vec<Line> {
    let parts = text::wrap(sentence, columns.saturating_sub(2)).into_iter();
    parts.map(|part| vec![(format!("  {part}"), style)]).collect()
}

/// Warns of other actions that are not confirmed and move money of the same accounts, with what would be left of each
/// account if they went through. `left`: what the act itself leaves there. Bars nothing.
pub fn touched(acts: &[&Act], left: &[(&AccountId, Option<Money>)], ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
    let open: Vec<_> = ctx
        .outcomes
        .past()
        .iter()
        .filter(|past| past.elsewhere.is_none() && past.stage.may_still_move())
        .map(|past| &past.intent)
        .filter(|other| acts.iter().any(|act| act.is_touched_by(&other.act)))
        .collect();
    let mut lines = Vec::new();
    for (id, left) in left {
        let mine: Vec<_> = open.iter().filter_map(|other| Some((*other, other.act.change_of(id)?))).collect();
        let (Some((first, _)), many) = (mine.first(), mine.len()) else { continue };
        let all = mine.iter().try_fold(*left, |left, (_, change)| Some(left?.checked_add(change)));
        let name = account(ctx.store, id);
        let left = match all.flatten() {
            Some(left) => format!("{} is left on {name}", text::money(&left, ctx.store.grouping)),
            None => format!("what is left on {name} is not known"),
        };
        let say = match many {
            1 => {
                let amount = first
                    .act
                    .amount()
                    .map_or_else(String::new, |amount| format!(" of {}", text::money(&amount, ctx.store.grouping)));
                let what = format!("an earlier {}{amount} ({})", first.act.kind(), first.reference);
                format!("{what} is still unconfirmed; if it went through, {left}")
            }
            _ => {
                let named: Vec<String> = mine.iter().take(3).map(|(other, _)| other.reference.to_string()).collect();
                let more = if many > named.len() { format!(" and {} more", many - named.len()) } else { String::new() };
                let which = format!("{many} earlier actions ({}{more})", named.join(", "));
                format!("{which} are still unconfirmed; if all went through, {left}")
            }
        };
        lines.extend(prose(&format!("⚠ {say}"), ctx.theme.warn(), columns));
    }
    lines
}

/// The same for one act, by the review that is drawn of it.
pub fn touched_by_one(act: &Act, before: &Before, ctx: &RenderCtx<'_>, columns: usize) -> Vec<Line> {
    let (mine, theirs) = checks::sides(act, before, &Field::Absent);
    let after = |side: Option<Side>| side.and_then(|side| side.after);
    let left: Vec<_> = act.purses().into_iter().zip([after(mine), after(theirs)]).collect();
    touched(&[act], &left, ctx, columns)
}

/// What an event is on: its card where it has one that is known, else its record's own id.
pub fn event_subject(event: &Event, store: &Store) -> String {
    let subject = &event.subject;
    match subject.card.as_ref().map(|id| (id, store.card(id))) {
        Some((_, Some(card))) => short(card),
        Some((id, None)) => text::cut(&format!("card {id}"), 18).into_owned(),
        None => match (&subject.account, &subject.record) {
            (Some(id), _) if store.account(id).is_some() => account(store, id),
            (_, Some(record)) => text::cut(&record.to_string(), 18).into_owned(),
            _ => "–".into(),
        },
    }
}
