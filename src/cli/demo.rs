//! `menfu demo`.

use std::{io::Write, path::PathBuf};

use clap::Args;

use super::CliError;

/// Run everything on this machine.
#[derive(Args)]
pub(super) struct Demo {
    /// Where database and keys are kept.
    #[arg(long, default_value = "data", value_name = "FOLDER")]
    data: PathBuf,
}

impl Demo {
    pub(super) fn run(&self, _out: &mut dyn Write) -> Result<(), CliError> {
        Err(CliError::Refused(format!(
            "`demo` is not wired yet; it would keep its data in {}",
            self.data.display()
        )))
    }
}
