//! The command `menfu`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    menfu::cli::run()
}
