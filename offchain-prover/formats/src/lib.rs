//! Text formats that several programs read: decimals ([`decimal`]), times ([`time`]), and price
//! series in CSV ([`prices`]).

pub mod decimal;
pub mod prices;
pub mod time;
