//! The Clearproof chain: pallets, runtime interfaces and genesis presets.
//!
//! A solo chain of the Polkadot SDK. BABE authors blocks, and GRANDPA finalises them. Equivocations
//! of either are proved with historical session roots and cost the validator its bond. `configs`
//! holds one file per group of pallets, [`apis`] the runtime interfaces, [`genesis_presets`] the
//! genesis states, and [`constants`] every number that more than one of them needs.
#![cfg_attr(not(feature = "std"), no_std)]
#![recursion_limit = "512"]
// The runtime's macros write items of their own, without documentation.
#![allow(missing_docs)]
// Configurations and interfaces name the runtime, as the SDK's documents do: `Self` would hide
// which runtime is meant.
#![allow(clippy::use_self)]

extern crate alloc;

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

pub mod apis;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarks;
pub mod configs;
pub mod constants;
pub mod development_circuits;
#[cfg(feature = "std")]
pub mod development_settings;
pub mod genesis_presets;
pub mod governance;
mod monitoring;
#[cfg(test)]
mod tests;
mod views;
pub mod weights;

use alloc::vec::Vec;
use pallet_session::historical as pallet_session_historical;
use sp_runtime::{
    MultiAddress, MultiSignature, generic, impl_opaque_keys,
    traits::{BlakeTwo256, IdentifyAccount, Verify},
};
use sp_version::RuntimeVersion;

/// A signature by any of the supported schemes.
pub type Signature = MultiSignature;
/// Identifies an account; derived from its public key.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;
/// An account as it is named in a transaction.
pub type Address = MultiAddress<AccountId, ()>;
/// Amount of the native token or of an asset, in its smallest unit.
pub type Balance = u128;
/// Identifies an asset of the assets pallet.
pub type AssetId = u32;
/// Number of transactions sent by an account.
pub type Nonce = u32;
/// Height of a block.
pub type BlockNumber = u32;
/// Hash of blocks and of state.
pub type Hash = sp_core::H256;
/// Milliseconds since the Unix epoch.
pub type Moment = u64;
/// Header of a block.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
/// A block.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;
/// A block with its justifications.
pub type SignedBlock = generic::SignedBlock<Block>;

/// The parts of a transaction besides call and signature, in this order.
pub type TxExtension = (
    frame_system::AuthorizeCall<Runtime>,
    frame_system::CheckNonZeroSender<Runtime>,
    frame_system::CheckSpecVersion<Runtime>,
    frame_system::CheckTxVersion<Runtime>,
    frame_system::CheckGenesis<Runtime>,
    frame_system::CheckMortality<Runtime>,
    frame_system::CheckNonce<Runtime>,
    frame_system::CheckWeight<Runtime>,
    pallet_transaction_payment::ChargeTransactionPayment<Runtime>,
    frame_metadata_hash_extension::CheckMetadataHash<Runtime>,
    frame_system::WeightReclaim<Runtime>,
);

/// A transaction as it is transmitted, its signature not yet checked.
pub type UncheckedExtrinsic =
    generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;
/// The data that a transaction's signature covers.
pub type SignedPayload = generic::SignedPayload<RuntimeCall, TxExtension>;

/// Executes blocks. Storage migrations are listed in `frame_system::Config::SingleBlockMigrations`.
pub type Executive = frame_executive::Executive<
    Runtime,
    Block,
    frame_system::ChainContext<Runtime>,
    Runtime,
    AllPalletsWithSystem,
>;

impl_opaque_keys! {
    /// A validator's keys.
    pub struct SessionKeys {
        pub babe: Babe,
        pub grandpa: Grandpa,
    }
}

/// The node's view of the chain's types. The node passes transactions on without decoding them, so
/// that it need not be rebuilt when the runtime gets a new call.
pub mod opaque {
    use super::{BlakeTwo256, BlockNumber, generic};
    pub use sp_runtime::OpaqueExtrinsic as UncheckedExtrinsic;

    /// Header of a block.
    pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
    /// A block whose transactions are opaque bytes.
    pub type Block = generic::Block<Header, UncheckedExtrinsic>;
    /// Hash of a block.
    pub type Hash = <BlakeTwo256 as sp_runtime::traits::Hash>::Output;
}

/// Defines the runtime's version. The attribute reads the numbers from the source text, so they
/// cannot be constants.
macro_rules! runtime_version {
    (spec $spec:tt, transaction $transaction:tt) => {
        /// Version of the runtime.
        #[sp_version::runtime_version]
        pub const VERSION: RuntimeVersion = RuntimeVersion {
            spec_name: alloc::borrow::Cow::Borrowed("clearproof"),
            impl_name: alloc::borrow::Cow::Borrowed("clearproof"),
            authoring_version: 1,
            spec_version: $spec,
            impl_version: 1,
            apis: apis::RUNTIME_API_VERSIONS,
            transaction_version: $transaction,
            system_version: 1,
        };
    };
}

// Raise `spec` with every release that changes behaviour, and `transaction` when the encoding of a
// call or of [`TxExtension`] changes.
#[cfg(not(feature = "next-version"))]
runtime_version!(spec 1, transaction 1);

// The version for rehearsals of upgrades: always one higher.
#[cfg(feature = "next-version")]
runtime_version!(spec 2, transaction 1);

/// BABE's configuration at genesis. Secondary slots carry a VRF output too, so that every block
/// adds to the randomness of an epoch and every slot has a block.
pub const BABE_GENESIS_EPOCH_CONFIG: sp_consensus_babe::BabeEpochConfiguration =
    sp_consensus_babe::BabeEpochConfiguration {
        c: constants::time::PRIMARY_PROBABILITY,
        allowed_slots: sp_consensus_babe::AllowedSlots::PrimaryAndSecondaryVRFSlots,
    };

/// The pallets. Indices are part of every call's encoding: never reuse or move one.
///
/// Genesis and hooks run in the order of these lines, not of the indices, which the macro calls
/// legacy ordering. The order matters as follows:
///
/// - `Babe` before `Session`, which asks it whether the session has ended;
/// - `Balances` before `ValidatorSet`, whose genesis holds bonds;
/// - `ValidatorSet` before `Session`, whose genesis asks it for the first set;
/// - `Session` before `Authorship`, because a session's first block is by an author of its own set;
/// - `OracleMembership` before `Oracle`, which it informs;
/// - `RiskPolicy` and `Oracle` before `MarketData`, whose snapshots are computed from both.
#[frame_support::runtime(legacy_ordering)]
mod runtime {
    #[runtime::runtime]
    #[runtime::derive(
        RuntimeCall,
        RuntimeEvent,
        RuntimeError,
        RuntimeOrigin,
        RuntimeFreezeReason,
        RuntimeHoldReason,
        RuntimeSlashReason,
        RuntimeLockId,
        RuntimeTask,
        RuntimeViewFunction
    )]
    pub struct Runtime;

    #[runtime::pallet_index(0)]
    pub type System = frame_system;
    #[runtime::pallet_index(1)]
    pub type Timestamp = pallet_timestamp;
    #[runtime::pallet_index(2)]
    pub type Babe = pallet_babe;

    #[runtime::pallet_index(10)]
    pub type Balances = pallet_balances;
    #[runtime::pallet_index(11)]
    pub type TransactionPayment = pallet_transaction_payment;
    #[runtime::pallet_index(12)]
    pub type Assets = pallet_assets;

    #[runtime::pallet_index(20)]
    pub type Offences = pallet_offences;
    #[runtime::pallet_index(21)]
    pub type Historical = pallet_session_historical;
    #[runtime::pallet_index(24)]
    pub type ValidatorSet = pallet_clearproof_validator_set;
    #[runtime::pallet_index(22)]
    pub type Session = pallet_session;
    #[runtime::pallet_index(3)]
    pub type Authorship = pallet_authorship;
    #[runtime::pallet_index(23)]
    pub type Grandpa = pallet_grandpa;

    #[runtime::pallet_index(30)]
    pub type Utility = pallet_utility;
    #[runtime::pallet_index(31)]
    pub type Sudo = pallet_sudo;

    #[runtime::pallet_index(32)]
    pub type Parameters = pallet_parameters;
    #[runtime::pallet_index(33)]
    pub type SafeMode = pallet_safe_mode;
    #[runtime::pallet_index(34)]
    pub type TxPause = pallet_tx_pause;

    #[runtime::pallet_index(40)]
    pub type OracleMembership = pallet_membership<Instance1>;
    #[runtime::pallet_index(41)]
    pub type Oracle = pallet_oracle;

    #[runtime::pallet_index(50)]
    pub type Custody = pallet_clearproof_custody;
    #[runtime::pallet_index(51)]
    pub type RiskPolicy = pallet_clearproof_risk_policy;
    #[runtime::pallet_index(52)]
    pub type MarketData = pallet_clearproof_market_data;
    #[runtime::pallet_index(53)]
    pub type Settlement = pallet_clearproof_settlement;

    #[runtime::pallet_index(60)]
    pub type Preimage = pallet_preimage;
    #[runtime::pallet_index(61)]
    pub type Scheduler = pallet_scheduler;
    #[runtime::pallet_index(62)]
    pub type ConvictionVoting = pallet_conviction_voting;
    #[runtime::pallet_index(63)]
    pub type Referenda = pallet_referenda;
    #[runtime::pallet_index(64)]
    pub type Origins = crate::governance::origins;
    #[runtime::pallet_index(65)]
    pub type Whitelist = pallet_whitelist;
    #[runtime::pallet_index(66)]
    pub type Committee = pallet_collective<Instance1>;
    #[runtime::pallet_index(67)]
    pub type Treasury = pallet_treasury;
}
