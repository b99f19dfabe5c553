//! Traces: a collector of the tests' own receives what happened, in the right order and about nobody; strangers do not choose
//! the trace; a collector that is gone harms nobody.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use menfu::http::proxy::Network;
use menfu::kernel::trace::{Side, Tells, Traces};
use menfu::kernel::{ManualClock, OsRng, OutboxId, Secret};
use menfu::notify::Gateway;
use menfu::proofing::{CardMethod, CardRequest, CardVerifier, HttpVerifier};
use menfu::storage::authority::{self, Gate};
use menfu::storage::outbound::{self, Fetcher};
use menfu::storage::{Deliver, Delivery};
use menfu::telemetry::traces::{self, Settings};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind};
use prost::Message;
use tokio::net::{TcpListener, TcpSocket};
use url::Url;

use crate::citizens::{PASSWORD, lin, registered_l2};
use crate::harness::{Browser, House, Plan, house_of};
use crate::people::{VERIFIED, browser_of, open_account, sign_in};
use crate::store::START;

/// Takes spans over HTTP as collectors do.
#[derive(Clone, Default)]
pub struct Collector(Arc<Mutex<Vec<Vec<u8>>>>);

impl Collector {
    /// One that listens, and its address.
    pub async fn open() -> (Self, Url) {
        let collector = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/v1/traces", listener.local_addr().unwrap()).parse().unwrap();
        let routes = axum::Router::new().route("/v1/traces", post(Self::take)).with_state(collector.clone());
        tokio::spawn(axum::serve(listener, routes).into_future());
        (collector, address)
    }

    async fn take(State(collector): State<Self>, headers: HeaderMap, body: Bytes) -> StatusCode {
        assert_eq!(headers["content-type"], "application/x-protobuf");
        collector.0.lock().unwrap().push(body.to_vec());
        StatusCode::OK
    }

    /// All that came, as it came.
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().concat()
    }

    fn messages(&self) -> Vec<ExportTraceServiceRequest> {
        let messages = self.0.lock().unwrap();
        messages
            .iter()
            .map(|message| ExportTraceServiceRequest::decode(message.as_slice()).unwrap())
            .collect()
    }

    pub fn spans(&self) -> Vec<Span> {
        let resources = self.messages().into_iter().flat_map(|message| message.resource_spans);
        resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
    }

    /// The spans of the trace that an answer names.
    fn trace(&self, id: &str) -> Vec<Span> {
        let id = id.replace('-', "");
        self.spans().into_iter().filter(|span| hex(&span.trace_id) == id).collect()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A text or a number that stands in a span.
fn attribute(span: &Span, key: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.clone()?.value? {
        Value::StringValue(text) => Some(text),
        Value::IntValue(number) => Some(number.to_string()),
        other => panic!("{key} is {other:?}"),
    }
}

fn named<'s>(spans: &'s [Span], name: &str) -> &'s Span {
    let found = spans.iter().find(|span| span.name == name);
    found.unwrap_or_else(|| {
        panic!("no {name} in {:?}", spans.iter().map(|span| &span.name).collect::<Vec<_>>())
    })
}

fn settings(endpoint: Url) -> Settings {
    Settings {
        endpoint,
        key: None,
        share: 1.0,
        tells: Tells::Nobody,
        service: "menfu".to_owned(),
        instance: Some("node-1".to_owned()),
    }
}

/// Runs a test in a house whose proxies these are and which is traced; then all spans have arrived.
async fn traced(settings: Settings, proxies: &[&str], test: impl AsyncFnOnce(&House)) {
    let (traces, delivery) = traces::start(&settings, Arc::new(OsRng)).unwrap();
    let trusted_proxies = proxies.iter().map(|proxy| proxy.parse::<Network>().unwrap()).collect();
    house_of(Plan { traces, trusted_proxies, ..Plan::default() }, test).await;
    delivery.end().await;
}

const CALLER: &str = "00-b3b2e342cee049d5a3af52e7f29c327b-00f067aa0ba902b7-01";
const CALLED: &str = "b3b2e342-cee0-49d5-a3af-52e7f29c327b";

fn called(house: &House, parent: &str) -> Browser {
    Browser::new(&house.issuer).with_header("traceparent", parent)
}

#[tokio::test]
async fn each_request_of_a_sign_in_is_a_trace_whose_id_the_browser_is_told_and_its_parts_hang_on_it() {
    let (collector, endpoint) = Collector::open().await;
    let mut shown = String::new();
    traced(settings(endpoint), &[], async |house| {
        let seed = open_account(house, VERIFIED).await;
        let (browser, rp) = (house.browser(), house.exam());
        let page = browser.get(&rp.authorize(&[])).await;
        page.header("x-request-id").unwrap().clone_into(&mut shown);
        let back = sign_in(&browser, &page, &seed).await;
        rp.exchange(rp.returned(&back).get("code")).await;
    })
    .await;
    let page = collector.trace(&shown);
    assert_eq!(named(&page, "GET /login").parent_span_id, Vec::<u8>::new());
    let spans = collector.spans();
    let sign_in = collector.trace(&hex(&named(&spans, "POST /login").trace_id));
    let root = named(&sign_in, "POST /login");
    assert!(root.parent_span_id.is_empty());
    assert_eq!(root.kind(), SpanKind::Server);
    assert_eq!(attribute(root, "http.route").as_deref(), Some("/login"));
    assert_eq!(attribute(root, "http.request.method").as_deref(), Some("POST"));
    assert_eq!(attribute(root, "http.response.status_code").as_deref(), Some("303"));
    for part in ["password hash", "database commit"] {
        let part = named(&sign_in, part);
        assert_eq!(part.parent_span_id, root.span_id);
        assert!(root.start_time_unix_nano <= part.start_time_unix_nano);
        assert!(part.end_time_unix_nano <= root.end_time_unix_nano);
    }
    let token = named(&spans, "POST /token");
    let commit = spans.iter().find(|span| span.parent_span_id == token.span_id).unwrap();
    assert_eq!((commit.name.as_str(), &commit.trace_id), ("database commit", &token.trace_id));
}

#[tokio::test]
async fn the_collector_learns_which_service_which_version_and_which_node_speaks() {
    let (collector, endpoint) = Collector::open().await;
    traced(settings(endpoint), &[], async |house| {
        house.browser().get("/login").await;
    })
    .await;
    let message = collector.messages().remove(0);
    let attributes = message.resource_spans[0].resource.clone().unwrap().attributes;
    let of = |key: &str| {
        attributes
            .iter()
            .find(|attribute| attribute.key == key)
            .map(|found| found.value.clone().unwrap().value)
    };
    for (key, value) in [
        ("service.name", "menfu"),
        ("service.version", env!("CARGO_PKG_VERSION")),
        ("service.instance.id", "node-1"),
    ] {
        assert_eq!(of(key), Some(Some(Value::StringValue(value.to_owned()))), "{key}");
    }
}

#[tokio::test]
async fn a_registration_with_bank_and_gateway_puts_nothing_about_anybody_into_a_span() {
    let (collector, endpoint) = Collector::open().await;
    let mut secrets = Vec::new();
    traced(settings(endpoint), &[], async |house| {
        let who = lin(house);
        let browser = registered_l2(house, "lin2026", &who).await;
        let rp = house.exam();
        let back = browser.get_once(&rp.authorize(&[("prompt", "none")])).await;
        let code = rp.returned(&back).get("code").to_owned();
        let tokens = rp.exchange(&code).await;
        browser.get("/account/440399199205180246?name=%E6%9E%97").await;
        secrets = vec![who.name, who.id_number, who.phone.trim_start_matches("+86").to_owned(), who.card];
        secrets.extend(
            ["lin2026", PASSWORD, "exam", "127.0.0.1", "440399199205180246", "%E6%9E%97"].map(str::to_owned),
        );
        secrets.extend([code, tokens.text("access_token").to_owned(), tokens.text("id_token").to_owned()]);
        secrets.extend(browser.cookie("menfu-session"));
        secrets.extend(browser.cookie("menfu-browser"));
    })
    .await;
    let bytes = collector.bytes();
    assert_eq!(secrets.len(), 15);
    for secret in &secrets {
        assert!(!secret.is_empty());
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
    }
    // The scan itself finds what is there.
    assert!(bytes.windows(6).any(|window| window == b"node-1"));
    let spans = collector.spans();
    let bank = named(&spans, "bank");
    assert_eq!(
        (bank.kind(), attribute(bank, "menfu.outcome").as_deref()),
        (SpanKind::Client, Some("answered"))
    );
    let asked = spans.iter().find(|span| span.span_id == bank.parent_span_id).unwrap();
    assert_eq!(asked.name, "POST /register/person/verify");
    let other = named(&spans, "GET");
    assert_eq!(attribute(other, "http.route"), None, "a path that no route has");
}

#[tokio::test]
async fn a_message_that_goes_out_later_belongs_to_the_trace_of_the_request_that_queued_it() {
    let (collector, endpoint) = Collector::open().await;
    traced(settings(endpoint), &[], async |house| {
        registered_l2(house, "lin2026", &lin(house)).await;
    })
    .await;
    let spans = collector.spans();
    let sms = named(&spans, "sms");
    assert!(sms.parent_span_id.is_empty());
    let requests: Vec<_> =
        spans.iter().filter(|span| span.trace_id == sms.trace_id).map(|span| &span.name).collect();
    assert!(requests.contains(&&"POST /register/person/verify".to_owned()), "{requests:?}");
}

#[tokio::test]
async fn s4_14_the_number_on_an_error_page_is_the_trace() {
    let (collector, endpoint) = Collector::open().await;
    let mut shown = String::new();
    traced(settings(endpoint), &[], async |house| {
        let page = house.browser().get("/authorize?client_id=nobody").await;
        page.header("x-request-id").unwrap().clone_into(&mut shown);
        page.shows(&shown);
    })
    .await;
    let spans = collector.trace(&shown);
    assert_eq!(named(&spans, "GET /authorize").parent_span_id, Vec::<u8>::new());
}

#[tokio::test]
async fn a_trusted_proxy_s_trace_goes_on_and_a_stranger_s_is_not_believed() {
    let (collector, endpoint) = Collector::open().await;
    traced(settings(endpoint.clone()), &["127.0.0.1"], async |house| {
        let page = called(house, CALLER).get("/login").await;
        assert_eq!(page.header("x-request-id"), Some(CALLED));
    })
    .await;
    let spans = collector.trace(CALLED);
    assert_eq!(hex(&named(&spans, "GET /login").parent_span_id), "00f067aa0ba902b7");
    let (collector, endpoint) = Collector::open().await;
    traced(settings(endpoint), &["10.0.0.1"], async |house| {
        let page = called(house, CALLER).get("/login").await;
        assert_ne!(page.header("x-request-id"), Some(CALLED));
    })
    .await;
    assert!(collector.trace(CALLED).is_empty());
    assert!(named(&collector.spans(), "GET /login").parent_span_id.is_empty());
}

#[tokio::test]
async fn a_number_that_a_trusted_proxy_gave_is_the_trace_s_too() {
    let (collector, endpoint) = Collector::open().await;
    traced(settings(endpoint), &["127.0.0.1"], async |house| {
        let page = house.browser().with_header("x-request-id", CALLED).get("/login").await;
        assert_eq!(page.header("x-request-id"), Some(CALLED));
    })
    .await;
    let spans = collector.trace(CALLED);
    assert!(named(&spans, "GET /login").parent_span_id.is_empty());
}

#[tokio::test]
async fn what_the_proxy_does_not_trace_or_the_share_leaves_out_sends_no_span_and_keeps_its_number() {
    let (collector, endpoint) = Collector::open().await;
    let unsampled = CALLER.replace("-01", "-00");
    traced(settings(endpoint.clone()), &["127.0.0.1"], async |house| {
        let page = called(house, &unsampled).get("/login").await;
        assert_eq!(page.header("x-request-id"), Some(CALLED));
    })
    .await;
    traced(Settings { share: 0.0, ..settings(endpoint) }, &[], async |house| {
        let seed = open_account(house, VERIFIED).await;
        browser_of(house, &seed).await;
    })
    .await;
    assert!(collector.spans().is_empty());
}

#[tokio::test]
async fn without_a_collector_sign_ins_go_on_and_the_lost_spans_are_counted() {
    // Held and not listened on: nobody else's collector opens there and hears of this house.
    let held = TcpSocket::new_v4().unwrap();
    held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let gone = held.local_addr().unwrap();
    let (traces, delivery) =
        traces::start(&settings(format!("http://{gone}/v1/traces").parse().unwrap()), Arc::new(OsRng))
            .unwrap();
    let plan = Plan { traces, ..Plan::default() };
    house_of(plan, async |house| {
        let seed = open_account(house, VERIFIED).await;
        browser_of(house, &seed).await;
        delivery.end().await;
        let text = house.service.metrics().await;
        let of = |outcome: &str| {
            let start = format!("menfu_trace_spans_total{{outcome=\"{outcome}\"}} ");
            text.lines().find_map(|line| line.strip_prefix(&start)?.parse::<u32>().ok()).unwrap()
        };
        assert_eq!(of("delivered"), 0);
        assert!(of("dropped") >= 5, "{text}");
    })
    .await;
}

#[tokio::test]
async fn past_a_collector_that_says_nothing_spans_are_dropped_and_nobody_waits() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/v1/traces", silent.local_addr().unwrap()).parse().unwrap();
    let (traces, _delivery) = traces::start(&settings(endpoint), Arc::new(OsRng)).unwrap();
    for _ in 0..10_000 {
        traces.part_or_own("test", Side::Inside, async {}).await;
    }
    // 4,096 wait, 512 may be under way.
    assert_eq!(traces.counts().0, 0);
    assert!(traces.counts().1 >= 10_000 - 4096 - 512, "{:?}", traces.counts());
}

/// Who was asked, and which span they were told; nobody gets a good answer.
type Asked = Arc<Mutex<Vec<(String, Option<String>)>>>;

async fn authority() -> (Asked, Url) {
    let asked = Asked::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let hear = |State(asked): State<Asked>, request: Request| async move {
        let told = request.headers().get("traceparent").map(|value| value.to_str().unwrap().to_owned());
        asked.lock().unwrap().push((request.uri().path().to_owned(), told));
        StatusCode::SERVICE_UNAVAILABLE
    };
    let routes = axum::Router::new().fallback(hear).with_state(asked.clone());
    tokio::spawn(axum::serve(listener, routes).into_future());
    (asked, address)
}

/// A message, a question and an address that a client named, all in one trace.
async fn ask_everybody(traces: &Traces, address: &Url) {
    let settings = authority::Settings {
        url: address.clone(),
        key: Secret::from("k"),
        connect_timeout: Duration::from_secs(5),
        timeout: Duration::from_secs(5),
    };
    let clock = Arc::new(ManualClock::at(START));
    let gate = |name| Gate::new(name, clock.clone());
    let gateway = Gateway::new(&settings, gate("sms"), clock.clone()).unwrap();
    let bank = HttpVerifier::new(CardMethod::Bank, &settings, gate("bank")).unwrap();
    let client =
        Fetcher::new(&outbound::Settings { allow_loopback: true, ..outbound::Settings::default() }).unwrap();
    let message = serde_json::json!({
        "phone": "+8613800138000", "sign": "门符", "template": "T1", "text": "012345", "not_after": START,
    });
    let question = CardRequest {
        request_id: "job-1".into(),
        bank: Some("CCB".into()),
        card_no: "6217000123456789019".into(),
        name: "林晓雨".into(),
        id_type: "CN_RID".into(),
        id_number: "440399199205180246".into(),
        phone: "+8619900000101".into(),
    };
    let asking = async {
        let payload = serde_json::to_vec(&message).unwrap();
        let sent = gateway.deliver(&payload, &OutboxId::new(START, &OsRng)).await;
        assert_eq!(sent, Delivery::Retry);
        bank.verify(&question).await.unwrap_err();
        client.post_form(&address.join("/logout").unwrap(), &[]).await.unwrap();
        client.get(&address.join("/jwks").unwrap()).await.unwrap();
    };
    traces.part_or_own("test", Side::Inside, asking).await;
}

#[tokio::test]
async fn the_bureau_s_own_authorities_are_told_the_trace_where_the_settings_say_so_and_clients_never() {
    let (collector, endpoint) = Collector::open().await;
    for tells in [Tells::Authorities, Tells::Nobody] {
        let (asked, address) = authority().await;
        let (traces, delivery) =
            traces::start(&Settings { tells, ..settings(endpoint.clone()) }, Arc::new(OsRng)).unwrap();
        ask_everybody(&traces, &address).await;
        delivery.end().await;
        let asked = asked.lock().unwrap().clone();
        let paths: Vec<_> = asked.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["/sms/v1/send", "/bank/v1/verify", "/logout", "/jwks"]);
        for (path, told) in &asked[..2] {
            assert_eq!(told.is_some(), tells == Tells::Authorities, "{path}");
        }
        assert_eq!((&asked[2].1, &asked[3].1), (&None, &None));
        if let Some(told) = &asked[0].1 {
            let spans = collector.spans();
            let span = named(&spans, "test");
            assert_eq!(*told, format!("00-{}-{}-01", hex(&span.trace_id), hex(&span.span_id)));
        }
    }
    let spans = collector.spans();
    let fetches: Vec<_> = spans.iter().filter(|span| span.name == "client fetch").collect();
    assert_eq!(fetches.len(), 4);
    for fetch in fetches {
        assert_eq!(attribute(fetch, "http.response.status_code").as_deref(), Some("503"));
    }
}
