//! The simulators' HTTP contract: every path on one screen, and how faults look on the wire.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Query, State as Shared};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;
use subtle::ConstantTimeEq;

use super::{Control, Mode, SendRequest, Service, Sms, State, UnionPayRequest, VerifyRequest, page};

pub(super) fn router(state: State) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/style.css", get(style))
        .route("/bank/v1/verify", post(verify))
        .route("/unionpay/v1/verify", post(verify_unionpay))
        .route("/sms", get(sms_page))
        .route("/sms/messages", get(messages))
        .route("/sms/v1/send", post(send))
        .route("/calls", get(calls))
        .route("/control", get(show_control).post(control))
        .route("/control/reset", post(reset))
        .with_state(state)
}

async fn verify(
    Shared(state): Shared<State>,
    headers: HeaderMap,
    Json(request): Json<VerifyRequest>,
) -> Response {
    if !has_key(&headers, &state) {
        return refusal(StatusCode::UNAUTHORIZED, "wrong bearer key");
    }
    let control = state.meet(Service::Bank, &request.request_id);
    faulty(control, || Json(state.verify(&request))).await
}

async fn verify_unionpay(
    Shared(state): Shared<State>,
    headers: HeaderMap,
    Json(request): Json<UnionPayRequest>,
) -> Response {
    if !has_key(&headers, &state) {
        return refusal(StatusCode::UNAUTHORIZED, "wrong bearer key");
    }
    let control = state.meet(Service::UnionPay, &request.request_id);
    faulty(control, || Json(state.verify_unionpay(request))).await
}

async fn send(Shared(state): Shared<State>, Json(request): Json<SendRequest>) -> Response {
    let control = state.meet(Service::Sms, &request.message_id);
    let accept = || {
        state.send(request);
        Json(json!({ "accepted": true }))
    };
    faulty(control, accept).await
}

/// Lets a service work, unless and until its fault says otherwise.
async fn faulty<T: IntoResponse>(control: Control, work: impl FnOnce() -> T) -> Response {
    let answer = match control.mode {
        Mode::Refuse => hang_up(),
        Mode::Unavailable => refusal(StatusCode::SERVICE_UNAVAILABLE, "the simulator was told to be down"),
        Mode::HangUp => {
            drop(work());
            hang_up()
        }
        Mode::Rubbish => {
            drop(work());
            Html("<p>系统维护中</p>").into_response()
        }
        Mode::Up => work().into_response(),
    };
    if control.slow_ms > 0 {
        tokio::time::sleep(Duration::from_millis(control.slow_ms)).await;
    }
    answer
}

/// Announces a body that never comes, so that the server closes the connection instead of answering.
fn hang_up() -> Response {
    let nothing = Body::from_stream(Body::empty().into_data_stream());
    ([(CONTENT_LENGTH, "1")], nothing).into_response()
}

fn refusal(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "error": error }))).into_response()
}

fn has_key(headers: &HeaderMap, state: &State) -> bool {
    let presented = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
    let expected = format!("Bearer {}", state.inner.bank_key.expose());
    presented.ct_eq(expected.as_bytes()).into()
}

/// The filter of the SMS pages; a form may send an empty phone.
#[derive(Deserialize)]
struct Filter {
    phone: Option<String>,
    refresh: Option<u16>,
}

#[derive(Serialize)]
struct Messages {
    messages: Vec<Sms>,
}

async fn messages(Shared(state): Shared<State>, Query(filter): Query<Filter>) -> Json<Messages> {
    Json(Messages { messages: state.messages(filter.phone.as_deref()) })
}

async fn sms_page(Shared(state): Shared<State>, Query(filter): Query<Filter>) -> Response {
    let phone = filter.phone.unwrap_or_default();
    html(page::sms(&state.messages(Some(&phone)), &phone, filter.refresh))
}

async fn index(Shared(state): Shared<State>) -> Response {
    html(page::index(state.table(), state.unionpay()))
}

async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("style.css"))
}

async fn calls(Shared(state): Shared<State>) -> impl IntoResponse {
    Json(json!({
        "bank": state.calls(Service::Bank),
        "unionpay": state.calls(Service::UnionPay),
        "sms": state.calls(Service::Sms),
    }))
}

async fn show_control(Shared(state): Shared<State>) -> impl IntoResponse {
    Json([Service::Bank, Service::UnionPay, Service::Sms].map(|service| state.control(service)))
}

async fn control(Shared(state): Shared<State>, Json(control): Json<Control>) -> StatusCode {
    state.set_control(control);
    StatusCode::NO_CONTENT
}

async fn reset(Shared(state): Shared<State>) -> StatusCode {
    state.reset();
    StatusCode::NO_CONTENT
}

fn html(page: String) -> Response {
    let policy =
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    ([(CONTENT_SECURITY_POLICY, policy)], Html(page)).into_response()
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;

    #[tokio::test]
    async fn a_slow_service_has_done_its_work_before_it_answers() {
        let mut worked = false;
        let control = Control { slow_ms: 3_600_000, ..Control::well(Service::Bank) };
        let mut answer = Box::pin(faulty(control, || {
            worked = true;
            "yes"
        }));
        let polled = answer.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Pending));
        drop(answer);
        assert!(worked);
    }
}
