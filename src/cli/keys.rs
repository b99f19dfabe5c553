//! `menfu keys init|list|rotate|revoke`.

use std::{io::Write, net::Ipv4Addr};

use clap::Subcommand;

use super::{CliError, block_on, serve};
use crate::{
    audit::Audit,
    config::Config,
    kernel::{Ctx, KeyId, Locale, OsRng, SourceAddr, TraceId},
    keys::{CACHED_FOR, KeyRecord, Keys},
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
        #[arg(long, default_value = "es256", value_parser = algorithm)]
        alg: SigningAlg,
    },
    /// Take a compromised key out of use and out of the JWKS at once; send SIGHUP to every node for the last ten seconds.
    Revoke {
        /// As `menfu keys list` shows it; it may begin with a hyphen.
        #[arg(allow_hyphen_values = true)]
        kid: KeyId,
    },
}

/// The JOSE name in either case.
fn algorithm(name: &str) -> Result<SigningAlg, String> {
    let known = || SigningAlg::ALL.iter().map(|alg| alg.as_str()).collect::<Vec<_>>().join(", ");
    let mut all = SigningAlg::ALL.iter().copied();
    all.find(|alg| alg.as_str().eq_ignore_ascii_case(name)).ok_or_else(|| format!("one of {}", known()))
}

impl Command {
    pub(super) fn run(&self, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
        if matches!(self, Self::Init) {
            init_files(config, out)?;
        }
        for record in block_on(self.records(config))? {
            writeln!(out, "{}", line(&record))?;
        }
        if let Self::Revoke { kid } = self {
            writeln!(
                out,
                "{kid} is revoked and the key above signs. Every node shows it within ten seconds, at once on SIGHUP; what \
                 relying parties keep of the old JWKS ends {} seconds later.",
                CACHED_FOR.num_seconds()
            )?;
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
            Self::Rotate { alg } => vec![keys.rotate(&ctx, *alg).await?],
            Self::Revoke { kid } => vec![keys.revoke(&ctx, kid).await?],
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
pub(super) fn ctx(base: &Base) -> Ctx {
    let trace = TraceId::new(base.rng.as_ref());
    Ctx { now: base.clock.now(), trace, source: source(), locale: Locale::ZhHans }
}

fn source() -> SourceAddr {
    SourceAddr::new(Ipv4Addr::LOCALHOST.into())
}

fn line(key: &KeyRecord) -> String {
    let since = key.created_at.utc().format("%Y-%m-%d %H:%M:%S");
    let until = key.retired_at.map(|at| format!("  retired {}", at.utc().format("%Y-%m-%d %H:%M:%S")));
    let gone = key.revoked_at.map(|at| format!("  revoked {}", at.utc().format("%Y-%m-%d %H:%M:%S")));
    let ends = [until, gone].into_iter().flatten().collect::<String>();
    format!("{:<8} {:<28} since {since} UTC{ends}", key.alg.as_str(), key.kid)
}
