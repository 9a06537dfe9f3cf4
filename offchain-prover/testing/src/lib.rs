//! What end-to-end tests, networks on one machine and the demonstration share: programs as
//! processes ([`process`]), a venue on a chain that runs already ([`venue`]), and members who feed
//! the oracle ([`oracle`]).

pub mod oracle;
pub mod process;
pub mod venue;
