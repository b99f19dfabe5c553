//! `menfu serve`.

use std::io::Write;

use clap::Args;

use super::CliError;
use crate::config::Config;

/// Run the provider.
#[derive(Args)]
pub(super) struct Serve {
    /// Start the simulated outside world beside it; every page then says 测试环境.
    #[cfg(feature = "sandbox")]
    #[arg(long)]
    with_sandbox: bool,
}

impl Serve {
    pub(super) fn run(&self, _config: &Config, _out: &mut dyn Write) -> Result<(), CliError> {
        Err(CliError::Refused("`serve` is not wired yet".to_owned()))
    }
}
