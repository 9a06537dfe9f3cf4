//! Checks that every gadget's tests make.

use crate::r1cs::{CheckError, Cs, RowViolated, Synthesized, check, mutations};
use ark_bn254::Fr;
use ark_ff::UniformRand;
use rand::{SeedableRng, rngs::StdRng};

/// A generator with a fixed seed.
pub fn rng() -> StdRng {
    StdRng::seed_from_u64(7)
}

/// Builds in both modes, requires the same assignment from both, a satisfied system, and that no
/// single witness can be changed but the declared free hints. Returns the number of constraints.
pub fn accepted(build: impl Fn(&mut Cs)) -> usize {
    let mut recording = Cs::recording();
    build(&mut recording);
    let recorded = recording
        .finish()
        .expect("an honest assignment satisfies the system");
    let mut witness_only = Cs::witness_only();
    build(&mut witness_only);
    let light = witness_only
        .finish()
        .expect("an honest assignment satisfies the system");
    assert_eq!(
        recorded.instance, light.instance,
        "both modes give the same inputs"
    );
    assert_eq!(
        recorded.witness, light.witness,
        "both modes give the same witnesses"
    );
    assert_eq!(recorded.parts, light.parts, "both modes count the same");
    assert_eq!(
        recorded.free_hints, light.free_hints,
        "both modes mark the same hints"
    );
    unmovable(&recorded);
    recorded.num_constraints
}

fn unmovable(synthesized: &Synthesized) {
    let matrices = synthesized.matrices.as_ref().expect("recorded");
    assert_eq!(matrices.num_constraints(), synthesized.num_constraints);
    check(matrices, &synthesized.instance, &synthesized.witness)
        .expect("satisfied by the matrices, too");
    let mut rng = rng();
    let survivors = mutations(
        matrices,
        &synthesized.instance,
        &synthesized.witness,
        || Fr::rand(&mut rng),
    )
    .expect("satisfied to begin with");
    assert_eq!(
        survivors, synthesized.free_hints,
        "witnesses that can be changed unnoticed"
    );
}

/// Builds an assignment that must break the system, by the judgement of the builder in both modes
/// and of the matrices.
pub fn refused(build: impl Fn(&mut Cs)) -> RowViolated {
    let mut witness_only = Cs::witness_only();
    build(&mut witness_only);
    let light = witness_only.finish().expect_err("must be refused");
    let mut recording = Cs::recording();
    build(&mut recording);
    let violation = recording.violation().cloned().expect("must be refused");
    assert_eq!(violation, light);
    let all = recording.finish_unchecked();
    let matrices = all.matrices.expect("recorded");
    assert_eq!(
        check(&matrices, &all.instance, &all.witness),
        Err(CheckError::Row(violation.clone()))
    );
    violation
}

/// True if the system holds after some witnesses are replaced.
pub fn holds_with(build: impl Fn(&mut Cs), replaced: &[(usize, Fr)]) -> bool {
    let mut cs = Cs::recording();
    build(&mut cs);
    let mut all = cs.finish_unchecked();
    for (index, value) in replaced {
        all.witness[*index] = *value;
    }
    check(
        &all.matrices.expect("recorded"),
        &all.instance,
        &all.witness,
    )
    .is_ok()
}
