//! What each page shows: plain structs, one for each template in `templates/pages/`, without logic.
//!
//! The form fields of each page stand in the doc comment of its struct.

use serde::Serialize;

use crate::kernel::Timestamp;
use crate::notify::CodeSent;

mod account;
mod help;
mod interaction;
mod login;
mod my_data;
mod own_data;
mod problem;
mod questions;
mod recover;
mod recover_card;
mod register;
mod verification;

pub use account::{
    AccountApps, AccountHome, AccountSessions, AppRow, ChangePassword, ChangePasswordDoor, ChangePhone,
    EditProfile, PasswordChanged, Profile, ReenterDocument, Service, SessionRow, SignInRow, Todo,
};
pub use help::{Accessibility, Banks, Contact, Faq, FaqGroup, FaqItem, Guide, Help, Privacy, Terms};
pub use interaction::{Consent, ConsentItem, FormPost, LogoutConfirm, RaiseLevel, ReturnTo, SignedOut};
pub use login::{Choose, Locked, Login, LoginSms, OtherAccount};
pub use my_data::{AgreementRow, DisclosureRow, MyData};
pub use own_data::{OwnData, OwnDataKind};
pub use problem::{Problem, ProblemKind};
pub use questions::{QuestionsStep, RecoverQuestions, SecurityQuestions};
pub use recover::{
    Recover, RecoverAccount, RecoverCode, RecoverDone, RecoverNewPassword, RecoverPassword, RecoverProof,
    RecoverTold, RecoverWay,
};
pub use recover_card::{
    CardPurpose, ContestedChange, ContestedWhat, RecoverCard, RecoverCardDone, Veto, VetoState,
};
pub use register::{
    IdTypeOption, PasswordRule, RegisterDone, RegisterIdentity, RegisterLogin, RegisterStart, RegisterVerify,
    RuleState, Subject, Waiting, WaitingFor, id_type_label,
};
pub use verification::{
    AccountVerification, BankVerification, Evidence, EvidenceState, LevelRow, LevelState, MethodRow,
    UnionPayVerification,
};

/// A picture to read (G7). The input is `captcha`; its id goes back as `captcha_id`.
#[derive(Clone, Debug, Serialize)]
pub struct Captcha {
    /// Which picture it is.
    pub id: String,
    /// Address of the picture, 120 × 44 CSS pixels.
    pub image: String,
    /// Address of its audio version.
    pub audio: String,
}

/// One line of a drop-down list.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
}

/// An SMS code is on its way (G8).
#[derive(Clone, Debug, Serialize)]
pub struct SmsSent {
    /// `138****8000`
    pub phone: String,
    /// From when 重新发送 works.
    pub resend_at: Timestamp,
    /// The gateway does not answer at present: the message comes later.
    pub delayed: bool,
}

impl From<CodeSent> for SmsSent {
    fn from(sent: CodeSent) -> Self {
        Self { phone: sent.masked, resend_at: sent.resend_at, delayed: sent.delayed }
    }
}

impl Captcha {
    fn sample() -> Self {
        Self {
            id: "c1".to_owned(),
            image: "/captcha?id=c1".to_owned(),
            audio: "/captcha/audio?id=c1".to_owned(),
        }
    }
}

impl Choice {
    fn sample_banks() -> Vec<Self> {
        [("CCB", "建设银行"), ("ICBC", "工商银行"), ("BOC", "中国银行"), ("SRCB", "深圳农村商业银行")]
            .map(|(value, label)| Self { value: value.to_owned(), label: label.to_owned() })
            .into()
    }
}

impl SmsSent {
    fn sample() -> Self {
        Self {
            phone: "138****6021".to_owned(),
            resend_at: Timestamp::from_seconds(1_793_633_000),
            delayed: false,
        }
    }
}
