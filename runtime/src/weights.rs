//! Weights of foreign pallets, measured with this runtime's configuration where their own weights
//! would not fit it.

pub mod oracle;
