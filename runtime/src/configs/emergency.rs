//! The calls that still work when the chain, or a part of it, is paused.
//!
//! Safe mode refuses every call that is not essential ([`is_essential`]). A paused call is refused
//! alone; essential calls cannot be paused. The essential calls are those that pay money out or
//! keep the chain sound: the settlement of batches (which pays withdrawals), the replacement of
//! circuits, claims, prices, governance, validators' reports, and the clock.

use crate::{
    AccountId, Balance, Balances, BlockNumber, Runtime, RuntimeCall, RuntimeEvent,
    RuntimeHoldReason,
    constants::time::HOURS,
    governance::{EnsureEmergency, scaled_blocks},
};
use frame_support::{
    parameter_types,
    traits::{ConstU32, Contains, GetCallMetadata},
};
use frame_system::{EnsureRoot, EnsureWithSuccess};
use pallet_tx_pause::RuntimeCallNameOf;

/// Pallets whose calls are all essential.
pub(crate) const PALLETS: [&str; 22] = [
    "System",
    "Timestamp",
    "Babe",
    "Grandpa",
    "Session",
    "ValidatorSet",
    "Sudo",
    "Utility",
    "Preimage",
    "Scheduler",
    "ConvictionVoting",
    "Referenda",
    "Whitelist",
    "Committee",
    "Treasury",
    "Parameters",
    "SafeMode",
    "TxPause",
    "OracleMembership",
    "Oracle",
    "RiskPolicy",
    "MarketData",
];

/// Essential calls of other pallets.
pub(crate) const CALLS: [(&str, &str); 6] = [
    ("Settlement", "submit_batch"),
    ("Settlement", "set_paused"),
    ("Settlement", "register_circuit"),
    ("Settlement", "retire_circuit"),
    ("Settlement", "set_next_circuit"),
    ("Custody", "claim"),
];

/// Returns true if a call passes in safe mode and cannot be paused.
pub fn is_essential(pallet: &str, call: &str) -> bool {
    PALLETS.contains(&pallet) || CALLS.contains(&(pallet, call))
}

/// The set of essential calls.
pub struct Essential;

impl Contains<RuntimeCall> for Essential {
    fn contains(call: &RuntimeCall) -> bool {
        let name = call.get_call_metadata();
        is_essential(name.pallet_name, name.function_name)
    }
}

impl Contains<RuntimeCallNameOf<Runtime>> for Essential {
    fn contains((pallet, call): &RuntimeCallNameOf<Runtime>) -> bool {
        let text = |name| core::str::from_utf8(name);
        // The names of all calls are text. A name that is not text belongs to no call, and pausing
        // it has no effect.
        matches!((text(pallet), text(call)), (Ok(pallet), Ok(call)) if is_essential(pallet, call))
    }
}

parameter_types! {
    /// Number of blocks for which one decision puts the chain into safe mode.
    pub EmergencyDuration: BlockNumber = scaled_blocks(6 * HOURS);
    pub const NoDeposit: Option<Balance> = None;
    pub const NoDelay: Option<BlockNumber> = None;
}

/// Root or the committee, for the duration of one emergency decision.
type EnsureForAWhile = EnsureWithSuccess<EnsureEmergency, AccountId, EmergencyDuration>;

/// Safe mode cannot be entered against a deposit: it takes the committee or root. It ends by
/// itself.
impl pallet_safe_mode::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type Currency = Balances;
    type RuntimeHoldReason = RuntimeHoldReason;
    type WhitelistedCalls = Essential;
    type EnterDuration = EmergencyDuration;
    type ExtendDuration = EmergencyDuration;
    type EnterDepositAmount = NoDeposit;
    type ExtendDepositAmount = NoDeposit;
    type ForceEnterOrigin = EnsureForAWhile;
    type ForceExtendOrigin = EnsureForAWhile;
    type ForceExitOrigin = EnsureEmergency;
    type ForceDepositOrigin = EnsureRoot<AccountId>;
    type Notify = ();
    type ReleaseDelay = NoDelay;
    type WeightInfo = pallet_safe_mode::weights::SubstrateWeight<Runtime>;
}

impl pallet_tx_pause::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeCall = RuntimeCall;
    type PauseOrigin = EnsureEmergency;
    type UnpauseOrigin = EnsureEmergency;
    type WhitelistedCalls = Essential;
    type MaxNameLen = ConstU32<64>;
    type WeightInfo = pallet_tx_pause::weights::SubstrateWeight<Runtime>;
}
