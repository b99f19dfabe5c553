//! LG11: whatever ends a request without its page, in plain language and with a number to quote.

use serde::Serialize;

use super::ReturnTo;
use crate::kernel::{Message, Timestamp};
use crate::render::Page;

/// What went wrong, as far as a person can do something about it; chooses title and advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The relying party's request cannot be answered: unknown client, unregistered address, malformed request.
    Request,
    /// E_FLOW_EXPIRED.
    Expired,
    /// No such page.
    Missing,
    /// A form that another site's page sent, or without its token.
    Forbidden,
    /// E_RATE.
    Rate,
    /// The queue is full; answered 503.
    Busy,
    /// E_SYSTEM, also when the database takes no writes.
    System,
}

/// LG11. No form.
#[derive(Clone, Debug, Serialize)]
pub struct Problem {
    /// Title of the page.
    pub title: Message,
    /// What happened.
    pub text: Message,
    /// What the person can do.
    pub advice: Message,
    /// The relying party, where it is known.
    pub client: Option<String>,
    /// When it happened.
    pub at: Timestamp,
    /// The way back to the relying party; else to our own first page.
    pub back: Option<ReturnTo>,
}

impl Problem {
    /// The page of this kind, with its usual words.
    #[must_use]
    pub fn new(kind: ProblemKind, at: Timestamp) -> Self {
        let [title, text, advice] = words(kind).map(Message::new);
        Self { title, text, advice, client: None, at, back: None }
    }

    /// With words of its own about what happened: `problem-redirect-uri`, `problem-unknown-client`, …
    #[must_use]
    pub fn because(mut self, text: Message) -> Self {
        self.text = text;
        self
    }

    /// With the relying party and the way back to it.
    #[must_use]
    pub fn back_to(mut self, back: ReturnTo) -> Self {
        self.client = Some(back.name.clone());
        self.back = Some(back);
        self
    }
}

const fn words(kind: ProblemKind) -> [&'static str; 3] {
    match kind {
        ProblemKind::Request => ["problem-request-title", "problem-request", "problem-request-advice"],
        ProblemKind::Expired => ["problem-expired-title", "E_FLOW_EXPIRED", "problem-expired-advice"],
        ProblemKind::Missing => ["problem-missing-title", "problem-missing", "problem-missing-advice"],
        ProblemKind::Forbidden => {
            ["problem-forbidden-title", "problem-forbidden", "problem-forbidden-advice"]
        }
        ProblemKind::Rate => ["problem-rate-title", "E_RATE", "problem-busy-advice"],
        ProblemKind::Busy => ["problem-busy-title", "problem-busy", "problem-busy-advice"],
        ProblemKind::System => ["problem-system-title", "E_SYSTEM", "problem-system-advice"],
    }
}

impl Page for Problem {
    const TEMPLATE: &'static str = "pages/problem.html";

    fn samples() -> Vec<Self> {
        use ProblemKind::{Busy, Expired, Forbidden, Missing, Rate, Request, System};
        let at = Timestamp::from_seconds(1_793_633_000);
        let back = ReturnTo {
            name: "事业单位公开招聘报名系统".to_owned(),
            href: "https://exam.example/start".to_owned(),
        };
        let mut samples: Vec<_> =
            [Request, Expired, Missing, Forbidden, Rate, Busy, System].map(|kind| Self::new(kind, at)).into();
        samples.push(Self::new(Expired, at).back_to(back));
        for reason in ["problem-redirect-uri", "problem-unknown-client", "problem-duplicate-parameter"] {
            samples.push(Self::new(Request, at).because(Message::new(reason)));
        }
        samples
    }
}
