//! How an outside authority is called: the banks' platform, UnionPay, the SMS gateway.
//!
//! One client for all: a bearer key, JSON, no redirects, no proxy, a limit to connecting and one to the whole answer, 64
//! KiB at most, and a [`Breaker`] that leaves an authority alone which does not answer. A call is made once; whoever
//! repeats it does so under the same idempotency key. Neither address nor body is ever logged. Calls that only an
//! operator configures go here; addresses that clients name go through `outbound`.

mod breaker;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};
use url::Url;

use crate::kernel::{Clock, Secret, trace};

pub use breaker::{Breaker, Phase, Rules, Ticket};

const SIZE_LIMIT: usize = 64 * 1024;

/// Where an authority is, and how long it may take.
#[derive(Clone)]
pub struct Settings {
    /// The address before the paths of its protocol.
    pub url: Url,
    /// Sent as a bearer token.
    pub key: Secret,
    /// For the connection alone.
    pub connect_timeout: Duration,
    /// From connecting to the last byte.
    pub timeout: Duration,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

/// No answer, and why. Never the person's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    #[error("no connection")]
    NoConnection,
    #[error("no answer in time")]
    TimedOut,
    #[error("the connection broke")]
    Broken,
    /// Overloaded, out of order, or our key is refused.
    #[error("status {0}")]
    Status(u16),
    #[error("an answer that does not parse")]
    Garbled,
    /// It was not asked: too many calls before this one had no answer.
    #[error("left alone for a while")]
    LeftAlone,
}

impl Unanswered {
    /// The word of logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoConnection => "no_connection",
            Self::TimedOut => "timed_out",
            Self::Broken => "broken",
            Self::Status(_) => "status",
            Self::Garbled => "garbled",
            Self::LeftAlone => "left_alone",
        }
    }
}

/// The client could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the client cannot be made: {0}")]
pub struct ClientError(String);

/// How one authority stands, for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// `bank`, `unionpay`, `sms`.
    pub name: &'static str,
    pub phase: Phase,
}

/// What a counter wants to know of an authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// A call ended, or did not begin, without an answer.
    Unanswered(Unanswered),
    /// The breaker opened.
    Tripped,
}

/// Hears the news of one authority.
pub type Ear = Arc<dyn Fn(News) + Send + Sync>;

/// The breaker of one authority, shared by whoever calls it and whoever asks how it stands. Each node has its own: what it
/// knows is what this node met.
#[derive(Clone)]
pub struct Gate {
    name: &'static str,
    clock: Arc<dyn Clock>,
    breaker: Arc<Mutex<Breaker>>,
    ear: Option<Ear>,
}

impl Gate {
    #[must_use]
    pub fn new(name: &'static str, clock: Arc<dyn Clock>) -> Self {
        Self { name, clock, breaker: Arc::new(Mutex::new(Breaker::new(Rules::default()))), ear: None }
    }

    /// The same, with somebody who counts.
    #[must_use]
    pub fn heard_by(self, ear: Ear) -> Self {
        Self { ear: Some(ear), ..self }
    }

    #[must_use]
    pub fn health(&self) -> Health {
        Health { name: self.name, phase: self.lock().phase(self.clock.now()) }
    }

    /// Whether it is left alone at present.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.health().phase == Phase::Open
    }

    fn admit(&self) -> Result<Ticket, Unanswered> {
        self.lock().admit(self.clock.now()).ok_or(Unanswered::LeftAlone)
    }

    fn report(&self, ticket: &Ticket, answered: bool) {
        let changed = self.lock().report(ticket, answered, self.clock.now());
        match changed {
            Some(Phase::Open) => {
                self.tell(News::Tripped);
                tracing::error!(authority = self.name, "left alone: it does not answer");
            }
            Some(phase) => tracing::info!(authority = self.name, phase = phase.as_str(), "answers again"),
            None => {}
        }
    }

    fn tell(&self, news: News) {
        if let Some(ear) = &self.ear {
            ear(news);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One authority over HTTP.
pub struct Authority {
    http: reqwest::Client,
    base: String,
    key: Secret,
    gate: Gate,
}

/// What an authority said, whether it pleases or not.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    body: Vec<u8>,
}

impl Reply {
    /// The body of a success.
    ///
    /// # Errors
    /// The status, or `Garbled`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Unanswered> {
        if !(200..300).contains(&self.status) {
            return Err(Unanswered::Status(self.status));
        }
        serde_json::from_slice(&self.body).map_err(|_| Unanswered::Garbled)
    }
}

impl Authority {
    /// # Errors
    /// [`ClientError`] when TLS cannot be set up.
    pub fn new(settings: &Settings, gate: Gate) -> Result<Self, ClientError> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.timeout)
            .build()
            .map_err(|error| ClientError(error.to_string()))?;
        let base = settings.url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { http, base, key: settings.key.clone(), gate })
    }

    /// The breaker.
    #[must_use]
    pub const fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Posts JSON once and has the reply read. What `read` refuses counts as no answer.
    ///
    /// # Errors
    /// [`Unanswered`]; `LeftAlone` when nobody was asked.
    pub async fn post<T>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
        read: impl FnOnce(&Reply) -> Result<T, Unanswered> + Send,
    ) -> Result<T, Unanswered> {
        let answer = match self.gate.admit() {
            Ok(ticket) => {
                let answer = self.call(path, body).await.and_then(|reply| read(&reply));
                self.gate.report(&ticket, answer.is_ok());
                answer
            }
            Err(left_alone) => Err(left_alone),
        };
        if let Err(error) = &answer {
            self.gate.tell(News::Unanswered(*error));
            tracing::warn!(authority = self.gate.name, kind = error.as_str(), %error, "no answer");
        }
        answer
    }

    async fn call(&self, path: &str, body: &(impl Serialize + Sync)) -> Result<Reply, Unanswered> {
        let mut request = self.http.post(format!("{}{path}", self.base)).bearer_auth(self.key.expose());
        if let Some(span) = trace::for_authorities() {
            request = request.header("traceparent", span);
        }
        let mut response = request.json(body).send().await.map_err(|error| kind(&error))?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| kind(&error))? {
            if body.len() + chunk.len() > SIZE_LIMIT {
                return Err(Unanswered::Garbled);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status, body })
    }
}

/// The kind of failure; never the address or the body.
fn kind(error: &reqwest::Error) -> Unanswered {
    match (error.is_timeout(), error.is_connect()) {
        (true, _) => Unanswered::TimedOut,
        (_, true) => Unanswered::NoConnection,
        _ => Unanswered::Broken,
    }
}

#[cfg(test)]
mod tests;
