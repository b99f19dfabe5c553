use super::*;
use crate::{
    kernel::{Locale, OutboxId, Secret},
    storage::{
        Deliver, Delivery, Dispatcher,
        testing::{self, TestStore},
    },
};
use async_trait::async_trait;
use std::sync::Mutex;

/// Keeps what the outbox delivers.
#[derive(Default)]
struct Inbox(Mutex<Vec<Sms>>);

#[async_trait]
impl Deliver for Inbox {
    fn kind(&self) -> &'static str {
        SMS
    }

    async fn deliver(&self, payload: &[u8], _: &OutboxId) -> Delivery {
        self.0.lock().unwrap().push(serde_json::from_slice(payload).unwrap());
        Delivery::Done
    }
}

struct Scene {
    store: TestStore,
    notify: Notify,
    dispatcher: Dispatcher,
    inbox: Arc<Inbox>,
    phone: Phone,
}

const FLOW: &str = "flow-1";
const REGISTRATION: CodePurpose = CodePurpose::Registration;

impl Scene {
    async fn new() -> Self {
        let store = testing::db().await;
        let outbox = Outbox::new(store.db.clone(), store.vault.clone());
        let inbox = Arc::new(Inbox::default());
        let dispatcher = Dispatcher::new(outbox.clone(), vec![inbox.clone()]);
        let texts = Arc::new(Texts::load(&Vec::new()).unwrap());
        let policy = Arc::new(Policy::embedded("reference").unwrap());
        let notify = Notify::new(store.base(), outbox, texts, policy);
        Self { store, notify, dispatcher, inbox, phone: "13800138000".parse().unwrap() }
    }

    fn request(&self) -> CodeRequest<'_> {
        CodeRequest { purpose: REGISTRATION, phone: &self.phone, flow: FLOW }
    }

    async fn send(&self) -> Result<CodeSent, CodeError> {
        self.notify.codes().send(&self.store.ctx(), self.request()).await
    }

    /// Sends a code and reads it from the phone.
    async fn code(&self) -> Secret {
        self.send().await.unwrap();
        self.read_code().await
    }

    async fn read_code(&self) -> Secret {
        let text = self.last().await.text;
        let digits: String = text.chars().skip_while(|c| !c.is_ascii_digit()).take(6).collect();
        Secret::new(digits)
    }

    async fn last(&self) -> Sms {
        self.dispatcher.run_due(self.store.now()).await.unwrap();
        self.inbox.0.lock().unwrap().last().unwrap().clone()
    }

    async fn check(&self, code: &Secret) -> Result<ProvedCode, CodeError> {
        self.check_as(self.request(), code).await
    }

    async fn check_as(&self, request: CodeRequest<'_>, code: &Secret) -> Result<ProvedCode, CodeError> {
        let CodeRequest { purpose, phone, flow } = request;
        self.notify.codes().check(&self.store.ctx(), CodeCheck { purpose, phone, flow, code }).await
    }

    async fn take(&self, proved: &ProvedCode) -> Result<(), CodeError> {
        take(&self.store, &self.notify, proved).await
    }

    fn wait(&self, span: TimeDelta) {
        self.store.clock.advance(span);
    }
}

async fn take(store: &TestStore, notify: &Notify, proved: &ProvedCode) -> Result<(), CodeError> {
    let tx = store.db.begin().await.unwrap();
    notify.codes().take(&tx, &store.ctx(), proved).await?;
    tx.commit().await?;
    Ok(())
}

fn wrong(code: &Secret) -> Secret {
    Secret::from(if code.expose() == "000000" { "000001" } else { "000000" })
}

fn is_wrong<T>(result: &Result<T, CodeError>) -> bool {
    matches!(result, Err(CodeError::Wrong))
}

#[tokio::test]
async fn a_code_goes_to_the_phone_with_sign_purpose_and_lifetime() {
    let scene = Scene::new().await;
    let code = scene.code().await;
    let sms = scene.last().await;
    assert_eq!((code.expose().len(), sms.template.as_str(), &sms.phone), (6, "T1", &scene.phone));
    let expected = format!("【示范人社】验证码{}，用于注册账号，5分钟内有效，请勿泄露。", code.expose());
    assert_eq!(sms.text, expected);
}

#[tokio::test]
async fn the_page_learns_where_it_went_and_when_another_may_be_asked_for() {
    let scene = Scene::new().await;
    let sent = scene.send().await.unwrap();
    let now = scene.store.now();
    assert_eq!((sent.masked.as_str(), sent.valid_minutes), ("138****8000", 5));
    assert_eq!(
        (sent.expires_at - now, sent.resend_at - now),
        (TimeDelta::minutes(5), TimeDelta::seconds(60))
    );
    let again = scene.notify.codes().find_sent(&scene.store.ctx(), scene.request()).await.unwrap();
    assert_eq!(again, Some(sent));
}

#[tokio::test]
async fn the_right_code_is_worth_something_once() {
    let scene = Scene::new().await;
    let code = scene.code().await;
    let proved = scene.check(&code).await.unwrap();
    scene.take(&proved).await.unwrap();
    assert!(is_wrong(&scene.take(&proved).await));
    assert!(is_wrong(&scene.check(&code).await));
}

#[tokio::test]
async fn of_sixteen_takers_one_wins() {
    let scene = Scene::new().await;
    let code = scene.code().await;
    let proved = scene.check(&code).await.unwrap();
    let scene = Arc::new(scene);
    let racers: Vec<_> = (0..16)
        .map(|_| {
            let (scene, proved) = (scene.clone(), proved.clone());
            tokio::spawn(async move { scene.take(&proved).await.is_ok() })
        })
        .collect();
    let mut winners = 0;
    for racer in racers {
        winners += usize::from(racer.await.unwrap());
    }
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn a_code_of_a_dropped_use_case_can_be_used_again() {
    let scene = Scene::new().await;
    let code = scene.code().await;
    let proved = scene.check(&code).await.unwrap();
    let tx = scene.store.db.begin().await.unwrap();
    scene.notify.codes().take(&tx, &scene.store.ctx(), &proved).await.unwrap();
    drop(tx);
    scene.take(&scene.check(&code).await.unwrap()).await.unwrap();
}

#[tokio::test]
async fn five_wrong_tries_kill_a_code_and_right_ones_cost_nothing() {
    let scene = Scene::new().await;
    let code = scene.code().await;
    for _ in 0..4 {
        assert!(is_wrong(&scene.check(&wrong(&code)).await));
        assert!(scene.check(&code).await.is_ok());
    }
    assert!(is_wrong(&scene.check(&wrong(&code)).await));
    assert!(is_wrong(&scene.check(&code).await));
}

#[tokio::test]
async fn sixteen_guesses_at_once_get_no_more_than_five_tries() {
    let scene = Arc::new(Scene::new().await);
    let code = scene.code().await;
    let guesses: Vec<_> = (0..16)
        .map(|_| {
            tokio::spawn({
                let (scene, guess) = (scene.clone(), wrong(&code));
                async move { scene.check(&guess).await.is_ok() }
            })
        })
        .collect();
    for guess in guesses {
        assert!(!guess.await.unwrap());
    }
    assert!(is_wrong(&scene.check(&code).await));
}

#[tokio::test]
async fn a_code_is_good_for_five_minutes() {
    let scene = Scene::new().await;
    let code = scene.code().await;
    scene.wait(TimeDelta::minutes(5) - TimeDelta::milliseconds(1));
    let proved = scene.check(&code).await.unwrap();
    scene.wait(TimeDelta::milliseconds(1));
    assert!(is_wrong(&scene.check(&code).await));
    assert!(is_wrong(&scene.take(&proved).await));
}

#[tokio::test]
async fn a_code_is_bound_to_purpose_number_and_flow() {
    let scene = Scene::new().await;
    let code = scene.code().await;
    let other: Phone = "13900139000".parse().unwrap();
    for elsewhere in [
        CodeRequest { purpose: CodePurpose::ChangePhone, ..scene.request() },
        CodeRequest { phone: &other, ..scene.request() },
        CodeRequest { flow: "flow-2", ..scene.request() },
    ] {
        assert!(is_wrong(&scene.check_as(elsewhere, &code).await), "{elsewhere:?}");
    }
    assert!(scene.check(&code).await.is_ok());
}

#[tokio::test]
async fn a_later_code_takes_the_place_of_the_earlier_with_fresh_tries() {
    let scene = Scene::new().await;
    let first = scene.code().await;
    for _ in 0..5 {
        assert!(is_wrong(&scene.check(&wrong(&first)).await));
    }
    scene.wait(TimeDelta::seconds(60));
    let second = scene.code().await;
    assert_ne!(first.expose(), second.expose());
    assert!(is_wrong(&scene.check(&first).await));
    assert!(scene.check(&second).await.is_ok());
}

#[tokio::test]
async fn spaces_that_a_phone_pastes_do_not_make_a_code_wrong() {
    let scene = Scene::new().await;
    let code = scene.code().await;
    let (head, tail) = code.expose().split_at(3);
    assert!(scene.check(&Secret::new(format!(" {head} {tail}\n"))).await.is_ok());
}

#[tokio::test]
async fn the_row_holds_neither_code_nor_number() {
    let scene = Scene::new().await;
    let code = scene.code().await;
    let shown = store::all(scene.store.db.read()).await;
    assert!(shown.contains(FLOW), "{shown}");
    assert!(!shown.contains(code.expose()) && !shown.contains("1380013"), "{shown}");
}

#[tokio::test]
async fn another_code_may_be_asked_for_after_sixty_seconds_from_whatever_flow() {
    let scene = Scene::new().await;
    scene.send().await.unwrap();
    scene.wait(TimeDelta::milliseconds(500));
    let elsewhere = CodeRequest { flow: "flow-2", ..scene.request() };
    let refused = scene.notify.codes().send(&scene.store.ctx(), elsewhere).await.unwrap_err();
    assert!(matches!(refused, CodeError::TooFast { seconds: 60 }), "{refused:?}");
    assert_eq!(refused.message().unwrap(), Message::new("E_SMS_TOO_FAST").with("n", 60));
    scene.wait(TimeDelta::milliseconds(59_500));
    scene.send().await.unwrap();
}

#[tokio::test]
async fn a_number_gets_five_codes_an_hour_and_ten_a_day() {
    let scene = Scene::new().await;
    for hour in 0..2 {
        for _ in 0..5 {
            scene.send().await.unwrap();
            scene.wait(TimeDelta::minutes(1));
        }
        assert!(matches!(scene.send().await, Err(CodeError::Limit)), "hour {hour}");
        scene.wait(TimeDelta::minutes(55));
    }
    assert!(matches!(scene.send().await, Err(CodeError::Limit)));
    scene.wait(TimeDelta::hours(22));
    scene.send().await.unwrap();
}

#[tokio::test]
async fn a_source_gets_twenty_codes_an_hour_whatever_the_numbers() {
    let scene = Scene::new().await;
    let send = async |number: u32| {
        let phone: Phone = format!("139{number:08}").parse().unwrap();
        let request = CodeRequest { phone: &phone, ..scene.request() };
        scene.notify.codes().send(&scene.store.ctx(), request).await
    };
    for number in 0..20 {
        send(number).await.unwrap();
    }
    assert!(matches!(send(20).await, Err(CodeError::Limit)));
    let elsewhere = scene.store.ctx_from("198.51.100.1".parse().unwrap());
    scene.notify.codes().send(&elsewhere, scene.request()).await.unwrap();
}

#[tokio::test]
async fn what_a_stranger_spends_is_not_the_owners() {
    let scene = Scene::new().await;
    for _ in 0..5 {
        scene.send().await.unwrap();
        scene.wait(TimeDelta::minutes(1));
    }
    assert!(matches!(scene.send().await, Err(CodeError::Limit)));
    for purpose in [CodePurpose::SignIn, CodePurpose::BankVerification] {
        let request = CodeRequest { purpose, ..scene.request() };
        scene.notify.codes().send(&scene.store.ctx(), request).await.unwrap();
    }
}

#[tokio::test]
async fn a_refused_request_spends_nothing_and_sends_nothing() {
    let scene = Scene::new().await;
    scene.send().await.unwrap();
    for _ in 0..30 {
        assert!(matches!(scene.send().await, Err(CodeError::TooFast { .. })));
    }
    scene.wait(TimeDelta::minutes(1));
    scene.send().await.unwrap();
    scene.dispatcher.run_due(scene.store.now()).await.unwrap();
    assert_eq!(scene.inbox.0.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn of_sixteen_requests_at_once_one_code_is_sent() {
    let scene = Arc::new(Scene::new().await);
    let requests: Vec<_> = (0..16)
        .map(|_| {
            tokio::spawn({
                let scene = scene.clone();
                async move { scene.send().await.is_ok() }
            })
        })
        .collect();
    let mut sent = 0;
    for request in requests {
        sent += usize::from(request.await.unwrap());
    }
    assert_eq!(sent, 1);
}

#[tokio::test]
async fn ended_codes_are_swept() {
    let scene = Scene::new().await;
    scene.send().await.unwrap();
    scene.wait(TimeDelta::minutes(5));
    let tx = scene.store.db.begin().await.unwrap();
    assert_eq!(scene.notify.codes().sweep(&tx, scene.store.now()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_notice_is_said_in_the_language_of_the_request_and_leaves_with_its_transaction() {
    let scene = Scene::new().await;
    let mut ctx = scene.store.ctx();
    ctx.locale = Locale::En;
    let args = [("username", "zh***n".to_owned()), ("phone", "139****9000".to_owned())];
    let tx = scene.store.db.begin().await.unwrap();
    scene.notify.sms(&tx, &ctx, SmsTemplate::PhoneChanged, &scene.phone, &args).await.unwrap();
    tx.commit().await.unwrap();
    let sms = scene.last().await;
    assert!(
        sms.text.starts_with("【示范人社】The phone of your account zh***n is now 139****9000."),
        "{}",
        sms.text
    );
    assert_eq!((sms.template.as_str(), sms.not_after - ctx.now), ("T6", TimeDelta::days(3)));
}

#[test]
fn every_message_and_purpose_has_its_words_in_every_language() {
    let texts = Texts::load(&Vec::new()).unwrap();
    for locale in [Locale::ZhHans, Locale::ZhHant, Locale::En] {
        let keys =
            SmsTemplate::ALL.map(SmsTemplate::key).into_iter().chain(CodePurpose::ALL.map(CodePurpose::key));
        for key in keys {
            assert!(texts.has(locale, key), "{locale:?} {key}");
        }
    }
}
