//! The person centre (A1, A2, A4, A5) and the page for an account whose document went to its owner (S1-30).

use serde::Serialize;

use super::register::{IdTypeOption, Subject};
use super::{Captcha, Choice, ReturnTo, SmsSent};
use crate::kernel::{Message, RealNameLevel, Timestamp};
use crate::render::{Form, Page};

/// A1 `/account`.
#[derive(Clone, Debug, Serialize)]
pub struct AccountHome {
    /// The masked name.
    pub name: String,
    /// The username.
    pub username: String,
    /// The level that the evidence gives.
    pub level: RealNameLevel,
    /// The sign-in before this one.
    pub last_login: Option<Timestamp>,
    /// Whether the account was opened just now (S2-22).
    pub registered: bool,
    /// What should be done.
    pub todos: Vec<Todo>,
    /// The portals that use this account.
    pub services: Vec<Service>,
}

/// One thing to do.
#[derive(Clone, Debug, Serialize)]
pub struct Todo {
    /// What.
    pub title: Message,
    /// Why, or until when.
    pub text: Message,
    /// The words on the button.
    pub action: Message,
    /// Where it leads.
    pub href: String,
}

/// One portal.
#[derive(Clone, Debug, Serialize)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub text: Option<String>,
    /// Its front page.
    pub href: String,
}

/// A2 `/account/profile`, to look at only. All values are masked as `domain.md` §5 says.
#[derive(Clone, Debug, Serialize)]
pub struct Profile {
    /// The username.
    pub username: String,
    /// The name.
    pub name: String,
    /// [`super::id_type_label`].
    pub id_type: Message,
    /// The number of the document.
    pub id_number: String,
    /// Until when the document is valid; none for documents without an end.
    pub valid_until: Option<String>,
    /// `sex-male`, `sex-female`.
    pub sex: Option<Message>,
    /// The date of birth.
    pub birthdate: Option<String>,
    /// The phone.
    pub phone: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The bank of the last proof.
    pub bank: Option<String>,
    /// `**** 9015`
    pub bank_account: Option<String>,
    /// The level.
    pub level: RealNameLevel,
    /// The portal that sent the person here.
    pub back: Option<ReturnTo>,
}

/// A4 `/account/verification`.
#[derive(Clone, Debug, Serialize)]
pub struct AccountVerification {
    /// The level that the evidence gives.
    pub level: RealNameLevel,
    /// L1, L2, L3 in this order (S2-15).
    pub rows: Vec<LevelRow>,
    /// The newest first.
    pub evidence: Vec<Evidence>,
    /// The pending authorization request, for the links.
    pub request: Option<String>,
}

/// One level of the verification centre.
#[derive(Clone, Debug, Serialize)]
pub struct LevelRow {
    /// Which.
    pub level: RealNameLevel,
    /// How it stands.
    pub state: LevelState,
    /// How it was reached.
    pub method: Option<Message>,
    /// Until when it counts.
    pub until: Option<Timestamp>,
}

/// How a level stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LevelState {
    /// 已认证.
    Done,
    /// 未认证: 立即认证 is offered.
    Open,
    /// 已过期: 重新认证 is offered.
    Expired,
    /// 未开通 (S2-03): no button.
    Closed,
}

/// One proof.
#[derive(Clone, Debug, Serialize)]
pub struct Evidence {
    /// `method-sms`, `method-bank`.
    pub method: Message,
    /// `中国建设银行，尾号 9015`, `138****6021`.
    pub detail: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Until when it counts; none: without end.
    pub until: Option<Timestamp>,
    /// Whether it counts.
    pub state: EvidenceState,
}

/// Whether a proof counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EvidenceState {
    /// 有效.
    Valid,
    /// 已过期.
    Expired,
    /// 已更新: a newer proof of the same kind took its place.
    Replaced,
    /// 已失效: somebody proved the identity or the phone to be theirs.
    Displaced,
    /// 未通过.
    Failed,
}

/// A5 `/account/verification/bank`. Fields: `bank`, `account`, `bankname`, `phone`, `sms`, `bankok`, `captcha`,
/// `captcha_id`, `request`, `do` (`next` | `back` | `sms` | `captcha`).
#[derive(Clone, Debug, Serialize)]
pub struct BankVerification {
    /// All inputs are kept but `sms` and the captcha.
    pub form: Form,
    /// Who is verified.
    pub subject: Subject,
    /// The banks of the policy.
    pub banks: Vec<Choice>,
    /// Asked for before an SMS.
    pub captcha: Option<Captcha>,
    /// A code is on its way.
    pub sent: Option<SmsSent>,
    /// The phone in the form was proved for this check: no further code is asked for.
    pub proved: bool,
    /// The parked authorization request.
    pub request: Option<String>,
}

/// `/account/document`: the document of this account was claimed by its owner; its own must be entered (S1-30).
/// Fields: `name`, `id_type`, `id_number`, `nationality`, `valid_until`, `sex`, `birthdate`, `captcha`, `captcha_id`,
/// `request`, `do` (`next` | `captcha`).
#[derive(Clone, Debug, Serialize)]
pub struct ReenterDocument {
    /// All inputs are kept but the captcha.
    pub form: Form,
    /// The documents that may be used.
    pub types: Vec<IdTypeOption>,
    /// Asked for before the answer whether a document is registered.
    pub captcha: Option<Captcha>,
    /// The parked authorization request.
    pub request: Option<String>,
}

impl Page for AccountHome {
    const TEMPLATE: &'static str = "pages/account/home.html";

    fn samples() -> Vec<Self> {
        let todo = |title, text| Todo {
            title: Message::new(title),
            text: Message::new(text),
            action: Message::new("go-verify"),
            href: "/account/verification".to_owned(),
        };
        let service = |text: Option<&str>| Service {
            name: "事业单位公开招聘报名系统".to_owned(),
            text: text.map(str::to_owned),
            href: "https://exam.example/".to_owned(),
        };
        let busy = Self {
            name: "林*溪".to_owned(),
            username: "ruoxi_lin".to_owned(),
            level: RealNameLevel::L1,
            last_login: Some(Timestamp::from_seconds(1_793_633_000)),
            registered: false,
            todos: vec![todo("todo-verify", "todo-verify-text"), todo("todo-expired", "todo-expired-text")],
            services: vec![service(Some("公开招聘报名、准考证打印、成绩查询")), service(None)],
        };
        let calm = Self {
            level: RealNameLevel::L2,
            last_login: None,
            registered: true,
            todos: Vec::new(),
            services: Vec::new(),
            ..busy.clone()
        };
        vec![busy, calm]
    }
}

impl Page for Profile {
    const TEMPLATE: &'static str = "pages/account/profile.html";

    fn samples() -> Vec<Self> {
        let full = Self {
            username: "ruoxi_lin".to_owned(),
            name: "林*溪".to_owned(),
            id_type: Message::new("id-type-cn-rid"),
            id_number: "4***************19".to_owned(),
            valid_until: Some("2031-05-01".to_owned()),
            sex: Some(Message::new("sex-female")),
            birthdate: Some("1990-**-**".to_owned()),
            phone: Some("138****6021".to_owned()),
            email: Some("li***@mail.example".to_owned()),
            bank: Some("中国建设银行".to_owned()),
            bank_account: Some("**** 9015".to_owned()),
            level: RealNameLevel::L2,
            back: Some(ReturnTo {
                name: "事业单位公开招聘报名系统".to_owned(),
                href: "https://exam.example/".to_owned(),
            }),
        };
        let bare = Self {
            valid_until: None,
            sex: Some(Message::new("sex-male")),
            birthdate: None,
            phone: None,
            email: None,
            bank: None,
            bank_account: None,
            level: RealNameLevel::L1,
            back: None,
            ..full.clone()
        };
        vec![full, Self { sex: None, ..bare.clone() }, bare]
    }
}

impl LevelRow {
    fn sample(level: RealNameLevel, state: LevelState) -> Self {
        let method = match level {
            RealNameLevel::L1 => "method-sms",
            RealNameLevel::L2 | RealNameLevel::L3 => "method-bank",
        };
        let reached = matches!(state, LevelState::Done | LevelState::Expired);
        Self {
            level,
            state,
            method: reached.then(|| Message::new(method)),
            until: (level > RealNameLevel::L1 && reached).then(|| Timestamp::from_seconds(1_856_705_000)),
        }
    }
}

impl Page for AccountVerification {
    const TEMPLATE: &'static str = "pages/account/verification.html";

    fn samples() -> Vec<Self> {
        use LevelState::{Closed, Done, Expired, Open};
        use RealNameLevel::{L1, L2, L3};
        let proof = |method, detail: Option<&str>, until, state| Evidence {
            method: Message::new(method),
            detail: detail.map(str::to_owned),
            at: Timestamp::from_seconds(1_793_633_000),
            until,
            state,
        };
        let end = Some(Timestamp::from_seconds(1_856_705_000));
        let evidence = vec![
            proof("method-bank", Some("中国建设银行，尾号 9015"), end, EvidenceState::Valid),
            proof("method-sms", Some("138****6021"), None, EvidenceState::Valid),
            proof("method-bank", None, end, EvidenceState::Expired),
            proof("method-bank", None, end, EvidenceState::Replaced),
            proof("method-sms", None, None, EvidenceState::Displaced),
            proof("method-bank", None, None, EvidenceState::Failed),
        ];
        let rows = |second, third| {
            vec![LevelRow::sample(L1, Done), LevelRow::sample(L2, second), LevelRow::sample(L3, third)]
        };
        let request = || Some("Zk3".to_owned());
        vec![
            Self { level: L2, rows: rows(Done, Closed), evidence: evidence.clone(), request: None },
            Self { level: L1, rows: rows(Open, Closed), evidence: Vec::new(), request: request() },
            Self { level: L1, rows: rows(Expired, Open), evidence, request: request() },
        ]
    }
}

impl Page for BankVerification {
    const TEMPLATE: &'static str = "pages/account/bank.html";

    fn samples() -> Vec<Self> {
        let fresh = Self {
            form: Form::new(),
            subject: Subject::sample(),
            banks: Choice::sample_banks(),
            captcha: Some(Captcha::sample()),
            sent: None,
            proved: false,
            request: Some("Zk3".to_owned()),
        };
        let filled =
            Form::new().with("bank", "CCB").with("account", "6217 0001 2345 6789 019").with("bankok", "on");
        let filled = filled.with("phone", "13800006021").refused(Message::new("BANK_PHONE_MISMATCH"));
        let known = Self { form: filled.clone(), captcha: None, proved: true, ..fresh.clone() };
        let coded = Self { form: filled, captcha: None, sent: Some(SmsSent::sample()), ..fresh.clone() };
        vec![coded, known, fresh]
    }
}

impl Page for ReenterDocument {
    const TEMPLATE: &'static str = "pages/account/document.html";

    fn samples() -> Vec<Self> {
        let fresh = Self {
            form: Form::new().with("id_type", "CN_RID"),
            types: IdTypeOption::all(),
            captcha: Some(Captcha::sample()),
            request: Some("Zk3".to_owned()),
        };
        let wrong = Form::new().with("id_type", "CN_RID").failing("id_number", Message::new("E_ID_CHECK"));
        vec![Self { form: wrong, captcha: None, ..fresh.clone() }, fresh]
    }
}
