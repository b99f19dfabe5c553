//! The outside authorities of this installation, each behind its breaker.

use std::sync::Arc;

use super::StartError;
use super::counted::CountedCards;
use crate::http::meter::{Authority, Kind, Meter};
use crate::kernel::RealNameLevel;
use crate::kernel::trace::Traces;
use crate::notify::Notify;
use crate::policy::{Policy, RegistrationProofing};
use crate::proofing::{self, CardMethod, CardVerifier, HttpVerifier, Proofing, Verifiers};
use crate::render::Renderer;
use crate::storage::authority::{self, Gate};
use crate::storage::{Base, Outbox};

/// One breaker for each authority, whoever calls it.
#[derive(Clone)]
pub(super) struct Gates {
    pub bank: Gate,
    pub unionpay: Gate,
    pub sms: Gate,
}

impl Gates {
    pub fn new(base: &Base, meter: &Meter) -> Self {
        let gate = |authority: Authority| {
            let meter = meter.clone();
            let ear = Arc::new(move |news| meter.heard(authority, news));
            Gate::new(authority.name(), base.clock.clone()).heard_by(ear)
        };
        Self { bank: gate(Authority::Bank), unionpay: gate(Authority::UnionPay), sms: gate(Authority::Sms) }
    }

    pub const fn all(&self) -> [&Gate; 3] {
        [&self.bank, &self.unionpay, &self.sms]
    }

    /// The messages, with an eye on their gateway.
    pub fn notify(&self, base: &Base, outbox: &Outbox, renderer: &Renderer, policy: &Arc<Policy>) -> Notify {
        let texts = renderer.texts().clone();
        Notify::new(base.clone(), outbox.clone(), texts, policy.clone()).watching(self.sms.clone())
    }

    /// The proofing room, with the authorities that are configured.
    pub fn proofing(
        &self,
        settings: &proofing::Settings,
        base: &Base,
        policy: &Arc<Policy>,
        (meter, traces): (&Meter, &Traces),
    ) -> Result<Proofing, StartError> {
        let counted = |method, inner: Arc<HttpVerifier>| {
            let (meter, traces) = (meter.clone(), traces.clone());
            Arc::new(CountedCards { meter, traces, method, inner }) as Arc<dyn CardVerifier>
        };
        let verifier = |method, settings: Option<&authority::Settings>, gate: &Gate| {
            let Some(settings) = settings else { return Ok(None) };
            let inner = HttpVerifier::new(method, settings, gate.clone())?;
            Ok::<_, StartError>(Some(counted(method, inner)))
        };
        let bank = verifier(CardMethod::Bank, settings.bank.as_ref(), &self.bank)?;
        let unionpay = verifier(CardMethod::UnionPay, settings.unionpay.as_ref(), &self.unionpay)?;
        let proofing = Proofing::new(base.clone(), Verifiers { bank, unionpay }, policy.clone());
        refuse_what_cannot_be(policy, &proofing)?;
        Ok(proofing)
    }
}

/// S0-06: where nobody has an account before the bank's yes, a provider without a bank opens no account at all.
fn refuse_what_cannot_be(policy: &Policy, proofing: &Proofing) -> Result<(), StartError> {
    let required = policy.registration.proofing == RegistrationProofing::Required;
    if required && proofing.offer(CardMethod::Bank).is_none() {
        let sentence = "proofing.bank.url: missing, and this profile registers nobody without the bank";
        return Err(StartError::Settings(sentence.to_owned()));
    }
    Ok(())
}

/// The highest level that somebody can be raised to here.
pub(super) fn reachable(policy: &Policy, proofing: &Proofing) -> RealNameLevel {
    match (policy.levels.l3_open, proofing.offers().is_empty()) {
        (true, _) => RealNameLevel::L3,
        (false, false) => RealNameLevel::L2,
        (false, true) => RealNameLevel::L1,
    }
}
