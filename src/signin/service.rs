//! The use case of LG1.

use super::{CaptchaAnswer, PasswordAttempt, SignedIn, Signin, SigninError, device};
use crate::{
    audit::{AuditEvent, LockScope, SignInFailure},
    kernel::{Amr, Ctx, PersonId, PlainToken, Timestamp, TypedName},
    limits::{Browser, Failure, RateKey, Window},
    notify::SmsTemplate,
    people::{PasswordVerdict, Person, Status},
    policy::CaptchaAtLogin,
    sessions::{NewSession, Session},
    storage::{StoreError, Tx},
};

/// Sign-ins of a source in a minute.
const ATTEMPTS: &str = "sign-in";
/// Failed ones in ten minutes, whatever the names.
const FAILURES: &str = "sign-in failed";

/// An attempt whose form is whole.
struct Try<'a> {
    form: &'a PasswordAttempt<'a>,
    name: TypedName,
    browser: Browser,
    /// Who has that name.
    person: Option<PersonId>,
}

impl Signin {
    /// Whether the form must show a captcha for this name, as far as it is typed (C18).
    ///
    /// # Errors
    /// When a store is gone.
    pub async fn asks_captcha(&self, ctx: &Ctx, username: &str) -> Result<bool, SigninError> {
        let rules = &self.rooms.policy.captcha;
        if !self.rooms.limits.captcha().is_shown() {
            return Ok(false);
        }
        match rules.login {
            CaptchaAtLogin::Always => Ok(true),
            CaptchaAtLogin::Never => Ok(false),
            CaptchaAtLogin::AfterFailures => self.has_failed(ctx, &TypedName::new(username)).await,
        }
    }

    /// Signs in with a password: required → captcha → rate → lock → credentials (LG1).
    ///
    /// # Errors
    /// What the page says, or that a store or the password pool is not there.
    pub async fn password(&self, ctx: &Ctx, attempt: PasswordAttempt<'_>) -> Result<SignedIn, SigninError> {
        let name = required(&attempt)?;
        self.check_captcha(ctx, &attempt).await?;
        let per_minute = Window::per_minute(self.rooms.limits.settings().sign_ins_per_minute);
        self.rooms.limits.rate(RateKey::Source(ATTEMPTS, ctx.source), per_minute).await?;
        let one = self.read(ctx, &attempt, name).await?;
        let state = self.rooms.limits.lockout().state(ctx, &one.name).await?;
        if let Some(until) = state.refuses(one.browser) {
            return Err(self.refuse_locked(ctx, &one, until).await?);
        }
        let verdict = self.rooms.people.verify_password(one.person, attempt.password).await?;
        match (verdict, one.person) {
            (PasswordVerdict::Right, Some(person)) => self.admit(ctx, &one, person).await,
            _ => Err(self.refuse(ctx, &one).await?),
        }
    }

    /// After a failure of this name from here, or too many from here, whatever the names.
    async fn has_failed(&self, ctx: &Ctx, name: &TypedName) -> Result<bool, SigninError> {
        let limits = &self.rooms.limits;
        if limits.is_full(RateKey::Source(FAILURES, ctx.source), self.failures()).await? {
            return Ok(true);
        }
        let failures = limits.lockout().state(ctx, name).await?.failures;
        Ok(failures >= self.rooms.policy.captcha.after_failures)
    }

    async fn check_captcha(&self, ctx: &Ctx, attempt: &PasswordAttempt<'_>) -> Result<(), SigninError> {
        let CaptchaAnswer { id, answer } = attempt.captcha;
        let right = !self.asks_captcha(ctx, attempt.username).await?
            || self.rooms.limits.captcha().check(id, answer).await?;
        if right { Ok(()) } else { Err(SigninError::Captcha) }
    }

    async fn read<'a>(
        &self,
        ctx: &Ctx,
        form: &'a PasswordAttempt<'a>,
        name: TypedName,
    ) -> Result<Try<'a>, SigninError> {
        let person = match name.username() {
            Some(username) => self.rooms.people.holder_of_name(&username).await?,
            None => None,
        };
        let browser = device::browser(&self.rooms.base.vault, form.device, &name, ctx.now);
        Ok(Try { form, name, browser, person })
    }

    /// The password was right: the session begins, unless a lock fell meanwhile or the account may not be used.
    async fn admit(&self, ctx: &Ctx, one: &Try<'_>, person: PersonId) -> Result<SignedIn, SigninError> {
        let tx = self.rooms.base.db.begin().await?;
        if let Err(until) = self.rooms.limits.lockout().passed(&tx, ctx, &one.name, one.browser).await? {
            self.note_failure(&tx, ctx, one, SignInFailure::Locked).await?;
            tx.commit().await?;
            return Err(SigninError::Locked { until });
        }
        let account = self.rooms.people.find_in(&tx, person).await?;
        if account.is_none_or(|account| account.status != Status::Active) {
            self.note_failure(&tx, ctx, one, SignInFailure::AccountState).await?;
            tx.commit().await?;
            return Err(self.disabled());
        }
        let (session, token, replaced) = self.begin_session(&tx, ctx, one, person).await?;
        self.note_success(&tx, ctx, one, &session).await?;
        tx.commit().await?;
        let rng = self.rooms.base.rng.as_ref();
        let device = device::remember(&self.rooms.base.vault, rng, one.form.device, &one.name, ctx.now);
        Ok(SignedIn { person, session, token, device, replaced })
    }

    /// The same person goes on in their session under a new token; anybody else gets a session of their own.
    async fn begin_session(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        one: &Try<'_>,
        person: PersonId,
    ) -> Result<(Session, PlainToken, Option<Session>), StoreError> {
        let sessions = &self.rooms.sessions;
        let earlier = one.form.session;
        if let Some(own) = earlier.filter(|session| session.person == person) {
            match sessions.sign_in_again(tx, ctx, own, Amr::password()).await {
                // It ended while the password was compared: begin anew.
                Err(StoreError::Gone) => {}
                again => return again.map(|(session, token)| (session, token, None)),
            }
        }
        let (session, token) = sessions.start(tx, ctx, NewSession { person, amr: Amr::password() }).await?;
        Ok((session, token, earlier.filter(|session| session.person != person).cloned()))
    }

    /// Wrong name or password: nobody can tell which.
    async fn refuse(&self, ctx: &Ctx, one: &Try<'_>) -> Result<SigninError, SigninError> {
        let tx = self.rooms.base.db.begin().await?;
        let failure = self.rooms.limits.lockout().failed(&tx, ctx, &one.name).await?;
        let reason =
            if one.person.is_some() { SignInFailure::WrongPassword } else { SignInFailure::UnknownName };
        self.note_failure(&tx, ctx, one, reason).await?;
        self.note_locks(&tx, ctx, one, failure).await?;
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
        let tx = self.rooms.base.db.begin().await?;
        self.note_failure(&tx, ctx, one, SignInFailure::Locked).await?;
        tx.commit().await?;
        Ok(SigninError::Locked { until })
    }

    async fn note_success(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        one: &Try<'_>,
        session: &Session,
    ) -> Result<(), StoreError> {
        let event = AuditEvent::SignInSucceeded {
            person: session.person,
            client: one.form.client.cloned(),
            session: session.id,
            amr: session.amr.methods().collect(),
        };
        self.rooms.audit.record(tx, ctx, event).await
    }

    async fn note_failure(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        one: &Try<'_>,
        reason: SignInFailure,
    ) -> Result<(), StoreError> {
        self.rooms.audit.record(tx, ctx, AuditEvent::SignInFailed { person: one.person, reason }).await
    }

    async fn note_locks(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        one: &Try<'_>,
        failure: Failure,
    ) -> Result<(), SigninError> {
        let locked = |scope| AuditEvent::SignInLocked { person: one.person, scope };
        if failure.locked_source {
            self.rooms.audit.record(tx, ctx, locked(LockScope::Source)).await?;
        }
        if failure.locked_strangers {
            self.rooms.audit.record(tx, ctx, locked(LockScope::Strangers)).await?;
            self.tell_owner(tx, ctx, one.person).await?;
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

    fn disabled(&self) -> SigninError {
        let phones = &self.rooms.policy.site.phones;
        SigninError::Disabled { phone: phones.first().map(|phone| phone.value.clone()).unwrap_or_default() }
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
