//! A11 密保问题: set, changed and cleared by whoever knows the password as well.

use super::{ConfirmError, Signin};
use crate::{
    audit::AuditEvent,
    kernel::{Ctx, Faults, Secret, required},
    people::{Answers, CHOSEN, Credentials, NewQuestions, Person, check_questions},
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
