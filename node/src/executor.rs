//! The executor of the runtime's wasm, and the host functions that it gives to it.

/// Host functions of the runtime beyond the SDK's: BN254 arithmetic, and Poseidon.
pub type OwnHostFunctions = (
    clearproof_bn254_host::HostFunctions,
    clearproof_primitives::poseidon::host::HostFunctions,
);

/// All host functions of the runtime.
#[cfg(not(feature = "runtime-benchmarks"))]
pub type HostFunctions = (sp_io::SubstrateHostFunctions, OwnHostFunctions);

/// All host functions of the runtime, and those that its benchmarks call.
#[cfg(feature = "runtime-benchmarks")]
pub type HostFunctions = (
    sp_io::SubstrateHostFunctions,
    frame_benchmarking::benchmarking::HostFunctions,
    OwnHostFunctions,
);

/// Executes the runtime.
pub type Executor = sc_executor::WasmExecutor<HostFunctions>;
