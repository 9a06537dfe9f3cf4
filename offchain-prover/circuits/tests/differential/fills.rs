//! Random fills through native code and circuit.

use crate::{
    config::{SHAPE, config},
    tampering::{any_tampering, tampered},
};
use clearproof_primitives::{margin::Margin, order::TimeInForce, step::Forced};
use proptest::prelude::*;

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn native_code_and_circuit_refuse_the_same_fills(tampering in any_tampering()) {
        let scene = tampered(&tampering);
        let native = scene.native(0);
        prop_assert_eq!(
            native.is_ok(),
            scene.satisfied(),
            "native: {:?}",
            native.map(|(after, _)| after)
        );
    }
}

/// The differential test above has a value only if both results are common.
#[test]
fn tampered_fills_meet_acceptance_and_refusal() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::new(config(1));
    let (mut accepted, mut reducing, mut forced) = (0, 0, 0);
    let mut conditional = [0; 6];
    for _ in 0..6_000 {
        let scene = tampered(&any_tampering().new_tree(&mut runner).unwrap().current());
        if let Ok((after, effects)) = scene.native(0) {
            accepted += 1;
            let step = &scene.chunk.steps[0].step;
            forced += usize::from(step.forced.is_some());
            let order = step.set.as_ref().unwrap().set.orders[0].unwrap();
            let filled = !step.fills.is_empty();
            for (count, with) in conditional.iter_mut().zip([
                order.reduce_only,
                order.time_in_force != TimeInForce::GoodTillTime,
                order.one_cancels_other,
                order.trigger.is_some(),
                step.forced == Some(Forced::Deleverage),
                step.account.is_insurance_fund(),
            ]) {
                *count += usize::from(filled && with);
            }
            let margin = Margin::of(&SHAPE.market, &scene.snapshot, &after).unwrap();
            reducing += usize::from(!margin.is_free() && !effects.net.is_empty());
        }
    }
    println!("of 6,000 tampered steps {accepted} accepted, {forced} of them forced");
    println!("{reducing} of them below initial margin");
    println!("{conditional:?} fills with conditions");
    assert!((600..5_400).contains(&accepted) && reducing > 10 && forced > 10);
    assert!(conditional.iter().all(|count| *count > 1));
}
