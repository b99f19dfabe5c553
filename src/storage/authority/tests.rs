use super::*;
use crate::kernel::{ManualClock, Timestamp};
use chrono::TimeDelta;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const NOW: Timestamp = Timestamp::from_seconds(1_795_226_400);

fn authority(address: &str, clock: Arc<ManualClock>) -> Authority {
    let settings = Settings {
        url: format!("http://{address}/").parse().unwrap(),
        key: Secret::from("the-key"),
        connect_timeout: Duration::from_millis(500),
        timeout: Duration::from_millis(500),
    };
    Authority::new(&settings, Gate::new("bank", clock)).unwrap()
}

/// An authority that gives every caller these bytes; `None`: it takes the request and says nothing.
async fn that_says(bytes: Option<Vec<u8>>) -> Authority {
    authority(&address_saying(bytes).await, Arc::new(ManualClock::at(NOW)))
}

async fn address_of_silence() -> String {
    address_saying(None).await
}

/// Serves one caller after the other.
async fn address_saying(bytes: Option<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let mut silent = Vec::new();
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                if socket.read_buf(&mut request).await.unwrap() == 0 {
                    break;
                }
            }
            match &bytes {
                Some(bytes) => socket.write_all(bytes).await.unwrap(),
                None => silent.push(socket),
            }
        }
    });
    address
}

fn http(status: &str, body: &[u8]) -> Option<Vec<u8>> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    Some([head.as_bytes(), body].concat())
}

async fn ask(authority: &Authority) -> Result<serde_json::Value, Unanswered> {
    authority.post("/v1/ask", &serde_json::json!({ "a": 1 }), |reply| reply.json()).await
}

#[tokio::test]
async fn every_way_not_to_answer_has_a_name() {
    let long = vec![b'1'; SIZE_LIMIT + 1];
    for (bytes, expected) in [
        (http("503 Service Unavailable", b""), Unanswered::Status(503)),
        (http("401 Unauthorized", b""), Unanswered::Status(401)),
        (http("302 Found", b"{}"), Unanswered::Status(302)),
        (http("200 OK", "好".as_bytes()), Unanswered::Garbled),
        (http("200 OK", &long), Unanswered::Garbled),
        (Some(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{".to_vec()), Unanswered::Broken),
        (None, Unanswered::TimedOut),
    ] {
        assert_eq!(ask(&that_says(bytes).await).await, Err(expected));
    }
    let clock = Arc::new(ManualClock::at(NOW));
    assert_eq!(ask(&authority("127.0.0.1:1", clock)).await, Err(Unanswered::NoConnection));
}

#[tokio::test]
async fn an_authority_that_does_not_answer_is_left_alone_and_asked_again_after_the_pause() {
    let clock = Arc::new(ManualClock::at(NOW));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let authority = authority(&address, clock.clone());
    for _ in 0..5 {
        assert_eq!(ask(&authority).await, Err(Unanswered::NoConnection));
    }
    assert_eq!(ask(&authority).await, Err(Unanswered::LeftAlone));
    assert_eq!(authority.gate().health(), Health { name: "bank", phase: Phase::Open });
    clock.advance(TimeDelta::seconds(30));
    assert_eq!(authority.gate().health().phase, Phase::HalfOpen);
    assert_eq!(ask(&authority).await, Err(Unanswered::NoConnection), "the probe goes out");
    assert_eq!(ask(&authority).await, Err(Unanswered::LeftAlone), "and fails");
}

#[tokio::test]
async fn after_the_pause_one_of_many_callers_is_the_probe_and_whoever_counts_hears_of_it() {
    let clock = Arc::new(ManualClock::at(NOW));
    let news = Arc::new(Mutex::new(Vec::new()));
    let (address, heard) = (address_of_silence().await, news.clone());
    let ear: Ear = Arc::new(move |it| heard.lock().unwrap().push(it));
    let mut authority = authority(&address, clock.clone());
    authority.gate = authority.gate.clone().heard_by(ear);
    let (authority, all) = (Arc::new(authority), async |authority: &Arc<Authority>| {
        let mut asked = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let authority = authority.clone();
            asked.spawn(async move { ask(&authority).await.unwrap_err() });
        }
        asked.join_all().await
    });
    assert!(all(&authority).await.iter().all(|error| *error == Unanswered::TimedOut));
    assert!(all(&authority).await.iter().all(|error| *error == Unanswered::LeftAlone));
    clock.advance(TimeDelta::seconds(30));
    let probes = all(&authority).await;
    assert_eq!(probes.iter().filter(|error| **error == Unanswered::TimedOut).count(), 1, "{probes:?}");
    assert_eq!(probes.iter().filter(|error| **error == Unanswered::LeftAlone).count(), 7, "{probes:?}");
    let count = |it| news.lock().unwrap().iter().filter(|heard| **heard == it).count();
    assert_eq!(count(News::Tripped), 2, "at first, and after the probe");
    assert_eq!(count(News::Unanswered(Unanswered::LeftAlone)), 15);
    assert_eq!(count(News::Unanswered(Unanswered::TimedOut)), 9);
}

#[test]
fn neither_key_nor_address_is_in_debug() {
    let settings = Settings {
        url: "https://user:pass@bank.example".parse().unwrap(),
        key: Secret::from("s3cret"),
        connect_timeout: Duration::from_secs(1),
        timeout: Duration::from_secs(1),
    };
    let shown = format!("{settings:?}");
    assert!(!shown.contains("s3cret") && !shown.contains("bank"), "{shown}");
}
