//! What an attacker sends on purpose: forged redirects and parked ids, other sites' posts, frames, guesses from many
//! places, and a stopwatch.

mod forging;
mod guessing;
mod pages;
mod redirecting;
mod timing;
