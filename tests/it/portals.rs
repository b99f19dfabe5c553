//! The portals against a provider that says what each test wants: what they believe, and what they refuse.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Redirect;
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use menfu::demo::{Portal, PortalKind, PortalSettings, serve};
use menfu::kernel::{Clock, ManualClock, Secret, SeededRng, Timestamp};
use menfu::render::Renderer;
use openidconnect::core::{CoreEdDsaPrivateSigningKey, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKeyId, PrivateSigningKey as _};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket};

const NOW: Timestamp = Timestamp::from_seconds(1_795_248_000);
const L1: &str = "urn:menfu:acr:L1";
const L2: &str = "urn:menfu:acr:L2";

type Params = BTreeMap<String, String>;

/// What the fake provider says, changed by the tests.
struct Says {
    issuer: String,
    /// Replaces claims of the ID token.
    claims: Value,
    /// Replaces parameters of the authorization response; null leaves one out.
    response: Value,
    /// The number of the signing key.
    key: u8,
    /// What the portal asked last.
    asked: Params,
    discoveries: u32,
}

type Op = State<Arc<Mutex<Says>>>;

fn signing_key(number: u8) -> CoreEdDsaPrivateSigningKey {
    // RFC 8410 §7: the private key's fixed head, then its 32 bytes.
    let mut der = [0; 48];
    der[..16].copy_from_slice(&[0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20]);
    der[16..].fill(number);
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----", STANDARD.encode(der));
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(JsonWebKeyId::new(format!("k{number}")))).unwrap()
}

fn sign(key: u8, typ: &str, claims: &Value) -> String {
    let header = json!({ "alg": "EdDSA", "kid": format!("k{key}"), "typ": typ });
    let message = [&header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
    let signature = signing_key(key).sign(&CoreJwsSigningAlgorithm::EdDsa, message.as_bytes()).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn replace(object: &mut Value, changes: &Value) {
    for (name, value) in changes.as_object().unwrap() {
        object[name] = value.clone();
    }
}

async fn discovery(State(op): Op) -> Json<Value> {
    let mut op = op.lock().unwrap();
    op.discoveries += 1;
    let at = |path: &str| format!("{}{path}", op.issuer);
    Json(json!({
        "issuer": op.issuer, "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
        "userinfo_endpoint": at("/userinfo"), "jwks_uri": at("/jwks"), "end_session_endpoint": at("/logout"),
        "response_types_supported": ["code"], "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256", "EdDSA"],
    }))
}

async fn jwks(State(op): Op) -> Json<Value> {
    Json(json!({ "keys": [signing_key(op.lock().unwrap().key).as_verification_key()] }))
}

async fn authorize(State(op): Op, Query(asked): Query<Params>) -> Redirect {
    let mut op = op.lock().unwrap();
    let mut response = json!({ "code": "c1", "state": asked["state"], "iss": op.issuer });
    replace(&mut response, &op.response);
    let given =
        response.as_object().unwrap().iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
    let to = format!("{}?{query}", asked["redirect_uri"]);
    op.asked = asked;
    Redirect::to(&to)
}

async fn token(State(op): Op, headers: HeaderMap, Form(form): Form<Params>) -> Json<Value> {
    let op = op.lock().unwrap();
    // RFC 6749 §2.3.1 and RFC 7636 §4.6.
    assert_eq!(headers["authorization"], format!("Basic {}", STANDARD.encode("portal:a+secret%3A%2F")));
    let challenge = menfu::kernel::HashedToken::of(&form["code_verifier"]);
    assert_eq!(challenge.as_str(), op.asked["code_challenge"]);
    let now = NOW.seconds();
    let mut claims = json!({
        "iss": op.issuer, "aud": "portal", "sub": "p_1", "sid": "s1", "iat": now, "exp": now + 600,
        "nonce": op.asked["nonce"], "acr": L2, "auth_time": now - 60, "amr": ["pwd"],
    });
    replace(&mut claims, &op.claims);
    let id_token = sign(op.key, "JWT", &claims);
    Json(json!({ "access_token": "a1", "token_type": "Bearer", "expires_in": 600, "id_token": id_token }))
}

async fn userinfo() -> Json<Value> {
    Json(
        json!({ "sub": "p_1", "name": "林<晓>雨", "real_name_level": "L2", "phone_number": "+8619900000101" }),
    )
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    (listener, address)
}

/// A provider, a portal, and one browser's cookies.
struct World {
    op: Arc<Mutex<Says>>,
    clock: Arc<ManualClock>,
    portal: String,
    issuer: String,
    /// The provider's port, held so that nobody else is given it, and closed until the provider starts.
    door: Option<TcpSocket>,
    http: reqwest::Client,
    cookies: Params,
}

struct Page {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Page {
    fn location(&self) -> &str {
        self.headers["location"].to_str().unwrap()
    }
}

impl World {
    async fn new(kind: PortalKind) -> Self {
        let mut world = Self::without_provider(kind).await;
        world.start_provider().await;
        world
    }

    /// A portal whose provider does not run yet; its address is taken already.
    async fn without_provider(kind: PortalKind) -> Self {
        let door = TcpSocket::new_v4().unwrap();
        door.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let issuer = format!("http://{}", door.local_addr().unwrap());
        let (listener, portal) = listen().await;
        let clock = Arc::new(ManualClock::at(NOW));
        let secret = Secret::from("a secret:/");
        let base_url = portal.parse().unwrap();
        let settings = PortalSettings::new(kind, base_url, issuer.clone(), "portal".parse().unwrap(), secret);
        let renderer = Arc::new(Renderer::new(BTreeMap::new(), &vec![]).unwrap());
        let rng = Arc::new(SeededRng::new(1));
        let served = Portal::new(settings, renderer, clock.clone(), rng).unwrap();
        tokio::spawn(serve(listener, served, std::future::pending()));
        let says = Says {
            issuer: issuer.clone(),
            claims: json!({}),
            response: json!({}),
            key: 1,
            asked: Params::new(),
            discoveries: 0,
        };
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self {
            op: Arc::new(Mutex::new(says)),
            clock,
            portal,
            issuer,
            door: Some(door),
            http,
            cookies: Params::new(),
        }
    }

    async fn start_provider(&mut self) {
        let listener = self.door.take().unwrap().listen(64).unwrap();
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(jwks))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .with_state(Arc::clone(&self.op));
        tokio::spawn(async move { axum::serve(listener, app).await });
    }

    fn says(&self, change: impl FnOnce(&mut Says)) {
        change(&mut self.op.lock().unwrap());
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Page {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header("cookie", cookies.join("; ")).send().await.unwrap();
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Page { status, headers, text: answer.text().await.unwrap() }
    }

    async fn get(&mut self, path: &str) -> Page {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.portal) };
        self.send(self.http.get(url)).await
    }

    async fn post(&mut self, path: &str, site: Option<&str>, form: &[(&str, &str)]) -> Page {
        let mut request = self.http.post(format!("{}{path}", self.portal)).form(form);
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        self.send(request).await
    }

    /// Follows a link of the portal through the provider to the portal's answer.
    async fn sign_in(&mut self, path: &str) -> Page {
        let to_provider = self.get(path).await;
        assert_eq!(to_provider.status, 303, "{}", to_provider.text);
        let back = self.get(to_provider.location()).await;
        self.get(back.location()).await
    }

    async fn is_signed_in(&mut self) -> bool {
        self.get("/").await.text.contains("退出")
    }

    fn logout_token(&self, jti: &str, changes: &Value) -> String {
        let now = self.clock.now().seconds();
        let mut claims = json!({
            "iss": self.issuer, "aud": "portal", "iat": now, "exp": now + 120, "jti": jti, "sid": "s1",
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        replace(&mut claims, changes);
        sign(self.op.lock().unwrap().key, "logout+jwt", &claims)
    }
}

#[tokio::test]
async fn a_person_at_the_portals_level_is_signed_in_and_sees_what_the_provider_said() {
    let mut world = World::new(PortalKind::Insurance).await;
    let answer = world.sign_in("/login").await;
    assert_eq!((answer.status, answer.location()), (303, "/"));
    let page = world.get("/").await.text;
    for text in [
        "林&lt;晓&gt;雨，您好",
        "二级·实名认证",
        "urn:menfu:acr:L2",
        "2026-11-21 15:59",
        "pwd",
        "real_name_level",
        "p_1",
    ] {
        assert!(page.contains(text), "{text}\n{page}");
    }
}

#[tokio::test]
async fn an_answer_below_the_portals_level_is_answered_403_with_the_way_up() {
    let mut world = World::new(PortalKind::Insurance).await;
    for acr in [json!(L1), json!("urn:menfu:acr:L1:mfa"), json!("L2"), Value::Null] {
        world.says(|op| op.claims = json!({ "acr": acr }));
        let answer = world.sign_in("/login").await;
        assert_eq!(answer.status, 403, "{acr}");
        assert!(answer.text.contains("<a class=\"btn\" href=\"/raise\">去提升等级</a>"), "{}", answer.text);
        assert!(!world.is_signed_in().await, "{acr}");
    }
}

#[tokio::test]
async fn the_way_up_asks_for_the_level_by_acr_values() {
    let mut world = World::new(PortalKind::Insurance).await;
    world.says(|op| op.claims = json!({ "acr": L1 }));
    assert_eq!(world.sign_in("/login").await.status, 403);
    world.says(|op| op.claims = json!({ "acr": L2 }));
    assert_eq!(world.sign_in("/raise").await.status, 303);
    assert_eq!(world.op.lock().unwrap().asked["acr_values"], L2);
    assert!(world.is_signed_in().await);
}

#[tokio::test]
async fn a_person_at_l1_may_use_the_exam_portal() {
    let mut world = World::new(PortalKind::Exam).await;
    world.says(|op| op.claims = json!({ "acr": L1 }));
    assert_eq!(world.sign_in("/login").await.status, 303);
    assert!(world.get("/").await.text.contains("一级·手机认证"));
    assert!(!world.op.lock().unwrap().asked.contains_key("acr_values"));
}

#[tokio::test]
async fn the_request_has_pkce_state_nonce_and_the_registered_redirect_uri() {
    let mut world = World::new(PortalKind::Exam).await;
    world.sign_in("/login").await;
    let asked = world.op.lock().unwrap().asked.clone();
    assert_eq!(asked["redirect_uri"], format!("{}/callback", world.portal));
    assert_eq!((asked["code_challenge_method"].as_str(), asked["response_type"].as_str()), ("S256", "code"));
    assert_eq!(
        (asked["client_id"].as_str(), asked["scope"].as_str()),
        ("portal", "openid profile phone real_name")
    );
    assert!(asked["state"].len() >= 43 && asked["nonce"].len() >= 43 && asked["state"] != asked["nonce"]);
    assert!(!asked.contains_key("prompt"));
}

#[tokio::test]
async fn s1_04_the_registration_link_asks_for_a_new_account() {
    let mut world = World::new(PortalKind::Exam).await;
    assert!(world.get("/").await.text.contains("<a href=\"/register\">立即注册</a>"));
    world.sign_in("/register").await;
    assert_eq!(world.op.lock().unwrap().asked["prompt"], "create");
}

#[tokio::test]
async fn a_forged_or_stale_id_token_signs_nobody_in() {
    let mut world = World::new(PortalKind::Exam).await;
    let now = NOW.seconds();
    for (claims, status) in [
        (json!({ "iss": "http://evil.example" }), 502),
        (json!({ "aud": "another" }), 502),
        (json!({ "aud": ["portal", "another"] }), 502),
        (json!({ "exp": now - 1 }), 502),
        (json!({ "nonce": "another" }), 502),
        (json!({ "at_hash": "AAAAAAAAAAAAAAAAAAAAAA" }), 502),
        (json!({ "sub": "p_2" }), 502),
        (json!({ "auth_time": now - 9 * 3600 }), 403),
        (json!({ "auth_time": now + 3600 }), 403),
        (json!({ "auth_time": Value::Null }), 403),
    ] {
        world.says(|op| op.claims = claims.clone());
        assert_eq!(world.sign_in("/login").await.status, status, "{claims}");
        assert!(!world.is_signed_in().await, "{claims}");
    }
}

#[tokio::test]
async fn a_response_of_another_issuer_or_without_one_is_not_taken() {
    let mut world = World::new(PortalKind::Exam).await;
    for iss in [json!("http://evil.example"), Value::Null] {
        world.says(|op| op.response = json!({ "iss": iss }));
        assert_eq!(world.sign_in("/login").await.status, 400, "{iss}");
        assert!(!world.is_signed_in().await);
    }
}

#[tokio::test]
async fn a_response_is_taken_once_and_only_from_the_browser_that_asked() {
    let mut world = World::new(PortalKind::Exam).await;
    let to_provider = world.get("/login").await.location().to_owned();
    let back = world.get(&to_provider).await.location().to_owned();
    let mine = std::mem::take(&mut world.cookies);
    assert_eq!(world.get(&back).await.status, 400, "a browser that never asked");
    world.get("/login").await;
    assert_eq!(world.get(&back).await.status, 400, "a browser that asked for itself");
    world.cookies = mine;
    assert_eq!(world.get(&back).await.status, 303);
    assert_eq!(world.get(&back).await.status, 400, "the state is spent");
    world.says(|op| op.response = json!({ "state": "invented" }));
    assert_eq!(world.sign_in("/login").await.status, 400, "an invented state");
}

#[tokio::test]
async fn a_refusal_is_told_in_plain_words_without_the_providers_own() {
    let mut world = World::new(PortalKind::Exam).await;
    let response = json!({ "code": null, "error": "access_denied", "error_description": "call 1234" });
    world.says(|op| op.response = response);
    let answer = world.sign_in("/login").await;
    assert_eq!(answer.status, 403);
    assert!(answer.text.contains("登录已取消") && !answer.text.contains("1234"));
}

#[tokio::test]
async fn a_portal_may_start_before_its_provider() {
    let mut world = World::without_provider(PortalKind::Exam).await;
    assert_eq!(world.get("/").await.status, 200);
    let answer = world.get("/login").await;
    assert_eq!(answer.status, 503);
    assert!(answer.text.contains("统一认证系统暂时不可用"));
    world.start_provider().await;
    assert_eq!(world.sign_in("/login").await.status, 303);
    world.sign_in("/login").await;
    assert_eq!(world.op.lock().unwrap().discoveries, 1, "the metadata are kept");
}

#[tokio::test]
async fn a_rotated_key_is_fetched_anew() {
    let mut world = World::new(PortalKind::Exam).await;
    assert_eq!(world.sign_in("/login").await.status, 303);
    world.says(|op| op.key = 2);
    assert_eq!(world.sign_in("/login").await.status, 502, "not twice within ten seconds");
    world.clock.advance(TimeDelta::seconds(10));
    assert_eq!(world.sign_in("/login").await.status, 303);
}

#[tokio::test]
async fn a_sign_in_replaces_the_session_cookie() {
    let mut world = World::new(PortalKind::Exam).await;
    world.sign_in("/login").await;
    let first = world.cookies.clone();
    world.sign_in("/login").await;
    assert_ne!(first["exam-session"], world.cookies["exam-session"]);
    assert_eq!(first["exam-browser"], world.cookies["exam-browser"]);
    world.cookies = first;
    assert!(!world.is_signed_in().await);
}

#[tokio::test]
async fn signing_out_ends_the_session_here_and_goes_on_to_the_provider() {
    let mut world = World::new(PortalKind::Insurance).await;
    world.sign_in("/login").await;
    let before = world.cookies.clone();
    let answer = world.post("/logout", Some("same-origin"), &[]).await;
    let onward: url::Url = answer.location().parse().unwrap();
    let query: Params = onward.query_pairs().into_owned().collect();
    assert_eq!(onward.as_str().split('?').next().unwrap(), format!("{}/logout", world.issuer));
    assert_eq!(query["post_logout_redirect_uri"], format!("{}/signed-out", world.portal));
    assert_eq!((query["client_id"].as_str(), query["id_token_hint"].split('.').count()), ("portal", 3));
    world.cookies = before;
    assert!(!world.is_signed_in().await);
    assert!(world.get("/signed-out").await.text.contains("您已退出"));
}

#[tokio::test]
async fn another_site_cannot_sign_anybody_out() {
    let mut world = World::new(PortalKind::Exam).await;
    world.sign_in("/login").await;
    for site in [Some("cross-site"), Some("same-site"), Some("none"), None] {
        assert_eq!(world.post("/logout", site, &[]).await.status, 403, "{site:?}");
    }
    assert!(world.is_signed_in().await);
}

#[tokio::test]
async fn a_logout_token_ends_the_session_that_it_names() {
    let mut world = World::new(PortalKind::Exam).await;
    world.sign_in("/login").await;
    for (jti, changes) in [
        ("j1", json!({ "sid": "s2" })),
        ("j2", json!({ "aud": "another" })),
        ("j3", json!({ "nonce": "n" })),
        ("j4", json!({ "iss": "http://evil.example" })),
    ] {
        let token = world.logout_token(jti, &changes);
        let status = world.post("/backchannel-logout", None, &[("logout_token", &token)]).await.status;
        assert_eq!(status, if jti == "j1" { 200 } else { 400 }, "{changes}");
        assert!(world.is_signed_in().await, "{changes}");
    }
    let token = world.logout_token("j5", &json!({}));
    let answer = world.post("/backchannel-logout", None, &[("logout_token", &token)]).await;
    assert_eq!((answer.status, answer.headers["cache-control"].to_str().unwrap()), (200, "no-store"));
    assert!(!world.is_signed_in().await);
}

#[tokio::test]
async fn a_logout_token_counts_once() {
    let mut world = World::new(PortalKind::Exam).await;
    let token = world.logout_token("j1", &json!({ "sid": null, "sub": "p_1" }));
    assert_eq!(world.post("/backchannel-logout", None, &[("logout_token", &token)]).await.status, 200);
    world.sign_in("/login").await;
    assert_eq!(world.post("/backchannel-logout", None, &[("logout_token", &token)]).await.status, 400);
    assert!(world.is_signed_in().await);
}

#[tokio::test]
async fn another_site_may_begin_a_sign_in_with_our_provider_only() {
    let mut world = World::new(PortalKind::Exam).await;
    let issuer = world.issuer.clone();
    assert_eq!(
        world.get(&format!("/login?iss={issuer}&target_link_uri=http%3A%2F%2Fevil")).await.status,
        303
    );
    assert_eq!(world.get("/login?iss=http%3A%2F%2Fevil.example").await.status, 400);
}

#[tokio::test]
async fn every_answer_is_guarded_and_no_page_has_a_script() {
    let mut world = World::new(PortalKind::Exam).await;
    for path in ["/", "/signed-out", "/callback", "/static/portal.css", "/nowhere"] {
        let answer = world.get(path).await;
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{path}");
        assert!(policy.contains(&format!("form-action 'self' {};", world.issuer)), "{path}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
        assert!(!answer.text.contains("<script") && !answer.text.contains("style="), "{path}");
    }
    world.sign_in("/login").await;
    assert!(world.cookies.keys().eq(["exam-browser", "exam-session"]), "{:?}", world.cookies.keys());
}

#[test]
fn every_page_of_the_portals_renders() {
    fn all<P: menfu::render::Page>(renderer: &Renderer) {
        for page in P::samples() {
            let html = renderer.render(&page, &menfu::demo::bare_chrome()).unwrap();
            assert!(html.contains("</html>"), "{}", P::TEMPLATE);
        }
    }
    let renderer = Renderer::new(BTreeMap::new(), &vec![]).unwrap();
    all::<menfu::demo::WelcomePage>(&renderer);
    all::<menfu::demo::SignedInPage>(&renderer);
    all::<menfu::demo::TooLowPage>(&renderer);
    all::<menfu::demo::TroublePage>(&renderer);
    all::<menfu::demo::SignedOutPage>(&renderer);
}
