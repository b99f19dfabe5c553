//! Each row with a page and without, and the order between them.

use super::*;
use crate::{
    kernel::SeededRng,
    protocol::{authorize::Prompt, client::tests::exam, redirect::VerifiedRedirect},
};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// A person signed in an hour ago at L2 who has consented to everything the request asks.
struct Case {
    request: ValidRequest,
    client: Client,
    facts: Facts,
}

fn person(seed: u64) -> PersonId {
    PersonId::new(NOW, &SeededRng::new(seed))
}

fn mark(seed: u64, minutes_ago: i64) -> SessionMark {
    let session = SessionId::new(NOW, &SeededRng::new(seed));
    SessionMark { session, auth_time: NOW - TimeDelta::minutes(minutes_ago) }
}

fn acr(level: RealNameLevel) -> Acr {
    Acr { level, mfa: false }
}

fn request(client: &Client) -> ValidRequest {
    ValidRequest {
        response_mode: Default::default(),
        redirect: VerifiedRedirect::verify(client, "https://exam.example/callback").unwrap(),
        state: None,
        scope: "openid profile".parse().unwrap(),
        nonce: None,
        code_challenge: None,
        prompt: Prompt::default(),
        max_age: None,
        acr: AcrRequest::NotAsked,
        subjects: Vec::new(),
        resources: Vec::new(),
        wanted: Default::default(),
        wanted_scope: Scope::default(),
        login_hint: None,
        locale: None,
    }
}

impl Case {
    fn new() -> Self {
        let client = exam();
        let session = SessionFacts {
            mark: mark(1, 60),
            person: person(1),
            subject: "p_one".to_owned(),
            truth: Some(acr(RealNameLevel::L2)),
            must_reenter_document: false,
            granted: "openid profile phone".parse().unwrap(),
        };
        let answers = Answers { arrived_with: Some(session.mark), ..Answers::default() };
        let facts = Facts { now: NOW, session: Some(session), reachable: RealNameLevel::L2, answers };
        Self { request: request(&client), client, facts }
    }

    fn nobody() -> Self {
        let mut case = Self::new();
        case.facts.session = None;
        case.facts.answers.arrived_with = None;
        case
    }

    fn session(&mut self) -> &mut SessionFacts {
        self.facts.session.as_mut().unwrap()
    }

    /// Signs in once more, half a minute ago.
    fn sign_in(mut self) -> Self {
        let again = SessionMark { session: mark(2, 0).session, auth_time: NOW - TimeDelta::seconds(30) };
        self.session().mark = again;
        self
    }

    fn decide(&self) -> Decision {
        decide(&self.request, &self.client, &self.facts)
    }

    #[track_caller]
    fn shows(&self, page: &Interaction) {
        assert_eq!(self.decide(), Decision::Show(page.clone()));
    }

    #[track_caller]
    fn refuses(&self, code: ErrorCode) {
        match self.decide() {
            Decision::Refuse(error) => assert_eq!(error.code, code),
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn approves(&self) -> Approval {
        match self.decide() {
            Decision::Approve(approval) => approval,
            other => panic!("{other:?}"),
        }
    }

    /// The same case with `prompt=none` gives that error.
    #[track_caller]
    fn unattended(mut self, code: ErrorCode) {
        self.request.prompt.none = true;
        self.refuses(code);
    }
}

fn raise(current: RealNameLevel, required: RealNameLevel, necessity: Necessity) -> Interaction {
    Interaction::RaiseLevel(Upgrade { current: Some(current), required, necessity })
}

#[test]
fn a_live_session_with_remembered_consent_needs_no_page() {
    let mut case = Case::new();
    let approval = case.approves();
    assert_eq!((approval.person, approval.acr), (person(1), acr(RealNameLevel::L2)));
    case.request.prompt.none = true;
    assert_eq!(case.approves(), approval);
}

#[test]
fn nobody_signed_in_means_login() {
    Case::nobody().shows(&Interaction::Login);
    Case::nobody().unattended(ErrorCode::LoginRequired);
}

#[test]
fn prompt_login_asks_even_with_a_fresh_session_and_once_only() {
    let mut case = Case::new();
    case.session().mark = mark(1, 0);
    case.facts.answers.arrived_with = Some(mark(1, 0));
    case.request.prompt.login = true;
    case.shows(&Interaction::Login);
    assert_eq!(case.sign_in().approves().mark.session, mark(2, 0).session);
}

#[test]
fn a_second_sign_in_of_the_same_session_counts_as_fresh() {
    let mut case = Case::new();
    case.request.prompt.login = true;
    case.session().mark = mark(1, 0);
    case.approves();
}

#[test]
fn max_age_asks_when_the_sign_in_is_older() {
    for (max_age, asks) in [(3599, true), (3600, false), (10_000, false), (0, true)] {
        let mut case = Case::new();
        case.request.max_age = Some(max_age);
        assert_eq!(case.decide() == Decision::Show(Interaction::Login), asks, "{max_age}");
    }
    let mut case = Case::new();
    case.request.max_age = Some(1);
    case.unattended(ErrorCode::LoginRequired);
}

#[test]
fn a_sign_in_made_for_the_request_satisfies_a_tiny_max_age_but_not_for_ever() {
    for max_age in [0, 1] {
        let mut case = Case::new().sign_in();
        case.request.max_age = Some(max_age);
        case.approves();
        case.session().mark.auth_time = NOW - TimeDelta::minutes(11);
        case.shows(&Interaction::Login);
    }
}

#[test]
fn a_hint_names_who_must_be_answered_for() {
    let mut case = Case::new();
    case.request.subjects = vec!["p_one".to_owned()];
    case.approves();
    case.request.subjects = vec!["p_two".to_owned()];
    case.shows(&Interaction::Login);
    case.sign_in().refuses(ErrorCode::LoginRequired);
    let mut case = Case::new();
    case.request.subjects = vec!["p_one".to_owned(), "p_two".to_owned()];
    case.unattended(ErrorCode::LoginRequired);
}

#[test]
fn prompt_create_registers_strangers_and_asks_those_signed_in() {
    let mut stranger = Case::nobody();
    stranger.request.prompt.create = true;
    stranger.shows(&Interaction::Create);
    stranger.unattended(ErrorCode::InteractionRequired);

    let mut known = Case::new();
    known.request.prompt.create = true;
    known.shows(&Interaction::ChooseAccount);
    known.facts.answers.keeps_account = Some(person(2));
    known.shows(&Interaction::ChooseAccount);
    known.facts.answers.keeps_account = Some(person(1));
    known.approves();
}

#[test]
fn a_claim_asked_for_by_name_is_consented_to_like_its_scope() {
    let mut case = Case::new();
    case.request.wanted_scope = "phone".parse().unwrap();
    case.approves();
    case.request.wanted_scope = "email".parse().unwrap();
    case.shows(&Interaction::Consent { scope: "openid profile email".parse().unwrap() });
    case.unattended(ErrorCode::ConsentRequired);
}

#[test]
fn select_account_asks_once_whoever_is_signed_in() {
    let mut stranger = Case::nobody();
    stranger.request.prompt.select_account = true;
    stranger.shows(&Interaction::Login);

    let mut known = Case::new();
    known.request.prompt.select_account = true;
    known.shows(&Interaction::SelectAccount);
    known.facts.answers.keeps_account = Some(person(2));
    known.shows(&Interaction::SelectAccount);
    known.facts.answers.keeps_account = Some(person(1));
    known.approves();
    known.facts.answers.leaves_account = Some(person(1));
    known.shows(&Interaction::Login);
    known.facts.session.as_mut().unwrap().mark = mark(2, 0);
    known.approves();
}

#[test]
fn a_new_account_satisfies_prompt_create() {
    let mut case = Case::new();
    case.request.prompt.create = true;
    case.sign_in().approves();
}

#[test]
fn s1_30_a_displaced_account_enters_its_own_document_first() {
    let mut case = Case::new();
    case.session().must_reenter_document = true;
    case.client.min_person_level = RealNameLevel::L3;
    case.shows(&Interaction::ReenterDocument);
    case.unattended(ErrorCode::InteractionRequired);
}

#[test]
fn a_clients_level_is_reached_inside_the_request_or_refused() {
    let mut case = Case::new();
    case.session().truth = Some(acr(RealNameLevel::L1));
    case.client.min_person_level = RealNameLevel::L2;
    case.shows(&raise(RealNameLevel::L1, RealNameLevel::L2, Necessity::Required));
    case.facts.answers.declined_upgrade = Some(person(2));
    case.shows(&raise(RealNameLevel::L1, RealNameLevel::L2, Necessity::Required));
    case.facts.answers.declined_upgrade = Some(person(1));
    case.refuses(ErrorCode::AccessDenied);
    case.facts.answers.declined_upgrade = None;
    case.unattended(ErrorCode::InteractionRequired);
}

#[test]
fn whoever_has_no_evidence_at_all_is_below_every_level() {
    let mut case = Case::new();
    case.session().truth = None;
    let page = Upgrade { current: None, required: RealNameLevel::L1, necessity: Necessity::Required };
    case.shows(&Interaction::RaiseLevel(page));
}

#[test]
fn an_essential_acr_is_met_or_the_request_fails() {
    let mut case = Case::new();
    case.session().truth = Some(acr(RealNameLevel::L1));
    case.request.acr = AcrRequest::Essential(vec![acr(RealNameLevel::L3), acr(RealNameLevel::L2)]);
    case.shows(&raise(RealNameLevel::L1, RealNameLevel::L2, Necessity::Required));
    case.facts.answers.declined_upgrade = Some(person(1));
    case.refuses(ErrorCode::UnmetAuthenticationRequirements);
    case.facts.answers.declined_upgrade = None;
    case.session().truth = Some(acr(RealNameLevel::L2));
    assert_eq!(case.approves().acr, acr(RealNameLevel::L2));
    case.session().truth = Some(acr(RealNameLevel::L1));
    case.unattended(ErrorCode::UnmetAuthenticationRequirements);
}

#[test]
fn an_essential_acr_beyond_reach_fails_at_once() {
    let mfa = Acr { level: RealNameLevel::L1, mfa: true };
    for asked in [vec![], vec![acr(RealNameLevel::L3)], vec![mfa]] {
        let mut case = Case::new();
        case.request.acr = AcrRequest::Essential(asked);
        case.refuses(ErrorCode::UnmetAuthenticationRequirements);
    }
}

#[test]
fn a_voluntary_acr_is_offered_once_and_never_unattended() {
    let mut case = Case::new();
    case.session().truth = Some(acr(RealNameLevel::L1));
    case.request.acr = AcrRequest::Voluntary(vec![acr(RealNameLevel::L2)]);
    case.shows(&raise(RealNameLevel::L1, RealNameLevel::L2, Necessity::Voluntary));
    case.facts.answers.declined_upgrade = Some(person(1));
    assert_eq!(case.approves().acr, acr(RealNameLevel::L1));
    case.facts.answers.declined_upgrade = None;
    case.request.prompt.none = true;
    assert_eq!(case.approves().acr, acr(RealNameLevel::L1));
}

#[test]
fn a_voluntary_acr_beyond_reach_is_not_offered() {
    let mut case = Case::new();
    case.request.acr = AcrRequest::Voluntary(vec![acr(RealNameLevel::L3)]);
    assert_eq!(case.approves().acr, acr(RealNameLevel::L2));
}

#[test]
fn consent_is_asked_for_what_was_not_granted() {
    let mut case = Case::new();
    case.session().granted = "openid".parse().unwrap();
    let page = Interaction::Consent { scope: "openid profile".parse().unwrap() };
    case.shows(&page);
    let consented =
        |seed, scope: &str| Some(Consented { person: person(seed), scope: scope.parse().unwrap() });
    case.facts.answers.consented = consented(2, "openid profile");
    case.shows(&page);
    case.facts.answers.consented = consented(1, "openid");
    case.shows(&page);
    case.facts.answers.consented = consented(1, "openid profile");
    case.approves();
    case.facts.answers.consented = None;
    case.unattended(ErrorCode::ConsentRequired);
}

#[test]
fn prompt_consent_asks_again_whatever_is_remembered_even_a_first_party_client() {
    let mut case = Case::new();
    case.client.first_party = true;
    case.session().granted = Scope::default();
    case.approves();
    case.request.prompt.consent = true;
    case.shows(&Interaction::Consent { scope: "openid profile".parse().unwrap() });
}

#[test]
fn consent_comes_after_sign_in_and_level() {
    let mut case = Case::new();
    case.session().granted = Scope::default();
    case.session().truth = Some(acr(RealNameLevel::L1));
    case.client.min_person_level = RealNameLevel::L2;
    case.shows(&raise(RealNameLevel::L1, RealNameLevel::L2, Necessity::Required));
    case.request.prompt.login = true;
    case.shows(&Interaction::Login);
}

#[test]
fn prompt_none_never_shows_a_page() {
    let spoil: [fn(&mut Case); 7] = [
        |case| case.facts.session = None,
        |case| case.request.prompt.create = true,
        |case| case.request.max_age = Some(0),
        |case| case.request.subjects = vec!["p_x".to_owned()],
        |case| case.session().must_reenter_document = true,
        |case| case.client.min_person_level = RealNameLevel::L3,
        |case| case.session().granted = Scope::default(),
    ];
    for (number, spoil) in spoil.into_iter().enumerate() {
        let mut case = Case::new();
        case.request.prompt.none = true;
        spoil(&mut case);
        assert!(matches!(case.decide(), Decision::Refuse(_)), "{number}");
    }
}
