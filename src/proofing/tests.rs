//! Jobs and evidence over a real database and a bank that says what the test wants.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{NaiveDate, TimeDelta};
use uuid::Uuid;

use super::{store::jobs, *};
use crate::{
    kernel::{
        About, Ctx, FlowId, IdDocument, IdType, JobId, PersonId, PersonName, Phone, RealNameLevel, SeededRng,
        Sex,
    },
    people::{HashSettings, NewPerson, PasswordHash, PasswordHasher, People, Profile},
    policy::Policy,
    storage::testing::{self, TestStore},
};

/// Answers in turn, and repeats the last answer.
struct ScriptedBank {
    answers: Mutex<Vec<Result<Outcome, Unanswered>>>,
    asked: Mutex<Vec<(String, String)>>,
}

#[async_trait]
impl CardVerifier for ScriptedBank {
    async fn verify(&self, request: &CardRequest) -> Result<CardAnswer, Unanswered> {
        self.asked.lock().unwrap().push((request.request_id.clone(), request.name.clone()));
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0] };
        let answered = |result| CardAnswer {
            result,
            reference: format!("REF-{}", request.request_id),
            bank_name: "建设银行".to_owned(),
            phone_matched: result == Outcome::Ok,
        };
        answer.map(answered)
    }
}

struct House {
    store: TestStore,
    proofing: Proofing,
    bank: Arc<ScriptedBank>,
}

const DOWN: Result<Outcome, Unanswered> = Err(Unanswered::TimedOut);

async fn house(answers: &[Result<Outcome, Unanswered>]) -> House {
    let store = testing::db().await;
    let bank = Arc::new(ScriptedBank { answers: Mutex::new(answers.to_vec()), asked: Mutex::default() });
    let policy = Arc::new(Policy::embedded("reference").unwrap());
    House { proofing: Proofing::new(store.base(), Verifiers::bank(bank.clone()), policy), bank, store }
}

fn document(number: &str) -> IdDocument {
    IdDocument::parse(IdType::CnRid, number, NaiveDate::from_ymd_opt(2026, 11, 21).unwrap()).unwrap()
}

const LIN: &str = "440399199205180246";
const CARD: &str = "6217000123456789019";

fn case(purpose: Purpose) -> CardCase {
    CardCase {
        purpose,
        name: "林晓雨".parse().unwrap(),
        bank_registered_name: None,
        document: document(LIN),
        document_until: None,
        channel: Channel::Bank("CCB".to_owned()),
        card: CARD.parse().unwrap(),
        phone: "19900000101".parse().unwrap(),
    }
}

fn upgrade(person: PersonId) -> Purpose {
    Purpose::Upgrade { person, flow: FlowId::from_uuid(Uuid::nil()) }
}

impl House {
    fn ctx(&self) -> Ctx {
        self.store.ctx()
    }

    fn flow(&self) -> Purpose {
        Purpose::Registration(FlowId::new(self.store.now(), &*self.store.rng))
    }

    async fn submit(&self, case: CardCase) -> Result<JobId, ProofingError> {
        let tx = self.store.db.begin().await?;
        let job = self.proofing.submit(&tx, &self.ctx(), case).await?;
        tx.commit().await?;
        Ok(job)
    }

    async fn settle(
        &self,
        job: &ClaimedJob,
        verdict: &Verdict,
    ) -> Result<Settled, crate::storage::StoreError> {
        let tx = self.store.db.begin().await?;
        let settled = self.proofing.settle(&tx, &self.ctx(), job, verdict).await?;
        tx.commit().await?;
        Ok(settled)
    }

    /// Claims, asks and settles once, if anything is due.
    async fn work(&self) -> Option<Settled> {
        let job = self.proofing.claim(self.store.now(), None).await.unwrap()?;
        let verdict = self.proofing.ask(&job).await;
        Some(self.settle(&job, &verdict).await.unwrap())
    }

    async fn state(&self, job: JobId) -> JobState {
        self.proofing.state(self.store.db.read(), job).await.unwrap()
    }

    async fn row(&self, job: JobId) -> Option<jobs::Model> {
        store::job(self.store.db.read(), job).await.unwrap()
    }

    fn asked(&self) -> Vec<(String, String)> {
        self.bank.asked.lock().unwrap().clone()
    }

    fn wait(&self, seconds: i64) {
        self.store.clock.advance(TimeDelta::seconds(seconds));
    }

    async fn person(&self) -> PersonId {
        let settings = HashSettings { memory_kib: 8, passes: 1, workers: 1, ..HashSettings::default() };
        let hasher = PasswordHasher::new(&settings, Arc::new(SeededRng::new(5))).unwrap();
        let policy = Arc::new(Policy::embedded("reference").unwrap());
        let people = People::new(self.store.base(), hasher, policy);
        let profile = Profile {
            name: "林晓雨".parse().unwrap(),
            document: Some(document(LIN)),
            sex: Sex::Female,
            birthdate: NaiveDate::from_ymd_opt(1992, 5, 18).unwrap(),
            phone: Some("19900000101".parse().unwrap()),
            email: None,
            nationality: None,
            valid_until: None,
            about: About::default(),
        };
        let flow = FlowId::new(self.store.now(), &*self.store.rng);
        let password = PasswordHash::from_phc(String::new());
        let new = NewPerson { username: "lin_xiaoyu".parse().unwrap(), password, profile, flow };
        let tx = self.store.db.begin().await.unwrap();
        let person = people.create(&tx, &self.ctx(), new).await.unwrap();
        self.proofing.record_phone(&tx, &self.ctx(), person, &phone()).await.unwrap();
        tx.commit().await.unwrap();
        person
    }

    async fn level(&self, person: PersonId) -> Option<RealNameLevel> {
        self.proofing.level(person, self.store.now()).await.unwrap()
    }

    /// The bank says yes to a case of this person.
    async fn prove(&self, person: PersonId, case: CardCase) {
        self.submit(case).await.unwrap();
        let job = self.proofing.claim(self.store.now(), None).await.unwrap().unwrap();
        let verdict = self.proofing.ask(&job).await;
        let tx = self.store.db.begin().await.unwrap();
        self.proofing.settle(&tx, &self.ctx(), &job, &verdict).await.unwrap();
        self.proofing
            .record_card(&tx, &self.ctx(), (person, job.case.document_until), &job, &verdict)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
}

fn phone() -> Phone {
    "19900000101".parse().unwrap()
}

#[tokio::test]
async fn a_job_goes_from_asking_to_the_bank_s_answer() {
    let house = house(&[Ok(Outcome::PhoneMismatch)]).await;
    let job = house.submit(case(house.flow())).await.unwrap();
    assert_eq!(house.state(job).await, JobState::Asking);
    assert_eq!(house.work().await, Some(Settled::Done(Outcome::PhoneMismatch)));
    assert_eq!(house.state(job).await, JobState::Done(Outcome::PhoneMismatch));
    assert_eq!(house.work().await, None);
    assert_eq!(house.asked(), [(job.to_string(), "林晓雨".to_owned())]);
}

#[tokio::test]
async fn the_card_number_is_sealed_in_its_job_and_dies_with_it() {
    let house = house(&[Ok(Outcome::CardInvalid)]).await;
    let job = house.submit(case(house.flow())).await.unwrap();
    let waiting = format!("{:?}", house.row(job).await.unwrap());
    assert!(!waiting.contains(CARD) && !waiting.contains("9019"));
    let request = house.row(job).await.unwrap().request.unwrap();
    assert!(!String::from_utf8_lossy(&request).contains(CARD));
    house.work().await;
    assert_eq!(house.row(job).await.unwrap().request, None);
}

#[tokio::test]
async fn a_job_older_than_a_day_is_gone_with_its_card() {
    let house = house(&[DOWN]).await;
    let job = house.submit(case(house.flow())).await.unwrap();
    house.wait(24 * 3_600 - 1);
    assert_eq!(house.proofing.purge(house.store.now()).await.unwrap(), 0);
    house.wait(1);
    assert_eq!(house.proofing.purge(house.store.now()).await.unwrap(), 1);
    assert!(house.row(job).await.is_none());
    assert_eq!(house.state(job).await, JobState::Done(Outcome::Busy));
}

#[tokio::test]
async fn a_bank_that_is_down_is_asked_again_with_the_same_id_and_then_told_as_busy() {
    let house = house(&[DOWN]).await;
    let job = house.submit(case(house.flow())).await.unwrap();
    for wait in [5, 20, 60] {
        let again = Settled::Again(house.store.now() + TimeDelta::seconds(wait));
        assert_eq!(house.work().await, Some(again));
        assert_eq!(house.state(job).await, JobState::Retrying);
        house.wait(wait - 1);
        assert_eq!(house.work().await, None, "not before its time");
        house.wait(1);
    }
    assert_eq!(house.work().await, Some(Settled::Done(Outcome::Busy)));
    let ids: Vec<_> = house.asked().into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, vec![job.to_string(); 4]);
}

#[tokio::test]
async fn a_busy_bank_that_comes_back_answers_the_same_job() {
    let house = house(&[Ok(Outcome::Busy), DOWN, Ok(Outcome::Ok)]).await;
    let job = house.submit(case(house.flow())).await.unwrap();
    house.work().await;
    house.wait(5);
    house.work().await;
    house.wait(20);
    assert_eq!(house.work().await, Some(Settled::Done(Outcome::Ok)));
    assert_eq!(house.state(job).await, JobState::Done(Outcome::Ok));
}

#[tokio::test]
async fn of_many_workers_one_claims_a_job() {
    let house = Arc::new(house(&[Ok(Outcome::Ok)]).await);
    let job = house.submit(case(house.flow())).await.unwrap();
    let racers: Vec<_> = (0..8)
        .map(|_| {
            let house = Arc::clone(&house);
            tokio::spawn(async move { house.proofing.claim(house.store.now(), Some(job)).await.unwrap() })
        })
        .collect();
    let mut claims = 0;
    for racer in racers {
        claims += u32::from(racer.await.unwrap().is_some());
    }
    assert_eq!(claims, 1);
}

#[tokio::test]
async fn a_worker_that_died_loses_its_lease_and_cannot_settle_any_more() {
    let house = house(&[Ok(Outcome::Ok)]).await;
    let id = house.submit(case(house.flow())).await.unwrap();
    let dead = house.proofing.claim(house.store.now(), Some(id)).await.unwrap().unwrap();
    let verdict = house.proofing.ask(&dead).await;
    house.wait(59);
    assert!(house.proofing.claim(house.store.now(), None).await.unwrap().is_none());
    house.wait(1);
    let alive = house.proofing.claim(house.store.now(), None).await.unwrap().unwrap();
    assert_eq!((alive.id, alive.asked), (id, 2));
    assert!(matches!(house.settle(&dead, &verdict).await, Err(crate::storage::StoreError::Gone)));
    assert_eq!(house.settle(&alive, &verdict).await.unwrap(), Settled::Done(Outcome::Ok));
    assert!(matches!(house.settle(&alive, &verdict).await, Err(crate::storage::StoreError::Gone)));
}

#[tokio::test]
async fn s1_44_a_name_mismatch_is_asked_once_more_in_the_likely_spelling() {
    let house = house(&[Ok(Outcome::IdMismatch), Ok(Outcome::Ok)]).await;
    let name: PersonName = "阿依努尔·买买提".parse().unwrap();
    let job = house.submit(CardCase { name, ..case(house.flow()) }).await.unwrap();
    let claimed = house.proofing.claim(house.store.now(), None).await.unwrap().unwrap();
    let verdict = house.proofing.ask(&claimed).await;
    assert_eq!((verdict.outcome, verdict.name_variant), (Outcome::Ok, true));
    let second = (format!("{job}-v2"), "阿依努尔•买买提".to_owned());
    assert_eq!(house.asked(), [(job.to_string(), "阿依努尔·买买提".to_owned()), second]);
}

#[tokio::test]
async fn a_second_spelling_is_tried_once_and_only_after_a_name_mismatch() {
    let refusing = house(&[Ok(Outcome::IdMismatch)]).await;
    let name: PersonName = "阿依努尔·买买提".parse().unwrap();
    refusing.submit(CardCase { name: name.clone(), ..case(refusing.flow()) }).await.unwrap();
    refusing.work().await;
    assert_eq!(refusing.asked().len(), 2);
    let content = house(&[Ok(Outcome::PhoneMismatch)]).await;
    content.submit(CardCase { name, ..case(content.flow()) }).await.unwrap();
    content.work().await;
    assert_eq!(content.asked().len(), 1);
}

#[tokio::test]
async fn a_card_is_asked_about_three_times_a_day() {
    let house = house(&[Ok(Outcome::CardInvalid)]).await;
    for number in [LIN, "440399198811030462", "440399199507260137"] {
        let phone = format!("1990000{}", number.split_at(14).1).parse().unwrap();
        house.submit(CardCase { document: document(number), phone, ..case(house.flow()) }).await.unwrap();
        house.work().await;
    }
    let fourth = || CardCase { phone: "19900000999".parse().unwrap(), ..case(house.flow()) };
    assert!(matches!(house.submit(fourth()).await, Err(ProofingError::Limit)));
    house.wait(24 * 3_600);
    assert!(house.submit(fourth()).await.is_ok());
}

#[tokio::test]
async fn identity_phone_account_and_source_have_limits_of_their_own() {
    let cards = |n: u32| with_check_digit(&format!("621700012345{n:06}")).parse().unwrap();
    let identity = house(&[Ok(Outcome::CardInvalid)]).await;
    let phone = |n: u32| format!("1990000{n:04}").parse().unwrap();
    for n in 0..6 {
        let case = CardCase { card: cards(n), phone: phone(n), ..case(identity.flow()) };
        assert_eq!(identity.submit(case).await.is_ok(), n < 5, "identity {n}");
    }
    let same_phone = house(&[Ok(Outcome::CardInvalid)]).await;
    let account = house(&[Ok(Outcome::CardInvalid)]).await;
    let source = house(&[Ok(Outcome::CardInvalid)]).await;
    let one = upgrade(PersonId::from_uuid(Uuid::nil()));
    for n in 0..21 {
        let base = |purpose| CardCase { card: cards(n), document: nobody(n), ..case(purpose) };
        assert_eq!(same_phone.submit(base(same_phone.flow())).await.is_ok(), n < 5, "phone {n}");
        let own_phone = |purpose| CardCase { phone: phone(n), ..base(purpose) };
        assert_eq!(account.submit(own_phone(one)).await.is_ok(), n < 5, "account {n}");
        assert_eq!(source.submit(own_phone(source.flow())).await.is_ok(), n < 20, "source {n}");
    }
}

fn with_check_digit(body: &str) -> String {
    let is_card = |digit: &u32| format!("{body}{digit}").parse::<crate::kernel::BankCard>().is_ok();
    let digit = (0..10).find(is_card).unwrap();
    format!("{body}{digit}")
}

fn nobody(n: u32) -> IdDocument {
    let number = format!("E{n:08}");
    IdDocument::parse(IdType::Passport, &number, NaiveDate::from_ymd_opt(2026, 11, 21).unwrap()).unwrap()
}

#[tokio::test]
async fn an_attempt_that_the_bank_was_too_busy_for_costs_nothing() {
    let house = house(&[DOWN]).await;
    for _ in 0..4 {
        house.submit(case(house.flow())).await.unwrap();
        for wait in [5, 20, 60, 0] {
            house.work().await.unwrap();
            house.wait(wait);
        }
    }
}

#[tokio::test]
async fn of_many_questions_about_one_card_at_once_three_pass() {
    let house = Arc::new(house(&[Ok(Outcome::CardInvalid)]).await);
    let racers: Vec<_> = (0..8)
        .map(|n| {
            let house = Arc::clone(&house);
            let phone = format!("1990000000{n}").parse().unwrap();
            let case = CardCase { document: nobody(n), phone, ..case(house.flow()) };
            tokio::spawn(async move { house.submit(case).await.is_ok() })
        })
        .collect();
    let mut passed = 0;
    for racer in racers {
        passed += u32::from(racer.await.unwrap());
    }
    assert_eq!(passed, 3);
}

#[tokio::test]
async fn the_queue_of_one_authority_keeps_nobody_from_the_other() {
    let mut house = house(&[Ok(Outcome::Ok)]).await;
    let mut policy = Policy::embedded("reference").unwrap();
    policy.proofing.per_second = 1;
    let both = Verifiers { bank: Some(house.bank.clone()), unionpay: Some(house.bank.clone()) };
    house.proofing = Proofing::new(house.store.base(), both, Arc::new(policy));
    let mut jobs = Vec::new();
    for channel in [Channel::UnionPay, Channel::UnionPay, Channel::Bank("CCB".to_owned())] {
        jobs.push(house.submit(CardCase { channel, ..case(house.flow()) }).await.unwrap());
        house.store.clock.advance(TimeDelta::milliseconds(1));
    }
    let next = async || match house.proofing.next(house.store.now(), None).await.unwrap() {
        Claim::Job(job) => Some(job.id),
        Claim::Later(_) => None,
        Claim::Nothing => panic!("somebody waits"),
    };
    assert_eq!(next().await, Some(jobs[0]));
    assert_eq!(next().await, Some(jobs[2]), "UnionPay was asked enough for this second, the bank was not");
    assert_eq!(next().await, None);
    house.wait(1);
    assert_eq!(next().await, Some(jobs[1]));
}

#[tokio::test]
async fn s1_34_only_banks_of_the_list_are_asked() {
    let house = house(&[Ok(Outcome::Ok)]).await;
    let error =
        house.submit(CardCase { channel: Channel::Bank("HSBC".to_owned()), ..case(house.flow()) }).await;
    assert!(matches!(error, Err(ProofingError::UnknownBank)));
}

#[tokio::test]
async fn a_yes_makes_l2_for_24_months_and_keeps_four_digits() {
    let house = house(&[Ok(Outcome::Ok)]).await;
    let person = house.person().await;
    assert_eq!(house.level(person).await, Some(RealNameLevel::L1));
    house.prove(person, case(upgrade(person))).await;
    assert_eq!(house.level(person).await, Some(RealNameLevel::L2));
    let newest = &house.proofing.evidence(person).await.unwrap();
    let bank = newest.iter().find(|row| row.detail.method() == Method::Bank).unwrap();
    let shown = format!("{bank:?}");
    assert!(shown.contains("9019") && !shown.contains("6217000"), "{shown}");
    house.store.clock.advance(TimeDelta::days(365 * 2 + 2));
    assert_eq!(house.level(person).await, Some(RealNameLevel::L1));
}

#[tokio::test]
async fn a_new_yes_replaces_the_old_one() {
    let house = house(&[Ok(Outcome::Ok)]).await;
    let person = house.person().await;
    house.prove(person, case(upgrade(person))).await;
    house.prove(person, case(upgrade(person))).await;
    let rows = house.proofing.evidence(person).await.unwrap();
    let valid = rows.iter().filter(|row| row.counts(house.store.now())).count();
    assert_eq!((rows.len(), valid), (5, 2), "one phone and one bank count");
}

#[tokio::test]
async fn one_job_yields_evidence_once() {
    let house = house(&[Ok(Outcome::Ok)]).await;
    let person = house.person().await;
    house.submit(case(upgrade(person))).await.unwrap();
    let job = house.proofing.claim(house.store.now(), None).await.unwrap().unwrap();
    let verdict = house.proofing.ask(&job).await;
    let tx = house.store.db.begin().await.unwrap();
    house
        .proofing
        .record_card(&tx, &house.ctx(), (person, job.case.document_until), &job, &verdict)
        .await
        .unwrap();
    let second = house
        .proofing
        .record_card(&tx, &house.ctx(), (person, job.case.document_until), &job, &verdict)
        .await;
    assert!(matches!(second, Err(crate::storage::StoreError::Conflict)));
}

#[tokio::test]
async fn a_displaced_phone_takes_l1_away_but_not_the_proof_of_identity() {
    let house = house(&[Ok(Outcome::Ok)]).await;
    let person = house.person().await;
    let displace = async || {
        let tx = house.store.db.begin().await.unwrap();
        house.proofing.displace_phone(&tx, person).await.unwrap();
        tx.commit().await.unwrap();
    };
    displace().await;
    assert_eq!(house.level(person).await, None);
    house.prove(person, case(upgrade(person))).await;
    displace().await;
    assert_eq!(house.level(person).await, Some(RealNameLevel::L1));
    assert!(house.proofing.holds_by_proof(house.store.db.read(), person).await.unwrap());
}
