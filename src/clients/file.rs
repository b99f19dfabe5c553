//! Reading `clients.toml`: every fault with its line and reason, never the first alone.

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Deserialize;
use toml::{Spanned, Table, Value};

use crate::{
    kernel::{ClientId, Secret},
    protocol::{client::Client, client_auth::SecretSha256, issuer::Issuer},
};

/// The registered clients by id.
pub(super) type Registry = BTreeMap<ClientId, Arc<Client>>;

/// Whether an entry may carry its secret in plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainSecrets {
    /// Everywhere but in the demo.
    Refused,
    /// In the demo, and there only while the issuer is on loopback.
    OnLoopback,
}

/// Where the clients stand and what holds for them.
#[derive(Clone, Debug)]
pub struct Settings {
    pub file: PathBuf,
    pub issuer: Issuer,
    pub plain_secrets: PlainSecrets,
}

/// One reason why the file is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub line: usize,
    /// The `client_id` of the entry, as far as it can be read.
    pub client: Option<String>,
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.client {
            Some(client) => write!(f, "line {}, client {client:?}: {}", self.line, self.reason),
            None => write!(f, "line {}: {}", self.line, self.reason),
        }
    }
}

/// Why the clients could not be loaded or written.
#[derive(Debug, thiserror::Error)]
pub enum ClientsError {
    #[error("{}: {source}", file.display())]
    Io { file: PathBuf, source: std::io::Error },
    #[error("{} is refused:\n  {}", file.display(), lines(faults))]
    Refused { file: PathBuf, faults: Vec<Fault> },
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n  ")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    client: Vec<Spanned<Table>>,
}

/// Reads and validates the whole file.
pub(super) fn read(settings: &Settings) -> Result<Registry, ClientsError> {
    let text = fs::read_to_string(&settings.file)
        .map_err(|source| ClientsError::Io { file: settings.file.clone(), source })?;
    parse(&text, settings).map_err(|faults| ClientsError::Refused { file: settings.file.clone(), faults })
}

/// Every entry, or every fault of every entry.
pub(super) fn parse(text: &str, settings: &Settings) -> Result<Registry, Vec<Fault>> {
    let file: File = toml::from_str(text).map_err(|error| vec![syntax_fault(text, &error)])?;
    let mut registry = Registry::new();
    let mut faults = Vec::new();
    for spanned in file.client {
        let entry = Entry::new(text, spanned);
        match entry.client(settings) {
            Ok(client) if registry.contains_key(&client.client_id) => {
                faults.push(entry.fault("client_id", "client_id: there is another entry with it".to_owned()));
            }
            Ok(client) => {
                registry.insert(client.client_id.clone(), Arc::new(client));
            }
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() { Ok(registry) } else { Err(faults) }
}

fn syntax_fault(text: &str, error: &toml::de::Error) -> Fault {
    let at = error.span().map_or(0, |span| span.start);
    Fault { line: line_at(text, at), client: None, reason: error.message().to_owned() }
}

/// One `[[client]]` table and where it stands.
struct Entry<'a> {
    text: &'a str,
    start: usize,
    table: Table,
    name: Option<String>,
}

impl<'a> Entry<'a> {
    fn new(text: &'a str, spanned: Spanned<Table>) -> Self {
        let start = spanned.span().start;
        let table = spanned.into_inner();
        let name = table.get("client_id").and_then(Value::as_str).map(str::to_owned);
        Self { text, start, table, name }
    }

    fn client(&self, settings: &Settings) -> Result<Client, Vec<Fault>> {
        let mut table = self.table.clone();
        if let Some(hash) = self.secret(settings)? {
            table.insert("secret_sha256".to_owned(), Value::String(hash));
        }
        table.remove("secret");
        table.remove("secret_file");
        let client = Client::deserialize(table).map_err(|error| vec![self.shape_fault(&error)])?;
        let faults = client.validate(&settings.issuer);
        if faults.is_empty() {
            return Ok(client);
        }
        let placed = |fault: &dyn fmt::Display| {
            let reason = fault.to_string();
            self.fault(reason.split(':').next().unwrap_or_default(), reason.clone())
        };
        Err(faults.iter().map(|fault| placed(fault)).collect())
    }

    /// The hash of a secret that stands in a file of its own or, in the demo, in the entry.
    fn secret(&self, settings: &Settings) -> Result<Option<String>, Vec<Fault>> {
        let ways = ["secret_sha256", "secret_file", "secret"];
        let mut present = ways.into_iter().filter(|key| self.table.contains_key(*key));
        let (Some(key), second) = (present.next(), present.next()) else { return Ok(None) };
        let fault = |reason: &str| vec![self.fault(key, format!("{key}: {reason}"))];
        if let Some(second) = second {
            return Err(fault(&format!("and {second} name the secret twice")));
        }
        if key == "secret_sha256" {
            return Ok(None);
        }
        let text = self.table.get(key).and_then(Value::as_str).ok_or_else(|| fault("not a text"))?;
        let secret = match key {
            "secret" if plain_allowed(settings) => Secret::from(text),
            "secret" => return Err(fault("plain text only in the demo; write secret_sha256 or secret_file")),
            _ => read_secret(&settings.file, text).map_err(|error| fault(&error.to_string()))?,
        };
        if secret.is_empty() {
            return Err(fault("empty"));
        }
        Ok(Some(SecretSha256::of(&secret).into()))
    }

    fn shape_fault(&self, error: &toml::de::Error) -> Fault {
        // serde names the field between backticks, in the message or in the path below it.
        let shown = error.to_string();
        let named = shown.split('`').skip(1).step_by(2).find(|name| self.table.contains_key(*name));
        let reason = match named {
            Some(name) if !error.message().contains(name) => format!("{name}: {}", error.message()),
            _ => error.message().to_owned(),
        };
        self.fault(named.unwrap_or_default(), reason)
    }

    /// A fault at the line of the key, or at the head of the entry when the key is not there.
    fn fault(&self, key: &str, reason: String) -> Fault {
        let head = line_at(self.text, self.start);
        let assigns = |line: &str| {
            let name = line.split('=').next().unwrap_or_default().trim().trim_matches('"');
            line.contains('=') && name == key
        };
        let mut below = self.text.lines().enumerate().skip(head);
        let line = below
            .by_ref()
            .take_while(|(_, line)| !line.trim_start().starts_with("[["))
            .find(|(_, line)| assigns(line))
            .map_or(head, |(index, _)| index + 1);
        Fault { line, client: self.name.clone(), reason }
    }
}

fn plain_allowed(settings: &Settings) -> bool {
    settings.plain_secrets == PlainSecrets::OnLoopback && settings.issuer.is_loopback()
}

/// A path beside `clients.toml`; the newline at its end does not belong to the secret.
fn read_secret(clients_file: &Path, name: &str) -> std::io::Result<Secret> {
    let folder = clients_file.parent().unwrap_or(Path::new("."));
    let text = fs::read_to_string(folder.join(name))?;
    Ok(Secret::from(text.trim_end_matches(['\r', '\n'])))
}

/// The line, counted from one, that the byte stands in.
fn line_at(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
[[client]]
client_id = "exam"
client_name = "考试报名"
redirect_uris = ["https://exam.example/callback"]
secret_sha256 = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
"#;

    fn settings(plain_secrets: PlainSecrets) -> Settings {
        let issuer = "http://localhost:8080".parse().unwrap();
        Settings { file: "clients.toml".into(), issuer, plain_secrets }
    }

    fn faults(text: &str) -> Vec<String> {
        let faults = parse(text, &settings(PlainSecrets::Refused)).unwrap_err();
        faults.iter().map(Fault::to_string).collect()
    }

    fn one_fault(text: &str) -> String {
        let mut all = faults(text);
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    #[test]
    fn a_good_file_is_read() {
        let registry = parse(GOOD, &settings(PlainSecrets::Refused)).unwrap();
        let exam = registry.get(&"exam".parse::<ClientId>().unwrap()).unwrap();
        assert_eq!(exam.client_name, "考试报名");
        assert!(parse("", &settings(PlainSecrets::Refused)).unwrap().is_empty());
    }

    #[test]
    fn a_broken_file_is_refused_with_the_line() {
        let fault = one_fault("[[client]]\nclient_id = \"a\"\nclient_name = \n");
        assert!(fault.starts_with("line 3: "), "{fault}");
        let fault = one_fault("title = \"x\"\n");
        assert!(fault.starts_with("line 1: ") && fault.contains("title"), "{fault}");
    }

    #[test]
    fn an_unknown_key_is_refused_at_its_line() {
        let fault = one_fault(&format!("{GOOD}min_level = \"L2\"\n"));
        assert!(fault.starts_with("line 7, client \"exam\": ") && fault.contains("min_level"), "{fault}");
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_refused_at_its_line() {
        let fault = one_fault(&format!("{GOOD}first_party = \"yes\"\n"));
        assert!(fault.starts_with("line 7, client \"exam\": ") && fault.contains("first_party"), "{fault}");
    }

    #[test]
    fn every_fault_of_every_entry_is_told() {
        let two = format!(
            "{GOOD}\n[[client]]\nclient_id = \"p_x\"\nclient_name = \"X\"\nredirect_uris = [\"ftp://x.example/\"]\n\
             secret_sha256 = \"{}\"\n",
            "0".repeat(64)
        );
        let told = faults(&two);
        assert!(told.iter().any(|fault| fault.starts_with("line 9, client \"p_x\": client_id")), "{told:?}");
        assert!(
            told.iter().any(|fault| fault.starts_with("line 11, client \"p_x\": redirect_uris")),
            "{told:?}"
        );
    }

    #[test]
    fn the_same_client_id_twice_is_refused() {
        let fault = one_fault(&format!("{GOOD}{GOOD}"));
        assert!(fault.starts_with("line 9, client \"exam\": client_id"), "{fault}");
    }

    #[test]
    fn a_plain_secret_is_for_the_demo_on_loopback_only() {
        let plain = GOOD.replace(
            "secret_sha256 = \"2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\"",
            "secret = \"hunter2\"",
        );
        let fault = one_fault(&plain);
        assert!(fault.starts_with("line 6, client \"exam\": secret: plain text only in the demo"), "{fault}");
        assert!(!fault.contains("hunter2"));
        let demo = settings(PlainSecrets::OnLoopback);
        let registry = parse(&plain, &demo).unwrap();
        let hash = registry.values().next().unwrap().secret_sha256.clone().unwrap();
        assert!(hash.matches(&"hunter2".into()));
        let public = Settings { issuer: "https://sso.example".parse().unwrap(), ..demo };
        assert!(parse(&plain, &public).is_err());
    }

    #[test]
    fn a_secret_is_named_once() {
        let fault = one_fault(&format!("{GOOD}secret_file = \"exam.secret\"\n"));
        assert!(fault.contains("twice"), "{fault}");
    }

    #[test]
    fn a_secret_file_lies_beside_the_clients() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("exam.secret"), "s3cret\n").unwrap();
        let text = GOOD.replace(
            "secret_sha256 = \"2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\"",
            "secret_file = \"exam.secret\"",
        );
        let file = folder.path().join("clients.toml");
        fs::write(&file, &text).unwrap();
        let settings = Settings { file, ..settings(PlainSecrets::Refused) };
        let registry = read(&settings).unwrap();
        assert!(registry.values().next().unwrap().secret_sha256.as_ref().unwrap().matches(&"s3cret".into()));
        fs::remove_file(folder.path().join("exam.secret")).unwrap();
        let refused = read(&settings).unwrap_err().to_string();
        assert!(refused.contains("line 6, client \"exam\": secret_file"), "{refused}");
    }
}
