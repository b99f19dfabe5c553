//! The schema's steps, embedded; the files lie in the top folder `migrations/`.

#[path = "../../migrations/mod.rs"]
mod steps;

pub use steps::Migrator;
