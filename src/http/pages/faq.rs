//! H2 `/help/faq` 常见问题: questions with their answers by subject, and a search through both.

use axum::extract::State;
use axum::response::Response;

use crate::http::page::show;
use crate::http::view::{Faq, FaqGroup, FaqItem};
use crate::http::{App, Visit};
use crate::kernel::Message;
use crate::policy::RegistrationProofing;

/// The longest search, in characters.
const LONGEST: usize = 50;

/// A question and its answer, as keys of the catalogue.
type Entry = (&'static str, &'static str);

const REGISTERING: [Entry; 6] = [
    ("guide-kinds", "guide-kinds-text"),
    ("guide-username", "guide-username-text"),
    ("guide-password", "guide-password-text"),
    ("guide-phone-taken", "guide-phone-taken-text"),
    ("guide-claim", "guide-claim-text"),
    ("guide-why-document", "guide-why-document-text"),
];
const VERIFYING: [Entry; 5] = [
    ("guide-why-bank", "guide-why-bank-text"),
    ("faq-bank-use", "faq-bank-use-text"),
    ("guide-rare-name", "guide-rare-name-text"),
    ("guide-id-mismatch", "guide-id-mismatch-text"),
    ("guide-phone-mismatch", "guide-phone-mismatch-text"),
];
const SIGNING_IN: [Entry; 5] = [
    ("faq-wrong", "faq-wrong-text"),
    ("faq-locked", "faq-locked-text"),
    ("faq-new-device", "faq-new-device-text"),
    ("guide-one-account", "guide-one-account-text"),
    ("guide-keep-safe", "guide-keep-safe-text"),
];
const RECOVERING: [Entry; 5] = [
    ("faq-name", "faq-name-text"),
    ("faq-password", "faq-password-text"),
    ("guide-recover-neutral", "guide-recover-neutral-text"),
    ("guide-replace-first", "guide-replace-first-text"),
    ("guide-reset-after", "guide-reset-after-text"),
];
const CHANGING: [Entry; 2] =
    [("faq-change-name", "faq-change-name-text"), ("faq-change-phone", "faq-change-phone-text")];
const PRIVACY: [Entry; 2] = [("faq-ledger", "faq-ledger-text"), ("faq-export", "faq-export-text")];

/// All of it, or what has the words that were searched for.
pub async fn get(State(app): State<App>, visit: Visit) -> Response {
    let query = visit.query("q").unwrap_or_default();
    let query: String = query.trim().chars().take(LONGEST).collect();
    let needle = query.to_lowercase();
    let said = |message: &Message| app.renderer.texts().say(visit.ctx.locale, message).to_lowercase();
    let found = |item: &FaqItem| {
        needle.is_empty() || said(&item.question).contains(&needle) || said(&item.answer).contains(&needle)
    };
    let groups = groups(&app).into_iter().map(|group| FaqGroup {
        items: group.items.into_iter().filter(|item| found(item)).collect(),
        ..group
    });
    let groups = groups.filter(|group| !group.items.is_empty()).collect();
    show(&app, &visit, &Faq { query, groups })
}

/// What this profile offers.
fn groups(app: &App) -> Vec<FaqGroup> {
    let deferred = app.policy.registration.proofing == RegistrationProofing::Deferred;
    let no_card = ("guide-no-card", if deferred { "guide-no-card-later" } else { "guide-no-card-required" });
    let sms = app.signin.offers_sms().then_some(("faq-sms", "faq-sms-text"));
    let questions =
        app.policy.recovery.asks_questions().then_some(("guide-questions", "guide-questions-text"));
    vec![
        group("faq-registering", REGISTERING),
        group("faq-verifying", VERIFYING.into_iter().chain([no_card])),
        group("faq-signing-in", SIGNING_IN.into_iter().chain(sms)),
        group("faq-recovering", RECOVERING.into_iter().chain(questions)),
        group("faq-changing", CHANGING),
        group("faq-privacy", PRIVACY),
    ]
}

fn group(name: &'static str, entries: impl IntoIterator<Item = Entry>) -> FaqGroup {
    let item =
        |(question, answer)| FaqItem { question: Message::new(question), answer: Message::new(answer) };
    FaqGroup { name: Message::new(name), items: entries.into_iter().map(item).collect() }
}
