//! From TOML to a [`Policy`]: the chain of inheritance, the layers, the safety rules.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{
    Policy, Surroundings,
    layers::{Layer, LayerError, extract},
    safety,
};
use crate::render::{RenderError, Texts as Catalogue};

const EMBEDDED: [(&str, &str); 4] = [
    ("reference", include_str!("profiles/reference.toml")),
    ("shenzhen", include_str!("profiles/shenzhen.toml")),
    ("jiangsu", include_str!("profiles/jiangsu.toml")),
    ("guangdong", include_str!("profiles/guangdong.toml")),
];

/// Which profile this installation follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// An embedded profile.
    pub profile: String,
    /// A file with what this bureau does otherwise; its own `inherits` goes before `profile`.
    pub file: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { profile: "reference".to_owned(), file: None }
    }
}

/// Why there is no policy; the program does not start.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    #[error("policy file {path}: {cause}", path = path.display())]
    Unreadable { path: PathBuf, cause: std::io::Error },
    #[error("there is no profile `{name}`; embedded are {}", Policy::names().join(", "))]
    UnknownProfile { name: String },
    #[error("profile `{name}` inherits itself")]
    Circle { name: String },
    #[error(transparent)]
    Malformed(#[from] LayerError),
    #[error("texts: {0}")]
    Texts(#[from] RenderError),
    #[error("unsafe policy:\n{}", .0.join("\n"))]
    Unsafe(Vec<String>),
}

impl Policy {
    /// The names of the embedded profiles.
    pub fn names() -> Vec<&'static str> {
        EMBEDDED.iter().map(|(name, _)| *name).collect()
    }

    /// The profile of the settings, complete and checked against the surroundings it will run in.
    ///
    /// # Errors
    /// A file that cannot be read, an unknown key (with its origin), an unsafe combination.
    pub fn load(settings: &Settings, surroundings: Surroundings) -> Result<Self, PolicyError> {
        let mut chain = Vec::new();
        let mut next = settings.profile.clone();
        if let Some(path) = &settings.file {
            let text = std::fs::read_to_string(path)
                .map_err(|cause| PolicyError::Unreadable { path: path.clone(), cause })?;
            let layer = Layer::toml(path.display().to_string(), &text)?;
            next = layer.text("profile.inherits").unwrap_or(next);
            chain.push(layer);
        }
        inherit(next, &mut chain)?;
        chain.reverse();
        checked(extract(chain)?, surroundings)
    }

    /// An embedded profile as it is, checked as in production.
    ///
    /// # Errors
    /// As [`Policy::load`].
    pub fn embedded(name: &str) -> Result<Self, PolicyError> {
        Self::load(&Settings { profile: name.to_owned(), file: None }, Surroundings::Production)
    }
}

/// Appends a profile and all it builds on, the base last.
fn inherit(first: String, chain: &mut Vec<Layer>) -> Result<(), PolicyError> {
    let mut seen = Vec::new();
    let mut next = Some(first);
    while let Some(name) = next {
        let Some((_, text)) = EMBEDDED.iter().find(|(known, _)| *known == name) else {
            return Err(PolicyError::UnknownProfile { name });
        };
        if seen.contains(&name) {
            return Err(PolicyError::Circle { name });
        }
        let layer = Layer::toml(format!("profile {name}"), text)?;
        next = layer.text("profile.inherits");
        chain.push(layer);
        seen.push(name);
    }
    Ok(())
}

impl Policy {
    /// What is unsafe or cannot be meant, one line each, beginning with the key.
    pub fn complaints(&self, surroundings: Surroundings) -> Vec<String> {
        safety::complaints(self, surroundings)
    }
}

fn checked(policy: Policy, surroundings: Surroundings) -> Result<Policy, PolicyError> {
    Catalogue::load(&policy.overrides())?;
    let complaints = policy.complaints(surroundings);
    if complaints.is_empty() { Ok(policy) } else { Err(PolicyError::Unsafe(complaints)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        kernel::{Locale, Message},
        policy::{AfterRegistration, CaptchaAtLogin, RegistrationProofing, Span},
    };

    fn file(text: &str) -> (tempfile::TempDir, Settings) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bureau.toml");
        std::fs::write(&path, text).unwrap();
        (folder, Settings { file: Some(path), ..Settings::default() })
    }

    fn refused(text: &str) -> String {
        let (_folder, settings) = file(text);
        Policy::load(&settings, Surroundings::Production).unwrap_err().to_string()
    }

    #[test]
    fn every_embedded_profile_is_complete_and_safe() {
        for name in Policy::names() {
            let policy = Policy::embedded(name).unwrap();
            assert_eq!(policy.profile.id, name);
        }
    }

    #[test]
    fn the_reference_profile_has_the_lifetimes_of_the_decisions() {
        let policy = Policy::embedded("reference").unwrap();
        assert_eq!(policy.tokens.code, Span::seconds(60));
        assert_eq!(policy.tokens.access_token, Span::minutes(10));
        assert_eq!(policy.tokens.parked_request, Span::minutes(60));
        assert_eq!(policy.session.idle, Span::minutes(30));
        assert_eq!(policy.registration.proofing, RegistrationProofing::Deferred);
    }

    #[test]
    fn s1_34_the_twelve_banks_and_the_social_security_card_are_offered_in_order() {
        for name in ["reference", "shenzhen"] {
            let policy = Policy::embedded(name).unwrap();
            let banks: Vec<_> = policy.proofing.banks.iter().map(|bank| bank.name.zh_hans.as_str()).collect();
            assert_eq!(
                banks.join("、"),
                "建设银行、工商银行、中国银行、农业银行、招商银行、平安银行、深圳农村商业银行、邮储银行、交通银行、中信银行、光大银行、民生银行、深圳金融社保卡"
            );
            assert!(policy.proofing.banks.iter().all(|bank| bank.enabled));
        }
    }

    #[test]
    fn s0_06_shenzhen_requires_proof_and_differs_from_the_reference_only_where_it_says() {
        let (reference, shenzhen) =
            (Policy::embedded("reference").unwrap(), Policy::embedded("shenzhen").unwrap());
        assert_eq!(shenzhen.registration.proofing, RegistrationProofing::Required);
        assert_eq!(shenzhen.captcha.login, CaptchaAtLogin::Always);
        assert_eq!(shenzhen.captcha.kind, reference.captcha.kind);
        assert_eq!((shenzhen.lockout, shenzhen.session), (reference.lockout, reference.session));
    }

    #[test]
    fn s2_02_and_s3_01_jiangsu_and_guangdong_verify_after_the_registration() {
        let (jiangsu, guangdong) =
            (Policy::embedded("jiangsu").unwrap(), Policy::embedded("guangdong").unwrap());
        for policy in [&jiangsu, &guangdong] {
            assert_eq!(policy.registration.proofing, RegistrationProofing::Deferred);
            assert!(policy.proofing.banks.iter().all(|bank| !bank.name.zh_hans.contains("深圳")));
            assert!(!policy.levels.l3_open, "S2-03");
        }
        assert_eq!(jiangsu.registration.after, AfterRegistration::Home, "S2-22");
        assert_eq!(jiangsu.captcha.login, CaptchaAtLogin::Always, "S2-05");
        assert_eq!(guangdong.captcha.login, CaptchaAtLogin::AfterFailures, "C18");
        let lockout = &guangdong.lockout;
        assert_eq!((lockout.threshold, lockout.duration), (5, Span::minutes(60)), "S4-17");
        let nav: Vec<_> = guangdong.site.nav.iter().map(|link| link.label.zh_hans.as_str()).collect();
        assert_eq!(nav, ["网办平台", "用户登录", "选调生考试", "公务员考试", "继续教育"], "S4-01");
    }

    #[test]
    fn s1_55_shenzhen_names_both_telephones_and_the_address() {
        let site = Policy::embedded("shenzhen").unwrap().site;
        let phones: Vec<_> = site.phones.iter().map(|contact| contact.value.as_str()).collect();
        assert_eq!(phones, ["0755-12333", "0755-88100099"]);
        assert_eq!(site.emails.first().unwrap().value, "ksykwb@hrss.sz.gov.cn");
    }

    #[test]
    fn s1_08_shenzhen_words_what_its_own_portal_words() {
        let texts = |name| Catalogue::load(&Policy::embedded(name).unwrap().overrides()).unwrap();
        let said = |texts: &Catalogue, key| texts.say(Locale::ZhHans, &Message::new(key));
        let (reference, shenzhen) = (texts("reference"), texts("shenzhen"));
        assert!(said(&reference, "E_ID_TAKEN_PERSON").starts_with("自然人证件号码已被使用"));
        assert!(said(&shenzhen, "E_ID_TAKEN_PERSON").starts_with("证件已被使用"));
        assert!(said(&shenzhen, "recover-link").contains("忘记用户名？"));
        assert_eq!(said(&shenzhen, "BANK_ID_MISMATCH"), "人员姓名或证件类型或证件号与银行登记不匹配");
    }

    #[test]
    fn s1_43_the_last_remedy_names_the_authority_its_telephone_and_its_address() {
        let texts = Catalogue::load(&Policy::embedded("shenzhen").unwrap().overrides()).unwrap();
        for locale in [Locale::ZhHans, Locale::ZhHant, Locale::En] {
            let remedy = texts.say(locale, &Message::new("banks-mismatch-4"));
            assert!(remedy.contains("0755-88100099") && remedy.contains("ksykwb@hrss.sz.gov.cn"), "{remedy}");
        }
    }

    #[test]
    fn c10_a_text_that_no_page_has_is_refused() {
        assert!(refused("[texts.zh-Hans]\nE_UNHEARD_OF = \"…\"").contains("E_UNHEARD_OF"));
    }

    #[test]
    fn a_file_changes_what_it_names_on_top_of_what_it_inherits() {
        let (_folder, settings) =
            file("[profile]\nid = \"ours\"\ninherits = \"shenzhen\"\n[lockout]\nduration = \"2h\"");
        let policy = Policy::load(&settings, Surroundings::Production).unwrap();
        assert_eq!((policy.profile.id.as_str(), policy.lockout.duration), ("ours", Span::minutes(120)));
        assert_eq!(policy.captcha.login, CaptchaAtLogin::Always);
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_file_that_wrote_it() {
        let message = refused("[lockout]\ntreshold = 3");
        assert!(message.contains("bureau.toml: `lockout.treshold` is no known key here"), "{message}");
    }

    #[test]
    fn an_unsafe_file_a_missing_file_and_an_unknown_base_are_refused() {
        assert!(refused("[lockout]\nthreshold = 0").starts_with("unsafe policy:\nlockout.threshold"));
        assert!(refused("[profile]\ninherits = \"atlantis\"").contains("no profile `atlantis`"));
        let settings = Settings { file: Some("/nowhere/bureau.toml".into()), ..Settings::default() };
        let error = Policy::load(&settings, Surroundings::Production).unwrap_err();
        assert!(error.to_string().starts_with("policy file /nowhere/bureau.toml"));
    }
}
