//! `menfu config check|example`.

use std::io::Write;

use clap::Subcommand;

use super::CliError;
use crate::{
    config::{Config, ConfigError, example},
    policy::{Policy, Surroundings},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Read file and environment as `serve` would, and the policy they name.
    Check,
    /// Write a settings file with every key and its default.
    Example,
}

impl Command {
    pub(super) fn run(
        &self,
        settings: impl FnOnce() -> Result<Config, ConfigError>,
        out: &mut dyn Write,
    ) -> Result<(), CliError> {
        match self {
            Self::Check => check(&settings()?, out),
            Self::Example => Ok(out.write_all(example::text().as_bytes())?),
        }
    }
}

fn check(config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let sandboxed = config.pointing_at_sandbox();
    let surroundings = if sandboxed.is_empty() { Surroundings::Production } else { Surroundings::Sandbox };
    let policy = Policy::load(&config.policy, surroundings)?;
    writeln!(out, "settings of {} and profile {} are good", config.server.issuer, policy.profile.id)?;
    for key in sandboxed {
        writeln!(out, "{key} points at a sandbox: `serve` wants --with-sandbox")?;
    }
    Ok(())
}
