//! P2 `/register/person/identity`: who the person is, as the document says.

use axum::extract::State;
use axum::response::Response;

use super::faults;
use crate::http::page::{go, show};
use crate::http::url::Path;
use crate::http::view::{IdTypeOption, RegisterIdentity};
use crate::http::{App, Failure, Posted, Visit};
use crate::kernel::Message;
use crate::render::Form;
use crate::signup::{Identity, IdentityInput, SignupError, Typed, Wizard};

/// 长期: the document does not end.
const WITHOUT_END: &str = "长期";

/// P2, with what was given before.
pub async fn get(State(app): State<App>, visit: Visit) -> Result<Response, Failure> {
    let found = app.signup.find(&visit.ctx, &visit.browser_hash()).await;
    let form = match found.or_else(|error| faults::elsewhere(&visit, error).map(|_| None))? {
        Some((_, Wizard::Identity { notes, .. })) => match &notes.draft {
            Some(draft) => form_of(draft),
            None => Form::new().with("id_type", "CN_RID"),
        },
        Some((_, Wizard::Verify { identity, .. })) => form_of(&input_of(&identity)),
        Some((_, Wizard::Asking { .. } | Wizard::Opened(_))) => {
            return Ok(go(visit.link(Path::RegisterWait)));
        }
        Some((_, Wizard::Login(_))) | None => return Ok(go(visit.link(Path::RegisterPerson))),
    };
    Ok(identity_page(&app, &visit, form, false))
}

/// P2 filled in.
pub async fn post(State(app): State<App>, visit: Visit, posted: Posted) -> Result<Response, Failure> {
    let input = identity_input(&posted);
    let browser = visit.browser_hash();
    if posted.action() == "back" {
        let kept = app.signup.keep(&visit.ctx, &browser, Typed::Identity(&input)).await;
        return kept.map(|()| go(visit.link(Path::RegisterPerson))).or_else(|e| faults::elsewhere(&visit, e));
    }
    let claim = posted.action() == "claim";
    match app.signup.identity(&visit.ctx, &browser, &input, claim).await {
        Ok(()) => Ok(go(visit.link(Path::RegisterVerify))),
        Err(SignupError::IdentityTaken) => {
            let form = form_of(&input).failing("id_number", Message::new("E_ID_TAKEN_PERSON"));
            Ok(identity_page(&app, &visit, form, true))
        }
        Err(SignupError::Invalid(found)) => {
            let form = faults::mark(&app, &visit, form_of(&input), &found);
            Ok(identity_page(&app, &visit, form, false))
        }
        Err(error) => faults::elsewhere(&visit, error),
    }
}

/// The inputs about a person's identity.
pub fn identity_input(posted: &Posted) -> IdentityInput {
    let text = |name| posted.get(name).to_owned();
    IdentityInput {
        name: text("name"),
        id_type: text("id_type"),
        id_number: text("id_number"),
        nationality: text("nationality"),
        valid_until: text("valid_until"),
        sex: text("sex"),
        birthdate: text("birthdate"),
    }
}

/// The form with what was typed.
pub fn form_of(input: &IdentityInput) -> Form {
    Form::new()
        .with("name", &input.name)
        .with("id_type", &input.id_type)
        .with("id_number", &input.id_number)
        .with("nationality", &input.nationality)
        .with("valid_until", &input.valid_until)
        .with("sex", &input.sex)
        .with("birthdate", &input.birthdate)
}

fn input_of(identity: &Identity) -> IdentityInput {
    let document = &identity.document;
    let until = || identity.valid_until.map_or_else(|| WITHOUT_END.to_owned(), |date| date.to_string());
    IdentityInput {
        name: identity.name.display().to_owned(),
        id_type: document.id_type().as_str().to_owned(),
        id_number: document.number().to_owned(),
        nationality: identity.nationality.map_or("", |country| country.as_str()).to_owned(),
        valid_until: if document.id_type().expires() { until() } else { String::new() },
        sex: if document.sex().is_some() { String::new() } else { identity.sex.as_str().to_owned() },
        birthdate: typed_birthdate(identity),
    }
}

/// What the number tells is not typed again: a corrected number would contradict it.
fn typed_birthdate(identity: &Identity) -> String {
    match identity.document.birthdate() {
        Some(_) => String::new(),
        None => identity.birthdate.to_string(),
    }
}

fn identity_page(app: &App, visit: &Visit, form: Form, taken: bool) -> Response {
    let page = RegisterIdentity {
        form,
        types: IdTypeOption::all(),
        taken,
        captcha: None,
        flow: None,
        request: visit.request.clone(),
    };
    show(app, visit, &page)
}
