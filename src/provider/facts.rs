//! Loading what the interaction table looks at.

use std::sync::Arc;

use super::{
    Internal, Provider,
    visitor::{Visitor, mark},
};
use crate::{
    kernel::{Acr, Amr, Ctx, Timestamp},
    people::{Person, Status},
    proofing,
    protocol::{
        client::Client,
        interaction::{Answers, Facts, SessionFacts},
    },
    sessions::Session,
};

impl Provider {
    /// The facts of one visitor for one client.
    pub(super) async fn facts(
        &self,
        ctx: &Ctx,
        visitor: &Visitor<'_>,
        client: &Client,
        answers: Answers,
    ) -> Result<Facts, Internal> {
        let session = match visitor.session {
            Some(session) => self.session_facts(ctx, session, visitor.person, client).await?,
            None => None,
        };
        Ok(Facts { now: ctx.now, session, reachable: self.settings.reachable, answers })
    }

    /// `None` when the account may not be used: then nobody is signed in.
    async fn session_facts(
        &self,
        ctx: &Ctx,
        session: &Session,
        known: Option<&Arc<Person>>,
        client: &Client,
    ) -> Result<Option<SessionFacts>, Internal> {
        let person = match known.filter(|person| person.id == session.person && is_active(person)) {
            Some(person) => Some(person.clone()),
            None => self.active_person(session.person).await?,
        };
        let Some(person) = person else { return Ok(None) };
        Ok(Some(SessionFacts {
            mark: mark(session),
            person: person.id,
            subject: self.subject(client, person.id),
            truth: self.truth(&person, (&session.amr, session.auth_time), ctx.now).await?,
            must_reenter_document: person.must_reenter_document,
            granted: self.rooms.consents.given(&client.client_id, person.id).await?,
        }))
    }

    /// The person, if the account may be used.
    pub(super) async fn active_person(
        &self,
        person: crate::kernel::PersonId,
    ) -> Result<Option<Arc<Person>>, Internal> {
        let person = self.rooms.people.find(person).await?;
        Ok(person.filter(|person| is_active(person)))
    }

    /// decisions.md "Levels": evidence that counts now, under the ceiling of the password that signed in;
    /// `mfa` as of that sign-in.
    pub(super) async fn truth(
        &self,
        person: &Person,
        (amr, auth_time): (&Amr, Timestamp),
        now: Timestamp,
    ) -> Result<Option<Acr>, Internal> {
        let evidence = self.rooms.proofing.evidence(person.id).await?;
        let ceiling = proofing::ceiling(person, (amr, auth_time), (&evidence, now));
        let level = proofing::level(&evidence, now);
        let level = level.map(|level| ceiling.map_or(level, |ceiling| level.min(ceiling)));
        Ok(level.map(|level| Acr { level, mfa: amr.is_mfa() }))
    }
}

fn is_active(person: &Person) -> bool {
    person.status == Status::Active
}
