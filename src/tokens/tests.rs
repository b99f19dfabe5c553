use std::collections::HashSet;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;

use super::*;
use crate::{
    kernel::{Acr, Amr, RealNameLevel},
    protocol::grant::Grant,
    storage::{
        Db,
        testing::{self, TestStore},
    },
};

const RACERS: usize = 8;

struct Room {
    store: TestStore,
    tokens: Tokens,
}

impl Room {
    async fn new() -> Self {
        let store = testing::db().await;
        let base = store.base();
        let tokens = Tokens::new(base.clone(), Audit::new(base), Settings::default());
        Self { store, tokens }
    }

    fn ctx(&self) -> Ctx {
        self.store.ctx()
    }

    async fn tx(&self) -> Tx {
        self.store.db.begin().await.unwrap()
    }

    fn grant(&self) -> Grant {
        let (now, rng) = (self.store.now(), &*self.store.rng);
        Grant {
            client_id: "exam".parse().unwrap(),
            person: PersonId::new(now, rng),
            session: SessionId::new(now, rng),
            scope: "openid profile".parse().unwrap(),
            auth_time: now,
            amr: Amr::password(),
            acr: Acr { level: RealNameLevel::L2, mfa: false },
            nonce: Some("n-0S6_WzA2Mj".to_owned()),
        }
    }

    async fn family_of(&self, grant: Grant, lifetime: Lifetime) -> Arc<Family> {
        let new =
            NewFamily { grant, lifetime, audience: vec!["https://api.example".to_owned()], claims: None };
        let mut unit = self.store.db.unit();
        let family = self.tokens.open_family(&mut unit, &self.ctx(), new).unwrap();
        self.store.db.write(unit).await.unwrap();
        family
    }

    async fn family(&self, lifetime: Lifetime) -> Arc<Family> {
        self.family_of(self.grant(), lifetime).await
    }

    async fn session_family(&self) -> Arc<Family> {
        self.family(Lifetime::Session { ends_at: self.store.now() + TimeDelta::hours(8) }).await
    }

    async fn code(&self, family: &Arc<Family>) -> PlainToken {
        let redirect = VerifiedRedirect::verify(&client(), "https://exam.example/callback").unwrap();
        let mut unit = self.store.db.unit();
        let code = self.tokens.issue_code(&mut unit, &self.ctx(), family, &redirect, Some(challenge()));
        self.store.db.write(unit).await.unwrap();
        code
    }

    async fn first_refresh(&self, family: &Arc<Family>) -> PlainToken {
        let mut unit = self.store.db.unit();
        let token = self.tokens.issue_refresh(&mut unit, &self.ctx(), family).unwrap();
        self.store.db.write(unit).await.unwrap();
        token
    }

    /// The successor, or `None` for a replay.
    async fn rotate(&self, token: &PlainToken) -> Result<Option<PlainToken>, TokensError> {
        let stored = self.tokens.find_refresh(&self.ctx(), token).await?.expect("the token is known");
        rotate(&self.tokens, &self.store.db, &self.ctx(), &stored).await
    }

    async fn successor(&self, token: &PlainToken) -> PlainToken {
        self.rotate(token).await.unwrap().expect("no replay")
    }

    async fn found(&self, code: &PlainToken) -> Arc<Code> {
        self.tokens.find_code(&self.ctx(), code).await.unwrap().expect("the code is known")
    }

    async fn take(&self, code: &Code) -> Result<(), TokensError> {
        let mut unit = self.store.db.unit();
        self.tokens.take_code(&mut unit, &self.ctx(), code);
        Ok(self.store.db.write(unit).await?)
    }

    async fn access(&self, token: &str, family: Option<&Arc<Family>>) {
        let now = self.store.now();
        let new = NewAccess {
            jti: model::jti_of(token).unwrap(),
            client: "exam".parse().unwrap(),
            family: family.map(|family| family.id),
            person: family.map(|family| family.grant.person),
            scope: "openid".parse().unwrap(),
            audience: "https://api.example".to_owned(),
            issued_at: now,
            expires_at: now + TimeDelta::minutes(10),
        };
        let mut unit = self.store.db.unit();
        self.tokens.record_access(&mut unit, &self.ctx(), token, new, family);
        self.store.db.write(unit).await.unwrap();
    }

    async fn is_live(&self, token: &str) -> bool {
        self.tokens.find_access(token, self.store.now()).await.unwrap().is_some()
    }

    async fn revoke(&self, family: &Family, reason: RevokeReason) -> bool {
        let tx = self.tx().await;
        let ended = self.tokens.revoke_family(&tx, &self.ctx(), family, reason).await.unwrap();
        tx.commit().await.unwrap();
        ended
    }
}

/// What the provider does with a presented token, the second look after losing a race included.
async fn rotate(
    tokens: &Tokens,
    db: &Db,
    ctx: &Ctx,
    stored: &RefreshToken,
) -> Result<Option<PlainToken>, TokensError> {
    let (unit, next) = match tokens.rotate_refresh(ctx, stored)? {
        Rotation::Successor(unit, next) => (unit, next),
        Rotation::Again(next) => return Ok(Some(next)),
        Rotation::Replayed => return Ok(None),
    };
    match db.write(unit).await {
        Ok(()) => return Ok(Some(next)),
        Err(StoreError::Gone) => {}
        Err(other) => return Err(other.into()),
    }
    let stored = tokens.reread_refresh(stored).await?.ok_or(TokensError::Gone)?;
    match tokens.rotate_refresh(ctx, &stored)? {
        Rotation::Successor(..) => Err(TokensError::Gone),
        Rotation::Again(next) => Ok(Some(next)),
        Rotation::Replayed => Ok(None),
    }
}

/// What only looks like a JWT.
fn signed(jti: &str, signature: &str) -> String {
    format!("header.{}.{signature}", URL_SAFE_NO_PAD.encode(format!("{{\"jti\":\"{jti}\"}}")))
}

fn client() -> crate::protocol::client::Client {
    toml::from_str(
        "client_id = \"exam\"\nclient_name = \"E\"\nredirect_uris = [\"https://exam.example/callback\"]",
    )
    .unwrap()
}

fn challenge() -> CodeChallenge {
    // RFC 7636 appendix B.
    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".parse().unwrap()
}

#[tokio::test]
async fn a_family_comes_back_as_it_was_opened() {
    let room = Room::new().await;
    let opened = room.session_family().await;
    let found = room.tokens.find_family(opened.id).await.unwrap().unwrap();
    assert_eq!(found.grant, opened.grant);
    assert_eq!((found.offline, found.expires_at), (false, opened.expires_at));
    assert!(found.is_live(room.store.now()));
    assert!(!found.is_live(opened.expires_at));
    assert!(!format!("{found:?}").contains("refresh_key"));
}

#[tokio::test]
async fn an_offline_family_lives_thirty_days() {
    let room = Room::new().await;
    let family = room.family(Lifetime::Offline).await;
    assert_eq!(family.expires_at, room.store.now() + TimeDelta::days(30));
    assert!(family.offline);
}

#[tokio::test]
async fn a_code_comes_back_with_what_redeems_it() {
    let room = Room::new().await;
    let family = room.session_family().await;
    let code = room.code(&family).await;
    let found = room.found(&code).await;
    let terms = found.terms();
    assert_eq!(terms.grant, family.grant);
    assert_eq!(terms.redirect_uri, "https://exam.example/callback");
    assert_eq!(terms.code_challenge, Some(challenge()));
    assert_eq!(terms.expires_at, room.store.now() + TimeDelta::seconds(60));
    assert!(!found.is_consumed());
    let other = PlainToken::generate(&*room.store.rng);
    assert!(room.tokens.find_code(&room.ctx(), &other).await.unwrap().is_none());
}

#[tokio::test]
async fn a_taken_code_is_found_as_consumed_and_not_taken_again() {
    let room = Room::new().await;
    let code = room.code(&room.session_family().await).await;
    let found = room.found(&code).await;
    room.take(&found).await.unwrap();
    assert!(matches!(room.take(&found).await, Err(TokensError::Gone)));
    assert!(room.found(&code).await.is_consumed());
}

#[tokio::test]
async fn an_expired_code_is_not_taken() {
    let room = Room::new().await;
    let code = room.code(&room.session_family().await).await;
    room.store.clock.advance(TimeDelta::seconds(60));
    let found = room.found(&code).await;
    assert!(found.is_expired(room.store.now()));
    assert!(matches!(room.take(&found).await, Err(TokensError::Gone)));
}

#[tokio::test]
async fn a_code_taken_in_a_transaction_that_fails_stays_good() {
    let room = Room::new().await;
    let code = room.code(&room.session_family().await).await;
    let found = room.found(&code).await;
    let tx = room.tx().await;
    let mut unit = room.store.db.unit();
    room.tokens.take_code(&mut unit, &room.ctx(), &found);
    tx.write(unit).await.unwrap();
    drop(tx);
    assert!(!room.found(&code).await.is_consumed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_takers_of_one_code_exactly_one_wins() {
    let room = Room::new().await;
    let code = room.code(&room.session_family().await).await;
    let found = room.found(&code).await;
    let racers: Vec<_> = (0..RACERS)
        .map(|_| {
            let (tokens, db, ctx, found) =
                (room.tokens.clone(), room.store.db.clone(), room.ctx(), found.clone());
            tokio::spawn(async move {
                let mut unit = db.unit();
                tokens.take_code(&mut unit, &ctx, &found);
                db.write(unit).await.is_ok()
            })
        })
        .collect();
    let mut winners = 0;
    for racer in racers {
        winners += usize::from(racer.await.unwrap());
    }
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn each_rotation_gives_another_token_and_consumes_the_old_one() {
    let room = Room::new().await;
    let family = room.session_family().await;
    let mut token = room.first_refresh(&family).await;
    let mut seen = HashSet::from([token.expose().to_owned()]);
    for _ in 0..5 {
        token = room.successor(&token).await;
        assert!(seen.insert(token.expose().to_owned()), "a token came twice");
        room.store.clock.advance(TimeDelta::minutes(1));
    }
    assert_eq!(room.tokens.find_refresh(&room.ctx(), &token).await.unwrap().unwrap().number, 6);
}

#[tokio::test]
async fn within_ten_seconds_the_same_successor_is_given_again() {
    let room = Room::new().await;
    let token = room.first_refresh(&room.session_family().await).await;
    let first = room.successor(&token).await;
    room.store.clock.advance(TimeDelta::seconds(10));
    let again = room.successor(&token).await;
    assert_eq!(first.expose(), again.expose());
}

#[tokio::test]
async fn after_ten_seconds_the_old_token_is_a_replay() {
    let room = Room::new().await;
    let token = room.first_refresh(&room.session_family().await).await;
    room.successor(&token).await;
    room.store.clock.advance(TimeDelta::milliseconds(10_001));
    assert!(room.rotate(&token).await.unwrap().is_none());
}

#[tokio::test]
async fn once_the_successor_was_used_the_old_token_is_a_replay_at_once() {
    let room = Room::new().await;
    let token = room.first_refresh(&room.session_family().await).await;
    let second = room.successor(&token).await;
    room.successor(&second).await;
    assert!(room.rotate(&token).await.unwrap().is_none());
}

#[tokio::test]
async fn two_families_never_share_a_token() {
    let room = Room::new().await;
    let one = room.first_refresh(&room.session_family().await).await;
    let two = room.first_refresh(&room.session_family().await).await;
    assert_ne!(one.expose(), two.expose());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_rotations_at_once_all_get_the_one_successor() {
    let room = Room::new().await;
    let token = room.first_refresh(&room.session_family().await).await;
    let stored = room.tokens.find_refresh(&room.ctx(), &token).await.unwrap().unwrap();
    let racers: Vec<_> = (0..RACERS)
        .map(|_| {
            let (tokens, db, ctx, stored) =
                (room.tokens.clone(), room.store.db.clone(), room.ctx(), stored.clone());
            tokio::spawn(async move {
                let given = rotate(&tokens, &db, &ctx, &stored).await.unwrap();
                given.map_or("replayed".to_owned(), |next| next.expose().to_owned())
            })
        })
        .collect();
    let mut given = HashSet::new();
    for racer in racers {
        given.insert(racer.await.unwrap());
    }
    assert_eq!(given.len(), 1, "one successor, and nobody was called a thief: {given:?}");
}

#[tokio::test]
async fn an_unused_offline_token_ends_after_fourteen_days_and_the_family_after_thirty() {
    let room = Room::new().await;
    let family = room.family(Lifetime::Offline).await;
    let token = room.first_refresh(&family).await;
    room.store.clock.advance(TimeDelta::days(13));
    let second = room.successor(&token).await;
    room.store.clock.advance(TimeDelta::days(13));
    let third = room.successor(&second).await;
    let stored = room.tokens.find_refresh(&room.ctx(), &third).await.unwrap().unwrap();
    assert_eq!(stored.expires_at, family.expires_at, "the family's end bounds its tokens");
    room.store.clock.advance(TimeDelta::days(4));
    assert!(stored.is_expired(room.store.now()));
    assert!(matches!(room.rotate(&third).await, Err(TokensError::Gone)));
}

#[tokio::test]
async fn a_token_of_the_session_ends_with_the_session() {
    let room = Room::new().await;
    let family = room.session_family().await;
    let token = room.first_refresh(&family).await;
    assert_eq!(
        room.tokens.find_refresh(&room.ctx(), &token).await.unwrap().unwrap().expires_at,
        family.expires_at
    );
}

#[tokio::test]
async fn revoking_a_family_kills_its_access_tokens_and_keeps_the_first_reason() {
    let room = Room::new().await;
    let family = room.session_family().await;
    let token = signed("at-1", "s");
    room.access(&token, Some(&family)).await;
    assert!(room.is_live(&token).await);
    assert!(room.revoke(&family, RevokeReason::CodeReplayed).await);
    assert!(!room.is_live(&token).await);
    assert!(!room.revoke(&family, RevokeReason::ByClient).await, "it had ended already");
    let revoked = room.tokens.find_family(family.id).await.unwrap().unwrap().revoked.clone().unwrap();
    assert_eq!((revoked.reason.as_str(), revoked.at), ("code_replayed", room.store.now()));
}

#[tokio::test]
async fn the_end_of_a_session_spares_offline_access() {
    let room = Room::new().await;
    let grant = room.grant();
    let ends_at = room.store.now() + TimeDelta::hours(8);
    let with_session = room.family_of(grant.clone(), Lifetime::Session { ends_at }).await;
    let offline = room.family_of(grant.clone(), Lifetime::Offline).await;
    let tx = room.tx().await;
    assert_eq!(room.tokens.end_session(&tx, &room.ctx(), grant.session).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert!(room.tokens.find_family(with_session.id).await.unwrap().unwrap().revoked.is_some());
    assert!(room.tokens.find_family(offline.id).await.unwrap().unwrap().revoked.is_none());
}

#[tokio::test]
async fn a_person_can_be_cut_off_from_one_client_or_from_all() {
    let room = Room::new().await;
    let grant = room.grant();
    let other = Grant { client_id: "insurance".parse().unwrap(), ..grant.clone() };
    room.family_of(grant.clone(), Lifetime::Offline).await;
    room.family_of(other, Lifetime::Offline).await;
    let tx = room.tx().await;
    let (ctx, reason) = (room.ctx(), RevokeReason::ConsentWithdrawn);
    let exam: ClientId = "exam".parse().unwrap();
    assert_eq!(room.tokens.revoke_person(&tx, &ctx, grant.person, Some(&exam), reason).await.unwrap(), 1);
    assert_eq!(room.tokens.revoke_person(&tx, &ctx, grant.person, None, reason).await.unwrap(), 1);
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn an_access_token_is_known_by_its_whole_text_and_for_its_time() {
    let room = Room::new().await;
    let family = room.session_family().await;
    let (token, forged) = (signed("at-1", "signature"), signed("at-1", "signaturf"));
    room.access(&token, Some(&family)).await;
    let found = room.tokens.find_access(&token, room.store.now()).await.unwrap().unwrap();
    assert_eq!(found.person, Some(family.grant.person));
    assert_eq!(found.family.as_ref().unwrap().grant, family.grant);
    for other in [&forged, "header.payload.signature", "no JWT", ""] {
        assert!(!room.is_live(other).await, "{other}");
    }
    let tx = room.tx().await;
    room.tokens.revoke_access(&tx, &forged).await.unwrap();
    tx.commit().await.unwrap();
    assert!(room.is_live(&token).await, "who knows an id ends nothing by it");
    room.store.clock.advance(TimeDelta::minutes(10));
    assert!(!room.is_live(&token).await);
}

#[tokio::test]
async fn a_token_of_client_credentials_has_neither_family_nor_person() {
    let room = Room::new().await;
    let token = signed("cc", "s");
    room.access(&token, None).await;
    let found = room.tokens.find_access(&token, room.store.now()).await.unwrap().unwrap();
    assert!(found.family.is_none() && found.person.is_none());
}

#[tokio::test]
async fn one_access_token_is_revoked_alone() {
    let room = Room::new().await;
    let family = room.session_family().await;
    let (one, two) = (signed("one", "s"), signed("two", "s"));
    room.access(&one, Some(&family)).await;
    room.access(&two, Some(&family)).await;
    let tx = room.tx().await;
    room.tokens.revoke_access(&tx, &one).await.unwrap();
    tx.commit().await.unwrap();
    assert!(!room.is_live(&one).await);
    assert!(room.is_live(&two).await);
}

#[tokio::test]
async fn what_ended_yesterday_is_swept_away_with_all_that_hangs_on_it() {
    let room = Room::new().await;
    let family = room.session_family().await;
    let code = room.code(&family).await;
    room.access(&signed("old", "s"), Some(&family)).await;
    let offline = room.family(Lifetime::Offline).await;
    room.store.clock.advance(TimeDelta::days(2));
    let tx = room.tx().await;
    assert_eq!(room.tokens.sweep(&tx, room.store.now()).await.unwrap(), 2);
    tx.commit().await.unwrap();
    assert!(room.tokens.find_code(&room.ctx(), &code).await.unwrap().is_none());
    assert!(room.tokens.find_family(family.id).await.unwrap().is_none());
    assert!(room.tokens.find_family(offline.id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_token_from_before_tokens_named_their_family_is_known_by_its_hash() {
    let room = Room::new().await;
    let family = room.session_family().await;
    room.successor(&room.first_refresh(&family).await).await;
    let [first, second] = [1, 2].map(|number| {
        let named = room.tokens.derive(&family, number).unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(named.expose()).unwrap();
        PlainToken::from_bytes(*bytes.last_chunk().unwrap())
    });
    let mut unit = room.store.db.unit();
    for (number, token) in [(1, &first), (2, &second)] {
        store::insert_unnamed(&mut unit, &token.hash(), family.id, number);
    }
    room.store.db.write(unit).await.unwrap();
    room.store.clock.advance(TimeDelta::minutes(1));
    let third = room.successor(&second).await;
    assert_eq!(room.tokens.find_refresh(&room.ctx(), &third).await.unwrap().unwrap().number, 3);
    assert!(room.rotate(&first).await.unwrap().is_none(), "it was used before");
}

#[tokio::test]
async fn a_token_that_names_a_family_without_its_key_is_unknown() {
    let room = Room::new().await;
    let family = room.session_family().await;
    let genuine = room.first_refresh(&family).await;
    let other = room.first_refresh(&room.session_family().await).await;
    let secret = |token: &PlainToken| -> [u8; 32] {
        *URL_SAFE_NO_PAD.decode(token.expose()).unwrap().last_chunk().unwrap()
    };
    let unissued = room.tokens.derive(&family, 2).unwrap();
    let stranger = GrantId::new(room.store.now(), &*room.store.rng);
    let forged = [
        PlainToken::named(model::refresh_name(family.id, 1), [7; 32]),
        PlainToken::named(model::refresh_name(family.id, 1), secret(&other)),
        PlainToken::named(model::refresh_name(family.id, 0), secret(&genuine)),
        PlainToken::named(model::refresh_name(family.id, i64::MAX), secret(&genuine)),
        PlainToken::named(model::refresh_name(family.id, -1), secret(&genuine)),
        PlainToken::named(model::refresh_name(stranger, 1), secret(&genuine)),
        PlainToken::from_bytes(secret(&genuine)),
        unissued,
    ];
    for token in forged {
        assert!(room.tokens.find_refresh(&room.ctx(), &token).await.unwrap().is_none(), "{}", token.expose());
    }
    assert_eq!(room.tokens.find_refresh(&room.ctx(), &genuine).await.unwrap().unwrap().number, 1);
}

#[tokio::test]
async fn no_token_is_rotated_once_its_family_is_revoked() {
    let room = Room::new().await;
    let family = room.session_family().await;
    let token = room.first_refresh(&family).await;
    let stored = room.tokens.find_refresh(&room.ctx(), &token).await.unwrap().unwrap();
    // Between the reading and the writing of a refresh.
    room.revoke(&family, RevokeReason::ByClient).await;
    let Rotation::Successor(unit, _) = room.tokens.rotate_refresh(&room.ctx(), &stored).unwrap() else {
        panic!("it was not used yet")
    };
    assert!(matches!(room.store.db.write(unit).await, Err(StoreError::Gone)));
}

#[tokio::test]
async fn no_token_stands_in_the_rows() {
    let room = Room::new().await;
    let family = room.session_family().await;
    let (code, refresh) = (room.code(&family).await, room.first_refresh(&family).await);
    let access = signed("at-1", "signature");
    room.access(&access, Some(&family)).await;
    let file = room.store.settings.url.strip_prefix("sqlite:").map(std::fs::read);
    let Some(Ok(bytes)) = file else { return };
    let wal =
        room.store.settings.url.strip_prefix("sqlite:").map(|path| std::fs::read(format!("{path}-wal")));
    let bytes = [bytes, wal.and_then(Result::ok).unwrap_or_default()].concat();
    for secret in [code.expose(), refresh.expose(), &access] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
    }
}

#[tokio::test]
async fn the_audit_trail_tells_a_family_s_life() {
    let room = Room::new().await;
    let family = room.session_family().await;
    let token = room.first_refresh(&family).await;
    room.successor(&token).await;
    room.revoke(&family, RevokeReason::RefreshReplayed).await;
    let trail = room.tokens.audit.trail(crate::audit::Trail::Of(family.grant.person)).await.unwrap();
    let mut kinds: Vec<_> = trail.iter().map(|event| event.kind.as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["family_revoked", "token_reused", "tokens_issued", "tokens_refreshed"]);
}
