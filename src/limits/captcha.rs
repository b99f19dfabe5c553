//! Captchas (pages G7): four characters, as picture and as sound, one use, 120 seconds.
//!
//! The characters are derived from the id under the vault's key and stored nowhere; what is stored is that the id has not
//! been answered yet. So any node can draw what another one issued, and whoever reads the store learns no answer.

mod drawing;
mod sound;

use std::{fmt, str::FromStr, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq;

use crate::{
    kernel::random_bytes,
    policy::{self, CaptchaKind},
    storage::{Base, Ephemeral, EphemeralError},
};

/// Without 0 O o 1 l I i; in lower case, and answered in any.
const ALPHABET: &[u8; 30] = b"23456789abcdefghjkmnpqrstuvwxy";
const LENGTH: usize = 4;
const ID_BYTES: usize = 16;

/// Which captcha: 128 random bits in base64url.
#[derive(Clone, PartialEq, Eq)]
pub struct CaptchaId(String);

/// A text that is no captcha's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a captcha")]
pub struct CaptchaIdError;

impl CaptchaId {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn key(&self) -> String {
        format!("captcha:{}", self.0)
    }
}

impl FromStr for CaptchaId {
    type Err = CaptchaIdError;

    fn from_str(text: &str) -> Result<Self, CaptchaIdError> {
        match URL_SAFE_NO_PAD.decode(text) {
            Ok(bytes) if bytes.len() == ID_BYTES => Ok(Self(text.to_owned())),
            _ => Err(CaptchaIdError),
        }
    }
}

impl fmt::Display for CaptchaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CaptchaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaptchaId({})", self.0)
    }
}

/// Issues, shows and checks; cheap to clone.
#[derive(Clone)]
pub struct Captcha {
    base: Base,
    ephemeral: Arc<dyn Ephemeral>,
    kind: CaptchaKind,
    lifetime: std::time::Duration,
}

/// A captcha that may still be answered, to be shown. Drawing is work for the processor: some milliseconds.
pub struct Challenge {
    text: String,
    base: Base,
}

impl Captcha {
    pub(super) fn new(base: Base, ephemeral: Arc<dyn Ephemeral>, policy: &policy::Captcha) -> Self {
        Self { base, ephemeral, kind: policy.kind, lifetime: policy.lifetime.std() }
    }

    /// Whether captchas are shown at all; with the kind `none` every answer is right.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        self.kind == CaptchaKind::Image
    }

    /// A new one.
    ///
    /// # Errors
    /// That the ephemeral store is gone.
    pub async fn issue(&self) -> Result<CaptchaId, EphemeralError> {
        let id = CaptchaId(URL_SAFE_NO_PAD.encode(random_bytes::<ID_BYTES>(self.base.rng.as_ref())));
        self.ephemeral.put(&id.key(), "", self.lifetime).await?;
        Ok(id)
    }

    /// What to show for an id that was not answered and has not expired.
    ///
    /// # Errors
    /// That the ephemeral store is gone.
    pub async fn challenge(&self, id: &CaptchaId) -> Result<Option<Challenge>, EphemeralError> {
        let live = self.ephemeral.get(&id.key()).await?;
        Ok(live.map(|_| Challenge { text: self.answer(id), base: self.base.clone() }))
    }

    /// Whether the answer is right. The captcha is used up either way.
    ///
    /// # Errors
    /// That the ephemeral store is gone.
    pub async fn check(&self, id: &str, answer: &str) -> Result<bool, EphemeralError> {
        if !self.is_shown() {
            return Ok(true);
        }
        let Ok(id) = id.parse::<CaptchaId>() else { return Ok(false) };
        let live = self.ephemeral.take(&id.key()).await?.is_some();
        let typed: String = answer.split_whitespace().collect::<String>().to_ascii_lowercase();
        let right: bool = typed.as_bytes().ct_eq(self.answer(&id).as_bytes()).into();
        Ok(live && right)
    }

    /// The characters of an id.
    fn answer(&self, id: &CaptchaId) -> String {
        let mac = self.base.vault.mac("captcha", id.as_str().as_bytes());
        let pick = |pair: &[u8]| {
            let number = pair.iter().fold(0, |sum, byte| sum * 256 + usize::from(*byte));
            ALPHABET.get(number % ALPHABET.len()).map(|byte| char::from(*byte))
        };
        mac.chunks(2).filter_map(pick).take(LENGTH).collect()
    }
}

impl Challenge {
    /// The picture, 220 × 90; `None` when it cannot be drawn.
    #[must_use]
    pub fn png(&self) -> Option<Vec<u8>> {
        drawing::png(&self.text, self.base.rng.as_ref())
    }

    /// The characters spoken in English over noise; `None` when they cannot be.
    #[must_use]
    pub fn wav(&self) -> Option<Vec<u8>> {
        sound::wav(&self.text, self.base.rng.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        limits::testing::{limits, limits_under},
        policy::Policy,
    };
    use chrono::TimeDelta;

    #[tokio::test]
    async fn the_right_answer_passes_once_in_any_case() {
        let (_store, limits) = limits().await;
        let captcha = limits.captcha();
        let id = captcha.issue().await.unwrap();
        let answer = format!(" {} ", captcha.answer(&id).to_uppercase());
        assert!(captcha.check(id.as_str(), &answer).await.unwrap());
        assert!(!captcha.check(id.as_str(), &answer).await.unwrap());
    }

    #[tokio::test]
    async fn a_wrong_answer_uses_it_up_too() {
        let (_store, limits) = limits().await;
        let captcha = limits.captcha();
        let id = captcha.issue().await.unwrap();
        assert!(!captcha.check(id.as_str(), "0000").await.unwrap());
        assert!(!captcha.check(id.as_str(), &captcha.answer(&id)).await.unwrap());
        assert!(captcha.challenge(&id).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn it_lives_two_minutes() {
        let (store, limits) = limits().await;
        let captcha = limits.captcha();
        let id = captcha.issue().await.unwrap();
        store.clock.advance(TimeDelta::seconds(119));
        assert!(captcha.challenge(&id).await.unwrap().is_some());
        store.clock.advance(TimeDelta::seconds(1));
        assert!(captcha.challenge(&id).await.unwrap().is_none());
        assert!(!captcha.check(id.as_str(), &captcha.answer(&id)).await.unwrap());
    }

    #[tokio::test]
    async fn an_id_that_we_did_not_issue_opens_nothing() {
        let (_store, limits) = limits().await;
        let captcha = limits.captcha();
        let foreign: CaptchaId = "AAAAAAAAAAAAAAAAAAAAAA".parse().unwrap();
        assert!(!captcha.check(foreign.as_str(), &captcha.answer(&foreign)).await.unwrap());
        assert!(!captcha.check("", "").await.unwrap());
        assert!(!captcha.check("../x", "abcd").await.unwrap());
    }

    #[tokio::test]
    async fn answers_have_four_characters_that_nobody_confuses() {
        let (_store, limits) = limits().await;
        let captcha = limits.captcha();
        for _ in 0..200 {
            let answer = captcha.answer(&captcha.issue().await.unwrap());
            assert_eq!(answer.len(), LENGTH);
            assert!(!answer.contains(['0', 'o', '1', 'l', 'i']), "{answer}");
        }
    }

    #[tokio::test]
    async fn both_forms_are_made_and_differ_each_time() {
        let (_store, limits) = limits().await;
        let id = limits.captcha().issue().await.unwrap();
        let challenge = limits.captcha().challenge(&id).await.unwrap().unwrap();
        let (one, two) = (challenge.png().unwrap(), challenge.png().unwrap());
        assert!(one.starts_with(b"\x89PNG") && one != two);
        let (one, two) = (challenge.wav().unwrap(), challenge.wav().unwrap());
        assert!(one.starts_with(b"RIFF") && one != two);
    }

    #[tokio::test]
    async fn with_the_kind_none_every_answer_is_right() {
        let mut policy = Policy::embedded("reference").unwrap();
        policy.captcha.kind = CaptchaKind::None;
        let (_store, limits) = limits_under(&policy).await;
        assert!(!limits.captcha().is_shown());
        assert!(limits.captcha().check("", "").await.unwrap());
    }
}
