//! `try-upgrade`: shows the effect of a new runtime on a chain's state, before anybody votes for
//! it.
//!
//! The new runtime checks itself through its `TryRuntime` interface, so it must be built with the
//! feature `try-runtime`. It runs the hooks and migrations of an upgrade with their checks, decodes
//! the whole state with its types, and checks the invariants of every pallet.

use crate::executor::Executor;
use codec::DecodeAll;
use sc_executor::{RuntimeVersion, error::Error as ExecutorError, read_embedded_version};
use sc_executor_common::runtime_blob::RuntimeBlob;
use sp_core::traits::Externalities;
use sp_crypto_hashing::{blake2_64, blake2_256};
use sp_runtime::Weight;
use sp_state_machine::BasicExternalities;
use sp_storage::{Storage, well_known_keys::CODE};
use std::{fmt, fs, io, path::Path};

/// Length of the largest compressed runtime, bytes. An upgrade is a transaction that holds it: this
/// leaves more than half of the 5 MiB of a block to others.
pub const MAX_RUNTIME_BYTES: u64 = 2 << 20;

/// All checks: of migrations before and after, and of the state.
const ALL_CHECKS: u8 = 1;
const METHOD: &str = "TryRuntime_on_runtime_upgrade";

/// The reason for which an upgrade must not be proposed.
#[derive(Debug, thiserror::Error)]
pub enum UpgradeError {
    /// The file cannot be read.
    #[error("--runtime: {0}")]
    File(#[from] io::Error),
    /// The file is too large for a transaction.
    #[error(
        "--runtime: {0} bytes, the limit is {MAX_RUNTIME_BYTES}: name the compact and compressed \
         wasm"
    )]
    TooLarge(u64),
    /// The file does not hold a runtime.
    #[error("--runtime: no runtime's wasm: {0}")]
    NoRuntime(String),
    /// The state holds no runtime.
    #[error("--chain: the state has no runtime (`:code`): name a file that `export-state` wrote")]
    NoState,
    /// The chain would refuse the upgrade.
    #[error(
        "--runtime: of {new}, the chain runs {old}: the chain takes a higher version of the same \
         name only"
    )]
    Version {
        /// The runtime that the chain runs.
        old: Name,
        /// The runtime that the command line names.
        new: Name,
    },
    /// The runtime cannot check itself.
    #[error("--runtime: it cannot check itself: build it with the feature try-runtime")]
    NoChecks,
    /// A migration, an undecodable value or a broken invariant.
    #[error("the upgrade fails its checks; the log above says which: {0}")]
    Checks(String),
    /// The migrations do not fit into a block.
    #[error(
        "the upgrade's hooks cost {used}, a block holds {limit}: split the migration into several \
         blocks"
    )]
    TooHeavy {
        /// Cost of the hooks.
        used: Weight,
        /// Limit of a block.
        limit: Weight,
    },
}

/// A runtime's name and version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    spec: String,
    version: u32,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.spec, self.version)
    }
}

impl From<&RuntimeVersion> for Name {
    fn from(version: &RuntimeVersion) -> Self {
        Self {
            spec: version.spec_name.clone().into_owned(),
            version: version.spec_version,
        }
    }
}

/// The effect of an upgrade.
#[derive(Debug)]
pub struct Report {
    old: Name,
    new: Name,
    /// The hash that a referendum authorises.
    code_hash: [u8; 32],
    bytes: usize,
    used: Weight,
    limit: Weight,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |used: u64, limit: u64| used as f64 * 100.0 / limit.max(1) as f64;
        writeln!(f, "from        {}", self.old)?;
        writeln!(f, "to          {}", self.new)?;
        writeln!(f, "code        {} bytes", self.bytes)?;
        writeln!(f, "code hash   0x{}", hex::encode(self.code_hash))?;
        writeln!(
            f,
            "hooks       {:.2} % of a block's computation, {:.2} % of its proof",
            share(self.used.ref_time(), self.limit.ref_time()),
            share(self.used.proof_size(), self.limit.proof_size())
        )?;
        write!(
            f,
            "checks      passed: migrations, decoding of the whole state, invariants of all pallets"
        )
    }
}

/// A runtime and the version that it states.
struct Code {
    blob: RuntimeBlob,
    version: RuntimeVersion,
}

impl Code {
    fn read(wasm: &[u8]) -> Result<Self, String> {
        let blob = RuntimeBlob::uncompress_if_needed(wasm).map_err(|e| e.to_string())?;
        let version = read_embedded_version(&blob).map_err(|e| e.to_string())?;
        let version = version.ok_or("it does not say its version")?;
        Ok(Self { blob, version })
    }

    fn checks_itself(&self) -> bool {
        // The identifier of an interface is the hash of its name, eight bytes long.
        let id = blake2_64(b"TryRuntime");
        self.version.apis.iter().any(|(known, _)| *known == id)
    }
}

/// Reads a runtime's file.
///
/// # Errors
///
/// If the file cannot be read or is too large.
pub fn read(path: &Path) -> Result<Vec<u8>, UpgradeError> {
    let bytes = fs::metadata(path)?.len();
    if bytes > MAX_RUNTIME_BYTES {
        return Err(UpgradeError::TooLarge(bytes));
    }
    Ok(fs::read(path)?)
}

/// Runs the upgrade of a state to a runtime, on a copy in memory.
///
/// # Errors
///
/// The reason for which the upgrade must not be proposed.
pub fn rehearse(mut state: Storage, wasm: Vec<u8>) -> Result<Report, UpgradeError> {
    let old = state.top.get(CODE).ok_or(UpgradeError::NoState)?;
    let old = Code::read(old).map_err(|_| UpgradeError::NoState)?;
    let new = Code::read(&wasm).map_err(UpgradeError::NoRuntime)?;
    let (from, to) = (Name::from(&old.version), Name::from(&new.version));
    if from.spec != to.spec || to.version <= from.version {
        return Err(UpgradeError::Version { old: from, new: to });
    }
    if !new.checks_itself() {
        return Err(UpgradeError::NoChecks);
    }
    let (code_hash, bytes) = (blake2_256(&wasm), wasm.len());
    state.top.insert(CODE.to_vec(), wasm);
    let mut state = BasicExternalities::new(state);
    let (used, limit) = check(new.blob, &mut state)?;
    if used.any_gt(limit) {
        return Err(UpgradeError::TooHeavy { used, limit });
    }
    Ok(Report {
        old: from,
        new: to,
        code_hash,
        bytes,
        used,
        limit,
    })
}

/// Returns the cost of the upgrade's hooks and the limit of a block.
fn check(
    code: RuntimeBlob,
    state: &mut dyn Externalities,
) -> Result<(Weight, Weight), UpgradeError> {
    let executor = Executor::builder().build();
    let answer = executor.uncached_call(code, state, false, METHOD, &[ALL_CHECKS]);
    let answer = answer.map_err(|error| {
        let reason = match error {
            ExecutorError::AbortedDueToPanic(panic) => panic.message,
            other => other.to_string(),
        };
        // The lines that follow are the trace of the machine code. The cause is in the log.
        UpgradeError::Checks(reason.lines().next().unwrap_or_default().into())
    })?;
    <(Weight, Weight)>::decode_all(&mut &answer[..])
        .map_err(|error| UpgradeError::Checks(format!("the answer does not decode: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain_spec;
    use clearproof_runtime::WASM_BINARY;
    use clearproof_runtime_next::WASM_BINARY as NEXT;
    use codec::Encode;
    use sp_runtime::BuildStorage;

    fn genesis() -> Storage {
        let spec = chain_spec::load("dev").expect("the program holds its wasm");
        spec.build_storage().expect("the preset fits the runtime")
    }

    fn next() -> Vec<u8> {
        NEXT.expect("built with the workspace").to_vec()
    }

    #[test]
    fn the_next_version_takes_over_the_development_chain() {
        let report = rehearse(genesis(), next()).expect("the state is sound");
        assert_eq!(report.old.version + 1, report.new.version);
        assert_eq!(report.code_hash, blake2_256(&next()));
        assert!(!report.used.any_gt(report.limit), "{report}");
    }

    #[test]
    fn the_chain_knows_its_own_version_and_the_rehearsal_is_one_higher() {
        let current = Code::read(WASM_BINARY.expect("built")).expect("it is a runtime");
        assert_eq!(
            current.version.spec_version,
            clearproof_runtime::VERSION.spec_version
        );
        assert!(
            !current.checks_itself(),
            "checks do not belong on the chain"
        );
        assert!(
            Code::read(&next())
                .expect("it is a runtime")
                .checks_itself()
        );
    }

    #[test]
    fn what_the_chain_would_refuse_is_refused_before() {
        let current = WASM_BINARY.expect("built").to_vec();
        let same = rehearse(genesis(), current.clone()).expect_err("the version is the same");
        assert!(matches!(same, UpgradeError::Version { .. }), "{same}");
        let mut upgraded = genesis();
        upgraded.top.insert(CODE.to_vec(), next());
        let back = rehearse(upgraded, current).expect_err("the version is lower");
        assert!(back.to_string().contains("clearproof 2"), "{back}");
        let garbage = rehearse(genesis(), vec![7; 100]).expect_err("no wasm");
        assert!(matches!(garbage, UpgradeError::NoRuntime(_)), "{garbage}");
        let empty = rehearse(Storage::default(), next()).expect_err("no state");
        assert!(matches!(empty, UpgradeError::NoState), "{empty}");
    }

    #[test]
    fn a_value_that_does_not_decode_and_a_broken_invariant_are_found() {
        use sp_crypto_hashing::twox_128;
        let key = |pallet: &str, item: &str| {
            [twox_128(pallet.as_bytes()), twox_128(item.as_bytes())].concat()
        };
        let mut odd = genesis();
        let policy = key("RiskPolicy", "CurrentPolicy");
        let known = odd.top.keys().any(|k| *k == policy);
        assert!(known, "the policy is stored elsewhere");
        odd.top.insert(policy, vec![0xff; 3]);
        let error = rehearse(odd, next()).expect_err("the policy does not decode");
        assert!(matches!(error, UpgradeError::Checks(_)), "{error}");

        // Everything decodes, but the history ends with another policy than the one in force.
        let mut broken = genesis();
        broken
            .top
            .insert(key("RiskPolicy", "Version"), 7u32.encode());
        let error = rehearse(broken, next()).expect_err("an invariant does not hold");
        assert!(matches!(error, UpgradeError::Checks(_)), "{error}");
    }

    #[test]
    fn the_runtime_fits_into_a_transaction() {
        let bytes = WASM_BINARY.expect("built").len() as u64;
        assert!(
            bytes <= MAX_RUNTIME_BYTES,
            "{bytes} bytes of compressed wasm"
        );
    }
}
