//! `menfu seed`: a crowd of invented accounts and grants in an empty database, for measurements and rehearsals.

use std::io::Write;

use clap::Args;

use super::{CliError, block_on, serve};
use crate::{
    app::crowd::{self, Crowd, Progress},
    clients::{self, Clients, PlainSecrets},
    config::Config,
    kernel::{OsRng, PlainToken, Secret},
};

/// Characters of the password that all these accounts share.
const PASSWORD: usize = 16;

/// Fill an empty database with invented accounts and grants, to see how it bears its size. Not in deployment builds.
#[derive(Args)]
pub(super) struct Seed {
    /// Accounts at L1, all with one password, which is printed.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=crowd::MOST))]
    accounts: u64,
    /// Grants with a refresh token, spread evenly over the accounts and the relying parties of clients.toml.
    #[arg(long, default_value_t = 0)]
    grants: u64,
    /// Print so many of the accounts, each with a relying party and a refresh token.
    #[arg(long, default_value_t = 0)]
    samples: u64,
}

impl Seed {
    pub(super) fn run(&self, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
        let password = invented_password();
        let issuer = config.server.issuer.clone();
        let file = config.clients.file.clone();
        let registered =
            clients::Settings { file, issuer: issuer.clone(), plain_secrets: PlainSecrets::Refused };
        let crowd = Crowd {
            accounts: self.accounts,
            grants: self.grants,
            password: password.clone(),
            issuer: issuer.as_str().to_owned(),
            clients: Clients::load(registered)?.all(),
            samples: self.samples,
        };
        let samples = block_on(async {
            let base = serve::open_base(config).await?;
            base.db.migrate().await?;
            let mut tell = |Progress { accounts, grants }| {
                // Whoever stopped reading still gets the crowd.
                let _ = writeln!(out, "{accounts} accounts, {grants} grants so far");
            };
            let samples = crowd::fill(&base, &crowd, &mut tell).await;
            base.db.close().await?;
            samples.map_err(|error| CliError::Refused(error.to_string()))
        })?;
        writeln!(
            out,
            "{} accounts, {} grants; the password of all is {}",
            self.accounts,
            self.grants,
            password.expose()
        )?;
        for sample in samples {
            let token = sample.refresh_token.expose();
            writeln!(out, "{} {} {token}", sample.username.as_str(), sample.client.client_id)?;
        }
        Ok(())
    }
}

/// Not a constant: nobody shall know the password of a crowd that was forgotten somewhere.
fn invented_password() -> Secret {
    let random = PlainToken::generate(&OsRng);
    let text: String = random.expose().chars().filter(char::is_ascii_alphanumeric).take(PASSWORD).collect();
    Secret::from(text.as_str())
}
