//! A4 `/account/verification` 认证中心: which levels there are, by what proof and until when, and the ways to more.

use axum::extract::State;
use axum::response::Response;
use chrono::TimeDelta;

use super::account::{bank_label, owner};
use crate::http::page::show;
use crate::http::url::Path;
use crate::http::view::{self, AccountVerification, EvidenceState, LevelRow, LevelState, MethodRow};
use crate::http::{App, Failure, Visit};
use crate::kernel::{Message, RealNameLevel, Timestamp};
use crate::proofing::{self, CardMethod, Detail, Evidence, Method, ends_soon, lapsed, lasting, level};

/// A4.
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let person = match owner(&visit) {
        Ok(person) => person,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let evidence = app.proofing.evidence(person.id).await?;
    let now = visit.ctx.now;
    let l3 = if app.policy.levels.l3_open { LevelState::Open } else { LevelState::Closed };
    let page = AccountVerification {
        level: visit.reached(level(&evidence, now)),
        capped: visit.is_capped(),
        rows: vec![
            phone_row(&evidence, now),
            identity_row(&evidence, now),
            LevelRow { level: RealNameLevel::L3, state: l3, method: None, until: None },
        ],
        methods: methods(&app, &visit),
        ends_soon: ends_soon(&evidence, now).map(last_moment),
        lapsed: lapsed(&evidence, now).and_then(|proof| proof.expires_at).map(last_moment),
        evidence: evidence.iter().map(|proof| shown(&app, &visit, proof)).collect(),
        request: visit.request.clone(),
    };
    Ok(show(&app, &visit, &page))
}

fn phone_row(evidence: &[Evidence], now: Timestamp) -> LevelRow {
    let of_phone = |proof: &&Evidence| proof.detail.method() == Method::Phone;
    let counts = evidence.iter().filter(of_phone).any(|proof| proof.counts(now));
    let state = match (counts, evidence.iter().any(|proof| of_phone(&proof))) {
        (true, _) => LevelState::Done,
        (false, true) => LevelState::Expired,
        (false, false) => LevelState::Open,
    };
    let method = (state != LevelState::Open).then(|| Message::new(key_of(Method::Phone)));
    LevelRow { level: RealNameLevel::L1, state, method, until: None }
}

/// By the proof that counts longest, else by the last there was.
fn identity_row(evidence: &[Evidence], now: Timestamp) -> LevelRow {
    let last = || evidence.iter().find(|proof| proof.detail.method().proves_identity());
    let (state, proof) = match lasting(evidence, now) {
        Some(proof) => (LevelState::Done, Some(proof)),
        None => last().map_or((LevelState::Open, None), |proof| (LevelState::Expired, Some(proof))),
    };
    LevelRow {
        level: RealNameLevel::L2,
        state,
        method: proof.map(|proof| Message::new(key_of(proof.detail.method()))),
        until: proof.filter(|proof| proof.counts(now)).and_then(|proof| proof.expires_at).map(last_moment),
    }
}

const fn key_of(method: Method) -> &'static str {
    match method {
        Method::Phone => "method-sms",
        Method::Bank => "method-bank",
        Method::UnionPay => "method-unionpay",
    }
}

/// The ways to L2 that this installation has, in the profile's order.
pub fn methods(app: &App, visit: &Visit) -> Vec<MethodRow> {
    let row = |offer: proofing::Offer| MethodRow {
        value: offer.method.as_str(),
        name: Message::new(key_of(offer.method.into())),
        text: Message::new(match offer.method {
            CardMethod::Bank => "method-bank-text",
            CardMethod::UnionPay => "method-unionpay-text",
        }),
        href: visit.link(page_of(offer.method)).into(),
        asked: offer.asked,
    };
    app.proofing.offers().into_iter().map(row).collect()
}

/// A5 or A6.
pub const fn page_of(method: CardMethod) -> Path {
    match method {
        CardMethod::Bank => Path::VerificationBank,
        CardMethod::UnionPay => Path::VerificationUnionPay,
    }
}

/// A proof that ends at midnight is shown with its last day.
pub fn last_moment(end: Timestamp) -> Timestamp {
    end - TimeDelta::milliseconds(1)
}

fn shown(app: &App, visit: &Visit, proof: &Evidence) -> view::Evidence {
    let detail = match &proof.detail {
        Detail::Phone { phone } => phone.masked(),
        Detail::Bank { bank, bank_name, last_four, .. } => {
            format!("{} **** {last_four}", bank_label(app, visit, bank, bank_name))
        }
        Detail::UnionPay { bank_name, last_four, .. } => format!("{bank_name} **** {last_four}"),
    };
    let state = match proof.state {
        proofing::EvidenceState::Replaced => EvidenceState::Replaced,
        proofing::EvidenceState::Displaced => EvidenceState::Displaced,
        proofing::EvidenceState::Valid if proof.counts(visit.ctx.now) => EvidenceState::Valid,
        proofing::EvidenceState::Valid => EvidenceState::Expired,
    };
    view::Evidence {
        method: Message::new(key_of(proof.detail.method())),
        detail: Some(detail),
        at: proof.obtained_at,
        until: proof.expires_at.map(last_moment),
        state,
    }
}
