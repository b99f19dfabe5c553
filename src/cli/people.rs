//! `menfu people show`: staff look a person up; the person reads of it.

use std::{io::Write, sync::Arc};

use clap::{Subcommand, ValueEnum};

use super::{CliError, block_on, keys::ctx, serve};
use crate::{
    admin::{Desk, LookUp, Plain, Seen, Words},
    audit::Audit,
    config::Config,
    kernel::Username,
    ledger::Ledger,
    people::{HashSettings, PasswordHasher, People},
    policy::{Policy, Surroundings},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Show a person's account, masked but for what is asked for. Who looked and why stands in the audit and on the
    /// person's own page.
    Show {
        username: Username,
        /// Who looks: the name under which they work.
        #[arg(long)]
        staff: Words,
        /// Why; the person reads it.
        #[arg(long)]
        reason: Words,
        /// What to show in plain text.
        #[arg(long, value_delimiter = ',')]
        plain: Vec<Which>,
    },
}

/// What is masked otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Which {
    Name,
    IdNumber,
    Phone,
}

impl From<Which> for Plain {
    fn from(which: Which) -> Self {
        match which {
            Which::Name => Self::Name,
            Which::IdNumber => Self::IdNumber,
            Which::Phone => Self::Phone,
        }
    }
}

impl Command {
    pub(super) fn run(self, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
        let Self::Show { username, staff, reason, plain } = self;
        let look_up = LookUp { staff, reason, plain: plain.into_iter().map(Plain::from).collect() };
        let seen = block_on(async {
            let base = serve::open_base(config).await?;
            // Whether the profile may serve real people is asked when it serves them.
            let policy = Arc::new(Policy::load(&config.policy, Surroundings::Sandbox)?);
            let hasher = PasswordHasher::new(&HashSettings::default(), base.rng.clone());
            let hasher = hasher.map_err(|error| CliError::Refused(error.to_string()))?;
            let people = People::new(base.clone(), hasher, policy);
            let desk = Desk::new(base.clone(), people, Audit::new(base.clone()), Ledger::new(base.clone()));
            let seen = desk.look_up(&ctx(&base), &username, &look_up).await?;
            base.db.close().await?;
            Ok(seen)
        })?;
        let Some(seen) = seen else {
            return Err(CliError::Refused(format!("nobody has the name {}", username.as_str())));
        };
        show(&seen, out)
    }
}

fn show(seen: &Seen, out: &mut dyn Write) -> Result<(), CliError> {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    writeln!(out, "username   {}", seen.username)?;
    writeln!(out, "status     {}", seen.status)?;
    writeln!(out, "name       {}", seen.name)?;
    writeln!(out, "id number  {}", text(&seen.id_number))?;
    Ok(writeln!(out, "phone      {}", text(&seen.phone))?)
}
