//! Sums, transforms and quotients of any backend.

use ark_bn254::{Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{One, UniformRand, Zero};
use ark_std::rand::{SeedableRng, rngs::StdRng};
use clearproof_groth16::{
    ArkBackend, Backend, BackendError,
    points::{G1Point, G2Point},
};

/// Zeros, ones, minus ones and numbers of all sizes.
pub fn scalars(rng: &mut StdRng, count: usize) -> Vec<Fr> {
    (0..count)
        .map(|index| match index % 6 {
            0 => Fr::zero(),
            1 => Fr::one(),
            2 => -Fr::one(),
            3 => Fr::from(index as u64),
            _ => Fr::rand(rng),
        })
        .collect()
}

/// Every third point is at infinity.
fn points<G: AffineRepr>(rng: &mut StdRng, count: usize) -> Vec<G> {
    (0..count)
        .map(|index| {
            if index % 3 == 2 {
                G::zero()
            } else {
                G::rand(rng)
            }
        })
        .collect()
}

fn reason<B: Backend, T>(backend: &B, result: Result<T, BackendError>) -> String {
    let error = result.err().unwrap();
    assert_eq!(error.backend, backend.name());
    error.to_string()
}

/// Sums of several lengths equal arkworks', and sums that reach beyond the scalars are refused.
pub fn sums_agree<B: Backend>(backend: &B) {
    let rng = &mut StdRng::seed_from_u64(1);
    for (count, offset, after) in [(1, 0, 0), (1, 3, 0), (2, 0, 1), (50, 7, 4), (301, 0, 0)] {
        let scalars = scalars(rng, offset + count + after);
        let used = &scalars[offset..offset + count];
        let g1: Vec<G1Affine> = points(rng, count);
        let g2: Vec<G2Affine> = points(rng, count);
        let expected_g1: G1Projective = g1.iter().zip(used).map(|(p, s)| *p * s).sum();
        let expected_g2: G2Projective = g2.iter().zip(used).map(|(p, s)| *p * s).sum();

        let scalars = backend.load_scalars(scalars).unwrap();
        let g1 = g1.iter().map(G1Point::from).collect();
        let g2 = g2.iter().map(G2Point::from).collect();
        let g1 = backend.load_bases_g1(g1).unwrap();
        let g2 = backend.load_bases_g2(g2).unwrap();
        let sum_g1 = backend.msm_g1(&g1, &scalars, offset).unwrap();
        let sum_g2 = backend.msm_g2(&g2, &scalars, offset).unwrap();
        assert_eq!(sum_g1.into_affine(), expected_g1.into_affine(), "{count}");
        assert_eq!(sum_g2.into_affine(), expected_g2.into_affine(), "{count}");
        assert!(backend.msm_g1(&g1, &scalars, offset + after).is_ok());
        for offset in [offset + after + 1, usize::MAX] {
            let refused = reason(backend, backend.msm_g1(&g1, &scalars, offset));
            assert!(refused.contains(&format!("{count} points")), "{refused}");
            assert!(backend.msm_g2(&g2, &scalars, offset).is_err());
        }
    }
}

/// No points, scalars that are zero, points at infinity.
pub fn empty_sums_are_infinity<B: Backend>(backend: &B) {
    let none = backend.load_bases_g1(Vec::new().into()).unwrap();
    let none_g2 = backend.load_bases_g2(Vec::new().into()).unwrap();
    let scalars = backend.load_scalars(vec![Fr::zero(); 4]).unwrap();
    let empty = backend.load_scalars(Vec::new()).unwrap();
    assert!(backend.msm_g1(&none, &scalars, 4).unwrap().is_zero());
    assert!(backend.msm_g2(&none_g2, &empty, 0).unwrap().is_zero());
    assert!(backend.msm_g1(&none, &scalars, 5).is_err());
    assert_eq!(backend.read_scalars(&empty).unwrap(), []);

    let generator = [G1Point::from(&G1Affine::generator()); 4].to_vec();
    let four = backend.load_bases_g1(generator.into()).unwrap();
    assert!(backend.msm_g1(&four, &scalars, 0).unwrap().is_zero());
    let infinity = backend
        .load_bases_g1(vec![G1Point::default(); 4].into())
        .unwrap();
    let ones = backend.load_scalars(vec![Fr::one(); 4]).unwrap();
    assert!(backend.msm_g1(&infinity, &ones, 0).unwrap().is_zero());
}

/// Loaded scalars are read back.
pub fn scalars_come_back<B: Backend>(backend: &B) {
    let rng = &mut StdRng::seed_from_u64(2);
    let values = scalars(rng, 100);
    let loaded = backend.load_scalars(values.clone()).unwrap();
    assert_eq!(backend.read_scalars(&loaded).unwrap(), values);
}

/// All transforms and the quotient of one size.
pub fn transforms_agree<B: Backend>(backend: &B, log_size: u32, seed: u64) {
    type Transform<B> =
        fn(&B, &<B as Backend>::Domain, &mut <B as Backend>::Scalars) -> Result<(), BackendError>;
    let (size, rng) = (1 << log_size, &mut StdRng::seed_from_u64(seed));
    let domain = backend.domain(size).unwrap();
    let reference = ArkBackend.domain(size).unwrap();
    let [a, b, c] = [(); 3].map(|()| scalars(rng, size));

    let transforms: [(Transform<B>, Transform<ArkBackend>); 3] = [
        (B::intt, ArkBackend::intt),
        (B::coset_ntt, ArkBackend::coset_ntt),
        (B::coset_intt, ArkBackend::coset_intt),
    ];
    for (index, (ours, theirs)) in transforms.into_iter().enumerate() {
        let mut values = backend.load_scalars(a.clone()).unwrap();
        let mut expected = a.clone();
        ours(backend, &domain, &mut values).unwrap();
        theirs(&ArkBackend, &reference, &mut expected).unwrap();
        assert_eq!(backend.read_scalars(&values).unwrap(), expected, "{index}");
    }

    let [x, y, z] = [&a, &b, &c].map(|values| backend.load_scalars(values.clone()).unwrap());
    let mut quotients = x;
    backend
        .divide_by_vanishing(&domain, &mut quotients, &y, &z)
        .unwrap();
    let mut expected = a.clone();
    ArkBackend
        .divide_by_vanishing(&reference, &mut expected, &b, &c)
        .unwrap();
    assert_eq!(backend.read_scalars(&quotients).unwrap(), expected);
    // The others are unchanged.
    assert_eq!(backend.read_scalars(&y).unwrap(), b);
    assert_eq!(backend.read_scalars(&z).unwrap(), c);

    let [x, y, z] = [&a, &b, &c].map(|values| backend.load_scalars(values.clone()).unwrap());
    let quotient = backend.quotient(&domain, x, y, z).unwrap();
    let expected = ArkBackend.quotient(&reference, a, b, c).unwrap();
    assert_eq!(backend.read_scalars(&quotient).unwrap(), expected);
}

/// Invalid domains, and values of other lengths than the domain's, are refused.
pub fn wrong_sizes_are_refused<B: Backend>(backend: &B) {
    for size in [0, 3, 1 << 29, usize::MAX] {
        let refused = reason(backend, backend.domain(size));
        assert!(refused.contains(&size.to_string()), "{refused}");
    }
    let domain = backend.domain(8).unwrap();
    let load = |length| backend.load_scalars(vec![Fr::one(); length]).unwrap();
    for length in [0, 7, 9] {
        let mut short = load(length);
        let expected = format!("{length} values, the domain has 8");
        for refused in [
            reason(backend, backend.intt(&domain, &mut short)),
            reason(backend, backend.coset_ntt(&domain, &mut short)),
            reason(backend, backend.coset_intt(&domain, &mut short)),
            reason(
                backend,
                backend.divide_by_vanishing(&domain, &mut short, &load(8), &load(8)),
            ),
            reason(
                backend,
                backend.divide_by_vanishing(&domain, &mut load(8), &short, &load(8)),
            ),
            reason(
                backend,
                backend.divide_by_vanishing(&domain, &mut load(8), &load(8), &short),
            ),
        ] {
            assert!(refused.contains(&expected), "{refused}");
        }
    }
}
