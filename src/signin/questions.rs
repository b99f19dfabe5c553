//! A11 密保问题: set, changed and cleared by whoever knows the password as well.

use super::{ChangeError, Signin, SigninError};
use crate::{
    audit::AuditEvent,
    kernel::{Ctx, Faults, Secret, required},
    people::{Answers, CHOSEN, Credentials, NewQuestions, PeopleError, Person, check_questions},
    storage::StoreError,
};

/// What the form says.
#[derive(Clone, Copy, Debug)]
pub struct QuestionsForm<'a> {
    pub questions: [&'a str; CHOSEN],
    pub answers: &'a Answers,
    pub password: &'a Secret,
    /// The device cookie, as sent.
    pub device: Option<&'a str>,
}

/// Why nothing happens that needs the password once more.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// What to correct: `password`, or what else the form asks for.
    #[error("the form has faults")]
    Invalid(Faults),
    /// As at a sign-in: the lock, the rate, our own faults.
    #[error(transparent)]
    Signin(#[from] SigninError),
}

impl From<Faults> for ConfirmError {
    fn from(faults: Faults) -> Self {
        Self::Invalid(faults)
    }
}

impl From<ChangeError> for ConfirmError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Faults(_) => Self::Invalid(Faults::of("password", "E_PASSWORD_OLD")),
            ChangeError::Signin(error) => Self::Signin(error),
        }
    }
}

impl From<StoreError> for ConfirmError {
    fn from(error: StoreError) -> Self {
        match error {
            // Another password stands by now.
            StoreError::Gone => ChangeError::old().into(),
            other => Self::Signin(other.into()),
        }
    }
}

impl From<PeopleError> for ConfirmError {
    fn from(error: PeopleError) -> Self {
        Self::Signin(error.into())
    }
}

impl Signin {
    /// Sets three questions, in the place of those before, and tells the owner.
    ///
    /// # Errors
    /// [`ConfirmError`]
    pub async fn set_questions(
        &self,
        ctx: &Ctx,
        person: &Person,
        form: QuestionsForm<'_>,
    ) -> Result<(), ConfirmError> {
        let mut faults = Faults::default();
        let chosen = check_questions(form.questions, form.answers);
        let chosen = chosen.map_err(|found| faults.append(found)).ok();
        if form.password.is_empty() {
            faults.add("password", required("password"));
        }
        let chosen = faults.complete(chosen)?;
        let seen = self.confirm_password(ctx, person, (form.password, form.device)).await?;
        let new = self.rooms.people.new_questions(chosen, form.answers).await?;
        self.keep_questions(ctx, person, (&seen, Some(&new))).await
    }

    /// There are none any more; the owner is told.
    ///
    /// # Errors
    /// [`ConfirmError`]
    pub async fn clear_questions(
        &self,
        ctx: &Ctx,
        person: &Person,
        (password, device): (&Secret, Option<&str>),
    ) -> Result<(), ConfirmError> {
        if password.is_empty() {
            return Err(Faults::at("password", required("password")).into());
        }
        let seen = self.confirm_password(ctx, person, (password, device)).await?;
        self.keep_questions(ctx, person, (&seen, None)).await
    }

    /// Whoever is signed in knows the password too, and is told what is masked otherwise: it is noted what of.
    ///
    /// # Errors
    /// [`ConfirmError`]
    pub async fn open_own_data(
        &self,
        ctx: &Ctx,
        person: &Person,
        (password, device): (&Secret, Option<&str>),
        what: &'static str,
    ) -> Result<(), ConfirmError> {
        if password.is_empty() {
            return Err(Faults::at("password", required("password")).into());
        }
        self.confirm_password(ctx, person, (password, device)).await?;
        let tx = self.rooms.base.db.begin().await?;
        let event = AuditEvent::OwnDataOpened { person: person.id, what };
        self.rooms.audit.record(&tx, ctx, event).await?;
        tx.commit().await?;
        Ok(())
    }

    /// While the password that was confirmed is the account's: a veto that is under way ends first.
    async fn keep_questions(
        &self,
        ctx: &Ctx,
        person: &Person,
        (seen, new): (&Credentials, Option<&NewQuestions>),
    ) -> Result<(), ConfirmError> {
        let rooms = &self.rooms;
        let tx = rooms.base.db.begin().await?;
        rooms.people.locked(&tx, person.id).await?;
        let mut unit = rooms.base.db.unit();
        rooms.people.require_password(&mut unit, seen);
        tx.write(unit).await?;
        let changed = match new {
            Some(new) => rooms.people.set_questions(&tx, ctx, person.id, new).await.map(|()| true)?,
            None => rooms.people.clear_questions(&tx, person.id).await?,
        };
        if changed {
            let what = if new.is_some() { "security_questions" } else { "security_questions_cleared" };
            let event = AuditEvent::PersonChanged { person: person.id, what };
            rooms.audit.record(&tx, ctx, event).await?;
            rooms.ownership.tell_of_questions(&tx, ctx, person).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
