//! The interfaces of the runtime that clients are written for, with their versions.
//!
//! A client compares them at connect with the version that the node reports
//! (`state_getRuntimeVersion`: `specName` and `apis`). If the name differs or an interface is
//! missing or has another version, the client and the chain speak different languages.

/// Name of the runtime, its `specName`.
pub const SPEC_NAME: &str = "clearproof";

/// An interface of the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Name. A method is called as `name_method`.
    pub name: &'static str,
    /// The key under which a runtime's version lists the interface: the BLAKE2b hash of its name,
    /// eight bytes long.
    pub id: [u8; 8],
    /// The version that the types of this crate belong to.
    pub version: u32,
}

/// Reads of venues, batches, deposits and markets.
pub const CLEARPROOF: Interface = Interface {
    name: "ClearproofApi",
    id: [0x9b, 0x65, 0xcb, 0xc1, 0x19, 0x54, 0xd9, 0xf7],
    version: 2,
};

/// Reads of the risk policy.
pub const RISK_POLICY: Interface = Interface {
    name: "RiskPolicyApi",
    id: [0xe9, 0xaa, 0x30, 0xdc, 0xe6, 0xd4, 0xd8, 0x9a],
    version: 1,
};

/// The chain's operation, for the node's metrics.
pub const MONITORING: Interface = Interface {
    name: "MonitoringApi",
    id: [0x28, 0xb2, 0x9f, 0x7f, 0x89, 0x3a, 0xbd, 0xf5],
    version: 1,
};
