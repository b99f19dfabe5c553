//! The person centre (A1, A2) and the page for an account whose document went to its owner (S1-30).

use serde::Serialize;

use super::register::{IdTypeOption, PasswordRule, RuleState, Subject};
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
    /// The postal address, of those who told one.
    pub address: Option<String>,
    /// The bank of the last proof.
    pub bank: Option<String>,
    /// `**** 9015`
    pub bank_account: Option<String>,
    /// Whether a bank may be asked, without which nothing can be changed.
    pub edit: bool,
    /// It was changed a moment ago.
    pub changed: bool,
    /// Nothing is masked, in this one answer.
    pub is_full: bool,
    /// The level.
    pub level: RealNameLevel,
    /// The portal that sent the person here.
    pub back: Option<ReturnTo>,
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

/// A14c `/account/sessions`. Fields: `session`, `do` (`next` ends that session | `others` | `stranger`).
#[derive(Clone, Debug, Serialize)]
pub struct AccountSessions {
    /// This browser's first, then the last seen.
    pub sessions: Vec<SessionRow>,
    /// Newest first.
    pub records: Vec<SignInRow>,
    /// The page of what was before.
    pub older: Option<String>,
}

/// A browser that is signed in.
#[derive(Clone, Debug, Serialize)]
pub struct SessionRow {
    /// Which one.
    pub id: String,
    /// When it was signed in.
    pub begun: Timestamp,
    /// When it was seen last, within a minute.
    pub seen: Timestamp,
    /// Whether it is this one.
    pub current: bool,
}

/// A sign-in, or an attempt.
#[derive(Clone, Debug, Serialize)]
pub struct SignInRow {
    /// When.
    pub at: Timestamp,
    /// `sign-in-good`, `-wrong`, `-refused`, `-locked`, `-stopped`.
    pub outcome: Message,
    /// Whether it succeeded.
    pub good: bool,
    /// `203.0.113.*`: never the whole address.
    pub source: String,
}

/// A10 `/account/password`. Fields: `old`, `password`, `confirm`.
#[derive(Clone, Debug, Serialize)]
pub struct ChangePassword {
    /// No input is kept.
    pub form: Form,
    /// The policy's rules.
    pub rules: Vec<PasswordRule>,
}

/// A3 `/account/profile/edit`. Fields: `name`, `bank`, `account`, `bankname`, `phone`, `sms`, `password`, `bankok`, `captcha`,
/// `captcha_id`, `do` (`next` | `back` | `sms` | `captcha`).
#[derive(Clone, Debug, Serialize)]
pub struct EditProfile {
    /// All inputs are kept but `sms`, `password` and the captcha.
    pub form: Form,
    pub username: String,
    /// Who it is, masked.
    pub subject: Subject,
    /// The banks of the policy.
    pub banks: Vec<Choice>,
    /// Asked for before an SMS.
    pub captcha: Option<Captcha>,
    /// A code is on its way.
    pub sent: Option<SmsSent>,
    /// The phone in the form was proved already.
    pub proved: bool,
}

/// A15 `/account/apps`. Fields of each row: `client`, `do` (`next`).
#[derive(Clone, Debug, Serialize)]
pub struct AccountApps {
    /// The newest consent first.
    pub apps: Vec<AppRow>,
    /// Whoever came by a recovery proves themselves before they take something back.
    pub capped: bool,
    /// One was taken back a moment ago.
    pub withdrawn: bool,
}

/// A portal that gets data by consent.
#[derive(Clone, Debug, Serialize)]
pub struct AppRow {
    pub name: String,
    pub client: String,
    /// `claim-profile`, `claim-phone`, …
    pub data: Vec<Message>,
    pub at: Timestamp,
}

/// A14 `/account/phone`. Fields: `old_sms`, `phone`, `sms`, `captcha`, `captcha_id`, `do` (`next` | `old` | `sms` | `captcha`).
#[derive(Clone, Debug, Serialize)]
pub struct ChangePhone {
    /// `phone` is kept, no code.
    pub form: Form,
    /// The account's, masked; none when it went to somebody else.
    pub phone: Option<String>,
    /// Whoever came by a recovery proves themselves first: there is no form.
    pub capped: bool,
    /// It was changed a moment ago.
    pub changed: bool,
    /// A code is on its way to the old phone.
    pub old_sent: Option<SmsSent>,
    /// And one to the new.
    pub sent: Option<SmsSent>,
    /// Asked for before a code to the new phone.
    pub captcha: Option<Captcha>,
}

/// LG8 `/password/change`, without a session. Fields: `username`, `old`, `password`, `confirm`, `captcha`, `captcha_id`,
/// `do` (`next` | `captcha`). What a sign-in says is put in with [`Form::refuse`].
#[derive(Clone, Debug, Serialize)]
pub struct ChangePasswordDoor {
    /// `username` is kept, nothing else.
    pub form: Form,
    /// The policy's rules.
    pub rules: Vec<PasswordRule>,
    /// Asked for as at the sign-in.
    pub captcha: Option<Captcha>,
    /// The parked authorization request.
    pub request: Option<String>,
}

/// A10 and LG8, the result: nobody is signed in any more (S0-32).
#[derive(Clone, Debug, Serialize)]
pub struct PasswordChanged {
    /// The parked authorization request, which the sign-in goes on with.
    pub request: Option<String>,
}

impl Page for AccountSessions {
    const TEMPLATE: &'static str = "pages/account/sessions.html";

    fn samples() -> Vec<Self> {
        let at = Timestamp::from_seconds(1_793_633_000);
        let session = |id: &str, current| SessionRow { id: id.to_owned(), begun: at, seen: at, current };
        let record = |outcome, good| SignInRow {
            at,
            outcome: Message::new(outcome),
            good,
            source: "203.0.113.*".to_owned(),
        };
        let alone = Self { sessions: vec![session("a", true)], records: Vec::new(), older: None };
        let busy = Self {
            sessions: vec![session("a", true), session("b", false), session("c", false)],
            records: vec![
                record("sign-in-good", true),
                record("sign-in-wrong", false),
                record("sign-in-refused", false),
                record("sign-in-locked", false),
                record("sign-in-stopped", false),
            ],
            older: Some("/account/sessions?before=x".to_owned()),
        };
        vec![busy, alone]
    }
}

impl Page for EditProfile {
    const TEMPLATE: &'static str = "pages/account/edit.html";

    fn samples() -> Vec<Self> {
        let fresh = Self {
            form: Form::new(),
            username: "ruoxi_lin".to_owned(),
            subject: Subject::sample(),
            banks: Choice::sample_banks(),
            captcha: Some(Captcha::sample()),
            sent: None,
            proved: false,
        };
        let wrong = Form::new()
            .with("name", "林若曦")
            .with("bank", "CCB")
            .with("phone", "13900000188")
            .failing("password", Message::new("E_PASSWORD_OLD"));
        let refused = Form::new().with("bank", "CCB").refused(Message::new("BANK_ID_MISMATCH"));
        let sent = Some(SmsSent::sample());
        vec![
            Self { form: wrong, captcha: None, sent, ..fresh.clone() },
            Self { form: refused, captcha: None, proved: true, ..fresh.clone() },
            fresh,
        ]
    }
}

impl Page for AccountApps {
    const TEMPLATE: &'static str = "pages/account/apps.html";

    fn samples() -> Vec<Self> {
        let app = |client: &str, name: &str, data: &[&'static str]| AppRow {
            name: name.to_owned(),
            client: client.to_owned(),
            data: data.iter().map(|key| Message::new(key)).collect(),
            at: Timestamp::from_seconds(1_793_633_000),
        };
        let apps = vec![
            app("college", "继续教育学院", &["claim-sub", "claim-profile", "claim-phone"]),
            app("gone", "gone", &["claim-sub"]),
        ];
        vec![
            Self { apps: apps.clone(), capped: false, withdrawn: true },
            Self { apps, capped: true, withdrawn: false },
            Self { apps: Vec::new(), capped: false, withdrawn: false },
        ]
    }
}

impl Page for ChangePhone {
    const TEMPLATE: &'static str = "pages/account/phone.html";

    fn samples() -> Vec<Self> {
        let fresh = Self {
            form: Form::new(),
            phone: Some("138****6021".to_owned()),
            capped: false,
            changed: false,
            old_sent: None,
            sent: None,
            captcha: Some(Captcha::sample()),
        };
        let wrong = Form::new()
            .with("phone", "13900000188")
            .failing("old_sms", Message::new("E_SMS_CODE"))
            .failing("phone", Message::new("E_PHONE_SAME"));
        let sent = Some(SmsSent::sample());
        vec![
            Self { form: wrong, old_sent: sent.clone(), sent, ..fresh.clone() },
            Self { changed: true, ..fresh.clone() },
            Self { capped: true, ..fresh.clone() },
            Self { phone: None, ..fresh.clone() },
            fresh,
        ]
    }
}

impl Page for ChangePassword {
    const TEMPLATE: &'static str = "pages/account/password.html";

    fn samples() -> Vec<Self> {
        let fresh = Self { form: Form::new(), rules: PasswordRule::samples(RuleState::Open) };
        let wrong = Form::new()
            .failing("old", Message::new("E_PASSWORD_OLD"))
            .failing("password", Message::new("E_PASSWORD_SAME"))
            .failing("confirm", Message::new("E_PASSWORD_CONFIRM"));
        vec![Self { form: wrong, ..fresh.clone() }, fresh]
    }
}

impl Page for ChangePasswordDoor {
    const TEMPLATE: &'static str = "pages/password.html";

    fn samples() -> Vec<Self> {
        let rules = PasswordRule::samples(RuleState::Open);
        let refused = Form::new().with("username", "ruoxi_lin").refused(Message::new("E_LOGIN").with("n", 4));
        let short = Form::new()
            .failing("username", Message::new("E_REQUIRED").with("field", "登录账号"))
            .failing("password", Message::new("E_PASSWORD_WEAK"));
        vec![
            Self { form: Form::new(), rules: rules.clone(), captcha: None, request: None },
            Self {
                form: refused,
                rules: rules.clone(),
                captcha: Some(Captcha::sample()),
                request: Some("Zk3".to_owned()),
            },
            Self { form: short, rules, captcha: None, request: None },
        ]
    }
}

impl Page for PasswordChanged {
    const TEMPLATE: &'static str = "pages/account/password_changed.html";

    fn samples() -> Vec<Self> {
        vec![Self { request: None }, Self { request: Some("Zk3".to_owned()) }]
    }
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
            address: Some("广东省深圳市****".to_owned()),
            bank: Some("中国建设银行".to_owned()),
            bank_account: Some("**** 9015".to_owned()),
            edit: true,
            changed: true,
            is_full: false,
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
            address: None,
            bank: None,
            bank_account: None,
            edit: false,
            changed: false,
            level: RealNameLevel::L1,
            back: None,
            ..full.clone()
        };
        vec![full, Self { sex: None, ..bare.clone() }, bare]
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
