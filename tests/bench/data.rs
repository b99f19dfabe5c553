//! What the database holds before anything is measured: accounts at L1, and grants that outlive their sessions.
//!
//! Every row is written by the room it belongs to; only the password is hashed once for all.

use std::net::Ipv4Addr;
use std::sync::Arc;

use menfu::audit::Audit;
use menfu::kernel::{
    About, Acr, Amr, Country, Ctx, FlowId, IdDocument, Locale, PersonId, Phone, RealNameLevel, Secret,
    SessionId, Sex, SourceAddr, TraceId,
};
use menfu::people::{HashSettings, NewPerson, PasswordHash, PasswordHasher, People, Profile};
use menfu::policy::Policy;
use menfu::proofing::{Proofing, Verifiers};
use menfu::protocol::grant::Grant;
use menfu::storage::Base;
use menfu::tokens::{self, Lifetime, NewFamily, Tokens};

/// Of every account.
pub const PASSWORD: &str = "Menfu-2026-bench";
/// Relying parties that hold the grants.
const PORTALS: usize = 10;
/// Accounts or grants of one transaction.
const BATCH: usize = 1000;

/// The name of an account.
pub fn username(number: usize) -> String {
    format!("bench_{number:06}")
}

/// Writes accounts and their grants, spread evenly.
pub async fn fill(base: &Base, issuer: &str, accounts: usize, grants: usize) {
    let rooms = Rooms::new(base);
    let people = rooms.accounts(accounts).await;
    let all: Vec<_> = (0..grants).collect();
    for batch in all.chunks(BATCH) {
        let tx = base.db.begin().await.expect("a transaction");
        let ctx = rooms.ctx();
        for number in batch {
            let mut unit = base.db.unit();
            let new = rooms.family(&ctx, people[number % people.len()], *number, issuer);
            let family = rooms.tokens.open_family(&mut unit, &ctx, new).expect("a family");
            rooms.tokens.issue_refresh(&mut unit, &ctx, &family).expect("a refresh token");
            tx.write(unit).await.expect("rows");
        }
        tx.commit().await.expect("commit");
    }
}

struct Rooms {
    base: Base,
    people: People,
    proofing: Proofing,
    tokens: Tokens,
}

impl Rooms {
    fn new(base: &Base) -> Self {
        let policy = Arc::new(Policy::embedded("reference").expect("the profile"));
        let hasher = PasswordHasher::new(&HashSettings::default(), base.rng.clone()).expect("a hasher");
        Self {
            people: People::new(base.clone(), hasher, policy.clone()),
            proofing: Proofing::new(base.clone(), Verifiers::default(), policy),
            tokens: Tokens::new(base.clone(), Audit::new(base.clone()), tokens::Settings::default()),
            base: base.clone(),
        }
    }

    fn ctx(&self) -> Ctx {
        Ctx {
            now: self.base.clock.now(),
            trace: TraceId::new(self.base.rng.as_ref()),
            source: SourceAddr::new(Ipv4Addr::LOCALHOST.into()),
            locale: Locale::ZhHans,
        }
    }

    async fn accounts(&self, count: usize) -> Vec<PersonId> {
        let password = self.people.hash_password(&Secret::from(PASSWORD)).await.expect("a hash");
        let mut people = Vec::with_capacity(count);
        let all: Vec<_> = (0..count).collect();
        for batch in all.chunks(BATCH) {
            let tx = self.base.db.begin().await.expect("a transaction");
            let ctx = self.ctx();
            for number in batch {
                let (new, phone) = self.person(&ctx, *number, &password);
                let person = self.people.create(&tx, &ctx, new).await.expect("an account");
                self.proofing.record_phone(&tx, &ctx, person, &phone).await.expect("evidence");
                people.push(person);
            }
            tx.commit().await.expect("commit");
        }
        people
    }

    fn person(&self, ctx: &Ctx, number: usize, password: &PasswordHash) -> (NewPerson, Phone) {
        let phone: Phone = format!("138{number:08}").parse().expect("a phone");
        let passport = IdDocument::passport(Country::CHINA, &format!("E{number:08}")).expect("a passport");
        let profile = Profile {
            name: "张三".parse().expect("a name"),
            document: Some(passport),
            sex: Sex::Female,
            birthdate: "1990-01-01".parse().expect("a date"),
            phone: Some(phone.clone()),
            email: None,
            nationality: None,
            valid_until: None,
            about: About::default(),
        };
        let username = username(number).parse().expect("a name");
        let flow = FlowId::new(ctx.now, self.base.rng.as_ref());
        (NewPerson { username, password: password.clone(), profile, flow }, phone)
    }

    fn family(&self, ctx: &Ctx, person: PersonId, number: usize, issuer: &str) -> NewFamily {
        let grant = Grant {
            client_id: format!("portal_{}", number % PORTALS).parse().expect("a client"),
            person,
            session: SessionId::new(ctx.now, self.base.rng.as_ref()),
            scope: "openid profile real_name offline_access".parse().expect("a scope"),
            auth_time: ctx.now,
            amr: Amr::password(),
            acr: Acr { level: RealNameLevel::L1, mfa: false },
            nonce: Some(format!("nonce-{number}")),
        };
        NewFamily { grant, lifetime: Lifetime::Offline, audience: vec![issuer.to_owned()], claims: None }
    }
}
