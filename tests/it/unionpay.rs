//! 银联实名认证 of a signed-in person (A6), and authorities that do not answer: breaker, queue, delays.

use chrono::TimeDelta;
use menfu::app::NewAccount;
use menfu::demo::Seed;
use menfu::kernel::{About, Clock, IdDocument, Secret};
use menfu::sandbox::{Control, Mode, Service, Verdict};

use crate::harness::{Browser, Form, House, Page, Plan, house, house_of};
use crate::people::{PHONE_ONLY, SOMEBODY_ELSE, VERIFIED, browser_of, open_account, typed};

const BANK: &str = "/account/verification/bank";
const UNIONPAY: &str = "/account/verification/unionpay";
const CENTRE: &str = "/account/verification";
const L2: &str = "urn:menfu:acr:L2";

/// The card that UnionPay has of this person.
fn card_of(house: &House, name: &str) -> String {
    let accounts = &house.sandbox.unionpay().accounts;
    accounts.iter().find(|account| account.name == name).unwrap().card_no.clone()
}

/// A6 with the code asked for and everything typed in.
async fn filled(house: &House, browser: &Browser, page: &Page, (phone, card): (&str, &str)) -> Form {
    let page = browser.submit(page.form().set("phone", phone).press("sms")).await;
    let code = house.code(phone).await;
    let form = page.form().set("account", card).set("phone", phone).set("sms", &code);
    form.set("bankok", "on").press("next")
}

/// A signed-in person is proved by UnionPay; what they see then.
pub async fn prove(house: &House, browser: &Browser, seed: &Seed) -> Page {
    let page = browser.get(UNIONPAY).await;
    let form = filled(house, browser, &page, (&seed.phone, &card_of(house, &seed.name))).await;
    browser.submit(form).await
}

async fn at_l1(house: &House) -> (Browser, Seed) {
    let seed = open_account(house, PHONE_ONLY).await;
    (browser_of(house, &seed).await, seed)
}

fn unwell(house: &House, service: Service, mode: Mode) {
    house.sandbox.set_control(Control { mode, ..Control::well(service) });
}

/// Two people's questions to the bank, each asked again without an answer: the breaker opens.
async fn break_bank(house: &House) {
    let people = [open_account(house, VERIFIED).await, open_account(house, SOMEBODY_ELSE).await];
    house.pass(TimeDelta::days(1));
    unwell(house, Service::Bank, Mode::Unavailable);
    for seed in &people {
        let browser = browser_of(house, seed).await;
        let page = browser.get(BANK).await;
        let form = filled(house, &browser, &page, (&seed.phone, &seed.card_no)).await;
        browser.submit(form.set("bank", &seed.bank)).await.shows("正在自动重试");
    }
    for seconds in [5, 20] {
        house.pass(TimeDelta::seconds(seconds));
        house.work().await;
    }
}

#[tokio::test]
async fn s3_02_a_portal_that_needs_l2_takes_unionpay_and_gets_its_code() {
    house(async |house| {
        let (browser, seed) = at_l1(house).await;
        let insurance = house.insurance();
        let raise = browser.get(&insurance.authorize(&[])).await;
        raise.shows("银行卡认证").shows("银联实名认证");
        let page = browser.submit(raise.form().set("method", "unionpay").press("ok")).await;
        assert_eq!(page.url.path(), UNIONPAY);
        page.shows("陈*远").shows("认证").hides(&seed.id_number).hides("银行登记姓名");
        assert!(!page.has("select[name=bank]") && !page.has("input[name=name]"), "only card, phone and code");
        let old = browser.cookie("menfu-session").unwrap();
        let card = card_of(house, &seed.name);
        let form = filled(house, &browser, &page, (&seed.phone, &card)).await;
        let back = browser.submit(form).await;
        let tokens = insurance.exchange(insurance.returned(&back).get("code")).await;
        assert_eq!(tokens.claims("id_token")["acr"], L2);
        assert_ne!(browser.cookie("menfu-session").unwrap(), old, "the level rose, so the token is another");
        assert!(house.sms(&seed.phone).await.contains("您的实名认证已通过，实名等级为二级。"));
        let centre = browser.get(CENTRE).await;
        centre.shows("经银联实名认证，有效期至").shows("中国工商银行").hides(&card);
        assert_eq!(house.sandbox.calls(Service::Bank).calls, 0);
    })
    .await;
}

#[tokio::test]
async fn s3_02_every_answer_of_unionpay_has_its_text_and_three_attempts_are_all() {
    house(async |house| {
        let (browser, seed) = at_l1(house).await;
        let card = |verdict, n| house.sandbox.unionpay().card_for("RCC", verdict, n).unwrap();
        let page = browser.get(UNIONPAY).await;
        let mut form = filled(house, &browser, &page, (&seed.phone, &card(Verdict::IdMismatch, 1))).await;
        for (verdict, text) in [
            (Verdict::IdMismatch, "人员姓名或证件类型或证件号与银行登记不匹配"),
            (Verdict::NotDebit, "仅支持借记卡或金融社保卡，不支持信用卡"),
            (Verdict::Unsupported, "暂不支持该银行"),
            (Verdict::Ok, "今日认证次数已达上限"),
        ] {
            let page = browser.submit(form.clone().set("account", &card(verdict, 2))).await;
            assert_eq!(page.url.path(), UNIONPAY, "{verdict:?}");
            page.shows(text);
            form = page.form().set("bankok", "on").press("next");
        }
        assert_eq!(house.sandbox.calls(Service::UnionPay).calls, 3);
    })
    .await;
}

#[tokio::test]
async fn what_is_missing_on_a6_is_named_and_nobody_is_asked() {
    house(async |house| {
        let (browser, seed) = at_l1(house).await;
        let page = browser.get(UNIONPAY).await;
        let page =
            browser.submit(page.form().set("account", "1").set("phone", &seed.phone).press("next")).await;
        page.shows("银行账号应为16-19位数字，请核对").shows("请阅读并单独同意将信息提交中国银联核验");
        let form = page.form().set("account", &card_of(house, &seed.name)).set("bankok", "on").press("next");
        browser.submit(form).await.shows("请填写动态验证码");
        assert_eq!(house.sandbox.calls(Service::UnionPay).calls, 0);
    })
    .await;
}

#[tokio::test]
async fn a_way_that_is_not_configured_or_switched_off_is_not_shown() {
    let without = Plan { unionpay: false, ..Plan::default() };
    let mut off = Plan::default();
    off.policy.proofing.methods.retain(|method| method.as_str() == "bank");
    for plan in [without, off] {
        house_of(plan, async |house| {
            let (browser, _) = at_l1(house).await;
            browser.get(CENTRE).await.shows("立即认证").hides("银联");
            assert_eq!(browser.get(UNIONPAY).await.status, 404);
            browser.get(&house.insurance().authorize(&[])).await.shows("银行卡认证").hides("银联");
        })
        .await;
    }
}

#[tokio::test]
async fn s3_07_a_renewed_permit_is_known_by_its_lifelong_number() {
    house(async |house| {
        let today = house.clock.now().china_date();
        let permit = IdDocument::parse("CN_HKM_PERMIT".parse().unwrap(), "H1234567801", today).unwrap();
        let account = NewAccount {
            username: "li_gangsheng".parse().unwrap(),
            password: Secret::from("Correct7horse"),
            name: "李港生".parse().unwrap(),
            document: permit,
            phone: "19900000201".parse().unwrap(),
            card: None,
            email: None,
            about: About::default(),
        };
        house.service.open_account(&house.service.own_ctx(), account).await.unwrap();
        let browser = house.browser();
        let page = browser.get(UNIONPAY).await;
        let page = browser.submit(typed(&page, "li_gangsheng", "Correct7horse")).await;
        let form = filled(house, &browser, &page, ("19900000201", &card_of(house, "李港生"))).await;
        let page = browser.submit(form).await;
        assert_eq!(page.url.path(), CENTRE, "{}", page.text());
        page.shows("二级·实名认证").shows("中国银行");
        assert_eq!(
            house.sandbox.calls(Service::UnionPay).calls,
            2,
            "the whole number, then the nine characters"
        );
    })
    .await;
}

#[tokio::test]
async fn unionpay_that_fails_hangs_up_or_answers_rubbish_is_asked_again_under_one_id() {
    for mode in [Mode::Unavailable, Mode::Refuse, Mode::HangUp, Mode::Rubbish] {
        house(async |house| {
            let (browser, seed) = at_l1(house).await;
            unwell(house, Service::UnionPay, mode);
            let page = browser.get(UNIONPAY).await;
            let form = filled(house, &browser, &page, (&seed.phone, &card_of(house, &seed.name))).await;
            let page = browser.submit(form).await;
            assert_eq!(page.url.path(), "/account/verification/wait", "{mode:?}");
            page.shows("正在自动重试，不计入失败次数");
            unwell(house, Service::UnionPay, Mode::Up);
            house.pass(TimeDelta::seconds(5));
            house.work().await;
            browser.get(page.url.as_str()).await.shows("二级·实名认证");
            let calls = house.sandbox.calls(Service::UnionPay);
            assert_eq!((calls.calls, calls.distinct), (2, 1), "{mode:?}");
        })
        .await;
    }
}

#[tokio::test]
async fn unionpay_that_hangs_is_given_up_in_time_and_its_late_answer_counts() {
    house(async |house| {
        let (browser, seed) = at_l1(house).await;
        let control = Control { slow_ms: 600_000, times: Some(1), ..Control::well(Service::UnionPay) };
        house.sandbox.set_control(control);
        let page = browser.get(UNIONPAY).await;
        let form = filled(house, &browser, &page, (&seed.phone, &card_of(house, &seed.name))).await;
        let page = browser.submit(form).await;
        assert_eq!(page.url.path(), "/account/verification/wait");
        house.pass(TimeDelta::seconds(5));
        house.work().await;
        browser.get(page.url.as_str()).await.shows("二级·实名认证");
        assert_eq!(house.sandbox.calls(Service::UnionPay).distinct, 1);
    })
    .await;
}

#[tokio::test]
async fn a_bank_that_does_not_answer_is_left_alone_and_unionpay_is_offered_and_nothing_is_charged() {
    let mut plan = Plan::default();
    plan.policy.proofing.attempts_per_flow = 1;
    house_of(plan, async |house| {
        break_bank(house).await;
        let health = house.service.authorities();
        assert_eq!(health.iter().map(|it| it.name).collect::<Vec<_>>(), ["bank", "unionpay", "sms"]);
        assert_eq!(health[0].phase.as_str(), "open");
        let figures = house.service.metrics().await;
        for (figure, value) in [
            ("breaker{authority=\"bank\",phase=\"open\"}", 1),
            ("breaker{authority=\"bank\",phase=\"closed\"}", 0),
            ("breaker{authority=\"unionpay\",phase=\"closed\"}", 1),
            ("breaker_trips_total{authority=\"bank\"}", 1),
            ("unanswered_total{authority=\"unionpay\",kind=\"status\"}", 0),
        ] {
            assert!(figures.contains(&format!("menfu_authority_{figure} {value}\n")), "{figure}\n{figures}");
        }
        let (browser, seed) = at_l1(house).await;
        let calls = house.sandbox.calls(Service::Bank).calls;
        browser.get(CENTRE).await.shows("暂时不可用");
        let page = browser.get(BANK).await;
        page.shows("该核验系统暂时没有响应").shows("改用银联实名认证");
        let form = filled(house, &browser, &page, (&seed.phone, &seed.card_no)).await.set("bank", &seed.bank);
        browser.submit(form).await.shows("银行系统繁忙").hides("今日认证次数已达上限");
        let page = browser.get(UNIONPAY).await;
        page.hides("该核验系统暂时没有响应");
        let form = filled(house, &browser, &page, (&seed.phone, &card_of(house, &seed.name))).await;
        browser.submit(form).await.shows("二级·实名认证");
        assert_eq!(house.sandbox.calls(Service::Bank).calls, calls, "nobody asked the bank");
        unwell(house, Service::Bank, Mode::Up);
        house.pass(TimeDelta::seconds(30));
        browser.get(BANK).await.hides("该核验系统暂时没有响应");
    })
    .await;
}

#[tokio::test]
async fn past_the_questions_of_a_second_a_person_waits_and_is_not_refused() {
    let mut plan = Plan::default();
    plan.policy.proofing.per_second = 1;
    plan.policy.proofing.wait = "1s".parse().unwrap();
    house_of(plan, async |house| {
        open_account(house, VERIFIED).await;
        let (browser, seed) = at_l1(house).await;
        let page = browser.get(BANK).await;
        let page = browser.submit(page.form().set("phone", &seed.phone).press("sms")).await;
        let code = house.code(&seed.phone).await;
        let form = page.form().set("bank", &seed.bank).set("account", &seed.card_no).set("sms", &code);
        let page = browser.submit(form.set("phone", &seed.phone).set("bankok", "on").press("next")).await;
        assert_eq!(page.url.path(), "/account/verification/wait");
        page.shows("银行还没有答复");
        assert_eq!(house.sandbox.calls(Service::Bank).calls, 1, "the question of this second was another's");
        house.pass(TimeDelta::seconds(1));
        house.work().await;
        browser.get(page.url.as_str()).await.shows("二级·实名认证");
    })
    .await;
}

#[tokio::test]
async fn thirty_days_before_its_end_a_proof_is_said_to_end_and_afterwards_to_have_ended() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        house.pass(TimeDelta::days(699));
        let browser = browser_of(house, &seed).await;
        browser.get(CENTRE).await.hides("到期后实名等级将降低");
        browser.get("/account").await.hides("实名认证即将到期");
        house.pass(TimeDelta::days(4));
        let browser = browser_of(house, &seed).await;
        browser.get(CENTRE).await.shows("到期后实名等级将降低").shows("二级·实名认证");
        browser.get("/account").await.shows("实名认证即将到期");
        house.pass(TimeDelta::days(31));
        let browser = browser_of(house, &seed).await;
        browser.get(CENTRE).await.shows("到期，不再有效").shows("已过期");
        browser.get(&house.insurance().authorize(&[])).await.shows("到期，不再有效");
    })
    .await;
}

#[tokio::test]
async fn while_the_gateway_is_left_alone_the_page_says_that_the_code_comes_late() {
    house(async |house| {
        let (browser, seed) = at_l1(house).await;
        unwell(house, Service::Sms, Mode::Unavailable);
        let page = browser.get(UNIONPAY).await;
        let page = browser.submit(page.form().set("phone", &seed.phone).press("sms")).await;
        page.shows("验证码已发送至");
        for pause in [2, 4, 8, 16, 0] {
            house.work().await;
            house.pass(TimeDelta::seconds(pause));
        }
        assert_eq!(house.service.authorities()[2].phase.as_str(), "open");
        browser.get(UNIONPAY).await.shows("验证码可能晚到").hides("验证码已发送至");
        unwell(house, Service::Sms, Mode::Up);
        house.pass(TimeDelta::seconds(60));
        assert!(house.sms(&seed.phone).await.contains("用于银联实名认证"), "it came, late");
        browser.get(UNIONPAY).await.shows("验证码已发送至");
    })
    .await;
}
