//! The venue as a pure state machine: accounts, books, call auctions, margin, batch building.
