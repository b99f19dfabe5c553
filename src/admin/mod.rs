//! What staff do, each with their name and a reason; so far they look a person up, from the command line.
//!
//! Invariant: plain text is shown after its reason stands in the audit and in the person's own ledger, never before
//! (`decisions.md`, “Personal data”). May use: people, audit, ledger, storage, kernel.

use crate::{
    audit::{Audit, AuditEvent},
    kernel::{Ctx, Username},
    ledger::{Basis, Disclosure, Ledger, Occasion, Recipient, TRIES},
    people::{People, Person},
    storage::{Base, StoreError},
};

/// The longest name and reason, in characters.
const LONGEST: usize = 100;

/// A name or a reason that the person may read: not empty, one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(String);

/// Why a text is none.
#[derive(Debug, thiserror::Error)]
#[error("1 to {LONGEST} characters in one line")]
pub struct WordsError;

impl std::str::FromStr for Words {
    type Err = WordsError;

    fn from_str(text: &str) -> Result<Self, WordsError> {
        let text = text.trim();
        let fits = !text.is_empty() && text.chars().count() <= LONGEST && !text.chars().any(char::is_control);
        if fits { Ok(Self(text.to_owned())) } else { Err(WordsError) }
    }
}

/// What may be shown in plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plain {
    Name,
    IdNumber,
    Phone,
}

impl Plain {
    /// The name of its claim.
    const fn claim(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::IdNumber => "id_number",
            Self::Phone => "phone_number",
        }
    }
}

/// Who looks, why, and at what in plain text.
#[derive(Clone, Debug)]
pub struct LookUp {
    pub staff: Words,
    pub reason: Words,
    pub plain: Vec<Plain>,
}

/// What staff see: masked, but for what they asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub username: String,
    pub status: &'static str,
    pub name: String,
    pub id_number: Option<String>,
    pub phone: Option<String>,
}

/// The façade of this room; cheap to clone.
#[derive(Clone)]
pub struct Desk {
    base: Base,
    people: People,
    audit: Audit,
    ledger: Ledger,
}

impl Desk {
    #[must_use]
    pub fn new(base: Base, people: People, audit: Audit, ledger: Ledger) -> Self {
        Self { base, people, audit, ledger }
    }

    /// Looks a person up by username; none has that name, or it is a unit's.
    ///
    /// # Errors
    /// When the store fails; then nothing is shown.
    pub async fn look_up(
        &self,
        ctx: &Ctx,
        username: &Username,
        look_up: &LookUp,
    ) -> Result<Option<Seen>, StoreError> {
        let Some(id) = self.people.credentials(Some(username)).await?.person else { return Ok(None) };
        let Some(person) = self.people.find_in(self.base.db.read(), id).await? else { return Ok(None) };
        self.note(ctx, &person, look_up).await?;
        Ok(Some(seen(&person, &look_up.plain)))
    }

    async fn note(&self, ctx: &Ctx, person: &Person, look_up: &LookUp) -> Result<(), StoreError> {
        let plain: Vec<_> = look_up.plain.iter().map(|plain| plain.claim()).collect();
        let claims = ["preferred_username"].into_iter().chain(plain.iter().copied());
        let told = Disclosure {
            person: person.id,
            recipient: Recipient::Staff(look_up.staff.0.clone()),
            occasion: Occasion::LookUp,
            basis: Basis::Staff,
            claims: claims.map(str::to_owned).collect(),
            acr: None,
            reason: Some(look_up.reason.0.clone()),
        };
        for _ in 0..TRIES {
            let mut unit = self.base.db.unit();
            let event = AuditEvent::PersonLookedUp {
                person: person.id,
                staff: look_up.staff.0.clone(),
                plain: plain.join(" "),
                reason: look_up.reason.0.clone(),
            };
            self.audit.note(&mut unit, ctx, event)?;
            self.ledger.note(&mut unit, ctx, &told).await?;
            match self.base.db.write(unit).await {
                Err(StoreError::Conflict) => self.ledger.reread(person.id),
                written => return written,
            }
        }
        Err(StoreError::Conflict)
    }
}

fn seen(person: &Person, plain: &[Plain]) -> Seen {
    let profile = &person.profile;
    let is_plain = |what| plain.contains(&what);
    let name = &profile.name;
    Seen {
        username: person.username.as_str().to_owned(),
        status: person.status.as_str(),
        name: if is_plain(Plain::Name) { name.display().to_owned() } else { name.masked() },
        id_number: profile.document.as_ref().map(|document| match is_plain(Plain::IdNumber) {
            true => document.number().to_owned(),
            false => document.masked(),
        }),
        phone: profile.phone.as_ref().map(|phone| match is_plain(Plain::Phone) {
            true => phone.as_str().to_owned(),
            false => phone.masked(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_that_a_person_may_read() {
        assert!("  核对12333来电 ".parse::<Words>().is_ok());
        let long = "长".repeat(101);
        for text in ["", "  ", "one\ntwo", "\u{1b}[31m", &long] {
            assert!(text.parse::<Words>().is_err(), "{text:?}");
        }
    }
}
