//! The use cases over a real database, through the façade alone.

mod asserting;
mod authorizing;
mod exchanging;
mod house;
mod leaving;
