//! The use cases over a real database, through the façade alone.

mod authorizing;
mod exchanging;
mod house;
mod leaving;
