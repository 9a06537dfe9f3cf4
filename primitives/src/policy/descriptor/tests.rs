use super::*;
use alloc::string::ToString;

#[test]
fn reach_is_the_step_within_the_bounds() {
    let of = |low, high, step| Descriptor {
        low,
        high,
        unit: Unit::Lots,
        step,
        tightens: Tightening::Up,
    };
    let doubled = of(0, 100, Step::Doubled { allowance: 3 });
    assert_eq!(doubled.reach(0), (0, 3), "zero can be left");
    assert_eq!(doubled.reach(21), (7, 45), "half is 10, twice is 42");
    assert_eq!(doubled.reach(60), (27, 100));
    let share = of(
        0,
        100,
        Step::Share {
            divisor: 4,
            allowance: 1,
        },
    );
    assert_eq!(share.reach(10), (7, 13), "a quarter is 2");
    let distance = of(-50, 50, Step::Distance(20));
    assert_eq!(distance.reach(-10), (-30, 10));
    assert_eq!(distance.reach(-40), (-50, -20));
    let nothing = of(
        0,
        100,
        Step::Share {
            divisor: 0,
            allowance: 0,
        },
    );
    assert_eq!(nothing.reach(7), (7, 7));
}

#[test]
fn only_the_sure_way_tightens_and_a_peg_that_comes_or_goes_does_not() {
    let of = |tightens| Descriptor {
        tightens,
        ..Parameter::FundingCap.descriptor()
    };
    let ways = |tightens| {
        let of = of(tightens);
        [(1, 2), (2, 1), (2, 2)].map(|(b, a)| of.tightens(Some(b), Some(a)))
    };
    assert_eq!(ways(Tightening::Up), [true, false, false]);
    assert_eq!(ways(Tightening::Down), [false, true, false]);
    assert_eq!(ways(Tightening::Neither), [false; 3]);
    let slope = Parameter::PegSlope { asset: 1 }.descriptor();
    assert!(!slope.tightens(None, Some(1)) && !slope.tightens(Some(1), None));
}

#[test]
fn values_are_shown_with_their_units() {
    for (unit, value, text) in [
        (Unit::Rate, RATE / 200, "0.5 %"),
        (Unit::Rate, RATE - 1, "100 %"),
        (Unit::Rate, RATE / 4, "25 %"),
        (Unit::Share, -6_554, "-10.0006 %"),
        (Unit::Share, FACTOR, "100 %"),
        (Unit::Factor, FACTOR * 5 / 4, "1.25"),
        (Unit::Factor, 1, "0.000015"),
        (Unit::Lots, 1 << 40, "1099511627776 lots"),
        (Unit::Milliseconds, 28_800_000, "28800000 ms"),
        (Unit::Price, (RATE * 3) / 2, "1.5"),
        (Unit::Price, i128::MAX, "39614081257132168796771975168"),
        (Unit::Rate, i128::MIN, "-3961408125713216879677197516800 %"),
    ] {
        assert_eq!(unit.show(value).to_string(), text);
    }
}
