//! All routes on one screen.

use std::time::Duration;

use axum::Router;
use axum::extract::{Path as Segment, State};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use super::failure::{Failure, Panicked};
use super::pages::{
    account, apps, captcha, choose, consent, document, edit_profile, faq, help, legal, locked, logout,
    my_data, own_data, password, phone, preferences, raise_level, recover, recover_account, recover_card,
    recover_password, register, register_done, register_identity, register_verify, security_questions,
    sessions, sign_in_sms, signin, verification, verification_card, veto,
};
use super::url::Path;
use super::{App, guard, health, oidc, visit};
use crate::render::{STATIC_PATH, asset};

/// No body is larger; uploads come with their own limit.
const MAX_BODY: usize = 64 * 1024;
/// A bank may take 15 s; nothing takes longer.
const MAX_TIME: Duration = Duration::from_secs(30);

/// The whole provider.
pub fn router(app: App) -> Router {
    Router::new()
        .merge(pages(&app))
        .merge(machines(&app))
        .route(Path::Healthz.as_str(), get(health::healthz))
        .route(Path::Readyz.as_str(), get(health::readyz))
        .route(&format!("{STATIC_PATH}{{*name}}"), get(static_file))
        // One layer of many, the first outermost: each call of `layer` would box what it wraps once more.
        .layer((
            from_fn_with_state(app.clone(), visit::number),
            TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, MAX_TIME),
            RequestBodyLimitLayer::new(MAX_BODY),
        ))
        .with_state(app)
}

/// What browsers visit.
fn pages(app: &App) -> Router<App> {
    Router::new()
        .route(Path::Authorize.as_str(), get(oidc::authorize::get).post(oidc::authorize::post))
        .route(Path::Resume.as_str(), get(oidc::authorize::resume))
        .route(Path::Logout.as_str(), get(logout::get).post(logout::post))
        .route(Path::Login.as_str(), get(signin::get).post(signin::post))
        .route(Path::RaiseLevel.as_str(), get(raise_level::get).post(raise_level::post))
        .route(Path::Choose.as_str(), get(choose::get).post(choose::post))
        .route(Path::Consent.as_str(), get(consent::get).post(consent::post))
        .route(Path::Locked.as_str(), get(locked::get))
        .route(Path::Terms.as_str(), get(legal::terms))
        .route(Path::Privacy.as_str(), get(legal::privacy))
        .route(Path::Help.as_str(), get(help::help))
        .route(Path::Faq.as_str(), get(faq::get))
        .route(Path::Contact.as_str(), get(help::contact))
        .route(Path::Accessibility.as_str(), get(help::accessibility))
        .route(Path::Elder.as_str(), get(help::elder))
        .route(Path::Banks.as_str(), get(help::banks))
        .route(Path::Guide.as_str(), get(help::guide))
        .route(Path::Preferences.as_str(), get(preferences::get))
        .route(Path::Captcha.as_str(), get(captcha::image))
        .route(Path::CaptchaAudio.as_str(), get(captcha::audio))
        .route(Path::Register.as_str(), get(register::start))
        .route(Path::RegisterPerson.as_str(), get(register::get).post(register::post))
        .route(Path::RegisterIdentity.as_str(), get(register_identity::get).post(register_identity::post))
        .route(Path::RegisterVerify.as_str(), get(register_verify::get).post(register_verify::post))
        .route(Path::RegisterWait.as_str(), get(register_verify::wait))
        .route(Path::RegisterDone.as_str(), get(register_done::get))
        .route(Path::RegisterUsername.as_str(), get(register::username))
        .route(Path::Account.as_str(), get(account::home))
        .route(Path::Profile.as_str(), get(account::profile))
        .route(Path::Password.as_str(), get(password::get).post(password::post))
        .route(Path::EditProfile.as_str(), get(edit_profile::get).post(edit_profile::post))
        .route(Path::Apps.as_str(), get(apps::get).post(apps::post))
        .route(Path::SecurityQuestions.as_str(), get(security_questions::get).post(security_questions::post))
        .route(Path::MyData.as_str(), get(my_data::get))
        .route(Path::Export.as_str(), get(own_data::export).post(own_data::post_export))
        .route(Path::FullProfile.as_str(), get(own_data::full).post(own_data::post_full))
        .route(Path::LoginSms.as_str(), get(sign_in_sms::get).post(sign_in_sms::post))
        .route(Path::Phone.as_str(), get(phone::get).post(phone::post))
        .route(Path::Sessions.as_str(), get(sessions::get).post(sessions::post))
        .route(Path::PasswordDoor.as_str(), get(password::door).post(password::post_door))
        .route(Path::Document.as_str(), get(document::get).post(document::post))
        .route(Path::Verification.as_str(), get(verification::get))
        .route(
            Path::VerificationBank.as_str(),
            get(verification_card::bank).post(verification_card::ask_bank),
        )
        .route(
            Path::VerificationUnionPay.as_str(),
            get(verification_card::unionpay).post(verification_card::ask_unionpay),
        )
        .route(Path::VerificationWait.as_str(), get(verification_card::wait))
        .merge(recovery())
        .fallback(|| async { Failure::NotFound })
        .layer((
            from_fn_with_state(app.clone(), visit::attach),
            from_fn_with_state(app.clone(), guard::same_site_posts),
            CatchPanicLayer::custom(|_| Failure::system(Panicked).into_response()),
        ))
}

/// What whoever forgot something visits.
fn recovery() -> Router<App> {
    use recover_account as account;
    use recover_card as card;
    use recover_password as password;
    Router::new()
        .route(Path::Recover.as_str(), get(recover::get))
        .route(Path::RecoverAccount.as_str(), get(account::get).post(account::post))
        .route(Path::RecoverAccountCode.as_str(), get(account::code).post(account::post_code))
        .route(Path::RecoverAccountDone.as_str(), get(account::done))
        .route(Path::RecoverPassword.as_str(), get(password::get).post(password::post))
        .route(Path::RecoverWay.as_str(), get(password::way).post(password::post_way))
        .route(Path::RecoverProof.as_str(), get(password::proof).post(password::post_proof))
        .route(Path::RecoverQuestions.as_str(), get(password::questions).post(password::post_questions))
        .route(
            Path::RecoverNewPassword.as_str(),
            get(password::new_password).post(password::post_new_password),
        )
        .route(Path::RecoverDone.as_str(), get(password::done))
        .route(Path::RecoverPhone.as_str(), get(card::phone).post(card::ask_for_phone))
        .route(Path::RecoverAccountCard.as_str(), get(card::username).post(card::ask_for_username))
        .route(Path::RecoverPasswordCard.as_str(), get(card::password).post(card::ask_for_password))
        .route(Path::RecoverCardWait.as_str(), get(card::wait))
        .route(Path::RecoverCardDone.as_str(), get(card::done))
        .route(Path::Veto.as_str(), get(veto::get).post(veto::post))
}

/// What programs call.
fn machines(app: &App) -> Router<App> {
    let document = oidc::discovery::Document::of(app);
    Router::new()
        .route(Path::OpenIdConfiguration.as_str(), get(document.clone()))
        .route(Path::OAuthServer.as_str(), get(document))
        .route(Path::Jwks.as_str(), get(oidc::discovery::jwks))
        .route(Path::Token.as_str(), post(oidc::token::post))
        .route(Path::Userinfo.as_str(), get(oidc::userinfo::get).post(oidc::userinfo::post))
        .route(Path::Introspect.as_str(), post(oidc::introspect::post))
        .route(Path::Revoke.as_str(), post(oidc::revoke::post))
        .layer((from_fn(oidc::cors), CatchPanicLayer::custom(|_| oidc::server_error())))
}

async fn static_file(State(_): State<App>, Segment(name): Segment<String>) -> Response {
    let Some(file) = asset(&name) else { return StatusCode::NOT_FOUND.into_response() };
    let headers = [
        (CONTENT_TYPE, file.content_type.to_owned()),
        (CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()),
        (ETAG, file.etag.clone()),
    ];
    (headers, file.bytes).into_response()
}
