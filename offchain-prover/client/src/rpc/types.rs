//! Types on the wire, in camel case. Requests are strict: an unknown field, a number out of range
//! or a text that is not canonical is refused. Prices are 32.32 fixed point and, like amounts,
//! sequences and margins, decimal strings; 32 bytes are hexadecimal; times are milliseconds since
//! the Unix epoch.

mod order;
mod view;

pub use order::*;
pub use view::*;
