//! Accounts over a real database: names, uniqueness, displacement, passwords, races.

use chrono::{NaiveDate, TimeDelta};

use super::*;
use crate::{
    kernel::{About, IdType, RealNameLevel, Sex},
    people::HashSettings,
    storage::{
        KeyRing, Vault,
        testing::{self, TestStore},
    },
};

struct House {
    store: Arc<TestStore>,
    people: People,
}

async fn house() -> House {
    let store = Arc::new(testing::db().await);
    let settings = HashSettings { memory_kib: 8, passes: 1, workers: 2, ..HashSettings::default() };
    let hasher = PasswordHasher::new(&settings, store.rng.clone()).unwrap();
    let policy = Arc::new(Policy::embedded("reference").unwrap());
    House { people: People::new(store.base(), hasher, policy), store }
}

fn name(text: &str) -> Username {
    text.parse().unwrap()
}

fn document(number: &str) -> IdDocument {
    IdDocument::parse(IdType::CnRid, number, NaiveDate::from_ymd_opt(2026, 11, 21).unwrap()).unwrap()
}

fn profile(number: &str, phone: &str) -> Profile {
    let document = document(number);
    Profile {
        name: "林晓雨".parse().unwrap(),
        sex: document.sex().unwrap_or(Sex::Female),
        birthdate: document.birthdate().unwrap(),
        document: Some(document),
        phone: Some(phone.parse().unwrap()),
        email: None,
        nationality: None,
        valid_until: None,
        about: About::default(),
    }
}

const NAME: &str = "lin_xiaoyu";
const LIN: &str = "440399199205180246";
const ZHOU: &str = "440399198811030462";

impl House {
    fn flow(&self) -> FlowId {
        FlowId::new(self.store.now(), &*self.store.rng)
    }

    async fn hold(&self, text: &str, flow: FlowId) -> Result<(), UsernameTaken> {
        let tx = self.store.db.begin().await?;
        self.people.reserve_username(&tx, &self.store.ctx(), &name(text), flow).await?;
        Ok(tx.commit().await?)
    }

    async fn is_free(&self, text: &str, flow: Option<FlowId>) -> bool {
        self.people.is_username_free(&self.store.ctx(), &name(text), flow).await.unwrap()
    }

    async fn register(&self, username: &str, number: &str, phone: &str) -> Result<PersonId, CreateError> {
        let password = self.people.hash_password(&"Gd2026hrss".into()).await.unwrap();
        let flow = self.flow();
        let new = NewPerson { username: name(username), password, profile: profile(number, phone), flow };
        let tx = self.store.db.begin().await?;
        let person = self.people.create(&tx, &self.store.ctx(), new).await?;
        tx.commit().await?;
        Ok(person)
    }

    async fn lin(&self) -> PersonId {
        self.register(NAME, LIN, "19900000101").await.unwrap()
    }
}

#[tokio::test]
async fn an_account_is_found_by_id_name_identity_and_phone() {
    let house = house().await;
    let id = house.lin().await;
    let person = house.people.find(id).await.unwrap().unwrap();
    assert_eq!(person.profile, profile(LIN, "19900000101"));
    assert_eq!((person.username.as_str(), person.status), ("lin_xiaoyu", Status::Active));
    for found in [
        house.people.find_by_username(&name("LIN_Xiaoyu")).await.unwrap(),
        house.people.find_by_identity(&document(LIN)).await.unwrap(),
        house.people.find_by_phone(&"19900000101".parse().unwrap()).await.unwrap(),
    ] {
        assert_eq!(found.as_ref(), Some(&person));
    }
    assert_eq!(house.people.find_by_username(&name("nobody")).await.unwrap(), None);
    assert_eq!(house.people.find_by_identity(&document(ZHOU)).await.unwrap(), None);
    assert_eq!(house.people.find_by_phone(&"19900000102".parse().unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn personal_data_stands_nowhere_in_the_clear() {
    let house = house().await;
    let id = house.lin().await;
    let row = store::person(house.store.db.read(), id).await.unwrap().unwrap();
    let shown = format!("{row:?} {}", String::from_utf8_lossy(&row.profile));
    for secret in [LIN, "19900000101", "林晓雨", "1992-05-18"] {
        assert!(!shown.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn s0_08_a_name_is_taken_whatever_its_case() {
    let house = house().await;
    house.lin().await;
    assert!(!house.is_free("Lin_XiaoYu", None).await);
    assert!(matches!(house.hold("LIN_XIAOYU", house.flow()).await, Err(UsernameTaken::Taken)));
}

#[tokio::test]
async fn a_wizard_holds_its_name_for_thirty_minutes() {
    let house = house().await;
    let mine = house.flow();
    house.hold("lin_xiaoyu", mine).await.unwrap();
    assert!(house.is_free("lin_xiaoyu", Some(mine)).await);
    assert!(!house.is_free("lin_xiaoyu", None).await);
    assert!(matches!(house.hold("lin_xiaoyu", house.flow()).await, Err(UsernameTaken::Taken)));
    house.store.clock.advance(TimeDelta::minutes(30));
    assert!(house.is_free("lin_xiaoyu", None).await);
    house.hold("lin_xiaoyu", house.flow()).await.unwrap();
    assert!(!house.is_free("lin_xiaoyu", Some(mine)).await);
}

#[tokio::test]
async fn holds_that_ran_out_are_swept_and_names_of_accounts_are_not() {
    let house = house().await;
    let lin = house.lin().await;
    let sweep = async || {
        let tx = house.store.db.begin().await.unwrap();
        let gone = house.people.sweep(&tx, house.store.now()).await.unwrap();
        tx.commit().await.unwrap();
        gone
    };
    house.hold("abandoned", house.flow()).await.unwrap();
    house.store.clock.advance(TimeDelta::minutes(10));
    let mine = house.flow();
    house.hold("in_use", mine).await.unwrap();
    house.store.clock.advance(TimeDelta::minutes(20));
    assert_eq!((sweep().await, sweep().await), (1, 0));
    assert!(!house.is_free("in_use", None).await);
    house.store.clock.advance(TimeDelta::days(1_000));
    assert_eq!(sweep().await, 1);
    assert_eq!(house.people.credentials(Some(&name("lin_xiaoyu"))).await.unwrap().person, Some(lin));
    house.hold("abandoned", mine).await.unwrap();
}

#[tokio::test]
async fn a_wizard_that_changes_its_name_gives_the_first_one_up() {
    let house = house().await;
    let mine = house.flow();
    house.hold("first_name", mine).await.unwrap();
    house.hold("second_name", mine).await.unwrap();
    assert!(house.is_free("first_name", None).await);
}

#[tokio::test]
async fn of_many_wizards_that_want_one_name_one_gets_it() {
    let house = Arc::new(house().await);
    let racers: Vec<_> = (0..8)
        .map(|_| {
            let house = Arc::clone(&house);
            tokio::spawn(async move { house.hold("lin_xiaoyu", house.flow()).await.is_ok() })
        })
        .collect();
    let mut winners = 0;
    for racer in racers {
        winners += u32::from(racer.await.unwrap());
    }
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn an_identity_and_a_phone_belong_to_one_account() {
    let house = house().await;
    let lin = house.lin().await;
    let same_identity = house.register("other_name", LIN, "19900000102").await;
    assert!(matches!(same_identity, Err(CreateError::IdentityTaken(holder)) if holder == lin));
    let same_phone = house.register("other_name", ZHOU, "19900000101").await;
    assert!(matches!(same_phone, Err(CreateError::PhoneTaken(holder)) if holder == lin));
    let same_name = house.register("lin_xiaoyu", ZHOU, "19900000102").await;
    assert!(matches!(same_name, Err(CreateError::UsernameTaken)));
    assert!(house.register("other_name", ZHOU, "19900000102").await.is_ok());
}

#[tokio::test]
async fn of_two_registrations_of_one_identity_at_once_one_makes_an_account() {
    let house = Arc::new(house().await);
    let racers: Vec<_> = (0..4)
        .map(|n| {
            let house = Arc::clone(&house);
            let (username, phone) = (format!("racer_{n}"), format!("1990000010{n}"));
            tokio::spawn(async move { house.register(&username, LIN, &phone).await.is_ok() })
        })
        .collect();
    let mut accounts = 0;
    for racer in racers {
        accounts += u32::from(racer.await.unwrap());
    }
    assert_eq!(accounts, 1);
}

#[tokio::test]
async fn s1_30_a_displaced_holder_keeps_the_account_and_loses_the_document() {
    let house = house().await;
    let lin = house.lin().await;
    let tx = house.store.db.begin().await.unwrap();
    house.people.displace_identity(&tx, &house.store.ctx(), lin).await.unwrap();
    tx.commit().await.unwrap();
    let person = house.people.find(lin).await.unwrap().unwrap();
    assert!(person.must_reenter_document);
    assert_eq!(person.profile.document, None);
    assert_eq!(person.username.as_str(), "lin_xiaoyu");
    assert!(house.register("true_lin", LIN, "19900000102").await.is_ok());
}

#[tokio::test]
async fn s1_30_entering_an_own_document_settles_it() {
    let house = house().await;
    let lin = house.lin().await;
    let ctx = house.store.ctx();
    let tx = house.store.db.begin().await.unwrap();
    house.people.displace_identity(&tx, &ctx, lin).await.unwrap();
    house.people.replace_profile(&tx, &ctx, lin, profile(ZHOU, "19900000101")).await.unwrap();
    tx.commit().await.unwrap();
    let person = house.people.find_by_identity(&document(ZHOU)).await.unwrap().unwrap();
    assert_eq!((person.id, person.must_reenter_document), (lin, false));
}

#[tokio::test]
async fn a_profile_cannot_take_what_another_account_holds() {
    let house = house().await;
    let lin = house.lin().await;
    let zhou = house.register("zhou_wq", ZHOU, "19900000102").await.unwrap();
    let ctx = house.store.ctx();
    let tx = house.store.db.begin().await.unwrap();
    let error = house.people.replace_profile(&tx, &ctx, zhou, profile(LIN, "19900000102")).await;
    assert!(matches!(error, Err(CreateError::IdentityTaken(holder)) if holder == lin));
    let error = house.people.replace_profile(&tx, &ctx, zhou, profile(ZHOU, "19900000101")).await;
    assert!(matches!(error, Err(CreateError::PhoneTaken(holder)) if holder == lin));
}

#[tokio::test]
async fn a_displaced_phone_can_be_had_again() {
    let house = house().await;
    let lin = house.lin().await;
    let tx = house.store.db.begin().await.unwrap();
    house.people.displace_phone(&tx, &house.store.ctx(), lin).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(house.people.find(lin).await.unwrap().unwrap().profile.phone, None);
    assert!(house.register("zhou_wq", ZHOU, "19900000101").await.is_ok());
}

#[tokio::test]
async fn the_right_password_is_right_and_nobody_has_none() {
    let house = house().await;
    let lin = house.lin().await;
    let verify = async |name: Option<&Username>, text: &str| {
        let credentials = house.people.credentials(name).await.unwrap();
        (credentials.person, house.people.verify_password(&credentials, &text.into()).await.unwrap())
    };
    let (of_lin, of_nobody) = (name(NAME), name("nobody_2026"));
    assert_eq!(verify(Some(&of_lin), "Gd2026hrss").await, (Some(lin), PasswordVerdict::Right));
    assert_eq!(verify(Some(&of_lin), "Gd2026hrsz").await, (Some(lin), PasswordVerdict::Wrong));
    assert_eq!(verify(Some(&of_nobody), "Gd2026hrss").await, (None, PasswordVerdict::Wrong));
    assert_eq!(verify(None, "Gd2026hrss").await, (None, PasswordVerdict::Wrong));
}

#[tokio::test]
async fn a_password_under_old_costs_is_hashed_anew_when_it_was_right() {
    let house = house().await;
    house.lin().await;
    let settings = HashSettings { memory_kib: 8, passes: 2, workers: 1, ..HashSettings::default() };
    let hasher = PasswordHasher::new(&settings, house.store.rng.clone()).unwrap();
    let dearer = People::new(house.store.base(), hasher, house.people.policy.clone());
    let of_lin = name(NAME);
    let credentials = async || dearer.credentials(Some(&of_lin)).await.unwrap();
    let phc = async || credentials().await.password.unwrap().as_phc().to_owned();
    let verify = async |text: &str| dearer.verify_password(&credentials().await, &text.into()).await.unwrap();
    verify("wrong").await;
    assert!(phc().await.contains("t=1"));
    verify("Gd2026hrss").await;
    assert!(phc().await.contains("t=2"));
    assert_eq!(verify("Gd2026hrss").await, PasswordVerdict::Right);
}

#[tokio::test]
async fn a_recovered_password_has_a_ceiling_until_a_new_proof() {
    let house = house().await;
    let lin = house.lin().await;
    let hash = house.people.hash_password(&"Other2026pw".into()).await.unwrap();
    let ceiling = async || house.people.find(lin).await.unwrap().unwrap().password_ceiling;
    assert_eq!(ceiling().await, None);
    let tx = house.store.db.begin().await.unwrap();
    let ctx = house.store.ctx();
    house.people.set_password(&tx, &ctx, lin, &hash, PasswordSetBy::IdNumberAndSms).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ceiling().await, Some(RealNameLevel::L1));
    let tx = house.store.db.begin().await.unwrap();
    house.people.lift_ceiling(&tx, lin, ctx.now - TimeDelta::milliseconds(1)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        ceiling().await,
        Some(RealNameLevel::L1),
        "that proof was asked for before the password was set"
    );
    let tx = house.store.db.begin().await.unwrap();
    house.people.lift_ceiling(&tx, lin, ctx.now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ceiling().await, None);
}

/// decisions.md "Ceiling of a password": who came by a recovery does not leave it by one change more.
#[tokio::test]
async fn a_change_keeps_the_ceiling_and_replaces_the_password_it_saw_and_no_other() {
    let house = house().await;
    let lin = house.lin().await;
    let [first, second] = ["Other2026pw", "Third2026pw"].map(Secret::from);
    let recovered = house.people.hash_password(&first).await.unwrap();
    let tx = house.store.db.begin().await.unwrap();
    let ctx = house.store.ctx();
    house.people.set_password(&tx, &ctx, lin, &recovered, PasswordSetBy::IdNumberAndSms).await.unwrap();
    tx.commit().await.unwrap();
    let of_lin = name(NAME);
    let seen = house.people.credentials(Some(&of_lin)).await.unwrap();
    let changed = house.people.hash_password(&second).await.unwrap();
    for outcome in [Ok(()), Err(StoreError::Gone)] {
        let tx = house.store.db.begin().await.unwrap();
        let change = house.people.change_password(&tx, &ctx, (lin, &seen), &changed).await;
        assert_eq!(format!("{:?}", change.map(|_| ())), format!("{outcome:?}"));
        tx.commit().await.unwrap();
    }
    let now = house.people.credentials(Some(&of_lin)).await.unwrap();
    assert!(!now.is_same_password(&seen));
    assert_eq!(house.people.verify_password(&now, &second).await.unwrap(), PasswordVerdict::Right);
    let lin = house.people.find(lin).await.unwrap().unwrap();
    assert_eq!(lin.password_ceiling, Some(RealNameLevel::L1));
}

#[tokio::test]
async fn what_depends_on_a_password_is_not_written_when_another_one_stands() {
    let house = house().await;
    let lin = house.lin().await;
    let of_lin = name(NAME);
    let seen = house.people.credentials(Some(&of_lin)).await.unwrap();
    let write = async || {
        let mut unit = house.store.db.unit();
        house.people.require_password(&mut unit, &seen);
        house.store.db.write(unit).await
    };
    assert!(write().await.is_ok());
    let hash = house.people.hash_password(&"Other2026pw".into()).await.unwrap();
    let tx = house.store.db.begin().await.unwrap();
    house.people.change_password(&tx, &house.store.ctx(), (lin, &seen), &hash).await.unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(write().await, Err(StoreError::Gone)));
}

#[tokio::test]
async fn what_depends_on_a_password_waits_for_a_change_that_is_under_way() {
    let house = house().await;
    let lin = house.lin().await;
    let seen = house.people.credentials(Some(&name(NAME))).await.unwrap();
    let hash = house.people.hash_password(&"Other2026pw".into()).await.unwrap();
    let tx = house.store.db.begin().await.unwrap();
    house.people.change_password(&tx, &house.store.ctx(), (lin, &seen), &hash).await.unwrap();
    let mut unit = house.store.db.unit();
    house.people.require_password(&mut unit, &seen);
    let (written, changed) = tokio::join!(house.store.db.write(unit), async {
        // The other transaction has asked for the row before this one ends.
        house.people.credentials(Some(&name(NAME))).await.unwrap();
        tx.commit().await
    });
    changed.unwrap();
    assert!(matches!(written, Err(StoreError::Gone)), "{written:?}");
}

#[tokio::test]
async fn an_account_can_be_stopped() {
    let house = house().await;
    let lin = house.lin().await;
    let tx = house.store.db.begin().await.unwrap();
    house.people.set_status(&tx, &house.store.ctx(), lin, Status::Disabled).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(house.people.find(lin).await.unwrap().unwrap().status, Status::Disabled);
}

#[tokio::test]
async fn s4_10_names_follow_the_profile_s_rules() {
    let people = house().await.people;
    for good in ["Abc123", "zhang_san_2024"] {
        assert_eq!(people.choose_username(good).unwrap().as_str(), good);
    }
    for (bad, key) in [
        ("a_b1", "E_USERNAME_FORMAT"),
        ("1abcde", "E_USERNAME_FORMAT"),
        ("administrator", "E_USERNAME_TAKEN"),
    ] {
        assert_eq!(people.choose_username(bad).unwrap_err().message_key(), key, "{bad}");
    }
}

/// The same accounts as another node sees them, which holds other index keys.
fn node_with(house: &House, index: KeyRing) -> House {
    let base = Base { vault: Vault::new(KeyRing::new([1; 32], &[]), index), ..house.store.base() };
    let people = People { base, ..house.people.clone() };
    House { people, store: house.store.clone() }
}

const OLD_KEY: [u8; 32] = [2; 32];
const NEW_KEY: [u8; 32] = [3; 32];

/// One node writes blind indexes under the new key already, the other knows it and writes under the old one.
fn two_nodes(house: &House) -> (House, House) {
    let ahead = node_with(house, KeyRing::new(NEW_KEY, &[OLD_KEY]));
    (ahead, node_with(house, KeyRing::new(OLD_KEY, &[]).with_next(NEW_KEY)))
}

#[tokio::test]
async fn while_an_index_key_is_rotated_each_node_finds_whom_the_other_registered() {
    let (ahead, behind) = two_nodes(&house().await);
    let lin = ahead.lin().await;
    let zhou = behind.register("zhou_wanqing", ZHOU, "19900000102").await.unwrap();
    for node in [&ahead, &behind] {
        for (number, person) in [(LIN, lin), (ZHOU, zhou)] {
            let found = node.people.find_by_identity(&document(number)).await.unwrap().unwrap();
            assert_eq!(found.id, person);
        }
        let taken = node.register("another1", LIN, "19900000109").await;
        assert!(matches!(taken, Err(CreateError::IdentityTaken(holder)) if holder == lin), "{taken:?}");
        let taken = node.register("another2", "440399199307120287", "19900000102").await;
        assert!(matches!(taken, Err(CreateError::PhoneTaken(holder)) if holder == zhou), "{taken:?}");
    }
}

/// The unique columns do not see it: the two indexes differ.
#[tokio::test]
async fn while_an_index_key_is_rotated_one_identity_is_not_registered_at_two_nodes_at_once() {
    let (ahead, behind) = two_nodes(&house().await);
    let password = ahead.people.hash_password(&"Gd2026hrss".into()).await.unwrap();
    let new = |node: &House, username, phone| NewPerson {
        username: name(username),
        password: password.clone(),
        profile: profile(LIN, phone),
        flow: node.flow(),
    };
    let ctx = ahead.store.ctx();
    let tx = ahead.store.db.begin().await.unwrap();
    let lin = ahead.people.create(&tx, &ctx, new(&ahead, "lin_xiaoyu", "19900000101")).await.unwrap();
    // The first is not committed yet, and the second sees nothing of it.
    let second = async {
        let tx = behind.store.db.begin().await.unwrap();
        let created =
            behind.people.create(&tx, &behind.store.ctx(), new(&behind, "lin_xiaoyu2", "19900000102")).await;
        tx.commit().await.unwrap();
        created
    };
    let first = async {
        tokio::task::yield_now().await;
        tx.commit().await.unwrap();
    };
    let (second, ()) = tokio::join!(second, first);
    assert!(matches!(second, Err(CreateError::IdentityTaken(holder)) if holder == lin), "{second:?}");
}

#[tokio::test]
async fn many_at_once_at_two_nodes_and_a_rewriting_beside_them_leave_one_holder_of_each_identity() {
    let (ahead, behind) = two_nodes(&house().await);
    let numbers = [LIN, ZHOU, "440399199307120287"];
    let race = async |node: &House, side: &str| {
        let mut won = 0;
        for (at, number) in numbers.iter().enumerate() {
            let phone = format!("199000{}0{at}", if side == "a" { "111" } else { "222" });
            match node.register(&format!("name_{side}{at}"), number, &phone).await {
                Ok(_) => won += 1,
                Err(CreateError::IdentityTaken(_) | CreateError::Store(StoreError::Conflict)) => {}
                Err(other) => panic!("{other}"),
            }
        }
        won
    };
    let rewriting = async {
        for _ in 0..20 {
            crate::people::reindex(&ahead.people.base, None, 2).await.unwrap();
        }
    };
    let (one, two, ()) = tokio::join!(race(&ahead, "a"), race(&behind, "b"), rewriting);
    assert_eq!(one + two, numbers.len());
}

#[tokio::test]
async fn indexes_are_brought_under_the_new_key_in_batches() {
    let house = house().await;
    let (ahead, behind) = two_nodes(&house);
    let lin = behind.lin().await;
    behind.store.clock.advance(TimeDelta::seconds(1));
    behind.register("zhou_wanqing", ZHOU, "19900000102").await.unwrap();
    let base = &ahead.people.base;
    let first = crate::people::reindex(base, None, 1).await.unwrap();
    assert_eq!((first.last, first.rewritten, first.left.len()), (Some(lin), 1, 0));
    assert_eq!(crate::people::reindex(base, None, 1).await.unwrap().rewritten, 0, "it is done");
    assert_eq!(crate::people::reindex(base, first.last, 10).await.unwrap().rewritten, 1);
    let only_new = node_with(&house, KeyRing::new(NEW_KEY, &[]));
    for number in [LIN, ZHOU] {
        assert!(only_new.people.find_by_identity(&document(number)).await.unwrap().is_some());
    }
    let last = crate::people::reindex(base, Some(lin), 10).await.unwrap().last;
    assert_eq!(crate::people::reindex(base, last, 10).await.unwrap().last, None, "the end");
}
