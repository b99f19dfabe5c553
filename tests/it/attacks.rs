//! What an attacker sends on purpose: forged redirects and parked ids, other sites' posts, frames, guesses from many
//! places, messages to strangers, and a stopwatch.

mod bothering;
mod forging;
mod guessing;
mod pages;
mod redirecting;
mod timing;
