//! The person centre: A1, A2, A4, and the page of an account whose document went to its owner.

use url::Url;

use crate::harness::{Browser, Form, House, Page, house};
use crate::people::{PHONE_ONLY, TOLD_ALL, VERIFIED, browser_of, open_account, sign_in};

/// Every page of one's own account.
const PAGES: [&str; 15] = [
    "/account",
    "/account/profile",
    "/account/password",
    "/account/apps",
    "/account/privacy",
    "/account/privacy/export",
    "/account/profile/full",
    "/account/phone",
    "/account/security-questions",
    "/account/profile/edit",
    "/account/sessions",
    "/account/document",
    "/account/verification",
    "/account/verification/bank",
    "/account/verification/wait",
];

fn query(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[tokio::test]
async fn a_stranger_signs_in_first_and_then_sees_the_page_that_was_asked_for() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        for path in PAGES {
            let page = house.browser().get(path).await;
            assert_eq!(page.url.path(), "/login", "{path}");
            assert_eq!(query(&page.url, "next").as_deref(), Some(path));
        }
        let browser = house.browser();
        let page = browser.get("/account/profile").await;
        let page = sign_in(&browser, &page, &seed).await;
        assert_eq!(page.url.path(), "/account/profile");
    })
    .await;
}

#[tokio::test]
async fn every_form_of_the_account_refuses_a_post_without_its_token() {
    house(async |house| {
        let seed = open_account(house, PHONE_ONLY).await;
        let browser = browser_of(house, &seed).await;
        let form = browser.get("/account/verification/bank").await.form();
        let page = browser.submit(form.set("phone", &seed.phone).press("sms").without("csrf")).await;
        assert_eq!(page.status, 410);
        page.shows("页面已过期，请重新开始");
        house.work().await;
        assert!(house.sandbox.messages(Some(&seed.phone)).is_empty(), "no code was sent");
    })
    .await;
}

#[tokio::test]
async fn the_first_page_greets_and_says_what_is_to_be_done() {
    house(async |house| {
        let seed = open_account(house, PHONE_ONLY).await;
        let browser = browser_of(house, &seed).await;
        let page = browser.get("/account").await;
        page.shows("陈*远，您好").shows(&seed.username).shows("完成实名认证").hides(&seed.name);
        assert_eq!(page.attr("main ul.rows a", "href").as_deref(), Some("/account/verification"));
        let seed = open_account(house, VERIFIED).await;
        browser_of(house, &seed).await.get("/account").await.shows("设置密保问题").hides("完成实名认证");
    })
    .await;
}

#[tokio::test]
async fn no_value_of_the_profile_is_in_its_page_in_full() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let page = browser_of(house, &seed).await.get("/account/profile").await;
        page.shows(&seed.username).shows("林*雨").shows("199****0101").shows("1992-**-**");
        page.shows("建设银行").shows("**** 1007");
        for secret in [&seed.name, &seed.id_number, &seed.phone, &seed.card_no] {
            page.hides(secret);
            assert!(!page.html.contains(secret.as_str()), "{secret} is in the source of the page");
        }
        assert!(!page.has("main form"), "it is to look at only");
        assert_eq!(page.header("cache-control"), Some("no-store"));
    })
    .await;
}

#[tokio::test]
async fn the_profile_leads_back_to_the_exact_address_that_a_portal_registered() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        let open = async |client: &str, address: &str| {
            let mut url = house.issuer.join("/account/profile").unwrap();
            url.query_pairs_mut().append_pair("client_id", client).append_pair("return_to", address);
            browser.get(url.as_str()).await
        };
        let page = open("exam", "https://exam.example/").await;
        page.shows("返回考试报名");
        assert!(page.has("main a[href='https://exam.example/']"));
        for (client, address) in [
            ("exam", "https://exam.example/other"),
            ("exam", "https://exam.example"),
            ("exam", "https://evil.example/"),
            ("exam", "javascript:alert(1)"),
            ("insurance", "https://exam.example/"),
            ("nobody", "https://exam.example/"),
            ("", ""),
        ] {
            let page = open(client, address).await;
            assert_eq!(page.status, 200, "{client} {address}");
            page.hides("返回考试报名").hides("返回社会保险");
            assert!(!page.has("main section + .btns a"), "{client} {address}");
        }
    })
    .await;
}

#[tokio::test]
async fn s2_15_the_verification_centre_lists_the_proofs() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let page = browser_of(house, &seed).await.get("/account/verification").await;
        page.shows("一级·手机认证").shows("二级·实名认证").shows("三级·实人认证").shows("未开通");
        page.shows("有效期至2028-11-21").shows("199****0101").shows("1007").shows("有效").hides(&seed.phone);
    })
    .await;
}

/// The registration of somebody who claims the identity of 陈志远 and proves it at his bank.
async fn claim_identity(house: &House) -> Page {
    let seed = menfu::demo::seeds().unwrap().remove(PHONE_ONLY);
    let browser = house.browser();
    let page = browser.get("/register/person").await;
    let login = page.form().set("username", "rightful_owner").set("password", seed.password.expose());
    let page = browser.submit(login.set("confirm", seed.password.expose()).set("agree", "on")).await;
    let identity = |page: &Page| identity(page, &seed.name, &seed.id_number);
    let page = browser.submit(identity(&page).press("next")).await;
    page.shows("自然人证件号码已被使用");
    let page = browser.submit(identity(&page).press("claim")).await;
    let proof = |page: &Page| page.form().set("choice", "bank").set("phone", &seed.phone);
    let page = browser.submit(proof(&page).press("sms")).await;
    let code = house.code(&seed.phone).await;
    let form = proof(&page).set("bank", &seed.bank).set("account", &seed.card_no).set("sms", &code);
    browser.submit(form.set("bankok", "on").press("next")).await
}

fn identity(page: &Page, name: &str, number: &str) -> Form {
    page.form().set("name", name).set("id_type", "CN_RID").set("id_number", number)
}

/// 陈志远's first account after its document went to who proved it, signed in.
async fn displaced(house: &House) -> Browser {
    let seed = open_account(house, PHONE_ONLY).await;
    let done = claim_identity(house).await;
    assert_eq!(done.url.path(), "/register/person/done", "{}", done.text());
    let browser = house.browser();
    let page = browser.get("/account").await;
    let page = sign_in(&browser, &page, &seed).await;
    assert_eq!(page.url.path(), "/account/document");
    page.shows("您账号中的证件号码已由其持有人通过银行核验认领");
    browser
}

#[tokio::test]
async fn s1_30_a_displaced_account_is_asked_for_its_own_document_on_every_page() {
    house(async |house| {
        let browser = displaced(house).await;
        for path in ["/account", "/account/profile", "/account/verification", "/account/verification/bank"] {
            assert_eq!(browser.get(path).await.url.path(), "/account/document", "{path}");
        }
        let page = browser.get(&house.exam().authorize(&[])).await;
        assert_eq!(page.url.path(), "/account/document");
        let form = identity(&page, "赵明哲", "440399199003070313").press("next");
        let page = browser.submit(form).await;
        assert_eq!(
            page.url.path(),
            "/login/raise-level",
            "his phone went with the document: {}",
            page.text()
        );
        browser.get("/account").await.shows("赵*哲，您好");
        let again = browser.get("/account/document").await;
        assert_eq!(again.url.path(), "/account", "nothing is missing any more");
    })
    .await;
}

#[tokio::test]
async fn s1_30_the_document_of_another_is_refused_and_faults_are_named() {
    house(async |house| {
        let browser = displaced(house).await;
        let page = browser.get("/account/document").await;
        let empty = browser.submit(identity(&page, "", "").press("next")).await;
        empty.shows("请填写姓名").shows("请填写证件号码");
        let wrong = browser.submit(identity(&page, "赵明哲", "440399199003070314").press("next")).await;
        assert_eq!(wrong.url.path(), "/account/document");
        assert_eq!(wrong.form().value("name"), Some("赵明哲"), "what was typed stays");
        let held = browser.submit(identity(&page, "陈志远", "440399199507260137").press("next")).await;
        held.shows("自然人证件号码已被使用");
        let csrf = browser.submit(page.form().press("next").without("csrf")).await;
        assert_eq!(csrf.status, 410);
    })
    .await;
}

#[tokio::test]
async fn people_see_masked_what_address_of_theirs_is_told_to_portals() {
    house(async |house| {
        let browser = browser_of(house, &open_account(house, TOLD_ALL).await).await;
        browser
            .get("/account/profile")
            .await
            .shows("广东省深圳市****")
            .shows("ja***@people.example")
            .hides("无名路");
    })
    .await;
}
