//! An account between its sealed row and the value that the house works with.

use chrono::TimeDelta;

use crate::{
    kernel::{Ctx, PersonId, Timestamp},
    storage::{
        BlindIndex, StoreError, Tx, Vault, counters,
        vault::{IndexColumn, SealedColumn},
    },
};

use super::{
    People, Person, Profile, Status,
    store::{self, Account, Indexes, persons},
};

/// What persons told.
pub const SEALED: SealedColumn = SealedColumn::by_uuid("persons", "profile", "id");
/// Who holds which identity and which phone.
pub const INDEXED: [IndexColumn; 2] =
    [IndexColumn::new("persons", "id_bidx"), IndexColumn::new("persons", "phone_bidx")];
/// How long the row of a lock is kept.
const CLAIM: TimeDelta = TimeDelta::minutes(1);
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
        let indexes = indexes(&self.base.vault, &profile);
        row.id_bidx = indexes.identity;
        row.phone_bidx = indexes.phone;
        row.updated_at = ctx.now.millis().max(old.updated_at + 1);
        tx.forget(&self.hot, person);
        store::update_person(tx, row, old.updated_at).await
    }

    /// Removes a batch of the holds of names that ran out: they are nobody's, and would pile up; tells how many.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sweep(&self, tx: &Tx, now: Timestamp) -> Result<u64, StoreError> {
        store::sweep_holds(tx, now).await
    }

    pub(super) fn new_row(
        &self,
        id: PersonId,
        ctx: &Ctx,
        profile: &Profile,
    ) -> Result<persons::Model, StoreError> {
        let indexes = indexes(&self.base.vault, profile);
        Ok(persons::Model {
            id: id.uuid(),
            status: Status::Active.as_str().to_owned(),
            profile: self.seal(id, profile)?,
            id_bidx: indexes.identity,
            phone_bidx: indexes.phone,
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

    /// From here to the end of the transaction nobody else gives this identity or phone to an account. The unique columns
    /// alone do not rule it out while two nodes write blind indexes under two keys.
    pub(super) async fn lock_claims(&self, tx: &Tx, ctx: &Ctx, profile: &Profile) -> Result<(), StoreError> {
        let document = profile.document.as_ref().map(|document| (IDENTITY, document.unique_key()));
        let phone = profile.phone.as_ref().map(|phone| (PHONE, phone.as_str().to_owned()));
        for (domain, canonical) in [document, phone].into_iter().flatten() {
            let index = self.base.vault.root_index(domain, &canonical);
            counters::hit(tx, &format!("claim:{domain}:{}", index.as_str()), CLAIM, ctx.now).await?;
        }
        Ok(())
    }

    fn seal(&self, person: PersonId, profile: &Profile) -> Result<Vec<u8>, StoreError> {
        Ok(self.base.vault.seal_json(self.base.rng.as_ref(), &place(person), profile)?.into_bytes())
    }
}

/// The blind indexes of what a person told.
pub(super) fn indexes(vault: &Vault, profile: &Profile) -> Indexes {
    let identity =
        profile.document.as_ref().map(|document| vault.blind_index(IDENTITY, &document.unique_key()));
    let phone = profile.phone.as_ref().map(|phone| vault.blind_index(PHONE, phone.as_str()));
    Indexes { identity: identity.map(BlindIndex::into_string), phone: phone.map(BlindIndex::into_string) }
}

/// Where a sealed profile belongs: it opens nowhere else.
fn place(person: PersonId) -> String {
    SEALED.of(&person)
}
