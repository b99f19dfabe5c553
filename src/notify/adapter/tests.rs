use super::*;
use crate::kernel::{ManualClock, Secret, SeededRng, Timestamp};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};
use url::Url;

const NOW: Timestamp = Timestamp::from_seconds(1_795_226_400);

/// A gateway that answers one request with this status and tells what it was sent.
async fn gateway(status: &'static str) -> (Gateway, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let asked = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"}") {
            socket.read_buf(&mut request).await.unwrap();
        }
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        socket.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(request).unwrap()
    });
    (client(url), asked)
}

fn client(url: Url) -> Gateway {
    let limit = Duration::from_secs(5);
    let settings = Settings { url, key: Secret::from("the-key"), connect_timeout: limit, timeout: limit };
    let clock = Arc::new(ManualClock::at(NOW));
    Gateway::new(&settings, Gate::new("sms", clock.clone()), clock).unwrap()
}

fn id() -> OutboxId {
    OutboxId::new(NOW, &SeededRng::new(1))
}

fn payload(not_after: Timestamp) -> Vec<u8> {
    let phone = "13800138000".parse().unwrap();
    let sms =
        Sms {
            phone, sign: "门符".into(), template: "T1".into(), text: "验证码012345".into(), not_after
        };
    serde_json::to_vec(&sms).unwrap()
}

#[tokio::test]
async fn the_gateway_gets_the_message_with_its_id_and_our_key() {
    let (gateway, asked) = gateway("200 OK").await;
    assert_eq!(gateway.deliver(&payload(NOW), &id()).await, Delivery::Done);
    let asked = asked.await.unwrap();
    let (head, body) = asked.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /sms/v1/send HTTP/1.1"), "{head}");
    assert!(head.contains("authorization: Bearer the-key"), "{head}");
    let expected = json!({
        "message_id": id(), "phone": "+8613800138000", "sign": "门符", "template": "T1", "text": "验证码012345",
    });
    assert_eq!(serde_json::from_str::<serde_json::Value>(body).unwrap(), expected);
}

#[tokio::test]
async fn a_busy_gateway_and_a_wrong_key_are_retried_and_a_refused_message_is_not() {
    for (status, expected) in [
        ("503 Service Unavailable", Delivery::Retry),
        ("429 Too Many Requests", Delivery::Retry),
        ("401 Unauthorized", Delivery::Retry),
        ("302 Found", Delivery::Retry),
        ("400 Bad Request", Delivery::Dead),
    ] {
        let (gateway, _asked) = gateway(status).await;
        assert_eq!(gateway.deliver(&payload(NOW), &id()).await, expected, "{status}");
    }
}

#[tokio::test]
async fn a_gateway_that_is_gone_is_retried() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let gateway = client(format!("http://127.0.0.1:{port}").parse().unwrap());
    assert_eq!(gateway.deliver(&payload(NOW), &id()).await, Delivery::Retry);
}

#[tokio::test]
async fn a_message_whose_time_is_over_is_not_sent() {
    let gateway = client("http://127.0.0.1:1".parse().unwrap());
    let past = Timestamp::from_millis(NOW.millis() - 1);
    assert_eq!(gateway.deliver(&payload(past), &id()).await, Delivery::Dead);
}
