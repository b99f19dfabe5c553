//! What is fuzzed: each function takes bytes as an attacker sends them, and panics when a promise is broken.
//!
//! The same functions run in two programs: the fuzz targets beside this file, and `tests/fuzz_seeds.rs` of the main suite,
//! which replays every seed, so that neither goes stale. A target never reads a clock, a file that the input names, or a
//! random number.

pub mod requests;

use std::net::IpAddr;
use std::sync::LazyLock;

use chrono::NaiveDate;
use http::{HeaderMap, HeaderName, HeaderValue};
use menfu::clients::{Clients, PlainSecrets, Settings, relying_party};
use menfu::http::cookies::{Cookies, Name};
use menfu::http::proxy;
use menfu::http::url::{Path, local};
use menfu::kernel::{
    Acr, Amr, BankCard, ClientId, Country, Email, IdDocument, IdType, KeyId, Known, Line, Locale, OrgCode,
    PersonId, PersonName, Phone, PlainToken, RealNameLevel, Region, Secret, SeededRng, SessionId, Sex,
    Timestamp, TraceId, TypedName, UnitName, Uscc, Username, WebAddress,
};
use menfu::limits::{Browser, CaptchaId};
use menfu::policy::{self, Policy, Surroundings};
use menfu::proofing::{CardAnswer, Channel, may_be_registered_as};
use menfu::protocol::authorize::{AuthorizeRequest, Rules};
use menfu::protocol::claims_request::{ClaimsRequest, WantedClaims};
use menfu::protocol::client::Client;
use menfu::protocol::client_auth::{Audience, ClientCredentials, ClientProof, JWT_BEARER};
use menfu::protocol::grant::{CodeTerms, Grant};
use menfu::protocol::issuer::Issuer;
use menfu::protocol::jose::{ClientKeys, Jwks, TokenType, Verifier};
use menfu::protocol::logout::{KnownSession, LogoutDecision, LogoutRequest};
use menfu::protocol::params::RawParams;
use menfu::protocol::redirect::{RegisteredUri, VerifiedRedirect, append_query, origin_of};
use menfu::protocol::response::AuthorizationResponse;
use menfu::protocol::scope::Scope;
use menfu::protocol::token::{
    CodeState, CodeVerdict, TokenRequest, client_credentials_scope, judge_code, judge_refresh,
};
use menfu::signin::device as device_cookie;
use menfu::signup::{
    IdentityInput, ProofInput, read_bank_form, read_identity, read_later_form, read_unionpay_form,
};
use menfu::storage::{KeyRing, Vault};
use url::Url;

/// What a fuzzer feeds.
pub type Target = fn(&[u8]);

/// Every target with its name, which is also the name of its folder of seeds.
pub const TARGETS: [(&str, Target); 19] = [
    ("form", form),
    ("authorize", authorize),
    ("redirect", redirect),
    ("client_auth", client_auth),
    ("assertion", assertion),
    ("jwt", jwt),
    ("claims", claims),
    ("clients_toml", clients_toml),
    ("policy_toml", policy_toml),
    ("headers", headers),
    ("identifiers", identifiers),
    ("sealed", sealed),
    ("answers", answers),
    ("bank_form", bank_form),
    ("device", device),
    ("token", token),
    ("logout", logout),
    ("links", links),
    ("requests", requests::requests),
];

const ISSUER: &str = "https://sso.example.gov.cn";
const ACR: &str = "urn:menfu:acr:";
const TODAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
/// One client of each kind.
const CLIENTS: &str = include_str!("clients.toml");
/// A public key, and a token that its private half (which nobody kept) signed.
const JWKS: &str = include_str!("jwks.json");
const TOKEN: &str = include_str!("token.txt");
/// What the client `signer` signed before its key was thrown away, and when.
const ASSERTION: &str = include_str!("assertion.txt");
const SIGNED_AT: Timestamp = Timestamp::from_seconds(1_795_226_400);
/// What the vault of the test keys sealed at the place `persons/profile/1`.
const SEALED: &[u8] = include_bytes!("seeds/sealed/profile");

static HOUSE: LazyLock<House> = LazyLock::new(House::new);

struct House {
    issuer: Issuer,
    clients: Clients,
    keys: Verifier,
    policy: Policy,
    /// The policy as a file.
    profile: String,
    vault: Vault,
}

impl House {
    fn new() -> Self {
        let policy = Policy::embedded("reference").unwrap();
        let jwks: Jwks = serde_json::from_str(JWKS).unwrap();
        Self {
            issuer: ISSUER.parse().unwrap(),
            clients: Clients::from_text(CLIENTS, settings()).unwrap(),
            keys: Verifier::new(&jwks).unwrap(),
            profile: toml::to_string(&policy).unwrap(),
            policy,
            vault: Vault::new(KeyRing::new([1; 32], &[]), KeyRing::new([2; 32], &[])),
        }
    }
}

fn settings() -> Settings {
    Settings {
        file: "/nonexistent/clients.toml".into(),
        issuer: ISSUER.parse().unwrap(),
        plain_secrets: PlainSecrets::Refused,
    }
}

/// Lines of the input, as many as asked; what is missing is empty, the last takes all that is left.
fn lines<const N: usize>(data: &[u8]) -> [&[u8]; N] {
    let mut left = data.splitn(N, |byte| *byte == b'\n');
    std::array::from_fn(|_| left.next().unwrap_or_default())
}

fn text(data: &[u8]) -> &str {
    std::str::from_utf8(data).unwrap_or_default()
}

/// A query or a form body: encoding what was read gives the same pairs, and no parameter counts that stands there twice.
pub fn form(data: &[u8]) {
    let params = RawParams::parse(data);
    let again = RawParams::parse(params.encode().as_bytes());
    assert_eq!(params, again);
    assert_eq!(params.encode(), again.encode());
    for name in ["client_id", "redirect_uri", "state", "scope"] {
        assert_eq!(params.once(name), params.one(name).ok().flatten());
        assert!(params.once(name).is_none_or(|value| !value.is_empty() && params.has(name)));
    }
}

/// A whole authorization request: whoever is refused is sent to an address that the client registered, or nowhere.
pub fn authorize(data: &[u8]) {
    let Ok(request) = AuthorizeRequest::read(RawParams::parse(data)) else { return };
    let Some(client) = HOUSE.clients.find(request.client_id()) else { return };
    let Ok(redirect) = request.redirect(&client) else { return };
    let registered = redirect.as_str().to_owned();
    let rules = Rules { issuer: &HOUSE.issuer, keys: &HOUSE.keys, acr_prefix: ACR };
    let Err(refusal) = request.check(&client, redirect, &rules) else { return };
    let told = match refusal.response(&HOUSE.issuer) {
        AuthorizationResponse::Redirect(location) => {
            goes_to(location.as_str(), &registered);
            let url = Url::parse(location.as_str()).unwrap();
            url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
        }
        AuthorizationResponse::FormPost(form) => {
            assert_eq!(form.action(), registered);
            let fields = form.fields().iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
            fields.collect::<Vec<_>>()
        }
    };
    for (_, value) in told.iter().filter(|(name, _)| name == "error_description") {
        // RFC 6749 §4.1.2.1
        let plain = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
        assert!(value.chars().all(plain), "{value:?}");
    }
    if let Some(state) = request.raw().once("state") {
        assert!(told.iter().any(|(name, value)| name == "state" && value == state), "state is lost");
    }
}

/// The registered address is kept whole; only a query was added.
fn goes_to(location: &str, registered: &str) {
    assert!(location.starts_with(registered), "{location} is not {registered}");
    assert!(location.bytes().all(|byte| byte.is_ascii_graphic()), "{location:?}");
    assert_eq!(origin_of(location), origin_of(registered));
    let (sent, known) = (Url::parse(location).unwrap(), Url::parse(registered).unwrap());
    assert_eq!((sent.host(), sent.path()), (known.host(), known.path()));
}

/// An address as registered and one as sent.
pub fn redirect(data: &[u8]) {
    let [registered, sent] = lines(data).map(text);
    for client in HOUSE.clients.all() {
        for address in [registered, sent] {
            let Ok(redirect) = VerifiedRedirect::verify(&client, address) else { continue };
            let same = client.redirect_uris.iter().any(|uri| uri.as_str() == address);
            let url = Url::parse(address).unwrap();
            let loopback = matches!(url.host_str(), Some("127.0.0.1" | "[::1]")) && url.scheme() == "http";
            assert!(same || (client.is_public() && loopback), "{address}");
            assert_eq!(redirect.as_str(), address);
        }
    }
    let Ok(uri) = registered.parse::<RegisteredUri>() else { return };
    assert_eq!(uri.as_str(), registered);
    let answer = append_query(uri.as_str(), &[("code", Some("a")), ("state", Some(sent)), ("iss", None)]);
    goes_to(&answer, uri.as_str());
    let url = Url::parse(&answer).unwrap();
    let last = url.query_pairs().next_back_state();
    assert_eq!(last.as_deref(), Some(sent));
}

trait LastState {
    fn next_back_state(self) -> Option<String>;
}

impl<'a, I: Iterator<Item = (std::borrow::Cow<'a, str>, std::borrow::Cow<'a, str>)>> LastState for I {
    fn next_back_state(self) -> Option<String> {
        self.filter(|(name, _)| name == "state").last().map(|(_, value)| value.into_owned())
    }
}

/// An `Authorization` header, and a body: nobody gets in, for no seed knows a secret.
pub fn client_auth(data: &[u8]) {
    let [header, body] = lines(data);
    let header = Some(text(header)).filter(|header| !header.is_empty());
    let Ok(credentials) = ClientCredentials::read(header, &RawParams::parse(body)) else { return };
    let Ok(client) = HOUSE.clients.authenticate(&credentials) else { return };
    assert!(client.is_public(), "{:?} came in", client.client_id);
}

/// A key set and an assertion (RFC 7523): the client's own key proves nobody but who holds it, and nothing is good for long,
/// whatever set somebody else publishes.
pub fn assertion(data: &[u8]) {
    let [jwks, token] = lines(data).map(text);
    let form = RawParams::from([("client_assertion_type", JWT_BEARER), ("client_assertion", token)]);
    let Ok(credentials) = ClientCredentials::read(None, &form) else { return };
    let ClientProof::Assertion(assertion) = &credentials.proof else { return };
    let endpoint = format!("{ISSUER}/token");
    let audience = Audience { issuer: &HOUSE.issuer, token_endpoint: &endpoint };
    let client = HOUSE.clients.find(&"signer".parse().unwrap()).unwrap();
    let own = ClientKeys::read(client.jwks.clone().unwrap().to_string().as_bytes()).unwrap();
    if let Ok(proved) = assertion.judge(&client, &own, audience, SIGNED_AT) {
        let known = ASSERTION.lines().any(|signed| message(signed) == message(token));
        assert!(known, "a forged assertion: {proved:?}");
    }
    let Ok(published) = ClientKeys::read(jwks.as_bytes()) else { return };
    if let Ok(proved) = assertion.judge(&client, &published, audience, SIGNED_AT) {
        assert_eq!(credentials.client_id, client.client_id);
        assert!(proved.until > SIGNED_AT && proved.until < SIGNED_AT + chrono::TimeDelta::hours(2));
        assert!(!proved.jti.is_empty() && proved.jti.len() <= 256);
    }
}

/// A key set and a token. Under our own key nothing verifies but what we signed.
pub fn jwt(data: &[u8]) {
    let [jwks, token] = lines(data).map(text);
    for typ in [TokenType::IdToken, TokenType::AccessToken, TokenType::LogoutToken] {
        let Ok(claims) = HOUSE.keys.verify(typ, token) else { continue };
        assert_eq!(message(token), message(TOKEN.trim()), "a forged token: {claims:?}");
        assert_eq!(typ, TokenType::IdToken);
    }
    let hint = RawParams::from([("id_token_hint", token)]);
    if LogoutRequest::read(&hint, &HOUSE.issuer, &HOUSE.keys)
        .is_ok_and(|request| request.client_id().is_some())
    {
        assert_eq!(message(token), message(TOKEN.trim()), "a forged hint");
    }
    let Ok(keys) = serde_json::from_str::<Jwks>(jwks) else { return };
    let again: Jwks = serde_json::from_str(&serde_json::to_string(&keys).unwrap()).unwrap();
    assert_eq!(keys, again);
    if let Ok(verifier) = Verifier::new(&keys) {
        let _ = verifier.verify(TokenType::IdToken, token);
    }
}

/// What a signature is over.
fn message(token: &str) -> Option<&str> {
    token.rsplit_once('.').map(|(message, _)| message)
}

/// A `scope` and a `claims` parameter: what is asked for reads back from the grant as it was, and a client gets no more of it
/// than its scopes hold.
pub fn claims(data: &[u8]) {
    let [scope, claims] = lines(data).map(text);
    if let Ok(scope) = scope.parse::<Scope>() {
        let again: Scope = scope.to_string().parse().unwrap();
        assert!(again == scope && scope.is_subset_of(&again) && scope.without(&again).is_empty());
        assert_eq!(scope.union(&again), scope);
    }
    let Ok(request) = ClaimsRequest::parse(claims) else { return };
    let wanted = request.wanted;
    assert_eq!(WantedClaims::stored(wanted.to_stored().as_deref()), wanted);
    let registered = scope.parse::<Scope>().unwrap_or_default();
    let allowed = wanted.clone().within(&registered);
    assert!(allowed.userinfo.keys().all(|name| wanted.userinfo.contains_key(name)));
    assert!(allowed.scopes_beside(&registered, &registered).is_empty());
    assert!(wanted.scopes_beside(&Scope::default(), &registered).is_subset_of(&registered));
}

/// The registrations of relying parties: a refusal names a line that is there.
pub fn clients_toml(data: &[u8]) {
    let source = text(data);
    // Secrets in files are files of the operator's choice.
    if source.contains("_file") {
        return;
    }
    match Clients::from_text(source, settings()) {
        Ok(clients) => {
            for client in clients.all() {
                assert!(client.redirect_uris.iter().all(|uri| !uri.as_str().contains('#')));
                assert!(relying_party(&client, &HOUSE.issuer).contains(client.client_id.as_str()));
            }
        }
        Err(refusal) => assert!(!refusal.to_string().is_empty()),
    }
}

/// A bureau's profile: what is accepted reads back the same.
pub fn policy_toml(data: &[u8]) {
    let Ok(layer) = policy::layers::Layer::toml("bureau", text(data)) else { return };
    let base = policy::layers::Layer::toml("base", &HOUSE.profile).unwrap();
    let read = policy::layers::extract::<Policy>(vec![base, layer]);
    match read {
        Ok(policy) => {
            for surroundings in [Surroundings::Production, Surroundings::Sandbox] {
                assert!(policy.complaints(surroundings).iter().all(|complaint| !complaint.is_empty()));
            }
            assert_eq!(toml::from_str::<Policy>(&toml::to_string(&policy).unwrap()).as_ref(), Ok(&policy));
        }
        Err(refusal) => assert!(!refusal.to_string().is_empty()),
    }
}

/// Cookies, languages, forwarded addresses and a caller's own trace id.
pub fn headers(data: &[u8]) {
    let [cookie, languages, forwarded, trace, locales] = lines(data);
    let mut all = HeaderMap::new();
    for (name, value) in [
        ("cookie", cookie),
        ("accept-language", languages),
        ("x-forwarded-for", forwarded),
        ("x-request-id", trace),
        ("traceparent", trace),
    ] {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            all.append(HeaderName::from_static(name), value);
        }
    }
    for cookies in [Cookies::Host, Cookies::Loopback] {
        for name in [Name::Browser, Name::Session, Name::Device, Name::Locale, Name::Elder] {
            let Some(value) = cookies.read(&all, name) else { continue };
            // Set again, it is one cookie with our attributes.
            let again = cookies.set(name, &value);
            let attributes = again.strip_prefix(&format!("{}={value}; ", cookies.name(name))).unwrap();
            assert!(HeaderValue::from_str(&again).is_ok() && !value.contains(';'), "{again:?}");
            assert!(!attributes.contains("Domain"), "{again:?}");
        }
    }
    let accepted = Locale::accepted(text(languages));
    assert!(accepted.is_none_or(|locale| locale.tag().parse() == Ok(locale)));
    for tag in text(locales).split(' ') {
        assert!(
            tag.parse::<Locale>().is_ok_and(|locale| !locale.tag().is_empty())
                || tag.parse::<Locale>().is_err()
        );
    }
    let (stranger, proxy): (IpAddr, IpAddr) = ([203, 0, 113, 7].into(), [10, 0, 0, 1].into());
    let trusted: [proxy::Network; 1] = ["10.0.0.1".parse().unwrap()];
    assert_eq!(proxy::source(stranger, &all, &trusted), stranger, "a stranger's word counts");
    assert_eq!(proxy::request_id(stranger, &all, &trusted), None);
    assert_eq!(proxy::trace_parent(stranger, &all, &trusted), None);
    let last = text(forwarded).rsplit(',').next().and_then(|hop| hop.trim().parse::<IpAddr>().ok());
    let source = proxy::source(proxy, &all, &trusted);
    if let Some(last) =
        last.filter(|last| last.to_canonical() != proxy && all.contains_key("x-forwarded-for"))
    {
        assert_eq!(source, last, "what stands before the last hop was written by the caller");
    }
    let (number, span) =
        (proxy::request_id(proxy, &all, &trusted), proxy::trace_parent(proxy, &all, &trusted));
    assert!(number.is_none() || span.is_none(), "no text is both");
}

/// The first byte chooses what the rest is: what parses has one canonical form, which parses to itself.
pub fn identifiers(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    let (typed, rules) = (text(rest), &HOUSE.policy);
    match kind {
        b'd' => document(typed),
        b'u' => same(typed, |text| text.parse::<Uscc>().ok(), |code| code.as_str().to_owned()),
        b'o' => same(typed, |text| text.parse::<OrgCode>().ok(), |code| code.as_str().to_owned()),
        b'n' => same(typed, |text| text.parse::<PersonName>().ok(), |name| name.as_str().to_owned()),
        b'N' => same(typed, |text| text.parse::<UnitName>().ok(), |name| name.as_str().to_owned()),
        b'p' => same(typed, |text| text.parse::<Phone>().ok(), |phone| phone.as_str().to_owned()),
        b'b' => same(typed, |text| text.parse::<BankCard>().ok(), |card| card.expose().to_owned()),
        b'l' => {
            let choose = |text: &str| Username::choose(text, &rules.username).ok();
            same(typed, choose, |name| name.as_str().to_owned());
        }
        b't' => same(typed, |text| Some(TypedName::new(text)), |name| name.key().to_owned()),
        b'r' => same(typed, |text| text.parse::<Region>().ok(), |region| region.as_str().to_owned()),
        b'e' => same(typed, |text| text.parse::<Email>().ok(), |email| email.as_str().to_owned()),
        b'c' => same(typed, |text| text.parse::<Country>().ok(), |country| country.as_str().to_owned()),
        b's' => same(typed, |text| text.parse::<Sex>().ok(), |sex| sex.as_str().to_owned()),
        b'a' => same(typed, |text| text.parse::<Line>().ok(), |line| line.as_str().to_owned()),
        b'W' => same(typed, |text| text.parse::<WebAddress>().ok(), |page| page.as_str().to_owned()),
        b'C' => same(typed, |text| text.parse::<CaptchaId>().ok(), ToString::to_string),
        b'L' => same(typed, |text| text.parse::<RealNameLevel>().ok(), |level| level.as_str().to_owned()),
        b'm' => same(typed, |text| text.parse::<Amr>().ok(), ToString::to_string),
        b'A' => same(typed, |text| Acr::parse(ACR, text).ok(), |acr| acr.format(ACR)),
        b'w' => {
            let [name, password] = lines(rest).map(text);
            let _ =
                rules.password.check(&Secret::from(password), &Known { username: name, ..Known::default() });
        }
        _ => {}
    }
}

fn same<T>(typed: &str, parse: impl Fn(&str) -> Option<T>, canonical: impl Fn(&T) -> String) {
    let Some(value) = parse(typed) else { return };
    let once = canonical(&value);
    let again = parse(&once).map(|value| canonical(&value));
    assert_eq!(again.as_ref(), Some(&once), "{typed:?}");
}

fn document(typed: &str) {
    for id_type in IdType::ALL {
        let Ok(read) = IdDocument::parse(id_type, typed, TODAY) else { continue };
        // A number typed under another kind of document says which it is; from there it is at rest.
        let again = IdDocument::parse(read.id_type(), read.number(), TODAY);
        let key = again.map(|document| (document.number().to_owned(), document.unique_key()));
        assert_eq!(key, Ok((read.number().to_owned(), read.unique_key())), "{typed:?}");
        assert_ne!(read.masked(), read.number());
    }
}

/// A sealed value and bearer values: only what we sealed opens, and it opens in its own place only.
pub fn sealed(data: &[u8]) {
    let place = menfu::storage::vault::aad("persons", "profile", &1);
    if HOUSE.vault.open(&place, data).is_ok() {
        assert_eq!(data, SEALED, "a value that nobody sealed opens");
    }
    assert!(HOUSE.vault.open("elsewhere", data).is_err());
    if let Ok(token) = PlainToken::parse(text(data)) {
        assert!(token.expose() == text(data) && token.hash().matches(&token));
    }
    for id in [
        text(data).parse::<ClientId>().map(|id| id.as_str().to_owned()),
        text(data).parse::<KeyId>().map(|id| id.as_str().to_owned()),
    ] {
        assert!(id.is_err() || id.as_deref() == Ok(text(data)));
    }
    if let Ok(trace) = text(data).parse::<TraceId>() {
        assert_eq!(trace.to_string().parse(), Ok(trace));
    }
}

/// What a bank answers, and the identity form of a registration.
pub fn answers(data: &[u8]) {
    let [bank, form] = lines(data);
    if let Ok(answer) = serde_json::from_slice::<CardAnswer>(bank) {
        assert!(!answer.result.key().is_empty());
    }
    let form = RawParams::parse(form);
    let field = |name: &'static str| form.once(name).unwrap_or_default().to_owned();
    let input = IdentityInput {
        name: field("name"),
        id_type: field("id_type"),
        id_number: field("id_number"),
        nationality: field("nationality"),
        valid_until: field("valid_until"),
        sex: field("sex"),
        birthdate: field("birthdate"),
    };
    match read_identity(&input, TODAY, 16) {
        Ok(identity) => assert!(!identity.name.as_str().is_empty()),
        Err(faults) => assert!(faults.iter().next().is_some()),
    }
}

/// A name, and the bank form of a registration or of a signed-in person: with the bank and without it.
pub fn bank_form(data: &[u8]) {
    let [name, form] = lines(data);
    let Ok(name) = text(name).parse::<PersonName>() else { return };
    let form = RawParams::parse(form);
    let field = |name: &'static str| form.once(name).unwrap_or_default().to_owned();
    let input = ProofInput {
        choice: field("choice"),
        bank: field("bank"),
        account: field("account").into(),
        bankname: field("bankname"),
        phone: field("phone"),
        sms: field("sms").into(),
        bankok: field("bankok"),
        email: field("email"),
    };
    match read_bank_form(&input, &name) {
        Ok(read) => {
            assert!(matches!(read.channel, Channel::Bank(code) if !code.is_empty()));
            assert!(!input.bankok.is_empty(), "asked without consent");
            assert!(read.registered_name.is_none_or(|known| may_be_registered_as(&name, &known)));
            assert!(!format!("{:?}", read.card).contains(read.card.expose()), "a card number in a log");
        }
        Err(faults) => assert!(faults.iter().next().is_some()),
    }
    match read_unionpay_form(&input) {
        Ok(read) => {
            assert!(read.channel == Channel::UnionPay && !input.bankok.is_empty(), "asked without consent");
        }
        Err(faults) => assert!(faults.iter().next().is_some()),
    }
    if let Err(faults) = read_later_form(&input) {
        assert!(faults.iter().next().is_some());
    }
}

/// A name and a device cookie: a browser that never signed in to the name stays a stranger, and after the sign-in it is known,
/// in a cookie that a browser keeps.
pub fn device(data: &[u8]) {
    let [name, cookie] = lines(data).map(text);
    let (vault, name) = (&HOUSE.vault, TypedName::new(name));
    assert_eq!(
        device_cookie::browser(vault, Some(cookie), &name, SIGNED_AT),
        Browser::Stranger,
        "forged: {cookie:?}"
    );
    let kept = device_cookie::remember(vault, &SeededRng::new(1), Some(cookie), &name, SIGNED_AT);
    assert!(
        kept.len() <= 1024 && HeaderValue::from_str(&kept).is_ok() && !kept.contains([';', ',', ' ']),
        "{kept:?}"
    );
    assert_eq!(device_cookie::browser(vault, Some(&kept), &name, SIGNED_AT), Browser::Known);
    let other = TypedName::new("somebody_else_entirely");
    if other.key() != name.key() {
        assert_eq!(device_cookie::browser(vault, Some(&kept), &other, SIGNED_AT), Browser::Stranger);
    }
}

/// A token request, by whichever client: a code is good for who can show the verifier at the address it went to, nothing gets
/// wider than it was granted.
pub fn token(data: &[u8]) {
    let form = RawParams::parse(data);
    for client in HOUSE.clients.all() {
        let request = match TokenRequest::read(&client, &form) {
            Ok(request) => request,
            Err(refusal) => {
                assert!(!refusal.code.as_str().is_empty());
                continue;
            }
        };
        match request {
            TokenRequest::Code(request) => {
                assert_eq!(form.once("code"), Some(request.code.expose()));
                let terms = terms(&client);
                if judge_code(&client, &request, Some((&terms, CodeState::Unused)), SIGNED_AT)
                    == CodeVerdict::Redeem
                {
                    assert_eq!(form.once("code_verifier"), Some(VERIFIER));
                    assert_eq!(form.once("redirect_uri"), Some(terms.redirect_uri.as_str()));
                }
            }
            TokenRequest::Refresh(request) => {
                assert_eq!(form.once("refresh_token"), Some(request.refresh_token.expose()));
                let granted = terms(&client).grant;
                if let Ok(scope) = judge_refresh(&client, &request, &granted) {
                    assert!(scope.is_subset_of(&granted.scope), "{scope}");
                }
            }
            TokenRequest::ClientCredentials { scope, resource } => {
                let granted = client_credentials_scope(&client, scope);
                assert!(granted.is_err() || granted.is_ok_and(|scope| scope.is_subset_of(&client.scope)));
                assert!(resource.is_none_or(|resource| Url::parse(&resource).is_ok()));
            }
        }
    }
}

/// The verifier of RFC 7636, appendix B, and its challenge.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn terms(client: &Client) -> CodeTerms {
    let dice = SeededRng::new(1);
    let grant = Grant {
        client_id: client.client_id.clone(),
        person: PersonId::new(SIGNED_AT, &dice),
        session: SessionId::new(SIGNED_AT, &dice),
        scope: "openid profile".parse().unwrap(),
        auth_time: SIGNED_AT,
        amr: Amr::password(),
        acr: Acr { level: RealNameLevel::L2, mfa: false },
        nonce: None,
    };
    let redirect_uri = client.redirect_uris.first().unwrap().as_str().to_owned();
    let expires_at = SIGNED_AT + chrono::TimeDelta::seconds(60);
    CodeTerms { grant, redirect_uri, code_challenge: Some(CHALLENGE.parse().unwrap()), expires_at }
}

/// A logout request: nobody is signed out unasked but by the token that we signed for this session, and whoever is led on is
/// led to a registered address.
pub fn logout(data: &[u8]) {
    let form = RawParams::parse(data);
    let Ok(request) = LogoutRequest::read(&form, &HOUSE.issuer, &HOUSE.keys) else { return };
    let client = request.client_id().and_then(|id| HOUSE.clients.find(id));
    let session = KnownSession { sub: "p_abcdef".to_owned(), sid: "s1".to_owned() };
    for session in [None, Some(&session)] {
        let Ok(decision) = request.decide(client.as_deref(), session) else { continue };
        let then = match decision {
            LogoutDecision::End(then) => {
                let hint = form.once("id_token_hint").and_then(message);
                assert!(hint == message(TOKEN.trim()) && session.is_some(), "signed out unasked");
                then
            }
            LogoutDecision::Ask(then) | LogoutDecision::NothingToEnd(then) => then,
        };
        let Some(then) = then else { continue };
        let registered = &client.as_ref().unwrap().post_logout_redirect_uris;
        let known = registered.iter().find(|uri| form.once("post_logout_redirect_uri") == Some(uri.as_str()));
        goes_to(then.as_str(), known.unwrap().as_str());
        let url = Url::parse(then.as_str()).unwrap();
        assert_eq!(url.query_pairs().next_back_state().as_deref(), form.once("state"));
    }
}

/// What a link of ours carries along: whoever follows it stays here, on a page that there is.
pub fn links(data: &[u8]) {
    let Some(link) = local(text(data)) else { return };
    let here = Url::parse(ISSUER).unwrap();
    let there = here.join(&link).unwrap();
    assert_eq!(there.origin(), here.origin(), "{link:?}");
    assert!(Path::of(there.path()).is_some() && HeaderValue::from_str(&link).is_ok(), "{link:?}");
    assert!(link.starts_with('/') && link.bytes().all(|byte| byte.is_ascii_graphic()), "{link:?}");
    assert_eq!(local(&link).as_ref(), Some(&link), "it is what it becomes");
}
