//! How often, how fast, and by whom: captchas, rate windows, budgets, and the lockout of sign-in.
//!
//! Invariants: no key holds personal data (names and addresses stand there as MACs); nobody can tell from any of these
//! whether an account exists. Windows below an hour live in the ephemeral store and fail closed with it; budgets of an
//! hour or longer and lockouts are rows. May use `policy`, `storage`, `kernel`.

mod captcha;
mod lockout;
mod rate;
mod settings;

use std::sync::Arc;

pub use captcha::{Captcha, CaptchaId, Challenge};
pub use lockout::{Browser, Failure, LockState, Lockout};
pub use rate::{Budget, RateError, RateKey, Window};
pub use settings::Settings;

use crate::{
    policy::Policy,
    storage::{Base, Ephemeral},
};

/// The façade of this room; cheap to clone.
#[derive(Clone)]
pub struct Limits {
    base: Base,
    ephemeral: Arc<dyn Ephemeral>,
    captcha: Captcha,
    lockout: Lockout,
    settings: Arc<Settings>,
}

impl Limits {
    #[must_use]
    pub fn new(base: Base, ephemeral: Arc<dyn Ephemeral>, policy: &Policy, settings: Settings) -> Self {
        Self {
            captcha: Captcha::new(base.clone(), ephemeral.clone(), &policy.captcha),
            lockout: Lockout::new(base.clone(), &policy.lockout),
            settings: Arc::new(settings),
            base,
            ephemeral,
        }
    }

    #[must_use]
    pub const fn captcha(&self) -> &Captcha {
        &self.captcha
    }

    #[must_use]
    pub const fn lockout(&self) -> &Lockout {
        &self.lockout
    }

    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}

#[cfg(test)]
mod testing {
    //! What the tests of this room stand on.

    use super::*;
    use crate::storage::{
        MemoryEphemeral,
        testing::{TestStore, db},
    };

    pub async fn limits() -> (TestStore, Limits) {
        limits_under(&Policy::embedded("reference").unwrap()).await
    }

    pub async fn limits_under(policy: &Policy) -> (TestStore, Limits) {
        let store = db().await;
        let ephemeral = Arc::new(MemoryEphemeral::new(store.clock.clone()));
        let limits = Limits::new(store.base(), ephemeral, policy, Settings::default());
        (store, limits)
    }
}
