//! Sentences of the bureaus' documents about links, fields and ways that no other story tells.

use crate::citizens::{identity_form, lin, up_to_p2};
use crate::harness::{Plan, house, house_of};
use crate::people::{VERIFIED, browser_of, open_account, sign_in, typed};
use crate::recovery::{NEW, asked, is_signed_in, messages, recovered, signed_in, told};

#[tokio::test]
async fn s1_12_a_portal_s_link_to_the_information_leads_by_the_sign_in_and_back_to_the_portal() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let link = "/account/profile?client_id=exam&return_to=https%3A%2F%2Fexam.example%2F";
        let browser = house.browser();
        let page = browser.get(link).await;
        assert_eq!(page.url.path(), "/login");
        let page = sign_in(&browser, &page, &seed).await;
        assert_eq!(page.url.path(), "/account/profile");
        assert!(page.has("a[href='https://exam.example/']"), "{}", page.text());
        let page = browser.get(&link.replace("exam.example", "evil.example")).await;
        page.hides("evil.example");
    })
    .await;
}

#[tokio::test]
async fn s1_14_name_bank_card_and_phone_are_what_can_be_edited() {
    house_of(Plan::profile("shenzhen"), async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        let form = browser.get("/account/profile/edit").await.form();
        for field in ["name", "bank", "account", "phone"] {
            assert!(form.value(field).is_some(), "{field}");
        }
        for field in ["username", "id_type", "id_number"] {
            assert!(form.value(field).is_none(), "{field}");
        }
    })
    .await;
}

#[tokio::test]
async fn s1_15_password_and_security_tools_are_reached_from_the_information() {
    house_of(Plan::profile("shenzhen"), async |house| {
        let seed = open_account(house, VERIFIED).await;
        let page = browser_of(house, &seed).await.get("/account/profile").await;
        page.shows("密码管理").shows("密保工具");
        assert!(page.has("a[href='/account/password']") && page.has("a[href='/account/security-questions']"));
    })
    .await;
}

#[tokio::test]
async fn s1_16_the_link_asks_for_the_username_and_the_bar_has_three_names() {
    house_of(Plan::profile("shenzhen"), async |house| {
        let browser = house.browser();
        browser.get("/login").await.shows("忘记用户名？");
        let page = browser.get("/recover/account").await;
        assert_eq!(page.texts_of(".steps li span"), ["验证身份", "验证手机校验码", "找回用户名成功"]);
    })
    .await;
}

#[tokio::test]
async fn s1_19_the_username_arrives_by_sms_after_the_code() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let page = told(&browser, &seed.name, &seed.id_number).await;
        let page = asked(&browser, &page).await;
        let code = house.code(&seed.phone).await;
        assert!(!house.sms(&seed.phone).await.contains(&seed.username), "not before");
        browser.submit(page.form().set("sms", &code).press("next")).await;
        assert!(house.sms(&seed.phone).await.contains(&seed.username));
    })
    .await;
}

#[tokio::test]
async fn s1_20_the_code_goes_to_the_registered_phone_whatever_else_is_sent_along() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let page = told(&browser, &seed.name, &seed.id_number).await;
        assert!(!page.has("[name=phone]"), "no number is asked for");
        let mut form = page.form().press("sms");
        form.fields.push(("phone".to_owned(), "13800006021".to_owned()));
        browser.submit(form).await;
        house.code(&seed.phone).await;
        assert_eq!(messages(house, "13800006021").await, 0);
    })
    .await;
}

#[tokio::test]
async fn s3_16_whose_number_is_taken_finds_the_account_and_then_the_password() {
    house_of(Plan::profile("guangdong"), async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = house.browser();
        let page = up_to_p2(&browser, "/register/person", "lin_second").await;
        let page = browser.submit(identity_form(&page, &lin(house))).await;
        page.shows("自然人证件号码已被使用");
        assert!(page.has("a[href^='/recover']"), "{}", page.text());
        let ways = browser.get("/recover/account").await;
        ways.shows("银联认证找回");
        let page = told(&browser, &seed.name, &seed.id_number).await;
        let page = asked(&browser, &page).await;
        let code = house.code(&seed.phone).await;
        browser.submit(page.form().set("sms", &code).press("next")).await.shows("已通过短信发送");
        house.pass(chrono::TimeDelta::seconds(61));
        recovered(house, &browser, &seed).await;
        assert!(is_signed_in(&signed_in(house, &seed, NEW).await));
    })
    .await;
}

#[tokio::test]
async fn s3_22_whoever_fails_to_sign_in_is_shown_registration_and_both_recoveries() {
    house(async |house| {
        let browser = house.browser();
        let page = browser.get(&house.exam().authorize(&[])).await;
        let page = browser.submit(typed(&page, "nobody_here", "Wrong2026x")).await;
        page.shows("用户名或者密码错误").shows("请核对用户名和密码").shows("找回用户名").shows("找回密码");
        for path in ["/register/person", "/recover/account", "/recover/password"] {
            assert!(page.has(&format!("main form a[href^='{path}?request=']")), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn h7_s1_55_the_contact_page_names_numbers_and_address_and_keeps_id_numbers_out_of_mails() {
    house_of(Plan::profile("shenzhen"), async |house| {
        let page = house.browser().get("/contact").await;
        page.shows("0755-12333").shows("0755-88100099").shows("ksykwb@hrss.sz.gov.cn");
        page.shows("姓名和事由").shows("不要写完整的证件号码");
        assert!(page.has("a[href='tel:0755-12333']") && page.has("a[href^='mailto:']"));
    })
    .await;
}

#[tokio::test]
async fn h1_h6_h9_help_accessibility_and_large_print_are_reached_from_every_page() {
    house(async |house| {
        let browser = house.browser();
        let page = browser.get("/login").await;
        for path in ["/help", "/accessibility"] {
            assert!(page.has(&format!("a[href='{path}']")), "{path}");
        }
        let page = browser.get("/help").await;
        page.shows("个人注册指引").shows("问题编号");
        for path in ["/help/banks", "/recover", "/contact", "/legal/privacy"] {
            assert!(page.has(&format!("main a[href='{path}']")), "{path}");
        }
        browser.get("/accessibility").await.shows("读屏软件").shows("/elder");
        let page = browser.get("/elder").await;
        assert_eq!(page.url.path(), "/login");
        assert!(page.has("html[data-elder]"));
    })
    .await;
}

#[tokio::test]
async fn h2_the_answer_is_found_by_its_words_and_nothing_that_is_typed_becomes_markup() {
    house(async |house| {
        let browser = house.browser();
        let page = browser.get("/help/faq").await;
        page.shows("账号被锁定怎么办？").shows("忘记用户名怎么办？").shows("怎样修改姓名？");
        let page = browser.get("/help/faq?q=%E9%94%81%E5%AE%9A").await;
        page.shows("账号被锁定怎么办？").hides("怎样修改姓名？");
        let page = browser.get("/help/faq?q=SMS&q2=1").await;
        page.shows("没有找到");
        let page = browser.get("/help/faq?q=%3Cscript%3Ealert(1)%3C/script%3E").await;
        page.shows("没有找到").shows("<script>alert(1)</script>");
        assert!(!page.html.contains("<script>alert"));
        assert!(browser.get("/help").await.has("a[href='/help/faq']"));
    })
    .await;
}

#[tokio::test]
async fn h2_what_the_profile_has_it_not_is_not_explained() {
    let mut plan = Plan::default();
    plan.policy.login.sms = false;
    plan.policy.recovery.password.retain(|way| way.as_str() != "security_questions");
    house_of(plan, async |house| {
        let page = house.browser().get("/help/faq").await;
        page.hides("短信登录和密码登录有什么不同？").hides("记不清答案怎么办？").shows("忘记密码怎么办？");
    })
    .await;
}
