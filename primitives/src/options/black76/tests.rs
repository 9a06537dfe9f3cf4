#![allow(clippy::unwrap_used)]
use super::*;

const OPTION: European = European {
    kind: OptionKind::Call,
    forward: 100 << 32,
    strike: 100 << 32,
    volatility: ONE / 2,
    time_ms: YEAR_MS,
    discount: ONE,
};

#[test]
fn each_input_out_of_range_is_refused_by_name() {
    use OptionField::*;
    let refused = |change: &dyn Fn(&mut European)| {
        let mut option = OPTION;
        change(&mut option);
        assert_eq!(option.price().err(), option.greeks().err());
        option.price().unwrap_err()
    };
    for bad in [0, 1 << 95, u128::MAX] {
        assert_eq!(refused(&|o| o.forward = bad), OptionError::Bounds(Forward));
        assert_eq!(refused(&|o| o.strike = bad), OptionError::Bounds(Strike));
    }
    for bad in [MAX_VOLATILITY + 1, u64::MAX] {
        assert_eq!(
            refused(&|o| o.volatility = bad),
            OptionError::Bounds(Volatility)
        );
    }
    for bad in [MAX_TIME_MS + Millis::new(1), Millis::MAX] {
        assert_eq!(refused(&|o| o.time_ms = bad), OptionError::Bounds(Time));
    }
    for bad in [0, ONE + 1, u64::MAX] {
        assert_eq!(
            refused(&|o| o.discount = bad),
            OptionError::Bounds(Discount)
        );
    }
    let message = refused(&|o| o.strike = 0).to_string();
    assert_eq!(
        message,
        "strike: must be positive and below 2^95 (32 fraction bits)"
    );
}

#[test]
fn without_time_or_volatility_the_price_is_the_discounted_intrinsic_value() {
    let discount = ONE - 12_345;
    for (time_ms, volatility) in [(Millis::ZERO, ONE), (YEAR_MS, 0), (Millis::ZERO, 0)] {
        for (forward, strike) in [(100, 90), (90, 100), (100, 100), (1 << 62, 1)] {
            let (forward, strike) = ((forward << 32) + 7, (strike << 32) + 5);
            let option = |kind| European {
                kind,
                forward,
                strike,
                volatility,
                time_ms,
                discount,
            };
            let call = option(OptionKind::Call).price().unwrap();
            let put = option(OptionKind::Put).price().unwrap();
            let discounted = |gain: u128| (gain * discount as u128) >> 32;
            assert_eq!(call, discounted(forward.saturating_sub(strike)));
            assert_eq!(put, discounted(strike.saturating_sub(forward)));
        }
    }
}

#[test]
fn the_most_volatile_option_is_worth_its_upper_bound() {
    let option = European {
        volatility: MAX_VOLATILITY,
        time_ms: MAX_TIME_MS,
        strike: (1 << 95) - 1,
        forward: 1,
        ..OPTION
    };
    assert_eq!(option.price(), Ok(1));
    let put = European {
        kind: OptionKind::Put,
        ..option
    };
    assert_eq!(put.price(), Ok(option.strike));
}

#[test]
fn times_have_exact_roots() {
    let root_of = |time_ms| {
        let root = RootOfTime::of(time_ms);
        (root.root, root.bits)
    };
    assert_eq!(root_of(YEAR_MS), (1 << 63, 63));
    assert_eq!(root_of(YEAR_MS * 4), (1 << 63, 62));
    assert_eq!(root_of(Millis::ZERO), (0, 44));
}
