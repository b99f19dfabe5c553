//! A16: the person's ledger and agreements.

use serde::Serialize;

use crate::kernel::{Message, Timestamp};
use crate::render::Page;

/// A16 `/account/privacy`.
#[derive(Clone, Debug, Serialize)]
pub struct MyData {
    /// An entry is missing or was changed: 账本校验失败.
    pub broken: bool,
    /// The newest first.
    pub disclosures: Vec<DisclosureRow>,
    /// Where there are more.
    pub older: Option<String>,
    /// The newest first.
    pub agreements: Vec<AgreementRow>,
}

/// One release of the person's data.
#[derive(Clone, Debug, Serialize)]
pub struct DisclosureRow {
    /// Its number in the person's book.
    pub number: i64,
    pub at: Timestamp,
    /// The portal, or the name under which staff work.
    pub recipient: String,
    /// What for: `ledger-sign-in`.
    pub occasion: Message,
    /// By which rule: `ledger-consent`.
    pub basis: Message,
    /// Which data, no values.
    pub claims: Vec<Message>,
    /// `L2`
    pub level: Option<String>,
    /// Why, in the words of staff.
    pub reason: Option<String>,
}

/// One tick under a legal text.
#[derive(Clone, Debug, Serialize)]
pub struct AgreementRow {
    pub document: Message,
    pub version: String,
    pub at: Timestamp,
}

impl Page for MyData {
    const TEMPLATE: &'static str = "pages/account/my_data.html";

    fn samples() -> Vec<Self> {
        let at = Timestamp::from_seconds(1_793_633_000);
        let sign_in = DisclosureRow {
            number: 3,
            at,
            recipient: "考试报名".to_owned(),
            occasion: Message::new("ledger-sign-in"),
            basis: Message::new("ledger-duty"),
            claims: ["claim-sub", "claim-auth-time", "claim-amr", "claim-level"].map(Message::new).to_vec(),
            level: Some("L2".to_owned()),
            reason: None,
        };
        let consent = DisclosureRow {
            number: 2,
            recipient: "继续教育学院".to_owned(),
            occasion: Message::new("ledger-userinfo"),
            basis: Message::new("ledger-consent"),
            claims: ["claim-sub", "name", "claim-phone"].map(Message::new).to_vec(),
            ..sign_in.clone()
        };
        let staff = DisclosureRow {
            number: 1,
            recipient: "张三（12333）".to_owned(),
            occasion: Message::new("ledger-look-up"),
            basis: Message::new("ledger-staff"),
            claims: ["username", "id-number"].map(Message::new).to_vec(),
            level: None,
            reason: Some("核对来电人身份".to_owned()),
            ..consent
        };
        let row = |document| AgreementRow {
            document: Message::new(document),
            version: "2026-11-01".to_owned(),
            at,
        };
        let full = Self {
            broken: false,
            disclosures: vec![sign_in, consent, staff],
            older: Some("/account/privacy?before=1".to_owned()),
            agreements: vec![row("agreement-bank"), row("privacy-title"), row("terms-title")],
        };
        vec![
            Self { broken: true, older: None, ..full.clone() },
            full,
            Self { broken: false, disclosures: Vec::new(), older: None, agreements: Vec::new() },
        ]
    }
}
