//! A password takes the place of another: of one that the person knows, or of one that stood when they proved themselves.

use serde::{Deserialize, Serialize};

use super::{Credentials, PasswordHash, PasswordSetBy, People, Person, store::replaced};
use crate::{
    kernel::{Ctx, Known, PersonId, Timestamp},
    storage::{StoreError, Tx, Unit},
};

/// Which password stood at a moment: a proof made then is worth nothing for any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordMark(i64);

/// A password that is to open nothing any more.
#[derive(Clone, Copy, Debug)]
pub enum Voided {
    /// This very one.
    One(PasswordMark),
    /// Whichever was set at this instant or since.
    Since(Timestamp),
    /// Whichever it is.
    Any,
}

impl PasswordMark {
    pub(super) const fn set_at(self) -> i64 {
        self.0
    }
}

impl Credentials {
    /// The password that these saw.
    #[must_use]
    pub fn mark(&self) -> Option<PasswordMark> {
        self.set_at.map(PasswordMark)
    }

    /// Whether both saw the same password of the same person.
    #[must_use]
    pub fn is_same_password(&self, other: &Self) -> bool {
        (self.person, self.set_at) == (other.person, other.set_at)
    }
}

impl Person {
    /// What a password of theirs may not contain.
    #[must_use]
    pub fn known(&self) -> Known<'_> {
        let last = |text: &str, count: usize| {
            text.chars().skip(text.chars().count().saturating_sub(count)).collect::<String>()
        };
        let phone = self.profile.phone.as_ref().map(|phone| last(phone.national(), 8));
        let document = self.profile.document.as_ref().map(|document| last(document.number(), 6));
        let birthdate = self.profile.birthdate.format("%Y%m%d").to_string();
        let pieces = phone.into_iter().chain(document).chain([birthdate]).collect();
        Known { username: self.username.as_str(), pieces }
    }
}

impl People {
    /// Replaces the password that these credentials saw. A ceiling stays: whoever came by a recovery does not leave it by
    /// changing the password once more (`decisions.md`, “Ceiling of a password”).
    ///
    /// # Errors
    /// [`StoreError::Gone`] when it was replaced meanwhile.
    pub async fn change_password(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        (person, seen): (PersonId, &Credentials),
        new: &PasswordHash,
    ) -> Result<PasswordMark, StoreError> {
        let set_at = seen.set_at.filter(|_| seen.person == Some(person)).ok_or(StoreError::Gone)?;
        tx.forget(&self.hot, person);
        let new = (new, PasswordSetBy::SignedInChange, ctx.now);
        replaced::replace(tx, person, set_at, new).await.map(PasswordMark)
    }

    /// Replaces the password that stood when the person proved themselves, with the ceiling of that way.
    ///
    /// # Errors
    /// [`StoreError::Gone`] when it was replaced meanwhile.
    pub async fn reset_password(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        (person, seen): (PersonId, PasswordMark),
        (new, set_by): (&PasswordHash, PasswordSetBy),
    ) -> Result<PasswordMark, StoreError> {
        tx.forget(&self.hot, person);
        let set_at = replaced::replace(tx, person, seen.0, (new, set_by, ctx.now)).await?;
        replaced::set_ceiling(tx, person, set_by.ceiling()).await?;
        Ok(PasswordMark(set_at))
    }

    /// A password opens nothing any more, for its setter may not have been the owner; one that is not there has no need of it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn void_password(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        person: PersonId,
        which: Voided,
    ) -> Result<(), StoreError> {
        tx.forget(&self.hot, person);
        let nobodys = self.hasher.of_nobody();
        replaced::void(tx, (person, which), (&nobodys, PasswordSetBy::Veto, ctx.now)).await
    }

    /// Makes a unit depend on the password's still being the one that these credentials saw.
    pub fn require_password(&self, unit: &mut Unit, seen: &Credentials) {
        if let (Some(person), Some(set_at)) = (seen.person, seen.set_at) {
            replaced::require(unit, person, set_at);
        }
    }
}
