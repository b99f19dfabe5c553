//! Recovery: the ways, R1 by phone, and R2.

use serde::Serialize;

use super::register::{IdTypeOption, PasswordRule, RuleState};
use super::{Captcha, SmsSent};
use crate::kernel::Message;
use crate::render::{Form, Page};

/// `/recover`: what to do without username or password (S4-19).
#[derive(Clone, Debug, Serialize)]
pub struct Recover {
    /// Whether a username can be found on line.
    pub account: bool,
    /// Whether a password can be set anew on line.
    pub password: bool,
    /// Whether a phone that is no more can be replaced on line.
    pub phone: bool,
    /// The parked authorization request.
    pub request: Option<String>,
}

/// R1 `/recover/account`, step 1 (S1-17). Fields: `name`, `user_type` (`person`), `id_type`, `id_number`, `nationality`,
/// `captcha`, `captcha_id`, `request`, `do` (`next` | `captcha`).
#[derive(Clone, Debug, Serialize)]
pub struct RecoverAccount {
    /// All inputs are kept but the captcha.
    pub form: Form,
    /// The documents that may be used.
    pub types: Vec<IdTypeOption>,
    /// Asked for unless the policy has none.
    pub captcha: Option<Captcha>,
    /// Whether UnionPay may be asked instead (②).
    pub unionpay: bool,
    /// The parked authorization request.
    pub request: Option<String>,
}

/// R1, step 2 (S1-18): the same whether or not anybody was found. Fields: `sms`, `request`, `do` (`next` | `sms` | `back`).
#[derive(Clone, Debug, Serialize)]
pub struct RecoverCode {
    /// The code is never kept.
    pub form: Form,
    /// A code is on its way, if there is anybody to send it to.
    pub sent: Option<SmsSent>,
    /// Whether a phone that is no more can be replaced (S1-50).
    pub replace_phone: bool,
    /// The parked authorization request.
    pub request: Option<String>,
}

/// R1, step 3: the username is on its way; nothing of it stands here (S0-24).
#[derive(Clone, Debug, Serialize)]
pub struct RecoverTold {
    /// The parked authorization request.
    pub request: Option<String>,
}

/// R2 `/recover/password`, step 1 (S1-22). Fields: `username`, `captcha`, `captcha_id`, `request`, `do` (`next` | `captcha`).
#[derive(Clone, Debug, Serialize)]
pub struct RecoverPassword {
    /// `username` is kept.
    pub form: Form,
    /// Asked for unless the policy has none.
    pub captcha: Option<Captcha>,
    /// The parked authorization request.
    pub request: Option<String>,
}

/// R2, step 2 (S1-23): the same ways for every name. Fields: `way`, `request`, `do` (`next` | `back`).
#[derive(Clone, Debug, Serialize)]
pub struct RecoverWay {
    /// Only faults.
    pub form: Form,
    /// In the profile's order: `id_number_and_sms`, `security_questions`, `unionpay`.
    pub ways: Vec<&'static str>,
    /// The parked authorization request.
    pub request: Option<String>,
}

/// R2, step 3, way 1 (S1-24). Fields: `id_type`, `id_number`, `nationality`, `phone`, `sms`, `request`,
/// `do` (`next` | `sms` | `back`).
#[derive(Clone, Debug, Serialize)]
pub struct RecoverProof {
    /// All inputs are kept but the code.
    pub form: Form,
    /// The documents that may be used.
    pub types: Vec<IdTypeOption>,
    /// A code is on its way, if all of it fits.
    pub sent: Option<SmsSent>,
    /// Whether a phone that is no more can be replaced (S1-51).
    pub replace_phone: bool,
    /// The parked authorization request.
    pub request: Option<String>,
}

/// R2, step 4 (S1-29). Fields: `password`, `confirm`, `request`, `do` (`next`).
#[derive(Clone, Debug, Serialize)]
pub struct RecoverNewPassword {
    /// Nothing is kept.
    pub form: Form,
    /// As typed in step 1; read-only.
    pub username: String,
    /// The policy's rules.
    pub rules: Vec<PasswordRule>,
    /// The parked authorization request.
    pub request: Option<String>,
}

/// R2, step 5.
#[derive(Clone, Debug, Serialize)]
pub struct RecoverDone {
    /// The new password opens L1 only, until the person proves themselves.
    pub capped: bool,
    /// The parked authorization request.
    pub request: Option<String>,
}

impl Page for Recover {
    const TEMPLATE: &'static str = "pages/recover.html";

    fn samples() -> Vec<Self> {
        vec![
            Self { account: true, password: true, phone: true, request: None },
            Self { account: true, password: false, phone: false, request: None },
            Self { account: false, password: false, phone: false, request: Some("Zk3".to_owned()) },
        ]
    }
}

impl Page for RecoverAccount {
    const TEMPLATE: &'static str = "pages/recover/account.html";

    fn samples() -> Vec<Self> {
        let fresh = Self {
            form: Form::new().with("id_type", "CN_RID"),
            types: IdTypeOption::all(),
            captcha: Some(Captcha::sample()),
            unionpay: true,
            request: None,
        };
        let wrong = Form::new()
            .with("name", "林若溪")
            .with("id_type", "PASSPORT")
            .failing("id_number", Message::new("E_ID_FORMAT"))
            .failing("captcha", Message::new("E_CAPTCHA"));
        vec![Self { form: wrong, request: Some("Zk3".to_owned()), ..fresh.clone() }, fresh]
    }
}

impl Page for RecoverCode {
    const TEMPLATE: &'static str = "pages/recover/code.html";

    fn samples() -> Vec<Self> {
        let fresh = Self { form: Form::new(), sent: None, replace_phone: true, request: None };
        let wrong = Form::new().failing("sms", Message::new("E_SMS_CODE"));
        let limit = Form::new().refused(Message::new("E_SMS_LIMIT"));
        let sent = Some(SmsSent::sample());
        vec![
            Self { form: wrong, sent: sent.clone(), request: Some("Zk3".to_owned()), ..fresh.clone() },
            Self { form: limit, replace_phone: false, ..fresh.clone() },
            Self { sent, ..fresh.clone() },
            fresh,
        ]
    }
}

impl Page for RecoverTold {
    const TEMPLATE: &'static str = "pages/recover/told.html";

    fn samples() -> Vec<Self> {
        vec![Self { request: None }, Self { request: Some("Zk3".to_owned()) }]
    }
}

impl Page for RecoverPassword {
    const TEMPLATE: &'static str = "pages/recover/password.html";

    fn samples() -> Vec<Self> {
        let fresh = Self { form: Form::new(), captcha: Some(Captcha::sample()), request: None };
        let wrong = Form::new().with("username", "ruoxi_lin").failing("captcha", Message::new("E_CAPTCHA"));
        vec![
            Self { form: wrong, request: Some("Zk3".to_owned()), ..fresh.clone() },
            Self { captcha: None, ..fresh.clone() },
            fresh,
        ]
    }
}

impl Page for RecoverWay {
    const TEMPLATE: &'static str = "pages/recover/way.html";

    fn samples() -> Vec<Self> {
        let fresh = Self {
            form: Form::new(),
            ways: vec!["id_number_and_sms", "security_questions", "unionpay"],
            request: None,
        };
        let form = Form::new().failing("way", Message::new("E_REQUIRED").with("field", "找回方式"));
        vec![Self { form, request: Some("Zk3".to_owned()), ..fresh.clone() }, fresh]
    }
}

impl Page for RecoverProof {
    const TEMPLATE: &'static str = "pages/recover/proof.html";

    fn samples() -> Vec<Self> {
        let fresh = Self {
            form: Form::new().with("id_type", "CN_RID"),
            types: IdTypeOption::all(),
            sent: None,
            replace_phone: true,
            request: None,
        };
        let typed = Form::new()
            .with("id_type", "CN_RID")
            .with("id_number", "440301199003070019")
            .with("phone", "13800006021");
        let wrong = typed.clone().failing("sms", Message::new("E_SMS_CODE"));
        let sent = Some(SmsSent::sample());
        vec![
            Self { form: wrong, sent: sent.clone(), request: Some("Zk3".to_owned()), ..fresh.clone() },
            Self { form: typed, sent, ..fresh.clone() },
            fresh,
        ]
    }
}

impl Page for RecoverNewPassword {
    const TEMPLATE: &'static str = "pages/recover/new_password.html";

    fn samples() -> Vec<Self> {
        let fresh = Self {
            form: Form::new(),
            username: "ruoxi_lin".to_owned(),
            rules: PasswordRule::samples(RuleState::Open),
            request: None,
        };
        let wrong = Form::new()
            .failing("password", Message::new("E_PASSWORD_SAME"))
            .failing("confirm", Message::new("E_PASSWORD_CONFIRM"));
        vec![Self { form: wrong, request: Some("Zk3".to_owned()), ..fresh.clone() }, fresh]
    }
}

impl Page for RecoverDone {
    const TEMPLATE: &'static str = "pages/recover/done.html";

    fn samples() -> Vec<Self> {
        vec![Self { capped: true, request: None }, Self { capped: false, request: Some("Zk3".to_owned()) }]
    }
}
