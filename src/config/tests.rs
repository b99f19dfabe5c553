use super::*;

const ISSUER: &str = "[server]\nissuer = \"https://sso.example.gov.cn\"\n";

struct Installation {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl Installation {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn read(&self, text: &str) -> Result<Config, ConfigError> {
        Config::from_sources(Some(&self.write("menfu.toml", text)), &self.variables)
    }

    fn refused(&self, text: &str) -> String {
        self.read(text).unwrap_err().to_string()
    }
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
    let installation = Installation::new()
        .with("MENFU_SERVER__SHUTDOWN_GRACE", "5s")
        .with("MENFU_STORAGE__MAX_CONNECTIONS", "3")
        .with("MENFU_SERVER__LISTEN", r#"["0.0.0.0:80"]"#);
    let config = installation
        .read(&format!(
            "{ISSUER}shutdown_grace = \"1min\"\n[log]\nformat = \"json\"\n[storage]\nwait_seconds = 7"
        ))
        .unwrap();
    assert_eq!(config.server.shutdown_grace, Span::seconds(5));
    assert_eq!((config.storage.max_connections, config.storage.wait_seconds), (3, 7));
    assert_eq!(config.server.listen, ["0.0.0.0:80".parse().unwrap()]);
    assert_eq!((config.log.format, config.log.filter.as_str()), (LogFormat::Json, "info"));
}

#[test]
fn an_unknown_key_is_refused_with_its_file_or_variable() {
    let message = Installation::new().refused(&format!("{ISSUER}[log]\nlevel = \"info\""));
    assert!(
        message.contains("menfu.toml: `log.level` is no known key here; known are format, filter"),
        "{message}"
    );
    let message = Installation::new().with("MENFU_LOG__LEVEL", "info").refused(ISSUER);
    assert!(message.starts_with("environment variable MENFU_LOG__LEVEL: `log.level`"), "{message}");
    let message = Installation::new().with("MENFU_ISSUER", "x").refused(ISSUER);
    assert!(message.starts_with("environment variable MENFU_ISSUER: `issuer`"), "{message}");
}

#[test]
fn an_installation_without_an_issuer_or_with_a_plain_one_does_not_start() {
    assert_eq!(Installation::new().refused(""), "`server.issuer` is missing");
    let message = Installation::new().refused("[server]\nissuer = \"http://sso.example.gov.cn\"");
    assert!(message.contains("`server.issuer`") && message.contains("https"), "{message}");
}

#[test]
fn every_secret_can_stand_in_a_file_of_its_own() {
    let mut installation = Installation::new();
    for key in load::SECRETS {
        let value = if key == "storage.url" { "postgres://menfu:s3cret@db/menfu\n" } else { "s3cret\r\n" };
        let path = installation.write(key, value);
        let name = format!("MENFU_{}_FILE", key.replace('.', "__").to_uppercase());
        installation = installation.with(&name, path.to_str().unwrap());
    }
    let text = format!(
        "{ISSUER}[notify.sms]\nurl = \"https://sms.example\"\n[proofing.bank]\nurl = \"https://bank.example\"\n\
         [proofing.unionpay]\nurl = \"https://unionpay.example\""
    );
    let config = installation.read(&text).unwrap();
    assert_eq!(config.storage.url, "postgres://menfu:s3cret@db/menfu");
    for authority in [&config.notify.sms, &config.proofing.bank, &config.proofing.unionpay] {
        let authority = authority.as_ref().unwrap();
        assert_eq!(authority.key.expose(), "s3cret");
        assert_eq!(authority.timeout, Span::seconds(10));
    }
    assert!(!format!("{config:?}").contains("s3cret"));
}

#[test]
fn a_secret_given_twice_or_in_a_missing_file_is_refused() {
    let installation = Installation::new();
    let path = installation.write("url", "sqlite:a.db");
    let message =
        installation.refused(&format!("{ISSUER}[storage]\nurl = \"sqlite:b.db\"\nurl_file = {path:?}"));
    assert_eq!(message, "`storage.url` and `storage.url_file` are both given; write one of them");
    let message = installation.refused(&format!("{ISSUER}[storage]\nurl_file = \"/nowhere/url\""));
    assert!(message.starts_with("/nowhere/url: "), "{message}");
}

#[test]
fn a_secret_of_digits_stays_a_text() {
    let installation = Installation::new()
        .with("MENFU_NOTIFY__SMS__URL", "https://sms.example")
        .with("MENFU_NOTIFY__SMS__KEY", "0012");
    let config = installation.read(ISSUER).unwrap();
    assert_eq!(config.notify.sms.unwrap().key.expose(), "0012");
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_key() {
    let gateway = |url: &str, key: &str| format!("{ISSUER}[notify.sms]\nurl = \"{url}\"\nkey = \"{key}\"");
    for (text, expected) in [
        (format!("{ISSUER}listen = []"), "server.listen"),
        (format!("{ISSUER}[storage]\nurl = \"mysql://db\""), "storage.url"),
        (format!("{ISSUER}[outbound]\nallow_loopback = true"), "outbound.allow_loopback"),
        (gateway("http://sms.example", "k"), "notify.sms.url"),
        (gateway("https://sms.example", ""), "notify.sms.key"),
        (format!("{ISSUER}[traces]\nendpoint = \"grpc://collector:4317\""), "traces.endpoint"),
        (format!("{ISSUER}[traces]\nendpoint = \"http://a:b@collector/v1/traces\""), "traces.endpoint"),
        (format!("{ISSUER}[traces]\nshare = 1.5"), "traces.share"),
        (format!("{ISSUER}[traces]\nservice = \"\""), "traces.service"),
    ] {
        let message = Installation::new().refused(&text);
        assert!(message.starts_with(expected), "{expected}: {message}");
    }
}

#[test]
fn settings_that_point_at_this_machine_point_at_a_sandbox() {
    let config = Installation::new()
        .read("[server]\nissuer = \"http://localhost:8080\"\n[proofing.bank]\nurl = \"http://127.0.0.1:8081/bank\"\nkey = \"k\"\n[notify.sms]\nurl = \"https://sms.example\"\nkey = \"k\"")
        .unwrap();
    assert_eq!(config.pointing_at_sandbox(), ["proofing.bank.url"]);
}

/// The names that a section knows, as its own refusal of another one lists them.
fn known_in(section: &str) -> Vec<String> {
    let base = if section == "server" { String::new() } else { ISSUER.to_owned() };
    let text = if section.is_empty() {
        format!("unheard_of = 1\n{base}")
    } else {
        format!("{base}[{section}]\nunheard_of = 1")
    };
    let message = Installation::new().refused(&text);
    let known = message.split_once("known are ").unwrap().1.lines().next().unwrap();
    known.split(", ").map(str::to_owned).filter(|name| name != "failpoint").collect()
}

#[test]
fn the_example_shows_every_setting_that_the_code_knows_and_no_other() {
    let mut known = Vec::new();
    for section in known_in("") {
        for name in known_in(&section) {
            let key = format!("{section}.{name}");
            if ["notify.sms", "proofing.bank", "proofing.unionpay", "server.tls"].contains(&key.as_str()) {
                known.extend(known_in(&key).iter().map(|name| format!("{key}.{name}")));
            } else {
                known.push(key);
            }
        }
    }
    known.extend(load::SECRETS.map(|key| format!("{key}_file")));
    known.sort();
    let mut shown: Vec<_> = example::keys().collect();
    shown.sort_unstable();
    assert_eq!(shown, known);
}

#[test]
fn the_values_of_the_example_are_the_defaults() {
    let read = Installation::new().read(&example::text()).unwrap();
    let defaults = Config::for_issuer("https://sso.example.gov.cn".parse().unwrap());
    assert_eq!(format!("{read:?}"), format!("{defaults:?}"));
    assert_eq!(read.storage.url, defaults.storage.url);
}

#[test]
fn the_example_in_deploy_is_the_one_that_the_code_writes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/config.example.toml");
    assert_eq!(
        std::fs::read_to_string(path).unwrap(),
        example::text(),
        "write it anew: menfu config example"
    );
}
