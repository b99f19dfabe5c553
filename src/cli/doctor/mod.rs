//! `menfu doctor`: looks at an installation as it stands, and says of each thing that is wrong how bad it is and how to mend
//! it. Changes nothing: no file is made, no step of the schema applied, no row written.

mod database;
mod files;
mod finding;
mod network;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use self::finding::{Findings, Severity};
use super::{CliError, block_on};
use crate::config::{Config, ConfigError};
use crate::kernel::{Clock, SystemClock};

/// Look for what is wrong with this installation, and tell how to mend it.
#[derive(Args)]
pub(super) struct Doctor {
    /// One JSON object instead of lines of text.
    #[arg(long)]
    json: bool,
    /// Ask nobody over the network but the database.
    #[arg(long)]
    offline: bool,
}

impl Doctor {
    pub(super) fn run(
        &self,
        file: Option<PathBuf>,
        settings: impl FnOnce() -> Result<Config, ConfigError>,
        out: &mut dyn Write,
    ) -> Result<(), CliError> {
        let findings = match settings() {
            Ok(config) => block_on(async { Ok(self.examine(&config, file).await) })?,
            Err(error) => {
                let mut findings = Findings::default();
                findings.fault(
                    "settings",
                    error,
                    "mend the key named here; `menfu config example` shows all of them",
                );
                findings
            }
        };
        if self.json {
            findings.json(out)?;
        } else {
            findings.text(out)?;
        }
        match findings.worst() {
            Some(Severity::Fault) => Err(CliError::Refused(findings.sum())),
            _ => Ok(()),
        }
    }

    async fn examine(&self, config: &Config, file: Option<PathBuf>) -> Findings {
        let now = SystemClock.now();
        let mut findings = Findings::default();
        findings.good("settings", "can be read and mean something");
        files::examine(&mut findings, config, file.as_deref(), now);
        database::examine(&mut findings, config, now).await;
        network::examine(&mut findings, config);
        if !self.offline {
            network::ask(&mut findings, config).await;
        }
        findings
    }
}

#[cfg(test)]
mod tests;
