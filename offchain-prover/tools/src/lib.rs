//! Tools around a venue and its chain: [`calculators`] of margin, liquidation, funding and option
//! prices; [`replay`] of recorded prices and order flow through the engine; the risk [`policy`] for
//! voters, with portfolios under two policies.

pub mod calculators;
pub mod policy;
pub mod replay;
