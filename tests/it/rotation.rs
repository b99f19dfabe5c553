//! The vault's keys are rotated under a running provider, step by step: nobody notices, and afterwards nothing hangs on the
//! old keys.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use chrono::TimeDelta;
use menfu::app::vault::{INDEXED, SEALED};
use menfu::people::reindex;
use menfu::sandbox::{Control, Mode, Service};
use menfu::storage::vault::rewrite::{index_census, reseal, sealed_census};
use menfu::storage::vault::{KeyName, Root, Settings, activate, prepare, retire};
use menfu::storage::{KeyRing, Vault};

use crate::citizens::{ask_bank, bank_form, citizen, finished, identity_form, lin, up_to_p2, up_to_p3, zhou};
use crate::harness::{House, house};
use crate::people::{PHONE_ONLY, VERIFIED, open_account, sign_in, tokens_for};
use crate::replacing::{OTHER, replaced, veto_link};

/// The key files of an installation whose keys are those of the tests.
struct Files {
    _folder: tempfile::TempDir,
    settings: Settings,
}

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings::in_folder(folder.path());
        for (path, key) in [(&settings.encryption_key_file, [1; 32]), (&settings.index_key_file, [2; 32])] {
            std::fs::write(path, B64.encode(key)).unwrap();
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            std::fs::set_permissions(path, mode).unwrap();
        }
        Self { _folder: folder, settings }
    }

    fn both(&self) -> [&std::path::Path; 2] {
        [&self.settings.encryption_key_file, &self.settings.index_key_file]
    }
}

/// Every key that sealed values and blind indexes hang on, and the columns that hold any.
async fn in_use(house: &House) -> (Vec<KeyName>, Vec<String>) {
    let (base, mut keys, mut filled) = (house.base(), Vec::new(), Vec::new());
    for column in SEALED {
        let census = sealed_census(base.db.read(), &column).await.unwrap();
        filled.extend((!census.is_empty()).then(|| column.to_string()));
        keys.extend(census.into_keys());
    }
    for column in INDEXED {
        keys.extend(index_census(base.db.read(), &column).await.unwrap().into_keys());
    }
    keys.sort();
    keys.dedup();
    (keys, filled)
}

/// As `menfu vault rewrite` does, three rows at a time.
async fn rewrite(house: &House) {
    let base = house.base();
    for column in SEALED {
        let mut after = None;
        loop {
            let batch = reseal(&base, &column, after, 3).await.unwrap();
            assert_eq!(batch.left, [""; 0], "{column}");
            let Some(last) = batch.last else { break };
            after = Some(last);
        }
    }
    let mut after = None;
    while let Some(last) = {
        let batch = reindex(&base, after, 3).await.unwrap();
        assert_eq!(batch.left, [""; 0]);
        batch.last
    } {
        after = Some(last);
    }
}

#[tokio::test]
async fn whatever_is_sealed_or_indexed_outlives_a_rotation_of_both_keys_and_nobody_notices() {
    house(async |house| {
        let files = Files::new();
        let vault = house.base().vault;
        let reload = || vault.reload(&files.settings).unwrap();
        let seed = open_account(house, VERIFIED).await;
        let exam = house.exam();
        let (_, tokens) = tokens_for(house, &exam, &seed, &[]).await;
        // The phone of before may still undo a change.
        replaced(house, &house.browser(), &seed, (OTHER, 1)).await;
        let veto = veto_link(house, &seed.phone).await;
        // One waits at the sign-in page, another for the bank, and a message was not sent yet.
        let waiting = house.browser();
        let login = waiting.get(&exam.authorize(&[])).await;
        let (registering, who) = (house.browser(), citizen(house, "陈志远"));
        let page = up_to_p3(&registering, "chen_zhiyuan", &who).await;
        let refuses = Control { mode: Mode::Refuse, times: Some(1), ..Control::well(Service::Bank) };
        house.sandbox.set_control(refuses);
        ask_bank(house, &registering, &page, &who).await.shows("正在等待银行核验");
        house.pass(TimeDelta::seconds(61));
        let later = house.browser();
        let code_page = up_to_p3(&later, "zhou_wanqing", &zhou(house).with_phone("19900000777")).await;
        let code_page = later.submit(code_page.form().set("phone", "19900000777").press("sms")).await;

        for file in files.both() {
            prepare(file, house.base().rng.as_ref()).unwrap();
        }
        let known = reload();
        for file in files.both() {
            activate(file).unwrap();
        }
        let used = reload();
        assert_eq!(known.encryption.next.as_ref(), Some(&used.encryption.active));
        let (before, filled) = in_use(house).await;
        assert_eq!(filled, SEALED.map(|column| column.to_string()), "the test has a row of every column");
        rewrite(house).await;
        let (after, _) = in_use(house).await;
        let mut new = vec![used.encryption.active.clone(), used.index.active.clone()];
        new.sort();
        assert!(after == new && before != after, "{after:?}");
        retire(&files.settings.encryption_key_file, Root::Goes).unwrap().unwrap();
        assert!(reload().encryption.old.is_empty());

        house.pass(TimeDelta::seconds(5));
        let code = house.code("19900000777").await;
        assert!(code_page.text().contains("777"), "the code was sent and says {code}");
        finished(&registering.get("/register/person/wait").await);
        assert_eq!(exam.refresh(tokens.text("refresh_token")).await.status, 200);
        exam.returned(&sign_in(&waiting, &login, &seed).await).get("code");
        let taken = house.browser();
        let page = up_to_p2(&taken, "/register/person", "another_lin").await;
        taken.submit(identity_form(&page, &lin(house))).await.shows("自然人证件号码已被使用");
        house.browser().get(&veto).await.shows("138****6021");
    })
    .await;
}

#[tokio::test]
async fn a_code_sent_by_one_node_is_taken_by_another_that_uses_the_new_index_key_already() {
    house(async |house| {
        let files = Files::new();
        let (browser, who) = (house.browser(), lin(house));
        let page = up_to_p3(&browser, "lin_xiaoyu", &who).await;
        house.pass(TimeDelta::seconds(61));
        let page = browser.submit(page.form().set("phone", &who.phone).press("sms")).await;
        let code = house.code(&who.phone).await;
        prepare(&files.settings.index_key_file, house.base().rng.as_ref()).unwrap();
        activate(&files.settings.index_key_file).unwrap();
        house.base().vault.reload(&files.settings).unwrap();
        finished(&browser.submit(bank_form(&page, &who, &code)).await);
    })
    .await;
}

/// What does not open is told, and everything else is rewritten.
#[tokio::test]
async fn a_value_that_was_changed_in_the_database_stops_no_rotation_and_is_not_made_valid_by_it() {
    house(async |house| {
        open_account(house, VERIFIED).await;
        open_account(house, PHONE_ONLY).await;
        let mut base = house.base();
        base.vault = Vault::new(KeyRing::new([5; 32], &[]), KeyRing::new([2; 32], &[]));
        let column = menfu::people::SEALED;
        let foreign = reseal(&base, &column, None, 10).await.unwrap();
        assert_eq!((foreign.rewritten, foreign.left.len()), (0, 2), "without the old key nothing opens");
        base.vault = Vault::new(KeyRing::new([5; 32], &[[1; 32]]), KeyRing::new([2; 32], &[]));
        let batch = reseal(&base, &column, None, 10).await.unwrap();
        assert_eq!((batch.rewritten, batch.left.len()), (2, 0));
    })
    .await;
}
