//! The governed risk policy, its bounds and cross-field checks.
#![cfg_attr(not(feature = "std"), no_std)]
