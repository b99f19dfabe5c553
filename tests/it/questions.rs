//! A11 密保问题 and R2 by them over HTTP: their owner, whoever guesses, and whoever took over a session.

use chrono::TimeDelta;
use menfu::demo::Seed;

use crate::harness::{Browser, Form, House, Page, house, nodes};
use crate::people::{SOMEBODY_ELSE, VERIFIED, browser_of, open_account, tokens_for};
use crate::recovery::{NEW, acr, events, is_signed_in, messages, proved, recovered, seen, set, signed_in};
use crate::replacing::veto_link;

const QUESTIONS: &str = "/account/security-questions";
const CHOSEN: [&str; 3] = ["question-first-pet", "question-desk-mate", "question-first-film"];
pub const ANSWERS: [&str; 3] = ["大黄", "张小明", "Tunnel  War"];
const WRONG: &str = "密保答案不正确";
const CLOSED: &str = "密保问题24小时内答错5次，该方式已暂停使用，请选择其他找回方式";
const NONE_SET: &str = "未设置密保，不能通过密保问题找回密码";

fn answered(form: Form, answers: [&str; 3]) -> Form {
    ["answer1", "answer2", "answer3"]
        .into_iter()
        .zip(answers)
        .fold(form, |form, (name, answer)| form.set(name, answer))
}

fn chosen(form: Form, answers: [&str; 3]) -> Form {
    let form = ["question1", "question2", "question3"]
        .into_iter()
        .zip(CHOSEN)
        .fold(form, |form, (name, question)| form.set(name, question));
    answered(form, answers)
}

/// The owner sets three.
pub async fn with_questions(house: &House, seed: &Seed) -> Browser {
    let browser = browser_of(house, seed).await;
    let form = chosen(browser.get(QUESTIONS).await.form(), ANSWERS);
    browser.submit(form.set("password", seed.password.expose()).press("next")).await.shows("密保问题已设置");
    browser
}

/// R2 with this way chosen.
async fn choosing(browser: &Browser, username: &str) -> Page {
    let page = browser.get("/recover/password").await;
    let page = browser.submit(page.form().set("username", username).press("next")).await;
    browser.submit(page.form().set("way", "security_questions").press("next")).await
}

async fn tried(browser: &Browser, seed: &Seed, number: &str, answers: [&str; 3]) -> Page {
    let page = choosing(browser, &seed.username).await;
    browser.submit(answered(page.form().set("id_number", number), answers).press("next")).await
}

#[tokio::test]
async fn s1_28_s0_02_three_questions_are_advised_set_with_the_password_and_shown_to_nobody() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        browser.get("/account").await.shows("设置密保问题").shows("去设置");
        let page = browser.get(QUESTIONS).await;
        let form = chosen(page.form(), ANSWERS);
        browser.submit(form.clone().press("next")).await.shows("请填写密码");
        let page = browser.submit(form.set("password", seed.password.expose()).press("next")).await;
        page.shows("密保问题已设置").shows("已设置").hides("大黄").hides("宠物").hides("张小明");
        assert!(house.sms(&seed.phone).await.contains("密保问题已变更"));
        assert_eq!(events(house, "person_changed").await, 1);
        browser.get("/account").await.shows("没有待办事项");
        let page = browser.get(&format!("{QUESTIONS}?open=change")).await;
        page.hides("大黄");
        assert_eq!(page.form().value("question1"), Some(""), "not even which they are");
    })
    .await;
}

#[tokio::test]
async fn s1_28_every_fault_is_told_at_once_and_the_chosen_questions_stay() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        let form = browser.get(QUESTIONS).await.form();
        let form = chosen(form, ["大黄", " 大黄 ", "短"]).set("question3", CHOSEN[0]);
        let page = browser.submit(form.press("next")).await;
        page.shows("请选择3个不同的问题")
            .shows("3个答案不能相同")
            .shows("答案应为2-50个字")
            .shows("请填写密码");
        assert_eq!(page.form().value("question2"), Some(CHOSEN[1]));
        assert_eq!(page.form().value("answer1"), Some(""));
        assert_eq!(messages(house, &seed.phone).await, 0);
        let page =
            browser.submit(chosen(page.form(), ANSWERS).set("question1", "question-forged").press("next"));
        page.await.shows("请填写问题1");
    })
    .await;
}

#[tokio::test]
async fn s0_25_s1_23_s1_26_the_answers_and_the_id_number_set_a_new_password_that_opens_l1() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let own = with_questions(house, &seed).await;
        let browser = house.browser();
        let page = choosing(&browser, &seed.username).await;
        assert_eq!(page.url.path(), "/recover/password/questions");
        page.shows("您养的第一只宠物叫什么名字？").shows("您初中同桌的姓名是什么？");
        let form =
            answered(page.form().set("id_number", &seed.id_number), ["大黄 ", "张小明", "ｔｕｎｎｅｌ WAR"]);
        let page = browser.submit(form.press("next")).await;
        assert_eq!(page.url.path(), "/recover/password/new");
        set(&browser, &page, NEW).await.shows("请使用新密码登录");
        assert!(house.sms(&seed.phone).await.contains("密码已修改"), "the owner hears of it");
        assert_eq!(own.get("/account").await.url.path(), "/login", "every session ended");
        let browser = signed_in(house, &seed, NEW).await;
        assert_eq!(acr(&house.exam(), &browser).await, "urn:menfu:acr:L1");
        browser.get(QUESTIONS).await.shows("请先完成实名认证");
    })
    .await;
}

/// And whoever it is: somebody without questions, and a name that nobody has.
#[tokio::test]
async fn s1_27_who_has_set_none_is_told_so_and_so_is_nobody() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let known = choosing(&house.browser(), &seed.username).await;
        known.shows(NONE_SET);
        assert_eq!(known.url.path(), "/recover/password/way", "another way can be chosen");
        let unknown = choosing(&house.browser(), "nobody_here").await;
        assert_eq!(seen(&known), seen(&unknown));
        let forged = house.browser();
        let page = choosing(&forged, &seed.username).await;
        let url = page.url.join("/recover/password/questions").unwrap();
        assert_eq!(forged.get(url.as_str()).await.url.path(), "/recover/password/way");
    })
    .await;
}

#[tokio::test]
async fn a_wrong_number_and_a_wrong_answer_look_alike_and_the_fifth_closes_the_way_for_a_day() {
    house(async |house| {
        let (seed, other) = (open_account(house, VERIFIED).await, open_account(house, SOMEBODY_ELSE).await);
        with_questions(house, &seed).await;
        let before = messages(house, &seed.phone).await;
        let guess = house.browser();
        let wrong_answer = tried(&guess, &seed, &seed.id_number, ["大黄", "张小明", "地道战"]).await;
        let wrong_number = tried(&guess, &seed, &other.id_number, ANSWERS).await;
        wrong_answer.shows(WRONG).hides("大黄");
        assert_eq!(wrong_answer.status, wrong_number.status);
        let without = |page: &Page, number: &str| seen(page).3.replace(number, "");
        assert_eq!(without(&wrong_answer, &seed.id_number), without(&wrong_number, &other.id_number));
        tried(&guess, &seed, &seed.id_number, ["a1", "b2", "c3"]).await.shows(WRONG);
        tried(&guess, &seed, &seed.id_number, ["a1", "b2", "c3"]).await.shows(WRONG);
        assert_eq!(messages(house, &seed.phone).await, before);
        tried(&guess, &seed, &seed.id_number, ["a1", "b2", "c3"]).await.shows(CLOSED);
        assert!(house.sms(&seed.phone).await.contains("有人多次答错"));
        assert_eq!(events(house, "questions_guessed").await, 1);
        let elsewhere = house.browser();
        tried(&elsewhere, &seed, &seed.id_number, ANSWERS).await.shows(CLOSED);
        assert_eq!(messages(house, &seed.phone).await, before + 1, "told once");
        let page = proved(house, &elsewhere, &seed).await;
        assert_eq!(page.url.path(), "/recover/password/new", "the other ways are open");
        house.pass(TimeDelta::hours(25));
        let page = tried(&house.browser(), &seed, &seed.id_number, ANSWERS).await;
        assert_eq!(page.url.path(), "/recover/password/new");
    })
    .await;
}

/// Many at once, at two nodes: no more than five are compared.
#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_the_same_moment_are_counted_each() {
    nodes(async |nodes| {
        let seed = open_account(nodes, VERIFIED).await;
        with_questions(nodes.by_turns(), &seed).await;
        let mut racers = Vec::new();
        for number in 0..9 {
            let browser = nodes.browser_at(&format!("127.9.{number}.1"));
            let page = choosing(&browser, &seed.username).await;
            let form =
                answered(page.form().set("id_number", &seed.id_number), ["a1", "b2", "c3"]).press("next");
            racers.push(tokio::spawn(async move { browser.submit(form).await.text() }));
        }
        let mut compared = 0;
        for racer in racers {
            compared += usize::from(racer.await.unwrap().contains(WRONG));
        }
        assert!(compared <= 5, "{compared} were compared");
        let page = tried(&nodes.browser(), &seed, &seed.id_number, ANSWERS).await;
        page.shows(CLOSED);
    })
    .await;
}

#[tokio::test]
async fn whoever_took_over_a_session_does_not_guess_the_password_here() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let thief = browser_of(house, &seed).await;
        let form = chosen(thief.get(QUESTIONS).await.form(), ANSWERS).press("next");
        for _ in 0..4 {
            thief.submit(form.clone().set("password", "Guess2026x")).await.shows("原密码错误");
        }
        thief.submit(form.clone().set("password", "Guess2026x")).await.shows("账号已锁定");
        thief.submit(form.set("password", seed.password.expose())).await.shows("账号已锁定");
        assert_eq!(events(house, "person_changed").await, 0);
    })
    .await;
}

#[tokio::test]
async fn whoever_came_by_a_recovery_sets_and_clears_nothing_before_a_proof() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let own = with_questions(house, &seed).await;
        let clear = own.get(&format!("{QUESTIONS}?open=clear")).await.form();
        house.pass(TimeDelta::seconds(61));
        recovered(house, &house.browser(), &seed).await;
        let thief = signed_in(house, &seed, NEW).await;
        let page = thief.get(&format!("{QUESTIONS}?open=clear")).await;
        page.shows("请先完成实名认证");
        assert!(!page.has("main form"));
        let own = thief.get("/account/password").await.form();
        let forged = Form { action: clear.action.clone(), fields: own.fields };
        thief.submit(forged.set("password", NEW).press("next")).await.shows("请先完成实名认证");
        assert_eq!(events(house, "person_changed").await, 1);
    })
    .await;
}

#[tokio::test]
async fn the_owner_clears_them_and_the_way_is_none_any_more() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let own = with_questions(house, &seed).await;
        let waiting = house.browser();
        let page = choosing(&waiting, &seed.username).await;
        let form = own.get(&format!("{QUESTIONS}?open=clear")).await.form();
        own.submit(form.clone().press("next")).await.shows("请填写密码");
        let form = form.set("password", seed.password.expose()).press("next");
        own.submit(form.clone()).await.shows("密保问题已清除");
        own.submit(form).await.shows("密保问题已清除");
        assert_eq!(messages(house, &seed.phone).await, 2, "of two presses one is told");
        let form = answered(page.form().set("id_number", &seed.id_number), ANSWERS);
        let page = waiting.submit(form.press("next")).await;
        assert_ne!(page.url.path(), "/recover/password/new");
        choosing(&house.browser(), &seed.username).await.shows(NONE_SET);
    })
    .await;
}

/// Somebody knows the password and makes a way back in for themselves.
#[tokio::test]
async fn the_owner_undoes_questions_that_somebody_else_set_with_all_that_they_could_open() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (thief, tokens) = tokens_for(house, &house.exam(), &seed, &[]).await;
        let form = chosen(thief.get(QUESTIONS).await.form(), ANSWERS);
        thief
            .submit(form.set("password", seed.password.expose()).press("next"))
            .await
            .shows("密保问题已设置");
        let owner = house.browser();
        let page = owner.get(&veto_link(house, &seed.phone).await).await;
        page.shows("密保问题变更").shows("当前密码作废");
        let form = page.form().press("next");
        owner.submit(form.clone()).await.shows("密保问题已清除");
        owner.submit(form).await.shows("密保问题已清除");
        assert_eq!(events(house, "questions_change_vetoed").await, 1, "once");
        assert_eq!(thief.get("/account").await.url.path(), "/login");
        assert_eq!(house.exam().userinfo(tokens.text("access_token")).await.status, 401);
        assert!(!is_signed_in(&signed_in(house, &seed, seed.password.expose()).await));
        choosing(&house.browser(), &seed.username).await.shows(NONE_SET);
        house.pass(TimeDelta::seconds(61));
        recovered(house, &owner, &seed).await;
        assert!(is_signed_in(&signed_in(house, &seed, NEW).await), "the owner is in again");
    })
    .await;
}
