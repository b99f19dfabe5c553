//! `/authorize`: answered at once, parked, resumed, and forged.

use chrono::TimeDelta;

use super::house::{Answer, CALLBACK, House, exam, form, insurance};
use crate::{
    kernel::{HashedToken, RealNameLevel},
    protocol::{
        error::PageError,
        interaction::{Interaction, Necessity, Upgrade},
        params::RawParams,
    },
    provider::{AuthorizeError, Authorized, ConsentAnswer, Visitor, WayBack},
    sessions::Session,
};

/// One browser before the provider.
struct Surfer<'a> {
    house: &'a House,
    browser: HashedToken,
    session: Option<Session>,
}

impl<'a> Surfer<'a> {
    fn new(house: &'a House) -> Self {
        Self { house, browser: house.browser(), session: None }
    }

    fn with(house: &'a House, session: &Session) -> Self {
        Self { session: Some(session.clone()), ..Self::new(house) }
    }

    fn visitor(&self) -> Visitor<'_> {
        Visitor { browser: &self.browser, session: self.session.as_ref(), person: None }
    }

    async fn asks(&self, raw: RawParams) -> Result<Authorized, AuthorizeError> {
        self.house.provider.authorize(&self.house.ctx(), &self.visitor(), raw).await
    }

    async fn resumes(&self, request: &str) -> Result<Authorized, AuthorizeError> {
        self.house.provider.resume(&self.house.ctx(), &self.visitor(), request).await
    }

    async fn consents(&self, request: &str, answer: ConsentAnswer) -> Result<Authorized, AuthorizeError> {
        self.house.provider.answer_consent(&self.house.ctx(), &self.visitor(), request, answer).await
    }

    async fn declines(&self, request: &str) -> Result<Authorized, AuthorizeError> {
        self.house.provider.decline_upgrade(&self.house.ctx(), &self.visitor(), request).await
    }
}

#[track_caller]
fn page(authorized: Result<Authorized, AuthorizeError>) -> (String, Interaction) {
    match authorized.unwrap() {
        Authorized::Interact { request, interaction } => (request, interaction),
        Authorized::Answer(answer) => panic!("{answer:?}"),
    }
}

#[track_caller]
fn answered(authorized: Result<Authorized, AuthorizeError>) -> Answer {
    match authorized.unwrap() {
        Authorized::Answer(answer) => Answer::of(answer.location().unwrap().as_str()),
        Authorized::Interact { interaction, .. } => panic!("{interaction:?}"),
    }
}

#[track_caller]
fn is_over(authorized: &Result<Authorized, AuthorizeError>) {
    assert!(matches!(authorized, Err(AuthorizeError::Expired(_))), "{authorized:?}");
}

fn upgrade(necessity: Necessity) -> Interaction {
    let (current, required) = (Some(RealNameLevel::L1), RealNameLevel::L2);
    Interaction::RaiseLevel(Upgrade { current, required, necessity })
}

#[tokio::test]
async fn a_stranger_signs_in_consents_and_comes_back_with_a_code() {
    let house = House::new().await;
    let person = house.person().await;
    let mut surfer = Surfer::new(&house);
    let (request, interaction) = page(surfer.asks(exam(&[])).await);
    assert_eq!(interaction, Interaction::Login);
    assert_eq!(page(surfer.resumes(&request).await).1, Interaction::Login);
    surfer.session = Some(house.sign_in(person).await);
    let (_, interaction) = page(surfer.resumes(&request).await);
    assert_eq!(interaction, Interaction::Consent { scope: "openid profile".parse().unwrap() });
    let answer = answered(surfer.consents(&request, ConsentAnswer::Given).await);
    assert_eq!(answer.get("state"), "xyz");
    assert_eq!(answer.get("iss"), "http://localhost:8080");
    assert!(answer.get("code").len() >= 43);
    is_over(&surfer.resumes(&request).await);
}

#[tokio::test]
async fn consent_is_remembered_and_a_wider_scope_asks_again() {
    let house = House::new().await;
    let session = house.sign_in(house.person().await).await;
    let surfer = Surfer::with(&house, &session);
    let (request, _) = page(surfer.asks(exam(&[])).await);
    answered(surfer.consents(&request, ConsentAnswer::Given).await);
    assert!(answered(surfer.asks(exam(&[("prompt", "none")])).await).find("code").is_some());
    let (_, wider) = page(surfer.asks(exam(&[("scope", "openid phone")])).await);
    assert_eq!(wider, Interaction::Consent { scope: "openid phone".parse().unwrap() });
}

#[tokio::test]
async fn refused_consent_is_access_denied_and_ends_the_request() {
    let house = House::new().await;
    let session = house.sign_in(house.person().await).await;
    let surfer = Surfer::with(&house, &session);
    let (request, _) = page(surfer.asks(exam(&[])).await);
    let answer = answered(surfer.consents(&request, ConsentAnswer::Refused).await);
    assert_eq!((answer.get("error"), answer.get("state")), ("access_denied", "xyz"));
    is_over(&surfer.consents(&request, ConsentAnswer::Given).await);
}

#[tokio::test]
async fn consent_sent_before_it_is_asked_for_counts_for_nothing() {
    let house = House::new().await;
    let person = house.person().await;
    let mut surfer = Surfer::new(&house);
    let (request, _) = page(surfer.asks(exam(&[])).await);
    assert_eq!(page(surfer.consents(&request, ConsentAnswer::Given).await).1, Interaction::Login);
    surfer.session = Some(house.sign_in(person).await);
    assert!(matches!(page(surfer.resumes(&request).await).1, Interaction::Consent { .. }));
}

#[tokio::test]
async fn a_parked_request_opens_in_its_own_browser_only_until_an_hour_is_over() {
    let house = House::new().await;
    let surfer = Surfer::new(&house);
    let (request, _) = page(surfer.asks(exam(&[])).await);
    is_over(&Surfer::new(&house).resumes(&request).await);
    is_over(&surfer.resumes("not-a-token").await);
    house.store.clock.advance(TimeDelta::minutes(59));
    page(surfer.resumes(&request).await);
    house.store.clock.advance(TimeDelta::minutes(1));
    let Err(AuthorizeError::Expired(Some(back))) = surfer.resumes(&request).await else { panic!() };
    let home = WayBack { client_name: "考试报名".into(), url: "http://127.0.0.1:8082/login".into() };
    assert_eq!(back, home);
}

#[tokio::test]
async fn a_parked_request_follows_its_browser_to_the_new_cookie() {
    let house = House::new().await;
    let mut surfer = Surfer::new(&house);
    let (request, _) = page(surfer.asks(exam(&[])).await);
    let old = std::mem::replace(&mut surfer.browser, house.browser());
    house.provider.rebind(&house.ctx(), &old, &surfer.browser).await.unwrap();
    page(surfer.resumes(&request).await);
    surfer.browser = old;
    is_over(&surfer.resumes(&request).await);
}

#[tokio::test]
async fn a_posted_request_belongs_to_the_first_browser_that_comes_for_it() {
    let house = House::new().await;
    let session = house.sign_in(house.person().await).await;
    house.consent(&session).await;
    let request = house.provider.park(&house.ctx(), exam(&[("prompt", "login")])).await.unwrap();
    let surfer = Surfer::with(&house, &session);
    let pending = house.provider.pending(&house.ctx(), request.expose(), &surfer.browser).await.unwrap();
    assert_eq!(pending.unwrap().redirect_origin, "http://127.0.0.1:8082");
    assert_eq!(page(surfer.resumes(request.expose()).await).1, Interaction::Login);
    is_over(&Surfer::with(&house, &session).resumes(request.expose()).await);
}

#[tokio::test]
async fn nobody_is_redirected_to_an_address_that_is_not_registered() {
    let house = House::new().await;
    let surfer = Surfer::new(&house);
    for (raw, expected) in [
        (exam(&[("redirect_uri", "http://127.0.0.1:8082/callback/")]), PageError::RedirectMismatch),
        (exam(&[("redirect_uri", "http://127.0.0.1:8083/callback")]), PageError::RedirectMismatch),
        (exam(&[("client_id", "nobody")]), PageError::UnknownClient),
        (form(&[("client_id", "exam")]), PageError::NoRedirectUri),
        (form(&[("redirect_uri", CALLBACK)]), PageError::NoClientId),
    ] {
        let Err(AuthorizeError::Page(error)) = surfer.asks(raw.clone()).await else { panic!("{expected}") };
        assert_eq!(error, expected);
        assert!(matches!(house.provider.park(&house.ctx(), raw).await, Err(AuthorizeError::Page(_))));
    }
}

#[tokio::test]
async fn prompt_none_never_parks() {
    let house = House::new().await;
    let answer = answered(Surfer::new(&house).asks(exam(&[("prompt", "none")])).await);
    assert_eq!((answer.get("error"), answer.get("state")), ("login_required", "xyz"));
    let session = house.sign_in(house.person().await).await;
    let answer = answered(Surfer::with(&house, &session).asks(exam(&[("prompt", "none")])).await);
    assert_eq!(answer.get("error"), "consent_required");
}

#[tokio::test]
async fn prompt_login_is_satisfied_by_a_new_sign_in_alone() {
    let house = House::new().await;
    let person = house.person().await;
    let mut surfer = Surfer::with(&house, &house.sign_in(person).await);
    house.consent(surfer.session.as_ref().unwrap()).await;
    let (request, interaction) = page(surfer.asks(exam(&[("prompt", "login")])).await);
    assert_eq!(interaction, Interaction::Login);
    assert_eq!(page(surfer.resumes(&request).await).1, Interaction::Login);
    surfer.session = Some(house.sign_in(person).await);
    answered(surfer.resumes(&request).await).get("code");
}

#[tokio::test]
async fn a_hint_about_somebody_else_is_login_required() {
    let house = House::new().await;
    let session = house.sign_in(house.person().await).await;
    let code = house.code(&session, "openid").await;
    let tokens = super::house::read(&house.redeem(&code).await.unwrap());
    let hint = tokens["id_token"].as_str().unwrap();
    house.store.clock.advance(TimeDelta::minutes(20));
    let own = house.answer(&session, &[("prompt", "none"), ("id_token_hint", hint)]).await;
    own.get("code");
    let other = house.register("zhou_wei", "440399198811030462", "19900000102").await;
    let other = house.sign_in(other).await;
    let answer = house.answer(&other, &[("prompt", "none"), ("id_token_hint", hint)]).await;
    assert_eq!(answer.get("error"), "login_required");
}

#[tokio::test]
async fn a_portal_above_the_persons_level_leads_through_the_upgrade_inside_its_request() {
    let house = House::new().await;
    let person = house.person().await;
    let surfer = Surfer::with(&house, &house.sign_in(person).await);
    let (request, interaction) = page(surfer.asks(insurance(&[])).await);
    assert_eq!(interaction, upgrade(Necessity::Required));
    house.verify(person).await;
    answered(surfer.resumes(&request).await).get("code");
}

#[tokio::test]
async fn a_declined_required_upgrade_is_access_denied() {
    let house = House::new().await;
    let surfer = Surfer::with(&house, &house.sign_in(house.person().await).await);
    let (request, _) = page(surfer.asks(insurance(&[])).await);
    assert_eq!(answered(surfer.declines(&request).await).get("error"), "access_denied");
    let answer = answered(surfer.asks(insurance(&[("prompt", "none")])).await);
    assert_eq!(answer.get("error"), "interaction_required");
}

#[tokio::test]
async fn a_voluntary_upgrade_is_offered_once_and_an_essential_one_insists() {
    let house = House::new().await;
    let session = house.sign_in(house.person().await).await;
    house.consent(&session).await;
    let surfer = Surfer::with(&house, &session);
    let asked = ("acr_values", "urn:menfu:acr:L2");
    let (request, interaction) = page(surfer.asks(exam(&[asked])).await);
    assert_eq!(interaction, upgrade(Necessity::Voluntary));
    answered(surfer.declines(&request).await).get("code");
    let claims = ("claims", r#"{"id_token":{"acr":{"essential":true,"values":["urn:menfu:acr:L2"]}}}"#);
    let (request, interaction) = page(surfer.asks(exam(&[claims])).await);
    assert_eq!(interaction, upgrade(Necessity::Required));
    let answer = answered(surfer.declines(&request).await);
    assert_eq!(answer.get("error"), "unmet_authentication_requirements");
}

#[tokio::test]
async fn a_request_forged_past_the_upgrade_never_gets_a_code() {
    let house = House::new().await;
    let person = house.person().await;
    let session = house.sign_in(person).await;
    house.consent(&session).await;
    let surfer = Surfer::with(&house, &session);
    // A request of the exam portal, answered; its id used again for more.
    let (old, _) = page(surfer.asks(exam(&[("prompt", "consent")])).await);
    answered(surfer.consents(&old, ConsentAnswer::Given).await);
    is_over(&surfer.resumes(&old).await);
    // The insurance portal's request, resumed, consented, kept: still the upgrade.
    let (request, _) = page(surfer.asks(insurance(&[])).await);
    let ctx = house.ctx();
    for authorized in [
        surfer.resumes(&request).await,
        surfer.consents(&request, ConsentAnswer::Given).await,
        house.provider.keep_account(&ctx, &surfer.visitor(), &request).await,
    ] {
        assert_eq!(page(authorized).1, upgrade(Necessity::Required));
    }
}

#[tokio::test]
async fn a_recovered_password_signs_in_at_l1_whatever_the_evidence() {
    let house = House::new().await;
    let person = house.person().await;
    house.verify(person).await;
    house.recover_password(person).await;
    let surfer = Surfer::with(&house, &house.sign_in(person).await);
    assert_eq!(page(surfer.asks(insurance(&[])).await).1, upgrade(Necessity::Required));
}

#[tokio::test]
async fn prompt_create_asks_the_one_who_is_signed_in() {
    let house = House::new().await;
    let stranger = Surfer::new(&house);
    assert_eq!(page(stranger.asks(exam(&[("prompt", "create")])).await).1, Interaction::Create);
    let session = house.sign_in(house.person().await).await;
    house.consent(&session).await;
    let known = Surfer::with(&house, &session);
    let (request, interaction) = page(known.asks(exam(&[("prompt", "create")])).await);
    assert_eq!(interaction, Interaction::ChooseAccount);
    let kept = house.provider.keep_account(&house.ctx(), &known.visitor(), &request).await;
    answered(kept).get("code");
}

#[tokio::test]
async fn a_disabled_account_is_nobody() {
    let house = House::new().await;
    let person = house.person().await;
    let session = house.sign_in(person).await;
    let tx = house.tx().await;
    house.people.set_status(&tx, &house.ctx(), person, crate::people::Status::Disabled).await.unwrap();
    tx.commit().await.unwrap();
    let answer = house.answer(&session, &[("prompt", "none")]).await;
    assert_eq!(answer.get("error"), "login_required");
}

#[tokio::test]
async fn of_two_answers_at_once_one_gets_the_code() {
    let house = House::new().await;
    let session = house.sign_in(house.person().await).await;
    let surfer = Surfer::with(&house, &session);
    let (request, _) = page(surfer.asks(exam(&[])).await);
    let (one, two) = tokio::join!(
        surfer.consents(&request, ConsentAnswer::Given),
        surfer.consents(&request, ConsentAnswer::Given)
    );
    let codes = [one, two].into_iter().filter(Result::is_ok).count();
    assert_eq!(codes, 1);
}

#[tokio::test]
async fn parked_requests_are_swept_a_day_after_they_expired() {
    let house = House::new().await;
    page(Surfer::new(&house).asks(exam(&[])).await);
    for (hours, removed) in [(24, 0), (2, 1)] {
        house.store.clock.advance(TimeDelta::hours(hours));
        let tx = house.tx().await;
        assert_eq!(house.provider.sweep(&tx, house.store.now()).await.unwrap(), removed);
        tx.commit().await.unwrap();
    }
}
