//! Recovery by a card of one's own over HTTP: R4 更换手机号 with its veto, R1 ② and R2 (c) by UnionPay. Their owner, and those
//! who try them on somebody else's account.

use chrono::TimeDelta;
use menfu::demo::Seed;
use menfu::sandbox::{Service, Verdict};

use crate::captchas::answer_to;
use crate::harness::{Browser, Form, House, Page, house, house_of, nodes};
use crate::people::{PHONE_ONLY, SOMEBODY_ELSE, VERIFIED, browser_of, open_account, tokens_for};
use crate::recovery::{
    NEW, acr, asked, at_proof, events, is_signed_in, messages, pictures, proved, recovered, set, signed_in,
    told,
};

const R4: &str = "/recover/phone";
/// The number that the owner has since, or whoever takes it for theirs.
pub const OTHER: &str = "13800006021";
const THIRD: &str = "13800006022";

/// A card of which the bank says yes to whatever phone: the owner has changed it there.
pub fn changed_card(house: &House, serial: u32) -> String {
    house.sandbox.table().card_for("CCB", Verdict::Ok, serial).unwrap()
}

/// R4 with everything typed in, for this phone.
async fn filled(house: &House, browser: &Browser, seed: &Seed, (phone, card): (&str, &str)) -> Form {
    let page = browser.get(R4).await;
    let typed = page.form().set("name", &seed.name).set("id_number", &seed.id_number).set("phone", phone);
    let page = browser.submit(typed.press("sms")).await;
    let code = house.code(phone).await;
    let form = page.form().set("bank", "CCB").set("account", card).set("sms", &code);
    form.set("bankok", "on").press("next")
}

/// R4 from its beginning to its end.
pub async fn replaced(house: &House, browser: &Browser, seed: &Seed, (phone, serial): (&str, u32)) -> Page {
    let form = filled(house, browser, seed, (phone, &changed_card(house, serial))).await;
    browser.submit(form).await
}

fn with_phone(seed: &Seed, phone: &str) -> Seed {
    Seed { phone: phone.to_owned(), ..seed.clone() }
}

/// The link in the message of the change to this phone.
pub async fn veto_link(house: &House, phone: &str) -> String {
    house.work().await;
    let messages = house.sandbox.messages(Some(phone));
    let texts = messages.iter().map(|sms| &sms.message.text);
    let text = texts.into_iter().find(|text| text.contains("/veto?link=")).unwrap();
    let link = text
        .split_whitespace()
        .chain([text.as_str()])
        .find_map(|part| part.find("http").map(|at| &part[at..]));
    link.unwrap().split(|c: char| !c.is_ascii()).next().unwrap().to_owned()
}

/// Whoever holds this phone undoes what its message tells of.
async fn vetoed(house: &House, phone: &str) -> Page {
    let browser = house.browser();
    let page = browser.get(&veto_link(house, phone).await).await;
    browser.submit(page.form().press("next")).await
}

/// Whether a code for the username comes to this phone.
async fn is_phone_of(house: &House, seed: &Seed, phone: &str) -> bool {
    house.pass(TimeDelta::seconds(61));
    let before = messages(house, phone).await;
    let browser = house.browser();
    let page = told(&browser, &seed.name, &seed.id_number).await;
    asked(&browser, &page).await;
    messages(house, phone).await > before
}

#[tokio::test]
async fn s1_52_the_bank_s_yes_replaces_the_phone_and_both_numbers_hear_of_it() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let page = browser.get(R4).await;
        for text in [
            "须先到银行申请并完成手机号码修改",
            "姓名",
            "证件类型",
            "证件号码",
            "银行",
            "银行账号",
            "手机号码",
            "动态验证码",
        ] {
            page.shows(text);
        }
        browser
            .submit(page.form().press("next"))
            .await
            .shows("请填写姓名")
            .shows("请填写证件号码")
            .shows("请填写银行账号");
        let page = replaced(house, &browser, &seed, (OTHER, 1)).await;
        assert_eq!(page.url.path(), "/recover/card/done");
        page.shows("手机号已更换").hides(&seed.username);
        assert!(
            house.sms(&seed.phone).await.contains("绑定的手机号已变更为138****6021"),
            "T6 to the old number"
        );
        let texts = house.sandbox.messages(Some(OTHER));
        assert!(texts.iter().any(|sms| sms.message.text.contains("已成为账号")), "and to the new one");
        assert!(is_phone_of(house, &seed, OTHER).await);
        assert!(!is_phone_of(house, &seed, &seed.phone).await);
        let signed_in = browser_of(house, &seed).await;
        assert_eq!(acr(&house.exam(), &signed_in).await, "urn:menfu:acr:L2");
    })
    .await;
}

#[tokio::test]
async fn s1_50_s1_51_both_recoveries_lead_to_the_replacement_of_a_dead_phone() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let first = told(&house.browser(), &seed.name, &seed.id_number).await;
        let second = at_proof(&house.browser(), &seed.username).await;
        for page in [first, second] {
            page.shows("手机号已停用？");
            assert!(page.has("a[href='/recover/phone']"), "{}", page.url);
        }
    })
    .await;
}

#[tokio::test]
async fn s1_53_s1_54_afterwards_username_and_password_are_found_with_the_new_phone() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        replaced(house, &house.browser(), &seed, (OTHER, 1)).await;
        let now = with_phone(&seed, OTHER);
        house.pass(TimeDelta::seconds(61));
        let browser = house.browser();
        let page = told(&browser, &seed.name, &seed.id_number).await;
        let page = asked(&browser, &page).await;
        let code = house.code(OTHER).await;
        browser.submit(page.form().set("sms", &code).press("next")).await;
        assert!(house.sms(OTHER).await.contains(&seed.username));
        house.pass(TimeDelta::seconds(61));
        let page = recovered(house, &house.browser(), &now).await;
        assert_eq!(page.url.path(), "/recover/password/done");
        assert!(is_signed_in(&signed_in(house, &seed, NEW).await));
    })
    .await;
}

#[tokio::test]
async fn s1_49_while_the_bank_has_the_old_number_nothing_changes() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let form = filled(house, &browser, &seed, (OTHER, &seed.card_no)).await;
        let page = browser.submit(form).await;
        assert_eq!(page.url.path(), R4);
        page.shows("手机号与银行预留手机号不一致");
        assert_eq!(page.form().value("name"), Some(seed.name.as_str()), "what was typed stays");
        assert_eq!(page.form().value("account"), Some(""), "but the card");
        assert!(is_phone_of(house, &seed, &seed.phone).await);
        assert_eq!(events(house, "person_changed").await, 0);
    })
    .await;
}

/// The attacker has had the number changed at the bank, and a password set by it.
#[tokio::test]
async fn the_phone_before_undoes_the_change_and_all_that_came_of_it() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        replaced(house, &house.browser(), &seed, (OTHER, 1)).await;
        house.pass(TimeDelta::seconds(61));
        recovered(house, &house.browser(), &with_phone(&seed, OTHER)).await;
        let thiefs = Seed { password: NEW.into(), ..seed.clone() };
        let (thief, tokens) = tokens_for(house, &house.exam(), &thiefs, &[]).await;

        let owner = house.browser();
        let link = veto_link(house, &seed.phone).await;
        let page = owner.get(&link).await;
        page.shows("199****0101").shows("138****6021").shows("这不是我，撤销变更");
        assert!(is_phone_of(house, &seed, OTHER).await, "looking changes nothing");
        let form = page.form().press("next");
        owner.submit(form.clone()).await.shows("已撤销");

        assert_eq!(thief.get("/account").await.url.path(), "/login", "the session is over");
        let exam = house.exam();
        assert_eq!(exam.refresh(tokens.text("refresh_token")).await.text("error"), "invalid_grant");
        assert_eq!(exam.userinfo(tokens.text("access_token")).await.status, 401);
        assert!(!is_signed_in(&signed_in(house, &seed, NEW).await), "and the password");
        assert!(is_phone_of(house, &seed, &seed.phone).await);
        assert!(!is_phone_of(house, &seed, OTHER).await);
        assert_eq!(events(house, "phone_change_vetoed").await, 1);
        owner.submit(form).await.shows("已撤销");
        assert_eq!(events(house, "phone_change_vetoed").await, 1, "once");
        house.pass(TimeDelta::seconds(61));
        recovered(house, &owner, &seed).await;
        assert!(is_signed_in(&signed_in(house, &seed, NEW).await), "the owner is in again");
    })
    .await;
}

/// At the same moment the thief sets a password by the phone that the owner takes back: whoever is first, the owner has it.
#[tokio::test]
async fn of_a_veto_and_a_recovery_at_the_same_moment_the_veto_wins() {
    nodes(async |nodes| {
        let seed = open_account(nodes, VERIFIED).await;
        for round in 0..4 {
            nodes.on_a().pass(TimeDelta::days(4));
            let (a, b) = (nodes.on_a(), nodes.on_b());
            let page = replaced(a, &a.browser(), &seed, (OTHER, 10 + round)).await;
            assert_eq!(page.url.path(), "/recover/card/done", "{}", page.text());
            a.pass(TimeDelta::seconds(61));
            let (thief, owner) = (a.browser(), b.browser());
            let page = proved(a, &thief, &with_phone(&seed, OTHER)).await;
            assert_eq!(page.url.path(), "/recover/password/new", "{}", page.text());
            let form = owner.get(&veto_link(b, &seed.phone).await).await.form().press("next");
            let (_, undone) = tokio::join!(set(&thief, &page, NEW), owner.submit(form));
            undone.shows("已撤销");
            assert!(!is_signed_in(&signed_in(a, &seed, NEW).await), "round {round}");
            assert!(is_phone_of(a, &seed, &seed.phone).await);
            assert!(!is_phone_of(a, &seed, OTHER).await);
        }
    })
    .await;
}

/// Somebody knows the password and gives the account another one.
#[tokio::test]
async fn the_owner_disables_a_password_that_somebody_else_set_by_the_link_of_the_message() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let thief = browser_of(house, &seed).await;
        let page = thief.get("/account/password").await;
        let form = page.form().set("old", seed.password.expose()).set("password", NEW).set("confirm", NEW);
        thief.submit(form.press("next")).await.shows("密码修改成功");
        let thiefs = Seed { password: NEW.into(), ..seed.clone() };
        let (thief, tokens) = tokens_for(house, &house.exam(), &thiefs, &[]).await;

        let owner = house.browser();
        let link = veto_link(house, &seed.phone).await;
        let page = owner.get(&link).await;
        page.shows("您的账号设置了新密码").shows("这不是我，停用该密码");
        owner.submit(page.form().press("next")).await.shows("该密码已停用");
        assert_eq!(thief.get("/account").await.url.path(), "/login");
        assert_eq!(house.exam().refresh(tokens.text("refresh_token")).await.text("error"), "invalid_grant");
        for password in [NEW, seed.password.expose()] {
            assert!(!is_signed_in(&signed_in(house, &seed, password).await), "neither the new nor the old");
        }
        assert_eq!(events(house, "password_change_vetoed").await, 1);
        recovered(house, &owner, &seed).await;
        assert!(is_signed_in(&signed_in(house, &seed, NEW).await), "the owner is in again");
        let page = owner.get(&link).await;
        assert!(!page.shows("该密码已停用").has("main form"), "it works once");
    })
    .await;
}

#[tokio::test]
async fn an_untouched_password_survives_the_veto_and_so_does_the_earlier_proof() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        house.pass(TimeDelta::days(1));
        replaced(house, &house.browser(), &seed, (OTHER, 1)).await;
        vetoed(house, &seed.phone).await.shows("已撤销");
        let browser = browser_of(house, &seed).await;
        assert_eq!(acr(&house.exam(), &browser).await, "urn:menfu:acr:L2");
        browser.get("/account/profile").await.shows("199****0101");
    })
    .await;
}

#[tokio::test]
async fn a_veto_undoes_the_changes_after_it_too() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        replaced(house, &house.browser(), &seed, (OTHER, 1)).await;
        house.pass(TimeDelta::hours(1));
        replaced(house, &house.browser(), &seed, (THIRD, 2)).await;
        assert!(is_phone_of(house, &seed, THIRD).await);
        let between = veto_link(house, OTHER).await;
        vetoed(house, &seed.phone).await.shows("已撤销");
        assert!(is_phone_of(house, &seed, &seed.phone).await);
        let page = house.browser().get(&between).await;
        page.shows("已撤销");
        assert!(!page.has("main form"), "the link of the second change is worth nothing any more");
    })
    .await;
}

#[tokio::test]
async fn the_veto_ends_after_72_hours() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        replaced(house, &house.browser(), &seed, (OTHER, 1)).await;
        let (browser, link) = (house.browser(), veto_link(house, &seed.phone).await);
        house.pass(TimeDelta::hours(72) - TimeDelta::seconds(1));
        let form = browser.get(&link).await.form();
        house.pass(TimeDelta::seconds(1));
        browser.submit(form.press("next")).await.shows("这个链接已失效");
        browser.get(&link).await.shows("这个链接已失效");
        assert!(is_phone_of(house, &seed, OTHER).await);
    })
    .await;
}

#[tokio::test]
async fn a_veto_a_second_before_its_end_counts_and_keeps_the_phone_for_a_day() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        house.pass(TimeDelta::days(1));
        replaced(house, &house.browser(), &seed, (OTHER, 1)).await;
        let link = veto_link(house, &seed.phone).await;
        house.pass(TimeDelta::hours(72) - TimeDelta::seconds(1));
        let browser = house.browser();
        let page = browser.get(&link).await;
        browser.submit(page.form().press("next")).await.shows("已撤销");
        let page = replaced(house, &house.browser(), &seed, (OTHER, 2)).await;
        page.shows("24小时内不能再次在线更换");
        assert!(is_phone_of(house, &seed, &seed.phone).await);
        house.pass(TimeDelta::hours(24));
        let page = replaced(house, &house.browser(), &seed, (OTHER, 3)).await;
        assert_eq!(page.url.path(), "/recover/card/done");
    })
    .await;
}

#[tokio::test]
async fn a_link_that_is_none_or_was_cut_short_is_told_so() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        replaced(house, &house.browser(), &seed, (OTHER, 1)).await;
        let link = veto_link(house, &seed.phone).await;
        let cut = &link[..link.len() - 3];
        let other = "/veto?link=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        for wrong in ["/veto", "/veto?link=", cut, other] {
            let page = house.browser().get(wrong).await;
            page.shows("这个链接已失效");
            assert!(!page.has("main form"));
        }
    })
    .await;
}

/// Somebody registered with another person's number: the account is theirs by typing only.
#[tokio::test]
async fn s1_30_the_replacement_raises_nobody_s_account_who_only_typed_the_identity() {
    house(async |house| {
        let seed = open_account(house, PHONE_ONLY).await;
        let page = replaced(house, &house.browser(), &seed, (OTHER, 1)).await;
        page.shows("该证件登记的账号尚未实名认证").shows("我是本人，用银行卡认证");
        assert!(is_phone_of(house, &seed, &seed.phone).await);
        let typist = browser_of(house, &seed).await;
        assert_eq!(acr(&house.exam(), &typist).await, "urn:menfu:acr:L1");
    })
    .await;
}

#[tokio::test]
async fn only_the_bank_s_yes_tells_that_an_identity_has_no_account() {
    house(async |house| {
        let known = open_account(house, VERIFIED).await;
        let unknown = open_account(house, SOMEBODY_ELSE).await;
        let unknown =
            Seed { id_number: "440399199305180243".to_owned(), name: "林晓雨".to_owned(), ..unknown };
        let mut pages = Vec::new();
        for (seed, source, phone) in [(&known, "127.1.1.1", OTHER), (&unknown, "127.2.1.1", THIRD)] {
            let browser = house.browser_at(source);
            let card = house.sandbox.table().card_for("CCB", Verdict::IdMismatch, 1).unwrap();
            let form = filled(house, &browser, seed, (phone, &card)).await;
            let page = browser.submit(form).await;
            pages.push(page.shows("人员姓名或证件类型或证件号与银行登记不匹配").status);
        }
        assert_eq!(pages[0], pages[1]);
        house.pass(TimeDelta::days(1));
        let page = replaced(house, &house.browser(), &unknown, (THIRD, 3)).await;
        page.shows("该证件尚未注册账号");
    })
    .await;
}

/// The attacker reset the password by the swapped phone; the owner's proof must not lift the attacker's ceiling.
#[tokio::test]
async fn the_replacement_lifts_no_ceiling_of_a_password() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        recovered(house, &house.browser(), &seed).await;
        let thief = signed_in(house, &seed, NEW).await;
        house.pass(TimeDelta::seconds(61));
        let page = replaced(house, &house.browser(), &seed, (OTHER, 1)).await;
        assert_eq!(page.url.path(), "/recover/card/done");
        assert_eq!(acr(&house.exam(), &thief).await, "urn:menfu:acr:L1");
        let again = signed_in(house, &seed, NEW).await;
        assert_eq!(acr(&house.exam(), &again).await, "urn:menfu:acr:L1");
    })
    .await;
}

#[tokio::test]
async fn a_double_click_asks_the_bank_once_and_another_browser_has_no_part_in_it() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let asked_before = house.sandbox.calls(Service::Bank).calls;
        let browser = house.browser();
        let form = filled(house, &browser, &seed, (OTHER, &changed_card(house, 1))).await;
        let late = form.clone();
        let (one, two) = tokio::join!(browser.submit(form.clone()), browser.submit(form));
        for page in [&one, &two] {
            assert!(page.url.path().starts_with("/recover/card/"), "{}", page.url);
        }
        assert_eq!(browser.get("/recover/card/done").await.url.path(), "/recover/card/done");
        assert_eq!(browser.submit(late).await.url.path(), "/recover/card/done", "and once more");
        assert_eq!(house.sandbox.calls(Service::Bank).calls - asked_before, 1);
        assert_eq!(house.browser().get("/recover/card/done").await.url.path(), "/recover");
        assert_eq!(house.browser().get("/recover/card/wait").await.url.path(), "/recover");
    })
    .await;
}

#[tokio::test]
async fn a_captcha_stands_before_the_first_code_to_a_typed_phone() {
    house_of(pictures(), async |house| {
        let browser = house.browser();
        let page = browser.get(R4).await;
        let typed = page.form().set("phone", OTHER).press("sms");
        browser.submit(typed).await.shows("请填写验证码");
        assert_eq!(messages(house, OTHER).await, 0);
        let page = browser.get(R4).await;
        let answer = answer_to(page.form().value("captcha_id").unwrap());
        let page = browser.submit(page.form().set("phone", OTHER).set("captcha", &answer).press("sms")).await;
        page.shows("验证码已发送至");
        assert!(!page.has("input[name=captcha]"), "a further code needs none");
        assert_eq!(messages(house, OTHER).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_replacement_and_its_veto_may_change_the_node_at_every_step() {
    nodes(async |nodes| {
        let seed = open_account(nodes, VERIFIED).await;
        let house = nodes.by_turns();
        let page = replaced(house, &house.browser(), &seed, (OTHER, 1)).await;
        assert_eq!(page.url.path(), "/recover/card/done");
        vetoed(house, &seed.phone).await.shows("已撤销");
        for node in [nodes.on_a(), nodes.on_b()] {
            assert!(is_phone_of(node, &seed, &seed.phone).await);
        }
    })
    .await;
}

/// The card that UnionPay has of this person, asked for on this page.
async fn by_unionpay(house: &House, browser: &Browser, page: &Page, seed: &Seed) -> Page {
    let accounts = &house.sandbox.unionpay().accounts;
    let account = accounts.iter().find(|account| account.name == seed.name).unwrap();
    let typed = page.form().set("name", &seed.name).set("id_number", &seed.id_number);
    let page = browser.submit(typed.set("phone", &account.phone).press("sms")).await;
    let code = house.code(&account.phone).await;
    let form = page.form().set("account", &account.card_no).set("sms", &code).set("bankok", "on");
    browser.submit(form.press("next")).await
}

/// R2 up to the form of UnionPay.
async fn at_unionpay(browser: &Browser, username: &str) -> Page {
    let page = browser.get("/recover/password").await;
    let page = browser.submit(page.form().set("username", username).press("next")).await;
    browser.submit(page.form().set("way", "unionpay").press("next")).await
}

#[tokio::test]
async fn s3_08_unionpay_sends_the_username_to_the_phone_that_the_bank_has() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let page = browser.get("/recover/account").await;
        assert!(page.has("a[href='/recover/account/unionpay']"));
        let page = browser.get("/recover/account/unionpay").await;
        let page = by_unionpay(house, &browser, &page, &seed).await;
        assert_eq!(page.url.path(), "/recover/card/done");
        page.shows("用户名已通过短信发送到您在银行预留的手机号").hides(&seed.username);
        assert!(house.sms(&seed.phone).await.contains(&format!("您的登录账号为{}", seed.username)));
        assert_eq!(events(house, "username_recovered").await, 1);
    })
    .await;
}

#[tokio::test]
async fn s3_11_a_password_set_by_unionpay_has_no_ceiling() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let before = browser_of(house, &seed).await;
        let browser = house.browser();
        let page = at_unionpay(&browser, &seed.username).await;
        assert_eq!(page.url.path(), "/recover/password/unionpay");
        assert_eq!(page.attr("input[name=username]", "value").unwrap(), seed.username);
        let page = by_unionpay(house, &browser, &page, &seed).await;
        assert_eq!(page.url.path(), "/recover/password/new");
        let page = set(&browser, &page, NEW).await;
        page.shows("密码重置成功").hides("新密码只能办理一级业务");
        assert_eq!(before.get("/account").await.url.path(), "/login");
        let browser = signed_in(house, &seed, NEW).await;
        assert_eq!(acr(&house.exam(), &browser).await, "urn:menfu:acr:L2");
        assert!(house.sms(&seed.phone).await.contains("的密码已修改"));
    })
    .await;
}

/// Somebody proves to be themselves, and names another person's account.
#[tokio::test]
async fn a_proof_of_oneself_opens_nobody_else_s_password() {
    house(async |house| {
        let victim = open_account(house, VERIFIED).await;
        let thief = open_account(house, SOMEBODY_ELSE).await;
        for username in [victim.username.as_str(), "nobody_at_all"] {
            house.pass(TimeDelta::seconds(61));
            let browser = house.browser();
            let page = at_unionpay(&browser, username).await;
            let page = by_unionpay(house, &browser, &page, &thief).await;
            assert_eq!(page.url.path(), "/recover/password/unionpay");
            page.shows("这个登录账号不是您的");
            assert_eq!(browser.get("/recover/password/new").await.url.path(), "/recover/password");
        }
        assert!(is_signed_in(&signed_in(house, &victim, victim.password.expose()).await));
    })
    .await;
}

#[tokio::test]
async fn the_form_of_unionpay_begins_with_a_name_and_another_browser_has_none() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        at_unionpay(&house.browser(), &seed.username).await;
        let other = house.browser();
        assert_eq!(other.get("/recover/password/unionpay").await.url.path(), "/recover/password");
        let page = at_unionpay(&other, &seed.username).await;
        assert_eq!(other.submit(page.form().press("back")).await.url.path(), "/recover/password/way");
    })
    .await;
}
