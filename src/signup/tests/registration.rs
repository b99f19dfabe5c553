//! P1 to P4.

use std::sync::Arc;

use super::house::*;
use crate::{
    consents::Holder,
    kernel::{RealNameLevel, Secret},
    policy::{AfterRegistration, Policy, RegistrationProofing},
    proofing::{Detail, Outcome},
    signup::{IdentityInput, LoginInput, Progress, ProofInput, Setback, SignupError, Visitor, Wizard},
};

#[tokio::test]
async fn s0_11_the_bank_s_yes_opens_an_account_at_l2_and_signs_in() {
    let house = house().await;
    let who = browser("b1");
    house.up_to_p3(&who, "lin_xiaoyu", LIN).await;
    house.ask_bank(&who, LIN.2).await.unwrap();
    assert_eq!(house.progress(&who).await, Progress::Opened);
    let collected = house.collect(&who).await.unwrap();
    assert_eq!(collected.opened.level, RealNameLevel::L2);
    let (session, token) = collected.session.unwrap();
    let live = house.sessions.find(&token, house.store.now()).await.unwrap().unwrap();
    assert_eq!((live.id, live.person), (session.id, collected.opened.person));
    let person = house.person(live.person).await;
    assert_eq!((person.username.as_str(), person.profile.name.as_str()), ("lin_xiaoyu", LIN.0));
    assert_eq!(house.level(person.id).await, Some(RealNameLevel::L2));
    let audited = house.audited(person.id).await;
    for kind in ["person_registered", "verification_succeeded", "sign_in_succeeded"] {
        assert!(audited.iter().any(|event| event == kind), "{kind} of {audited:?}");
    }
}

#[tokio::test]
async fn s3_01_later_opens_an_account_at_l1_without_a_bank() {
    let house = house().await;
    let person = house.person_l1("lin_xiaoyu", LIN).await;
    assert_eq!(house.level(person).await, Some(RealNameLevel::L1));
    assert!(house.bank.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn s0_06_where_proof_is_required_there_is_no_later() {
    let mut policy = Policy::embedded("reference").unwrap();
    policy.registration.proofing = RegistrationProofing::Required;
    let house = house_under(policy).await;
    let who = browser("b1");
    house.up_to_p3(&who, "lin_xiaoyu", LIN).await;
    assert!(matches!(house.later(&who, LIN.2).await, Err(SignupError::Expired)));
    assert!(house.people.find_by_identity(&document(LIN.1)).await.unwrap().is_none());
}

#[tokio::test]
async fn s0_06_without_the_bank_s_yes_there_is_no_account() {
    let house = house().await;
    let who = browser("b1");
    house.up_to_p3(&who, "lin_xiaoyu", LIN).await;
    house.says(Some(Outcome::CardStatus));
    house.ask_bank(&who, LIN.2).await.unwrap();
    assert_eq!(house.progress(&who).await, Progress::Back);
    assert!(house.people.find_by_identity(&document(LIN.1)).await.unwrap().is_none());
    assert!(matches!(house.collect(&who).await, Err(SignupError::Expired)));
}

#[tokio::test]
async fn every_fault_of_p1_is_told_at_once() {
    let house = house().await;
    let visit = async |input: &LoginInput| {
        let who = browser("b1");
        house.signup.login(&house.store.ctx(), Visitor { browser: &who, parked: None }, input).await
    };
    assert_eq!(
        faults(visit(&LoginInput::default()).await),
        ["username: E_REQUIRED", "password: E_REQUIRED", "agree: E_AGREE"]
    );
    let wrong = LoginInput { confirm: "other".into(), password: "abc".into(), ..login("1abcde") };
    assert_eq!(
        faults(visit(&wrong).await),
        ["username: E_USERNAME_FORMAT", "password: E_PASSWORD_FORMAT", "confirm: E_PASSWORD_CONFIRM"]
    );
    let weak =
        LoginInput { password: "Password1".into(), confirm: "Password1".into(), ..login("lin_xiaoyu") };
    assert_eq!(faults(visit(&weak).await), ["password: E_PASSWORD_WEAK"]);
}

#[tokio::test]
async fn s0_08_a_taken_name_is_told_before_the_step_is_left() {
    let house = house().await;
    house.name(&browser("b1"), "lin_xiaoyu").await.unwrap();
    assert_eq!(faults(house.name(&browser("b2"), "LIN_xiaoyu").await), ["username: E_USERNAME_TAKEN"]);
    let check =
        async |who: &str, name: &str| house.signup.check_name(&house.store.ctx(), &browser(who), name).await;
    assert_eq!(faults(check("b2", "lin_xiaoyu").await), ["username: E_USERNAME_TAKEN"]);
    assert_eq!(faults(check("b2", "1x").await), ["username: E_USERNAME_FORMAT"]);
    assert!(check("b2", "zhou_wanqing").await.is_ok());
    assert!(check("b1", "lin_xiaoyu").await.is_ok(), "one's own name is free");
    for _ in 0..6 {
        check("b2", "zhou_wanqing").await.unwrap();
    }
    assert!(matches!(check("b2", "zhou_wanqing").await, Err(SignupError::TooMany)));
}

#[tokio::test]
async fn an_interrupted_wizard_goes_on_and_going_back_keeps_everything_but_the_password() {
    let house = house().await;
    let who = browser("b1");
    house.up_to_p3(&who, "lin_xiaoyu", LIN).await;
    house.wait(20 * 60);
    let kept = house.wizard(&who).await;
    assert_eq!(kept.username().unwrap().as_str(), "lin_xiaoyu");
    assert_eq!(kept.identity().unwrap().document, document(LIN.1));
    house.name(&who, "other_name").await.unwrap();
    let renamed = house.wizard(&who).await;
    assert_eq!(renamed.username().unwrap().as_str(), "other_name");
    assert_eq!(renamed.identity(), kept.identity());
    assert!(house.name(&browser("b2"), "lin_xiaoyu").await.is_ok(), "the first name is free again");
}

#[tokio::test]
async fn a_wizard_ends_after_thirty_minutes_and_is_no_other_browser_s() {
    let house = house().await;
    let who = browser("b1");
    house.name(&who, "lin_xiaoyu").await.unwrap();
    let elsewhere = house.identify(&browser("b2"), &identity(LIN), false).await;
    assert!(matches!(elsewhere, Err(SignupError::Expired)));
    house.wait(30 * 60);
    assert!(matches!(house.identify(&who, &identity(LIN), false).await, Err(SignupError::Expired)));
    assert!(house.name(&browser("b2"), "lin_xiaoyu").await.is_ok());
    assert!(house.name(&who, "zhou_wanqing").await.is_ok(), "the browser begins anew");
}

#[tokio::test]
async fn a_wizard_follows_its_browser_to_a_new_cookie() {
    let house = house().await;
    house.up_to_p3(&browser("old"), "lin_xiaoyu", LIN).await;
    let tx = house.store.db.begin().await.unwrap();
    house.signup.rebind(&tx, &browser("old"), &browser("new")).await.unwrap();
    tx.commit().await.unwrap();
    assert!(house.later(&browser("new"), LIN.2).await.is_ok());
    assert!(house.signup.find(&house.store.ctx(), &browser("old")).await.unwrap().is_none());
}

#[tokio::test]
async fn no_step_can_be_jumped_over() {
    let house = house().await;
    let who = browser("b1");
    house.name(&who, "lin_xiaoyu").await.unwrap();
    let sent = house.signup.send_code(&house.store.ctx(), &who, &ProofInput::default()).await;
    assert!(matches!(sent, Err(SignupError::Expired)));
    let asked = house.signup.verify_bank(&house.store.ctx(), &who, &proof(LIN.2, &Secret::default())).await;
    assert!(matches!(asked, Err(SignupError::Expired)));
}

#[tokio::test]
async fn s1_10_the_code_must_be_that_of_the_phone() {
    let house = house().await;
    let who = browser("b1");
    house.up_to_p3(&who, "lin_xiaoyu", LIN).await;
    let code = house.code(&who, LIN.2).await;
    let ask = async |phone: &str, code: &Secret| {
        house.signup.verify_bank(&house.store.ctx(), &who, &proof(phone, code)).await
    };
    assert_eq!(faults(ask(LIN.2, &Secret::default()).await), ["sms: E_REQUIRED"]);
    assert_eq!(faults(ask("19900000199", &code).await), ["sms: E_SMS_CODE"]);
    assert_eq!(faults(ask(LIN.2, &"000000".into()).await), ["sms: E_SMS_CODE"]);
    assert!(ask(LIN.2, &code).await.is_ok());
}

#[tokio::test]
async fn s0_16_after_a_wrong_phone_the_right_one_finishes_in_the_same_step() {
    let house = house().await;
    let who = browser("b1");
    house.up_to_p3(&who, "lin_xiaoyu", LIN).await;
    house.says(Some(Outcome::PhoneMismatch));
    house.ask_bank(&who, "19900000199").await.unwrap();
    let notes = house.wizard(&who).await.notes().unwrap().clone();
    assert_eq!(notes.setback, Some(Setback::Bank(Outcome::PhoneMismatch)));
    assert_eq!((notes.contact.bank.as_str(), notes.contact.phone.as_str()), ("CCB", "19900000199"));
    house.says(Some(Outcome::Ok));
    house.ask_bank(&who, LIN.2).await.unwrap();
    assert_eq!(house.progress(&who).await, Progress::Opened);
}

#[tokio::test]
async fn s0_13_after_a_wrong_name_only_p2_and_p3_are_filled_in_again_and_the_phone_stays_proved() {
    let house = house().await;
    let who = browser("b1");
    house.up_to_p3(&who, "lin_xiaoyu", LIN).await;
    house.says(Some(Outcome::IdMismatch));
    house.ask_bank(&who, LIN.2).await.unwrap();
    let corrected = IdentityInput { name: "林小雨".to_owned(), ..identity(LIN) };
    house.identify(&who, &corrected, false).await.unwrap();
    house.says(Some(Outcome::Ok));
    let no_code = proof(LIN.2, &Secret::default());
    house.signup.verify_bank(&house.store.ctx(), &who, &no_code).await.unwrap();
    house.work().await;
    let person = house.collect(&who).await.unwrap().opened.person;
    assert_eq!(house.person(person).await.profile.name.as_str(), "林小雨");
}

#[tokio::test]
async fn three_attempts_a_wizard_and_a_busy_bank_costs_none() {
    let house = house().await;
    let who = browser("b1");
    house.up_to_p3(&who, "lin_xiaoyu", LIN).await;
    house.says(None);
    house.ask_bank(&who, LIN.2).await.unwrap();
    for wait in [5, 20, 60] {
        assert!(matches!(
            house.progress(&who).await,
            Progress::Waiting { state: crate::proofing::JobState::Retrying, .. }
        ));
        house.wait(wait);
        house.work().await.unwrap();
    }
    let setback = house.wizard(&who).await.notes().unwrap().setback;
    assert_eq!(setback, Some(Setback::Bank(Outcome::Busy)));
    house.says(Some(Outcome::CardInvalid));
    for (card, passes) in [
        ("6217000000000001002", true),
        ("6222020000000002006", true),
        ("6214830000000003001", true),
        ("6216610000000004000", false),
    ] {
        let input = ProofInput { account: card.into(), ..proof(LIN.2, &Secret::default()) };
        let asked = house.signup.verify_bank(&house.store.ctx(), &who, &input).await;
        assert_eq!(asked.is_ok(), passes, "{card}");
        house.work().await;
    }
}

#[tokio::test]
async fn a_limit_of_the_day_is_told_and_leaves_the_phone_proved() {
    let mut policy = Policy::embedded("reference").unwrap();
    policy.proofing.per_card = 0;
    let house = house_under(policy).await;
    let who = browser("b1");
    house.up_to_p3(&who, "lin_xiaoyu", LIN).await;
    assert_eq!(faults(house.ask_bank(&who, LIN.2).await), ["-: BANK_LIMIT"]);
    assert_eq!(house.wizard(&who).await.notes().unwrap().proved, Some(LIN.2.parse().unwrap()));
}

#[tokio::test]
async fn a_form_sent_twice_is_one_question_and_one_account() {
    let house = Arc::new(house().await);
    let who = browser("b1");
    house.up_to_p3(&who, "lin_xiaoyu", LIN).await;
    let code = house.code(&who, LIN.2).await;
    let racers: Vec<_> = (0..4)
        .map(|_| {
            let (house, code, who) = (Arc::clone(&house), code.clone(), who.clone());
            tokio::spawn(async move {
                house.signup.verify_bank(&house.store.ctx(), &who, &proof(LIN.2, &code)).await.unwrap()
            })
        })
        .collect();
    let mut jobs = Vec::new();
    for racer in racers {
        jobs.push(racer.await.unwrap());
    }
    jobs.dedup();
    assert_eq!(jobs.len(), 1);
    while house.work().await.is_some() {}
    assert_eq!(house.bank.asked.lock().unwrap().len(), 1);
    assert_eq!(house.progress(&who).await, Progress::Opened);
}

#[tokio::test]
async fn later_sent_twice_is_one_account_and_one_session() {
    let house = Arc::new(house().await);
    let who = browser("b1");
    house.up_to_p3(&who, "lin_xiaoyu", LIN).await;
    let code = house.code(&who, LIN.2).await;
    let input = ProofInput { choice: "later".to_owned(), ..proof(LIN.2, &code) };
    let racers: Vec<_> = (0..4)
        .map(|_| {
            let (house, input, who) = (Arc::clone(&house), input.clone(), who.clone());
            tokio::spawn(async move {
                house.signup.verify_later(&house.store.ctx(), &who, &input).await.unwrap();
            })
        })
        .collect();
    for racer in racers {
        racer.await.unwrap();
    }
    let (one, two) = tokio::join!(house.collect(&who), house.collect(&who));
    assert_eq!(u32::from(one.is_ok()) + u32::from(two.is_ok()), 1);
    let person = house.people.find_by_identity(&document(LIN.1)).await.unwrap().unwrap();
    let registered = house.audited(person.id).await.into_iter().filter(|kind| kind == "person_registered");
    assert_eq!(registered.count(), 1);
}

#[tokio::test]
async fn a_worker_that_dies_after_the_yes_leaves_nothing_half_done_and_the_next_finishes() {
    let house = house().await;
    let who = browser("b1");
    house.up_to_p3(&who, "lin_xiaoyu", LIN).await;
    let code = house.code(&who, LIN.2).await;
    let job = house.signup.verify_bank(&house.store.ctx(), &who, &proof(LIN.2, &code)).await.unwrap();
    let claimed = house.proofing.claim(house.store.now(), Some(job)).await.unwrap().unwrap();
    house.proofing.ask(&claimed).await;
    drop(claimed);
    assert!(house.people.find_by_identity(&document(LIN.1)).await.unwrap().is_none());
    house.wait(60);
    house.work().await.unwrap();
    assert_eq!(house.progress(&who).await, Progress::Opened);
    let ids: Vec<_> = house.bank.asked.lock().unwrap().iter().map(|ask| ask.request_id.clone()).collect();
    assert_eq!(ids, [job.to_string(), job.to_string()], "the same id: the bank checks once");
}

#[tokio::test]
async fn s4_09_a_phone_of_another_account_is_told_after_the_right_code_only() {
    let house = house().await;
    house.person_l1("lin_xiaoyu", LIN).await;
    let who = browser("b2");
    house.up_to_p3(&who, "zhou_wanqing", ZHOU).await;
    let later = async |code: &Secret| {
        let input = ProofInput { choice: "later".to_owned(), ..proof(LIN.2, code) };
        house.signup.verify_later(&house.store.ctx(), &who, &input).await
    };
    assert_eq!(faults(later(&"000000".into()).await), ["sms: E_SMS_CODE"]);
    let code = house.code(&who, LIN.2).await;
    assert_eq!(faults(later(&code).await), ["phone: E_PHONE_TAKEN"]);
    assert!(house.later(&who, ZHOU.2).await.is_ok());
}

#[tokio::test]
async fn the_result_goes_by_sms_when_the_page_no_longer_waits() {
    let house = house().await;
    let who = browser("b1");
    house.up_to_p3(&who, "lin_xiaoyu", LIN).await;
    house.says(Some(Outcome::CardInvalid));
    house.ask_bank(&who, LIN.2).await.unwrap();
    assert_eq!(house.sms(LIN.2).await.len(), 1, "the page tells it");
    let no_code = proof(LIN.2, &Secret::default());
    house.signup.verify_bank(&house.store.ctx(), &who, &no_code).await.unwrap();
    house.wait(16);
    house.work().await;
    assert_eq!(house.sms(LIN.2).await.len(), 2);
    house.says(Some(Outcome::Ok));
    house.signup.verify_bank(&house.store.ctx(), &who, &no_code).await.unwrap();
    house.work().await;
    assert_eq!(house.sms(LIN.2).await.len(), 3);
}

#[tokio::test]
async fn s1_38_of_the_card_only_bank_and_four_digits_are_kept() {
    let house = house().await;
    let person = house.person_l2("lin_xiaoyu", LIN).await;
    let evidence = house.proofing.evidence(person).await.unwrap();
    let bank = evidence.iter().find(|row| matches!(row.detail, Detail::Bank { .. })).unwrap();
    let stored = serde_json::to_string(&bank.detail).unwrap();
    assert!(stored.contains("9019") && !stored.contains("6217000123456789019"), "{stored}");
}

#[tokio::test]
async fn s1_11_where_the_profile_says_so_the_person_signs_in_at_the_portal() {
    let mut policy = Policy::embedded("reference").unwrap();
    policy.registration.after = AfterRegistration::ClosePage;
    let house = house_under(policy).await;
    let who = browser("b1");
    house.up_to_p3(&who, "lin_xiaoyu", LIN).await;
    house.later(&who, LIN.2).await.unwrap();
    assert!(house.collect(&who).await.unwrap().session.is_none());
    assert!(matches!(house.wizard(&who).await, Wizard::Opened(_)), "the page can be looked at again");
    house.name(&who, "zhou_wanqing").await.unwrap();
    assert_eq!(house.wizard(&who).await.username().unwrap().as_str(), "zhou_wanqing");
}

#[tokio::test]
async fn the_wizard_s_own_page_comes_back_to_the_request_it_came_from() {
    let house = house().await;
    let who = browser("b1");
    let visitor = Visitor { browser: &who, parked: Some("parked-1") };
    house.signup.login(&house.store.ctx(), visitor, &login("lin_xiaoyu")).await.unwrap();
    house.identify(&who, &identity(LIN), false).await.unwrap();
    house.later(&who, LIN.2).await.unwrap();
    assert_eq!(house.collect(&who).await.unwrap().opened.parked.as_deref(), Some("parked-1"));
}

#[tokio::test]
async fn old_wizards_are_swept_away_with_what_was_ticked_in_those_that_made_no_account() {
    let house = house().await;
    let person = house.person_l1("lin_xiaoyu", LIN).await;
    house.name(&browser("b1"), "abandoned").await.unwrap();
    let abandoned = house.signup.find(&house.store.ctx(), &browser("b1")).await.unwrap().unwrap().0;
    let ticks = async |holder| house.signup.rooms.consents.agreements(holder).await.unwrap().len();
    let sweep = async || {
        let tx = house.store.db.begin().await.unwrap();
        let removed = house.signup.sweep(&tx, house.store.now()).await.unwrap();
        tx.commit().await.unwrap();
        removed
    };
    assert_eq!((sweep().await, ticks(Holder::Flow(abandoned)).await), (0, 2));
    house.wait(25 * 3_600);
    assert_eq!((sweep().await, sweep().await), (2, 0));
    assert_eq!((ticks(Holder::Flow(abandoned)).await, ticks(Holder::Person(person)).await), (0, 2));
}
