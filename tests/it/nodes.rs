//! Two nodes on one database and one Redis are one provider: any request may land on either.

use std::sync::{Arc, Mutex};

use axum::extract::Form;
use axum::routing::post;
use menfu::audit::Audit;
use menfu::keys::Keys;
use menfu::policy::{CaptchaAtLogin, CaptchaKind};
use menfu::protocol::client::SigningAlg;
use tokio::net::TcpListener;

use crate::captchas::answer_to;
use crate::citizens::{citizen, lin, registered_l1, registered_l2};
use crate::harness::{Plan, nodes, nodes_of};
use crate::people::{VERIFIED, browser_of, code_for, open_account, sign_in, tokens_for, typed};

const SESSION: &str = "menfu-session";

#[tokio::test]
async fn a_registration_may_change_the_node_at_every_step() {
    nodes(async |nodes| {
        let house = nodes.by_turns();
        registered_l2(house, "lin_xiaoyu", &lin(house)).await;
        registered_l1(house, "chen_zhiyuan", &citizen(house, "陈志远")).await;
        for node in [nodes.on_a(), nodes.on_b()] {
            let browser = node.browser();
            let login = browser.get("/login").await;
            let account = browser.submit(typed(&login, "lin_xiaoyu", crate::citizens::PASSWORD)).await;
            account.shows("二级·实名认证");
        }
    })
    .await;
}

#[tokio::test]
async fn a_code_of_one_node_is_redeemed_at_the_other_and_so_on() {
    nodes(async |nodes| {
        let seed = open_account(nodes, VERIFIED).await;
        let exam = nodes.exam();
        let (browser, code) = code_for(nodes.on_a(), &exam, &seed, &[]).await;
        nodes.on_b();
        let tokens = exam.exchange(&code).await;
        assert_eq!(tokens.status, 200, "{}", tokens.json);
        nodes.on_a();
        assert_eq!(exam.userinfo(tokens.text("access_token")).await.status, 200);
        nodes.on_b();
        let again = exam.refresh(tokens.text("refresh_token")).await;
        assert_eq!(again.status, 200, "{}", again.json);
        nodes.on_a();
        assert_eq!(exam.introspect(again.text("access_token")).await.json["active"], true);
        nodes.on_b();
        let back = browser.get_once(&exam.authorize(&[("prompt", "none")])).await;
        assert!(exam.returned(&back).find("code").is_some(), "the session is known at the other node");
    })
    .await;
}

#[tokio::test]
async fn a_code_redeemed_at_one_node_is_a_replay_at_the_other() {
    nodes(async |nodes| {
        let seed = open_account(nodes, VERIFIED).await;
        let exam = nodes.exam();
        let (_, code) = code_for(nodes.on_a(), &exam, &seed, &[]).await;
        let tokens = exam.exchange(&code).await;
        assert_eq!(tokens.status, 200);
        nodes.on_b();
        assert_eq!(exam.exchange(&code).await.text("error"), "invalid_grant");
        assert_eq!(exam.refresh(tokens.text("refresh_token")).await.text("error"), "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_replayed_at_the_other_node_ends_the_family_at_both() {
    nodes(async |nodes| {
        let seed = open_account(nodes, VERIFIED).await;
        let exam = nodes.exam();
        let first = tokens_for(nodes.on_a(), &exam, &seed, &[]).await.1;
        nodes.on_b();
        let second = exam.refresh(first.text("refresh_token")).await;
        nodes.on_a();
        let third = exam.refresh(second.text("refresh_token")).await;
        nodes.on_b();
        assert_eq!(exam.refresh(first.text("refresh_token")).await.text("error"), "invalid_grant");
        nodes.on_a();
        assert_eq!(exam.refresh(third.text("refresh_token")).await.text("error"), "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn a_logout_at_one_node_ends_the_session_at_the_other_and_tells_the_portal() {
    let heard = Arc::new(Mutex::new(0));
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/backchannel", socket.local_addr().unwrap());
    let count = heard.clone();
    let hear = move |Form(_): Form<Vec<(String, String)>>| {
        *count.lock().unwrap() += 1;
        std::future::ready(())
    };
    tokio::spawn(axum::serve(socket, axum::Router::new().route("/backchannel", post(hear))).into_future());
    let mut plan = Plan::default();
    let entry = "client_id = \"exam\"\n";
    plan.clients = plan.clients.replace(entry, &format!("{entry}backchannel_logout_uri = \"{uri}\"\n"));
    nodes_of(plan, async |nodes| {
        let seed = open_account(nodes, VERIFIED).await;
        let exam = nodes.exam();
        let (browser, tokens) = tokens_for(nodes.on_b(), &exam, &seed, &[]).await;
        let session = browser.cookie(SESSION).unwrap();
        nodes.on_a();
        let mut url = nodes.issuer.join("/logout").unwrap();
        url.query_pairs_mut().append_pair("id_token_hint", tokens.text("id_token"));
        browser.get_once(url.as_str()).await;
        assert_eq!(*heard.lock().unwrap(), 1, "told before the page");
        browser.set_cookie(SESSION, &session);
        nodes.on_b();
        let back = browser.get_once(&exam.authorize(&[("prompt", "none")])).await;
        assert_eq!(exam.returned(&back).get("error"), "login_required");
        assert_eq!(exam.refresh(tokens.text("refresh_token")).await.text("error"), "invalid_grant");
        nodes.other.work().await;
        assert_eq!(*heard.lock().unwrap(), 1, "told once, not by each node");
    })
    .await;
}

#[tokio::test]
async fn a_captcha_drawn_at_one_node_is_solved_at_the_other_and_only_once() {
    let mut plan = Plan::default();
    plan.policy.captcha.kind = CaptchaKind::Image;
    plan.policy.captcha.login = CaptchaAtLogin::Always;
    nodes_of(plan, async |nodes| {
        let seed = open_account(nodes, VERIFIED).await;
        let browser = nodes.on_a().browser();
        let page = browser.get("/login").await;
        let id = page.form().value("captcha_id").unwrap().to_owned();
        let form = typed(&page, &seed.username, seed.password.expose()).set("captcha", &answer_to(&id));
        nodes.on_b();
        assert_eq!(browser.get(&format!("/captcha?id={id}")).await.status, 200);
        browser.submit(form.clone()).await;
        assert!(browser.cookie(SESSION).is_some());
        nodes.on_a();
        assert_eq!(browser.get(&format!("/captcha?id={id}")).await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn rates_count_what_both_nodes_saw() {
    nodes(async |nodes| {
        let browser = nodes.by_turns().browser();
        let check = async || browser.get("/register/username?username=lin_xiaoyu").await;
        for _ in 0..10 {
            assert_eq!(check().await.status, 200);
        }
        for house in [nodes.on_a(), nodes.on_b()] {
            let refused = house.browser().get("/register/username?username=lin_xiaoyu").await;
            assert!(refused.status == 429 || refused.html.contains("操作过于频繁"), "{}", refused.html);
        }
    })
    .await;
}

#[tokio::test]
async fn s4_17_failures_at_both_nodes_lock_both() {
    nodes(async |nodes| {
        let seed = open_account(nodes, VERIFIED).await;
        let browser = nodes.by_turns().browser();
        let mut page = browser.get("/login").await;
        for _ in 0..5 {
            page = browser.submit(typed(&page, &seed.username, "Wrong2026Guess")).await;
        }
        page.shows("账号已锁定");
        for house in [nodes.on_a(), nodes.on_b()] {
            let browser = house.browser();
            let login = browser.get("/login").await;
            sign_in(&browser, &login, &seed).await.shows("账号已锁定");
        }
    })
    .await;
}

#[tokio::test]
async fn keys_rotated_beside_one_node_sign_and_verify_at_both() {
    nodes(async |nodes| {
        let seed = open_account(nodes, VERIFIED).await;
        let exam = nodes.exam();
        let (browser, old) = tokens_for(nodes.by_turns(), &exam, &seed, &[]).await;
        let base = nodes.another_base().await;
        Keys::new(base.clone(), Audit::new(base))
            .rotate(&nodes.service.own_ctx(), SigningAlg::Es256)
            .await
            .unwrap();
        nodes.pass(chrono::TimeDelta::hours(25));
        let _ = browser;
        for house in [nodes.on_a(), nodes.on_b()] {
            let (other, fresh) = tokens_for(house, &exam, &seed, &[]).await;
            assert_ne!(kid(old.text("id_token")), kid(fresh.text("id_token")));
            for there in [nodes.on_a(), nodes.on_b()] {
                let published = exam.get_json("/jwks").await.json.to_string();
                assert!(published.contains(&kid(fresh.text("id_token"))), "{published}");
                let hint = [("prompt", "none"), ("id_token_hint", fresh.text("id_token"))];
                let back = other.get_once(&there.exam().authorize(&hint)).await;
                assert!(exam.returned(&back).find("code").is_some());
            }
        }
    })
    .await;
}

fn kid(jwt: &str) -> String {
    use base64::Engine;
    let header = jwt.split('.').next().unwrap();
    let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(header).unwrap();
    serde_json::from_slice::<serde_json::Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_request_parked_at_one_node_goes_on_at_the_other() {
    nodes(async |nodes| {
        let seed = open_account(nodes, VERIFIED).await;
        let exam = nodes.exam();
        let browser = nodes.on_a().browser();
        let login = browser.get(&exam.authorize(&[])).await;
        nodes.on_b();
        let back = sign_in(&browser, &login, &seed).await;
        let code = exam.returned(&back).get("code").to_owned();
        nodes.on_a();
        assert_eq!(exam.exchange(&code).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_signed_in_browser_is_the_same_person_at_both() {
    nodes(async |nodes| {
        let seed = open_account(nodes, VERIFIED).await;
        let browser = browser_of(nodes.on_a(), &seed).await;
        nodes.on_b();
        browser.get("/account").await.shows("二级·实名认证");
    })
    .await;
}
