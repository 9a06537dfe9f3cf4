use super::*;
use ark_bn254::Fr;
use ark_ff::{One, Zero};

/// `x³ + x + 5 = y`, with parts, constants and a late input.
fn cubic(cs: &mut Cs, x: u64) {
    let x = cs.alloc(x);
    let cube = cs.part("power", |cs| {
        let square = cs.square(&x);
        cs.part("third", |cs| cs.mul(&square, &x))
    });
    let five = cs.mul(&Num::from(1), &Num::from(5));
    let y = cs.input(Fr::from(35u64));
    cs.enforce_equal(&(cube + &x + five), &y);
}

#[test]
fn both_modes_agree_and_count_alike() {
    let (mut recording, mut witness_only) = (Cs::recording(), Cs::witness_only());
    cubic(&mut recording, 3);
    cubic(&mut witness_only, 3);
    let (recorded, light) = (
        recording.finish().expect("satisfied"),
        witness_only.finish().expect("satisfied"),
    );
    assert_eq!(recorded.assignment(), light.assignment());
    assert_eq!(recorded.parts, light.parts);
    assert_eq!(recorded.num_constraints, 3);
    assert_eq!(recorded.parts["power"], 1);
    assert_eq!(recorded.parts["power/third"], 1);
    assert_eq!(recorded.parts[""], 1);
    assert_eq!(recorded.part_total("power"), 2);
    assert_eq!(recorded.part_total(""), 3);
    assert!(light.matrices.is_none());

    let matrices = recorded.matrices.expect("recorded");
    assert_eq!((matrices.num_instance, matrices.num_witness), (2, 3));
    assert_eq!(matrices.num_non_zero(), [1 + 1 + 4, 1 + 1 + 1, 1 + 1]);
    // The input came last and has column 1; witnesses begin at 2.
    assert_eq!(matrices.a[0], vec![(Fr::one(), 2)]);
    assert_eq!(
        matrices.a[2],
        vec![
            (Fr::from(5u64), 0),
            (-Fr::one(), 1),
            (Fr::one(), 2),
            (Fr::one(), 4)
        ]
    );
    assert_eq!(matrices.part_of(1), "power/third");
    assert_eq!(
        check(&matrices, &recorded.instance, &recorded.witness),
        Ok(())
    );
}

#[test]
fn a_broken_row_is_named() {
    let mut cs = Cs::witness_only();
    cubic(&mut cs, 4);
    assert_eq!(
        cs.finish().map(drop),
        Err(RowViolated {
            row: 2,
            part: String::new()
        })
    );

    let mut cs = Cs::recording();
    cubic(&mut cs, 3);
    let all = cs.finish().expect("satisfied");
    let matrices = all.matrices.expect("recorded");
    let mut witness = all.witness.clone();
    witness[2] += Fr::one();
    let broken = RowViolated {
        row: 1,
        part: "power/third".into(),
    };
    assert_eq!(
        check(&matrices, &all.instance, &witness),
        Err(CheckError::Row(broken.clone()))
    );
    assert_eq!(
        broken.to_string(),
        "constraint 1 does not hold, in part 'power/third'"
    );
    let short = check(&matrices, &all.instance, &witness[1..]);
    assert_eq!(
        short,
        Err(CheckError::Length {
            what: "witnesses",
            found: 2,
            expected: 3
        })
    );
    let inputs = check(&matrices, &[], &witness);
    assert_eq!(
        inputs,
        Err(CheckError::Length {
            what: "inputs",
            found: 1,
            expected: 2
        })
    );
    assert!(mutations(&matrices, &all.instance, &witness, Fr::one).is_err());
}

#[test]
fn mutations_find_what_nothing_binds() {
    let mut cs = Cs::recording();
    cubic(&mut cs, 3);
    let free = cs.num_witness();
    cs.alloc(17u64);
    let sign = cs.num_witness();
    let x = cs.alloc(4u64);
    cs.enforce(&x, &x, &Num::from(16));
    let flag = cs.num_witness();
    let bit = cs.alloc(1u64);
    cs.enforce(&bit, &bit, &bit);
    let all = cs.finish().expect("satisfied");
    let matrices = all.matrices.expect("recorded");
    let survivors =
        mutations(&matrices, &all.instance, &all.witness, || Fr::from(99u64)).expect("satisfied");
    assert_eq!(survivors, vec![free, sign, flag]);
}

#[test]
fn sums_and_single_additions_are_the_same() {
    let mut cs = Cs::recording();
    let nums: Vec<Num> = (1..6u64).map(|x| cs.alloc(x)).collect();
    let mut one_by_one = Num::zero();
    let mut sum = Sum::new();
    for (i, num) in nums.iter().chain(&nums).enumerate() {
        let factor = Fr::from(i as u64) - Fr::from(2u64);
        one_by_one = one_by_one + num.scale(factor) - Num::from(i as u64);
        sum.add_scaled(num, factor)
            .add_scaled(&Num::from(i as u64), -Fr::one());
    }
    let sum = sum.finish();
    assert_eq!(sum.value(), one_by_one.value());
    cs.enforce(&sum, &one_by_one, &Num::zero());
    let matrices = cs.finish_unchecked().matrices.expect("recorded");
    assert_eq!(matrices.a, matrices.b);
}

#[test]
fn cancelled_terms_stay_variable_in_both_modes() {
    for mut cs in [Cs::recording(), Cs::witness_only()] {
        let x = cs.alloc(7u64);
        let nothing = &x - &x;
        assert!(nothing.value().is_zero());
        assert!(!nothing.is_constant());
        assert!(x.scale(0u64).is_constant());
        let product = cs.mul(&nothing, &x);
        assert!(!product.is_constant());
        assert_eq!((cs.num_constraints(), cs.num_witness()), (1, 2));
    }
}

#[test]
fn constants_cost_nothing_and_are_still_checked() {
    let mut cs = Cs::recording();
    let x = cs.alloc(3u64);
    assert_eq!(cs.mul(&Num::from(4), &x).value(), Fr::from(12u64));
    cs.enforce_equal(&Num::from(4), &Num::from(4));
    assert_eq!(cs.num_constraints(), 0);
    assert!(cs.violation().is_none());
    cs.enforce_equal(&Num::from(4), &Num::from(5));
    assert_eq!(cs.num_constraints(), 0);
    assert!(cs.finish().is_err());
}
