//! The simulators over real sockets, as the adapters meet them.

use std::sync::Arc;

use menfu::kernel::{ManualClock, Secret, Timestamp};
use menfu::sandbox::{Calls, Service, State, Table, Tables, Verdict, VerifyRequest, serve};
use serde_json::{Value, json};
use tokio::net::TcpListener;

struct Sandbox {
    base: String,
    state: State,
    http: reqwest::Client,
}

async fn start() -> Sandbox {
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_795_248_000_000)));
    let state = State::new(Tables::embedded().unwrap(), clock, Secret::from("bank-key"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve(listener, state.clone(), std::future::pending()));
    Sandbox { base, state, http: reqwest::Client::new() }
}

impl Sandbox {
    async fn post(&self, path: &str, body: &Value) -> reqwest::Result<reqwest::Response> {
        self.http.post(format!("{}{path}", self.base)).bearer_auth("bank-key").json(body).send().await
    }

    async fn ask(&self, request_id: &str, card_no: &str) -> reqwest::Result<Value> {
        self.post("/bank/v1/verify", &question(request_id, card_no)).await?.error_for_status()?.json().await
    }

    async fn told(&self, control: Value) {
        assert_eq!(self.post("/control", &control).await.unwrap().status(), 204);
    }

    async fn get(&self, path: &str) -> Value {
        self.http.get(format!("{}{path}", self.base)).send().await.unwrap().json().await.unwrap()
    }

    fn card(&self, result: Verdict) -> String {
        self.state.table().card_for("CCB", result, 1).unwrap()
    }
}

fn question(request_id: &str, card_no: &str) -> Value {
    json!({
        "request_id": request_id, "bank": "CCB", "card_no": card_no, "name": "某人",
        "id_type": "CN_RID", "id_number": "440301199003070019", "phone": "+8613800138000",
    })
}

fn sms(id: &str, phone: &str) -> Value {
    json!({ "message_id": id, "phone": phone, "sign": "门符", "template": "T1", "text": format!("验证码{id}") })
}

#[tokio::test]
async fn the_bank_answers_with_all_members_of_the_contract() {
    let sandbox = start().await;
    let answer = sandbox.ask("r-1", &sandbox.card(Verdict::Ok)).await.unwrap();
    let expected = json!({
        "request_id": "r-1", "result": "OK", "reference": "SANDBOX-CCB-r-1", "bank_name": "建设银行", "phone_matched": false,
        "checked_at": "2026-11-21T08:00:00.000Z",
    });
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn a_request_id_asked_again_gets_its_first_answer() {
    let sandbox = start().await;
    let first = sandbox.ask("r-1", &sandbox.card(Verdict::IdMismatch)).await.unwrap();
    let second = sandbox.ask("r-1", &sandbox.card(Verdict::Ok)).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(sandbox.get("/calls").await["bank"], json!({ "calls": 2, "distinct": 1 }));
}

#[tokio::test]
async fn busy_is_no_answer_and_the_same_id_may_ask_again() {
    let sandbox = start().await;
    assert_eq!(sandbox.ask("r-1", &sandbox.card(Verdict::Busy)).await.unwrap()["result"], "BUSY");
    assert_eq!(sandbox.ask("r-1", &sandbox.card(Verdict::Ok)).await.unwrap()["result"], "OK");
}

#[tokio::test]
async fn the_bank_refuses_a_caller_without_its_key() {
    let sandbox = start().await;
    let url = format!("{}/bank/v1/verify", sandbox.base);
    let request = question("r-1", &sandbox.card(Verdict::Ok));
    for key in ["", "bank-ke", "bank-key2"] {
        let answer = sandbox.http.post(&url).bearer_auth(key).json(&request).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{key}");
    }
    assert_eq!(sandbox.state.calls(Service::Bank), Calls::default());
}

#[tokio::test]
async fn a_bank_that_is_down_does_nothing_and_recovers() {
    let sandbox = start().await;
    let card = sandbox.card(Verdict::Ok);
    for mode in ["unavailable", "refuse"] {
        sandbox.told(json!({ "service": "bank", "mode": mode, "times": 1 })).await;
        let failure = sandbox.ask(mode, &card).await.unwrap_err();
        assert_eq!(failure.status().map(|status| status.as_u16()), (mode == "unavailable").then_some(503));
        assert_eq!(sandbox.ask(mode, &card).await.unwrap()["result"], "OK");
    }
}

#[tokio::test]
async fn a_bank_that_hangs_up_after_its_yes_repeats_the_yes() {
    let sandbox = start().await;
    sandbox.told(json!({ "service": "bank", "mode": "hang_up", "times": 1 })).await;
    assert!(sandbox.ask("r-1", &sandbox.card(Verdict::Ok)).await.is_err());
    let answer = sandbox.ask("r-1", &sandbox.card(Verdict::IdMismatch)).await.unwrap();
    assert_eq!(answer["result"], "OK");
}

#[tokio::test]
async fn the_gateway_takes_an_sms_once_per_message_id() {
    let sandbox = start().await;
    for (id, phone) in [("m-1", "+8619900000101"), ("m-1", "+8619900000101"), ("m-2", "+8619900000102")] {
        let answer: Value =
            sandbox.post("/sms/v1/send", &sms(id, phone)).await.unwrap().json().await.unwrap();
        assert_eq!(answer, json!({ "accepted": true }));
    }
    let all = sandbox.get("/sms/messages").await;
    assert_eq!(all["messages"].as_array().unwrap().len(), 2);
    let one = sandbox.get("/sms/messages?phone=19900000101").await;
    assert_eq!(one["messages"][0]["text"], "验证码m-1");
    assert_eq!(one["messages"][0]["received_at"], "2026-11-21T08:00:00.000Z");
    assert_eq!(sandbox.get("/calls").await["sms"], json!({ "calls": 3, "distinct": 2 }));
}

#[tokio::test]
async fn a_gateway_that_is_down_keeps_nothing() {
    let sandbox = start().await;
    sandbox.told(json!({ "service": "sms", "mode": "unavailable" })).await;
    assert_eq!(sandbox.post("/sms/v1/send", &sms("m-1", "1")).await.unwrap().status(), 503);
    assert!(sandbox.state.messages(None).is_empty());
}

#[tokio::test]
async fn requests_with_unknown_or_missing_members_are_refused() {
    let sandbox = start().await;
    for body in [json!({ "request_id": "r-1" }), json!({ "service": "bank", "mode": "asleep" }), json!([])] {
        for path in ["/bank/v1/verify", "/sms/v1/send", "/control"] {
            assert!(sandbox.post(path, &body).await.unwrap().status().is_client_error(), "{path} {body}");
        }
    }
}

#[tokio::test]
async fn reset_forgets_everything() {
    let sandbox = start().await;
    sandbox.told(json!({ "service": "sms", "mode": "up", "slow_ms": 1 })).await;
    sandbox.post("/sms/v1/send", &sms("m-1", "1")).await.unwrap();
    assert_eq!(sandbox.post("/control/reset", &json!({})).await.unwrap().status(), 204);
    assert!(sandbox.state.messages(None).is_empty());
    assert_eq!(sandbox.state.calls(Service::Sms), Calls::default());
    let controls = sandbox.get("/control").await;
    let sms = controls.as_array().unwrap().iter().find(|control| control["service"] == "sms");
    assert_eq!(sms, Some(&json!({ "service": "sms", "mode": "up", "slow_ms": 0, "times": null })));
}

#[tokio::test]
async fn the_pages_need_no_script_and_may_run_none() {
    let sandbox = start().await;
    sandbox.post("/sms/v1/send", &sms("m-1", "+8619900000101")).await.unwrap();
    for (path, text) in
        [("/", "建设银行"), ("/sms?phone=19900000101", "验证码m-1"), ("/sms?phone=&refresh=3", "停止")]
    {
        let answer = sandbox.http.get(format!("{}{path}", sandbox.base)).send().await.unwrap();
        assert!(
            answer.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'")
        );
        let page = answer.text().await.unwrap();
        assert!(page.contains(text) && !page.contains("<script"), "{path}");
    }
}

#[tokio::test]
async fn the_server_ends_when_it_is_told() {
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(0)));
    let state = State::new(Tables::embedded().unwrap(), clock, Secret::from("k"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    serve(listener, state, std::future::ready(())).await.unwrap();
}

#[test]
fn the_demos_people_are_known_to_their_banks_under_the_same_numbers() {
    let table = Table::embedded().unwrap();
    for seed in menfu::demo::seeds().unwrap() {
        let question = VerifyRequest {
            request_id: "r-1".to_owned(),
            bank: seed.bank,
            card_no: seed.card_no.clone(),
            name: seed.name,
            id_type: seed.id_type,
            id_number: seed.id_number,
            phone: seed.phone,
        };
        assert!(table.accounts.iter().any(|account| account.card_no == seed.card_no), "{}", seed.username);
        assert_eq!(table.decide(&question), Verdict::Ok, "{}", seed.username);
    }
}
