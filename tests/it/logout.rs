//! Sign-out: RP-initiated everywhere at once, asked where nobody proves who asks, told by the back channel.

use std::sync::{Arc, Mutex};

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::routing::post;
use chrono::TimeDelta;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::harness::{Answer, Browser, House, Page, Plan, claims_of, header_of, house, house_of};
use crate::people::{VERIFIED, browser_of, code_for, open_account};
use crate::prompts::college;

const SESSION: &str = "menfu-session";

/// Logout tokens as the portals received them.
type Received = Arc<Mutex<Vec<String>>>;

/// A portal that listens for logout tokens; it is down for the first few.
async fn listener(failures: usize) -> (String, Received) {
    let received = Received::default();
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/backchannel", socket.local_addr().unwrap());
    let hear = move |State(received): State<Received>, Form(form): Form<Vec<(String, String)>>| async move {
        let token = form.into_iter().find(|(name, _)| name == "logout_token").unwrap().1;
        let mut received = received.lock().unwrap();
        received.push(token);
        if received.len() <= failures { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }
    };
    let router = axum::Router::new().route("/backchannel", post(hear)).with_state(received.clone());
    tokio::spawn(axum::serve(socket, router).into_future());
    (uri, received)
}

/// A plan in which these clients want to be told.
fn telling(clients: &[(&str, &str)]) -> Plan {
    let mut plan = Plan::default();
    for (id, uri) in clients {
        let entry = format!("client_id = \"{id}\"\n");
        plan.clients = plan.clients.replace(&entry, &format!("{entry}backchannel_logout_uri = \"{uri}\"\n"));
    }
    plan
}

fn logout_url(house: &House, parameters: &[(&str, &str)]) -> String {
    let mut url = house.issuer.join("/logout").unwrap();
    url.query_pairs_mut().extend_pairs(parameters);
    url.into()
}

/// Signed in at both portals; the exam portal's tokens.
async fn at_both_portals(house: &House) -> (Browser, Answer) {
    let seed = open_account(house, VERIFIED).await;
    let (browser, code) = code_for(house, &house.exam(), &seed, &[]).await;
    let tokens = house.exam().exchange(&code).await;
    let back = browser.get_once(&house.insurance().authorize(&[])).await;
    house.insurance().exchange(house.insurance().returned(&back).get("code")).await;
    (browser, tokens)
}

async fn is_signed_in(house: &House, browser: &Browser) -> bool {
    let page = browser.get_once(&house.exam().authorize(&[("prompt", "none")])).await;
    house.exam().returned(&page).find("code").is_some()
}

#[tokio::test]
async fn a_portal_that_proves_who_asks_ends_the_session_everywhere() {
    house(async |house| {
        let (browser, tokens) = at_both_portals(house).await;
        let token = browser.cookie(SESSION).unwrap();
        let url = logout_url(
            house,
            &[
                ("id_token_hint", tokens.text("id_token")),
                ("post_logout_redirect_uri", "https://exam.example/"),
                ("state", "bye"),
            ],
        );
        let page = browser.get_once(&url).await;
        assert_eq!(page.location().unwrap().as_str(), "https://exam.example/?state=bye");
        assert!(browser.cookie(SESSION).is_none());
        browser.set_cookie(SESSION, &token);
        assert!(!is_signed_in(house, &browser).await, "the session is over, not just its cookie");
        assert_eq!(house.exam().userinfo(tokens.text("access_token")).await.status, 401);
        assert_eq!(house.exam().refresh(tokens.text("refresh_token")).await.text("error"), "invalid_grant");
    })
    .await;
}

#[tokio::test]
async fn every_portal_is_told_by_the_back_channel_before_the_redirect() {
    let (exam_uri, exam_heard) = listener(0).await;
    let (insurance_uri, insurance_heard) = listener(0).await;
    house_of(telling(&[("exam", &exam_uri), ("insurance", &insurance_uri)]), async |house| {
        let (browser, tokens) = at_both_portals(house).await;
        browser.get_once(&logout_url(house, &[("id_token_hint", tokens.text("id_token"))])).await;
        let id_token = tokens.claims("id_token");
        let heard = exam_heard.lock().unwrap().clone();
        assert_eq!(heard.len(), 1);
        let claims = claims_of(&heard[0]);
        for claim in ["iss", "sub", "aud", "sid"] {
            assert_eq!(claims[claim], id_token[claim], "{claim}");
        }
        assert!(claims["events"]["http://schemas.openid.net/event/backchannel-logout"].is_object());
        assert_eq!(claims["nonce"], Value::Null);
        assert!(claims["iat"].is_i64() && claims["jti"].is_string());
        let key = |token: &str| header_of(token)["kid"].clone();
        assert_eq!(key(&heard[0]), key(tokens.text("id_token")), "signed like an ID token");
        let other = claims_of(&insurance_heard.lock().unwrap()[0]);
        assert_eq!(other["aud"], "insurance");
        assert_ne!(other["sid"], claims["sid"]);
        assert_ne!(other["sub"], claims["sub"], "pairwise");
    })
    .await;
}

#[tokio::test]
async fn a_portal_that_fails_is_told_again_and_holds_up_nobody() {
    let (uri, heard) = listener(2).await;
    let (good_uri, good_heard) = listener(0).await;
    let plan = telling(&[("exam", &uri), ("insurance", &good_uri)]);
    house_of(plan, async |house| {
        let (browser, tokens) = at_both_portals(house).await;
        let page = browser.get_once(&logout_url(house, &[("id_token_hint", tokens.text("id_token"))])).await;
        assert_eq!(page.status, 200);
        assert_eq!(good_heard.lock().unwrap().len(), 1);
        assert_eq!(heard.lock().unwrap().len(), 1, "told at once, in vain");
        for _ in 0..3 {
            house.pass(TimeDelta::hours(1));
            house.work().await;
        }
        assert_eq!(heard.lock().unwrap().len(), 3, "told again until it listened");
    })
    .await;
}

#[tokio::test]
async fn without_a_hint_the_person_is_asked() {
    house(async |house| {
        let (browser, _) = at_both_portals(house).await;
        let page = browser.get(&logout_url(house, &[])).await;
        assert!(is_signed_in(house, &browser).await, "a link from anywhere signs nobody out");
        page.shows("考试报名").shows("社会保险");
        browser.submit(page.form().press("all")).await;
        assert!(!is_signed_in(house, &browser).await);
    })
    .await;
}

#[tokio::test]
async fn somebody_else_s_hint_is_asked_about() {
    house(async |house| {
        let (_, theirs) = at_both_portals(house).await;
        let other = open_account(house, crate::people::SOMEBODY_ELSE).await;
        let browser = browser_of(house, &other).await;
        browser.get(&logout_url(house, &[("id_token_hint", theirs.text("id_token"))])).await;
        assert!(is_signed_in(house, &browser).await);
    })
    .await;
}

#[tokio::test]
async fn leaving_one_portal_keeps_the_session() {
    house(async |house| {
        let (browser, _) = at_both_portals(house).await;
        let back = [("client_id", "exam"), ("post_logout_redirect_uri", "https://exam.example/")];
        let page = browser.get(&logout_url(house, &back)).await;
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("form-action 'self' https://exam.example"), "{policy}");
        let page = browser.submit(page.form().press("client")).await;
        assert_eq!(page.location().unwrap().as_str(), "https://exam.example/");
        assert!(is_signed_in(house, &browser).await);
    })
    .await;
}

#[tokio::test]
async fn an_address_that_is_not_registered_is_never_gone_to() {
    house(async |house| {
        let (browser, tokens) = at_both_portals(house).await;
        for uri in [
            "https://evil.example/",
            "https://exam.example/?x=1",
            "https://exam.example",
            "https://insurance.example/",
        ] {
            let url = logout_url(
                house,
                &[("id_token_hint", tokens.text("id_token")), ("post_logout_redirect_uri", uri)],
            );
            let page: Page = browser.get_once(&url).await;
            assert!(page.location().is_none(), "{uri}");
            assert!(page.status.is_client_error(), "{uri}: {}", page.status);
            assert!(is_signed_in(house, &browser).await, "{uri}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_forged_hint_ends_nothing() {
    house(async |house| {
        let (browser, tokens) = at_both_portals(house).await;
        let (head, _) = tokens.text("id_token").rsplit_once('.').unwrap();
        for hint in [format!("{head}."), format!("{head}.AAAA"), "x".to_owned()] {
            let page = browser.get_once(&logout_url(house, &[("id_token_hint", &hint)])).await;
            assert!(page.status.is_client_error(), "{}", page.status);
            assert!(is_signed_in(house, &browser).await);
        }
    })
    .await;
}

#[tokio::test]
async fn a_portal_s_own_post_is_answered_like_its_get() {
    house(async |house| {
        let (browser, tokens) = at_both_portals(house).await;
        let fields = [
            ("id_token_hint", tokens.text("id_token")),
            ("post_logout_redirect_uri", "https://exam.example/"),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let page = browser.post("/logout", &fields).await;
        assert_eq!(page.location().unwrap().as_str(), "https://exam.example/");
        assert!(browser.cookie(SESSION).is_none());
    })
    .await;
}

#[tokio::test]
async fn nobody_signed_in_is_signed_out_already() {
    house(async |house| {
        let page = house.browser().get_once("/logout").await;
        assert_eq!(page.status, 200);
    })
    .await;
}

/// A portal that can only be told by the browser.
fn framed(plan: Plan, client: &str, uri: &str) -> Plan {
    let entry = format!("client_id = \"{client}\"\n");
    let clients = plan.clients.replace(&entry, &format!("{entry}frontchannel_logout_uri = \"{uri}\"\n"));
    Plan { clients, ..plan }
}

/// Front-Channel Logout §2, §3; C8.
#[tokio::test]
async fn a_portal_that_asks_for_a_frame_is_loaded_in_one_with_iss_and_sid_and_then_the_browser_goes_on() {
    let plan = framed(Plan::default(), "insurance", "https://insurance.example/bye?by=menfu");
    house_of(plan, async |house| {
        let (browser, tokens) = at_both_portals(house).await;
        let sid = {
            let back = browser.get_once(&house.insurance().authorize(&[])).await;
            let tokens = house.insurance().exchange(house.insurance().returned(&back).get("code")).await;
            tokens.claims("id_token")["sid"].as_str().unwrap().to_owned()
        };
        let url = logout_url(
            house,
            &[
                ("id_token_hint", tokens.text("id_token")),
                ("post_logout_redirect_uri", "https://exam.example/"),
                ("state", "a&b"),
            ],
        );
        let page = browser.get_once(&url).await;
        assert_eq!((page.status.as_u16(), page.location()), (200, None));
        let frame: url::Url = page.attr("iframe", "src").unwrap().parse().unwrap();
        assert!(frame.as_str().starts_with("https://insurance.example/bye?by=menfu&iss="), "{frame}");
        let issuer = house.issuer.as_str().trim_end_matches('/');
        let told: Vec<(String, String)> = frame.query_pairs().into_owned().skip(1).collect();
        assert_eq!(told, [("iss".to_owned(), issuer.to_owned()), ("sid".to_owned(), sid)]);
        assert_eq!(page.attr("a[data-onward]", "href").unwrap(), "https://exam.example/?state=a%26b");
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.ends_with("; frame-src https://insurance.example"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(browser.cookie(SESSION).is_none());
        assert!(!is_signed_in(house, &browser).await);
        let again = browser.get_once(&url).await;
        assert_eq!(
            again.location().unwrap().as_str(),
            "https://exam.example/?state=a%26b",
            "nobody is told twice"
        );
    })
    .await;
}

#[tokio::test]
async fn who_did_not_take_part_or_was_only_left_is_loaded_in_no_frame() {
    let plan = framed(Plan::default(), "college", "https://college.example/bye");
    let plan = framed(plan, "exam", "https://exam.example/bye");
    house_of(plan, async |house| {
        let (browser, _) = at_both_portals(house).await;
        let question = browser.get("/logout?client_id=exam").await;
        let left = browser.submit(question.form().press("client")).await;
        assert!(!left.has("iframe"));
        let question = browser.get(&logout_url(house, &[])).await;
        let page = browser.submit(question.form().press("all")).await;
        assert!(page.attr("iframe", "src").unwrap().starts_with("https://exam.example/bye?iss="));
        assert_eq!(page.texts_of("iframe").len(), 1, "college was never signed in to");
    })
    .await;
}

#[tokio::test]
async fn the_page_names_the_portals_that_the_back_channel_has_not_reached() {
    let (uri, _) = listener(1).await;
    house_of(telling(&[("insurance", &uri)]), async |house| {
        let (browser, _) = at_both_portals(house).await;
        let question = browser.get(&logout_url(house, &[])).await;
        let page = browser.submit(question.form().press("all")).await;
        page.shows("以下业务系统暂时没有回应");
        page.shows("社会保险");
        house.pass(TimeDelta::seconds(3));
    })
    .await;
}

/// A15: what was granted is taken back, and the portal that holds a session by it hears so; the session here goes on.
#[tokio::test]
async fn a_portal_whose_consent_is_taken_back_is_told_by_the_back_channel_and_no_other_is() {
    let (college_uri, college_heard) = listener(0).await;
    let (exam_uri, exam_heard) = listener(0).await;
    house_of(telling(&[("college", &college_uri), ("exam", &exam_uri)]), async |house| {
        let (college, seed) = (college(house), open_account(house, VERIFIED).await);
        let (browser, _) = code_for(house, &house.exam(), &seed, &[]).await;
        let page = browser.get(&college.authorize(&[])).await;
        let back = browser.submit(page.form().press("yes")).await;
        let tokens = college.exchange(college.returned(&back).get("code")).await;
        let form = browser.get("/account/apps").await.form_of(".rows form");
        browser.submit(form.clone()).await.shows("已取消授权");
        let heard = college_heard.lock().unwrap().clone();
        assert_eq!(heard.len(), 1);
        let (told, id_token) = (claims_of(&heard[0]), tokens.claims("id_token"));
        for claim in ["iss", "sub", "aud", "sid"] {
            assert_eq!(told[claim], id_token[claim], "{claim}");
        }
        browser.submit(form).await;
        assert_eq!(college_heard.lock().unwrap().len(), 1, "once");
        assert!(exam_heard.lock().unwrap().is_empty());
        assert!(is_signed_in(house, &browser).await);
        let page = browser.get(&logout_url(house, &[])).await;
        browser.submit(page.form().press("all")).await;
        assert_eq!(college_heard.lock().unwrap().len(), 1, "it takes no part any more");
        assert_eq!(exam_heard.lock().unwrap().len(), 1);
    })
    .await;
}
