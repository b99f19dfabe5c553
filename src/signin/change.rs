//! A10 修改密码, and LG8 at the door: who knows the old password gives a new one (S0-28…S0-32, S3-13).
//!
//! A wrong old password counts as a failed sign-in: whoever took over a session does not guess here what they may not guess
//! at the door.

use super::{PasswordAttempt, Signin, SigninError, device, service::ATTEMPTS};
use crate::{
    audit::{AuditEvent, SignInFailure},
    kernel::{Ctx, Known, Message, Secret, TypedName, canonical_password},
    limits::{RateError, RateKey, Window},
    people::{Credentials, PasswordHash, PasswordVerdict, PeopleError, Person, Status},
    storage::{StoreError, Tx},
};

/// What the form says.
#[derive(Clone, Copy, Debug)]
pub struct PasswordForm<'a> {
    pub old: &'a Secret,
    pub new: &'a Secret,
    /// The new one once more.
    pub confirm: &'a Secret,
    /// The device cookie, as sent.
    pub device: Option<&'a str>,
}

/// A new password that may take the place of the old one.
#[derive(Debug)]
pub struct NewPassword {
    seen: Credentials,
    hash: PasswordHash,
}

/// Why the password stays.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// What stands wrong in which input: `old`, `password`, `confirm`.
    #[error("the form is not right")]
    Faults(Vec<(&'static str, Message)>),
    /// As at a sign-in: the lock, the rate, our own faults.
    #[error(transparent)]
    Signin(#[from] SigninError),
}

impl From<StoreError> for ChangeError {
    fn from(error: StoreError) -> Self {
        Self::Signin(error.into())
    }
}

impl From<RateError> for ChangeError {
    fn from(error: RateError) -> Self {
        Self::Signin(error.into())
    }
}

impl From<PeopleError> for ChangeError {
    fn from(error: PeopleError) -> Self {
        Self::Signin(error.into())
    }
}

impl ChangeError {
    /// E_PASSWORD_OLD: wrong, or changed meanwhile.
    #[must_use]
    pub fn old() -> Self {
        Self::Faults(vec![("old", Message::new("E_PASSWORD_OLD"))])
    }
}

impl Signin {
    /// Checks form → rate → lock → old password; nothing is changed yet.
    ///
    /// # Errors
    /// [`ChangeError`]
    pub async fn check_change(
        &self,
        ctx: &Ctx,
        person: &Person,
        form: PasswordForm<'_>,
    ) -> Result<NewPassword, ChangeError> {
        let faults = self.faults(&person.known(), form);
        if !faults.is_empty() {
            return Err(ChangeError::Faults(faults));
        }
        let seen = self.confirm_password(ctx, person, (form.old, form.device)).await?;
        Ok(NewPassword { seen, hash: self.rooms.people.hash_password(form.new).await? })
    }

    /// Rate → lock → the password of whoever is signed in already: a wrong one counts as a failed sign-in.
    ///
    /// # Errors
    /// [`ChangeError`]
    pub async fn confirm_password(
        &self,
        ctx: &Ctx,
        person: &Person,
        (password, device): (&Secret, Option<&str>),
    ) -> Result<Credentials, ChangeError> {
        let (limits, people) = (&self.rooms.limits, &self.rooms.people);
        let per_minute = Window::per_minute(limits.settings().sign_ins_per_minute);
        limits.rate(RateKey::Source(ATTEMPTS, ctx.source), per_minute).await?;
        let name = TypedName::new(person.username.as_str());
        let browser = device::browser(&self.rooms.base.vault, device, &name, ctx.now);
        if let Some(until) = limits.lockout().state(ctx, &name).await?.refuses(browser) {
            return Err(SigninError::Locked { until }.into());
        }
        let seen = people.credentials(Some(&person.username)).await?;
        let verdict = people.verify_password(&seen, password).await?;
        if verdict == PasswordVerdict::Wrong || seen.person != Some(person.id) {
            return Err(self.refuse_change(ctx, person, &name).await?);
        }
        Ok(seen)
    }

    /// LG8: the same at the door, where the old password says who it is and counts as a sign-in.
    ///
    /// # Errors
    /// [`ChangeError`]; nothing about the account before its right password.
    pub async fn check_change_of(
        &self,
        ctx: &Ctx,
        attempt: &PasswordAttempt<'_>,
        (new, confirm): (&Secret, &Secret),
    ) -> Result<(Person, NewPassword), ChangeError> {
        let form = PasswordForm { old: attempt.password, new, confirm, device: attempt.device };
        let faults = self.faults(&Known { username: attempt.username, pieces: Vec::new() }, form);
        if !faults.is_empty() {
            return Err(ChangeError::Faults(faults));
        }
        let (one, person) = self.compare(ctx, attempt).await?;
        let people = &self.rooms.people;
        let person = people.find_in(self.rooms.base.db.read(), person).await?;
        let person =
            person.filter(|person| person.status == Status::Active).ok_or_else(|| self.disabled())?;
        let faults = self.faults(&person.known(), form);
        if !faults.is_empty() {
            return Err(ChangeError::Faults(faults));
        }
        let hash = people.hash_password(new).await?;
        Ok((person, NewPassword { seen: one.credentials, hash }))
    }

    /// Changes it, clears the locks of the name, and tells the owner; the caller ends every session in the same
    /// transaction.
    ///
    /// # Errors
    /// [`StoreError::Gone`] when the old password was changed meanwhile.
    pub async fn change_password(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        person: &Person,
        new: &NewPassword,
    ) -> Result<(), StoreError> {
        let rooms = &self.rooms;
        // The account before its password, as whoever undoes something locks them.
        rooms.people.locked(tx, person.id).await?;
        let set = rooms.people.change_password(tx, ctx, (person.id, &new.seen), &new.hash).await?;
        rooms.limits.lockout().recovered(tx, &TypedName::new(person.username.as_str())).await?;
        let event = AuditEvent::PersonChanged { person: person.id, what: "password" };
        rooms.audit.record(tx, ctx, event).await?;
        rooms.ownership.tell_of_password(tx, ctx, (person, set)).await
    }

    fn faults(&self, known: &Known<'_>, form: PasswordForm<'_>) -> Vec<(&'static str, Message)> {
        let mut faults = Vec::new();
        if form.old.is_empty() {
            faults.push(("old", Message::new("E_REQUIRED").with("field", "password-old")));
        }
        if form.new.is_empty() {
            faults.push(("password", Message::new("E_REQUIRED").with("field", "password-new")));
            return faults;
        }
        if let Err(fault) = self.rooms.people.check_password(form.new, known) {
            faults.push(("password", Message::new(fault.message_key())));
        } else if canonical_password(form.new).matches(&canonical_password(form.old)) {
            faults.push(("password", Message::new("E_PASSWORD_SAME")));
        }
        if !form.new.matches(form.confirm) {
            faults.push(("confirm", Message::new("E_PASSWORD_CONFIRM")));
        }
        faults
    }

    async fn refuse_change(
        &self,
        ctx: &Ctx,
        person: &Person,
        name: &TypedName,
    ) -> Result<ChangeError, SigninError> {
        let tx = self.rooms.base.db.begin().await?;
        let failure = self.rooms.limits.lockout().failed(&tx, ctx, name).await?;
        let event =
            AuditEvent::SignInFailed { person: Some(person.id), reason: SignInFailure::WrongPassword };
        self.rooms.audit.record(&tx, ctx, event).await?;
        self.note_locks(&tx, ctx, Some(person.id), failure).await?;
        tx.commit().await?;
        Ok(match failure.source_until {
            Some(until) => SigninError::Locked { until }.into(),
            None => ChangeError::old(),
        })
    }
}
