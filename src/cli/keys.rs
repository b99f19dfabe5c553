//! `menfu keys init|list|rotate`.

use std::{io::Write, net::Ipv4Addr};

use clap::{Subcommand, ValueEnum};

use super::{CliError, block_on, serve};
use crate::{
    audit::Audit,
    config::Config,
    kernel::{Ctx, Locale, OsRng, SourceAddr, TraceId},
    keys::{KeyRecord, Keys},
    protocol::client::SigningAlg,
    storage::{Base, Vault},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make this installation's key files and a signing key for each algorithm, where there is none.
    Init,
    /// Show the signing keys.
    List,
    /// Publish a successor; it signs once every cached JWKS knows it.
    Rotate {
        /// The algorithm whose key is rotated.
        #[arg(long, default_value = "es256")]
        alg: Algorithm,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Algorithm {
    Es256,
    Rs256,
}

impl From<Algorithm> for SigningAlg {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Es256 => Self::Es256,
            Algorithm::Rs256 => Self::Rs256,
        }
    }
}

impl Command {
    pub(super) fn run(&self, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
        if matches!(self, Self::Init) {
            init_files(config, out)?;
        }
        for record in block_on(self.records(config))? {
            writeln!(out, "{}", line(&record))?;
        }
        Ok(())
    }

    async fn records(&self, config: &Config) -> Result<Vec<KeyRecord>, CliError> {
        let base = serve::open_base(config).await?;
        let ctx = ctx(&base);
        let keys = Keys::new(base.clone(), Audit::new(base.clone()));
        let records = match self {
            Self::Init => {
                base.db.migrate().await?;
                keys.init(&ctx).await?
            }
            Self::List => keys.list().await?,
            Self::Rotate { alg } => vec![keys.rotate(&ctx, (*alg).into()).await?],
        };
        base.db.close().await?;
        Ok(records)
    }
}

/// Key files that are there stay; one without the other is for the operator to sort out.
fn init_files(config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let files = [&config.vault.encryption_key_file, &config.vault.index_key_file];
    if files.iter().all(|file| file.exists()) {
        return Ok(());
    }
    Vault::init_files(&config.vault, &OsRng)?;
    for file in files {
        writeln!(out, "made {}: keep a copy where the database backup is not", file.display())?;
    }
    Ok(())
}

/// The operator's own call, for the audit rows.
fn ctx(base: &Base) -> Ctx {
    let trace = TraceId::new(base.rng.as_ref());
    Ctx { now: base.clock.now(), trace, source: source(), locale: Locale::ZhHans }
}

fn source() -> SourceAddr {
    SourceAddr::new(Ipv4Addr::LOCALHOST.into())
}

fn line(key: &KeyRecord) -> String {
    let since = key.created_at.utc().format("%Y-%m-%d %H:%M:%S");
    let until = key.retired_at.map(|at| format!("  retired {}", at.utc().format("%Y-%m-%d %H:%M:%S")));
    format!("{:<8} {:<28} since {since} UTC{}", key.alg.as_str(), key.kid, until.unwrap_or_default())
}
