//! Pages that only say something: help (H1), the guide to registration (H3), banks (H4), terms and privacy (H5),
//! accessibility (H6), contact (H7).

use serde::Serialize;

use super::Choice;
use crate::kernel::Message;
use crate::render::Page;

/// H4 `/help/banks`: the banks whose cards we can check.
#[derive(Clone, Debug, Serialize)]
pub struct Banks {
    /// In the policy's order.
    pub banks: Vec<Choice>,
}

/// H3 `/help/guide/person-register`: the questions of registration with their answers (S4-03).
#[derive(Clone, Debug, Serialize)]
pub struct Guide {
    /// Whether the bank check may wait until after the registration.
    pub deferrable: bool,
}

/// H1 `/help`.
#[derive(Clone, Debug, Serialize)]
pub struct Help {
    /// Whether anything is recovered on line.
    pub recovery: bool,
}

/// H2 `/help/faq`. Fields: `q`, by GET.
#[derive(Clone, Debug, Serialize)]
pub struct Faq {
    /// What was searched for; empty for everything.
    pub query: String,
    /// What was found, by subject.
    pub groups: Vec<FaqGroup>,
}

/// Questions about one subject.
#[derive(Clone, Debug, Serialize)]
pub struct FaqGroup {
    pub name: Message,
    pub items: Vec<FaqItem>,
}

/// One question.
#[derive(Clone, Debug, Serialize)]
pub struct FaqItem {
    pub question: Message,
    pub answer: Message,
}

/// H7 `/contact`: numbers and addresses stand in the frame's site.
#[derive(Clone, Debug, Serialize)]
pub struct Contact {}

/// H6 `/accessibility`.
#[derive(Clone, Debug, Serialize)]
pub struct Accessibility {}

/// H5 `/legal/terms`.
#[derive(Clone, Debug, Serialize)]
pub struct Terms {
    /// The version that consent rows name.
    pub version: String,
}

/// H5 `/legal/privacy`.
#[derive(Clone, Debug, Serialize)]
pub struct Privacy {
    /// The version that consent rows name.
    pub version: String,
}

impl Terms {
    /// The version of the text in the catalogue.
    pub const VERSION: &'static str = "2026-11";
}

impl Privacy {
    /// The version of the text in the catalogue.
    pub const VERSION: &'static str = "2026-11";
}

impl Page for Banks {
    const TEMPLATE: &'static str = "pages/banks.html";

    fn samples() -> Vec<Self> {
        vec![Self { banks: Choice::sample_banks() }]
    }
}

impl Page for Guide {
    const TEMPLATE: &'static str = "pages/guide.html";

    fn samples() -> Vec<Self> {
        vec![Self { deferrable: true }, Self { deferrable: false }]
    }
}

impl Page for Terms {
    const TEMPLATE: &'static str = "pages/terms.html";

    fn samples() -> Vec<Self> {
        vec![Self { version: Self::VERSION.to_owned() }]
    }
}

impl Page for Privacy {
    const TEMPLATE: &'static str = "pages/privacy.html";

    fn samples() -> Vec<Self> {
        vec![Self { version: Self::VERSION.to_owned() }]
    }
}

impl Page for Help {
    const TEMPLATE: &'static str = "pages/help.html";

    fn samples() -> Vec<Self> {
        vec![Self { recovery: true }, Self { recovery: false }]
    }
}

impl Page for Faq {
    const TEMPLATE: &'static str = "pages/faq.html";

    fn samples() -> Vec<Self> {
        let item =
            |question, answer| FaqItem { question: Message::new(question), answer: Message::new(answer) };
        let items = vec![item("faq-locked", "faq-locked-text"), item("faq-name", "faq-name-text")];
        let found = vec![FaqGroup { name: Message::new("faq-signing-in"), items }];
        vec![
            Self { query: "锁定".to_owned(), groups: found.clone() },
            Self { query: String::new(), groups: found },
            Self { query: "量子".to_owned(), groups: Vec::new() },
        ]
    }
}

impl Page for Contact {
    const TEMPLATE: &'static str = "pages/contact.html";

    fn samples() -> Vec<Self> {
        vec![Self {}]
    }
}

impl Page for Accessibility {
    const TEMPLATE: &'static str = "pages/accessibility.html";

    fn samples() -> Vec<Self> {
        vec![Self {}]
    }
}
