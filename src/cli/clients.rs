//! `menfu clients add|show|check`.

use std::io::Write;

use clap::{Args, Subcommand};

use super::CliError;
use crate::{
    clients::{self, Clients, NewEntry, PlainSecrets, relying_party},
    config::Config,
    kernel::{ClientId, OsRng},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Write a commented entry with a fresh secret, and tell what the relying party has to configure.
    Add(Add),
    /// Tell what one relying party, or each, has to configure.
    Show { client_id: Option<String> },
    /// Refuse what `serve` would refuse, with line and reason.
    Check,
}

#[derive(Args)]
pub(super) struct Add {
    /// How the client names itself in requests.
    client_id: String,
    /// The name people see when they sign in and consent.
    #[arg(long)]
    name: String,
    /// Where answers may go; compared byte for byte; can be repeated.
    #[arg(long = "redirect-uri", required = true, value_name = "URI")]
    redirect_uris: Vec<String>,
    /// Where a sign-out may return to; can be repeated.
    #[arg(long = "post-logout-redirect-uri", value_name = "URI")]
    post_logout_redirect_uris: Vec<String>,
    /// A client that cannot keep a secret: it gets none and must use PKCE.
    #[arg(long)]
    public: bool,
}

impl Command {
    pub(super) fn run(&self, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
        let settings = clients::Settings {
            file: config.clients.file.clone(),
            issuer: config.server.issuer.clone(),
            plain_secrets: PlainSecrets::Refused,
        };
        match self {
            Self::Add(new) => new.run(&settings, out),
            Self::Show { client_id } => show(settings, client_id.as_deref(), out),
            Self::Check => {
                let count = Clients::load(settings)?.all().len();
                Ok(writeln!(out, "{}: {count} clients, all good", config.clients.file.display())?)
            }
        }
    }
}

impl Add {
    fn run(&self, settings: &clients::Settings, out: &mut dyn Write) -> Result<(), CliError> {
        let entry = NewEntry {
            client_id: self.client_id.clone(),
            client_name: self.name.clone(),
            redirect_uris: self.redirect_uris.clone(),
            post_logout_redirect_uris: self.post_logout_redirect_uris.clone(),
            public: self.public,
        };
        let added = clients::add(settings, &entry, &OsRng)?;
        writeln!(out, "{} now has {}; what it has to configure:\n", settings.file.display(), self.client_id)?;
        write!(out, "{}", relying_party(&added.client, &settings.issuer))?;
        if let Some(secret) = added.secret {
            writeln!(out, "{:<28} {}\n", "client_secret", secret.expose())?;
            writeln!(out, "The secret is shown this once; the file holds its SHA-256.")?;
        }
        Ok(())
    }
}

fn show(settings: clients::Settings, wanted: Option<&str>, out: &mut dyn Write) -> Result<(), CliError> {
    let issuer = settings.issuer.clone();
    let clients = Clients::load(settings)?;
    let unknown = || CliError::Refused(format!("there is no client {:?}", wanted.unwrap_or_default()));
    let shown = match wanted {
        None => clients.all(),
        Some(id) => {
            let id: ClientId = id.parse().map_err(|_| unknown())?;
            vec![clients.find(&id).ok_or_else(unknown)?]
        }
    };
    for client in shown {
        writeln!(out, "{}", relying_party(&client, &issuer))?;
    }
    Ok(())
}
