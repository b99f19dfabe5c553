//! Accounts that are there before anybody registers: the demo's people, those of tests and measurements.
//!
//! They come to be through the same rooms as everybody else's; a person at L2 was verified by the bank, over the wire.

use chrono::NaiveDate;

use super::{Service, StartError};
use crate::kernel::{
    About, BankCard, Ctx, Email, FlowId, IdDocument, PersonId, PersonName, Phone, Secret, Sex, Username,
};
use crate::people::{NewPerson, Profile};
use crate::proofing::{CardCase, Channel, Outcome, Purpose};
use crate::storage::Tx;

/// Who gets an account.
pub struct NewAccount {
    /// Chosen name.
    pub username: Username,
    /// Chosen password.
    pub password: Secret,
    /// As on the document.
    pub name: PersonName,
    /// Proved or only typed, by the level.
    pub document: IdDocument,
    /// Proved by SMS.
    pub phone: Phone,
    /// Bank code and card; with them the account is at L2.
    pub card: Option<(String, BankCard)>,
    /// Typed, not proved.
    pub email: Option<Email>,
    /// Told beyond the identity.
    pub about: About,
}

impl Service {
    /// Opens an account at L1, or at L2 when the bank says yes to its card. A name that is taken changes nothing.
    ///
    /// # Errors
    /// [`StartError`] when a room fails or the bank says no.
    pub async fn open_account(&self, ctx: &Ctx, new: NewAccount) -> Result<Option<PersonId>, StartError> {
        if self.app.people.find_by_username(&new.username).await?.is_some() {
            return Ok(None);
        }
        let password = self.app.people.hash_password(&new.password).await?;
        let flow = FlowId::new(ctx.now, self.app.base.rng.as_ref());
        let profile = profile(&new);
        let account = NewPerson { username: new.username.clone(), password, profile, flow };
        let tx = self.app.base.db.begin().await?;
        let person = self.app.people.create(&tx, ctx, account).await?;
        self.app.proofing.record_phone(&tx, ctx, person, &new.phone).await?;
        tx.commit().await?;
        if let Some((bank, card)) = new.card.clone() {
            self.verify(ctx, person, &new, bank, card).await?;
        }
        Ok(Some(person))
    }

    async fn verify(
        &self,
        ctx: &Ctx,
        person: PersonId,
        new: &NewAccount,
        bank: String,
        card: BankCard,
    ) -> Result<(), StartError> {
        let proofing = &self.app.proofing;
        let case = CardCase {
            purpose: Purpose::Upgrade { person, flow: FlowId::new(ctx.now, self.app.base.rng.as_ref()) },
            name: new.name.clone(),
            bank_registered_name: None,
            document: new.document.clone(),
            document_until: None,
            channel: Channel::Bank(bank),
            card,
            phone: new.phone.clone(),
        };
        let tx: Tx = self.app.base.db.begin().await?;
        let job = proofing.submit(&tx, ctx, case).await?;
        tx.commit().await?;
        let missing = || StartError::Settings(format!("the bank does not know {}", new.username.as_str()));
        let job = proofing.claim(ctx.now, Some(job)).await?.ok_or_else(missing)?;
        let verdict = proofing.ask(&job).await;
        if verdict.outcome != Outcome::Ok {
            return Err(missing());
        }
        let tx = self.app.base.db.begin().await?;
        proofing.settle(&tx, ctx, &job, &verdict).await?;
        proofing.record_card(&tx, ctx, (person, job.case.document_until), &job, &verdict).await?;
        Ok(tx.commit().await?)
    }
}

fn profile(new: &NewAccount) -> Profile {
    Profile {
        name: new.name.clone(),
        document: Some(new.document.clone()),
        sex: new.document.sex().unwrap_or(Sex::Female),
        birthdate: new.document.birthdate().unwrap_or(NaiveDate::MIN),
        phone: Some(new.phone.clone()),
        email: new.email.clone(),
        nationality: None,
        valid_until: None,
        about: new.about.clone(),
    }
}
