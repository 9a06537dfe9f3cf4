//! A member against a web server on this machine that answers rightly, lags, lies and dies.
#![allow(clippy::unwrap_used)]

mod members;
mod rounds;
mod server;
mod settings;
mod web;
