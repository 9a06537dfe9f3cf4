//! Weights of pallets of others, measured with this runtime's configuration where theirs would not fit it.

pub mod oracle;
