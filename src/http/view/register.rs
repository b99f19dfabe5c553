//! The registration wizard of a person: P0 to P4 and the wait for the bank.

use serde::Serialize;

use super::{Captcha, Choice, ReturnTo, SmsSent};
use crate::kernel::{IdType, Message, RealNameLevel};
use crate::render::{Form, Page};

/// P0 `/register`. No form: a link leads to P1.
#[derive(Clone, Debug, Serialize)]
pub struct RegisterStart {
    /// Whether an account exists only after the bank's yes (S0-06).
    pub bank_required: bool,
    /// The parked authorization request.
    pub request: Option<String>,
}

/// P1 `/register/person`. Fields: `username`, `password`, `confirm`, `captcha`, `captcha_id`, `agree`, `request`,
/// `flow`, `do` (`next` | `captcha`).
#[derive(Clone, Debug, Serialize)]
pub struct RegisterLogin {
    /// `username` and `agree` (`on`) are kept.
    pub form: Form,
    /// The policy's rules, each with whether the last password met it.
    pub rules: Vec<PasswordRule>,
    /// Asked for unless the policy has none.
    pub captcha: Option<Captcha>,
    /// The wizard, once it exists.
    pub flow: Option<String>,
    /// The parked authorization request.
    pub request: Option<String>,
}

/// One rule of the password list.
#[derive(Clone, Debug, Serialize)]
pub struct PasswordRule {
    /// `password-rule-length` (`min`, `max`), `password-rule-upper`, `-lower`, `-digit`, `-special`,
    /// `password-rule-run` (`max`).
    pub text: Message,
    /// Neutral before the first attempt.
    pub state: RuleState,
}

/// Whether a password met a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleState {
    /// Nothing was tried yet.
    Open,
    /// It did.
    Met,
    /// It did not.
    Unmet,
}

/// P2 `/register/person/identity`. Fields: `name`, `id_type`, `id_number`, `nationality`, `valid_until`, `sex`
/// (`M` | `F`), `birthdate`, `captcha`, `captcha_id`, `request`, `flow`,
/// `do` (`next` | `back` | `claim` | `captcha`).
#[derive(Clone, Debug, Serialize)]
pub struct RegisterIdentity {
    /// All inputs are kept but the captcha.
    pub form: Form,
    /// The documents that may be used; `id_type` of the form says which is chosen.
    pub types: Vec<IdTypeOption>,
    /// E_ID_TAKEN_PERSON was answered: offers 我是本人，用银行卡认证 (`do=claim`) and the way to the account (S1-08, S1-30).
    pub taken: bool,
    /// Asked for before the answer whether a document is registered, unless the wizard already has one.
    pub captcha: Option<Captcha>,
    /// The wizard.
    pub flow: Option<String>,
    /// The parked authorization request.
    pub request: Option<String>,
}

/// One type of document, and which further inputs it needs.
#[derive(Clone, Debug, Serialize)]
pub struct IdTypeOption {
    /// What is sent: [`IdType::as_str`].
    pub value: String,
    /// [`id_type_label`].
    pub label: Message,
    /// 国籍.
    pub nationality: bool,
    /// 证件有效期止.
    pub expiry: bool,
    /// Sex and date of birth follow from the number and need not be typed.
    pub derives: bool,
}

/// P3 `/register/person/verify`. Fields: `choice` (`bank` | `later`), `bank`, `account`, `bankname`, `phone`, `sms`,
/// `bankok`, `email`, `captcha`, `captcha_id`, `request`, `flow`, `do` (`next` | `back` | `sms` | `captcha`).
#[derive(Clone, Debug, Serialize)]
pub struct RegisterVerify {
    /// All inputs are kept but `sms` and the captcha; `choice` says which way is chosen.
    pub form: Form,
    /// Who is verified.
    pub subject: Subject,
    /// Whether the bank is asked at present; if not, the page says so and what to do instead.
    pub asked: bool,
    /// The banks of the policy; none: there is no check by bank here.
    pub banks: Vec<Choice>,
    /// Whether 稍后认证 is offered (policy `deferred`, and not while an identity is claimed).
    pub deferrable: bool,
    /// What the pending portal asks, when that is more than L1: `later` then says that the portal will ask for it.
    pub wanted: Option<RealNameLevel>,
    /// The identity is claimed from an account that only typed it (S1-30).
    pub claiming: bool,
    /// Asked for before an SMS, unless the wizard already has one.
    pub captcha: Option<Captcha>,
    /// A code is on its way.
    pub sent: Option<SmsSent>,
    /// The phone in the form was proved in this wizard: no further code is asked for.
    pub proved: bool,
    /// The wizard.
    pub flow: Option<String>,
    /// The parked authorization request.
    pub request: Option<String>,
}

/// Whose identity a bank is asked about.
#[derive(Clone, Debug, Serialize)]
pub struct Subject {
    /// `林*溪`
    pub name: String,
    /// [`id_type_label`].
    pub id_type: Message,
    /// `4***************19`
    pub id_number: String,
}

/// `/register/person/wait` and `/account/verification/wait`: the bank has not answered yet; reloads itself.
#[derive(Clone, Debug, Serialize)]
pub struct Waiting {
    /// Who is asked: `bank` or `unionpay`.
    pub method: &'static str,
    /// Seconds between reloads.
    pub refresh: u32,
    /// Where the result also goes.
    pub phone: String,
    /// What goes on with the answer.
    pub then: WaitingFor,
    /// So many wait before this person, where the authority takes no more at once.
    pub ahead: Option<u64>,
    /// The authority did not answer and is asked again.
    pub retrying: bool,
}

/// What goes on with the answer about a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WaitingFor {
    /// P4.
    Registration,
    /// The verification centre, or the request.
    Level,
    /// Recovery.
    Recovery,
}

/// P4 `/register/person/done`.
#[derive(Clone, Debug, Serialize)]
pub struct RegisterDone {
    /// The new username.
    pub username: String,
    /// What was reached.
    pub level: RealNameLevel,
    /// The way back into the pending request.
    pub back: Option<ReturnTo>,
    /// S1-11: the person closes the page and signs in at the portal.
    pub close_page: bool,
    /// Whether the bank check can follow.
    pub can_verify: bool,
    /// Whether the new account is signed in; else 去登录 is offered.
    pub signed_in: bool,
}

impl PasswordRule {
    pub(super) fn samples(state: RuleState) -> Vec<Self> {
        let texts = [
            Message::new("password-rule-length").with("min", 8).with("max", 30),
            Message::new("password-rule-lower"),
            Message::new("password-rule-digit"),
            Message::new("password-rule-upper"),
            Message::new("password-rule-special"),
            Message::new("password-rule-run").with("max", 4),
        ];
        texts.into_iter().map(|text| Self { text, state }).collect()
    }
}

impl IdTypeOption {
    /// All types of document, in the order of the page.
    #[must_use]
    pub fn all() -> Vec<Self> {
        IdType::ALL.map(Self::of).into()
    }

    fn of(id_type: IdType) -> Self {
        Self {
            value: id_type.as_str().to_owned(),
            label: id_type_label(id_type),
            nationality: id_type.asks_country(),
            expiry: id_type.expires(),
            derives: matches!(id_type, IdType::CnRid | IdType::CnHmtRp),
        }
    }
}

/// What a type of document is called.
#[must_use]
pub const fn id_type_label(id_type: IdType) -> Message {
    Message::new(match id_type {
        IdType::CnRid => "id-type-cn-rid",
        IdType::CnHkmPermit => "id-type-cn-hkm-permit",
        IdType::CnTwPermit => "id-type-cn-tw-permit",
        IdType::CnHmtRp => "id-type-cn-hmt-rp",
        IdType::CnFpr => "id-type-cn-fpr",
        IdType::Passport => "id-type-passport",
    })
}

impl Subject {
    pub(super) fn sample() -> Self {
        Self {
            name: "林*溪".to_owned(),
            id_type: Message::new("id-type-cn-rid"),
            id_number: "4***************19".to_owned(),
        }
    }
}

impl Page for RegisterStart {
    const TEMPLATE: &'static str = "pages/register/start.html";

    fn samples() -> Vec<Self> {
        vec![
            Self { bank_required: false, request: None },
            Self { bank_required: true, request: Some("Zk3".to_owned()) },
        ]
    }
}

impl Page for RegisterLogin {
    const TEMPLATE: &'static str = "pages/register/login.html";

    fn samples() -> Vec<Self> {
        let wrong = Form::new()
            .with("username", "linruoxi")
            .failing("username", Message::new("E_USERNAME_TAKEN"))
            .failing(
                "password",
                Message::new("E_PASSWORD_FORMAT").with("min", 8).with("max", 30).with("run", 4),
            )
            .failing("confirm", Message::new("E_PASSWORD_CONFIRM"))
            .failing("captcha", Message::new("E_CAPTCHA"))
            .failing("agree", Message::new("E_AGREE"));
        let fresh = Self {
            form: Form::new(),
            rules: PasswordRule::samples(RuleState::Open),
            captcha: Some(Captcha::sample()),
            flow: None,
            request: Some("Zk3".to_owned()),
        };
        let failed = Self { form: wrong, rules: PasswordRule::samples(RuleState::Unmet), ..fresh.clone() };
        let rules = PasswordRule::samples(RuleState::Met);
        let back = Form::new().with("username", "linruoxi").with("agree", "on");
        let returned = Self { form: back, rules, captcha: None, flow: Some("f1".to_owned()), request: None };
        vec![fresh, failed, returned]
    }
}

impl Page for RegisterIdentity {
    const TEMPLATE: &'static str = "pages/register/identity.html";

    fn samples() -> Vec<Self> {
        let fresh = Self {
            form: Form::new().with("id_type", "CN_RID"),
            types: IdTypeOption::all(),
            taken: false,
            captcha: None,
            flow: Some("f1".to_owned()),
            request: Some("Zk3".to_owned()),
        };
        let typed = Form::new()
            .with("name", "林若溪")
            .with("id_type", "CN_RID")
            .with("id_number", "440301199003070019");
        let taken = typed.failing("id_number", Message::new("E_ID_TAKEN_PERSON"));
        let passport = Form::new()
            .with("name", "Anna Lind")
            .with("id_type", "PASSPORT")
            .failing("nationality", Message::new("E_REQUIRED").with("field", "国籍"))
            .failing("valid_until", Message::new("E_ID_EXPIRED"))
            .failing("sex", Message::new("E_REQUIRED").with("field", "性别"))
            .failing("birthdate", Message::new("E_UNDER_AGE").with("age", 14));
        vec![
            Self { form: taken, taken: true, ..fresh.clone() },
            Self { form: passport, captcha: Some(Captcha::sample()), ..fresh.clone() },
            fresh,
        ]
    }
}

impl Page for RegisterVerify {
    const TEMPLATE: &'static str = "pages/register/verify.html";

    fn samples() -> Vec<Self> {
        let required = Self {
            form: Form::new().with("choice", "bank"),
            subject: Subject::sample(),
            asked: true,
            banks: Choice::sample_banks(),
            deferrable: false,
            wanted: None,
            claiming: false,
            captcha: Some(Captcha::sample()),
            sent: None,
            proved: false,
            flow: Some("f1".to_owned()),
            request: Some("Zk3".to_owned()),
        };
        let filled =
            Form::new().with("choice", "bank").with("bank", "CCB").with("account", "6217 0001 2345 6789 019");
        let filled = filled.with("phone", "13800006021").with("bankok", "on");
        let wrong_code = filled.clone().failing("sms", Message::new("E_SMS_CODE"));
        let mismatch = filled.clone().refused(Message::new("BANK_ID_MISMATCH"));
        let rare = filled.with("bankname", "林RUOXI").failing("bankname", Message::new("E_NAME_FORMAT"));
        let later = Form::new().with("choice", "later").failing("phone", Message::new("E_PHONE_FORMAT"));
        let deferrable = Self { deferrable: true, ..required.clone() };
        vec![
            Self { form: wrong_code, captcha: None, sent: Some(SmsSent::sample()), ..required.clone() },
            Self { form: mismatch, captcha: None, proved: true, ..required.clone() },
            Self { form: rare, claiming: true, ..required.clone() },
            Self { form: later, ..deferrable.clone() },
            Self { wanted: Some(RealNameLevel::L2), ..deferrable.clone() },
            Self { asked: false, ..deferrable.clone() },
            Self { asked: false, ..required.clone() },
            Self { banks: Vec::new(), ..deferrable },
            required,
        ]
    }
}

impl Page for Waiting {
    const TEMPLATE: &'static str = "pages/waiting.html";

    fn samples() -> Vec<Self> {
        let phone = || "138****6021".to_owned();
        let plain = Self {
            method: "bank",
            refresh: 5,
            phone: phone(),
            then: WaitingFor::Registration,
            ahead: None,
            retrying: false,
        };
        vec![
            Self { ahead: Some(120), ..plain.clone() },
            Self { then: WaitingFor::Level, retrying: true, ..plain.clone() },
            Self { method: "unionpay", then: WaitingFor::Level, retrying: true, ..plain.clone() },
            Self { method: "unionpay", then: WaitingFor::Level, ..plain.clone() },
            Self { then: WaitingFor::Level, ..plain.clone() },
            Self { then: WaitingFor::Recovery, ..plain.clone() },
            plain,
        ]
    }
}

impl Page for RegisterDone {
    const TEMPLATE: &'static str = "pages/register/done.html";

    fn samples() -> Vec<Self> {
        let back = ReturnTo {
            name: "事业单位公开招聘报名系统".to_owned(),
            href: "/authorize/resume?request=Zk3".to_owned(),
        };
        let portal = Self {
            username: "ruoxi_lin".to_owned(),
            level: RealNameLevel::L2,
            back: Some(back),
            close_page: false,
            can_verify: false,
            signed_in: true,
        };
        let alone = Self { level: RealNameLevel::L1, back: None, can_verify: true, ..portal.clone() };
        vec![
            Self { close_page: true, back: None, signed_in: false, ..portal.clone() },
            Self { signed_in: false, ..alone.clone() },
            alone,
            portal,
        ]
    }
}
