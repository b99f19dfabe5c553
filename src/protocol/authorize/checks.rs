//! The rows of the table.

use super::{AcrRequest, Check, Prompt, Scene, ValidRequest};
use crate::{
    kernel::{Acr, Locale},
    protocol::{
        claims_request::ClaimsRequest,
        client::GrantType,
        error::{ErrorCode, OAuthError},
        jose::TokenType,
        oxide::{self, AuthorizationParts, PkceRule},
        pkce::S256,
        resource,
        response::ResponseMode,
        scope::{OFFLINE_ACCESS, SUPPORTED, Scope},
    },
};

type Checked = Result<(), OAuthError>;

/// Every check of an authorization request, in order.
pub const CHECKS: &[Check] = &[
    Check { section: "RFC 6749 §3.1", check: each_parameter_once },
    Check { section: "OpenID Connect Core §6.1", check: no_request_object },
    Check { section: "OpenID Connect Core §6.2", check: no_request_uri },
    Check { section: "OpenID Connect Core §7.2.1", check: no_registration },
    Check { section: "RFC 6749 §3.1.1", check: response_type_is_code },
    Check { section: "OAuth 2.0 Multiple Response Types §2.1", check: response_mode_is_known },
    Check { section: "RFC 6749 §4.1.2.1", check: client_may_use_the_code_grant },
    Check { section: "RFC 7636 §4.3, RFC 9700 §2.1.1", check: code_challenge_is_s256 },
    Check { section: "RFC 6749 §3.3, Core §3.1.2.1", check: scope_is_registered },
    Check { section: "RFC 8707 §2", check: resources_are_registered },
    Check { section: "RFC 6749 §4.1.1 by oxide-auth", check: code_grant_machine_agrees },
    Check { section: "OpenID Connect Core §3.1.2.1, prompt", check: prompt_is_known },
    Check { section: "OpenID Connect Core §3.1.2.1, max_age", check: max_age_is_a_number },
    Check { section: "OpenID Connect Core §3.1.2.1, acr_values", check: acr_values_are_read },
    Check { section: "OpenID Connect Core §5.5", check: claims_are_json },
    Check { section: "OpenID Connect Core §3.1.2.1, id_token_hint", check: id_token_hint_is_ours },
    Check { section: "OpenID Connect Core §3.1.2.1", check: hints_are_kept },
];

/// All parameters that are read here; others are ignored, as RFC 6749 §3.1 demands.
const KNOWN: [&str; 19] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "response_mode",
    "nonce",
    "display",
    "prompt",
    "max_age",
    "ui_locales",
    "id_token_hint",
    "login_hint",
    "acr_values",
    "claims",
    "code_challenge",
    "code_challenge_method",
    "request",
    "request_uri",
];

fn invalid(hint: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, hint)
}

// RFC 6749 §3.1: request parameters MUST NOT be included more than once.
fn each_parameter_once(scene: &Scene<'_>, _: &mut ValidRequest) -> Checked {
    for name in KNOWN {
        scene.raw.one(name).map_err(|error| invalid("a parameter was sent more than once").because(error))?;
    }
    Ok(())
}

// Core §6.1, §3.1.2.6: never ignored silently; discovery says request_parameter_supported: false.
fn no_request_object(scene: &Scene<'_>, _: &mut ValidRequest) -> Checked {
    let error = OAuthError::new(ErrorCode::RequestNotSupported, "request objects are not supported");
    if scene.raw.has("request") { Err(error) } else { Ok(()) }
}

// Core §6.2, §3.1.2.6: discovery says request_uri_parameter_supported: false.
fn no_request_uri(scene: &Scene<'_>, _: &mut ValidRequest) -> Checked {
    let error = OAuthError::new(ErrorCode::RequestUriNotSupported, "request_uri is not supported");
    if scene.raw.has("request_uri") { Err(error) } else { Ok(()) }
}

// Core §7.2.1, §3.1.2.6: self-issued providers only.
fn no_registration(scene: &Scene<'_>, _: &mut ValidRequest) -> Checked {
    let error =
        OAuthError::new(ErrorCode::RegistrationNotSupported, "the registration parameter is not supported");
    if scene.raw.has("registration") { Err(error) } else { Ok(()) }
}

// RFC 6749 §3.1.1: missing is invalid_request; RFC 9700 §2.1.2: no implicit, no hybrid.
fn response_type_is_code(scene: &Scene<'_>, _: &mut ValidRequest) -> Checked {
    match scene.raw.once("response_type") {
        Some("code") => Ok(()),
        Some(_) => Err(OAuthError::new(
            ErrorCode::UnsupportedResponseType,
            "only the response type code is supported",
        )),
        None => Err(invalid("response_type is missing")),
    }
}

// Multiple Response Types §2.1, Form Post Response Mode §2: one of those that discovery lists; how this very
// refusal travels, was settled before the first row.
fn response_mode_is_known(scene: &Scene<'_>, _: &mut ValidRequest) -> Checked {
    match scene.raw.once("response_mode") {
        Some(name) if ResponseMode::parse(name).is_none() => {
            Err(invalid("the response mode is not supported"))
        }
        _ => Ok(()),
    }
}

// RFC 6749 §4.1.2.1, unauthorized_client.
fn client_may_use_the_code_grant(scene: &Scene<'_>, _: &mut ValidRequest) -> Checked {
    if scene.client.may_use(GrantType::AuthorizationCode) {
        return Ok(());
    }
    Err(OAuthError::new(ErrorCode::UnauthorizedClient, "the client may not use the authorization code grant"))
}

// RFC 7636 §4.3: an absent method means plain, which RFC 9700 §2.1.1 rules out.
fn code_challenge_is_s256(scene: &Scene<'_>, draft: &mut ValidRequest) -> Checked {
    let method = scene.raw.once("code_challenge_method");
    let Some(challenge) = scene.raw.once("code_challenge") else {
        // RFC 7636 §4.4.1.
        let stray = method.is_some() || pkce_rule(scene) == PkceRule::Required;
        return if stray { Err(invalid("code_challenge is missing")) } else { Ok(()) };
    };
    if method != Some(S256) {
        return Err(invalid("code_challenge_method must be S256"));
    }
    let challenge =
        challenge.parse().map_err(|_| invalid("code_challenge must be 43 characters of base64url"))?;
    draft.code_challenge = Some(challenge);
    Ok(())
}

fn pkce_rule(scene: &Scene<'_>) -> PkceRule {
    if scene.client.require_pkce || scene.client.is_public() {
        PkceRule::Required
    } else {
        PkceRule::Optional
    }
}

// RFC 6749 §3.3; Core §3.1.2.1: scopes that are not understood are ignored, those that this client did
// not register are refused; Core §11: offline_access is ignored where no refresh token will be issued.
fn scope_is_registered(scene: &Scene<'_>, draft: &mut ValidRequest) -> Checked {
    let refused = |hint| OAuthError::new(ErrorCode::InvalidScope, hint);
    let asked = scene.raw.once("scope").ok_or_else(|| refused("scope is missing"))?;
    let asked: Scope = asked.parse().map_err(|_| refused("scope is malformed"))?;
    let refresh = scene.client.may_use(GrantType::RefreshToken);
    let known = asked.filter(|name| SUPPORTED.contains(&name) && (refresh || name != OFFLINE_ACCESS));
    if !known.is_subset_of(&scene.client.scope) {
        return Err(refused("a scope is not registered for this client"));
    }
    if known.is_empty() {
        return Err(refused("no known scope was asked for"));
    }
    draft.scope = known;
    Ok(())
}

// RFC 8707 §2: invalid_target for what cannot be named or may not be asked for.
fn resources_are_registered(scene: &Scene<'_>, draft: &mut ValidRequest) -> Checked {
    let asked = resource::several(scene.raw)?;
    draft.resources = resource::granted(scene.client, scene.rules.issuer, asked)?;
    Ok(())
}

// The order of checks in the code grant once more, by a machine that others reviewed.
fn code_grant_machine_agrees(scene: &Scene<'_>, draft: &mut ValidRequest) -> Checked {
    let parts = AuthorizationParts {
        redirect: &draft.redirect,
        scope: scene.raw.once("scope").unwrap_or_default(),
        code_challenge: draft.code_challenge.as_ref(),
        pkce: pkce_rule(scene),
    };
    oxide::authorize(&parts, &draft.scope).map_err(|oxide::Refused| {
        invalid("the authorization request is not valid").because("refused by oxide-auth")
    })
}

// Core §3.1.2.1: none stands alone; Initiating User Registration §4.1: unsupported values are an error.
fn prompt_is_known(scene: &Scene<'_>, draft: &mut ValidRequest) -> Checked {
    let words: Vec<&str> =
        scene.raw.once("prompt").unwrap_or_default().split(' ').filter(|w| !w.is_empty()).collect();
    if words.iter().any(|word| !Prompt::SUPPORTED.contains(word)) {
        return Err(invalid("a prompt value is not supported"));
    }
    let asked = |word| words.contains(&word);
    if asked("none") && words.len() > 1 {
        return Err(invalid("prompt none must stand alone"));
    }
    draft.prompt = Prompt {
        none: asked("none"),
        login: asked("login"),
        consent: asked("consent"),
        create: asked("create"),
        select_account: asked("select_account"),
    };
    Ok(())
}

// Core §3.1.2.1: seconds; decisions.md: the client's max_auth_age works alike, the smaller wins.
fn max_age_is_a_number(scene: &Scene<'_>, draft: &mut ValidRequest) -> Checked {
    let asked = match scene.raw.once("max_age") {
        None => None,
        Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(text.parse().unwrap_or(u32::MAX))
        }
        Some(_) => return Err(invalid("max_age must be a number of seconds")),
    };
    draft.max_age = asked.into_iter().chain(scene.client.max_auth_age).min();
    Ok(())
}

// Core §3.1.2.1: acr_values is a voluntary claim; values of others are passed over.
fn acr_values_are_read(scene: &Scene<'_>, draft: &mut ValidRequest) -> Checked {
    if let Some(values) = scene.raw.once("acr_values") {
        draft.acr = AcrRequest::Voluntary(known_acrs(scene, values.split(' ')));
    }
    Ok(())
}

// Core §5.5, §5.5.1.1: a request for acr in claims replaces acr_values.
fn claims_are_json(scene: &Scene<'_>, draft: &mut ValidRequest) -> Checked {
    let Some(json) = scene.raw.once("claims") else { return Ok(()) };
    let claims = ClaimsRequest::parse(json).map_err(|error| invalid("claims is malformed").because(error))?;
    if let Some(acr) = claims.acr {
        let values = known_acrs(scene, acr.values.iter().map(String::as_str));
        draft.acr = if acr.essential { AcrRequest::Essential(values) } else { AcrRequest::Voluntary(values) };
    }
    draft.subjects.extend(claims.sub);
    draft.wanted = claims.wanted.within(&scene.client.scope);
    draft.wanted_scope = draft.wanted.scopes_beside(&draft.scope, &scene.client.scope);
    Ok(())
}

fn known_acrs<'a>(scene: &Scene<'_>, values: impl Iterator<Item = &'a str>) -> Vec<Acr> {
    values.filter_map(|value| Acr::parse(scene.rules.acr_prefix, value).ok()).collect()
}

// Core §3.1.2.1: issued by us; it may have expired, and we need not be in its audience.
fn id_token_hint_is_ours(scene: &Scene<'_>, draft: &mut ValidRequest) -> Checked {
    let Some(hint) = scene.raw.once("id_token_hint") else { return Ok(()) };
    let refused = || invalid("id_token_hint is not an ID token of this issuer");
    let claims =
        scene.rules.keys.verify(TokenType::IdToken, hint).map_err(|error| refused().because(error))?;
    let text = |name: &str| claims.get(name).and_then(|value| value.as_str());
    if text("iss") != Some(scene.rules.issuer.as_str()) {
        return Err(refused().because("foreign iss"));
    }
    let sub = text("sub").ok_or_else(|| refused().because("no sub"))?;
    draft.subjects.push(sub.to_owned());
    Ok(())
}

// Core §3.1.2.1: nonce is passed through; login_hint and ui_locales never are an error.
fn hints_are_kept(scene: &Scene<'_>, draft: &mut ValidRequest) -> Checked {
    draft.nonce = scene.raw.once("nonce").map(str::to_owned);
    draft.login_hint =
        scene.raw.once("login_hint").filter(|hint| hint.chars().count() <= 100).map(str::to_owned);
    let locales = scene.raw.once("ui_locales").unwrap_or_default();
    draft.locale = locales.split(' ').find_map(|tag| tag.parse::<Locale>().ok());
    Ok(())
}
