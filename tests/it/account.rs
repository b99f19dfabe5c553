//! The person centre: what is shown, masked, and how a level is raised there or within a portal's request.

use menfu::sandbox::{Service, Verdict};

use crate::citizens::{Citizen, ask_bank, lin, registered_l1, registered_l2};
use crate::harness::{house};

const BANK: &str = "/account/verification/bank";

#[tokio::test]
async fn nobody_sees_an_account_without_signing_in() {
    house(async |house| {
        for path in ["/account", "/account/profile", "/account/verification", BANK, "/account/document"] {
            let page = house.browser().get(path).await;
            assert_eq!(page.url.path(), "/login", "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_profile_is_shown_masked() {
    house(async |house| {
        let who = lin(house);
        let browser = registered_l2(house, "lin_xiaoyu", &who).await;
        let page = browser.get("/account/profile").await;
        page.shows("lin_xiaoyu").shows("林*雨").shows("4***************46").shows("199****0101").shows("建设银行");
        for secret in [&who.name, &who.id_number, &who.phone, &who.card] {
            assert!(!page.html.contains(secret.as_str()), "{secret}");
        }
    })
    .await;
}

#[tokio::test]
async fn s2_03_the_verification_centre_shows_three_levels_and_the_third_is_not_open() {
    house(async |house| {
        let browser = registered_l1(house, "lin_xiaoyu", &lin(house)).await;
        let page = browser.get("/account/verification").await;
        page.shows("手机认证").shows("实名认证").shows("实人认证").shows("未开通").shows("未认证");
    })
    .await;
}

#[tokio::test]
async fn s3_02_a_signed_in_person_is_verified_by_bank() {
    house(async |house| {
        let who = lin(house);
        let browser = registered_l1(house, "lin_xiaoyu", &who).await;
        let session = browser.cookie("menfu-session");
        let page = browser.get(BANK).await;
        let page = ask_bank(house, &browser, &page, &who).await;
        assert_eq!(page.url.path(), "/account/verification", "{}", page.text());
        page.shows("二级·实名认证");
        assert_ne!(browser.cookie("menfu-session"), session, "the session changes its token with the level");
    })
    .await;
}

#[tokio::test]
async fn a_no_of_the_bank_is_told_on_the_form_and_the_next_try_needs_no_code() {
    house(async |house| {
        let who = lin(house);
        let browser = registered_l1(house, "lin_xiaoyu", &who).await;
        let page = browser.get(BANK).await;
        let page = ask_bank(house, &browser, &page, &who.told(house, Verdict::NotDebit, 3)).await;
        page.shows("仅支持借记卡或金融社保卡，不支持信用卡");
        let page = browser.submit(crate::citizens::bank_form(&page, &who, "")).await;
        page.shows("二级·实名认证");
    })
    .await;
}

#[tokio::test]
async fn the_bank_is_asked_about_the_account_s_own_identity() {
    house(async |house| {
        let who = lin(house);
        let browser = registered_l1(house, "lin_xiaoyu", &who).await;
        let other = Citizen { name: "周婉清".to_owned(), ..crate::citizens::zhou(house) };
        let page = browser.get(BANK).await;
        let page = ask_bank(house, &browser, &page, &other).await;
        page.shows("人员姓名或证件类型或证件号与银行登记不匹配");
    })
    .await;
}

#[tokio::test]
async fn a_portal_that_needs_more_leads_through_the_bank_and_gets_its_person() {
    house(async |house| {
        let (who, insurance) = (lin(house), house.insurance());
        let browser = registered_l1(house, "lin_xiaoyu", &who).await;
        let page = browser.get(&insurance.authorize(&[])).await;
        assert_eq!(page.url.path(), "/login/raise-level", "{}", page.text());
        let page = browser.submit(page.form().press("ok")).await;
        assert_eq!(page.url.path(), BANK);
        let back = ask_bank(house, &browser, &page, &who).await;
        let tokens = insurance.exchange(insurance.returned(&back).get("code")).await;
        assert_eq!(tokens.claims("id_token")["acr"], "urn:menfu:acr:L2");
        assert_eq!(house.sandbox.calls(Service::Bank).distinct, 1);
    })
    .await;
}

#[tokio::test]
async fn an_owner_with_a_document_is_not_asked_for_another() {
    house(async |house| {
        let browser = registered_l1(house, "lin_xiaoyu", &lin(house)).await;
        assert_eq!(browser.get("/account/document").await.url.path(), "/account");
    })
    .await;
}
