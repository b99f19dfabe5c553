//! LG2 短信登录: a code to the registered phone, and nothing else.
//!
//! Whoever holds a phone may not be its owner (a swapped SIM): by the phone alone a sign-in stays at L1 until the person
//! proves themselves in it (`proofing::ceiling`). Known and unknown phones see the same pages and cost the same statements; a
//! code for nobody is queued like any other and withheld (`decisions.md`, “What may be known”).

use tracing::instrument;

use super::{CaptchaAnswer, PhoneError, SignedIn, Signin, device, phone::at, service::ATTEMPTS};
use crate::{
    audit::AuditEvent,
    kernel::{
        Amr, ClientId, Ctx, Faults, HashedToken, Message, PersonId, Phone, PlainToken, Secret, TypedName,
        given, required,
    },
    limits::{RateKey, Window},
    notify::{CodePurpose, CodeSent, ProvedCode, Recipient},
    people::{Person, Status},
    sessions::{NewSession, Session},
    storage::StoreError,
};

const PURPOSE: CodePurpose = CodePurpose::SignIn;

/// What the form and the browser say.
#[derive(Clone, Copy, Debug)]
pub struct SmsAttempt<'a> {
    /// As typed.
    pub phone: &'a str,
    pub sms: &'a Secret,
    /// The browser that asked for the code: it is worth nothing in another.
    pub browser: &'a HashedToken,
    /// The device cookie, as sent.
    pub device: Option<&'a str>,
    /// The live session of this browser.
    pub session: Option<&'a Session>,
    /// The relying party that asked for the sign-in; for the audit trail.
    pub client: Option<&'a ClientId>,
}

/// Whose phone was typed, or nobody's and what stands for it.
struct Whose {
    person: Option<Person>,
    phone: Phone,
    stand_in: String,
}

impl Whose {
    fn recipient(&self) -> Recipient<'_> {
        match &self.person {
            Some(_) => Recipient::Phone(&self.phone),
            None => Recipient::Nobody(&self.stand_in),
        }
    }
}

impl Signin {
    /// Whether the profile offers it.
    #[must_use]
    pub fn offers_sms(&self) -> bool {
        self.rooms.policy.login.sms
    }

    /// Sends the code after a captcha (G8), if the phone is an account's; else does the same without sending.
    ///
    /// # Errors
    /// E_PHONE_FORMAT, E_CAPTCHA, E_SMS_TOO_FAST, E_SMS_LIMIT.
    #[instrument(skip_all)]
    pub async fn send_sign_in_code(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
        (typed, captcha): (&str, CaptchaAnswer<'_>),
    ) -> Result<(), PhoneError> {
        let mut faults = Faults::default();
        let phone = faults.keep("phone", phone(typed));
        let gate = self.rooms.limits.captcha();
        if gate.is_shown() && captcha.answer.trim().is_empty() {
            faults.add("captcha", required("captcha"));
        } else if !gate.check(captcha.id, captcha.answer).await? {
            faults.add("captcha", Message::new("E_CAPTCHA"));
        }
        let whose = self.whose(faults.complete(phone)?).await?;
        let per_minute = Window::per_minute(self.rooms.limits.settings().codes_per_minute);
        self.rooms.limits.rate(RateKey::Source("sign-in.sms", ctx.source), per_minute).await?;
        let codes = self.rooms.notify.codes();
        let to = (PURPOSE, whose.recipient());
        codes.send_to(ctx, to, browser.as_str()).await.map_err(|error| at("sms", error))?;
        Ok(())
    }

    /// The code that is on its way in this browser, or would be.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sign_in_code_sent(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
        typed: &str,
    ) -> Result<Option<CodeSent>, PhoneError> {
        let Ok(phone) = phone(typed) else { return Ok(None) };
        let whose = self.whose(phone).await?;
        let codes = self.rooms.notify.codes();
        Ok(codes.find_sent_to(ctx, (PURPOSE, whose.recipient()), browser.as_str()).await?)
    }

    /// Signs in by the code. Whatever does not fit is E_SMS_CODE, an account that may not be used too.
    ///
    /// # Errors
    /// What to correct.
    #[instrument(skip_all)]
    pub async fn sms(&self, ctx: &Ctx, attempt: SmsAttempt<'_>) -> Result<SignedIn, PhoneError> {
        let mut faults = Faults::default();
        let phone = faults.keep("phone", phone(attempt.phone));
        faults.keep("sms", given(attempt.sms.expose(), "sms-code"));
        let whose = self.whose(faults.complete(phone)?).await?;
        let per_minute = Window::per_minute(self.rooms.limits.settings().sign_ins_per_minute);
        self.rooms.limits.rate(RateKey::Source(ATTEMPTS, ctx.source), per_minute).await?;
        let to = (PURPOSE, whose.recipient());
        let codes = self.rooms.notify.codes();
        let proved = codes.check_of(ctx, to, attempt.browser.as_str(), attempt.sms).await;
        let proved = proved.map_err(|error| at("sms", error))?;
        let person = whose.person.as_ref().ok_or_else(|| Faults::of("sms", "E_SMS_CODE"))?;
        let earlier = attempt.session;
        let own = earlier.filter(|session| session.person == person.id);
        let (session, token) = match self.begin_by_sms(ctx, &attempt, (&whose, &proved), own).await {
            // Their session ended meanwhile: begin anew.
            Err(PhoneError::Store(StoreError::Gone)) if own.is_some() => {
                self.begin_by_sms(ctx, &attempt, (&whose, &proved), None).await?
            }
            Err(PhoneError::Store(StoreError::Gone)) => {
                return Err(Faults::of("sms", "E_SMS_CODE").into());
            }
            begun => begun?,
        };
        let name = TypedName::new(person.username.as_str());
        let (vault, rng) = (&self.rooms.base.vault, self.rooms.base.rng.as_ref());
        let device = device::remember(vault, rng, attempt.device, &name, ctx.now);
        let replaced = earlier.filter(|session| session.person != person.id).cloned();
        Ok(SignedIn { person: person.id, session, token, device, replaced })
    }

    /// While the account may be used and the phone is still its own.
    async fn begin_by_sms(
        &self,
        ctx: &Ctx,
        attempt: &SmsAttempt<'_>,
        (whose, proved): (&Whose, &ProvedCode),
        own: Option<&Session>,
    ) -> Result<(Session, PlainToken), PhoneError> {
        let rooms = &self.rooms;
        let tx = rooms.base.db.begin().await?;
        rooms.notify.codes().take(&tx, ctx, proved).await.map_err(|error| at("sms", error))?;
        let id = whose.person.as_ref().map(|person| person.id).ok_or(StoreError::Gone)?;
        let now = rooms.people.locked(&tx, id).await?.ok_or(StoreError::Gone)?;
        if now.profile.phone.as_ref() != Some(&whose.phone) {
            return Err(StoreError::Gone.into());
        }
        let mut unit = rooms.base.db.unit();
        let begun = match own {
            Some(own) => rooms.sessions.sign_in_again(&mut unit, ctx, own, Amr::sms()),
            None => rooms.sessions.start_in(&mut unit, ctx, NewSession { person: id, amr: Amr::sms() }),
        };
        let event = AuditEvent::SignInSucceeded {
            person: id,
            client: attempt.client.cloned(),
            session: begun.0.id,
            amr: begun.0.amr.methods().collect(),
        };
        rooms.audit.note(&mut unit, ctx, event)?;
        tx.write(unit).await?;
        tx.commit().await?;
        Ok(begun)
    }

    /// An account that may not be used is nobody's here: its owner is told at the password.
    async fn whose(&self, phone: Phone) -> Result<Whose, StoreError> {
        let people = &self.rooms.people;
        let holder = people.phone_holder(self.rooms.base.db.read(), &phone).await?;
        let asked = holder.unwrap_or_else(|| PersonId::from_uuid(uuid::Uuid::nil()));
        let found = people.find_in(self.rooms.base.db.read(), asked).await?;
        let person = found.filter(|person| holder.is_some() && person.status == Status::Active);
        let stand_in = self.rooms.base.vault.root_index("signin.sms", phone.as_str()).into_string();
        Ok(Whose { person, phone, stand_in })
    }
}

fn phone(typed: &str) -> Result<Phone, Message> {
    given(typed, "phone")?.parse().map_err(|_| Message::new("E_PHONE_FORMAT"))
}
