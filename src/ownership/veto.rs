//! “这不是我”: whoever had the phone before undoes the change, within its time and once.
//!
//! ```text
//! Open ──veto──► Used        Open ──72 h──► Over
//! ```

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use tracing::instrument;

use super::{Ownership, store};
use crate::{
    audit::AuditEvent,
    kernel::{Ctx, Locale, PersonId, Phone, PlainToken, Timestamp, VetoId},
    notify::SmsTemplate,
    people::Person,
    storage::{StoreError, Tx, vault::SealedColumn},
};

/// Which phones a change was between.
pub const SEALED: SealedColumn = SealedColumn::by_uuid("vetoes", "change", "id");

/// After a veto nobody replaces the phone on line for so long.
const FREEZE: TimeDelta = TimeDelta::hours(24);

#[derive(Debug, Serialize, Deserialize)]
struct Change {
    old: Phone,
    new: Phone,
}

/// A change of phone that may still be undone, or was.
#[derive(Debug)]
pub struct Contested {
    id: VetoId,
    /// Whose phone it was about.
    pub person: PersonId,
    old: Phone,
    new: Phone,
    /// When the phone changed.
    pub at: Timestamp,
    /// Until when it may be undone.
    pub until: Timestamp,
    /// It was undone.
    pub is_used: bool,
}

impl Contested {
    /// The phone before and the phone since, masked: `138****6021`.
    #[must_use]
    pub fn masked(&self) -> (String, String) {
        (self.old.masked(), self.new.masked())
    }
}

impl Ownership {
    /// A link for the phone that was the account's before.
    pub(super) async fn allow_veto(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        person: PersonId,
        (old, new): (&Phone, &Phone),
    ) -> Result<String, StoreError> {
        let rng = self.base.rng.as_ref();
        let (id, token) = (VetoId::new(ctx.now, rng), PlainToken::generate(rng));
        let change = Change { old: old.clone(), new: new.clone() };
        let row = store::vetoes::Model {
            id: id.uuid(),
            token_hash: token.hash().as_str().to_owned(),
            person_id: person.uuid(),
            change: self.base.vault.seal_json(rng, &SEALED.of(&id), &change)?.into_bytes(),
            created_at: ctx.now.millis(),
            expires_at: (ctx.now + self.policy.recovery.veto.delta()).millis(),
            used_at: None,
        };
        store::insert(tx, row).await?;
        Ok(format!("{}{}", self.veto_page, token.expose()))
    }

    /// The change that a link is about; none when it ran out or never was.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn contested(&self, ctx: &Ctx, token: &PlainToken) -> Result<Option<Contested>, StoreError> {
        let row = store::find(self.base.db.read(), token.hash().as_str(), ctx.now).await?;
        row.map(|row| self.to_contested(&row)).transpose()
    }

    /// Undoes the change and all changes of the phone after it. Proofs since then count no longer and those before it do
    /// again; a password set since then opens nothing. The caller ends every session in the same transaction.
    ///
    /// # Errors
    /// `Gone` when it was undone before, or its time is over.
    #[instrument(skip_all)]
    pub async fn veto(&self, tx: &Tx, ctx: &Ctx, contested: &Contested) -> Result<(), StoreError> {
        if !store::use_up(tx, contested.id, ctx.now).await? {
            return Err(StoreError::Gone);
        }
        store::use_up_later(tx, contested.person, contested.at, ctx.now).await?;
        let person = self.rooms.people.find_in(tx, contested.person).await?.ok_or(StoreError::Gone)?;
        let since = contested.at;
        let taken = self.rooms.people.phone_holder(tx, &contested.old).await?;
        let is_free = taken.is_none_or(|holder| holder == person.id);
        let phone = is_free.then(|| contested.old.clone());
        self.give_phone(tx, ctx, &person, phone.clone()).await?;
        self.rooms.proofing.undo_since(tx, person.id, since).await?;
        match &phone {
            Some(phone) => {
                self.rooms.proofing.record_phone(tx, ctx, person.id, phone).await?;
            }
            None => self.rooms.proofing.displace_phone(tx, person.id).await?,
        }
        self.rooms.people.void_password(tx, ctx, person.id, since).await?;
        self.rooms.audit.record(tx, ctx, AuditEvent::PhoneChangeVetoed { person: person.id }).await?;
        self.tell_of_veto(tx, ctx, (&person, person.locale), contested).await
    }

    /// Whether a change of this account's phone was undone so lately that nobody replaces it on line.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn is_frozen(&self, tx: &Tx, ctx: &Ctx, person: PersonId) -> Result<bool, StoreError> {
        store::was_used_since(tx, person, ctx.now - FREEZE).await
    }

    /// Removes a batch of the links that ran out and no longer freeze anything; tells how many.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sweep(&self, tx: &Tx, now: Timestamp) -> Result<u64, StoreError> {
        store::sweep(tx, now - FREEZE).await
    }

    /// Both phones hear of it, and the one that is the account's by now.
    async fn tell_of_veto(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        (person, locale): (&Person, Locale),
        contested: &Contested,
    ) -> Result<(), StoreError> {
        let ctx = &Ctx { locale, ..ctx.clone() };
        let args = [("username", person.username.masked())];
        let later = person.profile.phone.as_ref().filter(|phone| **phone != contested.new);
        for phone in [Some(&contested.old), Some(&contested.new), later].into_iter().flatten() {
            self.rooms.notify.sms(tx, ctx, SmsTemplate::PhoneRestored, phone, &args).await?;
        }
        Ok(())
    }

    fn to_contested(&self, row: &store::vetoes::Model) -> Result<Contested, StoreError> {
        let id = VetoId::from_uuid(row.id);
        let Change { old, new } = self.base.vault.open_json(&SEALED.of(&id), &row.change)?;
        Ok(Contested {
            id,
            person: PersonId::from_uuid(row.person_id),
            old,
            new,
            at: Timestamp::from_millis(row.created_at),
            until: Timestamp::from_millis(row.expires_at),
            is_used: row.used_at.is_some(),
        })
    }
}
