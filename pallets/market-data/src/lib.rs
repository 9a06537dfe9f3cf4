//! Instruments, index prices, and the snapshots that proofs are bound to.
#![cfg_attr(not(feature = "std"), no_std)]
