//! The façade: what other rooms may ask of accounts. Methods that take part in a bigger use case take its `Tx`.

use std::sync::Arc;

use crate::{
    kernel::{
        Ctx, FlowId, IdDocument, Known, PasswordFault, PersonId, Phone, Secret, Timestamp, Username,
        UsernameError,
    },
    policy::Policy,
    storage::{Base, Hot, Reach, StoreError, Tx, Unit},
};

use super::{
    HashingLoad, NewPerson, PasswordHash, PasswordHasher, PasswordSetBy, PasswordVerdict, Person, Profile,
    Status,
    password::{Comparison, HashError},
    rows,
    store::{self, ConnectionTrait, NameState, passwords, persons},
};

/// Why a name was not reserved.
#[derive(Debug, thiserror::Error)]
pub enum UsernameTaken {
    /// E_USERNAME_TAKEN.
    #[error("the name is taken")]
    Taken,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why no account came to be. Each names the account that stands in the way.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    #[error("the identity belongs to {0}")]
    IdentityTaken(PersonId),
    #[error("the phone belongs to {0}")]
    PhoneTaken(PersonId),
    #[error("the name is taken")]
    UsernameTaken,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<UsernameTaken> for CreateError {
    fn from(error: UsernameTaken) -> Self {
        match error {
            UsernameTaken::Taken => Self::UsernameTaken,
            UsernameTaken::Store(error) => Self::Store(error),
        }
    }
}

/// Why an account could not be read or a password not be compared.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// 503 with `Retry-After`.
    #[error("too many passwords at once")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("passwords cannot be hashed: {0}")]
    Hash(#[source] HashError),
}

impl From<HashError> for PeopleError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::Busy,
            other => Self::Hash(other),
        }
    }
}

/// Who signs in by a name, and what the password is compared with.
#[derive(Debug)]
pub struct Credentials {
    /// Who has that name.
    pub person: Option<PersonId>,
    password: Option<PasswordHash>,
    /// When the password was set, which tells it from the one after it.
    pub(super) set_at: Option<i64>,
}

/// Accounts of natural persons. Cheap to clone.
#[derive(Clone)]
pub struct People {
    pub(super) base: Base,
    pub(super) hasher: PasswordHasher,
    policy: Arc<Policy>,
    pub(super) hot: Hot<PersonId, Arc<Person>>,
}

impl People {
    /// Over the shared infrastructure, a hashing pool and the bureau's profile.
    pub fn new(base: Base, hasher: PasswordHasher, policy: Arc<Policy>) -> Self {
        let hot = base.db.hot("people", Reach::OneProcess);
        Self { base, hasher, policy, hot }
    }

    /// What the password pool does now.
    pub fn hashing_load(&self) -> HashingLoad {
        self.hasher.load()
    }

    /// The account, or `None`.
    ///
    /// # Errors
    /// When the store fails or a row cannot be read.
    pub async fn find(&self, person: PersonId) -> Result<Option<Arc<Person>>, PeopleError> {
        let read = async { Ok(self.find_in(self.base.db.read(), person).await?.map(Arc::new)) };
        self.hot.or_read(person, self.base.clock.now(), read).await
    }

    /// The same inside a use case's transaction.
    ///
    /// # Errors
    /// When the store fails or a row cannot be read.
    pub async fn find_in(
        &self,
        db: &impl ConnectionTrait,
        person: PersonId,
    ) -> Result<Option<Person>, StoreError> {
        store::account(db, person).await?.map(|account| self.to_person(account)).transpose()
    }

    /// The account as it stands once nobody else is changing it; nobody does before the end of the transaction.
    ///
    /// # Errors
    /// When the store fails or the row cannot be read.
    pub async fn locked(&self, tx: &Tx, person: PersonId) -> Result<Option<Person>, StoreError> {
        store::lock(tx, person).await?;
        self.find_in(tx, person).await
    }

    /// Who signs in by a name and what the password is compared with; `None` is a text that nobody can have for a name.
    /// One look-up, whoever it is and whether or not anybody is.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn credentials(&self, name: Option<&Username>) -> Result<Credentials, StoreError> {
        let key = name.map(Username::key).unwrap_or_default();
        let row = store::credentials(self.base.db.read(), &key).await?;
        let person = row.as_ref().map(|row| PersonId::from_uuid(row.holder_id));
        let set_at = row.as_ref().and_then(|row| row.set_at);
        let password = row.and_then(|row| row.phc).map(PasswordHash::from_phc);
        Ok(Credentials { person, password, set_at })
    }

    /// Makes a unit depend on the account's being one that may sign in.
    pub fn require_active(&self, unit: &mut Unit, person: PersonId) {
        store::require_status(unit, person, Status::Active.as_str());
    }

    /// The account of a name as typed at sign-in.
    ///
    /// # Errors
    /// When the store fails or a row cannot be read.
    pub async fn find_by_username(&self, name: &Username) -> Result<Option<Arc<Person>>, PeopleError> {
        match store::person_of_name(self.base.db.read(), name).await? {
            Some(person) => self.find(person).await,
            None => Ok(None),
        }
    }

    /// The account that holds an identity.
    ///
    /// # Errors
    /// When the store fails or a row cannot be read.
    pub async fn find_by_identity(&self, document: &IdDocument) -> Result<Option<Arc<Person>>, PeopleError> {
        match self.identity_holder(self.base.db.read(), document).await? {
            Some(person) => self.find(person).await,
            None => Ok(None),
        }
    }

    /// The account that holds a phone.
    ///
    /// # Errors
    /// When the store fails or a row cannot be read.
    pub async fn find_by_phone(&self, phone: &Phone) -> Result<Option<Arc<Person>>, PeopleError> {
        match self.phone_holder(self.base.db.read(), phone).await? {
            Some(person) => self.find(person).await,
            None => Ok(None),
        }
    }

    /// Who holds an identity, without reading the account.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn identity_holder(
        &self,
        db: &impl ConnectionTrait,
        document: &IdDocument,
    ) -> Result<Option<PersonId>, StoreError> {
        let indexes = self.base.vault.blind_indexes(rows::IDENTITY, &document.unique_key());
        store::holder(db, persons::Column::IdBidx, indexes).await
    }

    /// Who holds a phone, without reading the account.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn phone_holder(
        &self,
        db: &impl ConnectionTrait,
        phone: &Phone,
    ) -> Result<Option<PersonId>, StoreError> {
        let indexes = self.base.vault.blind_indexes(rows::PHONE, phone.as_str());
        store::holder(db, persons::Column::PhoneBidx, indexes).await
    }

    /// A chosen name under the bureau's rules (S4-10).
    ///
    /// # Errors
    /// E_USERNAME_FORMAT, or E_USERNAME_TAKEN for a reserved word.
    pub fn choose_username(&self, typed: &str) -> Result<Username, UsernameError> {
        Username::choose(typed, &self.policy.username)
    }

    /// Whether a name can be had by this wizard (S0-08). Only [`Self::reserve_username`] makes it certain.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn is_username_free(
        &self,
        ctx: &Ctx,
        name: &Username,
        flow: Option<FlowId>,
    ) -> Result<bool, StoreError> {
        let state = store::name_state(self.base.db.read(), name, ctx.now).await?;
        Ok(match state {
            NameState::Free => true,
            NameState::HeldBy(holder) => flow.is_some_and(|flow| flow.uuid() == holder),
        })
    }

    /// Holds a name for a wizard as long as the wizard lives; its earlier names become free.
    ///
    /// # Errors
    /// `Taken` when an account or another wizard has it.
    pub async fn reserve_username(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        name: &Username,
        flow: FlowId,
    ) -> Result<(), UsernameTaken> {
        let until = ctx.now + self.policy.registration.flow.delta();
        if !store::hold_name(tx, name, flow, ctx.now, until).await? {
            return Err(UsernameTaken::Taken);
        }
        Ok(store::release_other_names(tx, name, flow).await?)
    }

    /// Checks a chosen password (S4-11).
    ///
    /// # Errors
    /// Which of the two texts to show.
    pub fn check_password(&self, password: &Secret, known: &Known<'_>) -> Result<(), PasswordFault> {
        self.policy.password.check(password, known)
    }

    /// Hashes in the bounded pool.
    ///
    /// # Errors
    /// `Busy` when the queue is full.
    pub async fn hash_password(&self, password: &Secret) -> Result<PasswordHash, PeopleError> {
        Ok(self.hasher.hash(password).await?)
    }

    /// Compares; with the credentials of a name nobody has it costs the same and is wrong. A right password under old costs is hashed anew.
    ///
    /// # Errors
    /// `Busy` when the queue is full.
    pub async fn verify_password(
        &self,
        credentials: &Credentials,
        password: &Secret,
    ) -> Result<PasswordVerdict, PeopleError> {
        let Credentials { person, password: stored, .. } = credentials;
        match (self.hasher.compare(stored.as_ref(), password).await?, person, stored) {
            (Comparison::Same { outdated: true }, Some(person), Some(old)) => {
                self.rehash(*person, old, password).await?;
                Ok(PasswordVerdict::Right)
            }
            (Comparison::Same { .. }, _, _) => Ok(PasswordVerdict::Right),
            (Comparison::Different, _, _) => Ok(PasswordVerdict::Wrong),
        }
    }

    /// Opens the account of a finished wizard.
    ///
    /// # Errors
    /// Who stands in the way. A race that only the database saw is `Store(Conflict)`: try the use case again.
    pub async fn create(&self, tx: &Tx, ctx: &Ctx, new: NewPerson) -> Result<PersonId, CreateError> {
        self.lock_claims(tx, ctx, &new.profile).await?;
        if let Some(document) = &new.profile.document
            && let Some(holder) = self.identity_holder(tx, document).await?
        {
            return Err(CreateError::IdentityTaken(holder));
        }
        if let Some(phone) = &new.profile.phone
            && let Some(holder) = self.phone_holder(tx, phone).await?
        {
            return Err(CreateError::PhoneTaken(holder));
        }
        self.reserve_username(tx, ctx, &new.username, new.flow).await?;
        let id = PersonId::new(ctx.now, self.base.rng.as_ref());
        if !store::claim_name(tx, &new.username, new.flow, id).await? {
            return Err(CreateError::UsernameTaken);
        }
        store::insert_person(tx, self.new_row(id, ctx, &new.profile)?).await?;
        self.set_password(tx, ctx, id, &new.password, PasswordSetBy::Registration).await?;
        Ok(id)
    }

    /// Writes the password and the ceiling that its origin brings.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn set_password(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        person: PersonId,
        password: &PasswordHash,
        set_by: PasswordSetBy,
    ) -> Result<(), StoreError> {
        let row = passwords::Model {
            person_id: person.uuid(),
            phc: password.as_phc().to_owned(),
            set_by: set_by.as_str().to_owned(),
            ceiling: set_by.ceiling().map(|level| level.as_str().to_owned()),
            set_at: ctx.now.millis(),
        };
        tx.forget(&self.hot, person);
        store::put_password(tx, row).await
    }

    /// The person proved themselves again by what was asked at an instant: the password's ceiling goes, unless somebody set
    /// the password after that.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn lift_ceiling(&self, tx: &Tx, person: PersonId, asked: Timestamp) -> Result<(), StoreError> {
        tx.forget(&self.hot, person);
        store::lift_ceiling(tx, person, asked).await
    }

    /// The identity goes to someone who proved it. The holder keeps account, name and `sub`, loses the document, and
    /// is asked for their own at the next sign-in (S1-30).
    ///
    /// # Errors
    /// When the store fails.
    pub async fn displace_identity(&self, tx: &Tx, ctx: &Ctx, holder: PersonId) -> Result<(), StoreError> {
        self.change(tx, ctx, holder, |row, profile| {
            row.must_reenter = true;
            profile.document = None;
            profile.valid_until = None;
        })
        .await
    }

    /// The phone goes to someone who proved it by SMS and by a bank's record.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn displace_phone(&self, tx: &Tx, ctx: &Ctx, holder: PersonId) -> Result<(), StoreError> {
        self.change(tx, ctx, holder, |_, profile| profile.phone = None).await
    }

    /// Replaces what the person told. The blind indexes follow the profile.
    ///
    /// # Errors
    /// `IdentityTaken` or `PhoneTaken` when another account holds what the new profile says.
    pub async fn replace_profile(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        person: PersonId,
        new: Profile,
    ) -> Result<(), CreateError> {
        self.lock_claims(tx, ctx, &new).await?;
        if let Some(document) = &new.document
            && let Some(holder) = self.identity_holder(tx, document).await?.filter(|holder| *holder != person)
        {
            return Err(CreateError::IdentityTaken(holder));
        }
        if let Some(phone) = &new.phone
            && let Some(holder) = self.phone_holder(tx, phone).await?.filter(|holder| *holder != person)
        {
            return Err(CreateError::PhoneTaken(holder));
        }
        self.change(tx, ctx, person, |row, profile| {
            row.must_reenter = row.must_reenter && new.document.is_none();
            *profile = new;
        })
        .await?;
        Ok(())
    }

    /// Stops, reopens or closes an account.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn set_status(
        &self,
        tx: &Tx,
        ctx: &Ctx,
        person: PersonId,
        status: Status,
    ) -> Result<(), StoreError> {
        self.change(tx, ctx, person, |row, _| status.as_str().clone_into(&mut row.status)).await
    }

    async fn rehash(
        &self,
        person: PersonId,
        old: &PasswordHash,
        password: &Secret,
    ) -> Result<(), PeopleError> {
        let new = self.hasher.hash(password).await?;
        let tx = self.base.db.begin().await?;
        store::rehash(&tx, person, old, &new).await?;
        Ok(tx.commit().await?)
    }
}

#[cfg(test)]
mod tests;
