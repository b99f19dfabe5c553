//! Identities and phones that two people claim (S1-30, `decisions.md` “Subjects”).

use super::house::*;
use crate::{
    kernel::RealNameLevel,
    proofing::Outcome,
    signup::{IdentityInput, Progress, Setback, SignupError},
};

/// The stranger's own phone, with Lin's document number.
const TYPIST: (&str, &str, &str) = (LIN.0, LIN.1, "19900000199");

#[tokio::test]
async fn s1_30_proof_by_bank_takes_an_identity_over_from_who_only_typed_it() {
    let house = house().await;
    let typist = house.person_l1("impostor", TYPIST).await;
    let who = browser("b2");
    house.name(&who, "lin_xiaoyu").await.unwrap();
    assert!(matches!(house.identify(&who, &identity(LIN), false).await, Err(SignupError::IdentityTaken)));
    house.identify(&who, &identity(LIN), true).await.unwrap();
    house.ask_bank(&who, LIN.2).await.unwrap();
    let owner = house.collect(&who).await.unwrap().opened.person;
    assert_eq!(house.people.find_by_identity(&document(LIN.1)).await.unwrap().unwrap().id, owner);
    assert_eq!(house.level(owner).await, Some(RealNameLevel::L2));
    let displaced = house.person(typist).await;
    assert!(displaced.must_reenter_document);
    assert_eq!(displaced.profile.document, None);
    assert!(house.audited(typist).await.contains(&"identity_displaced".to_owned()));
    assert_eq!(house.sms(TYPIST.2).await.len(), 2, "a code, and the word that the identity is gone");
}

#[tokio::test]
async fn s1_30_a_holder_who_proved_the_identity_is_never_displaced_on_line() {
    let house = house().await;
    let holder = house.person_l2("lin_xiaoyu", LIN).await;
    let who = browser("b2");
    house.name(&who, "lin_second").await.unwrap();
    assert!(matches!(house.identify(&who, &identity(LIN), false).await, Err(SignupError::IdentityTaken)));
    house.identify(&who, &identity(LIN), true).await.unwrap();
    house.ask_bank(&who, "19900000199").await.unwrap();
    assert_eq!(house.progress(&who).await, Progress::Back);
    assert_eq!(house.wizard(&who).await.notes().unwrap().setback, Some(Setback::IdentityTaken));
    assert_eq!(house.people.find_by_identity(&document(LIN.1)).await.unwrap().unwrap().id, holder);
}

#[tokio::test]
async fn a_claim_needs_the_bank() {
    let house = house().await;
    house.person_l1("impostor", TYPIST).await;
    let who = browser("b2");
    house.name(&who, "lin_xiaoyu").await.unwrap();
    house.identify(&who, &identity(LIN), false).await.unwrap_err();
    house.identify(&who, &identity(LIN), true).await.unwrap();
    assert!(matches!(house.later(&who, LIN.2).await, Err(SignupError::Expired)));
}

#[tokio::test]
async fn a_claim_that_was_not_answered_before_costs_the_answer() {
    let house = house().await;
    house.person_l1("impostor", TYPIST).await;
    let who = browser("b2");
    house.name(&who, "lin_xiaoyu").await.unwrap();
    assert!(matches!(house.identify(&who, &identity(LIN), true).await, Err(SignupError::IdentityTaken)));
    assert_eq!(house.wizard(&who).await.identity(), None);
}

#[tokio::test]
async fn s1_08_the_answer_is_given_three_times_a_wizard() {
    let house = house().await;
    let people = [
        LIN,
        ZHOU,
        ("陈志远", "440399199507260137", "19900000103"),
        ("赵明哲", "440399199003070313", "19900000111"),
    ];
    for (n, person) in people.into_iter().enumerate() {
        house.person_l1(&format!("holder_{n}"), person).await;
    }
    let who = browser("b2");
    house.name(&who, "curious").await.unwrap();
    for (n, person) in people.into_iter().enumerate() {
        let answer = house.identify(&who, &identity(person), false).await;
        let told = matches!(answer, Err(SignupError::IdentityTaken));
        let refused = matches!(answer, Err(SignupError::TooMany));
        assert_eq!((told, refused), (n < 3, n == 3), "{n}");
    }
    let again = house.identify(&who, &identity(LIN), false).await;
    assert!(matches!(again, Err(SignupError::IdentityTaken)), "what was told may be told again");
}

#[tokio::test]
async fn s1_08_a_source_gets_five_answers_an_hour_and_then_the_same_refusal_for_everybody() {
    let house = house().await;
    let typist = house.person_l1("holder_1", LIN).await;
    for n in 0..5 {
        let who = browser(&format!("b{n}"));
        house.name(&who, &format!("curious_{n}")).await.unwrap();
        let told = house.identify(&who, &identity(LIN), false).await;
        assert!(matches!(told, Err(SignupError::IdentityTaken)), "{n}");
    }
    let who = browser("b6");
    house.name(&who, "curious_6").await.unwrap();
    for anybody in [LIN, ZHOU] {
        assert!(matches!(house.identify(&who, &identity(anybody), false).await, Err(SignupError::TooMany)));
    }
    let disclosed = house.audited(typist).await.into_iter().filter(|kind| kind == "identity_disclosed");
    assert_eq!(disclosed.count(), 5);
    house.wait(3_600);
    house.name(&who, "curious_7").await.unwrap();
    assert!(house.identify(&who, &identity(ZHOU), false).await.is_ok());
}

/// What so many wizards of one source learn when they all ask at once, some at one node and some at another.
async fn answers_at_once(
    house: &House,
    typed: impl Fn(usize) -> IdentityInput,
    wizards: usize,
) -> Vec<String> {
    let nodes = [house.signup.clone(), house.another_node().await];
    for n in 0..wizards {
        house.name(&browser(&format!("c{n}")), &format!("curious_{n}")).await.unwrap();
    }
    let asked: Vec<_> = (0..wizards)
        .map(|n| {
            let (node, ctx, input) = (nodes[n % 2].clone(), house.store.ctx(), typed(n));
            tokio::spawn(async move { node.identity(&ctx, &browser(&format!("c{n}")), &input, false).await })
        })
        .collect();
    let mut answers = Vec::new();
    for answer in asked {
        answers.push(match answer.await.unwrap() {
            Ok(()) => "free".to_owned(),
            Err(SignupError::IdentityTaken) => "taken".to_owned(),
            Err(SignupError::TooMany) => "refused".to_owned(),
            Err(other) => other.to_string(),
        });
    }
    answers
}

fn count(answers: &[String], what: &str) -> usize {
    answers.iter().filter(|answer| *answer == what).count()
}

#[tokio::test]
async fn s1_08_many_that_ask_at_once_from_one_source_learn_no_more_than_five() {
    let house = house().await;
    let typist = house.person_l1("holder", LIN).await;
    let answers = Box::pin(answers_at_once(&house, |_| identity(LIN), 16)).await;
    assert_eq!((count(&answers, "taken"), count(&answers, "refused")), (5, 11), "{answers:?}");
    let disclosed = house.audited(typist).await.into_iter().filter(|kind| kind == "identity_disclosed");
    assert_eq!(disclosed.count(), 5);
}

#[tokio::test]
async fn who_is_not_taken_passes_however_many_ask_at_once() {
    let house = house().await;
    house.person_l1("holder", LIN).await;
    let who = |n| if n % 4 == 0 { LIN } else { ZHOU };
    let answers = Box::pin(answers_at_once(&house, |n| identity(who(n)), 12)).await;
    assert_eq!((count(&answers, "taken"), count(&answers, "free")), (3, 9), "{answers:?}");
}

#[tokio::test]
async fn a_phone_proved_by_code_and_bank_leaves_its_former_holder() {
    let house = house().await;
    let former = house.person_l1("zhou_wanqing", (ZHOU.0, ZHOU.1, LIN.2)).await;
    let owner = house.person_l2("lin_xiaoyu", LIN).await;
    assert_eq!(house.people.find_by_phone(&LIN.2.parse().unwrap()).await.unwrap().unwrap().id, owner);
    assert_eq!(house.person(former).await.profile.phone, None);
    assert_eq!(house.level(former).await, None);
    assert!(house.audited(former).await.contains(&"phone_displaced".to_owned()));
}

#[tokio::test]
async fn one_holder_of_identity_and_phone_loses_both() {
    let house = house().await;
    let typist = house.person_l1("impostor", LIN).await;
    let who = browser("b2");
    house.name(&who, "lin_xiaoyu").await.unwrap();
    house.identify(&who, &identity(LIN), false).await.unwrap_err();
    house.identify(&who, &identity(LIN), true).await.unwrap();
    house.says(Some(Outcome::Ok));
    house.ask_bank(&who, LIN.2).await.unwrap();
    assert_eq!(house.progress(&who).await, Progress::Opened);
    let displaced = house.person(typist).await;
    assert_eq!((&displaced.profile.document, &displaced.profile.phone), (&None, &None));
}
