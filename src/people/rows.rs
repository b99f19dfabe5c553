//! An account between its sealed row and the value that the house works with.

use crate::{
    kernel::{Ctx, IdDocument, PersonId, Phone, Timestamp},
    storage::{StoreError, Tx, vault},
};

use super::{
    People, Person, Profile, Status,
    store::{self, Account, persons},
};

/// Domains of the blind indexes.
pub(super) const IDENTITY: &str = "person.identity";
pub(super) const PHONE: &str = "person.phone";

impl People {
    /// Reads, edits and writes an account; the blind indexes follow the profile.
    pub(super) async fn change(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        person: PersonId,
        edit: impl FnOnce(&mut persons::Model, &mut Profile),
    ) -> Result<(), StoreError> {
        let old = store::person(tx, person).await?.ok_or(StoreError::Gone)?;
        let mut profile: Profile = self.base.vault.open_json(&place(person), &old.profile)?;
        let mut row = old.clone();
        edit(&mut row, &mut profile);
        row.profile = self.seal(person, &profile)?;
        row.id_bidx = profile.document.as_ref().map(|document| self.identity_index(document));
        row.phone_bidx = profile.phone.as_ref().map(|phone| self.phone_index(phone));
        row.updated_at = ctx.now.millis().max(old.updated_at + 1);
        store::update_person(tx, row, old.updated_at).await
    }

    pub(super) fn new_row(
        &self,
        id: PersonId,
        ctx: &Ctx,
        profile: &Profile,
    ) -> Result<persons::Model, StoreError> {
        Ok(persons::Model {
            id: id.uuid(),
            status: Status::Active.as_str().to_owned(),
            profile: self.seal(id, profile)?,
            id_bidx: profile.document.as_ref().map(|document| self.identity_index(document)),
            phone_bidx: profile.phone.as_ref().map(|phone| self.phone_index(phone)),
            must_reenter: false,
            locale: ctx.locale.tag().to_owned(),
            created_at: ctx.now.millis(),
            updated_at: ctx.now.millis(),
        })
    }

    pub(super) fn to_person(&self, account: Account) -> Result<Person, StoreError> {
        let Account { person: row, name, ceiling } = account;
        let id = PersonId::from_uuid(row.id);
        let name = name.ok_or(StoreError::Corrupt)?;
        let corrupt = |_| StoreError::Corrupt;
        Ok(Person {
            id,
            username: name.parse().map_err(|_| StoreError::Corrupt)?,
            status: row.status.parse().map_err(|_| StoreError::Corrupt)?,
            profile: self.base.vault.open_json(&place(id), &row.profile)?,
            must_reenter_document: row.must_reenter,
            password_ceiling: ceiling.map(|level| level.parse()).transpose().map_err(corrupt)?,
            locale: row.locale.parse().map_err(|_| StoreError::Corrupt)?,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
        })
    }

    fn seal(&self, person: PersonId, profile: &Profile) -> Result<Vec<u8>, StoreError> {
        Ok(self.base.vault.seal_json(self.base.rng.as_ref(), &place(person), profile)?.into_bytes())
    }

    fn identity_index(&self, document: &IdDocument) -> String {
        self.base.vault.blind_index(IDENTITY, &document.unique_key()).into_string()
    }

    fn phone_index(&self, phone: &Phone) -> String {
        self.base.vault.blind_index(PHONE, phone.as_str()).into_string()
    }
}

/// Where a sealed profile belongs: it opens nowhere else.
fn place(person: PersonId) -> String {
    vault::aad("persons", "profile", &person)
}
