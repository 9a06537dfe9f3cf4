//! Networks of several nodes on this machine, run by zombienet without containers: started for use
//! by the program, and for tests of the faults that they must survive. Everything listens on the
//! loopback interface, and nothing else is spoken to.

pub mod definition;
pub mod nodes;
pub mod rpc;
pub mod scene;
pub mod traders;
pub mod validators;
