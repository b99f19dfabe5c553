//! Simulators of the outside world as a real HTTP server: bank verification, UnionPay and an SMS gateway.
//!
//! The adapters are exercised over the wire, as against the real ones; nothing here is called in process but by tests
//! and by `menfu demo`. What the banks answer stands in `bank.toml`, what
//! UnionPay answers in `unionpay.toml`. Invariants: an id that was answered is answered
//! the same again; a fault is only what `POST /control` asked for. Uses `kernel` and axum, no feature.

mod memory;
mod page;
mod routes;
mod table;

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;

pub use memory::{Calls, Control, Mode, SendRequest, Service, Sms, VerifyAnswer};
pub use table::{Account, Bank, OutcomeRow, Table, Tables, UnionPayRequest, Verdict, VerifyRequest};

use crate::kernel::{Clock, Secret};
use memory::Memory;

/// The simulators' shared state; cheap to clone.
#[derive(Clone)]
pub struct State {
    inner: Arc<Inner>,
}

struct Inner {
    tables: Tables,
    clock: Arc<dyn Clock>,
    bank_key: Secret,
    memory: Mutex<Memory>,
}

impl State {
    /// `bank_key` is what the banks and UnionPay expect as bearer key.
    #[must_use]
    pub fn new(tables: Tables, clock: Arc<dyn Clock>, bank_key: Secret) -> Self {
        let memory = Mutex::new(Memory::default());
        Self { inner: Arc::new(Inner { tables, clock, bank_key, memory }) }
    }

    /// The banks' test data.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.inner.tables.bank
    }

    /// UnionPay's test data.
    #[must_use]
    pub fn unionpay(&self) -> &Table {
        &self.inner.tables.unionpay
    }

    /// The bank's verdict; the same `request_id` gets its first answer.
    #[must_use]
    pub fn verify(&self, request: &VerifyRequest) -> VerifyAnswer {
        let mut memory = self.memory();
        if let Some(answer) = memory.find_answer(&request.request_id) {
            return answer.clone();
        }
        let answer = self.answer(request);
        memory.keep_answer(&answer);
        answer
    }

    /// UnionPay's verdict: it knows the bank by the number.
    #[must_use]
    pub fn verify_unionpay(&self, request: UnionPayRequest) -> VerifyAnswer {
        let mut memory = self.memory();
        if let Some(answer) = memory.find_answer(&request.request_id) {
            return answer.clone();
        }
        let answer = self.answer_from(self.unionpay(), &request.at_its_bank(self.unionpay()));
        memory.keep_answer(&answer);
        answer
    }

    fn answer(&self, request: &VerifyRequest) -> VerifyAnswer {
        self.answer_from(self.table(), request)
    }

    fn answer_from(&self, table: &Table, request: &VerifyRequest) -> VerifyAnswer {
        let bank = table.find_bank(&request.bank);
        VerifyAnswer {
            request_id: request.request_id.clone(),
            result: table.decide(request),
            reference: format!("SANDBOX-{}-{}", request.bank, request.request_id),
            bank_name: bank.map(|bank| bank.name.clone()).unwrap_or_default(),
            phone_matched: table.knows_phone(request),
            checked_at: self.now(),
        }
    }

    /// Takes an SMS; the same `message_id` a second time changes nothing.
    pub fn send(&self, message: SendRequest) {
        let sms = Sms { message, received_at: self.now() };
        self.memory().take_message(sms);
    }

    /// The SMS received, newest first; `phone` with or without +86, or all.
    #[must_use]
    pub fn messages(&self, phone: Option<&str>) -> Vec<Sms> {
        self.memory().messages(phone)
    }

    /// How often a service was called.
    #[must_use]
    pub fn calls(&self, service: Service) -> Calls {
        self.memory().calls(service)
    }

    /// How a service behaves at present.
    #[must_use]
    pub fn control(&self, service: Service) -> Control {
        self.memory().control(service)
    }

    /// Makes a service slow, down or well again.
    pub fn set_control(&self, control: Control) {
        self.memory().set_control(control);
    }

    /// Forgets answers, messages, counts and faults.
    pub fn reset(&self) {
        *self.memory() = Memory::default();
    }

    fn meet(&self, service: Service, id: &str) -> Control {
        self.memory().meet(service, id)
    }

    fn now(&self) -> String {
        self.inner.clock.now().utc().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.inner.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves the simulators on one listener until `shutdown`; call it once per listener with clones of one state.
///
/// # Errors
/// When the socket fails.
pub async fn serve(
    listener: TcpListener,
    state: State,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, routes::router(state)).with_graceful_shutdown(shutdown).await
}
