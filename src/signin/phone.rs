//! A14 `/account/phone`: a signed-in person gives the account another phone, by a code to the old one and a code to the new.
//!
//! Whoever took over a session has no code of the old phone, and whoever came by a recovery may not (`decisions.md`, “Ceiling
//! of a password”). No other account loses a phone here: that takes a bank's word.

use tracing::instrument;

use super::{CaptchaAnswer, Signin};
use crate::{
    kernel::{Ctx, Faults, Message, Phone, Secret, SessionId, given, required},
    limits::{RateError, RateKey, Window},
    notify::{CodeCheck, CodeError, CodePurpose, CodeRequest, CodeSent},
    people::Person,
    storage::{EphemeralError, StoreError},
};

const PURPOSE: CodePurpose = CodePurpose::ChangePhone;

/// The form.
#[derive(Clone, Copy, Debug)]
pub struct PhoneForm<'a> {
    /// The new one, as typed.
    pub phone: &'a str,
    /// The code of the old one.
    pub old_sms: &'a Secret,
    /// The code of the new one.
    pub sms: &'a Secret,
}

/// Who changes it, and in which session: a code of one is worth nothing in another.
#[derive(Clone, Copy, Debug)]
pub struct PhoneOwner<'a> {
    pub person: &'a Person,
    pub session: SessionId,
}

/// Why a form about a phone does not go through.
#[derive(Debug, thiserror::Error)]
pub enum PhoneError {
    /// What to correct: `old_sms`, `phone`, `sms`, `captcha`, or the form as a whole.
    #[error("the form has faults")]
    Invalid(Faults),
    /// E_RATE
    #[error("too many")]
    TooMany,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Ephemeral(#[from] EphemeralError),
}

impl From<Faults> for PhoneError {
    fn from(faults: Faults) -> Self {
        Self::Invalid(faults)
    }
}

impl From<RateError> for PhoneError {
    fn from(error: RateError) -> Self {
        match error {
            RateError::TooMany => Self::TooMany,
            RateError::Ephemeral(error) => Self::Ephemeral(error),
        }
    }
}

/// What is wrong with a code belongs to its input.
pub(super) fn at(field: &'static str, error: CodeError) -> PhoneError {
    match (error.message(), error) {
        (_, CodeError::Store(error)) => PhoneError::Store(error),
        (Some(message), _) => Faults::at(field, message).into(),
        (None, _) => PhoneError::TooMany,
    }
}

impl Signin {
    /// Sends a code to the account's phone.
    ///
    /// # Errors
    /// E_SMS_TOO_FAST, E_SMS_LIMIT.
    #[instrument(skip_all)]
    pub async fn send_old_phone_code(&self, ctx: &Ctx, owner: PhoneOwner<'_>) -> Result<(), PhoneError> {
        let phone = old_phone(owner.person)?;
        self.send_phone_code(ctx, (owner, phone), "old_sms").await
    }

    /// Sends a code to the phone that was typed, after a captcha (G8).
    ///
    /// # Errors
    /// E_PHONE_FORMAT, E_CAPTCHA, E_SMS_TOO_FAST, E_SMS_LIMIT.
    #[instrument(skip_all)]
    pub async fn send_new_phone_code(
        &self,
        ctx: &Ctx,
        owner: PhoneOwner<'_>,
        (typed, captcha): (&str, CaptchaAnswer<'_>),
    ) -> Result<(), PhoneError> {
        let phone = new_phone(owner.person, typed)?;
        let gate = self.rooms.limits.captcha();
        if gate.is_shown() && captcha.answer.trim().is_empty() {
            return Err(Faults::at("captcha", required("captcha")).into());
        }
        if !gate.check(captcha.id, captcha.answer).await? {
            return Err(Faults::of("captcha", "E_CAPTCHA").into());
        }
        self.send_phone_code(ctx, (owner, &phone), "sms").await
    }

    /// The code on its way to a phone, if there is one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn phone_code_sent(
        &self,
        ctx: &Ctx,
        owner: PhoneOwner<'_>,
        phone: &Phone,
    ) -> Result<Option<CodeSent>, StoreError> {
        let flow = owner.session.to_string();
        self.rooms.notify.codes().find_sent(ctx, CodeRequest { purpose: PURPOSE, phone, flow: &flow }).await
    }

    /// Both codes are right: the phone is the account's, and both numbers hear of it.
    ///
    /// # Errors
    /// What to correct: E_SMS_CODE, E_PHONE_USED.
    #[instrument(skip_all)]
    pub async fn change_phone(
        &self,
        ctx: &Ctx,
        owner: PhoneOwner<'_>,
        form: PhoneForm<'_>,
    ) -> Result<(), PhoneError> {
        let person = owner.person;
        let old = old_phone(person)?;
        let mut faults = Faults::default();
        faults.keep("old_sms", given(form.old_sms.expose(), "sms-code"));
        let new = new_phone(person, form.phone).map_err(|found| faults.append(found)).ok();
        faults.keep("sms", given(form.sms.expose(), "sms-code"));
        let new = faults.complete(new)?;
        let (flow, codes) = (owner.session.to_string(), self.rooms.notify.codes());
        let check = |phone, code| CodeCheck { purpose: PURPOSE, phone, flow: &flow, code };
        let olds = codes.check(ctx, check(old, form.old_sms)).await.map_err(|error| at("old_sms", error))?;
        let news = codes.check(ctx, check(&new, form.sms)).await.map_err(|error| at("sms", error))?;
        let tx = self.rooms.base.db.begin().await?;
        codes.take(&tx, ctx, &olds).await.map_err(|error| at("old_sms", error))?;
        codes.take(&tx, ctx, &news).await.map_err(|error| at("sms", error))?;
        self.rooms.people.locked(&tx, person.id).await?;
        if self.rooms.people.phone_holder(&tx, &new).await?.is_some() {
            return Err(Faults::of("phone", "E_PHONE_USED").into());
        }
        if self.rooms.ownership.is_frozen(&tx, ctx, person.id).await? {
            return Err(Faults::whole(Message::new("E_RECOVER_FROZEN")).into());
        }
        self.rooms.ownership.change_phone(&tx, ctx, person, &new).await?;
        Ok(tx.commit().await?)
    }

    async fn send_phone_code(
        &self,
        ctx: &Ctx,
        (owner, phone): (PhoneOwner<'_>, &Phone),
        field: &'static str,
    ) -> Result<(), PhoneError> {
        let per_minute = Window::per_minute(self.rooms.limits.settings().codes_per_minute);
        self.rooms.limits.rate(RateKey::Source("account.sms", ctx.source), per_minute).await?;
        let flow = owner.session.to_string();
        let request = CodeRequest { purpose: PURPOSE, phone, flow: &flow };
        self.rooms.notify.codes().send(ctx, request).await.map_err(|error| at(field, error))?;
        Ok(())
    }
}

/// An account whose phone went to somebody else gets one by a bank's word only.
fn old_phone(person: &Person) -> Result<&Phone, Faults> {
    person.profile.phone.as_ref().ok_or_else(|| Faults::whole(Message::new("E_PHONE_NONE")))
}

fn new_phone(person: &Person, typed: &str) -> Result<Phone, Faults> {
    let phone: Phone = given(typed, "phone")
        .and_then(|text| text.parse().map_err(|_| Message::new("E_PHONE_FORMAT")))
        .map_err(|message| Faults::at("phone", message))?;
    match person.profile.phone.as_ref() == Some(&phone) {
        true => Err(Faults::of("phone", "E_PHONE_SAME")),
        false => Ok(phone),
    }
}
