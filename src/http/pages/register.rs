//! P0 `/register` and P1 `/register/person`: what to have at hand, then name and password.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{captcha, faults};
use crate::http::page::{go, show};
use crate::http::url::Path;
use crate::http::view::{PasswordRule, RegisterLogin, RegisterStart, RuleState};
use crate::http::{App, Failure, Posted, Visit};
use crate::kernel::{CharacterClass, Message, PasswordRules, Secret};
use crate::policy::RegistrationProofing;
use crate::render::Form;
use crate::signup::{LoginInput, SignupError, Visitor, Wizard};

/// P0.
pub async fn start(State(app): State<App>, visit: Visit) -> Response {
    let bank_required = app.policy.registration.proofing == RegistrationProofing::Required;
    show(&app, &visit, &RegisterStart { bank_required, request: visit.request.clone() })
}

/// P1, with the name of a wizard that was interrupted.
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let found = app.signup.find(&visit.ctx, &visit.browser_hash()).await;
    let wizard = match found.or_else(|error| faults::elsewhere(&visit, error).map(|_| None))? {
        Some((_, Wizard::Asking { .. })) => return Ok(go(visit.link(Path::RegisterWait))),
        Some((_, wizard @ (Wizard::Identity { .. } | Wizard::Verify { .. }))) => Some(wizard),
        _ => None,
    };
    let mut form = Form::new();
    if let Some(name) = wizard.as_ref().and_then(Wizard::username) {
        form = form.with("username", name.as_str()).with("agree", "on");
    }
    login_page(&app, &visit, form, RuleStates::Open).await
}

/// P1 filled in.
pub async fn post(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let form = Form::new().with("username", posted.get("username"));
    if posted.action() == "captcha" {
        return login_page(&app, &visit, form.with("agree", posted.get("agree")), RuleStates::Open).await;
    }
    let input = login_input(&posted);
    let browser = visit.browser_hash();
    let visitor = Visitor { browser: &browser, parked: visit.request.as_deref() };
    match app.signup.login(&visit.ctx, visitor, &input).await {
        Ok(()) => Ok(go(visit.link(Path::RegisterIdentity))),
        Err(SignupError::Invalid(found)) => {
            let mut form = faults::mark(&app, &visit, form, &found);
            form.set("agree", posted.get("agree"));
            let refused = form.error("password").is_some_and(|error| error.key == "E_PASSWORD_FORMAT");
            let states = RuleStates::Of { password: &input.password, refused };
            login_page(&app, &visit, form, states).await
        }
        Err(error) => faults::elsewhere(&visit, error),
    }
}

/// Whether a name is free, for the script that asks when the input is left (S0-08).
pub async fn username(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let typed = visit.query("username").unwrap_or_default();
    let answer = app.signup.check_name(&visit.ctx, &visit.browser_hash(), &typed).await;
    let message = match answer {
        Ok(()) => Message::new("I_USERNAME_FREE"),
        Err(SignupError::Invalid(ref found)) => {
            found.iter().next().map_or(Message::new("E_USERNAME_FORMAT"), |fault| fault.message.clone())
        }
        Err(error) => return faults::elsewhere(&visit, error),
    };
    let text = app.renderer.texts().say(visit.ctx.locale, &message);
    Ok(Json(json!({ "ok": answer.is_ok(), "message": text })).into_response())
}

fn login_input(posted: &Posted) -> LoginInput {
    LoginInput {
        username: posted.get("username").to_owned(),
        password: posted.secret("password"),
        confirm: posted.secret("confirm"),
        captcha: posted.get("captcha").to_owned(),
        captcha_id: posted.get("captcha_id").to_owned(),
        agree: posted.get("agree").to_owned(),
    }
}

async fn login_page(
    app: &App,
    visit: &Visit,
    form: Form,
    states: RuleStates<'_>,
) -> Result<Response, Failure> {
    let captcha = match app.limits.captcha().is_shown() {
        true => Some(captcha::issue(app).await?),
        false => None,
    };
    let rules = rules(&app.policy.password, &states);
    Ok(show(app, visit, &RegisterLogin { form, rules, captcha, flow: None, request: visit.request.clone() }))
}

/// The rules for a new password, before one is tried.
pub fn password_rules(app: &App) -> Vec<PasswordRule> {
    rules(&app.policy.password, &RuleStates::Open)
}

/// What is known of the password that the rules are shown for.
enum RuleStates<'a> {
    /// None was tried.
    Open,
    /// This one was tried, and its form was or was not refused.
    Of { password: &'a Secret, refused: bool },
}

/// S4-11 as a list, with whether the last password met each line.
fn rules(rules: &PasswordRules, states: &RuleStates<'_>) -> Vec<PasswordRule> {
    let text = match states {
        RuleStates::Of { password, .. } if !password.is_empty() => Some(password.expose()),
        _ => None,
    };
    let state = |met: bool| match (text, met) {
        (None, _) => RuleState::Open,
        (Some(_), true) => RuleState::Met,
        (Some(_), false) => RuleState::Unmet,
    };
    let length = text.is_some_and(|text| (rules.min..=rules.max).contains(&text.chars().count()));
    let words = Message::new("password-rule-length").with("min", rules.min).with("max", rules.max);
    let mut lines = vec![PasswordRule { text: words, state: state(length) }];
    let mut all_met = length;
    for class in &rules.require {
        let met = text.is_some_and(|text| text.chars().any(|c| is_of(*class, c)));
        all_met &= met;
        lines.push(PasswordRule { text: Message::new(class_key(*class)), state: state(met) });
    }
    let refused = matches!(states, RuleStates::Of { refused: true, .. });
    let run = Message::new("password-rule-run").with("max", rules.keyboard_run_max);
    lines.push(PasswordRule { text: run, state: state(!(refused && all_met)) });
    lines
}

const fn class_key(class: CharacterClass) -> &'static str {
    match class {
        CharacterClass::Upper => "password-rule-upper",
        CharacterClass::Lower => "password-rule-lower",
        CharacterClass::Digit => "password-rule-digit",
        CharacterClass::Special => "password-rule-special",
    }
}

const fn is_of(class: CharacterClass, typed: char) -> bool {
    match class {
        CharacterClass::Upper => typed.is_ascii_uppercase(),
        CharacterClass::Lower => typed.is_ascii_lowercase(),
        CharacterClass::Digit => typed.is_ascii_digit(),
        CharacterClass::Special => !typed.is_ascii_alphanumeric(),
    }
}
