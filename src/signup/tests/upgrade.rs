//! A signed-in person raises their level (A5, S3-02).

use super::house::*;
use crate::{
    kernel::{HashedToken, PersonId, RealNameLevel, Secret},
    people::Person,
    proofing::{CardMethod, Outcome},
    sessions::Session,
    signup::{CardInput, Owner, ProofInput, SignupError, Upgrade, UpgradeProgress},
};

struct Signed {
    house: House,
    person: std::sync::Arc<Person>,
    session: Session,
    browser: HashedToken,
}

async fn signed(username: &str, who: (&str, &str, &str)) -> Signed {
    let house = house().await;
    let browser = browser(username);
    house.up_to_p3(&browser, username, who).await;
    house.later(&browser, who.2).await.unwrap();
    let collected = house.collect(&browser).await.unwrap();
    let person = house.person(collected.opened.person).await;
    Signed { person, session: collected.session.unwrap().0, browser, house }
}

impl Signed {
    fn owner(&self) -> Owner<'_> {
        Owner { browser: &self.browser, person: &self.person, parked: Some("parked-1") }
    }

    async fn code(&self, phone: &str) -> Secret {
        self.house.wait(61);
        let input = ProofInput { phone: phone.to_owned(), ..ProofInput::default() };
        let ctx = self.house.store.ctx();
        self.house.signup.send_upgrade_code(&ctx, self.owner(), at_bank(&input), ("", "")).await.unwrap();
        self.house.read_code(phone).await
    }

    async fn ask(&self, phone: &str, code: &Secret) -> Result<(), SignupError> {
        self.house
            .signup
            .upgrade(&self.house.store.ctx(), self.owner(), at_bank(&proof(phone, code)))
            .await?;
        self.house.work().await;
        Ok(())
    }

    async fn progress(&self) -> Result<UpgradeProgress, SignupError> {
        self.house.signup.upgrade_progress(&self.house.store.ctx(), self.owner(), &self.session).await
    }

    async fn setback(&self) -> Option<Outcome> {
        let found = self.house.signup.find_upgrade(&self.house.store.ctx(), self.owner()).await.unwrap();
        match found.unwrap().1 {
            Upgrade::Filling(notes) => notes.setback,
            other => panic!("{other:?}"),
        }
    }

    fn id(&self) -> PersonId {
        self.person.id
    }
}

#[tokio::test]
async fn s3_02_the_bank_s_yes_raises_the_level_and_changes_the_session_s_token() {
    let signed = signed("lin_xiaoyu", LIN).await;
    let code = signed.code(LIN.2).await;
    signed.ask(LIN.2, &code).await.unwrap();
    assert_eq!(signed.house.level(signed.id()).await, Some(RealNameLevel::L2));
    let Ok(UpgradeProgress::Proved { token, parked, .. }) = signed.progress().await else {
        panic!("not proved")
    };
    assert_eq!(parked.as_deref(), Some("parked-1"));
    let now = signed.house.store.now();
    let live = signed.house.sessions.find(&token, now).await.unwrap().unwrap();
    assert_eq!((live.id, live.auth_time), (signed.session.id, signed.session.auth_time));
    assert!(matches!(signed.progress().await, Err(SignupError::Expired)), "the token changes once");
    let asked = signed.house.bank.asked.lock().unwrap();
    assert_eq!((asked[0].name.as_str(), asked[0].id_number.as_str()), (LIN.0, LIN.1));
}

#[tokio::test]
async fn a_no_leads_back_to_the_form_and_leaves_the_level() {
    let signed = signed("lin_xiaoyu", LIN).await;
    signed.house.says(Some(Outcome::PhoneMismatch));
    let code = signed.code(LIN.2).await;
    signed.ask(LIN.2, &code).await.unwrap();
    assert!(matches!(signed.progress().await, Ok(UpgradeProgress::Back { method: CardMethod::Bank, .. })));
    assert_eq!(signed.setback().await, Some(Outcome::PhoneMismatch));
    assert_eq!(signed.house.level(signed.id()).await, Some(RealNameLevel::L1));
    signed.house.says(Some(Outcome::Ok));
    signed.ask(LIN.2, &Secret::default()).await.unwrap();
    assert_eq!(signed.house.level(signed.id()).await, Some(RealNameLevel::L2));
}

#[tokio::test]
async fn the_code_is_needed_and_three_attempts_are_all() {
    let signed = signed("lin_xiaoyu", LIN).await;
    assert_eq!(faults(signed.ask(LIN.2, &Secret::default()).await), ["sms: E_REQUIRED"]);
    assert_eq!(faults(signed.ask(LIN.2, &"000000".into()).await), ["sms: E_SMS_CODE"]);
    signed.house.says(Some(Outcome::CardInvalid));
    let code = signed.code(LIN.2).await;
    signed.ask(LIN.2, &code).await.unwrap();
    for _ in 0..2 {
        signed.ask(LIN.2, &Secret::default()).await.unwrap();
    }
    assert_eq!(faults(signed.ask(LIN.2, &Secret::default()).await), ["-: BANK_LIMIT"]);
}

#[tokio::test]
async fn another_phone_that_the_bank_knows_becomes_the_account_s() {
    let signed = signed("lin_xiaoyu", (LIN.0, LIN.1, "19900000199")).await;
    let code = signed.code(LIN.2).await;
    signed.ask(LIN.2, &code).await.unwrap();
    let person = signed.house.person(signed.id()).await;
    assert_eq!(person.profile.phone, Some(LIN.2.parse().unwrap()));
    let told = signed.house.sms("19900000199").await;
    assert_eq!(told.len(), 2, "a code, and the word that the phone changed: {told:?}");
    assert_eq!(signed.house.level(signed.id()).await, Some(RealNameLevel::L2));
}

#[tokio::test]
async fn an_identity_that_went_to_its_owner_meanwhile_is_not_proved() {
    let signed = signed("impostor", (LIN.0, LIN.1, "19900000199")).await;
    let code = signed.code("19900000199").await;
    let ctx = signed.house.store.ctx();
    let input = proof("19900000199", &code);
    signed.house.signup.upgrade(&ctx, signed.owner(), at_bank(&input)).await.unwrap();
    let tx = signed.house.store.db.begin().await.unwrap();
    signed.house.people.displace_identity(&tx, &ctx, signed.id()).await.unwrap();
    tx.commit().await.unwrap();
    signed.house.work().await.unwrap();
    assert_eq!(signed.house.level(signed.id()).await, Some(RealNameLevel::L1));
    assert_eq!(signed.setback().await, Some(Outcome::IdMismatch));
}

#[tokio::test]
async fn a_check_is_not_another_person_s() {
    let signed = signed("lin_xiaoyu", LIN).await;
    signed.code(LIN.2).await;
    let other = signed.house.person_l1("zhou_wanqing", ZHOU).await;
    let person = signed.house.person(other).await;
    let owner = Owner { browser: &signed.browser, person: &person, parked: None };
    assert!(signed.house.signup.find_upgrade(&signed.house.store.ctx(), owner).await.unwrap().is_none());
}

fn at_bank(proof: &ProofInput) -> CardInput<'_> {
    CardInput { method: CardMethod::Bank, proof, edit: None }
}
