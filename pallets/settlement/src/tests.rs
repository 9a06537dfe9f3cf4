#![allow(clippy::unwrap_used)]
mod batches;
mod circuits;
mod deleverage;
mod draft;
mod fees;
mod market;
mod retirement;
mod venues;
mod versions;

use crate::mock::*;
use clearproof_primitives::{ids::VenueId, time::Millis};
use frame_support::dispatch::DispatchResult;
use sp_runtime::{DispatchError, StateVersion, traits::Dispatchable};

fn call(call: crate::Call<Test>, origin: RuntimeOrigin) -> DispatchResult {
    RuntimeCall::Settlement(call)
        .dispatch(origin)
        .map(|_| ())
        .map_err(|e| e.error)
}

fn signed(who: u8) -> RuntimeOrigin {
    RuntimeOrigin::signed(account(who))
}

/// Asserts that an action fails with an error and leaves the state as it was.
#[track_caller]
fn refused(error: impl Into<DispatchError>, action: impl FnOnce() -> DispatchResult) {
    let before = sp_io::storage::root(StateVersion::V1);
    assert_eq!(action(), Err(error.into()));
    assert_eq!(
        before,
        sp_io::storage::root(StateVersion::V1),
        "a refused call changed the state"
    );
}

#[test]
fn the_calls_use_the_weights_of_the_configuration() {
    use crate::WeightInfo;
    use frame_support::dispatch::GetDispatchInfo;
    new_test_ext().execute_with(|| {
        let batch = draft::Draft::founded().seal();
        let size = batch.size();
        let weight = |size: crate::BatchSize| {
            <() as WeightInfo>::submit_batch(size.chunks, size.withdrawals, size.deposits)
                .saturating_add(<() as WeightInfo>::check_prices(size.prices))
        };
        let submit = crate::Call::<Test>::submit_batch {
            batch: Box::new(batch),
        };
        assert_eq!(submit.get_dispatch_info().call_weight, weight(size));
        let more = |change: &dyn Fn(&mut crate::BatchSize)| {
            let mut bigger = size;
            change(&mut bigger);
            weight(bigger)
        };
        for bigger in [
            more(&|s| s.chunks += 1),
            more(&|s| s.prices += 1),
            more(&|s| s.withdrawals += 1),
            more(&|s| s.deposits += 1),
        ] {
            assert!(bigger.ref_time() > weight(size).ref_time());
        }
        let paused = crate::Call::<Test>::set_paused {
            venue: VenueId::new(0),
            paused: true,
        };
        assert_eq!(
            paused.get_dispatch_info().call_weight,
            <() as WeightInfo>::set_paused()
        );
        let retire = crate::Call::<Test>::retire_circuit {
            circuit: CIRCUIT,
            at: Millis::ZERO,
            successor: None,
        };
        assert_eq!(
            retire.get_dispatch_info().call_weight,
            <() as WeightInfo>::retire_circuit()
        );
        let close = crate::Call::<Test>::close_venue {
            venue: VenueId::new(0),
        };
        assert_eq!(
            close.get_dispatch_info().call_weight,
            <() as WeightInfo>::close_venue(HISTORY)
        );
    });
}
