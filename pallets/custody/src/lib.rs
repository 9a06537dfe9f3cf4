//! Deposits, withdrawals and per-venue totals: where the money is.
#![cfg_attr(not(feature = "std"), no_std)]
