//! The executor of the runtime's wasm, and the host functions that it gives to it.

/// Host functions of the runtime: those of the SDK.
#[cfg(not(feature = "runtime-benchmarks"))]
pub type HostFunctions = sp_io::SubstrateHostFunctions;

/// Host functions of the runtime, and those that benchmarks need.
#[cfg(feature = "runtime-benchmarks")]
pub type HostFunctions = (
    sp_io::SubstrateHostFunctions,
    frame_benchmarking_cli::frame_benchmarking::benchmarking::HostFunctions,
);

/// Executes the runtime.
pub type Executor = sc_executor::WasmExecutor<HostFunctions>;
