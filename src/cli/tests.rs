use super::*;

/// An installation in a folder of its own, and what its commands say.
struct Installation {
    folder: tempfile::TempDir,
}

impl Installation {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().display();
        let settings = format!(
            "[server]\nissuer = \"https://sso.example.gov.cn\"\n[storage]\nurl = \"sqlite:{at}/menfu.db\"\n\
             [vault]\nencryption_key_file = \"{at}/keys/encryption.key\"\nindex_key_file = \"{at}/keys/index.key\"\n\
             [clients]\nfile = \"{at}/clients.toml\"\n"
        );
        std::fs::write(folder.path().join("menfu.toml"), settings).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn say(&self, arguments: &str) -> Result<String, String> {
        let settings = self.path("menfu.toml");
        let fixed = ["menfu", "--config", settings.to_str().unwrap()];
        let cli =
            Cli::try_parse_from(fixed.into_iter().chain(arguments.split(' '))).map_err(|e| e.to_string())?;
        let mut out = Vec::new();
        cli.run(&mut out).map_err(|error| error.to_string())?;
        Ok(String::from_utf8(out).unwrap())
    }
}

#[test]
fn the_tree_of_commands_is_sound() {
    use clap::CommandFactory;
    Cli::command().debug_assert();
}

#[test]
fn the_example_is_written_and_good_settings_are_called_good() {
    let here = Installation::new();
    assert!(here.say("config example").unwrap().contains("[server]\n"));
    let said = here.say("config check").unwrap();
    assert_eq!(said, "settings of https://sso.example.gov.cn and profile reference are good\n");
}

#[test]
fn a_settings_file_that_is_not_there_is_named() {
    let here = Installation::new();
    std::fs::remove_file(here.path("menfu.toml")).unwrap();
    assert!(here.say("config check").unwrap_err().contains("menfu.toml: No such file"));
}

#[test]
fn a_profile_is_shown_with_everything_it_inherits_and_reads_back_the_same() {
    let here = Installation::new();
    for profile in ["reference", "shenzhen", "jiangsu", "guangdong"] {
        let shown = here.say(&format!("policy show --profile {profile}")).unwrap();
        let policy: crate::policy::Policy = toml::from_str(&shown).unwrap();
        assert_eq!(policy, crate::policy::Policy::embedded(profile).unwrap());
        let checked = here.say(&format!("policy check --profile {profile}")).unwrap();
        assert_eq!(checked, format!("profile {profile} is complete and safe\n"));
    }
    assert_eq!(here.say("policy check").unwrap(), "profile reference is complete and safe\n");
}

#[test]
fn an_unsafe_profile_file_is_refused_with_its_reason() {
    let here = Installation::new();
    std::fs::write(here.path("bureau.toml"), "[lockout]\nthreshold = 0").unwrap();
    let refused =
        here.say(&format!("policy check --file {}", here.path("bureau.toml").display())).unwrap_err();
    assert!(refused.contains("lockout.threshold: from 1 to 10"), "{refused}");
}

#[test]
fn an_added_client_is_told_its_secret_once_and_the_file_holds_the_hash() {
    let here = Installation::new();
    let told =
        here.say("clients add exam --name 考试报名 --redirect-uri https://exam.example/callback").unwrap();
    let secret = told.lines().find_map(|line| line.strip_prefix("client_secret ")).unwrap().trim();
    assert_eq!(secret.len(), 43);
    let file = here.read("clients.toml");
    assert!(file.contains("secret_sha256 = ") && !file.contains(secret));
    assert!(here.say("clients check").unwrap().ends_with("1 clients, all good\n"));
    let shown = here.say("clients show exam").unwrap();
    assert!(shown.contains("https://exam.example/callback") && !shown.contains("client_secret "), "{shown}");
}

#[test]
fn the_same_client_twice_an_open_redirect_and_an_unknown_client_are_refused() {
    let here = Installation::new();
    here.say("clients add exam --name 考试 --redirect-uri https://exam.example/callback --public").unwrap();
    let before = here.read("clients.toml");
    for arguments in [
        "clients add exam --name 考试 --redirect-uri https://exam.example/callback",
        "clients add other --name 考试 --redirect-uri http://exam.example/callback",
        "clients show other",
    ] {
        assert!(here.say(arguments).is_err(), "{arguments}");
    }
    assert_eq!(here.read("clients.toml"), before);
}

#[test]
fn keys_are_made_once_listed_and_rotated() {
    let here = Installation::new();
    let made = here.say("keys init").unwrap();
    assert!(
        made.contains("encryption.key")
            && ["ES256", "RS256", "PS256", "EdDSA"].iter().all(|alg| made.contains(alg)),
        "{made}"
    );
    assert_eq!(here.say("keys init").unwrap(), "", "nothing is made twice");
    assert_eq!(here.say("keys list").unwrap().lines().count(), 4);
    let successor = here.say("keys rotate --alg es256").unwrap();
    let listed = here.say("keys list").unwrap();
    assert!(listed.contains(successor.trim()) && listed.contains("retired"), "{listed}");
    assert!(here.say("keys rotate --alg hs256").unwrap_err().contains("one of ES256"));
}

#[test]
fn a_compromised_key_is_revoked_by_its_name_and_the_next_one_signs() {
    let here = Installation::new();
    here.say("keys init").unwrap();
    let kid = |line: &str| line.split_whitespace().nth(1).unwrap().to_owned();
    let listed = here.say("keys list").unwrap();
    let stolen = kid(listed.lines().find(|line| line.starts_with("ES256")).unwrap());
    let told = here.say(&format!("keys revoke {stolen}")).unwrap();
    assert!(told.starts_with("ES256 ") && told.contains(&format!("{stolen} is revoked")), "{told}");
    let listed = here.say("keys list").unwrap();
    assert!(listed.lines().any(|line| line.contains(&stolen) && line.contains("revoked 20")), "{listed}");
    assert!(listed.contains(&kid(&told)));
    assert!(here.say(&format!("keys revoke {stolen}")).unwrap_err().contains("menfu keys list"));
}

/// A `kid` is base64url (RFC 7638 §3.1): one in 64 begins with a hyphen.
#[test]
fn a_key_whose_name_begins_with_a_hyphen_can_be_revoked_too() {
    let here = Installation::new();
    here.say("keys init").unwrap();
    for kid in ["-dashed_Name", "--twice_dashed", "-help_like", "-Vlike"] {
        let refused = here.say(&format!("keys revoke {kid}")).unwrap_err();
        assert!(refused.contains("menfu keys list"), "{kid} is read as an option: {refused}");
    }
}

#[test]
fn a_database_is_migrated_and_once_more_does_no_harm() {
    let here = Installation::new();
    for _ in 0..2 {
        assert_eq!(here.say("migrate").unwrap(), "the database has this version's schema\n");
    }
}

/// A line of prose begins with `# `; an entry that is commented out with `#` and its key.
fn uncommented(text: &str) -> String {
    let entry =
        |line: &str| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or("").to_owned();
    text.lines().map(entry).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_clients_file_of_the_repository_is_good_and_so_are_its_examples() {
    let here = Installation::new();
    let file = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/clients.toml")).unwrap();
    std::fs::write(here.path("clients.toml"), &file).unwrap();
    assert!(here.say("clients check").unwrap().ends_with(": 0 clients, all good\n"));

    std::fs::write(here.path("secret"), "s3cret").unwrap();
    let examples = uncommented(&file).replace("/run/secrets/nightly-report", "secret");
    std::fs::write(here.path("clients.toml"), examples).unwrap();
    assert!(here.say("clients check").unwrap().ends_with(": 3 clients, all good\n"));
}
