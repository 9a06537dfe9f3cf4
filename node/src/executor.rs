//! The executor of the runtime's wasm, with the host functions that it provides.

/// Host functions beyond those of the SDK: BN254 arithmetic, and Poseidon.
pub type OwnHostFunctions = (
    clearproof_bn254_host::HostFunctions,
    clearproof_primitives::poseidon::host::HostFunctions,
);

/// All host functions that the runtime calls.
#[cfg(not(feature = "runtime-benchmarks"))]
pub type HostFunctions = (sp_io::SubstrateHostFunctions, OwnHostFunctions);

/// All host functions that the runtime and its benchmarks call.
#[cfg(feature = "runtime-benchmarks")]
pub type HostFunctions = (
    sp_io::SubstrateHostFunctions,
    frame_benchmarking::benchmarking::HostFunctions,
    OwnHostFunctions,
);

/// Executes the runtime.
pub type Executor = sc_executor::WasmExecutor<HostFunctions>;
