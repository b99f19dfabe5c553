//! The registration wizard as values: what each page gave, and how one page follows another. Pure.
//!
//! ```text
//! Login ──P1──► Identity ──P2──► Verify ──P3, bank──► Asking ──yes──► Opened
//!                  ▲  ▲             │ ▲                  │              ▲
//!                  └──┴─ P1, P2 ────┘ └────── no ────────┘              │
//!                      again        └────────── P3, later ──────────────┘
//! ```
//! Going back keeps all that was given; a password is kept as its hash only and never shown again.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    kernel::{
        About, Country, Email, IdDocument, JobId, Locale, PersonId, PersonName, Phone, RealNameLevel, Sex,
        Username,
    },
    people::{PasswordHash, Profile},
    proofing::Outcome,
};

use super::IdentityInput;

/// P1: the account name, which the wizard holds, and the password's hash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Login {
    pub username: Username,
    pub password: PasswordHash,
}

/// P2: who the person is, as the document says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    pub name: PersonName,
    pub document: IdDocument,
    pub sex: Sex,
    pub birthdate: NaiveDate,
    pub nationality: Option<Country>,
    /// Last day of the document; `None` is 长期 or not asked.
    pub valid_until: Option<NaiveDate>,
}

/// P3 as typed, kept for the next try. The card number is not among it: it lives in the job alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// 稍后认证 was chosen.
    pub later: bool,
    pub bank: String,
    pub registered_name: String,
    pub phone: String,
    pub email: String,
}

/// Why the wizard came back to P3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Setback {
    /// What the bank said.
    Bank(Outcome),
    /// The bank said yes, but another account holds the identity by proof (S1-30).
    IdentityTaken,
    /// The hold of the account name was lost while the bank was asked.
    UsernameTaken,
}

/// What the wizard remembers beside the answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Notes {
    /// The authorization request that the person comes from.
    pub parked: Option<String>,
    /// Of the texts that are sent without a page.
    pub locale: Locale,
    /// Bank attempts that count.
    pub attempts: u32,
    /// Identities of which this wizard was told that they are taken: blind indexes, at most as many as the policy says.
    pub told: Vec<String>,
    /// The person claims an identity that another account only typed (S1-30).
    pub claiming: bool,
    /// The phone whose code was entered correctly in this wizard.
    pub proved: Option<Phone>,
    /// P2 as typed when the person went back before it was whole.
    pub draft: Option<IdentityInput>,
    pub contact: Contact,
    pub setback: Option<Setback>,
}

/// The account that came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    pub person: PersonId,
    pub username: Username,
    pub level: RealNameLevel,
    pub parked: Option<String>,
}

/// Where a registration stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Wizard {
    /// P1 waits.
    Login(Notes),
    /// P2 waits.
    Identity { login: Login, notes: Notes },
    /// P3 waits.
    Verify { login: Login, identity: Identity, notes: Notes },
    /// The bank is asked.
    Asking { login: Login, identity: Identity, job: JobId, phone: Phone, notes: Notes },
    /// The account is there; its browser has not fetched the session yet.
    Opened(Opened),
}

/// The page that was sent does not fit where the wizard stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the wizard stands at another step")]
pub struct WrongStep;

impl Wizard {
    /// P1 was filled in, for the first time or again.
    ///
    /// # Errors
    /// While the bank is asked, and afterwards.
    pub fn named(self, login: Login) -> Result<Self, WrongStep> {
        match self {
            Self::Login(notes) | Self::Identity { notes, .. } => Ok(Self::Identity { login, notes }),
            Self::Verify { identity, notes, .. } => Ok(Self::Verify { login, identity, notes }),
            Self::Asking { .. } | Self::Opened(_) => Err(WrongStep),
        }
    }

    /// P2 was filled in, for the first time or again. A claim belongs to the document it was made for.
    ///
    /// # Errors
    /// Before P1, and from the moment the bank is asked.
    pub fn identified(self, identity: Identity, claiming: bool) -> Result<Self, WrongStep> {
        match self {
            Self::Identity { login, notes } | Self::Verify { login, notes, .. } => {
                let notes = Notes { claiming, setback: None, draft: None, ..notes };
                Ok(Self::Verify { login, identity, notes })
            }
            Self::Login(_) | Self::Asking { .. } | Self::Opened(_) => Err(WrongStep),
        }
    }

    /// P3 was filled in and the bank is asked.
    ///
    /// # Errors
    /// Anywhere but at P3.
    pub fn asking(self, job: JobId, phone: Phone) -> Result<Self, WrongStep> {
        match self {
            Self::Verify { login, identity, notes } => {
                Ok(Self::Asking { login, identity, job, phone, notes: Notes { setback: None, ..notes } })
            }
            _ => Err(WrongStep),
        }
    }

    /// No account came of asking: back to P3 with all answers kept (S0-13, S0-16).
    ///
    /// # Errors
    /// When no bank is asked.
    pub fn set_back(self, setback: Setback) -> Result<Self, WrongStep> {
        let Self::Asking { login, identity, mut notes, .. } = self else { return Err(WrongStep) };
        notes.attempts += u32::from(!matches!(setback, Setback::Bank(outcome) if !outcome.is_charged()));
        notes.setback = Some(setback);
        Ok(Self::Verify { login, identity, notes })
    }

    /// What the wizard remembers, while it runs.
    pub fn notes(&self) -> Option<&Notes> {
        match self {
            Self::Login(notes)
            | Self::Identity { notes, .. }
            | Self::Verify { notes, .. }
            | Self::Asking { notes, .. } => Some(notes),
            Self::Opened(_) => None,
        }
    }

    /// The same, to write in.
    pub(super) fn notes_mut(&mut self) -> Option<&mut Notes> {
        match self {
            Self::Login(notes)
            | Self::Identity { notes, .. }
            | Self::Verify { notes, .. }
            | Self::Asking { notes, .. } => Some(notes),
            Self::Opened(_) => None,
        }
    }

    /// The account name that was given.
    pub fn username(&self) -> Option<&Username> {
        match self {
            Self::Login(_) => None,
            Self::Identity { login, .. } | Self::Verify { login, .. } | Self::Asking { login, .. } => {
                Some(&login.username)
            }
            Self::Opened(opened) => Some(&opened.username),
        }
    }

    /// Who the person said to be.
    pub fn identity(&self) -> Option<&Identity> {
        match self {
            Self::Verify { identity, .. } | Self::Asking { identity, .. } => Some(identity),
            _ => None,
        }
    }
}

impl Identity {
    /// The account's profile.
    pub fn profile(&self, phone: Phone, email: Option<Email>) -> Profile {
        Profile { phone: Some(phone), email, ..self.clone().into_profile() }
    }

    /// A profile with nothing but the identity.
    pub(super) fn into_profile(self) -> Profile {
        Profile {
            name: self.name,
            document: Some(self.document),
            sex: self.sex,
            birthdate: self.birthdate,
            phone: None,
            email: None,
            nationality: self.nationality,
            valid_until: self.valid_until,
            about: About::default(),
        }
    }

    /// Full years at a date. Whoever is born on 29 February is a year older on 1 March.
    pub fn age(&self, today: NaiveDate) -> u32 {
        today.years_since(self.birthdate).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{IdType, SeededRng, Timestamp};

    fn login(name: &str) -> Login {
        Login { username: name.parse().unwrap(), password: PasswordHash::from_phc("phc".to_owned()) }
    }

    fn identity(name: &str) -> Identity {
        let today = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
        let document = IdDocument::parse(IdType::CnRid, "440399199205180246", today).unwrap();
        Identity {
            name: name.parse().unwrap(),
            sex: document.sex().unwrap(),
            birthdate: document.birthdate().unwrap(),
            document,
            nationality: None,
            valid_until: None,
        }
    }

    fn job() -> JobId {
        JobId::new(Timestamp::from_seconds(1), &SeededRng::new(1))
    }

    fn at_verify() -> Wizard {
        let wizard = Wizard::Login(Notes::default()).named(login("lin_xiaoyu")).unwrap();
        wizard.identified(identity("林晓雨"), false).unwrap()
    }

    fn at_bank() -> Wizard {
        at_verify().asking(job(), "19900000101".parse().unwrap()).unwrap()
    }

    #[test]
    fn the_pages_follow_one_another() {
        assert_eq!(at_bank().username().unwrap().as_str(), "lin_xiaoyu");
        assert_eq!(at_bank().identity().unwrap().name.as_str(), "林晓雨");
    }

    #[test]
    fn no_page_can_be_jumped_over() {
        assert_eq!(Wizard::Login(Notes::default()).identified(identity("林晓雨"), false), Err(WrongStep));
        let named = Wizard::Login(Notes::default()).named(login("lin_xiaoyu")).unwrap();
        assert_eq!(named.asking(job(), "19900000101".parse().unwrap()), Err(WrongStep));
        assert_eq!(at_verify().set_back(Setback::IdentityTaken), Err(WrongStep));
    }

    #[test]
    fn going_back_to_p1_keeps_p2() {
        let again = at_verify().named(login("other_name")).unwrap();
        assert_eq!(again.username().unwrap().as_str(), "other_name");
        assert_eq!(again.identity().unwrap().name.as_str(), "林晓雨");
    }

    #[test]
    fn s0_13_a_mismatch_leads_back_with_everything_kept() {
        let back = at_bank().set_back(Setback::Bank(Outcome::IdMismatch)).unwrap();
        let corrected = back.identified(identity("林小雨"), false).unwrap();
        assert_eq!(corrected.username().unwrap().as_str(), "lin_xiaoyu");
        let notes = corrected.notes().unwrap();
        assert_eq!((notes.attempts, notes.setback), (1, None));
    }

    #[test]
    fn a_busy_bank_is_not_charged() {
        let back = at_bank().set_back(Setback::Bank(Outcome::Busy)).unwrap();
        assert_eq!(back.notes().unwrap().attempts, 0);
    }

    #[test]
    fn nothing_changes_while_the_bank_is_asked() {
        assert_eq!(at_bank().named(login("other_name")), Err(WrongStep));
        assert_eq!(at_bank().identified(identity("林小雨"), false), Err(WrongStep));
        assert_eq!(at_bank().asking(job(), "19900000101".parse().unwrap()), Err(WrongStep));
    }

    #[test]
    fn a_claim_belongs_to_its_document() {
        let named = Wizard::Login(Notes::default()).named(login("lin_xiaoyu")).unwrap();
        let claiming = named.identified(identity("林晓雨"), true).unwrap();
        assert!(claiming.notes().unwrap().claiming);
        let other = claiming.identified(identity("林晓雨"), false).unwrap();
        assert!(!other.notes().unwrap().claiming);
    }

    #[test]
    fn age_is_counted_in_full_years() {
        let identity = identity("林晓雨");
        let on = |date: &str| identity.age(date.parse().unwrap());
        assert_eq!((on("2006-05-17"), on("2006-05-18"), on("1990-01-01")), (13, 14, 0));
    }

    #[test]
    fn a_wizard_survives_being_stored() {
        let stored = serde_json::to_string(&at_bank()).unwrap();
        assert_eq!(serde_json::from_str::<Wizard>(&stored).unwrap(), at_bank());
    }
}
