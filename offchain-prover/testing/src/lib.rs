//! Tools shared by end-to-end tests, networks on one machine and the demonstration: programs as
//! processes ([`process`]), a venue on a running chain ([`venue`]), and members that feed the
//! oracle ([`oracle`]).

pub mod oracle;
pub mod process;
pub mod venue;
