//! The wizard over a real database, with a bank and a phone in the test's hands.

mod ending;
mod house;
mod registration;
mod takeover;
mod upgrade;
