//! Venues, verifying keys, batch verification and state roots.
//!
//! A venue settles batches with [`Pallet::submit_batch`]. The call checks the header against the
//! state of the chain, recomputes every hash and public input, and verifies all proofs of the batch
//! in one randomised batch verification. Then it stores the new state root, consumes deposits and
//! pays withdrawals. If anything is wrong, the call fails with a named error and changes no state;
//! the transaction fee is still paid.
//!
//! Nothing is identified by a proof's bytes, because proofs can be re-randomised. A batch is
//! identified by venue and number, and bound to its submitter.
//!
//! Circuits are registered by governance and never change. A faulty one is retired: from a stated
//! time on it settles nothing, and its venues move to another circuit of their shape. Keys of an
//! insecure set-up are accepted only on chains whose genesis allows them.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
    not(test),
    warn(clippy::arithmetic_side_effects, clippy::indexing_slicing)
)]
extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
#[allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a benchmark stops if its set-up fails"
)]
mod benchmarking;
mod checks;
mod events;
mod keys;
mod market;
mod open_interest;
mod prices;
mod retirement;
#[cfg(any(test, feature = "runtime-benchmarks"))]
#[allow(clippy::arithmetic_side_effects)]
mod simulator;
mod submit;
mod types;
mod venues;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

use frame_support::pallet_macros::import_section;
pub use pallet::*;
#[cfg(feature = "runtime-benchmarks")]
pub use types::BenchmarkHelper;
pub use types::{
    Batch, BatchRecord, BatchSize, ChunkSubmission, Circuit, CircuitId, GenesisCircuit, KEY_BYTES,
    KeyBytes, MAX_CHUNKS, MAX_ENTRIES, MAX_OPERATORS, MAX_WITHDRAWALS, NextCircuit, Operators,
    Pauses, PriceList, ProofBytes, ProofKind, ProofRefusal, Retirement, STORED_KEY_BYTES,
    SnapshotProvider, StoredKey, Venue, VenueMarket,
};
pub use weights::WeightInfo;

/// The pallet.
// The pallet's attributes have short names in the prelude as well, which the lint would prefer.
#[allow(unused_qualifications)]
#[allow(clippy::expect_used, reason = "the attributes of FRAME expand to it")]
#[import_section(events::events)]
#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use alloc::{boxed::Box, vec::Vec};
    use clearproof_primitives::{
        chain::MAX_VENUES_LISTED,
        field::FieldBytes,
        fixed::{Factor, Price},
        ids::{BatchNumber, Slot, SnapshotNumber},
        shape::{MarketShape, Shape},
        time::Millis,
    };
    use frame_support::{
        pallet_prelude::*,
        traits::{EnsureOrigin, UnixTime, fungible},
    };
    use frame_system::pallet_prelude::*;
    use pallet_clearproof_custody::{VenueCustody, VenueId};

    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    /// Balances of the currency that venue deposits are held in.
    pub type BalanceOf<T> = <<T as Config>::Currency as fungible::Inspect<
        <T as frame_system::Config>::AccountId,
    >>::Balance;
    /// A venue as the pallet stores it.
    pub type VenueOf<T> = Venue<<T as frame_system::Config>::AccountId, BalanceOf<T>>;

    /// The pallet's state and calls.
    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    /// The pallet's dependencies on the runtime. Headers name submitters by 32 bytes, so accounts
    /// convert from and to them.
    #[pallet::config]
    pub trait Config:
        frame_system::Config<
            RuntimeEvent: From<Event<Self>>,
            AccountId: From<[u8; 32]> + Into<[u8; 32]>,
        >
    {
        /// Holds the venues' deposits.
        type Currency: fungible::MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>
            + fungible::Mutate<Self::AccountId>;

        /// The runtime's hold reasons.
        type RuntimeHoldReason: From<HoldReason>;

        /// The venues' money.
        type Custody: VenueCustody<Self::AccountId>;

        /// The chain's snapshots.
        type Snapshots: SnapshotProvider;

        /// The time of the present block.
        type Time: UnixTime;

        /// The origin that may pause any venue.
        type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

        /// The origin that may pause any venue's deposits.
        type EmergencyOrigin: EnsureOrigin<Self::RuntimeOrigin>;

        /// The origin that registers circuits.
        type CircuitOrigin: EnsureOrigin<Self::RuntimeOrigin>;

        /// The origin that may retire a circuit at once, whatever venues it leaves without a
        /// successor.
        type UrgentCircuitOrigin: EnsureOrigin<Self::RuntimeOrigin>;

        /// Least time from the announcement of a circuit's retirement until then, milliseconds.
        #[pallet::constant]
        type RetirementNotice: Get<Millis>;

        /// The market's dimensions: every circuit must be made for them.
        #[pallet::constant]
        type Market: Get<MarketShape>;

        /// Held from a venue's owner until it is closed.
        #[pallet::constant]
        type VenueDeposit: Get<BalanceOf<Self>>;

        /// Time after the taking of the next snapshot for which a batch's auctions may still use
        /// the last one, milliseconds.
        #[pallet::constant]
        type SnapshotGrace: Get<Millis>;

        /// Largest age of a batch's last auction when it settles, milliseconds. It limits the
        /// hindsight of an operator who withholds batches, and the time for proving.
        #[pallet::constant]
        type MaxBatchAge: Get<Millis>;

        /// Number of each venue's last batches that are remembered; at least 1.
        #[pallet::constant]
        type RootHistory: Get<u32>;

        /// Weights of the calls.
        type WeightInfo: WeightInfo;

        /// Prepares the state for benchmarks.
        #[cfg(feature = "runtime-benchmarks")]
        type BenchmarkHelper: BenchmarkHelper;
    }

    /// The reasons for which funds of a venue's owner are held.
    #[pallet::composite_enum]
    pub enum HoldReason {
        /// For a venue, until it is closed.
        VenueDeposit,
    }

    /// Registered circuits. Entries never change and never go away: [`Retirements`] is apart.
    #[pallet::storage]
    pub type Circuits<T: Config> = StorageMap<_, Twox64Concat, CircuitId, Circuit>;

    /// Retirements of circuits, past and to come.
    #[pallet::storage]
    pub type Retirements<T: Config> = StorageMap<_, Twox64Concat, CircuitId, Retirement>;

    /// Number of venues whose last batch, or founding, was under each circuit.
    #[pallet::storage]
    pub type CircuitVenues<T: Config> = StorageMap<_, Twox64Concat, CircuitId, u32, ValueQuery>;

    /// True if keys of an insecure set-up may be registered. Set at genesis only.
    #[pallet::storage]
    pub type DevelopmentKeysAllowed<T: Config> = StorageValue<_, bool, ValueQuery>;

    /// Number of the next venue; numbers are never used twice.
    #[pallet::storage]
    pub type NextVenue<T: Config> = StorageValue<_, VenueId, ValueQuery>;

    /// Venues by number.
    #[pallet::storage]
    pub type Venues<T: Config> = StorageMap<_, Twox64Concat, VenueId, VenueOf<T>>;

    /// The last `RootHistory` batches of each venue, by venue and batch number.
    #[pallet::storage]
    pub type Batches<T: Config> = StorageDoubleMap<
        _,
        Twox64Concat,
        VenueId,
        Twox64Concat,
        BatchNumber,
        BatchRecord<BlockNumberFor<T>>,
    >;

    /// Funding indices and open interest of each venue that has settled a batch.
    #[pallet::storage]
    pub type VenueMarkets<T: Config> =
        StorageMap<_, Twox64Concat, VenueId, VenueMarket<T::Market>, OptionQuery>;

    /// Number of venues that hold positions in each instrument slot.
    #[pallet::storage]
    pub type HoldingVenues<T: Config> = StorageMap<_, Twox64Concat, Slot, u32, ValueQuery>;

    /// Circuits registered at genesis.
    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// True on development chains only.
        pub allow_development_keys: bool,
        /// Circuits.
        pub circuits: Vec<GenesisCircuit>,
        /// Holds no value.
        #[serde(skip)]
        pub _config: PhantomData<T>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            DevelopmentKeysAllowed::<T>::put(self.allow_development_keys);
            Pallet::<T>::add_genesis_circuits(&self.circuits);
        }
    }

    /// The reasons for which a call is refused.
    #[pallet::error]
    pub enum Error<T> {
        /// No circuit is registered under this number.
        UnknownCircuit,
        /// The circuit's number is in use and circuits never change: use a new number.
        CircuitExists,
        /// The circuit's market must have this chain's dimensions.
        MarketMismatch,
        /// A dimension is 0, there are more than 16 steps or 256 price entries per chunk or more
        /// than 64 orders, fills or positions, or the tree is deeper than 16.
        ShapeOutOfRange,
        /// This chain does not encode headers of the circuits' version: upgrade the runtime first.
        UnsupportedVersion,
        /// The circuit is retired, or is about to be without a successor: choose another one.
        CircuitRetired,
        /// `at`: a retirement is announced seven days ahead at least; only root retires sooner.
        RetirementTooSoon,
        /// Venues are still proven with the circuit: name a successor of its shape that they can
        /// change to, or wait until they are closed.
        CircuitInUse,
        /// A verifying key is not 584 bytes of canonical points on the curve and in the subgroup.
        MalformedKey,
        /// A verifying key must have exactly one public input.
        KeyInputCount,
        /// False statements can be proven with this key: an identity element, delta = gamma or
        /// delta a generator.
        UnsafeKey,
        /// This chain accepts no keys of an insecure set-up: register keys of a ceremony.
        DevelopmentKeyRefused,
        /// No venue has this number.
        UnknownVenue,
        /// Only the venue's owner may do this.
        NotOwner,
        /// `circuit`: made for another shape, or for a version that encodes accounts in another
        /// way; choose one that the venue's accounts fit.
        CircuitOfOtherShape,
        /// `from_batch`: settled already; name one that is still to come.
        BatchAlreadySettled,
        /// The venue is paused, by its owner or by the chain's admin, or its deposits by the
        /// committee.
        VenuePaused,
        /// There are no venue numbers left.
        VenueNumbersExhausted,
        /// The header's version is not that of the venue's circuit: use the operator's software of
        /// that version.
        WrongVersion,
        /// The header is for another chain.
        WrongGenesis,
        /// The caller is not an operator of the header's venue.
        NotOperator,
        /// The header names another submitter.
        WrongSubmitter,
        /// The batch number does not follow the venue's last: the batch was settled already, or one
        /// is missing.
        WrongBatchNumber,
        /// The batch starts from another state root than the venue's: prove it again from the
        /// present one.
        StaleRoot,
        /// A batch needs at least one chunk.
        NoChunks,
        /// The header's chunk count is not the number of chunks.
        ChunkCountMismatch,
        /// The header's withdrawal count is not the number of withdrawals.
        WithdrawalCountMismatch,
        /// The chain has not taken this snapshot, or no longer remembers it: use a recent one.
        UnknownSnapshot,
        /// The snapshot of this number has another hash.
        SnapshotMismatch,
        /// The header's protocol share is not its snapshot's: take it from there, and prove the
        /// batch again.
        ProtocolShareMismatch,
        /// The header's protocol fee must be below 2^63.
        ProtocolFeeTooLarge,
        /// The time span ends before it begins.
        TimeSpanReversed,
        /// The time span ends after the present block's time: submit later.
        TimeSpanInFuture,
        /// The time span ended too long ago: trade again at a recent snapshot, and prove faster.
        TimeSpanTooOld,
        /// The time span does not lie after the last batch's.
        TimeSpanOverlaps,
        /// The time span begins before the snapshot was taken: use the snapshot before.
        SnapshotTooNew,
        /// The time span ends too long after the next snapshot was taken: use that one.
        SnapshotTooOld,
        /// The header's funding indices are not the venue's: prove the batch again with the present
        /// ones.
        FundingMismatch,
        /// The batch's open interest is not one value per instrument slot, or not what its header
        /// names.
        OpenInterestMismatch,
        /// Open interest must be below 2^60 lots per instrument: settle fewer in this venue.
        OpenInterestOutOfRange,
        /// An instrument's open interest grew beyond the policy's cap: fill only orders that reduce
        /// positions in it, until it is below.
        OpenInterestAboveCap,
        /// A chunk has more price entries than its circuit allows.
        TooManyPrices,
        /// A chunk's price entries must be strictly ascending by instrument and time, an auction's
        /// before deleveraging's.
        PricesUnsorted,
        /// A price must not be 0.
        PriceZero,
        /// A price's time is outside the header's time span.
        PriceTime,
        /// A price's instrument has no mark in the snapshot: it is not listed, or halted.
        InstrumentNotListed,
        /// A price is further from the snapshot's mark than the policy's band: clear nearer to it,
        /// or not at all; deleverage with less slack.
        PriceOutsideBand,
        /// A price of deleveraging must be the mark, moved by the header's slack: up where the
        /// insurance fund sells, down where it buys.
        DeleveragePrice,
        /// An auction's price entry names a side of the insurance fund.
        SideOfAuction,
        /// An instrument has two prices in one auction, or two prices or both sides of deleveraging
        /// in the batch: use one.
        PriceConflict,
        /// A field element must be below the modulus of BN254's scalar field.
        NonCanonicalField,
        /// The header's prices hash is not that of the chunks' price lists.
        PricesHashMismatch,
        /// The header's withdrawals hash is not that of the withdrawals.
        WithdrawalsHashMismatch,
        /// A proof's bytes are not canonical points on the curve and in the subgroup.
        MalformedProof,
        /// At least one proof does not hold for this batch.
        ProofRejected,
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Registers a pair of circuits under a free number, for good. Circuit origin.
        ///
        /// `version` is the protocol's version that both circuits have as a constant. Keys are 584
        /// bytes each: α, β, γ, δ, the count 2, and two points, uncompressed.
        /// `development` states that they were made by an insecure set-up.
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::register_circuit())]
        pub fn register_circuit(
            origin: OriginFor<T>,
            circuit: CircuitId,
            version: u16,
            shape: Shape,
            chunk_key: KeyBytes,
            closing_key: KeyBytes,
            development: bool,
        ) -> DispatchResult {
            T::CircuitOrigin::ensure_origin(origin)?;
            Self::add_circuit(circuit, version, shape, chunk_key, closing_key, development)?;
            Self::deposit_event(Event::CircuitRegistered {
                circuit,
                version,
                shape,
                development,
            });
            Ok(())
        }

        /// Creates a venue owned by the caller. Holds `VenueDeposit` from the caller until the
        /// venue is closed, and moves the currency's minimum balance to the venue's custody
        /// account.
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::create_venue())]
        pub fn create_venue(
            origin: OriginFor<T>,
            operators: Operators<T::AccountId>,
            circuit: CircuitId,
        ) -> DispatchResult {
            let owner = ensure_signed(origin)?;
            let venue = Self::found(owner.clone(), operators, circuit)?;
            Self::deposit_event(Event::VenueCreated {
                venue,
                owner,
                circuit,
            });
            Ok(())
        }

        /// Replaces a venue's operators. Owner only.
        #[pallet::call_index(2)]
        #[pallet::weight(T::WeightInfo::set_operators())]
        pub fn set_operators(
            origin: OriginFor<T>,
            venue: VenueId,
            operators: Operators<T::AccountId>,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::as_owner(venue, &who, |state| state.operators = operators.clone())?;
            Self::deposit_event(Event::OperatorsSet { venue, operators });
            Ok(())
        }

        /// Pauses a venue, or lifts the pause. The owner and the admin origin each have a pause of
        /// deposits and batches. The emergency origin has one of deposits alone, so that it cannot
        /// hold back money. Each lifts its own pause, and the venue works while none is set.
        #[pallet::call_index(3)]
        #[pallet::weight(T::WeightInfo::set_paused())]
        pub fn set_paused(origin: OriginFor<T>, venue: VenueId, paused: bool) -> DispatchResult {
            Self::pause(origin, venue, paused)
        }

        /// Closes a venue that owes nothing and releases its deposit. Owner only.
        #[pallet::call_index(4)]
        #[pallet::weight(T::WeightInfo::close_venue(T::RootHistory::get()))]
        pub fn close_venue(origin: OriginFor<T>, venue: VenueId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::wind_up(venue, &who)?;
            Self::deposit_event(Event::VenueClosed { venue });
            Ok(())
        }

        /// Verifies a batch and settles it. Operators of the header's venue only.
        #[pallet::call_index(5)]
        #[pallet::weight(Pallet::<T>::weight_of(batch))]
        pub fn submit_batch(origin: OriginFor<T>, batch: Box<Batch>) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::settle(&who, &batch)
        }

        /// Sets the batch from which on a venue proves with another registered circuit of its
        /// shape; `None` keeps the present one. Owner only. Batches before it are proven with the
        /// present circuit, later ones with the other alone.
        #[pallet::call_index(6)]
        #[pallet::weight(T::WeightInfo::set_next_circuit())]
        pub fn set_next_circuit(
            origin: OriginFor<T>,
            venue: VenueId,
            next: Option<NextCircuit>,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::change_circuit(venue, &who, next)?;
            Self::deposit_event(Event::NextCircuitSet { venue, next });
            Ok(())
        }

        /// Retires a circuit from a time on, milliseconds since the Unix epoch. Then no batch is
        /// accepted that must be proven with it, no deposit to a venue whose next batch is such a
        /// one, and no venue is founded with it or changes to it. Until then the call can be made
        /// again; afterwards the retirement is final.
        ///
        /// The circuit origin announces it `RetirementNotice` ahead at least. It names a
        /// `successor` of the same shape that the venues can change to, or none if no venue is on
        /// the circuit; in that case none can be founded from the announcement on. The urgent
        /// origin is bound by neither.
        #[pallet::call_index(7)]
        #[pallet::weight(T::WeightInfo::retire_circuit())]
        pub fn retire_circuit(
            origin: OriginFor<T>,
            circuit: CircuitId,
            at: Millis,
            successor: Option<CircuitId>,
        ) -> DispatchResult {
            let urgent = Self::ensure_may_retire(origin)?;
            let retirement = Self::retire(circuit, at, successor, urgent)?;
            Self::deposit_event(Event::CircuitRetirementSet {
                circuit,
                retirement,
                urgent,
            });
            Ok(())
        }
    }

    #[pallet::view_functions]
    impl<T: Config> Pallet<T> {
        /// Returns a venue's state.
        pub fn venue(venue: VenueId) -> Option<VenueOf<T>> {
            Venues::<T>::get(venue)
        }

        /// Returns the numbers of the venues, ascending, starting with `from`; at most 512.
        pub fn venues(from: VenueId) -> Vec<VenueId> {
            (from.get()..NextVenue::<T>::get().get())
                .map(VenueId::new)
                .filter(|venue| Venues::<T>::contains_key(venue))
                .take(MAX_VENUES_LISTED)
                .collect()
        }

        /// Returns a settled batch, while it is among the last `RootHistory`.
        pub fn batch(
            venue: VenueId,
            number: BatchNumber,
        ) -> Option<BatchRecord<BlockNumberFor<T>>> {
            Batches::<T>::get(venue, number)
        }

        /// Returns a registered circuit.
        pub fn circuit(circuit: CircuitId) -> Option<Circuit> {
            Circuits::<T>::get(circuit)
        }

        /// Returns a circuit's retirement, announced or past.
        pub fn retirement(circuit: CircuitId) -> Option<Retirement> {
            Retirements::<T>::get(circuit)
        }

        /// Checks one proof against a registered key, as the proofs of a batch are checked. A
        /// retired circuit's key is accepted.
        pub fn verify_proof(
            circuit: CircuitId,
            kind: ProofKind,
            proof: Vec<u8>,
            public_input: FieldBytes,
        ) -> Result<(), ProofRefusal> {
            Self::check_proof(circuit, kind, &proof, public_input)
        }
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        #[cfg(feature = "try-runtime")]
        fn try_state(_block: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::check_holders()?;
            Self::check_circuits()
        }

        fn integrity_test() {
            assert!(
                T::RootHistory::get() > 0,
                "the last batch must be remembered"
            );
            assert_eq!(
                clearproof_bn254_host::groth16::PROOF_BYTES,
                clearproof_primitives::submission::PROOF_BYTES,
                "batches carry proofs as the verifier decodes them"
            );
        }
    }
}
