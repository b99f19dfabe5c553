//! `menfu ledger verify`: whether every entry of every person's disclosure ledger stands as it was written.

use std::io::Write;

use clap::Subcommand;

use super::{CliError, block_on, serve};
use crate::{
    config::Config,
    ledger::{Ledger, Verdict},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Compare all entries with their MACs; says which person's are not right, and fails then.
    Verify,
}

impl Command {
    pub(super) fn run(&self, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
        let Self::Verify = self;
        block_on(async {
            let base = serve::open_base(config).await?;
            let ledger = Ledger::new(base.clone());
            let (mut persons, mut entries, mut broken, mut after) = (0_u64, 0_u64, 0_u64, None);
            loop {
                let batch = ledger.persons(after).await?;
                for person in &batch {
                    persons += 1;
                    match ledger.verify(*person).await? {
                        Verdict::Whole { entries: whole } => entries += whole,
                        Verdict::Broken { at: Some(number) } => {
                            broken += 1;
                            writeln!(out, "{person}: entry {number} is missing or was changed")?;
                        }
                        Verdict::Broken { at: None } => {
                            broken += 1;
                            writeln!(out, "{person}: the head was changed")?;
                        }
                    }
                }
                let Some(last) = batch.last() else { break };
                after = Some(*last);
            }
            base.db.close().await?;
            if broken > 0 {
                return Err(CliError::Refused(format!("{broken} of {persons} ledgers are not whole")));
            }
            Ok(writeln!(out, "{entries} entries of {persons} persons are whole")?)
        })
    }
}
