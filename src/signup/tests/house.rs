//! Everything registration stands on, for one test.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::TimeDelta;
use serde_json::Value;

use crate::{
    audit::{Audit, Trail},
    consents::Consents,
    kernel::{HashedToken, IdDocument, IdType, JobId, OutboxId, PersonId, RealNameLevel, Secret},
    limits::{self, Limits},
    notify::Notify,
    ownership::{self, Ownership},
    people::{HashSettings, PasswordHasher, People, Person},
    policy::{CaptchaKind, Policy},
    proofing::{
        Asker, CardAnswer, CardRequest, CardVerifier, Outcome, Proofing, Unanswered, Verifiers, Worker,
    },
    render::Texts,
    sessions::{self, Sessions},
    signup::{
        Collected, IdentityInput, LoginInput, Progress, ProofInput, Rooms, Signup, SignupError, Versions,
        Visitor, Wizard,
    },
    storage::{
        Base, Deliver, Delivery, Dispatcher, MemoryEphemeral, Outbox,
        testing::{self, TestStore},
    },
};

/// Says one thing until told otherwise.
pub struct Bank {
    pub says: Mutex<Option<Outcome>>,
    pub asked: Mutex<Vec<CardRequest>>,
}

#[async_trait]
impl CardVerifier for Bank {
    async fn verify(&self, request: &CardRequest) -> Result<CardAnswer, Unanswered> {
        self.asked.lock().unwrap().push(request.clone());
        let result = (*self.says.lock().unwrap()).ok_or(Unanswered::NoConnection)?;
        Ok(CardAnswer {
            result,
            reference: "REF".to_owned(),
            bank_name: "建设银行".to_owned(),
            phone_matched: true,
        })
    }
}

/// Keeps the SMS that the outbox delivers.
#[derive(Default)]
pub struct Inbox(Mutex<Vec<(String, String)>>);

#[async_trait]
impl Deliver for Inbox {
    fn kind(&self) -> &'static str {
        "sms"
    }

    async fn deliver(&self, payload: &[u8], _: &OutboxId) -> Delivery {
        let sms: Value = serde_json::from_slice(payload).unwrap();
        let text = |member: &str| sms[member].as_str().unwrap().to_owned();
        self.0.lock().unwrap().push((text("phone"), text("text")));
        Delivery::Done
    }
}

pub struct House {
    pub store: TestStore,
    pub signup: Signup,
    pub people: People,
    pub proofing: Proofing,
    pub sessions: Sessions,
    pub audit: Audit,
    pub bank: Arc<Bank>,
    policy: Arc<Policy>,
    inbox: Arc<Inbox>,
    dispatcher: Dispatcher,
}

/// The rows of the sandbox's table.
pub const LIN: (&str, &str, &str) = ("林晓雨", "440399199205180246", "19900000101");
pub const ZHOU: (&str, &str, &str) = ("周婉清", "440399198811030462", "19900000102");

pub async fn house() -> House {
    house_under(Policy::embedded("reference").unwrap()).await
}

pub async fn house_under(mut policy: Policy) -> House {
    policy.captcha.kind = CaptchaKind::None;
    policy.sms.per_source_hour = 1_000;
    policy.sms.per_number_hour = 1_000;
    policy.sms.per_number_day = 1_000;
    let policy = Arc::new(policy);
    let store = testing::db().await;
    let outbox = Outbox::new(store.db.clone(), store.vault.clone());
    let inbox = Arc::new(Inbox::default());
    let dispatcher = Dispatcher::new(outbox, vec![inbox.clone()]);
    let bank = Arc::new(Bank { says: Mutex::new(Some(Outcome::Ok)), asked: Mutex::default() });
    let signup = node(&store, store.base(), bank.clone(), policy.clone());
    let Rooms { people, proofing, sessions, audit, .. } = signup.rooms.clone();
    House { store, signup, people, proofing, sessions, audit, bank, policy, inbox, dispatcher }
}

fn node(store: &TestStore, base: Base, bank: Arc<Bank>, policy: Arc<Policy>) -> Signup {
    let hash = HashSettings { memory_kib: 8, passes: 1, workers: 2, ..HashSettings::default() };
    let hasher = PasswordHasher::new(&hash, store.rng.clone()).unwrap();
    let ephemeral = Arc::new(MemoryEphemeral::new(store.clock.clone()));
    let outbox = Outbox::new(base.db.clone(), base.vault.clone());
    let texts = Arc::new(Texts::load(&Vec::new()).unwrap());
    let audit = Audit::new(base.clone());
    let people = People::new(base.clone(), hasher, policy.clone());
    let proofing = Proofing::new(base.clone(), Verifiers::bank(bank), policy.clone());
    let notify = Notify::new(base.clone(), outbox, texts, policy.clone());
    let owned = ownership::Rooms {
        people: people.clone(),
        proofing: proofing.clone(),
        notify: notify.clone(),
        audit: audit.clone(),
    };
    let rooms = Rooms {
        people,
        proofing,
        ownership: Ownership::new(base.clone(), owned, policy.clone(), "https://sso.example/veto?link="),
        sessions: Sessions::new(base.clone(), audit.clone(), sessions::Settings::default()),
        consents: Consents::new(base.clone(), audit.clone()),
        notify,
        limits: Limits::new(base.clone(), ephemeral, &policy, limits::Settings::default()),
        audit,
    };
    Signup::new(base, rooms, policy, Versions { terms: "t1", privacy: "p1" })
}

pub fn browser(name: &str) -> HashedToken {
    HashedToken::of(name)
}

pub fn login(username: &str) -> LoginInput {
    LoginInput {
        username: username.to_owned(),
        password: "Gd2026hrss".into(),
        confirm: "Gd2026hrss".into(),
        agree: "on".to_owned(),
        ..LoginInput::default()
    }
}

pub fn identity(who: (&str, &str, &str)) -> IdentityInput {
    IdentityInput {
        name: who.0.to_owned(),
        id_type: "CN_RID".to_owned(),
        id_number: who.1.to_owned(),
        ..IdentityInput::default()
    }
}

pub fn proof(phone: &str, code: &Secret) -> ProofInput {
    ProofInput {
        choice: "bank".to_owned(),
        bank: "CCB".to_owned(),
        account: "6217000123456789019".into(),
        phone: phone.to_owned(),
        sms: code.clone(),
        bankok: "on".to_owned(),
        ..ProofInput::default()
    }
}

pub fn document(number: &str) -> IdDocument {
    let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
    IdDocument::parse(IdType::CnRid, number, today).unwrap()
}

impl House {
    pub fn says(&self, outcome: Option<Outcome>) {
        *self.bank.says.lock().unwrap() = outcome;
    }

    /// Another node of the same provider, with connections of its own.
    pub async fn another_node(&self) -> Signup {
        node(&self.store, self.store.another_base().await, self.bank.clone(), self.policy.clone())
    }

    pub fn wait(&self, seconds: i64) {
        self.store.clock.advance(TimeDelta::seconds(seconds));
    }

    /// P1.
    pub async fn name(&self, who: &HashedToken, username: &str) -> Result<(), SignupError> {
        let visitor = Visitor { browser: who, parked: None };
        self.signup.login(&self.store.ctx(), visitor, &login(username)).await
    }

    /// P2.
    pub async fn identify(
        &self,
        who: &HashedToken,
        input: &IdentityInput,
        claim: bool,
    ) -> Result<(), SignupError> {
        self.signup.identity(&self.store.ctx(), who, input, claim).await
    }

    /// P1 and P2.
    pub async fn up_to_p3(&self, who: &HashedToken, username: &str, person: (&str, &str, &str)) {
        self.name(who, username).await.unwrap();
        self.identify(who, &identity(person), false).await.unwrap();
    }

    /// A code on the phone, read there.
    pub async fn code(&self, who: &HashedToken, phone: &str) -> Secret {
        self.wait(61);
        let input = ProofInput { phone: phone.to_owned(), ..ProofInput::default() };
        self.signup.send_code(&self.store.ctx(), who, &input).await.unwrap();
        self.read_code(phone).await
    }

    pub async fn read_code(&self, phone: &str) -> Secret {
        let texts = self.sms(phone).await;
        let code: String =
            texts.last().unwrap().chars().skip_while(|c| !c.is_ascii_digit()).take(6).collect();
        Secret::new(code)
    }

    /// What a phone received.
    pub async fn sms(&self, phone: &str) -> Vec<String> {
        while self.dispatcher.run_due(self.store.now()).await.unwrap() > 0 {}
        let all = self.inbox.0.lock().unwrap();
        all.iter().filter(|(to, _)| to.ends_with(phone)).map(|(_, text)| text.clone()).collect()
    }

    /// P3 with the bank, and the bank's answer.
    pub async fn ask_bank(&self, who: &HashedToken, phone: &str) -> Result<JobId, SignupError> {
        let code = self.code(who, phone).await;
        let job = self.signup.verify_bank(&self.store.ctx(), who, &proof(phone, &code)).await?;
        self.work().await;
        Ok(job)
    }

    /// P3 without the bank.
    pub async fn later(&self, who: &HashedToken, phone: &str) -> Result<(), SignupError> {
        let code = self.code(who, phone).await;
        let input = ProofInput { choice: "later".to_owned(), ..proof(phone, &code) };
        self.signup.verify_later(&self.store.ctx(), who, &input).await
    }

    pub async fn work(&self) -> Option<JobId> {
        let signup: Arc<dyn Asker> = Arc::new(self.signup.clone());
        let worker = Worker::new(self.signup.base.clone(), self.proofing.clone(), [signup]);
        worker.work(&self.store.ctx(), None).await.unwrap()
    }

    pub async fn progress(&self, who: &HashedToken) -> Progress {
        self.signup.progress(&self.store.ctx(), who).await.unwrap()
    }

    pub async fn wizard(&self, who: &HashedToken) -> Wizard {
        self.signup.find(&self.store.ctx(), who).await.unwrap().unwrap().1
    }

    pub async fn collect(&self, who: &HashedToken) -> Result<Collected, SignupError> {
        self.signup.collect(&self.store.ctx(), who).await
    }

    /// A whole registration that ends at L1.
    pub async fn person_l1(&self, username: &str, person: (&str, &str, &str)) -> PersonId {
        let who = browser(username);
        self.up_to_p3(&who, username, person).await;
        self.later(&who, person.2).await.unwrap();
        self.collect(&who).await.unwrap().opened.person
    }

    /// A whole registration that ends at L2.
    pub async fn person_l2(&self, username: &str, person: (&str, &str, &str)) -> PersonId {
        let who = browser(username);
        self.up_to_p3(&who, username, person).await;
        self.says(Some(Outcome::Ok));
        self.ask_bank(&who, person.2).await.unwrap();
        self.collect(&who).await.unwrap().opened.person
    }

    pub async fn person(&self, id: PersonId) -> std::sync::Arc<Person> {
        self.people.find(id).await.unwrap().unwrap()
    }

    pub async fn level(&self, id: PersonId) -> Option<RealNameLevel> {
        self.proofing.level(id, self.store.now()).await.unwrap()
    }

    /// Kinds of the audit events of a person.
    pub async fn audited(&self, id: PersonId) -> Vec<String> {
        let trail = self.audit.trail(Trail::Of(id)).await.unwrap();
        trail.into_iter().map(|event| event.kind).collect()
    }
}

/// The faults as `field: key`.
pub fn faults<T: std::fmt::Debug>(result: Result<T, SignupError>) -> Vec<String> {
    match result {
        Err(SignupError::Invalid(faults)) => faults
            .iter()
            .map(|fault| format!("{}: {}", fault.field.unwrap_or("-"), fault.message.key))
            .collect(),
        other => panic!("no faults but {other:?}"),
    }
}
