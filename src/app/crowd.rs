//! A crowd: any number of invented accounts at L1 and of grants that outlive their sessions, to see how an installation bears
//! its size. In builds with the simulated outside world only, and only into a database without any account.
//!
//! Every row is made by the room it belongs to, sealed and indexed under this installation's keys, so that any of these
//! people can sign in, be found and have their tokens refreshed; only the password is hashed once for all. Rows stream in
//! batches: the memory needed does not depend on their number.

use std::net::Ipv4Addr;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::audit::Audit;
use crate::kernel::{
    About, Acr, Amr, Country, Ctx, FlowId, IdDocument, Locale, PersonId, Phone, PlainToken, RealNameLevel,
    Secret, SessionId, Sex, SourceAddr, TraceId, Username,
};
use crate::people::{
    self, HashError, HashSettings, NewPerson, PasswordHash, PasswordHasher, People, Profile,
};
use crate::policy::{Policy, PolicyError};
use crate::proofing;
use crate::protocol::client::{Client, GrantType};
use crate::protocol::grant::Grant;
use crate::storage::{Base, StoreError, Tx, Unit};
use crate::tokens::{self, Lifetime, NewFamily, Tokens, TokensError};

/// Phones have eight digits for their number.
pub const MOST: u64 = 99_999_999;
/// Accounts and grants that are written together.
const BATCH: u64 = 2_000;
/// Accounts and grants of one transaction: what is random about them meets most pages of its indexes once, not each time.
const TRANSACTION: u64 = 400_000;

/// How large, and whose.
pub struct Crowd {
    pub accounts: u64,
    /// Spread evenly over accounts and relying parties.
    pub grants: u64,
    /// Of every account.
    pub password: Secret,
    /// What access tokens are for when the relying party names no resource server.
    pub issuer: String,
    /// Those that may refresh tokens and take people at L1 get grants.
    pub clients: Vec<Arc<Client>>,
    /// How many of the grants to tell of.
    pub samples: u64,
}

/// One of the grants, and how to use it.
#[derive(Debug)]
pub struct Sample {
    pub username: Username,
    pub client: Arc<Client>,
    pub refresh_token: PlainToken,
}

/// How far it has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    pub accounts: u64,
    pub grants: u64,
}

/// Why there is no crowd.
#[derive(Debug, thiserror::Error)]
pub enum CrowdError {
    #[error("this database has accounts: a crowd comes into an empty one only")]
    Inhabited,
    #[error("no relying party has the grant type refresh_token and takes people at L1")]
    NoClient,
    #[error("at least one account, and at most {MOST}")]
    Number,
    #[error("an invented value is none: {0}")]
    Invented(String),
    #[error(transparent)]
    Policy(#[from] PolicyError),
    #[error("the password cannot be hashed: {0}")]
    Hash(#[from] HashError),
    #[error(transparent)]
    Tokens(#[from] TokensError),
    #[error("database: {0}")]
    Store(#[from] StoreError),
}

/// The name of an account, counted from zero.
///
/// # Errors
/// [`CrowdError::Invented`], never below [`MOST`].
pub fn username(number: u64) -> Result<Username, CrowdError> {
    format!("crowd_{number:08}").parse().map_err(invented)
}

/// Fills the database and tells of some grants.
///
/// # Errors
/// [`CrowdError`]; what was told as done stays.
pub async fn fill(
    base: &Base,
    crowd: &Crowd,
    tell: &mut dyn FnMut(Progress),
) -> Result<Vec<Sample>, CrowdError> {
    if !people::is_empty(base).await? {
        return Err(CrowdError::Inhabited);
    }
    let mut filling = Filling::begin(base, crowd).await?;
    for number in 0..crowd.accounts {
        filling.account(number).await?;
        let (first, end) = (crowd.first_grant(number), crowd.first_grant(number + 1));
        let person = filling.person;
        for grant in first..end {
            filling.grant(person, number, grant).await?;
        }
        if filling.in_transaction >= TRANSACTION {
            tell(filling.commit().await?);
        }
    }
    tell(filling.commit().await?);
    Ok(filling.samples)
}

impl Crowd {
    /// The grants of an account are the numbers from this to that of the next account.
    fn first_grant(&self, account: u64) -> u64 {
        let exact = u128::from(self.grants) * u128::from(account) / u128::from(self.accounts);
        u64::try_from(exact).unwrap_or(self.grants)
    }

    fn is_sample(&self, grant: u64) -> bool {
        let every = self.grants.checked_div(self.samples).unwrap_or(0);
        every > 0 && grant.is_multiple_of(every) && grant / every < self.samples
    }
}

/// A crowd on its way in.
struct Filling<'a> {
    base: &'a Base,
    crowd: &'a Crowd,
    people: People,
    tokens: Tokens,
    clients: Vec<Arc<Client>>,
    password: PasswordHash,
    ctx: Ctx,
    tx: Option<Tx>,
    unit: Unit,
    in_unit: u64,
    in_transaction: u64,
    done: Progress,
    /// Who came last.
    person: PersonId,
    samples: Vec<Sample>,
}

impl<'a> Filling<'a> {
    async fn begin(base: &'a Base, crowd: &'a Crowd) -> Result<Self, CrowdError> {
        if crowd.accounts == 0 || crowd.accounts > MOST {
            return Err(CrowdError::Number);
        }
        let takes = |client: &&Arc<Client>| {
            client.grant_types.contains(&GrantType::RefreshToken)
                && client.min_person_level <= RealNameLevel::L1
        };
        let clients: Vec<_> = crowd.clients.iter().filter(takes).cloned().collect();
        if clients.is_empty() && crowd.grants > 0 {
            return Err(CrowdError::NoClient);
        }
        let policy = Arc::new(Policy::embedded("reference")?);
        let hasher = PasswordHasher::new(&HashSettings::default(), base.rng.clone())?;
        let ctx = ctx(base);
        Ok(Self {
            base,
            crowd,
            password: hasher.hash(&crowd.password).await?,
            people: People::new(base.clone(), hasher, policy),
            tokens: Tokens::new(base.clone(), Audit::new(base.clone()), tokens::Settings::default()),
            clients,
            person: PersonId::new(ctx.now, base.rng.as_ref()),
            ctx,
            tx: None,
            unit: base.db.unit(),
            in_unit: 0,
            in_transaction: 0,
            done: Progress { accounts: 0, grants: 0 },
            samples: Vec::new(),
        })
    }

    async fn account(&mut self, number: u64) -> Result<(), CrowdError> {
        let (new, phone) = self.new_person(number)?;
        self.person = self.people.enrol(&mut self.unit, &self.ctx, &new)?;
        proofing::enrol_phone(self.base, &mut self.unit, &self.ctx, self.person, &phone)?;
        self.done.accounts += 1;
        self.another().await
    }

    fn new_person(&self, number: u64) -> Result<(NewPerson, Phone), CrowdError> {
        let phone: Phone = format!("138{number:08}").parse().map_err(invented)?;
        let passport = IdDocument::passport(Country::CHINA, &format!("E{number:08}")).map_err(invented)?;
        let profile = Profile {
            name: "张三".parse().map_err(invented)?,
            document: Some(passport),
            sex: Sex::Female,
            birthdate: NaiveDate::from_ymd_opt(1990, 1, 1).unwrap_or_default(),
            phone: Some(phone.clone()),
            email: None,
            nationality: None,
            valid_until: None,
            about: About::default(),
        };
        let flow = FlowId::new(self.ctx.now, self.base.rng.as_ref());
        let password = self.password.clone();
        Ok((NewPerson { username: username(number)?, password, profile, flow }, phone))
    }

    async fn grant(&mut self, person: PersonId, account: u64, number: u64) -> Result<(), CrowdError> {
        let turn = usize::try_from(number).unwrap_or(0) % self.clients.len().max(1);
        let Some(client) = self.clients.get(turn).cloned() else { return Err(CrowdError::NoClient) };
        let new = self.new_family(&client, person, number);
        let refresh_token = self.tokens.enrol(&mut self.unit, &self.ctx, new)?;
        if self.crowd.is_sample(number) {
            self.samples.push(Sample { username: username(account)?, client, refresh_token });
        }
        self.done.grants += 1;
        self.another().await
    }

    fn new_family(&self, client: &Client, person: PersonId, number: u64) -> NewFamily {
        let grant = Grant {
            client_id: client.client_id.clone(),
            person,
            session: SessionId::new(self.ctx.now, self.base.rng.as_ref()),
            scope: client.scope.clone(),
            auth_time: self.ctx.now,
            amr: Amr::password(),
            acr: Acr { level: RealNameLevel::L1, mfa: false },
            nonce: Some(format!("nonce-{number}")),
        };
        let named = client.audience.as_ref().map(|servers| servers.all().to_vec());
        let audience = named.unwrap_or_else(|| vec![self.crowd.issuer.clone()]);
        NewFamily { grant, lifetime: Lifetime::Offline, audience, claims: None }
    }

    async fn another(&mut self) -> Result<(), CrowdError> {
        self.in_unit += 1;
        if self.in_unit >= BATCH { self.write().await } else { Ok(()) }
    }

    async fn write(&mut self) -> Result<(), CrowdError> {
        let tx = match self.tx.take() {
            Some(tx) => tx,
            None => self.base.db.begin_filling().await?,
        };
        tx.fill(std::mem::replace(&mut self.unit, self.base.db.unit())).await?;
        self.tx = Some(tx);
        self.in_transaction += std::mem::take(&mut self.in_unit);
        self.ctx = ctx(self.base);
        Ok(())
    }

    async fn commit(&mut self) -> Result<Progress, CrowdError> {
        self.write().await?;
        if let Some(tx) = self.tx.take() {
            tx.commit().await?;
        }
        self.in_transaction = 0;
        Ok(self.done)
    }
}

fn ctx(base: &Base) -> Ctx {
    Ctx {
        now: base.clock.now(),
        trace: TraceId::new(base.rng.as_ref()),
        source: SourceAddr::new(Ipv4Addr::LOCALHOST.into()),
        locale: Locale::ZhHans,
    }
}

fn invented(error: impl std::fmt::Display) -> CrowdError {
    CrowdError::Invented(error.to_string())
}
