//! Signing in: LG1, LG12, and the choice of who is signed in and asked to register.

use serde::Serialize;

use super::{Captcha, SmsSent};
use crate::kernel::{Message, Timestamp};
use crate::render::{Form, Page};

/// LG1 `/login`. Fields: `username`, `password`, `captcha`, `captcha_id`, `request`, `do` (`next` | `captcha`).
///
/// Sign-in names no input: put E_LOGIN, E_LOCKED, E_CAPTCHA or E_ACCOUNT_DISABLED in with [`Form::refuse`].
#[derive(Clone, Debug, Serialize)]
pub struct Login {
    /// `username` is kept, nothing else.
    pub form: Form,
    /// Asked for by the policy or after a failure.
    pub captcha: Option<Captcha>,
    /// Where a code by SMS signs in (LG2), if the profile offers it.
    pub sms: Option<String>,
    /// The parked authorization request.
    pub request: Option<String>,
    /// After E_LOGIN: the inputs are marked. Not after a lockout or a wrong captcha.
    pub wrong: bool,
}

/// LG2 `/login/sms`. Fields: `captcha`, `captcha_id`, `phone`, `sms`, `request`, `do` (`next` | `sms` | `captcha`).
#[derive(Clone, Debug, Serialize)]
pub struct LoginSms {
    /// `phone` is kept.
    pub form: Form,
    /// Asked for before a code.
    pub captcha: Option<Captcha>,
    /// A code is on its way, if the phone is an account's.
    pub sent: Option<SmsSent>,
    /// Where the password signs in.
    pub password: String,
    /// The parked authorization request.
    pub request: Option<String>,
}

impl Page for LoginSms {
    const TEMPLATE: &'static str = "pages/login_sms.html";

    fn samples() -> Vec<Self> {
        let fresh = Self {
            form: Form::new(),
            captcha: Some(Captcha::sample()),
            sent: None,
            password: "/login".to_owned(),
            request: None,
        };
        let typed = Form::new().with("phone", "13800006021");
        let wrong = typed.clone().failing("sms", Message::new("E_SMS_CODE"));
        let sent = Some(SmsSent::sample());
        vec![
            Self { form: wrong, sent: sent.clone(), request: Some("Zk3".to_owned()), ..fresh.clone() },
            Self { form: typed, sent, captcha: None, ..fresh.clone() },
            fresh,
        ]
    }
}

/// `/login/choose`: signed in and `prompt=create`. Fields: `request`, `do` (`continue` | `register`).
#[derive(Clone, Debug, Serialize)]
pub struct Choose {
    /// The masked name.
    pub person: String,
    /// The username.
    pub username: String,
    /// What can be chosen instead.
    pub other: OtherAccount,
    /// The parked authorization request.
    pub request: Option<String>,
}

/// The other account of [`Choose`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OtherAccount {
    /// 注册新账号, `do=register`.
    New,
    /// 使用其他账号, `do=other`.
    Existing,
}

/// LG12 `/locked`.
#[derive(Clone, Debug, Serialize)]
pub struct Locked {
    /// When the lock ends.
    pub until: Timestamp,
    /// The parked authorization request.
    pub request: Option<String>,
}

impl Page for Login {
    const TEMPLATE: &'static str = "pages/login.html";

    fn samples() -> Vec<Self> {
        let fresh = Self {
            form: Form::new(),
            captcha: None,
            sms: Some("/login/sms".to_owned()),
            request: None,
            wrong: false,
        };
        let failed = Form::new().with("username", "ruoxi_lin").refused(Message::new("E_LOGIN").with("n", 3));
        let captcha = Form::new().with("username", "ruoxi_lin").refused(Message::new("E_CAPTCHA"));
        let locked =
            Form::new().with("username", "ruoxi_lin").refused(Message::new("E_LOCKED").with("time", "11:40"));
        let request = || Some("Zk3".to_owned());
        vec![
            fresh,
            Self {
                form: failed,
                captcha: Some(Captcha::sample()),
                sms: None,
                request: request(),
                wrong: true,
            },
            Self {
                form: captcha,
                captcha: Some(Captcha::sample()),
                sms: None,
                request: request(),
                wrong: false,
            },
            Self { form: locked, captcha: None, sms: None, request: request(), wrong: false },
        ]
    }
}

impl Page for Choose {
    const TEMPLATE: &'static str = "pages/choose.html";

    fn samples() -> Vec<Self> {
        let request = Some("Zk3".to_owned());
        let page = |other| Self {
            person: "林*溪".to_owned(),
            username: "ruoxi_lin".to_owned(),
            other,
            request: request.clone(),
        };
        vec![page(OtherAccount::New), page(OtherAccount::Existing)]
    }
}

impl Page for Locked {
    const TEMPLATE: &'static str = "pages/locked.html";

    fn samples() -> Vec<Self> {
        let until = Timestamp::from_seconds(1_793_633_000);
        vec![Self { until, request: None }, Self { until, request: Some("Zk3".to_owned()) }]
    }
}
