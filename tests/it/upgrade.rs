//! The bank check of a signed-in person (A5): inside an authorization request and at one's own desk.

use chrono::TimeDelta;
use menfu::demo::Seed;
use menfu::sandbox::{Control, Mode, Service, Verdict};

use crate::harness::{Browser, Form, House, Page, Plan, house, house_of};
use crate::people::{PHONE_ONLY, SOMEBODY_ELSE, VERIFIED, browser_of, open_account, sign_in, tokens_for};

const SESSION: &str = "menfu-session";
const BANK: &str = "/account/verification/bank";
const L1: &str = "urn:menfu:acr:L1";
const L2: &str = "urn:menfu:acr:L2";

/// 陈志远 at L1, signed in.
async fn at_l1(house: &House) -> (Browser, Seed) {
    let seed = open_account(house, PHONE_ONLY).await;
    (browser_of(house, &seed).await, seed)
}

/// The form of A5 as its owner fills it in; the code is still missing.
fn filled(page: &Page, seed: &Seed) -> Form {
    with_card(page, seed, &seed.card_no)
}

fn with_card(page: &Page, seed: &Seed, card: &str) -> Form {
    let form = page.form().set("bank", &seed.bank).set("account", card).set("phone", &seed.phone);
    form.set("bankok", "on").press("next")
}

/// Asks for the code on A5 and gives the page that says so, and the code.
async fn coded(house: &House, browser: &Browser, page: &Page, seed: &Seed) -> (Page, String) {
    let page = browser.submit(page.form().set("phone", &seed.phone).press("sms")).await;
    page.shows("验证码已发送至");
    let code = house.code(&seed.phone).await;
    (page, code)
}

/// A5 from an empty form to whatever the bank's answer leads to.
async fn check(house: &House, browser: &Browser, page: &Page, seed: &Seed) -> Page {
    let (page, code) = coded(house, browser, page, seed).await;
    browser.submit(filled(&page, seed).set("sms", &code)).await
}

/// Every question to the bank from now on finds it like this.
fn bank(house: &House, mode: Mode) {
    house.sandbox.set_control(Control { mode, ..Control::well(Service::Bank) });
}

/// The bank may be asked as often as a test likes.
fn unlimited() -> Plan {
    let mut plan = Plan::default();
    let limits = &mut plan.policy.proofing;
    limits.attempts_per_flow = 100;
    limits.per_card = 100;
    limits.per_identity = 100;
    limits.per_phone = 100;
    limits.per_account = 100;
    limits.per_source = 100;
    plan
}

/// The level that a portal is told of this browser without a question.
async fn acr(house: &House, browser: &Browser) -> String {
    let exam = house.exam();
    let back = browser.get_once(&exam.authorize(&[("prompt", "none")])).await;
    let tokens = exam.exchange(exam.returned(&back).get("code")).await;
    tokens.claims("id_token")["acr"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_portal_that_needs_l2_sends_to_the_bank_and_gets_its_code() {
    house(async |house| {
        let (browser, seed) = at_l1(house).await;
        let insurance = house.insurance();
        let page = browser.get(&insurance.authorize(&[])).await;
        page.shows("当前账号实名等级不足，请至少提升至二级实名后重试");
        let page = browser.submit(page.form().press("ok")).await;
        assert_eq!(page.url.path(), BANK);
        page.shows("陈*远").hides(&seed.id_number);
        let back = check(house, &browser, &page, &seed).await;
        let returned = insurance.returned(&back);
        assert_eq!(returned.get("state"), "state-of-the-test");
        let tokens = insurance.exchange(returned.get("code")).await;
        assert_eq!(tokens.claims("id_token")["acr"], L2);
        assert!(house.sms(&seed.phone).await.contains("您的实名认证已通过，实名等级为二级。"));
    })
    .await;
}

#[tokio::test]
async fn one_s_own_check_ends_in_the_verification_centre_at_l2() {
    house(async |house| {
        let (browser, seed) = at_l1(house).await;
        let page = browser.get("/account/verification").await;
        page.shows("未认证").shows("立即认证").shows("该项认证业务未开通");
        let page = check(house, &browser, &browser.get(BANK).await, &seed).await;
        assert_eq!(page.url.path(), "/account/verification");
        page.shows("二级·实名认证").shows("招商银行").shows("3006").hides(&seed.card_no).hides("立即认证");
        assert_eq!(acr(house, &browser).await, L2);
    })
    .await;
}

#[tokio::test]
async fn the_session_s_token_rotates_with_the_level_and_the_old_one_is_worth_nothing() {
    house(async |house| {
        let (browser, seed) = at_l1(house).await;
        let (old, form) = (browser.cookie(SESSION).unwrap(), browser.get(BANK).await.form());
        check(house, &browser, &browser.get(BANK).await, &seed).await;
        assert_ne!(browser.cookie(SESSION).unwrap(), old);
        let thief = house.browser();
        thief.set_cookie(SESSION, &old);
        assert_eq!(thief.get("/account").await.url.path(), "/login");
        assert_eq!(browser.submit(form).await.status, 410, "forms from before the change are over");
    })
    .await;
}

#[tokio::test]
async fn every_input_says_what_is_wrong_with_it() {
    house(async |house| {
        let (browser, seed) = at_l1(house).await;
        let page = browser.get(BANK).await;
        let empty = browser.submit(page.form().set("bank", "").set("phone", "").press("next")).await;
        for text in ["请填写银行", "请填写银行账号", "请填写手机号码", "请阅读并单独同意将信息提交银行核验"]
        {
            empty.shows(text);
        }
        let wrong = filled(&page, &seed).set("account", "6214838800000003007").set("phone", "12345");
        let page = browser.submit(wrong.set("bankname", "别人")).await;
        page.shows("银行账号应为16-19位数字，请核对").shows("手机号码格式不正确").shows("姓名格式不正确");
        assert_eq!(page.form().value("phone"), Some("12345"), "what was typed stays");
        browser.submit(filled(&page, &seed).set("bankname", "")).await.shows("请填写动态验证码");
        let (page, code) = coded(house, &browser, &browser.get(BANK).await, &seed).await;
        let wrong = if code == "000000" { "111111" } else { "000000" };
        browser.submit(filled(&page, &seed).set("sms", wrong)).await.shows("短信验证码错误或已过期");
        let foreign = filled(&page, &seed).set("bank", "HSBC").set("sms", &code);
        browser.submit(foreign).await.shows("暂不支持该银行，请使用支持列表中的银行卡");
        assert_eq!(house.sandbox.calls(Service::Bank).calls, 0, "nobody was asked");
    })
    .await;
}

#[tokio::test]
async fn a_second_code_must_wait_a_minute() {
    house(async |house| {
        let (browser, seed) = at_l1(house).await;
        let (page, _) = coded(house, &browser, &browser.get(BANK).await, &seed).await;
        let again = page.form().set("phone", &seed.phone).press("sms");
        let page = browser.submit(again.clone()).await;
        page.shows("发送过于频繁，请60秒后再试");
        house.pass(TimeDelta::seconds(61));
        browser.submit(again).await.shows("验证码已发送至").hides("发送过于频繁");
    })
    .await;
}

#[tokio::test]
async fn every_answer_of_the_bank_leads_back_with_its_text_and_what_was_typed() {
    house_of(unlimited(), async |house| {
        let (browser, seed) = at_l1(house).await;
        let (mut page, code) = coded(house, &browser, &browser.get(BANK).await, &seed).await;
        for (verdict, text) in [
            (Verdict::IdMismatch, "人员姓名或证件类型或证件号与银行登记不匹配"),
            (Verdict::PhoneMismatch, "手机号与银行预留手机号不一致"),
            (Verdict::CardInvalid, "银行账号有误，请核对后重新输入"),
            (Verdict::CardStatus, "该银行卡状态异常（挂失、冻结、过期或未激活），请更换银行卡"),
            (Verdict::NotDebit, "仅支持借记卡或金融社保卡，不支持信用卡"),
            (Verdict::Unsupported, "暂不支持该银行"),
            (Verdict::NoReservedPhone, "该银行卡未预留手机号"),
            (Verdict::NotEnabled, "该卡未开通无卡支付功能"),
            (Verdict::IdTypeUnsupported, "该证件类型暂不支持银行卡认证"),
            (Verdict::Limit, "今日认证次数已达上限"),
            (Verdict::Unknown, "暂时无法核验"),
        ] {
            let card = house.sandbox.table().card_for(&seed.bank, verdict, 7).unwrap();
            page = browser.submit(with_card(&page, &seed, &card).set("sms", &code)).await;
            assert_eq!(page.url.path(), BANK, "{verdict:?}");
            page.shows(text).hides(&card);
            assert_eq!(page.form().value("phone"), Some(seed.phone.as_str()), "{verdict:?}");
        }
        assert_eq!(acr(house, &browser).await, L1);
        let page = browser.submit(filled(&page, &seed)).await;
        assert_eq!(page.url.path(), "/account/verification", "the phone stays proved: {}", page.text());
    })
    .await;
}

#[tokio::test]
async fn the_fourth_attempt_of_a_check_is_refused_before_the_bank_is_asked() {
    house(async |house| {
        let (browser, seed) = at_l1(house).await;
        let (mut page, code) = coded(house, &browser, &browser.get(BANK).await, &seed).await;
        for serial in 1..=3 {
            let card = house.sandbox.table().card_for(&seed.bank, Verdict::CardInvalid, serial).unwrap();
            page = browser.submit(with_card(&page, &seed, &card).set("sms", &code)).await;
            page.shows("银行账号有误");
        }
        browser.submit(filled(&page, &seed)).await.shows("今日认证次数已达上限");
        assert_eq!(house.sandbox.calls(Service::Bank).calls, 3);
    })
    .await;
}

#[tokio::test]
async fn bank_busy_keeps_the_person_waiting_and_the_retry_ends_in_the_portal() {
    let mut plan = Plan::default();
    plan.policy.proofing.attempts_per_flow = 1;
    plan.policy.proofing.per_card = 1;
    house_of(plan, async |house| {
        let (browser, seed) = at_l1(house).await;
        let page = browser.get(&house.insurance().authorize(&[])).await;
        let page = browser.submit(page.form().press("ok")).await;
        bank(house, Mode::Unavailable);
        let waiting = check(house, &browser, &page, &seed).await;
        assert_eq!(waiting.url.path(), "/account/verification/wait");
        waiting.shows("正在等待银行核验").shows("199****0103");
        assert_eq!(waiting.attr("meta[http-equiv=refresh]", "content").as_deref(), Some("5"));
        bank(house, Mode::Up);
        browser.get(waiting.url.as_str()).await.shows("正在等待银行核验");
        house.pass(TimeDelta::seconds(5));
        house.work().await;
        let back = browser.get(waiting.url.as_str()).await;
        house.insurance().returned(&back).get("code");
    })
    .await;
}

#[tokio::test]
async fn bank_busy_to_the_end_costs_nothing() {
    let mut plan = Plan::default();
    plan.policy.proofing.attempts_per_flow = 1;
    plan.policy.proofing.per_card = 1;
    house_of(plan, async |house| {
        let (browser, seed) = at_l1(house).await;
        bank(house, Mode::Unavailable);
        let waiting = check(house, &browser, &browser.get(BANK).await, &seed).await;
        for seconds in [5, 20, 60] {
            waiting.shows("正在等待银行核验");
            house.pass(TimeDelta::seconds(seconds));
            house.work().await;
        }
        let page = browser.get(waiting.url.as_str()).await;
        assert_eq!(page.url.path(), BANK);
        page.shows("银行系统繁忙，请稍后再试（不计入失败次数）");
        assert!(house.sms(&seed.phone).await.contains("您的实名认证未通过"), "the page no longer waited");
        bank(house, Mode::Up);
        let page = browser.submit(filled(&page, &seed)).await;
        assert_eq!(page.url.path(), "/account/verification", "{}", page.text());
    })
    .await;
}

#[tokio::test]
async fn a_form_sent_twice_asks_the_bank_once() {
    house(async |house| {
        let (browser, seed) = at_l1(house).await;
        let (page, code) = coded(house, &browser, &browser.get(BANK).await, &seed).await;
        let form = filled(&page, &seed).set("sms", &code);
        bank(house, Mode::Unavailable);
        let first = browser.submit(form.clone()).await;
        let second = browser.submit(form).await;
        assert_eq!(first.url.path(), second.url.path());
        bank(house, Mode::Up);
        house.pass(TimeDelta::seconds(30));
        house.work().await;
        assert_eq!(house.sandbox.calls(Service::Bank).distinct, 1);
        browser.get("/account/verification/wait").await.shows("二级·实名认证");
    })
    .await;
}

#[tokio::test]
async fn after_a_failed_check_the_person_may_still_refuse() {
    house(async |house| {
        let (browser, seed) = at_l1(house).await;
        let insurance = house.insurance();
        let raise = browser.get(&insurance.authorize(&[])).await;
        let page = browser.submit(raise.form().press("ok")).await;
        let (page, code) = coded(house, &browser, &page, &seed).await;
        let card = house.sandbox.table().card_for(&seed.bank, Verdict::NotDebit, 1).unwrap();
        let page = browser.submit(with_card(&page, &seed, &card).set("sms", &code)).await;
        page.shows("不支持信用卡");
        let page = browser.submit(page.form().press("back")).await;
        assert_eq!(page.url.path(), "/account/verification");
        let back = browser.submit(raise.form().press("cancel")).await;
        assert_eq!(insurance.returned(&back).get("error"), "access_denied");
        let quiet = browser.get_once(&insurance.authorize(&[("prompt", "none")])).await;
        assert_eq!(insurance.returned(&quiet).get("error"), "interaction_required");
    })
    .await;
}

#[tokio::test]
async fn after_24_months_the_proof_no_longer_counts() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let last_day = TimeDelta::days(731) + TimeDelta::minutes(13 * 60 + 59);
        house.pass(last_day);
        let (browser, tokens) = tokens_for(house, &house.exam(), &seed, &[]).await;
        assert_eq!(tokens.claims("id_token")["acr"], L2);
        house.pass(TimeDelta::minutes(1));
        assert_eq!(acr(house, &browser).await, L1);
        browser.get("/account").await.shows("重新实名认证");
        browser.get("/account/verification").await.shows("已过期").shows("重新认证");
        let page = browser.get(&house.insurance().authorize(&[])).await;
        assert_eq!(page.url.path(), "/login/raise-level");
        let page = browser.submit(page.form().press("ok")).await;
        let back = check(house, &browser, &page, &seed).await;
        house.insurance().returned(&back).get("code");
    })
    .await;
}

#[tokio::test]
async fn a_check_of_one_person_is_not_the_next_person_s() {
    house(async |house| {
        let (browser, seed) = at_l1(house).await;
        bank(house, Mode::Unavailable);
        let waiting = check(house, &browser, &browser.get(BANK).await, &seed).await;
        waiting.shows("正在等待银行核验");
        let other = open_account_at(house, SOMEBODY_ELSE).await;
        let page = browser.get(&house.exam().authorize(&[("prompt", "login")])).await;
        sign_in(&browser, &page, &other).await;
        let page = browser.get(waiting.url.as_str()).await;
        assert_eq!(page.url.path(), "/account/verification");
        page.hides("正在等待银行核验");
        bank(house, Mode::Up);
    })
    .await;
}

/// The account of somebody who is verified, opened while the bank is well.
async fn open_account_at(house: &House, which: usize) -> Seed {
    bank(house, Mode::Up);
    let seed = open_account(house, which).await;
    bank(house, Mode::Unavailable);
    seed
}
