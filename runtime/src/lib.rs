//! The Clearproof chain: pallets, runtime interfaces and genesis presets.
#![cfg_attr(not(feature = "std"), no_std)]
