//! A provider with its rooms, two clients, a bank that says yes, and one person.

use std::sync::Arc;

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{
    audit::{Audit, Trail},
    clients::{self, Clients, PlainSecrets},
    consents::Consents,
    kernel::{
        About, Amr, Ctx, FlowId, HashedToken, IdDocument, IdType, PersonId, PlainToken, RealNameLevel, Sex,
    },
    keys::Keys,
    ledger::Ledger,
    people::{HashSettings, NewPerson, PasswordHasher, PasswordSetBy, People, Profile},
    policy::Policy,
    proofing::{
        CardAnswer, CardCase, CardRequest, CardVerifier, Channel, Outcome, Proofing, Purpose, Unanswered,
        Verifiers,
    },
    protocol::{jose::TokenType, params::RawParams},
    provider::{
        Authorized, BackchannelLogout, EndpointError, Provider, Rooms, Settings, TokenResponse, Visitor,
    },
    sessions::{self, NewSession, Session, Sessions},
    storage::{
        Dispatcher, Outbox, Tx,
        outbound::{self, Fetcher},
        testing::{self, TestStore},
    },
    tokens::{self, Tokens},
};

pub const ISSUER: &str = "http://localhost:8080";
pub const CALLBACK: &str = "http://127.0.0.1:8082/callback";
/// RFC 7636 appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const LOOPBACK: outbound::Settings = outbound::Settings { allow_loopback: true, ca_file: None };
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

const CLIENTS: &str = r#"
[[client]]
client_id = "exam"
client_name = "考试报名"
secret = "exam-secret"
sector = "exam"
redirect_uris = ["http://127.0.0.1:8082/callback"]
post_logout_redirect_uris = ["http://127.0.0.1:8082/bye"]
initiate_login_uri = "http://127.0.0.1:8082/login"
grant_types = ["authorization_code", "refresh_token"]
scope = "openid profile phone real_name offline_access"

[[client]]
client_id = "insurance"
client_name = "社会保险"
secret = "insurance-secret"
sector = "insurance"
redirect_uris = ["http://127.0.0.1:8083/callback"]
token_endpoint_auth_method = "client_secret_post"
id_token_signed_response_alg = "RS256"
scope = "openid profile"
first_party = true
min_person_level = "L2"

[[client]]
client_id = "robot"
client_name = "数据同步"
secret = "robot-secret"
grant_types = ["client_credentials"]
scope = "ledger.read ledger.write"
"#;

/// A bank that knows everybody.
struct Yes;

#[async_trait]
impl CardVerifier for Yes {
    async fn verify(&self, request: &CardRequest) -> Result<CardAnswer, Unanswered> {
        Ok(CardAnswer {
            result: Outcome::Ok,
            reference: request.request_id.clone(),
            bank_name: "示范银行".to_owned(),
            phone_matched: true,
        })
    }
}

pub struct House {
    pub store: TestStore,
    pub provider: Provider,
    pub people: People,
    pub proofing: Proofing,
    pub sessions: Sessions,
    pub keys: Keys,
    pub audit: Audit,
    pub outbox: Outbox,
    pub dispatcher: Dispatcher,
    bank: String,
}

impl House {
    pub async fn new() -> Self {
        Self::with_clients("").await
    }

    /// With more clients, or with keys of the first one: `more` is added to the text of all.
    pub async fn with_clients(more: &str) -> Self {
        Self::with(more, None).await
    }

    /// With an ephemeral store of the test's own.
    pub async fn with(more: &str, ephemeral: Option<Arc<dyn crate::storage::Ephemeral>>) -> Self {
        let store = testing::db().await;
        let (base, policy) = (store.base(), Arc::new(Policy::embedded("reference").unwrap()));
        let (audit, ledger) = (Audit::new(base.clone()), Ledger::new(base.clone()));
        let hashing = HashSettings { memory_kib: 8, passes: 1, workers: 2, ..HashSettings::default() };
        let hasher = PasswordHasher::new(&hashing, store.rng.clone()).unwrap();
        let people = People::new(base.clone(), hasher, policy.clone());
        let bank = policy.proofing.banks.iter().find(|bank| bank.enabled).unwrap().code.clone();
        let proofing = Proofing::new(base.clone(), Verifiers::bank(Arc::new(Yes)), policy);
        let sessions = Sessions::new(base.clone(), audit.clone(), sessions::Settings::default());
        let tokens = Tokens::new(base.clone(), audit.clone(), tokens::Settings::default());
        let keys = Keys::new(base.clone(), audit.clone());
        crate::keys::testing::put_into(&store).await;
        let clients = registered(more);
        let outbox = Outbox::new(store.db.clone(), store.vault.clone());
        let told = BackchannelLogout {
            base: base.clone(),
            issuer: ISSUER.parse().unwrap(),
            clients: clients.clone(),
            keys: keys.clone(),
            sessions: sessions.clone(),
            fetcher: Fetcher::new(&LOOPBACK).unwrap(),
        };
        let dispatcher = Dispatcher::new(outbox.clone(), vec![Arc::new(told)]);
        let rooms = Rooms {
            consents: Consents::new(base.clone(), audit.clone()),
            base,
            people: people.clone(),
            proofing: proofing.clone(),
            sessions: sessions.clone(),
            tokens,
            clients,
            key_sets: crate::clients::KeySets::new(Arc::new(Fetcher::new(&LOOPBACK).unwrap())),
            ephemeral: ephemeral
                .unwrap_or_else(|| Arc::new(crate::storage::MemoryEphemeral::new(store.clock.clone()))),
            keys: keys.clone(),
            outbox: outbox.clone(),
            dispatcher: dispatcher.clone(),
            ledger,
        };
        let settings = Settings {
            issuer: ISSUER.parse().unwrap(),
            token_endpoint: format!("{ISSUER}/token"),
            acr_prefix: "urn:menfu:acr:".to_owned(),
            reachable: RealNameLevel::L2,
        };
        let provider = Provider::new(rooms, settings);
        Self { store, provider, people, proofing, sessions, keys, audit, outbox, dispatcher, bank }
    }

    pub fn ctx(&self) -> Ctx {
        self.store.ctx()
    }

    pub async fn tx(&self) -> Tx {
        self.store.db.begin().await.unwrap()
    }

    /// 林晓雨, at L1.
    pub async fn person(&self) -> PersonId {
        self.register("lin_xiaoyu", "440399199205180246", "19900000101").await
    }

    pub async fn register(&self, username: &str, number: &str, phone: &str) -> PersonId {
        let today = self.store.now().china_date();
        let document = IdDocument::parse(IdType::CnRid, number, today).unwrap();
        let flow = FlowId::new(self.store.now(), &*self.store.rng);
        let profile = Profile {
            name: "林晓雨".parse().unwrap(),
            sex: document.sex().unwrap_or(Sex::Female),
            birthdate: document.birthdate().unwrap(),
            document: Some(document),
            phone: Some(phone.parse().unwrap()),
            email: None,
            nationality: None,
            valid_until: None,
            about: About::default(),
        };
        let password = self.people.hash_password(&"Gd2026hrss".into()).await.unwrap();
        let new = NewPerson { username: username.parse().unwrap(), password, profile, flow };
        let (tx, ctx) = (self.tx().await, self.ctx());
        let person = self.people.create(&tx, &ctx, new).await.unwrap();
        self.proofing.record_phone(&tx, &ctx, person, &phone.parse().unwrap()).await.unwrap();
        tx.commit().await.unwrap();
        person
    }

    /// The bank confirms the four elements: L2.
    pub async fn verify(&self, id: PersonId) {
        let profile = self.people.find(id).await.unwrap().unwrap().profile.clone();
        let case = CardCase {
            purpose: Purpose::Upgrade { person: id, flow: FlowId::new(self.store.now(), &*self.store.rng) },
            name: profile.name,
            bank_registered_name: None,
            document: profile.document.unwrap(),
            document_until: None,
            channel: Channel::Bank(self.bank.clone()),
            card: "6228480123456789015".parse().unwrap(),
            phone: profile.phone.unwrap(),
        };
        let (tx, ctx) = (self.tx().await, self.ctx());
        let job = self.proofing.submit(&tx, &ctx, case).await.unwrap();
        tx.commit().await.unwrap();
        let job = self.proofing.claim(ctx.now, Some(job)).await.unwrap().unwrap();
        let verdict = self.proofing.ask(&job).await;
        let tx = self.tx().await;
        self.proofing.settle(&tx, &ctx, &job, &verdict).await.unwrap();
        self.proofing.record_card(&tx, &ctx, (id, job.case.document_until), &job, &verdict).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The password was set anew with weak proof: its sign-ins stay at L1.
    pub async fn recover_password(&self, id: PersonId) {
        let hash = self.people.hash_password(&"Gd2026hrss2".into()).await.unwrap();
        let tx = self.tx().await;
        self.people.set_password(&tx, &self.ctx(), id, &hash, PasswordSetBy::IdNumberAndSms).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn sign_in(&self, person: PersonId) -> Session {
        let tx = self.tx().await;
        let new = NewSession { person, amr: Amr::password() };
        let (session, _) = self.sessions.start(&tx, &self.ctx(), new).await.unwrap();
        tx.commit().await.unwrap();
        session
    }

    pub fn browser(&self) -> HashedToken {
        PlainToken::generate(&*self.store.rng).hash()
    }

    /// Asks as the exam portal, signed in, without a page.
    pub async fn answer(&self, session: &Session, changes: &[(&str, &str)]) -> Answer {
        let browser = self.browser();
        let visitor = Visitor { browser: &browser, session: Some(session), person: None };
        match self.provider.authorize(&self.ctx(), &visitor, exam(changes)).await.unwrap() {
            Authorized::Answer(answer) => Answer::of(answer.location().unwrap().as_str()),
            Authorized::Interact { interaction, .. } => panic!("{interaction:?}"),
        }
    }

    /// Consents once, so that the exam portal may be answered without a page.
    pub async fn consent(&self, session: &Session) {
        let browser = self.browser();
        let visitor = Visitor { browser: &browser, session: Some(session), person: None };
        let raw = exam(&[("scope", "openid profile phone real_name offline_access")]);
        let Authorized::Interact { request, .. } =
            self.provider.authorize(&self.ctx(), &visitor, raw).await.unwrap()
        else {
            return;
        };
        let given = crate::provider::ConsentAnswer::Given;
        self.provider.answer_consent(&self.ctx(), &visitor, &request, given).await.unwrap();
    }

    /// Signed in, consented, and the exam portal holds a code for this scope.
    pub async fn code(&self, session: &Session, scope: &str) -> String {
        self.consent(session).await;
        self.answer(session, &[("scope", scope), ("nonce", "n1")]).await.get("code").to_owned()
    }

    pub async fn exchange(&self, fields: &[(&str, &str)]) -> Result<TokenResponse, EndpointError> {
        self.exchange_as("exam", "exam-secret", fields).await
    }

    pub async fn exchange_as(
        &self,
        client: &str,
        secret: &str,
        fields: &[(&str, &str)],
    ) -> Result<TokenResponse, EndpointError> {
        self.provider.exchange(&self.ctx(), Some(&basic(client, secret)), &form(fields)).await
    }

    pub async fn redeem(&self, code: &str) -> Result<TokenResponse, EndpointError> {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        self.exchange(&fields).await
    }

    pub async fn refresh(&self, token: &str) -> Result<TokenResponse, EndpointError> {
        self.exchange(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// The claims of a token we signed.
    pub async fn claims(&self, typ: TokenType, token: &str) -> Value {
        Value::Object(self.keys.verifier().await.unwrap().verify(typ, token).unwrap())
    }

    /// What the audit trail says about a person.
    pub async fn trail(&self, person: PersonId) -> Vec<String> {
        let events = self.audit.trail(Trail::Of(person)).await.unwrap();
        events.into_iter().map(|event| event.kind).collect()
    }
}

fn registered(more: &str) -> Clients {
    let settings = clients::Settings {
        file: "clients.toml".into(),
        issuer: ISSUER.parse().unwrap(),
        plain_secrets: PlainSecrets::OnLoopback,
    };
    Clients::from_text(&format!("{CLIENTS}{more}"), settings).unwrap()
}

pub fn basic(client: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{client}:{secret}")))
}

pub fn form(fields: &[(&str, &str)]) -> RawParams {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The exam portal's request, with parameters put in place of or beside its own.
pub fn exam(changes: &[(&str, &str)]) -> RawParams {
    let base = [
        ("response_type", "code"),
        ("client_id", "exam"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid profile"),
        ("state", "xyz"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let kept = base.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    kept.chain(changes).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The social-insurance portal's request: first party, L2 and above.
pub fn insurance(changes: &[(&str, &str)]) -> RawParams {
    let own = [("client_id", "insurance"), ("redirect_uri", "http://127.0.0.1:8083/callback")];
    exam(&[&own, changes].concat())
}

/// The parameters that an answer brings to the client.
#[derive(Debug)]
pub struct Answer(Vec<(String, String)>);

impl Answer {
    pub fn of(location: &str) -> Self {
        let url = url::Url::parse(location).unwrap();
        Self(url.query_pairs().into_owned().collect())
    }

    pub fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }

    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A token response as its client reads it.
pub fn read(response: &TokenResponse) -> Value {
    serde_json::to_value(response).unwrap()
}

/// The refusal of an endpoint.
pub fn refusal<T>(result: Result<T, EndpointError>) -> &'static str {
    match result {
        Err(EndpointError::OAuth(error)) => error.code.as_str(),
        Err(EndpointError::Internal(error)) => panic!("{error}"),
        Ok(_) => panic!("not refused"),
    }
}
