//! The sections of a profile. Doc comments name the requirement each setting comes from; the units are in the types.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Span;
pub use crate::kernel::{CharacterClass, PasswordRules, UsernameRules};
use crate::{kernel::Locale, render::Overrides};

/// One bureau's rules, complete: every key has a value once it is loaded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    pub profile: Profile,
    pub site: Site,
    pub registration: Registration,
    pub username: UsernameRules,
    pub password: PasswordRules,
    pub captcha: Captcha,
    pub login: Login,
    pub lockout: Lockout,
    pub sms: Sms,
    pub recovery: Recovery,
    pub proofing: Proofing,
    pub session: SessionTimes,
    pub tokens: TokenTimes,
    pub levels: Levels,
    pub disclosure: Disclosure,
    #[serde(default)]
    pub texts: Texts,
}

/// Which profile this is and what it builds on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub id: String,
    pub version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inherits: Option<String>,
}

/// A text of the profile in the three languages; a missing one falls back to simplified Chinese.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Localised {
    #[serde(rename = "zh-Hans")]
    pub zh_hans: String,
    #[serde(rename = "zh-Hant", default, skip_serializing_if = "String::is_empty")]
    pub zh_hant: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub en: String,
}

impl Localised {
    /// The text in this language, else in simplified Chinese.
    pub fn of(&self, locale: Locale) -> &str {
        let text = match locale {
            Locale::ZhHans => &self.zh_hans,
            Locale::ZhHant => &self.zh_hant,
            Locale::En => &self.en,
        };
        if text.is_empty() { &self.zh_hans } else { text }
    }
}

/// Who runs the site: header, footer and contact block (pages G1, G6, H7).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    pub name: Localised,
    /// 主办单位.
    pub operator: Localised,
    /// 承办单位.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organiser: Option<Localised>,
    /// 技术支持.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support: Option<Localised>,
    /// The telephone numbers, the most important first; it also stands in the elder mode's help line.
    pub phones: Vec<Contact>,
    #[serde(default)]
    pub emails: Vec<Contact>,
    /// 网站标识码.
    #[serde(default)]
    pub site_id_code: String,
    /// ICP 备案号.
    #[serde(default)]
    pub icp_number: String,
    /// 公安备案号.
    #[serde(default)]
    pub police_number: String,
    /// Links in the header (S4-01).
    #[serde(default)]
    pub nav: Vec<NavLink>,
}

/// A telephone number or an e-mail address with what it is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    pub label: Localised,
    pub value: String,
}

/// One link of the header.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NavLink {
    pub label: Localised,
    pub url: String,
}

/// How a person registers (S0-06, S3-01; contradictions C1 and C13).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    pub proofing: RegistrationProofing,
    /// What the success page leads to when no authorization request waits.
    pub after: AfterRegistration,
    /// Younger people register at a counter (PIPL art. 31).
    pub minimum_age: u8,
    /// How long an unfinished wizard keeps its answers and its username.
    pub flow: Span,
}

/// Whether an account exists before the bank said yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationProofing {
    /// S0-06: without the bank's yes there is no account.
    Required,
    /// S3-01: the person may verify later and is at L1 until then.
    Deferred,
}

/// Contradiction C13.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterRegistration {
    /// The success page shows what comes next.
    ContinueAuthorize,
    /// S1-11: the page tells the person to close it and return to the portal.
    ClosePage,
    /// S2-22: the person's own front page, signed in, says that it is done.
    Home,
}

/// Pages G7; contradiction C18. Before an SMS and before recovery it is always asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Captcha {
    pub kind: CaptchaKind,
    pub login: CaptchaAtLogin,
    /// With `login = "after_failures"`: from this failure on.
    pub after_failures: u32,
    pub lifetime: Span,
}

/// Ways in beside the password (LG1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// 短信登录 (LG2): a code to the registered phone. Such a sign-in stays at L1 until the person proves themselves in it.
    pub sms: bool,
    /// T7: the owner is told of a sign-in by password from a browser that never signed in to the account before, with a link
    /// that ends it. Not of the account's first sign-in.
    pub new_device: bool,
}

/// `none` exists for tests and the demo only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptchaKind {
    Image,
    None,
}

/// When the sign-in page asks for a captcha.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptchaAtLogin {
    Always,
    AfterFailures,
    Never,
}

/// S4-16, S4-17 and the wider net over all sources (decisions, “What may be known”).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lockout {
    /// Consecutive failures of one name from one source that lock this pair.
    pub threshold: u32,
    pub duration: Span,
    /// Failures of one account from all sources within `account_window` that stop password sign-in from new browsers.
    pub account_threshold: u32,
    pub account_window: Span,
}

/// One-time codes by SMS (domain §5).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    /// What stands in 【】 at the head of every message.
    pub signature: String,
    pub code_digits: u8,
    pub code_lifetime: Span,
    pub resend_after: Span,
    /// Wrong entries after which a code is dead.
    pub code_attempts: u32,
    pub per_number_hour: u32,
    pub per_number_day: u32,
    pub per_source_hour: u32,
}

/// What whoever forgot something may do on line (C7, C11). A way that is not listed is not shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recovery {
    /// Ways to a username, in their order (S3-08).
    pub account: Vec<AccountWay>,
    /// Ways to a new password, in their order (S0-25, S3-11).
    pub password: Vec<PasswordWay>,
    /// 更换手机号 by a bank's word (S1-52).
    pub phone: bool,
    /// What happens to a code for a phone that is not the registered one.
    pub sms_to_unregistered: SmsToUnregistered,
    /// How long the phone of before may undo a change of phone.
    pub veto: Span,
}

impl Recovery {
    /// Whether security questions are of any use (A11).
    pub fn asks_questions(&self) -> bool {
        self.password.contains(&PasswordWay::SecurityQuestions)
    }
}

/// A way to a username.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountWay {
    /// 手机验证找回.
    Phone,
    /// 银联认证找回.
    #[serde(rename = "unionpay")]
    UnionPay,
}

impl AccountWay {
    /// The word of audit events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::UnionPay => "unionpay",
        }
    }
}

/// A way to a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasswordWay {
    /// 证件号码+手机验证码.
    IdNumberAndSms,
    /// 密保问题, with the full ID number.
    SecurityQuestions,
    /// 银联认证.
    #[serde(rename = "unionpay")]
    UnionPay,
}

impl PasswordWay {
    /// The word of forms and audit events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IdNumberAndSms => "id_number_and_sms",
            Self::SecurityQuestions => "security_questions",
            Self::UnionPay => "unionpay",
        }
    }
}

/// Contradiction C11.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmsToUnregistered {
    /// Nothing is sent; page, status and time are the same.
    Suppress,
}

/// The bank check (S1-33, S1-34, domain §2.1). All limits count within 24 hours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proofing {
    /// Ways to be verified by a bank card, in the order in which they are offered (C2); one that is not configured is
    /// not shown.
    pub methods: Vec<CardMethod>,
    pub per_card: u32,
    pub per_identity: u32,
    pub per_phone: u32,
    pub per_account: u32,
    pub per_source: u32,
    /// Questions to one authority within a second, over all nodes; more wait.
    pub per_second: u32,
    /// Bank attempts within one wizard.
    pub attempts_per_flow: u32,
    /// How long a bank's yes counts.
    pub evidence_months: u32,
    /// How long the browser waits for the bank before the waiting page.
    pub wait: Span,
    /// How often the waiting page asks again.
    pub refresh: Span,
    /// In the order in which the page offers them.
    pub banks: Vec<Bank>,
}

/// A way to be verified by a bank card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CardMethod {
    /// 银行卡四要素, at a bank of the list (S1-33).
    Bank,
    /// 银联实名认证, with any card, after sign-in (S3-02).
    UnionPay,
}

impl CardMethod {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Bank, Self::UnionPay];

    /// The word of columns and audit events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bank => "bank",
            Self::UnionPay => "unionpay",
        }
    }
}

/// One bank of the list (S1-34).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bank {
    pub code: String,
    pub name: Localised,
    #[serde(default = "enabled")]
    pub enabled: bool,
}

fn enabled() -> bool {
    true
}

/// The browser's session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionTimes {
    pub idle: Span,
    pub absolute: Span,
    /// Last-seen is written at most this often.
    pub touch: Span,
}

/// How long what the provider issues is good for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenTimes {
    pub code: Span,
    pub id_token: Span,
    pub access_token: Span,
    /// An authorization request that waits for its person.
    pub parked_request: Span,
    pub refresh_absolute: Span,
    pub refresh_idle: Span,
    /// Within this time the same client may ask again with the refresh token it has just used.
    pub refresh_grace: Span,
}

/// Names and prefix of the real-name levels (S2-01, S2-03, contradiction C8).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Levels {
    /// Stands before `L1`, `L2`, `L3` in `acr`.
    pub acr_prefix: String,
    pub l1: Localised,
    pub l2: Localised,
    pub l3: Localised,
    /// Whether 实人认证 can be reached here; else it is shown as 未开通.
    pub l3_open: bool,
}

impl Levels {
    /// What this bureau calls the levels: the texts of the catalogue that name them.
    fn names(&self) -> [(&'static str, &Localised); 3] {
        [("level-name-l1", &self.l1), ("level-name-l2", &self.l2), ("level-name-l3", &self.l3)]
    }
}

/// The one budgeted answer about other people's accounts (contradiction C9).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disclosure {
    /// Times one registration may be told that an identity is taken.
    pub per_flow: u32,
    /// Times one source may be told so in an hour.
    pub per_source_hour: u32,
}

/// Texts of the locale catalogue that this bureau words otherwise, by key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    #[serde(rename = "zh-Hans", default)]
    pub zh_hans: BTreeMap<String, String>,
    #[serde(rename = "zh-Hant", default)]
    pub zh_hant: BTreeMap<String, String>,
    #[serde(default)]
    pub en: BTreeMap<String, String>,
}

impl Texts {
    /// The texts in one language.
    pub fn of(&self, locale: Locale) -> &BTreeMap<String, String> {
        match locale {
            Locale::ZhHans => &self.zh_hans,
            Locale::ZhHant => &self.zh_hant,
            Locale::En => &self.en,
        }
    }
}

impl Policy {
    /// The bureau's own words, as the renderer takes them: its texts, the names of its levels, and the figures that stand in
    /// texts.
    pub fn overrides(&self) -> Overrides {
        let of = |locale| {
            let names = self.levels.names().map(|(key, name)| (key.to_owned(), name.of(locale).to_owned()));
            let figures = self.figures().map(|(key, figure)| (key.to_owned(), figure));
            names.into_iter().chain(figures).chain(self.texts.of(locale).clone()).collect()
        };
        Locale::ALL.iter().map(|locale| (*locale, of(*locale))).collect()
    }

    /// What people are told must be what is done.
    fn figures(&self) -> [(&'static str, String); 8] {
        [
            ("username-min", self.username.min.to_string()),
            ("username-max", self.username.max.to_string()),
            ("password-min", self.password.min.to_string()),
            ("password-max", self.password.max.to_string()),
            ("keyboard-run-max", self.password.keyboard_run_max.to_string()),
            ("lockout-times", self.lockout.threshold.to_string()),
            ("lockout-time", in_words(self.lockout.duration)),
            ("sms-code-time", in_words(self.sms.code_lifetime)),
        ]
    }
}

/// In the largest unit that fits; the catalogue has the words.
fn in_words(span: Span) -> String {
    let seconds = span.as_seconds();
    let units = [("days", 86_400), ("hours", 3_600), ("minutes", 60)];
    let (unit, length) =
        units.into_iter().find(|(_, length)| seconds.is_multiple_of(*length)).unwrap_or(("seconds", 1));
    format!("{{ -{unit}(n: {}) }}", seconds / length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_translation_falls_back_to_simplified_chinese() {
        let text =
            Localised { zh_hans: "登录".to_owned(), zh_hant: "登錄".to_owned(), en: String::new() };
        assert_eq!(
            (text.of(Locale::ZhHans), text.of(Locale::ZhHant), text.of(Locale::En)),
            ("登录", "登錄", "登录")
        );
    }

    #[test]
    fn the_figures_in_texts_are_those_of_the_policy() {
        let mut policy = Policy::embedded("guangdong").unwrap();
        (policy.username.min, policy.username.max) = (6, 12);
        (policy.lockout.threshold, policy.lockout.duration) = (3, Span::seconds(5_400));
        policy.sms.code_lifetime = Span::seconds(90);
        policy.password.max = 64;
        let texts = crate::render::Texts::load(&policy.overrides()).unwrap();
        let said = |key, locale| texts.say(locale, &crate::kernel::Message::new(key).with("phone", "x"));
        let chinese = |key| said(key, Locale::ZhHans);
        assert!(chinese("E_USERNAME_FORMAT").contains("6-12位"), "{}", chinese("E_USERNAME_FORMAT"));
        assert!(chinese("guide-password-text").contains("8-64位"), "{}", chinese("guide-password-text"));
        assert!(
            chinese("login-warning").contains("连续错误3次后账号将被锁定90分钟"),
            "{}",
            chinese("login-warning")
        );
        assert!(said("E_LOCKED", Locale::En).contains("3 times in a row. Locked for 90 minutes"));
        assert!(said("sms-sent", Locale::ZhHant).contains("90秒"));
        policy.lockout.duration = Span::seconds(86_400);
        let texts = crate::render::Texts::load(&policy.overrides()).unwrap();
        let message = crate::kernel::Message::new("login-warning");
        assert!(texts.say(Locale::En, &message).contains("locked for 1 day!"));
    }

    #[test]
    fn s2_01_each_level_has_the_bureaus_name_on_the_pages() {
        let mut policy = Policy::embedded("jiangsu").unwrap();
        policy.levels.l2.zh_hans = "银行认证".to_owned();
        let texts = crate::render::Texts::load(&policy.overrides()).unwrap();
        let badge = |level| {
            texts.say(Locale::ZhHans, &crate::kernel::Message::new("level-badge").with("level", level))
        };
        assert_eq!(["L1", "L2", "L3"].map(badge), ["一级·手机认证", "二级·银行认证", "三级·实人认证"]);
    }
}
