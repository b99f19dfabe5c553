//! R1 ①: the username by SMS to the registered phone (S0-22…S0-24, S1-16…S1-20).

use tracing::instrument;

use super::{AccountInput, FindName, Recovery, RecoveryError, Step, forms, model::Found};
use crate::{
    audit::AuditEvent,
    kernel::{Ctx, Faults, HashedToken, IdDocument, PersonId, PersonName, Phone, Secret},
    notify::{CodePurpose, CodeSent, Recipient, SmsTemplate},
    people::Person,
    policy::AccountWay,
    storage::Tx,
};

const PURPOSE: CodePurpose = CodePurpose::FindName;

impl Recovery {
    /// R1 in this browser.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_name_flow(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
    ) -> Result<Option<Step<FindName>>, RecoveryError> {
        let flow = self.desk.find::<FindName>(self.base.db.read(), ctx.now, browser).await?;
        Ok(flow.map(|flow| (flow.id, flow.state)))
    }

    /// Step 1: who the person says to be. It goes on alike whether or not anybody is found.
    ///
    /// # Errors
    /// What to correct in the form itself, or a wrong captcha.
    #[instrument(skip_all)]
    pub async fn tell_identity(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
        input: &AccountInput,
    ) -> Result<(), RecoveryError> {
        if !self.policy.recovery.account.contains(&AccountWay::Phone) {
            return Err(RecoveryError::Expired);
        }
        let mut faults = Faults::default();
        let identity = forms::identity(&mut faults, input, ctx.now.china_date());
        self.check_captcha(&mut faults, &input.captcha).await?;
        let (name, document) = faults.complete(identity)?;
        let holder = self.rooms.people.identity_holder(self.base.db.read(), &document).await?;
        let found = self.active(holder).await?;
        let owner = found.filter(|person| has_name(person, &name)).and_then(phone_of);
        let told = format!("{}\u{1f}{}", document.unique_key(), name.match_key());
        let stand_in = self.base.vault.root_index("recovery.find_name", &told).into_string();
        self.begin(ctx, browser, FindName::Code(Found { owner, stand_in })).await
    }

    /// Step 2: sends the code to the registered phone (S1-18).
    ///
    /// # Errors
    /// E_SMS_TOO_FAST, E_SMS_LIMIT.
    #[instrument(skip_all)]
    pub async fn send_name_code(&self, ctx: &Ctx, browser: &HashedToken) -> Result<(), RecoveryError> {
        let flow = self.open::<FindName>(ctx, browser).await?;
        let FindName::Code(found) = &flow.state else { return Err(RecoveryError::Expired) };
        self.text_code(ctx, flow.id, (PURPOSE, recipient(found))).await
    }

    /// The code that is on its way, or would be.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn name_code_sent(
        &self,
        ctx: &Ctx,
        (flow, found): (crate::kernel::FlowId, &Found),
    ) -> Result<Option<CodeSent>, RecoveryError> {
        self.sent(ctx, flow, (PURPOSE, recipient(found))).await
    }

    /// Step 3: after the right code the username leaves by SMS (S0-24); sent twice, it is one message.
    ///
    /// # Errors
    /// E_SMS_CODE, whatever is the matter.
    #[instrument(skip_all)]
    pub async fn tell_name(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
        code: &Secret,
    ) -> Result<(), RecoveryError> {
        match self.tell_name_once(ctx, browser, code).await {
            Err(error) => match self.find_name_flow(ctx, browser).await? {
                Some((_, FindName::Told)) => Ok(()),
                _ => Err(error),
            },
            told => told,
        }
    }

    async fn tell_name_once(
        &self,
        ctx: &Ctx,
        browser: &HashedToken,
        code: &Secret,
    ) -> Result<(), RecoveryError> {
        let mut flow = self.open::<FindName>(ctx, browser).await?;
        let FindName::Code(found) = flow.state.clone() else { return Err(RecoveryError::Expired) };
        forms::code(code)?;
        let id = flow.id.to_string();
        let codes = self.rooms.notify.codes();
        let proved = codes.check_of(ctx, (PURPOSE, recipient(&found)), &id, code).await?;
        let owner = self.owner_of(&found).await?;
        let tx = self.base.db.begin().await?;
        codes.take(&tx, ctx, &proved).await?;
        flow.state = FindName::Told;
        self.desk.save(&tx, &flow).await?;
        // The phone went to somebody else since: nothing is told, and the page says the same.
        if let Some((person, phone)) = owner {
            self.text_name(&tx, ctx, &person, (&phone, AccountWay::Phone.as_str())).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn owner_of(&self, found: &Found) -> Result<Option<(Person, Phone)>, RecoveryError> {
        let Some((id, phone)) = &found.owner else { return Ok(None) };
        let person = self.active(Some(*id)).await?;
        let same = person.filter(|person| person.profile.phone.as_ref() == Some(phone));
        Ok(same.map(|person| (person, phone.clone())))
    }

    pub(super) async fn text_name(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        person: &Person,
        (phone, way): (&Phone, &'static str),
    ) -> Result<(), RecoveryError> {
        let ctx = &Ctx { locale: person.locale, ..ctx.clone() };
        let args = [("username", person.username.as_str().to_owned())];
        self.rooms.notify.sms(tx, ctx, SmsTemplate::Username, phone, &args).await?;
        let event = AuditEvent::UsernameRecovered { person: person.id, way };
        Ok(self.rooms.audit.record(tx, ctx, event).await?)
    }
}

fn has_name(person: &Person, name: &PersonName) -> bool {
    person.profile.name.match_key() == name.match_key()
}

fn phone_of(person: Person) -> Option<(PersonId, Phone)> {
    person.profile.phone.map(|phone| (person.id, phone))
}

fn recipient(found: &Found) -> Recipient<'_> {
    match &found.owner {
        Some((_, phone)) => Recipient::Phone(phone),
        None => Recipient::Nobody(&found.stand_in),
    }
}

/// Whether this is the account's document; in whichever of its forms it was typed.
pub(super) fn has_document(person: &Person, document: &IdDocument) -> bool {
    person.profile.document.as_ref().is_some_and(|own| own.unique_key() == document.unique_key())
}
