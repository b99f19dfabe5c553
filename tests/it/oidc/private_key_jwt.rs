//! `private_key_jwt` (Core §9, RFC 7523): keys in the registration or at `jwks_uri`, and those who forge.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use axum::{Json, Router, routing::get};
use chrono::TimeDelta;
use menfu::kernel::{Clock, KeyId};
use menfu::protocol::client::SigningAlg;
use menfu::protocol::jose::{NewKey, Signer, TokenType};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::harness::{Answer, House, Plan, house_of};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// One client key, made once.
static KEY: LazyLock<Key> = LazyLock::new(|| Key::new(SigningAlg::Es256));

struct Key {
    signer: Signer,
    public: Value,
}

impl Key {
    fn new(alg: SigningAlg) -> Self {
        let key = NewKey::generate(alg).unwrap();
        let signer = Signer::new(alg, key.public.kid.clone(), &key.private).unwrap();
        Self { signer, public: serde_json::to_value(&key.public).unwrap() }
    }

    fn kid(&self) -> &KeyId {
        self.signer.kid()
    }
}

/// A client whose keys are in its registration.
fn inline(keys: &[&Key], more: &str) -> Plan {
    let keys: Vec<_> = keys.iter().map(|key| toml_table(&key.public)).collect();
    with(&format!("jwks = {{ keys = [{}] }}\n{more}", keys.join(", ")))
}

fn toml_table(jwk: &Value) -> String {
    let members: Vec<_> =
        jwk.as_object().unwrap().iter().map(|(name, value)| format!("{name} = {value}")).collect();
    format!("{{ {} }}", members.join(", "))
}

fn with(more: &str) -> Plan {
    let plan = Plan::default();
    let client = format!(
        "\n[[client]]\nclient_id = \"ledger\"\nclient_name = \"台账\"\ntoken_endpoint_auth_method = \"private_key_jwt\"\n\
         grant_types = [\"client_credentials\"]\nscope = \"ledger.read\"\n{more}\n"
    );
    Plan { clients: format!("{}{client}", plan.clients), ..plan }
}

fn issuer(house: &House) -> String {
    house.issuer.as_str().trim_end_matches('/').to_owned()
}

fn claims(house: &House, jti: &str) -> Value {
    let now = house.clock.now().seconds();
    json!({ "iss": "ledger", "sub": "ledger", "aud": issuer(house), "jti": jti, "iat": now, "exp": now + 60 })
}

/// Sends an assertion to the token endpoint.
async fn send(house: &House, assertion: &str) -> Answer {
    house.rp("ledger", None).post("/token", &form_of(assertion)).await
}

fn form_of(assertion: &str) -> [(&str, &str); 3] {
    [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion),
    ]
}

async fn present(house: &House, key: &Key, claims: &Value) -> Answer {
    send(house, &key.signer.sign(TokenType::IdToken, claims).unwrap()).await
}

#[track_caller]
fn refused(answer: &Answer, why: &str) {
    assert_eq!((answer.status.as_u16(), answer.text("error")), (401, "invalid_client"), "{why}");
    assert_eq!(answer.text("error_description"), "client authentication failed", "{why}");
}

#[tokio::test]
async fn a_signed_assertion_proves_the_client_at_every_endpoint_and_discovery_says_so() {
    house_of(inline(&[&KEY], ""), async |house| {
        let tokens = present(house, &KEY, &claims(house, "j1")).await;
        assert_eq!(tokens.status, 200, "{}", tokens.json);
        let mut to_endpoint = claims(house, "j2");
        to_endpoint["aud"] = json!([format!("{}/token", issuer(house))]);
        assert_eq!(present(house, &KEY, &to_endpoint).await.status, 200);
        let token = tokens.text("access_token");
        for (path, jti) in [("/introspect", "j3"), ("/revoke", "j4")] {
            let assertion = KEY.signer.sign(TokenType::IdToken, &claims(house, jti)).unwrap();
            let form =
                [("token", token), ("client_assertion_type", JWT_BEARER), ("client_assertion", &assertion)];
            assert_eq!(house.rp("ledger", None).post(path, &form).await.status, 200, "{path}");
        }
        let document = house.exam().get_json("/.well-known/openid-configuration").await.json;
        for endpoint in ["token", "introspection", "revocation"] {
            let listed = |what: &str| document[format!("{endpoint}_endpoint_auth_{what}_supported")].clone();
            assert!(listed("methods").as_array().unwrap().contains(&json!("private_key_jwt")));
            assert_eq!(listed("signing_alg_values"), json!(["ES256", "RS256", "PS256", "EdDSA"]));
        }
    })
    .await;
}

#[tokio::test]
async fn an_assertion_is_good_once() {
    house_of(inline(&[&KEY], ""), async |house| {
        let claims = claims(house, "once");
        let assertion = KEY.signer.sign(TokenType::IdToken, &claims).unwrap();
        let both = tokio::join!(send(house, &assertion), send(house, &assertion));
        let good = [&both.0, &both.1].iter().filter(|answer| answer.status == 200).count();
        assert_eq!(good, 1, "of two at once");
        refused(&send(house, &assertion).await, "again");
        refused(&present(house, &KEY, &claims).await, "the same jti under another signature");
        house.pass(TimeDelta::seconds(59));
        refused(&send(house, &assertion).await, "again until it ends");
        house.pass(TimeDelta::seconds(1));
        refused(&send(house, &assertion).await, "when it has ended");
    })
    .await;
}

#[tokio::test]
async fn times_and_audiences_are_judged() {
    house_of(inline(&[&KEY], ""), async |house| {
        let now = house.clock.now().seconds();
        for (number, (name, value, good)) in [
            ("iat", json!(now + 8), true),
            ("nbf", json!(now + 8), true),
            ("iat", json!(now + 61), false),
            ("nbf", json!(now + 61), false),
            ("exp", json!(now), false),
            ("exp", json!(1e30), false),
            ("exp", json!(u64::MAX), false),
            ("exp", json!(-1e30), false),
            ("exp", json!("tomorrow"), false),
            ("nbf", json!(1e30), false),
            ("iat", json!(1e30), false),
            ("aud", json!("https://other.example"), false),
            ("aud", json!(format!("{}/token/", issuer(house))), false),
            ("iss", json!("exam"), false),
            ("jti", json!(null), false),
        ]
        .into_iter()
        .enumerate()
        {
            let mut claims = claims(house, &format!("j{number}"));
            claims[name] = value.clone();
            let answer = present(house, &KEY, &claims).await;
            if good {
                assert_eq!(answer.status, 200, "{name} {value}: {}", answer.json);
            } else {
                refused(&answer, &format!("{name} {value}"));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn forged_signatures_algorithms_and_key_names_are_refused() {
    house_of(inline(&[&KEY], ""), async |house| {
        use base64::Engine;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
        let claims = claims(house, "forged");
        let good = KEY.signer.sign(TokenType::IdToken, &claims).unwrap();
        let (_, rest) = good.split_once('.').unwrap();
        let (payload, _) = rest.split_once('.').unwrap();
        for header in [
            json!({ "alg": "none" }),
            json!({ "alg": "HS256", "kid": KEY.kid() }),
            json!({ "alg": "RS256", "kid": KEY.kid() }),
            json!({ "alg": "ES256", "kid": "../../../dev/null" }),
            json!({ "alg": "ES256", "kid": "x' UNION SELECT 'k" }),
            json!({ "alg": "ES256", "kid": KEY.kid(), "crit": ["exp"] }),
            json!({ "alg": "ES256", "jwk": KEY.public }),
            json!({ "alg": "ES256", "jku": "https://evil.example/jwks" }),
        ] {
            let header_text = B64.encode(header.to_string());
            refused(&send(house, &format!("{header_text}.{rest}")).await, &header.to_string());
            refused(&send(house, &format!("{header_text}.{payload}.")).await, &header.to_string());
        }
        let stranger = Key::new(SigningAlg::Es256);
        refused(&present(house, &stranger, &claims).await, "a stranger's key");
        let posing = NewKey::generate(SigningAlg::Es256).unwrap();
        let posing = Signer::new(SigningAlg::Es256, KEY.kid().clone(), &posing.private).unwrap();
        refused(
            &send(house, &posing.sign(TokenType::IdToken, &claims).unwrap()).await,
            "our kid, another key",
        );
        for garbage in ["x", "a.b.c", "..", &"a".repeat(40_000)] {
            refused(&send(house, garbage).await, "garbage");
        }
        // None of it used the jti up.
        assert_eq!(send(house, &good).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_client_keeps_to_its_own_method_and_algorithm() {
    house_of(inline(&[&KEY], "token_endpoint_auth_signing_alg = \"EdDSA\""), async |house| {
        refused(&present(house, &KEY, &claims(house, "j1")).await, "another algorithm than registered");
        let form = [("grant_type", "client_credentials")];
        refused(&house.rp("ledger", None).post("/token", &form).await, "no proof");
        refused(&house.rp("ledger", Some("guess")).post("/token", &form).await, "a secret");
        let mut of_exam = claims(house, "j2");
        of_exam["iss"] = json!("exam");
        of_exam["sub"] = json!("exam");
        let assertion = KEY.signer.sign(TokenType::IdToken, &of_exam).unwrap();
        let form = form_of(&assertion);
        refused(&house.rp("exam", None).post("/token", &form).await, "a client of another method");
        let two = house.exam().post("/token", &form).await;
        assert_eq!((two.status.as_u16(), two.text("error")), (400, "invalid_request"), "two methods");
        let differing = house.rp("report", None).post("/token", &form).await;
        assert_eq!(differing.text("error"), "invalid_request", "another client_id beside it");
    })
    .await;
}

/// A client's own server of keys, which counts how often it is asked.
struct Server {
    url: String,
    asked: Arc<AtomicUsize>,
    keys: Arc<Mutex<Value>>,
}

impl Server {
    async fn start(keys: &[&Key]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks", listener.local_addr().unwrap());
        let (asked, shown) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Value::Null)));
        let server = Self { url, asked: asked.clone(), keys: shown.clone() };
        server.show(keys);
        let answer = get(move || async move {
            asked.fetch_add(1, Ordering::SeqCst);
            Json(shown.lock().unwrap().clone())
        });
        tokio::spawn(axum::serve(listener, Router::new().route("/jwks", answer)).into_future());
        server
    }

    fn show(&self, keys: &[&Key]) {
        let keys: Vec<_> = keys.iter().map(|key| key.public.clone()).collect();
        *self.keys.lock().unwrap() = json!({ "keys": keys });
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn plan(&self) -> Plan {
        with(&format!("jwks_uri = {:?}", self.url))
    }
}

#[tokio::test]
async fn keys_are_fetched_once_and_again_for_a_new_one_a_minute_later() {
    let server = Server::start(&[&KEY]).await;
    house_of(server.plan(), async |house| {
        for jti in ["j1", "j2", "j3"] {
            assert_eq!(present(house, &KEY, &claims(house, jti)).await.status, 200);
        }
        assert_eq!(server.asked(), 1);
        let new = Key::new(SigningAlg::EdDsa);
        server.show(&[&KEY, &new]);
        refused(&present(house, &new, &claims(house, "j4")).await, "within the minute");
        assert_eq!(server.asked(), 1);
        house.pass(TimeDelta::seconds(60));
        assert_eq!(present(house, &new, &claims(house, "j5")).await.status, 200);
        assert_eq!(server.asked(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_flood_of_unknown_keys_asks_the_client_once_a_minute() {
    let server = Server::start(&[&KEY]).await;
    house_of(server.plan(), async |house| {
        assert_eq!(present(house, &KEY, &claims(house, "good")).await.status, 200);
        house.pass(TimeDelta::seconds(61));
        let stranger = NewKey::generate(SigningAlg::Es256).unwrap();
        let mut flood = tokio::task::JoinSet::new();
        for number in 0..30 {
            let kid = format!("unknown-{number}").parse().unwrap();
            let signer = Signer::new(SigningAlg::Es256, kid, &stranger.private).unwrap();
            let assertion = signer.sign(TokenType::IdToken, &claims(house, "x")).unwrap();
            let rp = house.rp("ledger", None);
            flood.spawn(async move { rp.post("/token", &form_of(&assertion)).await });
        }
        for answer in flood.join_all().await {
            refused(&answer, "an unknown key");
        }
        assert_eq!(server.asked(), 2);
        assert_eq!(present(house, &KEY, &claims(house, "still")).await.status, 200);
        assert_eq!(server.asked(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_key_that_was_taken_away_is_believed_ten_minutes_at_most() {
    let server = Server::start(&[&KEY]).await;
    house_of(server.plan(), async |house| {
        assert_eq!(present(house, &KEY, &claims(house, "j1")).await.status, 200);
        server.show(&[&Key::new(SigningAlg::Es256)]);
        house.pass(TimeDelta::seconds(600));
        refused(&present(house, &KEY, &claims(house, "j2")).await, "taken away");
    })
    .await;
}

#[tokio::test]
async fn a_client_that_publishes_nonsense_or_private_keys_is_refused_and_others_go_on() {
    let server = Server::start(&[&KEY]).await;
    let mut private = KEY.public.clone();
    private["d"] = json!("AAAA");
    *server.keys.lock().unwrap() = json!({ "keys": [private] });
    house_of(server.plan(), async |house| {
        refused(&present(house, &KEY, &claims(house, "j1")).await, "a private key in the set");
        *server.keys.lock().unwrap() = json!("x".repeat(80_000));
        house.pass(TimeDelta::seconds(61));
        refused(&present(house, &KEY, &claims(house, "j2")).await, "a set without end");
        assert_eq!(server.asked(), 2);
        let figures = house.service.metrics().await;
        for outcome in ["answered", "refused"] {
            let line =
                format!("menfu_authority_calls_total{{authority=\"client_keys\",outcome=\"{outcome}\"}} 1\n");
            assert!(figures.contains(&line), "{line}{figures}");
        }
    })
    .await;
}
