//! Referenda, the committee, safe mode, paused calls, parameters, the treasury.
use super::{alice, bob, ext_of};
use crate::{
    AccountId, Balances, BlockNumber, Committee, ConvictionVoting, OriginCaller, Preimage,
    Referenda, Runtime, RuntimeCall, RuntimeEvent, RuntimeGenesisConfig, RuntimeOrigin, SafeMode,
    Scheduler, System, Treasury,
    configs::emergency::{Essential, is_essential},
    constants::{
        money::CLR,
        time::{DAYS, HOURS},
    },
    genesis_presets,
    governance::{
        Scaled, TreasuryAccount,
        origins::{Origin, PeriodDivisor},
        tracks::Tracks,
    },
};
use clearproof_primitives::{
    fixed::Rate,
    ids::{Slot, VenueId},
};
use codec::Encode;
use frame_support::{
    assert_noop, assert_ok,
    dispatch::GetDispatchInfo,
    traits::{
        Contains, Get, Hooks, StorePreimage, fungible::NativeOrWithId, schedule::DispatchTime,
    },
};
use pallet_conviction_voting::{AccountVote, Conviction, Vote};
use pallet_referenda::{ReferendumInfo, TracksInfo};
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
    BuildStorage, DispatchError,
    traits::{BlakeTwo256, Dispatchable, Hash},
};

/// A day on a development chain, blocks.
const DAY: BlockNumber = 2;

fn signed(who: Sr25519Keyring) -> RuntimeOrigin {
    RuntimeOrigin::signed(who.to_account_id())
}

/// Runs referenda and scheduled calls up to a block.
fn run_to(block: BlockNumber) {
    while System::block_number() < block {
        let next = System::block_number() + 1;
        System::set_block_number(next);
        Scheduler::on_initialize(next);
        Treasury::on_initialize(next);
    }
}

fn wait(blocks: BlockNumber) {
    run_to(System::block_number() + blocks);
}

/// Submits a call as a referendum and votes for it with a part of all tokens.
fn propose(origin: impl Into<OriginCaller>, call: RuntimeCall, voters: usize) -> u32 {
    let proposal = Preimage::bound(call).unwrap();
    let index = pallet_referenda::ReferendumCount::<Runtime>::get();
    assert_ok!(Referenda::submit(
        signed(Sr25519Keyring::Dave),
        Box::new(origin.into()),
        proposal,
        DispatchTime::After(0)
    ));
    assert_ok!(Referenda::place_decision_deposit(
        signed(Sr25519Keyring::Dave),
        index
    ));
    for voter in Sr25519Keyring::iter().take(voters) {
        assert_ok!(ConvictionVoting::vote(
            signed(voter),
            index,
            AccountVote::Standard {
                vote: Vote {
                    aye: true,
                    conviction: Conviction::Locked1x
                },
                balance: 900_000 * CLR,
            }
        ));
    }
    index
}

fn referendum(index: u32) -> Option<pallet_referenda::ReferendumInfoOf<Runtime, ()>> {
    pallet_referenda::ReferendumInfoFor::<Runtime>::get(index)
}

fn halt(slot: u16, halted: bool) -> RuntimeCall {
    RuntimeCall::MarketData(pallet_clearproof_market_data::Call::set_halted {
        slot: Slot::new(slot),
        halted,
    })
}

fn is_halted(slot: u16) -> bool {
    let instruments = pallet_clearproof_market_data::Instruments::<Runtime>::get();
    instruments[&Slot::new(slot)].halted
}

/// Has two of the committee's three members vote for a call.
pub(super) fn committee(call: RuntimeCall) -> frame_support::dispatch::DispatchResultWithPostInfo {
    let hash = BlakeTwo256::hash_of(&call);
    let index = pallet_collective::ProposalCount::<Runtime, pallet_collective::Instance1>::get();
    let length = call.encoded_size() as u32;
    let weight = call.get_dispatch_info().call_weight;
    Committee::propose(signed(Sr25519Keyring::Alice), 2, Box::new(call), length)?;
    for member in [Sr25519Keyring::Alice, Sr25519Keyring::Bob] {
        Committee::vote(signed(member), hash, index, true)?;
    }
    Committee::close(signed(Sr25519Keyring::Eve), hash, index, weight, length)
}

/// Returns the result of the committee's last motion.
pub(super) fn outcome() -> Result<(), DispatchError> {
    let events = System::events().into_iter().rev();
    let executed = events.filter_map(|record| match record.event {
        RuntimeEvent::Committee(pallet_collective::Event::Executed { result, .. }) => Some(result),
        _ => None,
    });
    executed.take(1).next().expect("a motion was executed")
}

pub(super) fn development(test: impl FnOnce()) {
    ext_of(genesis_presets::DEVELOPMENT).execute_with(|| {
        System::set_block_number(1);
        test();
    });
}

#[test]
fn a_referendum_on_markets_halts_one_and_only_after_its_periods() {
    development(|| {
        let index = propose(Origin::MarketAdmin, halt(0, true), 6);
        wait(1);
        assert!(!is_halted(0));
        wait(20 * DAY);
        assert!(is_halted(0), "{:?}", referendum(index));
        assert!(matches!(
            referendum(index),
            Some(ReferendumInfo::Approved(..))
        ));
    });
}

#[test]
fn a_referendum_without_support_changes_nothing() {
    development(|| {
        let index = propose(Origin::MarketAdmin, halt(0, true), 0);
        wait(40 * DAY);
        assert!(!is_halted(0));
        assert!(matches!(
            referendum(index),
            Some(ReferendumInfo::Rejected(..))
        ));
    });
}

#[test]
fn each_origin_does_its_own_and_no_more() {
    development(|| {
        let info = pallet_clearproof_custody::Assets::<Runtime>::get(0).unwrap();
        let register = RuntimeCall::Custody(pallet_clearproof_custody::Call::register_asset {
            asset: 0,
            kind: info.kind,
            minimum_deposit: info.minimum_deposit,
        });
        let calls = [
            (halt(0, true), Origin::MarketAdmin),
            (register, Origin::MarketAdmin),
        ];
        let all = [
            Origin::WhitelistedCaller,
            Origin::RiskAdmin,
            Origin::MarketAdmin,
            Origin::CircuitAdmin,
            Origin::ValidatorAdmin,
            Origin::Treasurer,
            Origin::ReferendumCanceller,
        ];
        for (call, allowed) in calls {
            for origin in all.into_iter().filter(|origin| *origin != allowed) {
                assert_noop!(
                    call.clone().dispatch(origin.into()),
                    DispatchError::BadOrigin
                );
            }
            let passed = call.dispatch(allowed.into());
            assert_ne!(
                passed.map_err(|e| e.error),
                Err(DispatchError::BadOrigin),
                "{allowed:?}"
            );
        }
    });
}

#[test]
fn every_origin_has_its_track_and_tracks_are_sorted() {
    development(|| {
        assert_ok!(Tracks::check_integrity());
        let tracks: Vec<_> = Tracks::tracks().map(|track| track.id).collect();
        assert_eq!(tracks, [0, 1, 10, 11, 12, 13, 20, 30]);
        let of = |origin: OriginCaller| Tracks::track_for(&origin);
        assert_eq!(of(frame_system::RawOrigin::Root.into()), Ok(0));
        assert_eq!(of(Origin::RiskAdmin.into()), Ok(10));
        assert_eq!(of(Origin::ReferendumCanceller.into()), Ok(30));
        assert_eq!(of(frame_system::RawOrigin::Signed(alice()).into()), Err(()));
    });
}

#[test]
fn periods_are_divided_on_development_chains_alone() {
    let mut production: sp_io::TestExternalities = RuntimeGenesisConfig::default()
        .build_storage()
        .unwrap()
        .into();
    let decision = || Tracks::info(10).unwrap().decision_period;
    production.execute_with(|| {
        assert_eq!(PeriodDivisor::<Runtime>::get(), 1);
        assert_eq!((Scaled::<DAYS>::get(), decision()), (DAYS, 7 * DAYS));
    });
    development(|| {
        assert_eq!((Scaled::<DAYS>::get(), decision()), (DAY, 7 * DAY));
        assert_eq!(Scaled::<HOURS>::get(), 1, "never nothing");
    });
}

#[test]
fn the_committee_halts_a_market_and_cannot_let_it_trade() {
    development(|| {
        assert_ok!(committee(halt(0, true)));
        assert_eq!(outcome(), Ok(()));
        assert!(is_halted(0));
        assert_ok!(committee(halt(0, false)));
        assert_eq!(outcome(), Err(DispatchError::BadOrigin));
        assert!(is_halted(0));
        // One member alone does not have the committee's power.
        assert_noop!(
            halt(1, true).dispatch(signed(Sr25519Keyring::Alice)),
            DispatchError::BadOrigin
        );
    });
}

#[test]
fn the_committee_moves_no_money() {
    development(|| {
        let transfer = RuntimeCall::Balances(pallet_balances::Call::force_transfer {
            source: alice().into(),
            dest: bob().into(),
            value: CLR,
        });
        let spend = RuntimeCall::Treasury(pallet_treasury::Call::spend {
            asset_kind: Box::new(NativeOrWithId::Native),
            amount: CLR,
            beneficiary: Box::new(bob().into()),
            valid_from: None,
        });
        let policy = RuntimeCall::Parameters(pallet_parameters::Call::set_parameter {
            key_value: crate::configs::parameters::RuntimeParameters::Oracle(
                crate::configs::parameters::dynamic::oracle::Parameters::MinimumFeeds(
                    crate::configs::parameters::dynamic::oracle::MinimumFeeds,
                    Some(9),
                ),
            ),
        });
        for call in [transfer, spend, policy] {
            assert_ok!(committee(call));
            assert_eq!(outcome(), Err(DispatchError::BadOrigin));
        }
    });
}

#[test]
fn safe_mode_stops_transfers_but_nothing_that_pays_out_or_governs_and_ends_by_itself() {
    development(|| {
        let transfer = RuntimeCall::Balances(pallet_balances::Call::transfer_keep_alive {
            dest: bob().into(),
            value: CLR,
        });
        let deposit = RuntimeCall::Custody(pallet_clearproof_custody::Call::deposit {
            venue: VenueId::new(0),
            asset: 0,
            amount: 1,
            owner: clearproof_primitives::babyjubjub::BASE8.compress(),
        });
        let claim = RuntimeCall::Custody(pallet_clearproof_custody::Call::claim {
            venue: VenueId::new(0),
            asset: 0,
            to: alice(),
        });
        let filtered = DispatchError::from(frame_system::Error::<Runtime>::CallFiltered);
        assert_ok!(committee(RuntimeCall::SafeMode(
            pallet_safe_mode::Call::force_enter {}
        )));
        assert_eq!(outcome(), Ok(()));
        for call in [transfer.clone(), deposit] {
            assert_noop!(call.dispatch(signed(Sr25519Keyring::Alice)), filtered);
        }
        let refused = claim.dispatch(signed(Sr25519Keyring::Alice));
        assert_ne!(refused.map_err(|e| e.error), Err(filtered));
        // A referendum proceeds in the meantime.
        propose(Origin::MarketAdmin, halt(0, true), 6);
        run_to(40);
        assert!(is_halted(0));
        SafeMode::on_initialize(System::block_number());
        assert_ok!(transfer.dispatch(signed(Sr25519Keyring::Alice)));
    });
}

#[test]
fn what_is_essential_cannot_be_paused() {
    development(|| {
        let pause = |pallet: &str, call: &str| {
            let name = |text: &str| text.as_bytes().to_vec().try_into().unwrap();
            let full_name = (name(pallet), name(call));
            committee(RuntimeCall::TxPause(pallet_tx_pause::Call::pause {
                full_name,
            }))
            .unwrap();
            outcome()
        };
        assert_ok!(pause("Balances", "transfer_keep_alive"));
        let transfer = RuntimeCall::Balances(pallet_balances::Call::transfer_keep_alive {
            dest: bob().into(),
            value: CLR,
        });
        assert_noop!(
            transfer.dispatch(signed(Sr25519Keyring::Alice)),
            frame_system::Error::<Runtime>::CallFiltered
        );
        for (pallet, call) in [
            ("Settlement", "submit_batch"),
            ("Custody", "claim"),
            ("Oracle", "feed_values"),
            ("Referenda", "submit"),
            ("Timestamp", "set"),
        ] {
            let unpausable = pallet_tx_pause::Error::<Runtime>::Unpausable;
            assert_eq!(pause(pallet, call), Err(unpausable.into()), "{pallet}");
        }
    });
}

#[test]
fn essential_names_are_those_of_pallets_and_calls() {
    use frame_support::traits::GetCallMetadata;
    use frame_support::traits::GetCallName;
    let modules = RuntimeCall::get_module_names();
    for pallet in crate::configs::emergency::PALLETS {
        assert!(modules.contains(&pallet), "{pallet}");
    }
    for (pallet, call) in crate::configs::emergency::CALLS {
        let calls = RuntimeCall::get_call_names(pallet);
        assert!(calls.contains(&call), "{pallet}.{call}");
        assert!(is_essential(pallet, call));
    }
    assert!(!pallet_clearproof_custody::Call::<Runtime>::get_call_names().is_empty());
    assert!(!is_essential("Balances", "transfer_keep_alive"));
    assert!(!Essential::contains(&RuntimeCall::Assets(
        pallet_assets::Call::create {
            id: codec::Compact(77),
            admin: alice().into(),
            min_balance: 1
        }
    )));
}

#[test]
fn parameters_stay_within_their_bounds_whatever_is_set() {
    use crate::configs::parameters::{MaxDeviation, MinimumFeeds, RuntimeParameters, dynamic};
    development(|| {
        assert_eq!(MinimumFeeds::get(), 2);
        let set = |feeds, deviation| {
            let values = [
                RuntimeParameters::Oracle(dynamic::oracle::Parameters::MinimumFeeds(
                    dynamic::oracle::MinimumFeeds,
                    Some(feeds),
                )),
                RuntimeParameters::Oracle(dynamic::oracle::Parameters::MaxDeviation(
                    dynamic::oracle::MaxDeviation,
                    Some(deviation),
                )),
            ];
            for value in values {
                assert_ok!(crate::Parameters::set_parameter(
                    Origin::MarketAdmin.into(),
                    value
                ));
            }
        };
        set(3, Rate::new(1 << 30));
        assert_eq!(
            (MinimumFeeds::get(), MaxDeviation::get()),
            (3, Rate::new(1 << 30))
        );
        set(0, Rate::new(0));
        assert_eq!(MinimumFeeds::get(), 2, "no single member makes a price");
        assert!(
            MaxDeviation::get() > Rate::new(1 << 25),
            "prices can always move"
        );
        set(u32::MAX, Rate::new(u32::MAX));
        assert_eq!(
            (MinimumFeeds::get(), MaxDeviation::get()),
            (16, Rate::new(1 << 31))
        );
    });
}

#[test]
fn the_treasury_spends_the_venues_fees_by_referendum() {
    development(|| {
        let quote = 1;
        let treasury = TreasuryAccount::get();
        let eve: AccountId = Sr25519Keyring::Eve.to_account_id();
        let pay = |amount| {
            crate::Assets::transfer(
                signed(Sr25519Keyring::Alice),
                codec::Compact(quote),
                treasury.clone().into(),
                amount,
            )
        };
        assert_ok!(pay(1_000));
        let before = crate::Assets::balance(quote, &eve);
        let spend = RuntimeCall::Treasury(pallet_treasury::Call::spend {
            asset_kind: Box::new(NativeOrWithId::WithId(quote)),
            amount: 400,
            beneficiary: Box::new(eve.clone().into()),
            valid_from: None,
        });
        propose(Origin::Treasurer, spend, 8);
        wait(20 * DAY);
        assert_ok!(Treasury::payout(signed(Sr25519Keyring::Bob), 0));
        assert_eq!(crate::Assets::balance(quote, &eve), before + 400);
        assert_eq!(crate::Assets::balance(quote, &treasury), 600);
    });
}

#[test]
fn a_preimages_deposit_comes_back() {
    development(|| {
        let note = halt(0, true).encode();
        let hash = BlakeTwo256::hash(&note);
        let free = Balances::free_balance(alice());
        assert_ok!(Preimage::note_preimage(signed(Sr25519Keyring::Alice), note));
        assert!(Balances::free_balance(alice()) < free);
        assert_ok!(Preimage::unnote_preimage(
            signed(Sr25519Keyring::Alice),
            hash
        ));
        assert_eq!(Balances::free_balance(alice()), free);
    });
}
