//! The owner of an account whose identity went to someone who proved it enters their own document (S1-30).

use tracing::instrument;

use crate::{
    audit::AuditEvent,
    kernel::{Ctx, Faults},
    people::{CreateError, Person, Profile},
    storage::counters,
};

use super::{
    IdentityInput, Signup, SignupError, forms,
    service::{HOUR, told_budget},
};

impl Signup {
    /// Takes the document, after a captcha and under the same budget of answers as registration.
    ///
    /// # Errors
    /// What to correct; `IdentityTaken`, or `TooMany` past the budget; `Expired` when no document is missing.
    #[instrument(skip_all)]
    pub async fn reenter_document(
        &self,
        ctx: &Ctx,
        person: &Person,
        input: &IdentityInput,
        captcha: (&str, &str),
    ) -> Result<(), SignupError> {
        if !person.must_reenter_document {
            return Err(SignupError::Expired);
        }
        let (id, answer) = captcha;
        if !self.rooms.limits.captcha().check(id, answer).await? {
            return Err(Faults::of("captcha", "E_CAPTCHA").into());
        }
        let least_age = self.policy.registration.minimum_age;
        let identity = forms::identity(input, ctx.now.china_date(), least_age)?;
        let tx = self.base.db.begin().await?;
        let budget = told_budget(ctx);
        if counters::hold(&tx, &budget, ctx.now).await? >= self.policy.disclosure.per_source_hour {
            return Err(SignupError::TooMany);
        }
        let old = &person.profile;
        let told = Profile {
            phone: old.phone.clone(),
            email: old.email.clone(),
            about: old.about.clone(),
            ..identity.into_profile()
        };
        match self.rooms.people.replace_profile(&tx, ctx, person.id, told).await {
            Err(CreateError::IdentityTaken(holder)) => {
                counters::hit(&tx, &budget, HOUR, ctx.now).await?;
                let event = AuditEvent::IdentityDisclosed { person: holder };
                self.rooms.audit.record(&tx, ctx, event).await?;
                tx.commit().await?;
                return Err(SignupError::IdentityTaken);
            }
            other => other?,
        }
        let event = AuditEvent::PersonChanged { person: person.id, what: "document" };
        self.rooms.audit.record(&tx, ctx, event).await?;
        Ok(tx.commit().await?)
    }
}
