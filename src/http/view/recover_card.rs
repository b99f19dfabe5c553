//! Recovery by a card of one's own (R4, R1 ②, R2 (c)), and the veto of a changed phone.

use serde::Serialize;

use super::register::IdTypeOption;
use super::{Captcha, Choice, SmsSent};
use crate::kernel::{Message, Timestamp};
use crate::render::{Form, Page};

/// What the check of a card is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CardPurpose {
    /// R4 更换手机号, asked of a bank.
    Phone,
    /// R1 ②, asked of UnionPay.
    Username,
    /// R2 (c), asked of UnionPay.
    Password,
}

/// R4 `/recover/phone`, R1 ② `/recover/account/unionpay`, R2 (c) `/recover/password/unionpay`. Fields: `name`, `id_type`,
/// `id_number`, `nationality`, `bank` and `bankname` (R4), `account`, `phone`, `sms`, `bankok`, `captcha`, `captcha_id`,
/// `request`, `do` (`next` | `back` | `sms` | `captcha`).
#[derive(Clone, Debug, Serialize)]
pub struct RecoverCard {
    /// All inputs are kept but `sms` and the captcha.
    pub form: Form,
    pub purpose: CardPurpose,
    /// R2's, as typed in step 1.
    pub username: Option<String>,
    /// The documents that may be used.
    pub types: Vec<IdTypeOption>,
    /// The banks of the policy.
    pub banks: Vec<Choice>,
    /// Asked for before the first SMS.
    pub captcha: Option<Captcha>,
    /// A code is on its way.
    pub sent: Option<SmsSent>,
    /// The phone in the form was proved: no further code is asked for.
    pub proved: bool,
    /// The parked authorization request.
    pub request: Option<String>,
}

/// `/recover/card/done`: the phone is replaced, or the username on its way.
#[derive(Clone, Debug, Serialize)]
pub struct RecoverCardDone {
    /// `phone` or `username`.
    pub purpose: CardPurpose,
    /// The parked authorization request.
    pub request: Option<String>,
}

/// `/veto` 这不是我. Fields: `link`, `do` (`next`).
#[derive(Clone, Debug, Serialize)]
pub struct Veto {
    pub state: VetoState,
    /// None where the link is not one, or its time is over.
    pub change: Option<ContestedChange>,
    /// The link's token, which the form sends back.
    pub link: String,
}

/// Whether the change may be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum VetoState {
    Open,
    Done,
    Over,
}

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ContestedWhat {
    Phone,
    Password,
    /// A sign-in from a new browser.
    SignIn,
    /// The security questions.
    Questions,
}

/// A change that its owner may undo.
#[derive(Clone, Debug, Serialize)]
pub struct ContestedChange {
    pub what: ContestedWhat,
    /// The phone before and the phone since, `138****6021`; none where something else changed.
    pub phones: Option<(String, String)>,
    pub at: Timestamp,
    /// Until when it may be undone.
    pub until: Timestamp,
}

impl Page for RecoverCard {
    const TEMPLATE: &'static str = "pages/recover/card.html";

    fn samples() -> Vec<Self> {
        let fresh = Self {
            form: Form::new().with("id_type", "CN_RID"),
            purpose: CardPurpose::Phone,
            username: None,
            types: IdTypeOption::all(),
            banks: Choice::sample_banks(),
            captcha: Some(Captcha::sample()),
            sent: None,
            proved: false,
            request: None,
        };
        let filled = Form::new()
            .with("name", "林若溪")
            .with("id_type", "CN_RID")
            .with("id_number", "440301199003070019")
            .with("bank", "CCB")
            .with("phone", "13800006021")
            .with("bankok", "on");
        let refused = filled.clone().refused(Message::new("BANK_PHONE_MISMATCH"));
        let request = Some("Zk3".to_owned());
        vec![
            Self { form: filled, captcha: None, sent: Some(SmsSent::sample()), ..fresh.clone() },
            Self { form: refused, captcha: None, proved: true, request, ..fresh.clone() },
            Self { purpose: CardPurpose::Username, ..fresh.clone() },
            Self {
                purpose: CardPurpose::Password,
                username: Some("ruoxi_lin".to_owned()),
                form: Form::new().refused(Message::new("E_RECOVER_OTHER_ACCOUNT")),
                ..fresh.clone()
            },
            Self { form: Form::new().refused(Message::new("E_RECOVER_NO_ACCOUNT")), ..fresh.clone() },
            Self { form: Form::new().refused(Message::new("E_RECOVER_NOT_PROVED")), ..fresh.clone() },
            Self { form: Form::new().refused(Message::new("E_RECOVER_FROZEN")), ..fresh.clone() },
            fresh,
        ]
    }
}

impl Page for RecoverCardDone {
    const TEMPLATE: &'static str = "pages/recover/card_done.html";

    fn samples() -> Vec<Self> {
        let request = Some("Zk3".to_owned());
        vec![
            Self { purpose: CardPurpose::Phone, request },
            Self { purpose: CardPurpose::Username, request: None },
        ]
    }
}

impl Page for Veto {
    const TEMPLATE: &'static str = "pages/veto.html";

    fn samples() -> Vec<Self> {
        let change = ContestedChange {
            what: ContestedWhat::Phone,
            phones: Some(("138****6021".to_owned(), "139****0188".to_owned())),
            at: Timestamp::from_seconds(1_793_633_000),
            until: Timestamp::from_seconds(1_793_892_200),
        };
        let open = Self {
            state: VetoState::Open,
            change: Some(change.clone()),
            link: "c2VjcmV0LW9mLWEtbGluaw".to_owned(),
        };
        let other = |what| Some(ContestedChange { what, phones: None, ..change.clone() });
        let (password, questions) = (other(ContestedWhat::Password), other(ContestedWhat::Questions));
        let sign_in = other(ContestedWhat::SignIn);
        vec![
            Self { change: password.clone(), ..open.clone() },
            Self { change: questions.clone(), ..open.clone() },
            Self { change: sign_in.clone(), ..open.clone() },
            Self { state: VetoState::Done, change: sign_in, ..open.clone() },
            Self { state: VetoState::Done, change: questions, ..open.clone() },
            Self { state: VetoState::Done, change: password, ..open.clone() },
            Self { state: VetoState::Done, ..open.clone() },
            Self { state: VetoState::Over, change: None, link: String::new() },
            open,
        ]
    }
}
