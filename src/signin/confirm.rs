//! What whoever is signed in does only after the password once more: a session alone, which may be stolen, is not enough.

use super::{ChangeError, Signin, SigninError};
use crate::{
    audit::AuditEvent,
    kernel::{Ctx, Faults, Secret, required},
    people::{PeopleError, Person},
    storage::StoreError,
};

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
}
