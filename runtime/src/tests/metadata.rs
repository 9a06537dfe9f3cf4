//! The data that clients read of the runtime when they connect: constants in its metadata, and its
//! version.
use super::ext_of;
use crate::{
    Balance, BlockNumber, Moment, OriginCaller, Runtime, VERSION,
    constants::{market, time},
    genesis_presets,
    governance::{origins::Origin, tracks::TrackId},
    opaque::Block,
};
use clearproof_primitives::{
    interfaces::{CLEARPROOF, Interface, MONITORING, RISK_POLICY, SPEC_NAME},
    time::Millis,
};
use clearproof_runtime_api::{ClearproofApi, MonitoringApi, RiskPolicyApi};
use codec::{Decode, Encode};
use pallet_referenda::ConstTrackInfo;
use sp_api::RuntimeApiInfo;

/// Returns a constant of a pallet from the metadata.
fn constant<T: Decode>(pallet: &str, name: &str) -> T {
    let metadata = Runtime::metadata_ir();
    let pallet = metadata.pallets.into_iter().find(|p| p.name == pallet);
    let mut constants = pallet.expect("the pallet exists").constants.into_iter();
    let found = constants.find(|constant| constant.name == name);
    T::decode(&mut found.expect("the constant exists").value.as_slice()).expect("it has this type")
}

#[test]
fn the_times_of_snapshots_are_constants() {
    ext_of(genesis_presets::DEVELOPMENT).execute_with(|| {
        let interval: BlockNumber = constant("MarketData", "SnapshotInterval");
        assert_eq!(interval, market::SNAPSHOT_INTERVAL);
        let block: Moment = constant("Babe", "ExpectedBlockTime");
        assert_eq!(block, time::MILLISECS_PER_BLOCK);
        let grace: Millis = constant("Settlement", "SnapshotGrace");
        assert_eq!(grace, market::SNAPSHOT_GRACE);
        let age: Millis = constant("Settlement", "MaxBatchAge");
        assert_eq!(age, market::MAX_BATCH_AGE);
    });
}

#[test]
fn the_risk_track_and_its_origin_are_constants() {
    ext_of(genesis_presets::DEVELOPMENT).execute_with(|| {
        let tracks: Vec<(TrackId, ConstTrackInfo<Balance, BlockNumber>)> =
            constant("Referenda", "Tracks");
        // A name is padded with zeros.
        let risk = tracks
            .iter()
            .find(|(_, info)| info.name.0.starts_with(b"risk_parameters\0"))
            .map(|(track, _)| *track);
        let origins: Vec<([u8; 2], TrackId)> = constant("Origins", "Tracks");
        let named = tracks.iter().map(|(track, _)| *track);
        assert!(named.eq(origins.iter().map(|(_, track)| *track)));
        let of_risk = origins.iter().find(|(_, track)| Some(*track) == risk);
        assert_eq!(of_risk, Some(&([64, 1], 10)));
        let origin = OriginCaller::from(Origin::RiskAdmin).encode();
        assert_eq!(origin, [64, 1]);
    });
}

#[test]
fn clients_know_the_interfaces_that_the_runtime_has() {
    fn same<Api: RuntimeApiInfo + ?Sized>(known: Interface) {
        assert_eq!((known.id, known.version), (Api::ID, Api::VERSION));
        let listed = VERSION.apis.iter().find(|(id, _)| *id == known.id);
        assert_eq!(listed, Some(&(known.id, known.version)), "{}", known.name);
    }
    same::<dyn ClearproofApi<Block, crate::AccountId>>(CLEARPROOF);
    same::<dyn RiskPolicyApi<Block>>(RISK_POLICY);
    same::<dyn MonitoringApi<Block, crate::AccountId>>(MONITORING);
    assert_eq!(VERSION.spec_name, SPEC_NAME);
    for Interface { name, id, .. } in [CLEARPROOF, RISK_POLICY, MONITORING] {
        assert_eq!(id, sp_crypto_hashing::blake2_64(name.as_bytes()));
    }
}
