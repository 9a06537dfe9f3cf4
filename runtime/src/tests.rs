//! The runtime as a whole: genesis, validators, refusals.
#![allow(clippy::unwrap_used)]

mod apis;
mod chain;
mod equivocations;
mod governance;
mod metadata;
mod policy;
mod validators;

use crate::{
    AccountId, Balances, OracleMembership, Runtime, RuntimeGenesisConfig, RuntimeOrigin, Session,
    SessionKeys, Sudo,
    constants::{block, money, time},
    genesis_presets,
};
use clearproof_primitives::{ids::VenueId, time::Millis};
use frame_support::{
    assert_noop, assert_ok,
    traits::{Hooks, SortedMembers},
};
use pallet_clearproof_market_data::{Feed, FeedValue};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::BuildStorage;

/// Returns externalities with the genesis of a preset.
fn ext_of(preset: &str) -> sp_io::TestExternalities {
    let mut ext = sp_io::TestExternalities::default();
    ext.execute_with(|| {
        let patch = genesis_presets::get_preset(&preset.into()).unwrap();
        let mut full = serde_json::to_value(RuntimeGenesisConfig::default()).unwrap();
        sc_chain_spec::json_merge(&mut full, serde_json::from_slice(&patch).unwrap());
        frame_support::genesis_builder_helper::build_state::<RuntimeGenesisConfig>(
            serde_json::to_vec(&full).unwrap(),
        )
        .unwrap();
    });
    ext
}

/// Sets the oracle's median of every market and asset to 1,000 quote units, at the present block's
/// time `now`.
fn say_prices(now: Millis) {
    pallet_timestamp::Now::<Runtime>::put(now.get());
    let shape = crate::constants::market::SHAPE;
    let underlyings = (0..shape.underlyings).map(Feed::Underlying);
    let assets = (1..shape.assets).map(|asset| Feed::Asset(asset as u8));
    for feed in underlyings.chain(assets) {
        let value = pallet_oracle::TimestampedValue {
            value: FeedValue::Price(1_000 << 32),
            timestamp: now.get(),
        };
        pallet_oracle::Values::<Runtime>::insert(feed, value);
    }
}

fn alice() -> AccountId {
    Sr25519Keyring::Alice.to_account_id()
}

fn bob() -> AccountId {
    Sr25519Keyring::Bob.to_account_id()
}

fn keys(account: Sr25519Keyring, finality: Ed25519Keyring) -> SessionKeys {
    SessionKeys {
        babe: account.public().into(),
        grandpa: finality.public().into(),
    }
}

#[test]
fn presets_build_what_their_names_say() {
    assert_eq!(genesis_presets::preset_names().len(), 3);
    ext_of(genesis_presets::DEVELOPMENT).execute_with(|| {
        assert_eq!(Session::validators(), vec![alice()]);
        assert_eq!(pallet_sudo::Key::<Runtime>::get(), Some(alice()));
        assert_eq!(OracleMembership::sorted_members().len(), 3);
    });
    ext_of(genesis_presets::LOCAL).execute_with(|| {
        use Sr25519Keyring::{Alice, Bob, Charlie, Dave};
        let mut four = [Alice, Bob, Charlie, Dave].map(|who| who.to_account_id());
        four.sort();
        assert_eq!(Session::validators(), four);
        assert_eq!(crate::ValidatorSet::members(), four);
        assert_eq!(crate::ValidatorSet::limits().minimum_validators, 3);
    });
    assert!(genesis_presets::get_preset(&"mainnet".into()).is_none());
}

#[test]
fn no_genesis_is_built_from_a_template_that_is_not_filled_in() {
    let patch = genesis_presets::get_preset(&genesis_presets::PRODUCTION.into()).unwrap();
    let patch: serde_json::Value = serde_json::from_slice(&patch).unwrap();
    assert_eq!(patch["settlement"]["allowDevelopmentKeys"], false);
    assert_eq!(patch.get("sudo"), None);
    let mut full = serde_json::to_value(RuntimeGenesisConfig::default()).unwrap();
    sc_chain_spec::json_merge(&mut full, patch);
    let full = serde_json::to_vec(&full).unwrap();
    let built = sp_io::TestExternalities::default().execute_with(|| {
        frame_support::genesis_builder_helper::build_state::<RuntimeGenesisConfig>(full)
    });
    assert!(built.is_err(), "a genesis was built");
}

#[test]
fn nobody_is_root_without_a_preset() {
    let mut ext: sp_io::TestExternalities = RuntimeGenesisConfig::default()
        .build_storage()
        .unwrap()
        .into();
    ext.execute_with(|| {
        assert_eq!(pallet_sudo::Key::<Runtime>::get(), None);
        assert_noop!(
            Sudo::set_key(RuntimeOrigin::signed(alice()), bob().into()),
            pallet_sudo::Error::<Runtime>::RequireSudo
        );
    });
}

#[test]
fn oracle_operators_feed_and_others_do_not() {
    ext_of(genesis_presets::DEVELOPMENT).execute_with(|| {
        use clearproof_primitives::chain::FeedValue::Price;
        use pallet_clearproof_market_data::OracleFeeds;
        let feed = Feed::Underlying(1);
        let latest = || crate::configs::clearproof::OracleAnswers::latest(&feed).map(|p| p.value);
        pallet_timestamp::Now::<Runtime>::put(1_000_000);
        let say = |who: Sr25519Keyring, price: u128| {
            crate::Oracle::feed_values(
                RuntimeOrigin::signed(who.to_account_id()),
                vec![(feed, Price(price))].try_into().unwrap(),
            )
        };
        assert_noop!(
            say(Sr25519Keyring::Eve, 5),
            pallet_oracle::Error::<Runtime>::NoPermission
        );
        assert_ok!(say(Sr25519Keyring::Alice, 10));
        assert_eq!(latest(), None, "one operator is not enough");
        assert_ok!(say(Sr25519Keyring::Bob, 30));
        assert_ok!(say(Sr25519Keyring::Charlie, 20));
        assert_eq!(latest(), Some(Price(20)));
    });
}

#[test]
fn development_tokens_are_the_listed_collateral() {
    use frame_support::traits::fungibles::metadata::Inspect;
    use pallet_clearproof_custody::AssetKind;
    ext_of(genesis_presets::DEVELOPMENT).execute_with(|| {
        let mut seen = 0;
        for listed in crate::MarketData::collateral() {
            let info = pallet_clearproof_custody::Assets::<Runtime>::get(listed.asset).unwrap();
            let AssetKind::Token(id) = info.kind else {
                panic!("asset {} is no token", listed.asset)
            };
            assert_eq!(
                crate::Assets::decimals(id),
                listed.decimals,
                "asset {}",
                listed.asset
            );
            seen += 1;
        }
        assert_eq!(seen, 3);
    });
}

#[test]
fn the_treasurys_account_is_the_sdks() {
    let account = <Runtime as pallet_clearproof_custody::Config>::Treasury::get();
    let mut bytes = [0; 32];
    bytes[..12].copy_from_slice(b"modlpy/trsry");
    assert_eq!(account, AccountId::from(bytes));
}

#[test]
fn a_protocol_fee_is_paid_to_an_account_that_did_not_exist() {
    use pallet_clearproof_custody::{Totals, VenueCustody};
    ext_of(genesis_presets::DEVELOPMENT).execute_with(|| {
        let (venue, quote) = (VenueId::new(0), 1);
        let treasury = <Runtime as pallet_clearproof_custody::Config>::Treasury::get();
        assert_ok!(crate::Custody::open(venue, &alice()));
        let origin = RuntimeOrigin::signed(alice());
        let custody = crate::Custody::custody_account(venue);
        let (id, to) = (codec::Compact(quote), custody.into());
        assert_ok!(crate::Assets::transfer(origin, id, to, 10));
        Totals::<Runtime>::mutate(venue, 0, |held| held.consumed = 10);
        assert_eq!(crate::Custody::apply_batch(venue, 0, &[], 1), Ok(0));
        assert_eq!(crate::Assets::balance(quote, &treasury), 1);
        assert_eq!(crate::Custody::claimable(venue, treasury, 0), 0);
    });
}

#[test]
fn snapshots_start_when_the_oracle_speaks() {
    ext_of(genesis_presets::DEVELOPMENT).execute_with(|| {
        use crate::{MarketData, configs::system::RuntimeBlockWeights, constants::market};
        let block = market::SNAPSHOT_INTERVAL;
        pallet_timestamp::Now::<Runtime>::put(1_000_000);
        MarketData::on_finalize(block);
        assert!(MarketData::latest_snapshot().is_none());
        say_prices(Millis::new(1_000_000));
        MarketData::on_finalize(2 * block);
        assert!(MarketData::latest_snapshot().is_some());
        let budget = RuntimeBlockWeights::get().max_block;
        assert!(
            MarketData::on_initialize(block).ref_time() < budget.ref_time() / 10,
            "a snapshot takes less than a tenth of a block"
        );
    });
}

#[test]
fn fees_go_to_the_author_or_are_burnt() {
    use crate::configs::money::ToAuthor;
    use frame_support::traits::{OnUnbalanced, fungible::Balanced};
    ext_of(genesis_presets::DEVELOPMENT).execute_with(|| {
        let issued = Balances::total_issuance();
        // No block is being authored here, so the fees have no receiver.
        ToAuthor::on_unbalanced(Balances::issue(money::CLR));
        assert_eq!(Balances::total_issuance(), issued);
    });
}

#[test]
fn a_block_computes_two_seconds_of_its_three() {
    let weights = crate::configs::system::RuntimeBlockWeights::get();
    assert_eq!(weights.max_block, block::MAX_WEIGHT);
    assert_eq!(weights.max_block.ref_time(), 2_000_000_000_000);
    assert!(
        u128::from(weights.max_block.ref_time()) / 1_000_000_000
            < u128::from(time::MILLISECS_PER_BLOCK)
    );
}

#[test]
fn our_pallets_use_their_own_weights() {
    use crate::weights::oracle;
    use pallet_clearproof_custody::weights as custody;
    use pallet_clearproof_market_data::weights as market_data;
    use pallet_clearproof_risk_policy::weights as risk_policy;
    use pallet_clearproof_settlement::weights as settlement;
    use pallet_clearproof_validator_set::weights as validator_set;
    fn same<A: 'static, B: 'static>() {
        assert_eq!(core::any::TypeId::of::<A>(), core::any::TypeId::of::<B>());
    }
    same::<
        <Runtime as pallet_clearproof_custody::Config>::WeightInfo,
        custody::SubstrateWeight<Runtime>,
    >();
    same::<
        <Runtime as pallet_clearproof_market_data::Config>::WeightInfo,
        market_data::SubstrateWeight<Runtime>,
    >();
    same::<
        <Runtime as pallet_clearproof_risk_policy::Config>::WeightInfo,
        risk_policy::SubstrateWeight<Runtime>,
    >();
    same::<
        <Runtime as pallet_clearproof_settlement::Config>::WeightInfo,
        settlement::SubstrateWeight<Runtime>,
    >();
    same::<
        <Runtime as pallet_clearproof_validator_set::Config>::WeightInfo,
        validator_set::SubstrateWeight<Runtime>,
    >();
    same::<<Runtime as pallet_oracle::Config>::WeightInfo, oracle::Weights<Runtime>>();
}
