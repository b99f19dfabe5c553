//! “这不是我”: whoever had the phone before undoes a change of phone, and the phone's owner a change of the password, within
//! their time and once.
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
    kernel::{Ctx, PersonId, Phone, PlainToken, Timestamp, VetoId},
    notify::SmsTemplate,
    people::{PasswordMark, Person, Voided},
    storage::{StoreError, Tx, vault::SealedColumn},
};

/// What changed, and between which phones.
pub const SEALED: SealedColumn = SealedColumn::by_uuid("vetoes", "change", "id");

/// After a veto nobody replaces the phone on line for so long.
const FREEZE: TimeDelta = TimeDelta::hours(24);

/// What changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Change {
    Phone {
        old: Phone,
        new: Phone,
    },
    Password {
        set: PasswordMark,
    },
    /// Nothing but that somebody signed in by this password, from a browser that never did before.
    SignIn {
        password: PasswordMark,
    },
    /// The security questions: whoever set them knew the password.
    Questions,
}

impl Change {
    /// The column's word.
    const fn what(&self) -> &'static str {
        match self {
            Self::Phone { .. } => PHONE,
            Self::Password { .. } => PASSWORD,
            Self::SignIn { .. } => SIGN_IN,
            Self::Questions => QUESTIONS,
        }
    }
}

const PHONE: &str = "phone";
const PASSWORD: &str = "password";
const SIGN_IN: &str = "sign_in";
const QUESTIONS: &str = "questions";

/// A change that may still be undone, or was.
#[derive(Debug)]
pub struct Contested {
    id: VetoId,
    /// Whose account it is.
    pub person: PersonId,
    pub change: Change,
    /// When it changed.
    pub at: Timestamp,
    /// Until when it may be undone.
    pub until: Timestamp,
    /// It was undone.
    pub is_used: bool,
}

impl Ownership {
    /// Tells the account's phone of a new password (T5), with a link that undoes it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tell_of_password(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        (person, set): (&Person, PasswordMark),
    ) -> Result<(), StoreError> {
        let Some(phone) = &person.profile.phone else { return Ok(()) };
        let ctx = &Ctx { locale: person.locale, ..ctx.clone() };
        let [hours, link] = self.allow_veto(tx, ctx, person.id, Change::Password { set }).await?;
        let args = [("username", person.username.masked()), hours, link];
        self.rooms.notify.sms(tx, ctx, SmsTemplate::PasswordChanged, phone, &args).await
    }

    /// Tells the account's phone that its security questions are others, or none, with a link that undoes it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tell_of_questions(&self, tx: &Tx, ctx: &Ctx, person: &Person) -> Result<(), StoreError> {
        let Some(phone) = &person.profile.phone else { return Ok(()) };
        let ctx = &Ctx { locale: person.locale, ..ctx.clone() };
        let [hours, link] = self.allow_veto(tx, ctx, person.id, Change::Questions).await?;
        let args = [("username", person.username.masked()), hours, link];
        self.rooms.notify.sms(tx, ctx, SmsTemplate::QuestionsChanged, phone, &args).await
    }

    /// Tells the account's phone of a sign-in from a new browser (T7), with a link that ends it and the password that it was
    /// made with.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tell_of_sign_in(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        (person, password): (&Person, PasswordMark),
    ) -> Result<(), StoreError> {
        let Some(phone) = &person.profile.phone else { return Ok(()) };
        let ctx = &Ctx { locale: person.locale, ..ctx.clone() };
        let [hours, link] = self.allow_veto(tx, ctx, person.id, Change::SignIn { password }).await?;
        let args = [("username", person.username.masked()), ("time", ctx.now.china_minute()), hours, link];
        self.rooms.notify.sms(tx, ctx, SmsTemplate::NewDevice, phone, &args).await
    }

    /// A link for whoever is told of the change, and for how long it works: two arguments of a message.
    pub(super) async fn allow_veto(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        person: PersonId,
        change: Change,
    ) -> Result<[(&'static str, String); 2], StoreError> {
        let rng = self.base.rng.as_ref();
        let (id, token) = (VetoId::new(ctx.now, rng), PlainToken::generate(rng));
        let row = store::vetoes::Model {
            id: id.uuid(),
            token_hash: token.hash().as_str().to_owned(),
            person_id: person.uuid(),
            what: change.what().to_owned(),
            change: self.base.vault.seal_json(rng, &SEALED.of(&id), &change)?.into_bytes(),
            created_at: ctx.now.millis(),
            expires_at: (ctx.now + self.policy.recovery.veto.delta()).millis(),
            used_at: None,
        };
        store::insert(tx, row).await?;
        let hours = self.policy.recovery.veto.as_hours().to_string();
        Ok([("hours", hours), ("link", format!("{}{}", self.veto_page, token.expose()))])
    }

    /// The change that a link is about; none when it ran out or never was.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn contested(&self, ctx: &Ctx, token: &PlainToken) -> Result<Option<Contested>, StoreError> {
        let row = store::find(self.base.db.read(), token.hash().as_str(), ctx.now).await?;
        row.map(|row| self.to_contested(&row)).transpose()
    }

    /// Undoes a change: of a password this very one, of a phone all that came after it too, of the questions also the password
    /// that whoever set them knew. The caller ends every session in the same transaction.
    ///
    /// # Errors
    /// `Gone` when it was undone before, or its time is over.
    #[instrument(skip_all)]
    pub async fn veto(&self, tx: &Tx, ctx: &Ctx, contested: &Contested) -> Result<(), StoreError> {
        if !store::use_up(tx, contested.id, ctx.now).await? {
            return Err(StoreError::Gone);
        }
        let person = self.rooms.people.locked(tx, contested.person).await?.ok_or(StoreError::Gone)?;
        let (id, since) = (person.id, contested.at);
        match &contested.change {
            Change::Phone { old, new } => {
                store::use_up_later(tx, id, since, ctx.now).await?;
                self.restore_phone(tx, ctx, &person, (old, since)).await?;
                self.rooms.people.void_password(tx, ctx, id, Voided::Since(since)).await?;
                self.rooms.audit.record(tx, ctx, AuditEvent::PhoneChangeVetoed { person: id }).await?;
                self.tell_of_veto(tx, ctx, &person, (old, new)).await
            }
            Change::Password { set } => {
                self.rooms.people.void_password(tx, ctx, id, Voided::One(*set)).await?;
                self.rooms.audit.record(tx, ctx, AuditEvent::PasswordChangeVetoed { person: id }).await
            }
            Change::SignIn { password } => {
                self.rooms.people.void_password(tx, ctx, id, Voided::One(*password)).await?;
                self.rooms.audit.record(tx, ctx, AuditEvent::SignInVetoed { person: id }).await
            }
            Change::Questions => {
                self.rooms.people.clear_questions(tx, id).await?;
                self.rooms.people.void_password(tx, ctx, id, Voided::Any).await?;
                self.rooms.audit.record(tx, ctx, AuditEvent::QuestionsChangeVetoed { person: id }).await
            }
        }
    }

    /// The phone of before is the account's again, unless somebody else has it. Proofs since then count no longer, and those
    /// before it do again.
    async fn restore_phone(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        person: &Person,
        (old, since): (&Phone, Timestamp),
    ) -> Result<(), StoreError> {
        let holder = self.rooms.people.phone_holder(tx, old).await?;
        let phone = holder.is_none_or(|holder| holder == person.id).then(|| old.clone());
        self.give_phone(tx, ctx, person, phone.clone()).await?;
        self.rooms.proofing.undo_since(tx, person.id, since).await?;
        match &phone {
            Some(phone) => self.rooms.proofing.record_phone(tx, ctx, person.id, phone).await.map(|_| ()),
            None => self.rooms.proofing.displace_phone(tx, person.id).await,
        }
    }

    /// Whether a change of this account's phone was undone so lately that nobody replaces it on line.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn is_frozen(&self, tx: &Tx, ctx: &Ctx, person: PersonId) -> Result<bool, StoreError> {
        store::was_used_since(tx, (person, PHONE), ctx.now - FREEZE).await
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
        person: &Person,
        (old, new): (&Phone, &Phone),
    ) -> Result<(), StoreError> {
        let ctx = &Ctx { locale: person.locale, ..ctx.clone() };
        let args = [("username", person.username.masked())];
        let later = person.profile.phone.as_ref().filter(|phone| *phone != new);
        for phone in [Some(old), Some(new), later].into_iter().flatten() {
            self.rooms.notify.sms(tx, ctx, SmsTemplate::PhoneRestored, phone, &args).await?;
        }
        Ok(())
    }

    fn to_contested(&self, row: &store::vetoes::Model) -> Result<Contested, StoreError> {
        let id = VetoId::from_uuid(row.id);
        Ok(Contested {
            id,
            person: PersonId::from_uuid(row.person_id),
            change: self.base.vault.open_json(&SEALED.of(&id), &row.change)?,
            at: Timestamp::from_millis(row.created_at),
            until: Timestamp::from_millis(row.expires_at),
            is_used: row.used_at.is_some(),
        })
    }
}
