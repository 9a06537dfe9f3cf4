//! The real runtime at its development genesis, on in-memory storage. Blocks here are what hooks
//! and calls make of them; consensus is the node's business.
#![allow(clippy::expect_used)]

use clearproof_primitives::{chain::FeedValue, field::FieldBytes, ids::VenueId, time::Millis};
use clearproof_runtime::{
    AccountId, MarketData, Oracle, Runtime, RuntimeGenesisConfig, RuntimeOrigin, Scheduler,
    Settlement, System, genesis_presets,
};
use frame_support::{BoundedVec, traits::Hooks};
use pallet_clearproof_market_data::{Feed, development};
use pallet_clearproof_settlement::Batch;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{BuildStorage, DispatchResult};

/// Time of block 1, milliseconds since the Unix epoch.
pub const START: Millis = Millis::new(1_700_000_000_000);
/// Milliseconds per block.
pub const BLOCK_TIME: Millis =
    Millis::new(clearproof_runtime::constants::time::MILLISECS_PER_BLOCK);

/// Storage after the development genesis.
pub fn development() -> sp_io::TestExternalities {
    let patch = genesis_presets::get_preset(&genesis_presets::DEVELOPMENT.into())
        .expect("the preset exists");
    let mut config =
        serde_json::to_value(RuntimeGenesisConfig::default()).expect("genesis is JSON");
    sc_chain_spec::json_merge(
        &mut config,
        serde_json::from_slice(&patch).expect("the preset is JSON"),
    );
    let genesis: RuntimeGenesisConfig =
        serde_json::from_value(config).expect("the preset fits the genesis");
    genesis.build_storage().expect("the genesis builds").into()
}

/// Starts a block: number, time, and the calls that are scheduled for it.
pub fn begin_block(number: u32) -> Millis {
    let now = START + BLOCK_TIME * u64::from(number);
    System::set_block_number(number);
    pallet_timestamp::Now::<Runtime>::put(now.get());
    Scheduler::on_initialize(number);
    now
}

/// Ends a block: the oracle's and the market data's hooks.
pub fn end_block(number: u32) {
    Oracle::on_finalize(number);
    MarketData::on_finalize(number);
}

/// Two oracle members feed one price to every market.
pub fn feed(price: u128) {
    let market = clearproof_runtime::constants::market::SHAPE;
    let underlyings = development::instruments(&market)
        .into_iter()
        .map(|listing| Feed::Underlying(listing.underlying));
    let assets = development::collateral(&market)
        .into_iter()
        .map(|c| Feed::Asset(c.asset));
    let values: Vec<_> = underlyings
        .chain(assets)
        .map(|feed| (feed, FeedValue::Price(price)))
        .collect();
    for member in [Sr25519Keyring::Alice, Sr25519Keyring::Bob] {
        let values = BoundedVec::truncate_from(values.clone());
        Oracle::feed_values(RuntimeOrigin::signed(member.to_account_id()), values)
            .expect("members may feed");
    }
}

/// Submits a batch; a refusal leaves the storage as it was, as it does in a block.
pub fn submit(who: &AccountId, batch: Batch) -> DispatchResult {
    frame_support::storage::with_storage_layer(|| {
        Settlement::submit_batch(RuntimeOrigin::signed(who.clone()), Box::new(batch))
    })
}

/// The venue's state root on the chain.
pub fn state_root(venue: VenueId) -> Option<FieldBytes> {
    Settlement::venue(venue).map(|venue| venue.state_root)
}
