//! The use case of LG1.

use super::{CaptchaAnswer, PasswordAttempt, Rooms, SignedIn, Signin, SigninError, device};
use chrono::TimeDelta;

use crate::{
    audit::{AuditEvent, LockScope, SignInFailure},
    kernel::{Amr, Ctx, PersonId, PlainToken, Timestamp, TypedName},
    limits::{Browser, Budget, Failure, LockState, RateKey, Window},
    notify::SmsTemplate,
    people::{Credentials, PasswordMark, PasswordVerdict, Person, Status},
    policy::CaptchaAtLogin,
    sessions::{NewSession, Session},
    storage::{StoreError, Tx},
};

/// Sign-ins of a source in a minute.
pub(super) const ATTEMPTS: &str = "sign-in";
/// Failed ones in ten minutes, whatever the names.
const FAILURES: &str = "sign-in failed";
/// Whoever has the password does not bomb the owner's phone with it.
const TOLD: Budget = Budget { max: 5, length: TimeDelta::hours(24) };

/// An attempt whose form is whole.
pub(super) struct Try<'a> {
    form: &'a PasswordAttempt<'a>,
    name: TypedName,
    browser: Browser,
    /// What was counted for the name when the form came.
    seen: LockState,
    /// Who has that name, and their password.
    pub(super) credentials: Credentials,
}

impl Signin {
    /// Whether the form must show a captcha for this name, as far as it is typed (C18).
    ///
    /// # Errors
    /// When a store is gone.
    pub async fn asks_captcha(&self, ctx: &Ctx, username: &str) -> Result<bool, SigninError> {
        let name = TypedName::new(username);
        let looks = self.rooms.policy.captcha.login == CaptchaAtLogin::AfterFailures && !name.is_empty();
        let seen = match looks {
            true => self.rooms.limits.lockout().state(ctx, &name).await?,
            false => LockState::default(),
        };
        self.wants_captcha(ctx, seen).await
    }

    /// Signs in with a password: required → captcha → rate → lock → credentials (LG1).
    ///
    /// # Errors
    /// What the page says, or that a store or the password pool is not there.
    pub async fn password(&self, ctx: &Ctx, attempt: PasswordAttempt<'_>) -> Result<SignedIn, SigninError> {
        let (one, person) = self.compare(ctx, &attempt).await?;
        self.admit(ctx, &one, person).await
    }

    /// Whose password it is. A wrong one is counted and said alike for every name.
    pub(super) async fn compare<'a>(
        &self,
        ctx: &Ctx,
        attempt: &'a PasswordAttempt<'a>,
    ) -> Result<(Try<'a>, PersonId), SigninError> {
        let name = required(attempt)?;
        let seen = self.rooms.limits.lockout().state(ctx, &name).await?;
        self.check_captcha(ctx, attempt.captcha, seen).await?;
        let per_minute = Window::per_minute(self.rooms.limits.settings().sign_ins_per_minute);
        self.rooms.limits.rate(RateKey::Source(ATTEMPTS, ctx.source), per_minute).await?;
        let browser = device::browser(&self.rooms.base.vault, attempt.device, &name, ctx.now);
        let credentials = self.rooms.people.credentials(name.username().as_ref()).await?;
        let one = Try { form: attempt, name, browser, seen, credentials };
        if let Some(until) = seen.refuses(browser) {
            return Err(self.refuse_locked(ctx, &one, until).await?);
        }
        let verdict = self.rooms.people.verify_password(&one.credentials, attempt.password).await?;
        match (verdict, one.credentials.person) {
            (PasswordVerdict::Right, Some(person)) => Ok((one, person)),
            _ => Err(self.refuse(ctx, &one).await?),
        }
    }

    /// By policy: after a failure of this name from here, or too many from here, whatever the names.
    async fn wants_captcha(&self, ctx: &Ctx, seen: LockState) -> Result<bool, SigninError> {
        let (limits, rules) = (&self.rooms.limits, &self.rooms.policy.captcha);
        if !limits.captcha().is_shown() {
            return Ok(false);
        }
        match rules.login {
            CaptchaAtLogin::Always => Ok(true),
            CaptchaAtLogin::Never => Ok(false),
            CaptchaAtLogin::AfterFailures if seen.failures >= rules.after_failures => Ok(true),
            CaptchaAtLogin::AfterFailures => {
                Ok(limits.is_full(RateKey::Source(FAILURES, ctx.source), self.failures()).await?)
            }
        }
    }

    async fn check_captcha(
        &self,
        ctx: &Ctx,
        given: CaptchaAnswer<'_>,
        seen: LockState,
    ) -> Result<(), SigninError> {
        let right = !self.wants_captcha(ctx, seen).await?
            || self.rooms.limits.captcha().check(given.id, given.answer).await?;
        if right { Ok(()) } else { Err(SigninError::Captcha) }
    }

    /// The password was right: the session begins, unless a lock fell meanwhile or the account may not be used.
    async fn admit(&self, ctx: &Ctx, one: &Try<'_>, person: PersonId) -> Result<SignedIn, SigninError> {
        let earlier = one.form.session;
        let own = earlier.filter(|session| session.person == person);
        let (session, token) = match self.begin(ctx, one, person, own).await {
            Err(StoreError::Gone) => {
                self.tell_obstacle(ctx, one, person).await?;
                // Their session ended while the password was compared: begin anew.
                self.begin(ctx, one, person, None).await?
            }
            begun => begun?,
        };
        let replaced = earlier.filter(|session| session.person != person).cloned();
        let rng = self.rooms.base.rng.as_ref();
        let device = device::remember(&self.rooms.base.vault, rng, one.form.device, &one.name, ctx.now);
        Ok(SignedIn { person, session, token, device, replaced })
    }

    /// The same person goes on in `own` session under a new token; anybody else gets a session of their own.
    /// [`StoreError::Gone`]: something stands in the way that did not a moment ago.
    async fn begin(
        &self,
        ctx: &Ctx,
        one: &Try<'_>,
        person: PersonId,
        own: Option<&Session>,
    ) -> Result<(Session, PlainToken), StoreError> {
        let Rooms { base, people, sessions, limits, audit, .. } = &self.rooms;
        let mut unit = base.db.unit();
        limits.lockout().passed(&mut unit, ctx, &one.name, one.browser, one.seen);
        people.require_active(&mut unit, person);
        people.require_password(&mut unit, &one.credentials);
        let begun = match own {
            Some(own) => sessions.sign_in_again(&mut unit, ctx, own, Amr::password()),
            None => sessions.start_in(&mut unit, ctx, NewSession { person, amr: Amr::password() }),
        };
        audit.note(&mut unit, ctx, succeeded(one, &begun.0))?;
        match self.stranger(ctx, one, person).await? {
            None => base.db.write(unit).await?,
            Some((owner, password)) => {
                let tx = base.db.begin().await?;
                // Whoever undoes something locks the account before its password: in the same order nobody waits for ever.
                people.locked(&tx, person).await?;
                tx.write(unit).await?;
                let id = person.to_string();
                if limits.spend(&tx, ctx, RateKey::Value("sign-in told", &id), TOLD).await? {
                    self.rooms.ownership.tell_of_sign_in(&tx, ctx, (&owner, password)).await?;
                }
                tx.commit().await?;
            }
        }
        Ok(begun)
    }

    /// The owner, who is to hear of a sign-in from a browser that never was here, though the account was signed in to.
    async fn stranger(
        &self,
        ctx: &Ctx,
        one: &Try<'_>,
        person: PersonId,
    ) -> Result<Option<(Person, PasswordMark)>, StoreError> {
        if one.browser == Browser::Known || !self.rooms.policy.login.new_device {
            return Ok(None);
        }
        if self.rooms.audit.signed_in_before(person, ctx.now).await?.is_none() {
            return Ok(None);
        }
        let owner = self.rooms.people.find_in(self.rooms.base.db.read(), person).await?;
        Ok(owner.zip(one.credentials.mark()))
    }

    /// Refuses for what stands in the way of the right password, and notes it; nothing does when only their session ended.
    async fn tell_obstacle(&self, ctx: &Ctx, one: &Try<'_>, person: PersonId) -> Result<(), SigninError> {
        let locks = self.rooms.limits.lockout().state(ctx, &one.name).await?;
        if let Some(until) = locks.refuses(one.browser) {
            return Err(self.refuse_locked(ctx, one, until).await?);
        }
        // The password was changed while the old one was compared.
        let now = self.rooms.people.credentials(one.name.username().as_ref()).await?;
        if !now.is_same_password(&one.credentials) {
            return Err(self.refuse(ctx, one).await?);
        }
        let account = self.rooms.people.find_in(self.rooms.base.db.read(), person).await?;
        if account.is_some_and(|account| account.status == Status::Active) {
            return Ok(());
        }
        let mut unit = self.rooms.base.db.unit();
        self.rooms.limits.lockout().forget(&mut unit, ctx, &one.name);
        self.rooms.audit.note(&mut unit, ctx, failed(one, SignInFailure::AccountState))?;
        self.rooms.base.db.write(unit).await?;
        Err(self.disabled())
    }

    /// Wrong name or password: nobody can tell which.
    async fn refuse(&self, ctx: &Ctx, one: &Try<'_>) -> Result<SigninError, SigninError> {
        let tx = self.rooms.base.db.begin().await?;
        let failure = self.rooms.limits.lockout().failed(&tx, ctx, &one.name).await?;
        let reason = if one.credentials.person.is_some() {
            SignInFailure::WrongPassword
        } else {
            SignInFailure::UnknownName
        };
        self.rooms.audit.record(&tx, ctx, failed(one, reason)).await?;
        self.note_locks(&tx, ctx, one.credentials.person, failure).await?;
        tx.commit().await?;
        self.rooms.limits.note(RateKey::Source(FAILURES, ctx.source), self.failures()).await?;
        Ok(match failure.source_until {
            Some(until) => SigninError::Locked { until },
            None => SigninError::Wrong { remaining: failure.remaining },
        })
    }

    /// The password is not even looked at (S4-17).
    async fn refuse_locked(
        &self,
        ctx: &Ctx,
        one: &Try<'_>,
        until: Timestamp,
    ) -> Result<SigninError, SigninError> {
        let mut unit = self.rooms.base.db.unit();
        self.rooms.audit.note(&mut unit, ctx, failed(one, SignInFailure::Locked))?;
        self.rooms.base.db.write(unit).await?;
        Ok(SigninError::Locked { until })
    }

    pub(super) async fn note_locks(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        person: Option<PersonId>,
        failure: Failure,
    ) -> Result<(), SigninError> {
        let locked = |scope| AuditEvent::SignInLocked { person, scope };
        if failure.locked_source {
            self.rooms.audit.record(tx, ctx, locked(LockScope::Source)).await?;
        }
        if failure.locked_strangers {
            self.rooms.audit.record(tx, ctx, locked(LockScope::Strangers)).await?;
            self.tell_owner(tx, ctx, person).await?;
        }
        Ok(())
    }

    /// Once for each lock, in the owner's language.
    async fn tell_owner(&self, tx: &Tx, ctx: &Ctx, person: Option<PersonId>) -> Result<(), StoreError> {
        let owner = match person {
            Some(person) => self.rooms.people.find_in(tx, person).await?,
            None => None,
        };
        let Some(Person { locale, username, profile, .. }) = owner else { return Ok(()) };
        let Some(phone) = profile.phone else { return Ok(()) };
        let ctx = Ctx { locale, ..ctx.clone() };
        let args = [("username", username.masked())];
        self.rooms.notify.sms(tx, &ctx, SmsTemplate::SignInAttack, &phone, &args).await
    }

    fn failures(&self) -> Window {
        Window::per_ten_minutes(self.rooms.limits.settings().failures_before_captcha)
    }

    pub(super) fn disabled(&self) -> SigninError {
        let phones = &self.rooms.policy.site.phones;
        SigninError::Disabled { phone: phones.first().map(|phone| phone.value.clone()).unwrap_or_default() }
    }
}

fn failed(one: &Try<'_>, reason: SignInFailure) -> AuditEvent {
    AuditEvent::SignInFailed { person: one.credentials.person, reason }
}

fn succeeded(one: &Try<'_>, session: &Session) -> AuditEvent {
    AuditEvent::SignInSucceeded {
        person: session.person,
        client: one.form.client.cloned(),
        session: session.id,
        amr: session.amr.methods().collect(),
    }
}

fn required(attempt: &PasswordAttempt<'_>) -> Result<TypedName, SigninError> {
    let name = TypedName::new(attempt.username);
    if name.is_empty() {
        return Err(SigninError::Required { field: "username" });
    }
    if attempt.password.is_empty() {
        return Err(SigninError::Required { field: "password" });
    }
    Ok(name)
}
