//! What an operator sees of a running provider: its figures and its readiness, and how it bears a store that cannot write.

use menfu::app::{Doors, Service};
use menfu::storage::{Base, Db, Settings};
use reqwest::StatusCode;
use std::time::Duration;
use tokio::net::TcpListener;

use crate::citizens::{lin, registered_l2};
use crate::harness::{Plan, house, sandbox_of, settings};
use crate::people::{VERIFIED, browser_of, open_account};
use crate::store;

/// The value of a line of `/metrics`.
fn figure(text: &str, start: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(start));
    line.unwrap_or_else(|| panic!("no {start} in\n{text}")).trim().parse().unwrap()
}

#[tokio::test]
async fn sign_ins_tokens_and_refusals_are_counted_and_nothing_about_anybody() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        let rp = house.exam();
        let back = browser.get_once(&rp.authorize(&[])).await;
        rp.exchange(rp.returned(&back).get("code")).await;
        house.browser().get("/440399199205180246/13900000101").await;
        let text = house.service.metrics().await;
        assert_eq!(figure(&text, r#"menfu_sign_ins_total{outcome="succeeded"}"#), 1.0);
        assert_eq!(figure(&text, r#"menfu_tokens_total{grant="authorization_code"}"#), 1.0);
        assert_eq!(figure(&text, r#"menfu_http_requests_total{endpoint="/token",outcome="2xx"}"#), 1.0);
        assert_eq!(figure(&text, r#"menfu_http_refusals_total{endpoint="other",error="not_found"}"#), 1.0);
        assert_eq!(figure(&text, "menfu_database_up "), 1.0);
        assert!(figure(&text, "menfu_database_connections_open ") >= 1.0);
        assert!(figure(&text, "menfu_process_resident_memory_bytes ") > 1e6);
        for secret in ["440399199205180246", "13900000101", "exam", &seed.username.to_string()] {
            assert!(!text.contains(secret), "{secret}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_refused_grant_is_counted_by_its_registered_code() {
    house(async |house| {
        let rp = house.exam();
        let answer = rp.exchange("no-such-code").await;
        assert_eq!(answer.text("error"), "invalid_grant");
        let text = house.service.metrics().await;
        assert_eq!(
            figure(&text, r#"menfu_http_refusals_total{endpoint="/token",error="invalid_grant"}"#),
            1.0
        );
    })
    .await;
}

#[tokio::test]
async fn what_authorize_answers_to_a_client_is_counted_by_its_code_and_what_ends_on_a_page_by_a_word() {
    house(async |house| {
        let (browser, rp) = (house.browser(), house.exam());
        let denied = rp.returned(&browser.get_once(&rp.authorize(&[("prompt", "none")])).await);
        assert_eq!(denied.get("error"), "login_required");
        browser.get_once(&rp.authorize(&[("prompt", "none"), ("response_mode", "form_post")])).await;
        browser.get_once(&rp.authorize(&[("scope", "openid"), ("response_type", "token")])).await;
        browser.get_once(&rp.authorize(&[("redirect_uri", "https://evil.example/")])).await;
        browser.get_once(&rp.authorize(&[("client_id", "nobody")])).await;
        let text = house.service.metrics().await;
        for (error, times) in [
            ("login_required", 2.0),
            ("unsupported_response_type", 1.0),
            ("redirect_mismatch", 1.0),
            ("unknown_client", 1.0),
        ] {
            let line = format!("menfu_http_refusals_total{{endpoint=\"/authorize\",error=\"{error}\"}}");
            assert_eq!(figure(&text, &line), times, "{error}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_calls_of_outside_authorities_are_counted_by_their_outcome() {
    house(async |house| {
        registered_l2(house, "lin2026", &lin(house)).await;
        house.work().await;
        let text = house.service.metrics().await;
        let answered = |authority: &str| {
            figure(
                &text,
                &format!("menfu_authority_calls_total{{authority=\"{authority}\",outcome=\"answered\"}}"),
            )
        };
        assert_eq!(answered("bank"), 1.0);
        assert!(answered("sms") >= 1.0);
        assert_eq!(figure(&text, "menfu_outbox_waiting_messages "), 0.0);
    })
    .await;
}

#[tokio::test]
async fn the_figures_have_a_listener_of_their_own_and_the_public_one_does_not_know_them() {
    let store = store::db().await;
    let (outside, _) = sandbox_of(&store).await;
    let [public, metrics] = [(); 2].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    let at = |listener: &std::net::TcpListener| format!("http://{}", listener.local_addr().unwrap());
    let (issuer, figures) = (at(&public), at(&metrics));
    let listener = |listener: std::net::TcpListener| {
        listener.set_nonblocking(true).unwrap();
        TcpListener::from_std(listener).unwrap()
    };
    let service =
        Service::build(settings(&issuer.parse().unwrap(), Plan::default(), &outside), store.base()).unwrap();
    let doors =
        Doors { public: vec![listener(public)], metrics: Some(listener(metrics)), ..Doors::default() };
    tokio::spawn(async move { service.serve(doors, std::future::pending(), Duration::ZERO).await });
    let get = async |base: &str, path: &str| reqwest::get(format!("{base}{path}")).await.unwrap();
    assert_eq!(get(&issuer, "/metrics").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(get(&figures, "/login").await.status(), StatusCode::NOT_FOUND);
    let answer = get(&figures, "/metrics").await;
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    let text = answer.text().await.unwrap();
    assert_eq!(figure(&text, r#"menfu_http_requests_total{endpoint="other",outcome="4xx"}"#), 1.0);
}

/// The same database through a connection that may not write: a file opened read-only, or a server like a standby.
async fn read_only(store: &store::TestStore) -> Base {
    let url = &store.settings.url;
    let option = if url.starts_with("sqlite:") {
        "mode=ro"
    } else {
        "options=-c%20default_transaction_read_only%3Don"
    };
    let settings = Settings { url: format!("{url}?{option}"), ..store.settings.clone() };
    Base { db: Db::connect(&settings).await.unwrap(), ..store.base() }
}

#[tokio::test]
async fn a_database_that_takes_no_writes_is_not_ready_and_is_still_alive() {
    let store = store::db().await;
    let (outside, _) = sandbox_of(&store).await;
    for (base, status, says) in [
        (store.base(), StatusCode::OK, "ready"),
        (read_only(&store).await, StatusCode::SERVICE_UNAVAILABLE, "the database takes no writes"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let service =
            Service::build(settings(&issuer.parse().unwrap(), Plan::default(), &outside), base).unwrap();
        let routes = service.router().into_make_service_with_connect_info::<std::net::SocketAddr>();
        tokio::spawn(axum::serve(listener, routes).into_future());
        let ready = reqwest::get(format!("{issuer}/readyz")).await.unwrap();
        assert_eq!(ready.status(), status);
        assert_eq!(ready.text().await.unwrap(), says);
        assert_eq!(reqwest::get(format!("{issuer}/healthz")).await.unwrap().status(), StatusCode::OK);
    }
}
