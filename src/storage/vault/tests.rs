use super::*;
use crate::kernel::SeededRng;
use std::{fs, os::unix::fs::PermissionsExt};

const OLD: [u8; 32] = [1; 32];
const NEW: [u8; 32] = [2; 32];

fn vault() -> Vault {
    Vault::new(KeyRing::new(OLD, &[]), KeyRing::new([9; 32], &[]))
}

fn rng() -> SeededRng {
    SeededRng::new(7)
}

#[test]
fn a_sealed_value_opens_where_it_was_sealed() {
    let place = aad("people", "identity", &1);
    let sealed = vault().seal(&rng(), &place, b"440301199003070019").unwrap();
    assert_eq!(vault().open(&place, sealed.as_bytes()).unwrap().as_slice(), b"440301199003070019");
}

#[test]
fn it_opens_in_no_other_row_column_or_table() {
    let sealed = vault().seal(&rng(), &aad("people", "identity", &1), b"x").unwrap();
    for elsewhere in [aad("people", "identity", &2), aad("people", "phone", &1), aad("units", "identity", &1)]
    {
        assert!(matches!(vault().open(&elsewhere, sealed.as_bytes()), Err(StoreError::Vault)));
    }
}

#[test]
fn a_change_of_any_byte_is_noticed() {
    let sealed = vault().seal(&rng(), "a", b"plain").unwrap().into_bytes();
    for place in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[place] ^= 1;
        assert!(vault().open("a", &changed).is_err(), "byte {place}");
    }
}

#[test]
fn a_value_cut_short_is_an_error_and_no_panic() {
    let sealed = vault().seal(&rng(), "a", b"plain").unwrap().into_bytes();
    for length in 0..sealed.len() {
        assert!(vault().open("a", &sealed[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn the_same_value_never_looks_the_same() {
    let rng = rng();
    assert_ne!(vault().seal(&rng, "a", b"x").unwrap(), vault().seal(&rng, "a", b"x").unwrap());
}

#[test]
fn after_a_rotation_old_values_still_open_and_new_ones_need_the_new_key() {
    let rotated = Vault::new(KeyRing::new(NEW, &[OLD]), KeyRing::new([9; 32], &[]));
    let old = vault().seal(&rng(), "a", b"x").unwrap();
    assert!(rotated.open("a", old.as_bytes()).is_ok());
    let new = rotated.seal(&rng(), "a", b"x").unwrap();
    assert!(vault().open("a", new.as_bytes()).is_err());
}

#[test]
fn json_goes_in_and_out() {
    let sealed = vault().seal_json(&rng(), "a", &("张三", 7)).unwrap();
    assert_eq!(vault().open_json::<(String, u8)>("a", sealed.as_bytes()).unwrap(), ("张三".into(), 7));
    assert!(matches!(vault().open_json::<Vec<bool>>("a", sealed.as_bytes()), Err(StoreError::Corrupt)));
}

#[test]
fn a_blind_index_is_stable_and_separates_domains_and_values() {
    let one = vault().blind_index("person.identity", "440301199003070019");
    assert_eq!(one, vault().blind_index("person.identity", "440301199003070019"));
    assert_ne!(one, vault().blind_index("unit.identity", "440301199003070019"));
    assert_ne!(one, vault().blind_index("person.identity", "440106198512314524"));
    assert_ne!(vault().blind_index("ab", "c"), vault().blind_index("a", "bc"));
    assert!(!one.as_str().contains("4403"));
}

#[test]
fn the_blind_index_is_hmac_sha_256_of_domain_separator_and_value() {
    let expected = hmac(&[9; 32], &[b"phone\x1f+8613800138000"]);
    let index = vault().blind_index("phone", "+8613800138000");
    assert_eq!(index.as_str().split_once('.').unwrap().1, URL_SAFE_NO_PAD.encode(expected));
}

/// RFC 4231 §4.4 has a key of another length; this is test case 1's data under 32 bytes, from an independent HMAC.
#[test]
fn the_mac_primitive_matches_an_independent_implementation() {
    let key = openssl_free_hmac(&[0x0b; 32], b"Hi There");
    assert_eq!(hmac(&[0x0b; 32], &[b"Hi There"]), key);
}

/// HMAC spelled out by RFC 2104 §2.
fn openssl_free_hmac(key: &[u8; 32], data: &[u8]) -> [u8; 32] {
    use sha2::Digest;
    let pad = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(data).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
}

#[test]
fn while_an_index_key_is_rotated_a_search_knows_both_indexes() {
    let rotated = Vault::new(KeyRing::new(OLD, &[]), KeyRing::new(NEW, &[[9; 32]]));
    let [new, old]: [BlindIndex; 2] = rotated.blind_indexes("phone", "x").try_into().unwrap();
    assert_eq!(old, vault().blind_index("phone", "x"));
    assert_eq!(new, rotated.blind_index("phone", "x"));
    assert_ne!(new, old);
}

#[test]
fn derived_secrets_survive_a_rotation_and_differ_from_blind_indexes() {
    let rotated = Vault::new(KeyRing::new(OLD, &[]), KeyRing::new(NEW, &[[9; 32]]));
    assert_eq!(rotated.mac("sid", b"x"), vault().mac("sid", b"x"));
    let index = vault().blind_index("sid", "x").into_string();
    assert!(!index.contains(&URL_SAFE_NO_PAD.encode(vault().mac("sid", b"x"))));
}

#[test]
fn debug_shows_no_key_and_no_content() {
    let sealed = vault().seal(&rng(), "a", b"plain").unwrap();
    assert_eq!(format!("{:?} {sealed:?}", vault()), "Vault(…) Sealed(99 bytes)");
}

#[test]
fn init_makes_two_different_keys_for_the_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    Vault::init(folder.path(), &rng()).unwrap();
    let settings = Settings::in_folder(folder.path());
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&settings.encryption_key_file), 0o600);
    assert_eq!(mode(&settings.index_key_file), 0o600);
    let text = |path| fs::read_to_string(path).unwrap();
    assert_ne!(text(&settings.encryption_key_file), text(&settings.index_key_file));
}

#[test]
fn init_refuses_to_overwrite_either_key_and_then_makes_none() {
    for present in ["encryption.key", "index.key"] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(present), "mine").unwrap();
        assert!(matches!(Vault::init(folder.path(), &rng()), Err(VaultFileError::Exists(_))));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(fs::read_to_string(folder.path().join(present)).unwrap(), "mine");
    }
}

#[test]
fn a_key_file_that_others_may_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    Vault::init(folder.path(), &rng()).unwrap();
    let settings = Settings::in_folder(folder.path());
    fs::set_permissions(&settings.index_key_file, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(Vault::open_files(&settings), Err(VaultFileError::Open(_))));
}

#[test]
fn a_malformed_key_is_refused_with_its_line_and_without_its_text() {
    let folder = tempfile::tempdir().unwrap();
    Vault::init(folder.path(), &rng()).unwrap();
    let settings = Settings::in_folder(folder.path());
    let good = fs::read_to_string(&settings.index_key_file).unwrap();
    fs::write(&settings.index_key_file, format!("{good}\nc2hvcnQ\n")).unwrap();
    let refusal = Vault::open_files(&settings).unwrap_err().to_string();
    assert!(refusal.contains("line 3") && !refusal.contains("c2hvcnQ"), "{refusal}");
}

#[test]
fn an_empty_or_missing_key_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::in_folder(folder.path());
    assert!(matches!(Vault::open_files(&settings), Err(VaultFileError::Io { .. })));
    assert!(matches!(KeyRing::parse(folder.path(), "\n\n"), Err(VaultFileError::Empty(_))));
}

/// Key files in a folder, and a vault that read them.
fn installation() -> (tempfile::TempDir, Settings, Vault) {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::init(folder.path(), &rng()).unwrap();
    let settings = Settings::in_folder(folder.path());
    (folder, settings, vault)
}

#[test]
fn what_another_node_seals_under_the_next_key_opens_before_this_one_uses_it() {
    let (_folder, settings, here) = installation();
    prepare(&settings.encryption_key_file, &SeededRng::new(2)).unwrap();
    here.reload(&settings).unwrap();
    let known = here.seal(&rng(), "a", b"x").unwrap();
    activate(&settings.encryption_key_file).unwrap();
    let there = Vault::open_files(&settings).unwrap();
    let new = there.seal(&rng(), "a", b"y").unwrap();
    assert_eq!(here.open("a", new.as_bytes()).unwrap().as_slice(), b"y");
    assert_eq!(there.open("a", known.as_bytes()).unwrap().as_slice(), b"x");
    assert_ne!(known.as_bytes()[..6], new.as_bytes()[..6], "each names its key");
    let copy = here.clone();
    here.reload(&settings).unwrap();
    assert_eq!(copy.held(), there.held(), "all clones take up the keys together");
}

#[test]
fn broken_or_foreign_key_files_are_refused_and_the_old_keys_stay() {
    let (_folder, settings, here) = installation();
    let before = here.held();
    let (encryption, index) = (&settings.encryption_key_file, &settings.index_key_file);
    let good = [encryption, index].map(|path| fs::read_to_string(path).unwrap());
    let other = URL_SAFE_NO_PAD.encode(NEW) + "\n";
    for (path, text, reason) in [
        (encryption, good[0].clone() + "c2hvcnQ\n", "line 2"),
        (encryption, other.clone(), "in use"),
        (index, other.clone(), "in use"),
        (index, good[1].clone() + &other, "another key than before"),
        (index, String::new(), "no key"),
    ] {
        fs::write(path, text).unwrap();
        let refusal = here.reload(&settings).unwrap_err().to_string();
        assert!(refusal.contains(reason) && refusal.contains(path.to_str().unwrap()), "{refusal}");
        assert_eq!(here.held(), before);
        for (path, text) in [encryption, index].into_iter().zip(&good) {
            fs::write(path, text).unwrap();
        }
    }
    here.reload(&settings).unwrap();
}

#[test]
fn the_index_of_the_root_is_the_same_whatever_key_is_active() {
    let rotated = Vault::new(KeyRing::new(OLD, &[]), KeyRing::new(NEW, &[[9; 32]]));
    let knowing = Vault::new(KeyRing::new(OLD, &[]), KeyRing::new([9; 32], &[]).with_next(NEW));
    assert_eq!(rotated.root_index("sms", "x"), vault().root_index("sms", "x"));
    assert_eq!(knowing.root_index("sms", "x"), vault().blind_index("sms", "x"));
    let mut both = [rotated.blind_indexes("sms", "x"), knowing.blind_indexes("sms", "x")];
    both[0].reverse();
    assert_eq!(both[0], both[1], "a search on either node finds what the other wrote");
}
