//! Venues, verifying keys, batch verification and state roots.
#![cfg_attr(not(feature = "std"), no_std)]
