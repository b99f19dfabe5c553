//! Accounts that no wizard opened: for filling an empty database with a crowd.

use crate::{
    kernel::{Ctx, PersonId},
    storage::{Base, StoreError, Unit},
};

use super::{
    NewPerson, PasswordSetBy, People,
    store::{self, passwords, usernames},
};

impl People {
    /// Opens an account whose name nobody reserved. Whether name, identity and phone are free is for the database to say.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn enrol(&self, unit: &mut Unit, ctx: &Ctx, new: &NewPerson) -> Result<PersonId, StoreError> {
        let id = PersonId::new(ctx.now, self.base.rng.as_ref());
        let (name, set_by) = (&new.username, PasswordSetBy::Registration);
        let username = usernames::Model {
            name_key: name.key(),
            name: name.as_str().to_owned(),
            holder_kind: store::PERSON.to_owned(),
            holder_id: id.uuid(),
            reserved_until: None,
        };
        let password = passwords::Model {
            person_id: id.uuid(),
            phc: new.password.as_phc().to_owned(),
            set_by: set_by.as_str().to_owned(),
            ceiling: set_by.ceiling().map(|level| level.as_str().to_owned()),
            set_at: ctx.now.millis(),
        };
        store::enrol(unit, username, self.new_row(id, ctx, &new.profile)?, password);
        Ok(id)
    }
}

/// Whether there is no account at all.
///
/// # Errors
/// [`StoreError`]
pub async fn is_empty(base: &Base) -> Result<bool, StoreError> {
    Ok(store::persons_after(base.db.read(), None, 1).await?.is_empty())
}
