//! Signing in over a real database.

use chrono::TimeDelta;

use super::*;
use crate::{
    audit::Trail,
    kernel::{About, Ctx, FlowId, IdDocument, IdType, Timestamp},
    limits, ownership,
    people::{HashSettings, NewPerson, PasswordHasher, Profile, Status},
    policy::{CaptchaAtLogin, CaptchaKind},
    proofing::{Proofing, Verifiers},
    render::Texts,
    sessions,
    storage::{
        MemoryEphemeral, Outbox,
        testing::{self, TestStore},
    },
};

const PASSWORD: &str = "Gd2026hrss";
const NAME: &str = "lin_xiaoyu";

struct House {
    store: TestStore,
    signin: Signin,
    outbox: Outbox,
    person: PersonId,
}

/// Without captchas; the captcha's own tests put them in.
async fn house() -> House {
    house_with(|policy| policy.captcha.kind = CaptchaKind::None).await
}

/// All that signing in stands on.
fn rooms_of(store: &TestStore, policy: Policy) -> (Rooms, Outbox) {
    let (base, policy) = (store.base(), Arc::new(policy));
    let audit = Audit::new(base.clone());
    let hashing = HashSettings { memory_kib: 8, passes: 1, workers: 2, ..HashSettings::default() };
    let hasher = PasswordHasher::new(&hashing, store.rng.clone()).unwrap();
    let people = People::new(base.clone(), hasher, policy.clone());
    let outbox = Outbox::new(store.db.clone(), store.vault.clone());
    let texts = Arc::new(Texts::load(&Vec::new()).unwrap());
    let ephemeral = Arc::new(MemoryEphemeral::new(store.clock.clone()));
    let settings = limits::Settings { sign_ins_per_minute: 100, ..limits::Settings::default() };
    let notify = Notify::new(base.clone(), outbox.clone(), texts, policy.clone());
    let owned = ownership::Rooms {
        people: people.clone(),
        proofing: Proofing::new(base.clone(), Verifiers::default(), policy.clone()),
        notify: notify.clone(),
        audit: audit.clone(),
    };
    let rooms = Rooms {
        ownership: Ownership::new(base.clone(), owned, policy.clone(), "https://sso.example/veto?link="),
        sessions: Sessions::new(base.clone(), audit.clone(), sessions::Settings::default()),
        limits: Limits::new(base.clone(), ephemeral, &policy, settings),
        notify,
        base,
        people,
        audit,
        policy,
    };
    (rooms, outbox)
}

async fn house_with(change: impl FnOnce(&mut Policy)) -> House {
    let store = testing::db().await;
    let mut policy = Policy::embedded("reference").unwrap();
    change(&mut policy);
    let (rooms, outbox) = rooms_of(&store, policy);
    let person = register(&rooms, &store).await;
    House { store, signin: Signin::new(rooms), outbox, person }
}

async fn register(rooms: &Rooms, store: &TestStore) -> PersonId {
    let document = IdDocument::parse(IdType::CnRid, "440399199205180246", store.now().china_date()).unwrap();
    let profile = Profile {
        name: "林晓雨".parse().unwrap(),
        sex: document.sex().unwrap(),
        birthdate: document.birthdate().unwrap(),
        document: Some(document),
        phone: Some("19900000101".parse().unwrap()),
        email: None,
        nationality: None,
        valid_until: None,
        about: About::default(),
    };
    let password = rooms.people.hash_password(&PASSWORD.into()).await.unwrap();
    let flow = FlowId::new(store.now(), &*store.rng);
    let new = NewPerson { username: NAME.parse().unwrap(), password, profile, flow };
    let tx = store.db.begin().await.unwrap();
    let person = rooms.people.create(&tx, &store.ctx(), new).await.unwrap();
    tx.commit().await.unwrap();
    person
}

/// What a visitor types and carries.
#[derive(Clone, Default)]
struct Visitor {
    password: Secret,
    device: Option<String>,
    session: Option<Session>,
    captcha: (String, String),
}

fn with(password: &str) -> Visitor {
    Visitor { password: password.into(), ..Visitor::default() }
}

impl House {
    fn from(&self, source: u8) -> Ctx {
        self.store.ctx_from(std::net::Ipv4Addr::new(198, 51, source, 7).into())
    }

    async fn sign_in(&self, ctx: &Ctx, name: &str, visitor: &Visitor) -> Result<SignedIn, SigninError> {
        let attempt = PasswordAttempt {
            username: name,
            password: &visitor.password,
            captcha: CaptchaAnswer { id: &visitor.captcha.0, answer: &visitor.captcha.1 },
            device: visitor.device.as_deref(),
            session: visitor.session.as_ref(),
            client: None,
        };
        self.signin.password(ctx, attempt).await
    }

    /// What the page says to a wrong password.
    async fn fail(&self, source: u8, name: &str) -> SigninError {
        self.sign_in(&self.from(source), name, &with("Wrong2026x")).await.unwrap_err()
    }

    async fn right(&self, source: u8) -> Result<SignedIn, SigninError> {
        self.sign_in(&self.from(source), NAME, &with(PASSWORD)).await
    }

    async fn trail(&self) -> Vec<String> {
        let events = self.signin.rooms.audit.trail(Trail::Of(self.person)).await.unwrap();
        let reason = |event: &crate::audit::Recorded| {
            let detail = event.detail.get("reason").or(event.detail.get("scope"));
            detail.and_then(|word| word.as_str()).map_or(String::new(), |word| format!(" {word}"))
        };
        events.iter().map(|event| format!("{}{}", event.kind, reason(event))).collect()
    }

    async fn set_status(&self, status: Status) {
        let tx = self.store.db.begin().await.unwrap();
        self.signin.rooms.people.set_status(&tx, &self.store.ctx(), self.person, status).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn session_of(&self, token: &PlainToken) -> Option<Session> {
        self.signin.rooms.sessions.find(token, self.store.now()).await.unwrap()
    }
}

fn remaining(error: &SigninError) -> Option<u32> {
    match error {
        SigninError::Wrong { remaining } => Some(*remaining),
        _ => None,
    }
}

fn locked_until(error: &SigninError) -> Option<Timestamp> {
    match error {
        SigninError::Locked { until } => Some(*until),
        _ => None,
    }
}

#[tokio::test]
async fn the_right_password_begins_a_session_and_is_written_down() {
    let house = house().await;
    let signed = house.right(1).await.unwrap();
    let session = house.session_of(&signed.token).await.unwrap();
    assert_eq!((session.person, session.amr), (house.person, crate::kernel::Amr::password()));
    assert_eq!(signed.session.auth_time, house.store.now());
    assert_eq!(house.trail().await, ["sign_in_succeeded"]);
}

#[tokio::test]
async fn the_name_is_read_however_it_is_typed() {
    let house = house().await;
    for name in [" LIN_Xiaoyu ", "ｌｉｎ_xiaoyu"] {
        assert!(house.sign_in(&house.from(1), name, &with(PASSWORD)).await.is_ok(), "{name}");
    }
}

#[tokio::test]
async fn empty_fields_come_first_and_cost_no_try() {
    let house = house().await;
    for (name, password, field) in [("", "x", "username"), (" ", "x", "username"), (NAME, "", "password")] {
        let error = house.sign_in(&house.from(1), name, &with(password)).await.unwrap_err();
        assert!(matches!(error, SigninError::Required { field: named } if named == field), "{error}");
    }
    assert_eq!(remaining(&house.fail(1, NAME).await), Some(4));
}

#[tokio::test]
async fn s4_16_each_wrong_password_tells_the_tries_left() {
    let house = house().await;
    for left in [4, 3, 2, 1] {
        assert_eq!(remaining(&house.fail(1, NAME).await), Some(left));
    }
}

#[tokio::test]
async fn s4_17_fifth_wrong_password_locks_for_one_hour_and_refuses_the_right_one() {
    let house = house().await;
    for _ in 0..4 {
        house.fail(1, NAME).await;
    }
    let until = house.store.now() + TimeDelta::hours(1);
    assert_eq!(locked_until(&house.fail(1, NAME).await), Some(until));
    house.store.clock.advance(TimeDelta::hours(1) - TimeDelta::milliseconds(1));
    assert_eq!(locked_until(&house.right(1).await.unwrap_err()), Some(until));
    house.store.clock.advance(TimeDelta::milliseconds(1));
    assert!(house.right(1).await.is_ok());
}

#[tokio::test]
async fn s4_17_success_before_the_fifth_resets_the_count() {
    let house = house().await;
    for _ in 0..4 {
        house.fail(1, NAME).await;
    }
    house.right(1).await.unwrap();
    assert_eq!(remaining(&house.fail(1, NAME).await), Some(4));
}

#[tokio::test]
async fn unknown_names_count_down_and_lock_like_known_ones() {
    let house = house().await;
    for name in ["nobody_here", "440301199003070019", "门符"] {
        let mut said = Vec::new();
        for _ in 0..6 {
            said.push((house.fail(1, NAME).await.message(), house.fail(1, name).await.message()));
        }
        assert!(said.iter().all(|(known, unknown)| known == unknown), "{said:?}");
        house.store.clock.advance(TimeDelta::hours(1));
    }
}

#[tokio::test]
async fn a_lock_holds_for_its_source_and_its_name_only() {
    let house = house().await;
    for _ in 0..5 {
        house.fail(1, NAME).await;
    }
    assert!(house.right(2).await.is_ok());
    assert_eq!(remaining(&house.fail(1, "somebody_else").await), Some(4));
}

async fn attacked() -> House {
    let house = house().await;
    for n in 0..20 {
        house.fail(100 + n / 4, NAME).await;
    }
    house
}

#[tokio::test]
async fn twenty_failures_lock_out_strangers_and_tell_the_owner_once() {
    let house = attacked().await;
    let until = house.store.now() + TimeDelta::hours(1);
    assert_eq!(locked_until(&house.right(1).await.unwrap_err()), Some(until));
    house.fail(200, NAME).await;
    assert_eq!(house.outbox.undelivered().await.unwrap(), 1);
    let trail = house.trail().await;
    assert_eq!(trail.iter().filter(|event| *event == "sign_in_locked strangers").count(), 1);
}

#[tokio::test]
async fn a_browser_that_signed_in_before_is_no_stranger() {
    let house = house().await;
    let device = house.right(1).await.unwrap().device;
    for n in 0..20 {
        house.fail(100 + n / 4, NAME).await;
    }
    let owner = Visitor { device: Some(device.clone()), ..with(PASSWORD) };
    assert!(house.sign_in(&house.from(2), NAME, &owner).await.is_ok());
    let forged = Visitor { device: Some(device.replace('.', "_")), ..with(PASSWORD) };
    assert!(house.sign_in(&house.from(3), NAME, &forged).await.is_err());
}

#[tokio::test]
async fn nobody_is_told_when_the_attacked_name_is_nobodys() {
    let house = house().await;
    for n in 0..20 {
        house.fail(100 + n / 4, "nobody_here").await;
    }
    assert!(locked_until(&house.fail(1, "nobody_here").await).is_some());
    assert_eq!(house.outbox.undelivered().await.unwrap(), 0);
}

#[tokio::test]
async fn the_state_of_an_account_appears_only_after_its_right_password() {
    let house = house().await;
    for status in [Status::Disabled, Status::Closed] {
        house.set_status(status).await;
        assert_eq!(remaining(&house.fail(1, NAME).await), Some(4));
        let error = house.right(1).await.unwrap_err();
        let message = error.message().unwrap();
        assert_eq!((message.key, message.args.is_empty()), ("E_ACCOUNT_DISABLED", false));
    }
    assert!(house.trail().await.contains(&"sign_in_failed account_state".to_owned()));
}

#[tokio::test]
async fn signing_in_again_keeps_the_session_under_a_new_token() {
    let house = house().await;
    let first = house.right(1).await.unwrap();
    house.store.clock.advance(TimeDelta::minutes(5));
    let visitor = Visitor { session: Some(first.session.clone()), ..with(PASSWORD) };
    let again = house.sign_in(&house.from(1), NAME, &visitor).await.unwrap();
    assert_eq!(again.session.id, first.session.id);
    assert_eq!(again.session.auth_time, house.store.now());
    assert!(again.replaced.is_none());
    assert!(house.session_of(&first.token).await.is_none());
    assert!(house.session_of(&again.token).await.is_some());
}

#[tokio::test]
async fn another_persons_session_in_the_browser_is_handed_back_to_be_ended() {
    let house = house().await;
    let mut other = house.right(1).await.unwrap().session;
    other.person = PersonId::new(house.store.now(), &*house.store.rng);
    let visitor = Visitor { session: Some(other.clone()), ..with(PASSWORD) };
    let signed = house.sign_in(&house.from(1), NAME, &visitor).await.unwrap();
    assert_ne!(signed.session.id, other.id);
    assert_eq!(signed.replaced, Some(other));
}

#[tokio::test]
async fn a_session_that_ended_meanwhile_is_begun_anew() {
    let house = house().await;
    let first = house.right(1).await.unwrap().session;
    let tx = house.store.db.begin().await.unwrap();
    let reason = sessions::EndReason::SignedOut;
    house.signin.rooms.sessions.end(&tx, &house.store.ctx(), &first, reason).await.unwrap();
    tx.commit().await.unwrap();
    let visitor = Visitor { session: Some(first.clone()), ..with(PASSWORD) };
    let signed = house.sign_in(&house.from(1), NAME, &visitor).await.unwrap();
    assert_ne!(signed.session.id, first.id);
    assert!(signed.replaced.is_none());
}

#[tokio::test]
async fn a_captcha_is_asked_after_the_first_failure_and_checked_before_the_password() {
    let house = house_with(|_| ()).await;
    let asks = async |name: &str| house.signin.asks_captcha(&house.from(1), name).await.unwrap();
    assert!(!asks(NAME).await);
    house.fail(1, NAME).await;
    assert!(asks(NAME).await && !asks("somebody_else").await && !asks("").await);
    assert!(matches!(house.right(1).await, Err(SigninError::Captcha)));
    assert!(matches!(house.fail(1, NAME).await, SigninError::Captcha), "and no try was counted");
}

#[tokio::test]
async fn a_source_with_many_failures_gets_captchas_whatever_the_names() {
    let house = house_with(|_| ()).await;
    for n in 0..10 {
        house.fail(1, &format!("somebody{n}")).await;
    }
    assert!(house.signin.asks_captcha(&house.from(1), "").await.unwrap());
    assert!(!house.signin.asks_captcha(&house.from(2), "").await.unwrap());
    house.store.clock.advance(TimeDelta::minutes(10));
    assert!(!house.signin.asks_captcha(&house.from(1), "").await.unwrap());
}

#[tokio::test]
async fn s1_03_a_bureau_may_always_ask_for_a_captcha_or_never() {
    let house = house_with(|policy| policy.captcha.login = CaptchaAtLogin::Always).await;
    assert!(house.signin.asks_captcha(&house.from(1), "").await.unwrap());
    assert!(matches!(house.right(1).await, Err(SigninError::Captcha)));
    let house = house_with(|policy| policy.captcha.login = CaptchaAtLogin::Never).await;
    house.fail(1, NAME).await;
    assert!(house.right(1).await.is_ok());
}

#[tokio::test]
async fn a_source_that_tries_too_fast_is_refused_before_the_password() {
    let house = house().await;
    for _ in 0..100 {
        let _ = house.fail(1, "nobody_here").await;
    }
    assert!(matches!(house.right(1).await, Err(SigninError::Rate)));
    assert!(house.right(2).await.is_ok());
}

#[tokio::test]
async fn many_guesses_at_once_get_no_more_than_five_answers() {
    let house = Arc::new(house().await);
    let racers: Vec<_> = (0..12)
        .map(|_| {
            tokio::spawn({
                let house = house.clone();
                async move { house.fail(1, NAME).await }
            })
        })
        .collect();
    let mut answers = Vec::new();
    for racer in racers {
        answers.push(racer.await.unwrap());
    }
    let mut told: Vec<u32> = answers.iter().filter_map(remaining).collect();
    told.sort_unstable();
    assert_eq!(told, [1, 2, 3, 4]);
    assert_eq!(answers.iter().filter_map(locked_until).count(), 8);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "it measures how long the machine takes")]
async fn known_and_unknown_names_take_the_same_time() {
    let house = house().await;
    let mut times = [Vec::new(), Vec::new()];
    for n in 0..500_u32 {
        let source = std::net::Ipv6Addr::from_bits(u128::from(n) << 80);
        let ctx = house.store.ctx_from(source.into());
        for (name, times) in [NAME, "nobody_here"].into_iter().zip(&mut times) {
            let start = std::time::Instant::now();
            assert!(house.sign_in(&ctx, name, &with("Wrong2026x")).await.is_err());
            times.push(start.elapsed());
        }
        house.store.clock.advance(TimeDelta::minutes(5));
    }
    let [known, unknown] = times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    let apart = known.abs_diff(unknown);
    assert!(apart < std::time::Duration::from_millis(2) || apart * 20 < known, "{known:?} and {unknown:?}");
}
