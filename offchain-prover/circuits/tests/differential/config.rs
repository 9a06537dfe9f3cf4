//! The shape and the random generator of all cases.

use clearproof_primitives::shape::Shape;
use proptest::{
    prelude::ProptestConfig,
    test_runner::{FileFailurePersistence, RngSeed},
};

pub const SHAPE: Shape = Shape::TINY;

pub fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(20_261_123),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(
            "tests/differential.proptest-regressions",
        ))),
        ..ProptestConfig::default()
    }
}
