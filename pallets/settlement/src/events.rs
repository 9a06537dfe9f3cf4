//! The events of the pallet.

use frame_support::pallet_macros::pallet_section;

/// The part of the pallet that `lib.rs` imports.
#[pallet_section]
mod events {
    /// The events of the pallet.
    #[pallet::event]
    #[pallet::generate_deposit(pub(super) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A circuit was registered.
        CircuitRegistered {
            /// Number.
            circuit: CircuitId,
            /// Version of the protocol that it proves.
            version: u16,
            /// Its dimensions.
            shape: Shape,
            /// Made by an insecure set-up.
            development: bool,
        },
        /// A circuit is to be retired, or the time of that was changed.
        CircuitRetirementSet {
            /// Number.
            circuit: CircuitId,
            /// When, and what takes its place.
            retirement: Retirement,
            /// By the urgent origin, which is bound by neither notice nor successor.
            urgent: bool,
        },
        /// A venue was created.
        VenueCreated {
            /// Number.
            venue: VenueId,
            /// Owner.
            owner: T::AccountId,
            /// Circuit.
            circuit: CircuitId,
        },
        /// A venue's operators were replaced.
        OperatorsSet {
            /// Venue.
            venue: VenueId,
            /// The accounts that may submit batches now.
            operators: Operators<T::AccountId>,
        },
        /// A pause of a venue was set or lifted.
        PausesChanged {
            /// Venue.
            venue: VenueId,
            /// Pauses in force now.
            pauses: Pauses,
        },
        /// A venue's owner set the batch from which on it proves with another circuit, or decided
        /// to keep the present one.
        NextCircuitSet {
            /// Venue.
            venue: VenueId,
            /// The circuit that it changes to, if any.
            next: Option<NextCircuit>,
        },
        /// A venue was closed and its deposit released.
        VenueClosed {
            /// Venue.
            venue: VenueId,
        },
        /// The insurance fund of a venue owed more than it had. The batch closes the fund's
        /// positions in an instrument against those of accounts on the other side, without their
        /// consent (auto-deleveraging). The number of lots is not public. Emitted before the
        /// batch's [`Event::BatchSettled`].
        Deleveraged {
            /// Venue.
            venue: VenueId,
            /// Instrument slot.
            instrument: Slot,
            /// Price of all these fills, 32.32 quote units per lot: the mark, moved by the batch's
            /// slack in the fund's favour.
            price: Price,
            /// Lower bound, 16.16, of maintenance margin over equity for every account whose
            /// positions were closed.
            rank: Factor,
        },
        /// A batch was verified and settled.
        BatchSettled {
            /// Venue.
            venue: VenueId,
            /// Batch number, counting from 1.
            number: BatchNumber,
            /// State root from now on.
            state_root: FieldBytes,
            /// Snapshot at which margin was checked.
            snapshot_number: SnapshotNumber,
            /// Number of chunks proven.
            chunks: u16,
            /// Number of deposits of the venue's queue consumed in all.
            deposits_consumed: u64,
            /// Number of withdrawals in this batch.
            withdrawals: u32,
            /// Number of those that could not be paid out and wait for a claim.
            withdrawals_kept: u32,
        },
    }
}
