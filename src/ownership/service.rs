//! What an authority's answer does to an account.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::{
    audit::{Audit, AuditEvent},
    kernel::{Ctx, PersonId, PersonName, Phone, RealNameLevel},
    notify::{Notify, SmsTemplate},
    people::{CreateError, People, Person, Profile},
    policy::Policy,
    proofing::{Answer, Proofing},
    storage::{Base, StoreError, Tx},
};

use super::Change;

/// The rooms that an answer reaches.
#[derive(Clone)]
pub struct Rooms {
    pub people: People,
    pub proofing: Proofing,
    pub notify: Notify,
    pub audit: Audit,
}

/// Phones and identities of accounts. Cheap to clone.
#[derive(Clone)]
pub struct Ownership {
    pub(super) base: Base,
    pub(super) rooms: Rooms,
    pub(super) policy: Arc<Policy>,
    /// What a veto's token is put behind: the page's whole address.
    pub(super) veto_page: Arc<str>,
}

impl Ownership {
    /// Over the shared infrastructure; `veto_page` is an address that a token completes.
    pub fn new(base: Base, rooms: Rooms, policy: Arc<Policy>, veto_page: &str) -> Self {
        Self { base, rooms, policy, veto_page: veto_page.into() }
    }

    /// The evidence of a yes, which ends with the person's document at the latest, and the message that tells of it.
    ///
    /// # Errors
    /// `Conflict` when this job already yielded evidence.
    pub async fn proved(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        (person, document_until): (PersonId, Option<NaiveDate>),
        answer: Answer<'_>,
    ) -> Result<(), StoreError> {
        let Answer { job, verdict, .. } = answer;
        let whose = (person, document_until);
        let evidence = self.rooms.proofing.record_card(tx, ctx, whose, job, verdict).await?;
        let method = answer.job.case.channel.method().as_str();
        let event = AuditEvent::VerificationSucceeded { person, evidence, method };
        self.rooms.audit.record(tx, ctx, event).await?;
        let level = [("level", RealNameLevel::L2.as_str().to_owned())];
        self.rooms.notify.sms(tx, ctx, SmsTemplate::Verified, &answer.job.case.phone, &level).await
    }

    /// A no is noted down, and told by SMS when the page no longer waits for it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn refused(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        person: Option<PersonId>,
        answer: Answer<'_>,
    ) -> Result<(), StoreError> {
        let event = AuditEvent::VerificationFailed {
            person,
            job: answer.job.id,
            method: answer.job.case.channel.method().as_str(),
            outcome: answer.verdict.outcome.key(),
        };
        self.rooms.audit.record(tx, ctx, event).await?;
        if ctx.now - answer.job.created_at > self.policy.proofing.wait.delta() {
            self.rooms.notify.sms(tx, ctx, SmsTemplate::NotVerified, &answer.job.case.phone, &[]).await?;
        }
        Ok(())
    }

    /// The phone goes to whoever proved it by code and bank record; `keeper` has it already.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn displace_phone(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        phone: &Phone,
        keeper: Option<PersonId>,
    ) -> Result<Option<PersonId>, StoreError> {
        let holder =
            self.rooms.people.phone_holder(tx, phone).await?.filter(|holder| Some(*holder) != keeper);
        if let Some(holder) = holder {
            self.rooms.people.displace_phone(tx, ctx, holder).await?;
            self.rooms.proofing.displace_phone(tx, holder).await?;
        }
        Ok(holder)
    }

    /// The proved phone becomes the account's. Another account that had it loses it; the account's number of before is told,
    /// and may undo it.
    ///
    /// # Errors
    /// When the store fails; `Conflict` when another account took the phone at the same moment.
    pub async fn take_phone(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        person: &Person,
        phone: &Phone,
    ) -> Result<(), StoreError> {
        let person = &self.rooms.people.locked(tx, person.id).await?.ok_or(StoreError::Gone)?;
        if person.profile.phone.as_ref() == Some(phone) {
            return Ok(());
        }
        if let Some(holder) = self.displace_phone(tx, ctx, phone, Some(person.id)).await? {
            let event = AuditEvent::PhoneDisplaced { person: holder, by: person.id };
            self.rooms.audit.record(tx, ctx, event).await?;
        }
        self.move_phone(tx, ctx, person, phone).await
    }

    /// A phone that is nobody's, proved by a code, becomes the account's; both numbers are told, and the one before may undo
    /// it. What an authority proved stays (`domain.md` §2.4).
    ///
    /// # Errors
    /// When the store fails; `Conflict` when another account took the phone at the same moment.
    pub async fn change_phone(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        person: &Person,
        phone: &Phone,
    ) -> Result<(), StoreError> {
        let person = &self.rooms.people.locked(tx, person.id).await?.ok_or(StoreError::Gone)?;
        let ctx = &Ctx { locale: person.locale, ..ctx.clone() };
        self.move_phone(tx, ctx, person, phone).await?;
        self.rooms.proofing.record_phone(tx, ctx, person.id, phone).await?;
        let args = [("username", person.username.masked())];
        self.rooms.notify.sms(tx, ctx, SmsTemplate::PhoneTaken, phone, &args).await
    }

    async fn move_phone(&self, tx: &Tx, ctx: &Ctx, person: &Person, phone: &Phone) -> Result<(), StoreError> {
        if let Some(old) = &person.profile.phone {
            let change = Change::Phone { old: old.clone(), new: phone.clone() };
            let [hours, link] = self.allow_veto(tx, ctx, person.id, change).await?;
            let args = [("username", person.username.masked()), ("phone", phone.masked()), hours, link];
            self.rooms.notify.sms(tx, ctx, SmsTemplate::PhoneChanged, old, &args).await?;
        }
        self.give_phone(tx, ctx, person, Some(phone.clone())).await?;
        let event = AuditEvent::PersonChanged { person: person.id, what: "phone" };
        self.rooms.audit.record(tx, ctx, event).await
    }

    /// The name that an authority has said yes to is the account's (S1-45, S1-48).
    ///
    /// # Errors
    /// When the store fails.
    pub async fn take_name(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        person: PersonId,
        name: &PersonName,
    ) -> Result<(), StoreError> {
        let person = self.rooms.people.locked(tx, person).await?.ok_or(StoreError::Gone)?;
        if person.profile.name == *name {
            return Ok(());
        }
        let profile = Profile { name: name.clone(), ..person.profile.clone() };
        match self.rooms.people.replace_profile(tx, ctx, person.id, profile).await {
            Ok(()) => {}
            Err(CreateError::Store(error)) => return Err(error),
            Err(_) => return Err(StoreError::Conflict),
        }
        let event = AuditEvent::PersonChanged { person: person.id, what: "name" };
        self.rooms.audit.record(tx, ctx, event).await
    }

    /// The account's phone is another one, or none.
    pub(super) async fn give_phone(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        person: &Person,
        phone: Option<Phone>,
    ) -> Result<(), StoreError> {
        let profile = Profile { phone, ..person.profile.clone() };
        match self.rooms.people.replace_profile(tx, ctx, person.id, profile).await {
            Ok(()) => Ok(()),
            Err(CreateError::Store(error)) => Err(error),
            Err(_) => Err(StoreError::Conflict),
        }
    }
}
