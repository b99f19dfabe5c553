//! The bank verification platform and UnionPay over HTTP.
//!
//! `POST {url}/bank/v1/verify` and `POST {url}/unionpay/v1/verify` with the four elements and an idempotency key; the same
//! key gets the same answer, so a restart asks for the answer again, never for another check. Card number and name are in
//! the body only.

use std::sync::Arc;

use async_trait::async_trait;

use crate::policy::CardMethod;
use crate::storage::authority::{Authority, ClientError, Gate, Settings, Unanswered};

use super::{CardAnswer, CardRequest, CardVerifier};

/// One of the two over HTTP.
pub struct HttpVerifier {
    authority: Authority,
    path: &'static str,
}

impl HttpVerifier {
    /// One client for all calls.
    ///
    /// # Errors
    /// When the TLS side of the client cannot be set up.
    pub fn new(method: CardMethod, settings: &Settings, gate: Gate) -> Result<Arc<Self>, ClientError> {
        let path = match method {
            CardMethod::Bank => "/bank/v1/verify",
            CardMethod::UnionPay => "/unionpay/v1/verify",
        };
        Ok(Arc::new(Self { authority: Authority::new(settings, gate)?, path }))
    }
}

#[async_trait]
impl CardVerifier for HttpVerifier {
    async fn verify(&self, request: &CardRequest) -> Result<CardAnswer, Unanswered> {
        self.authority.post(self.path, request, |reply| reply.json()).await
    }

    fn is_asked(&self) -> bool {
        !self.authority.gate().is_open()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use std::time::Duration;

    use super::*;
    use crate::kernel::{ManualClock, Timestamp};
    use crate::proofing::Outcome;

    fn request() -> CardRequest {
        CardRequest {
            request_id: "job-1".into(),
            bank: Some("CCB".into()),
            card_no: "6217000123456789019".into(),
            name: "林晓雨".into(),
            id_type: "CN_RID".into(),
            id_number: "440399199205180246".into(),
            phone: "+8619900000101".into(),
        }
    }

    fn bank_at(url: &str) -> Arc<HttpVerifier> {
        let settings = Settings {
            url: url.parse().unwrap(),
            key: "k".into(),
            connect_timeout: Duration::from_secs(2),
            timeout: Duration::from_secs(2),
        };
        let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_795_226_400)));
        HttpVerifier::new(CardMethod::Bank, &settings, Gate::new("bank", clock)).unwrap()
    }

    /// Answers one request with `status` and `body`, and hands back what it read.
    async fn bank_that_says(
        status: &str,
        body: &str,
    ) -> (Arc<HttpVerifier>, tokio::task::JoinHandle<String>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let bank = bank_at(&format!("http://{}", listener.local_addr().unwrap()));
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let server = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut read = Vec::new();
            while !read.ends_with(b"}") {
                socket.read_buf(&mut read).await.unwrap();
            }
            socket.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(read).unwrap()
        });
        (bank, server)
    }

    #[tokio::test]
    async fn the_four_elements_go_out_and_the_answer_comes_back() {
        let said = r#"{"request_id":"job-1","result":"PHONE_MISMATCH","reference":"R1","bank_name":"建设银行","checked_at":"x"}"#;
        let (bank, server) = bank_that_says("200 OK", said).await;
        let answer = bank.verify(&request()).await.unwrap();
        assert_eq!(answer.result, Outcome::PhoneMismatch);
        assert_eq!((answer.reference.as_str(), answer.bank_name.as_str()), ("R1", "建设银行"));
        assert!(!answer.phone_matched, "a bank that does not tell counts as no");
        let asked = server.await.unwrap();
        assert!(asked.starts_with("POST /bank/v1/verify HTTP/1.1"));
        assert!(asked.to_lowercase().contains("authorization: bearer k"));
        let body: serde_json::Value = serde_json::from_str(asked.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        assert_eq!(body.as_object().unwrap().len(), 7);
        assert_eq!(body["card_no"], "6217000123456789019");
    }

    #[tokio::test]
    async fn a_status_and_nonsense_are_no_answer() {
        let (down, _) = bank_that_says("503 Service Unavailable", "").await;
        assert_eq!(down.verify(&request()).await, Err(Unanswered::Status(503)));
        let (garbled, _) = bank_that_says("200 OK", "好").await;
        assert_eq!(garbled.verify(&request()).await, Err(Unanswered::Garbled));
    }

    #[tokio::test]
    async fn nobody_there_is_no_answer() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let bank = bank_at(&format!("http://{}", listener.local_addr().unwrap()));
        drop(listener);
        assert_eq!(bank.verify(&request()).await, Err(Unanswered::NoConnection));
    }
}
