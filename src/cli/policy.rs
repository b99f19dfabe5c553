//! `menfu policy check|show`.

use std::{io::Write, path::PathBuf};

use clap::{Args, Subcommand};

use super::CliError;
use crate::{
    config::{Config, ConfigError},
    policy::{Policy, Settings, Surroundings},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Refuse what `serve` would refuse: unknown keys, unsafe combinations.
    Check(Which),
    /// Write the profile as it holds, with everything it inherits.
    Show(Which),
}

/// Without either, the profile of the settings.
#[derive(Args)]
pub(super) struct Which {
    /// An embedded profile.
    #[arg(long)]
    profile: Option<String>,
    /// A profile file.
    #[arg(long)]
    file: Option<PathBuf>,
}

impl Command {
    pub(super) fn run(
        &self,
        settings: impl FnOnce() -> Result<Config, ConfigError>,
        out: &mut dyn Write,
    ) -> Result<(), CliError> {
        let (Self::Check(which) | Self::Show(which)) = self;
        let policy = Policy::load(&which.settings(settings)?, Surroundings::Production)?;
        match self {
            Self::Check(_) => writeln!(out, "profile {} is complete and safe", policy.profile.id)?,
            Self::Show(_) => {
                let text = toml::to_string(&policy).map_err(|error| CliError::Refused(error.to_string()))?;
                out.write_all(text.as_bytes())?;
            }
        }
        Ok(())
    }
}

impl Which {
    fn settings(&self, settings: impl FnOnce() -> Result<Config, ConfigError>) -> Result<Settings, CliError> {
        if self.profile.is_none() && self.file.is_none() {
            return Ok(settings()?.policy);
        }
        let profile = self.profile.clone().unwrap_or_else(|| Settings::default().profile);
        Ok(Settings { profile, file: self.file.clone() })
    }
}
