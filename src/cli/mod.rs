//! The command line: what an operator can tell `menfu` to do.
//!
//! Each command is one file; this one has the tree. Commands write to the stream they are given, so that tests read
//! what an operator would, and end with one sentence on standard error when they fail.

mod clients;
mod config;
#[cfg(feature = "sandbox")]
mod demo;
mod doctor;
mod keys;
mod ledger;
mod migrate;
mod people;
mod policy;
#[cfg(feature = "sandbox")]
mod seed;
mod serve;
mod vault;

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::{
    app::StartError,
    clients::ClientsError,
    config::{Config, ConfigError},
    keys::KeysError,
    policy::PolicyError,
    storage::{StoreError, vault::VaultFileError},
    telemetry::TelemetryError,
};

/// 门符: one door to a bureau's services, an OpenID Connect provider with real-name levels.
#[derive(Parser)]
#[command(name = "menfu", version)]
struct Cli {
    /// The settings file; else the one that MENFU_CONFIG names, else the environment alone.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the provider.
    Serve(serve::Serve),
    /// Run the provider with two portals, the simulated outside world and invented people; needs nothing.
    #[cfg(feature = "sandbox")]
    Demo(demo::Demo),
    #[cfg(feature = "sandbox")]
    Seed(seed::Seed),
    /// Bring the database to this version's schema.
    Migrate,
    /// Check the settings, or write an example of them.
    #[command(subcommand)]
    Config(config::Command),
    /// Check the bureau profile, or show it with everything it inherits.
    #[command(subcommand)]
    Policy(policy::Command),
    /// The relying parties of clients.toml.
    #[command(subcommand)]
    Clients(clients::Command),
    /// The keys that sealed values and blind indexes hang on, and their rotation.
    #[command(subcommand)]
    Vault(vault::Command),
    Doctor(doctor::Doctor),
    /// The list of every release of a person's data.
    #[command(subcommand)]
    Ledger(ledger::Command),
    /// Look a person up, with a reason.
    #[command(subcommand)]
    People(people::Command),
    /// The keys of this installation and the keys that sign.
    #[command(subcommand)]
    Keys(keys::Command),
}

/// Why a command failed; its text is all that the operator sees.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error("settings: {0}")]
    Config(#[from] ConfigError),
    #[error("{0}")]
    Policy(#[from] PolicyError),
    #[error("{0}")]
    Clients(#[from] ClientsError),
    #[error("keys: {0}")]
    Keys(#[from] KeysError),
    #[error("key file {0}")]
    KeyFile(#[from] VaultFileError),
    #[error("database: {0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Telemetry(#[from] TelemetryError),
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Start(#[from] StartError),
    #[error("{0}")]
    Refused(String),
}

/// Runs what the arguments say.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    leave_no_memory_behind();
    match cli.run(&mut io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // With standard error gone there is nobody left to tell.
            let _ = writeln!(io::stderr(), "menfu: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A process that crashes writes no core dump: keys and people stand in its memory (`beyond.md` M9). Where a filter of system
/// calls forbids even to lower a limit, whoever set the filter sets the limit too (`deploy/systemd`).
fn leave_no_memory_behind() {
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

impl Cli {
    fn run(self, out: &mut dyn Write) -> Result<(), CliError> {
        let settings = || Config::load(self.config.as_deref());
        match self.command {
            Command::Serve(command) => command.run(&settings()?, out),
            #[cfg(feature = "sandbox")]
            Command::Demo(command) => command.run(out),
            #[cfg(feature = "sandbox")]
            Command::Seed(command) => command.run(&settings()?, out),
            Command::Migrate => migrate::run(&settings()?, out),
            Command::Config(command) => command.run(settings, out),
            Command::Policy(command) => command.run(settings, out),
            Command::Clients(command) => command.run(&settings()?, out),
            Command::Vault(command) => command.run(&settings()?, out),
            Command::Doctor(command) => command.run(self.config.clone(), settings, out),
            Command::Ledger(command) => command.run(&settings()?, out),
            Command::People(command) => command.run(&settings()?, out),
            Command::Keys(command) => command.run(&settings()?, out),
        }
    }
}

/// Drives the asynchronous commands.
fn block_on<T>(work: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

#[cfg(test)]
mod tests;
