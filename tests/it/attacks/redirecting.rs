//! Answers to a request go to the registered bytes or nowhere, whatever else the request says.

use url::Url;

use crate::harness::{House, Page, Rp, house};
use crate::people::{VERIFIED, browser_of, open_account};

const EVIL: &str = "https%3A%2F%2Fevil.example%2F";

/// Never sent away: a page of ours says why.
#[track_caller]
fn stays(page: &Page, trick: &str) {
    assert!(page.location().is_none(), "{trick} was redirected to {:?}", page.location());
    assert_eq!(page.status, 400, "{trick}");
    assert!(page.has("main"), "{trick}: no page for the person");
}

/// An address made from a registered one by a change.
fn tricks(registered: &str) -> Vec<String> {
    let (scheme, rest) = registered.split_once("://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let made = [
        format!("{scheme}://{host}.evil.example/{path}"),
        format!("{scheme}://evil{host}/{path}"),
        format!("{scheme}://{host}@evil.example/{path}"),
        format!("{scheme}://{host}:secret@evil.example/{path}"),
        format!("{scheme}://evil.example#{host}/{path}"),
        format!("{scheme}://evil.example?{host}/{path}"),
        format!("{scheme}://evil.example\\{host}/{path}"),
        format!("{scheme}://{host}:8443/{path}"),
        format!("{scheme}://{host}:443/{path}"),
        format!("{scheme}://{host}./{path}"),
        format!("{scheme}://{}/{path}", host.to_uppercase()),
        format!("{}://{host}/{path}", scheme.to_uppercase()),
        format!("ftp://{host}/{path}"),
        format!("{scheme}:/{host}/{path}"),
        format!("{scheme}:///{host}/{path}"),
        format!("{scheme}://{host}//{path}"),
        format!("{scheme}://{host}/{path}/"),
        format!("{scheme}://{host}/{path}/../../evil"),
        format!("{scheme}://{host}/evil/../{path}"),
        format!("{scheme}://{host}/evil/%2e%2e/{path}"),
        format!("{scheme}://{host}/{path}%2f..%2fevil"),
        format!("{scheme}://{host}/{path};evil"),
        format!("{scheme}://{host}/{path}?next=https://evil.example"),
        format!("{scheme}://{host}/{path}?"),
        format!("{scheme}://{host}/{path}#"),
        format!("{scheme}://{host}/{path}#evil"),
        format!("{scheme}://{host}/{path}%00"),
        format!("{scheme}://{host}/{path}\r\nLocation: https://evil.example"),
        format!("{scheme}://{host}/{path} "),
        format!("\t{scheme}://{host}/{path}"),
        format!("{scheme}://{host}/{}", path.trim_end_matches('k')),
        format!("{scheme}://{host}/*"),
        format!("{registered},https://evil.example/"),
        format!("{registered} https://evil.example/"),
        path.to_owned(),
    ];
    made.to_vec()
}

fn every_kind(house: &House) -> [Rp; 3] {
    [house.exam(), house.rp("college", Some("secret-of-college")), house.rp("phone_app", None)]
}

#[tokio::test]
async fn no_neighbour_of_a_registered_address_is_gone_to_by_any_kind_of_client() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let browser = browser_of(house, &seed).await;
        for mut rp in every_kind(house) {
            for trick in tricks(&rp.redirect_uri.clone()) {
                rp.redirect_uri.clone_from(&trick);
                stays(&browser.get_once(&rp.authorize(&[("scope", "openid")])).await, &trick);
                let quiet = browser.get_once(&rp.authorize(&[("scope", "openid"), ("prompt", "none")])).await;
                stays(&quiet, &trick);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_posted_request_is_checked_before_it_is_parked() {
    house(async |house| {
        let mut exam = house.exam();
        for trick in tricks(&exam.redirect_uri.clone()) {
            exam.redirect_uri.clone_from(&trick);
            let fields: Vec<_> =
                Url::parse(&exam.authorize(&[])).unwrap().query_pairs().into_owned().collect();
            stays(&house.browser().post("/authorize", &fields).await, &trick);
        }
    })
    .await;
}

#[tokio::test]
async fn a_second_address_or_client_in_the_query_is_no_choice_of_the_attacker() {
    house(async |house| {
        let (exam, browser) = (house.exam(), house.browser());
        for extra in [
            format!("redirect_uri={EVIL}"),
            "redirect_uri=https%3A%2F%2Fexam.example%2Fcallback".to_owned(),
            "client_id=insurance".to_owned(),
            "client_id=exam".to_owned(),
        ] {
            let honest = exam.authorize(&[("prompt", "none")]);
            stays(&browser.get_once(&format!("{honest}&{extra}")).await, &extra);
            let (base, query) = honest.split_once('?').unwrap();
            stays(&browser.get_once(&format!("{base}?{extra}&{query}")).await, &extra);
        }
    })
    .await;
}

#[tokio::test]
async fn a_repeated_parameter_is_an_error_to_the_registered_address_only() {
    house(async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (exam, browser) = (house.exam(), browser_of(house, &seed).await);
        for extra in
            ["scope=openid", "response_type=code", "nonce=x", "code_challenge_method=plain", "prompt=none"]
        {
            let page = browser.get_once(&format!("{}&{extra}&{extra}", exam.authorize(&[]))).await;
            let returned = exam.returned(&page);
            assert_eq!(returned.get("error"), "invalid_request", "{extra}");
            assert!(returned.find("code").is_none(), "{extra}");
        }
    })
    .await;
}

#[tokio::test]
async fn no_other_client_s_address_is_gone_to() {
    house(async |house| {
        let all = [house.exam(), house.insurance(), house.rp("college", Some("secret-of-college"))];
        for one in &all {
            for other in all.iter().filter(|other| other.client_id != one.client_id) {
                let mut liar = one.clone();
                liar.redirect_uri.clone_from(&other.redirect_uri);
                stays(&house.browser().get_once(&liar.authorize(&[])).await, &liar.redirect_uri);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn only_a_native_application_chooses_a_loopback_port_and_only_for_http_by_number() {
    let mut plan = crate::harness::Plan::default();
    let registered =
        "redirect_uris = [\"https://college.example/callback\", \"https://college.example/second\"]";
    assert!(plan.clients.contains(registered));
    let with_loopback = "redirect_uris = [\"http://127.0.0.1/callback\"]";
    plan.clients = plan.clients.replace(registered, with_loopback);
    crate::harness::house_of(plan, async |house| {
        let ask = [("scope", "openid"), ("prompt", "none")];
        let mut web = house.rp("college", Some("secret-of-college"));
        let mut app = house.rp("phone_app", None);
        web.redirect_uri = "http://127.0.0.1:53123/callback".to_owned();
        stays(&house.browser().get_once(&web.authorize(&ask)).await, "a web client's port");
        for trick in [
            "http://127.0.0.1:53123/callback/",
            "http://127.0.0.1:53123/callback?x=1",
            "http://127.0.0.1:53123/callback#x",
            "http://127.0.0.1:99999/callback",
            "http://127.0.0.1:/callback",
            "http://127.0.0.1:5 3/callback",
            "http://127.0.0.1:@evil.example/callback",
            "http://127.0.0.1:53123@evil.example/callback",
            "http://user@127.0.0.1:53123/callback",
            "http://127.0.0.1.evil.example:53123/callback",
            "http://127.0.0.2:53123/callback",
            "http://127.1:53123/callback",
            "http://2130706433:53123/callback",
            "http://localhost:53123/callback",
            "http://[::1]:53123/callback",
            "https://127.0.0.1:53123/callback",
            "https://phone_app.example:53123/callback",
        ] {
            app.redirect_uri = trick.to_owned();
            stays(&house.browser().get_once(&app.authorize(&ask)).await, trick);
        }
    })
    .await;
}

#[tokio::test]
async fn every_error_brings_state_and_issuer_and_a_plain_description() {
    house(async |house| {
        let exam = house.exam();
        let odd = "\"\\\r\n\t门符<script>\u{7f}";
        for (name, value) in [
            ("response_type", "token"),
            ("response_type", odd),
            ("scope", odd),
            ("scope", "openid everything"),
            ("scope", ""),
            ("prompt", "none login"),
            ("prompt", odd),
            ("max_age", "-1"),
            ("max_age", odd),
            ("claims", "{"),
            ("claims", odd),
            ("code_challenge", odd),
            ("code_challenge_method", odd),
            ("response_mode", odd),
            ("request", "a.b.c"),
            ("request_uri", "https://evil.example/request"),
            ("registration", "{}"),
            ("id_token_hint", odd),
        ] {
            let page = house.browser().get_once(&exam.authorize(&[(name, value)])).await;
            let Some(url) = page.location() else {
                panic!("{name}={value:?}: {} {}", page.status, page.text())
            };
            if url.path() == "/login" {
                // What is only a wish may be passed over, with an ordinary sign-in.
                assert!(
                    ["scope", "prompt", "id_token_hint", "claims", "response_mode"].contains(&name),
                    "{name}"
                );
                continue;
            }
            let returned = exam.returned(&page);
            assert!(returned.find("code").is_none(), "{name}={value:?}");
            assert_eq!(returned.get("state"), "state-of-the-test", "{name}");
            assert_eq!(returned.get("iss"), house.issuer.as_str().trim_end_matches('/'), "{name}");
            let description = returned.get("error_description");
            let plain = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
            assert!(description.chars().all(plain), "{name}: {description:?}");
        }
    })
    .await;
}
