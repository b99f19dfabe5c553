//! The bank verification platform over HTTP.
//!
//! `POST {url}/bank/v1/verify` with the four elements and an idempotency key; the same key gets the same answer, so a
//! restart asks for the answer again, never for another check. Card number and name are in the body only.

use std::time::Duration;

use async_trait::async_trait;

use crate::kernel::Secret;

use super::{BankAnswer, BankRequest, BankUnreachable, BankVerifier, Settings};

/// The platform over HTTP.
pub struct HttpBank {
    http: reqwest::Client,
    url: String,
    key: Secret,
}

impl HttpBank {
    /// One client for all calls.
    ///
    /// # Errors
    /// When the TLS side of the client cannot be set up.
    pub fn new(settings: &Settings) -> Result<Self, BankUnreachable> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(settings.bank_timeout().min(Duration::from_secs(5)))
            .timeout(settings.bank_timeout())
            .build()
            .map_err(|error| unreachable(&error))?;
        let url = format!("{}/bank/v1/verify", settings.bank_url);
        Ok(Self { http, url, key: settings.bank_key.clone() })
    }
}

#[async_trait]
impl BankVerifier for HttpBank {
    async fn verify(&self, request: &BankRequest) -> Result<BankAnswer, BankUnreachable> {
        let answer = self
            .http
            .post(&self.url)
            .bearer_auth(self.key.expose())
            .json(request)
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .map_err(|error| unreachable(&error))?;
        answer.json().await.map_err(|error| unreachable(&error))
    }
}

/// The kind of failure; never the address or the body.
fn unreachable(error: &reqwest::Error) -> BankUnreachable {
    let kind = match (error.status(), error.is_timeout(), error.is_connect(), error.is_decode()) {
        (Some(status), ..) => format!("status {}", status.as_u16()),
        (None, true, ..) => "timeout".to_owned(),
        (None, _, true, _) => "no connection".to_owned(),
        (None, _, _, true) => "an answer that does not parse".to_owned(),
        _ => "the connection broke".to_owned(),
    };
    BankUnreachable(kind)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::proofing::Outcome;

    fn request() -> BankRequest {
        BankRequest {
            request_id: "job-1".into(),
            bank: "CCB".into(),
            card_no: "6217000123456789019".into(),
            name: "林晓雨".into(),
            id_type: "CN_RID".into(),
            id_number: "440399199205180246".into(),
            phone: "+8619900000101".into(),
        }
    }

    fn bank_at(bank_url: String) -> HttpBank {
        HttpBank::new(&Settings { bank_url, bank_key: "k".into(), bank_timeout_ms: 2_000 }).unwrap()
    }

    /// Answers one request with `status` and `body`, and hands back what it read.
    async fn bank_that_says(status: &str, body: &str) -> (HttpBank, tokio::task::JoinHandle<String>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let bank = bank_at(format!("http://{}", listener.local_addr().unwrap()));
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
        assert_eq!(down.verify(&request()).await, Err(BankUnreachable("status 503".into())));
        let (garbled, _) = bank_that_says("200 OK", "好").await;
        let error = garbled.verify(&request()).await.unwrap_err();
        assert_eq!(error, BankUnreachable("an answer that does not parse".into()));
    }

    #[tokio::test]
    async fn nobody_there_is_no_answer() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let bank = bank_at(format!("http://{}", listener.local_addr().unwrap()));
        drop(listener);
        assert_eq!(bank.verify(&request()).await, Err(BankUnreachable("no connection".into())));
    }
}
