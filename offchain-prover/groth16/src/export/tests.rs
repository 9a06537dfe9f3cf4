#![allow(clippy::unwrap_used)]

use super::*;
use crate::{
    circuit::Circuit,
    key::{Origin, ProvingKey},
    matrices::Matrices,
    points::{G1Point, G2Point},
    progress::{Phase, Progress, Silent},
    setup::generate,
    testing::{cubes, random_circuit, toy},
};
use ark_bn254::{Fq, G1Affine, G1Projective};
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::{BigInt, FftField, Field, One, PrimeField, UniformRand};
use ark_poly::{
    DenseUVPolynomial, EvaluationDomain, Polynomial, Radix2EvaluationDomain,
    univariate::DensePolynomial,
};
use proptest::prelude::*;
use rand::{SeedableRng, rngs::StdRng};
use std::{collections::BTreeMap, fs, sync::Mutex};

/// A file that is read back: its sections, and the next number of each.
struct Reader {
    sections: BTreeMap<u32, Vec<u8>>,
}

struct Section<'a>(&'a [u8]);

impl Reader {
    fn open(path: &std::path::Path, magic: &[u8; 4], version: u32) -> Self {
        let bytes = fs::read(path).unwrap();
        let mut all = Section(&bytes);
        assert_eq!(all.take(4), magic);
        assert_eq!(all.u32(), version);
        let sections = (0..all.u32())
            .map(|_| {
                let (number, length) = (all.u32(), all.u64());
                (number, all.take(length as usize).to_vec())
            })
            .collect::<Vec<_>>();
        all.end();
        let count = sections.len();
        let sections: BTreeMap<_, _> = sections.into_iter().collect();
        assert_eq!(sections.len(), count, "a section is there twice");
        Self { sections }
    }

    fn section(&self, number: u32) -> Section<'_> {
        Section(&self.sections[&number])
    }
}

impl Section<'_> {
    fn take(&mut self, bytes: usize) -> &[u8] {
        let (taken, rest) = self.0.split_at(bytes);
        self.0 = rest;
        taken
    }
    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take(4).try_into().unwrap())
    }
    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take(8).try_into().unwrap())
    }
    fn limbs(&mut self) -> [u64; 4] {
        [(); 4].map(|()| self.u64())
    }
    fn scalar(&mut self) -> Fr {
        Fr::from_bigint(BigInt(self.limbs())).expect("below r")
    }
    fn g1(&mut self) -> G1Point {
        let [x, y] = [(); 2].map(|()| self.limbs());
        G1Point { x, y }
    }
    fn g2(&mut self) -> G2Point {
        let [x, y] = [(); 2].map(|()| [(); 2].map(|()| self.limbs()));
        G2Point { x, y }
    }
    fn modulus(&mut self, expected: [u64; 4]) {
        assert_eq!(self.u32(), 32);
        assert_eq!(self.limbs(), expected);
    }
    fn end(&self) {
        assert!(self.0.is_empty(), "{} bytes are left", self.0.len());
    }
}

type Row = Vec<(Fr, usize)>;

/// A row as a map from columns to coefficients, without zeros.
fn map(row: impl IntoIterator<Item = (Fr, usize)>) -> BTreeMap<usize, Fr> {
    let mut map = BTreeMap::new();
    for (coefficient, column) in row {
        *map.entry(column).or_insert(Fr::zero()) += coefficient;
    }
    map.retain(|_, coefficient| !coefficient.is_zero());
    map
}

fn read_r1cs(path: &std::path::Path, circuit: &Circuit) -> Vec<[Row; 3]> {
    let matrices = circuit.matrices();
    let file = Reader::open(path, b"r1cs", 1);
    let mut header = file.section(1);
    header.modulus(Fr::MODULUS.0);
    let wires = matrices.num_columns();
    assert_eq!(header.u32() as usize, wires);
    let kinds = [(); 3].map(|()| header.u32() as usize);
    assert_eq!(kinds, [0, matrices.num_instance - 1, 0]);
    assert_eq!(header.u64() as usize, wires);
    let constraints = header.u32();
    header.end();
    let mut section = file.section(2);
    let read = (0..constraints)
        .map(|_| {
            [(); 3].map(|()| {
                (0..section.u32())
                    .map(|_| {
                        let column = section.u32() as usize;
                        (section.scalar(), column)
                    })
                    .collect::<Row>()
            })
        })
        .collect();
    section.end();
    let mut labels = file.section(3);
    assert!((0..wires as u64).all(|label| labels.u64() == label));
    labels.end();
    read
}

/// Checks a key's file against the key and its circuit. Returns the points of the quotient, which
/// it does not check.
fn check_zkey(path: &std::path::Path, circuit: &Circuit, key: &ProvingKey) -> Vec<G1Affine> {
    let (matrices, points) = (circuit.matrices(), key.to_arkworks());
    let file = Reader::open(path, b"zkey", 1);
    assert_eq!(file.section(1).u32(), 1);
    let mut header = file.section(2);
    header.modulus(Fq::MODULUS.0);
    header.modulus(Fr::MODULUS.0);
    let counts = [(); 3].map(|()| header.u32() as usize);
    let (columns, domain) = (matrices.num_columns(), matrices.domain_size());
    assert_eq!(counts, [columns, matrices.num_instance - 1, domain]);
    assert_eq!(header.g1(), (&points.vk.alpha_g1).into());
    assert_eq!(header.g1(), (&points.beta_g1).into());
    assert_eq!(header.g2(), (&points.vk.beta_g2).into());
    assert_eq!(header.g2(), (&points.vk.gamma_g2).into());
    assert_eq!(header.g1(), (&points.delta_g1).into());
    assert_eq!(header.g2(), (&points.vk.delta_g2).into());
    header.end();

    for (number, list) in [
        (3, &points.vk.gamma_abc_g1),
        (5, &points.a_query),
        (6, &points.b_g1_query),
        (8, &points.l_query),
    ] {
        let mut section = file.section(number);
        for point in list {
            assert_eq!(section.g1(), point.into(), "section {number}");
        }
        section.end();
    }
    let mut section = file.section(7);
    for point in &points.b_g2_query {
        assert_eq!(section.g2(), point.into());
    }
    section.end();

    check_coefficients(&file, circuit);

    let mut section = file.section(10);
    assert_eq!(section.take(32), circuit.id().hash());
    assert_eq!(section.take(36), [0; 36]);
    section.end();
    let mut section = file.section(9);
    let h = (0..domain).map(|_| (&section.g1()).into()).collect();
    section.end();
    h
}

/// Checks the entries of A and B in a key's file.
fn check_coefficients(file: &Reader, circuit: &Circuit) {
    let matrices = circuit.matrices();
    let domain = matrices.domain_size();
    let mut section = file.section(4);
    let unit = Fr::from(2u64).pow([512]).inverse().unwrap();
    let mut read = [(); 2].map(|()| vec![BTreeMap::new(); domain]);
    for _ in 0..section.u32() {
        let [matrix, row, column] = [(); 3].map(|()| section.u32() as usize);
        let coefficient = section.scalar() * unit;
        assert_eq!(read[matrix][row].insert(column, coefficient), None);
    }
    section.end();
    let mut a: Vec<_> = matrices.a.rows().map(map).collect();
    a.extend((0..matrices.num_instance).map(|column| map([(Fr::one(), column)])));
    let mut b: Vec<_> = matrices.b.rows().map(map).collect();
    for rows in [&mut a, &mut b] {
        rows.resize(domain, BTreeMap::new());
    }
    assert_eq!(read, [a, b]);
}

/// The sum that snarkjs' prover computes with the quotient's points: over `A·B − C` on the odd
/// coset, each of the three computed from its values on the subgroup, where C is the product.
fn quotient_as_snarkjs(circuit: &Circuit, assignment: &[Fr], h: &[G1Affine]) -> G1Projective {
    let rows = circuit.matrices().evaluate(assignment).unwrap();
    let size = h.len();
    let subgroup = Radix2EvaluationDomain::<Fr>::new(size).unwrap();
    let root = Fr::get_root_of_unity(2 * size as u64).unwrap();
    assert_eq!(root.square(), subgroup.group_gen());
    let coset = subgroup.get_coset(root).unwrap();
    let product: Vec<_> = rows.a.iter().zip(&rows.b).map(|(a, b)| *a * b).collect();
    let [a, b, c] = [&rows.a, &rows.b, &product].map(|values| coset.fft(&subgroup.ifft(values)));
    let values: Vec<_> = (0..size).map(|i| a[i] * b[i] - c[i]).collect();
    G1Projective::msm(h, &values).unwrap()
}

/// Our sum: coefficients times powers.
fn quotient_as_ours(circuit: &Circuit, assignment: &[Fr], key: &ProvingKey) -> G1Projective {
    let rows = circuit.matrices().evaluate(assignment).unwrap();
    let subgroup = Radix2EvaluationDomain::<Fr>::new(rows.a.len()).unwrap();
    let [a, b, c] = [&rows.a, &rows.b, &rows.c]
        .map(|values| DensePolynomial::from_coefficients_vec(subgroup.ifft(values)));
    let (quotient, rest) = (&(&a * &b) - &c).divide_by_vanishing_poly(subgroup);
    assert!(rest.is_zero());
    let mut coefficients = quotient.coeffs;
    let points = key.to_arkworks().h_query;
    coefficients.resize(points.len(), Fr::zero());
    G1Projective::msm(&points, &coefficients).unwrap()
}

fn read_back(circuit: &Circuit, assignment: &[Fr]) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);

    write_r1cs(&path("c.r1cs"), circuit).unwrap();
    let matrices = circuit.matrices();
    let read = read_r1cs(&path("c.r1cs"), circuit);
    assert_eq!(read.len(), matrices.num_constraints());
    for (number, rows) in read.into_iter().enumerate() {
        let ours = [&matrices.a, &matrices.b, &matrices.c].map(|m| m.row(number));
        for (theirs, ours) in rows.into_iter().zip(ours) {
            assert!(theirs.windows(2).all(|pair| pair[0].1 < pair[1].1));
            assert!(theirs.iter().all(|(coefficient, _)| !coefficient.is_zero()));
            assert_eq!(map(theirs), map(ours), "row {number}");
        }
    }

    write_wtns(&path("c.wtns"), circuit, assignment).unwrap();
    let file = Reader::open(&path("c.wtns"), b"wtns", 2);
    let mut header = file.section(1);
    header.modulus(Fr::MODULUS.0);
    assert_eq!(header.u32() as usize, assignment.len());
    header.end();
    let mut values = file.section(2);
    for value in assignment {
        assert_eq!(values.scalar(), *value);
    }
    values.end();

    let key = generate(circuit, Origin::Development, &Silent).unwrap();
    write_zkey(&path("c.zkey"), circuit, &key, &Silent).unwrap();
    let h = check_zkey(&path("c.zkey"), circuit, &key);
    assert_eq!(
        quotient_as_snarkjs(circuit, assignment, &h),
        quotient_as_ours(circuit, assignment, &key)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn files_say_what_the_circuit_says(seed: u64, constraints in 1usize..90, inputs in 0usize..5, free in 1usize..9) {
        let (circuit, assignment) = random_circuit(seed, constraints, inputs, free);
        read_back(&circuit, &assignment);
    }
}

#[test]
fn domains_of_one_element_and_full_ones() {
    // Rows plus instance columns: 1, 2, 4, 64.
    let none = Matrices {
        num_instance: 1,
        num_witness: 1,
        a: vec![].into(),
        b: vec![].into(),
        c: vec![].into(),
    };
    read_back(
        &Circuit::new("none", "", none).unwrap(),
        &[Fr::one(), Fr::from(9u64)],
    );
    for (constraints, inputs) in [(1, 0), (1, 2), (60, 3)] {
        let (circuit, assignment) = random_circuit(8, constraints, inputs, 3);
        let matrices = circuit.matrices();
        assert_eq!(constraints + matrices.num_instance, matrices.domain_size());
        read_back(&circuit, &assignment);
    }
    let (circuit, assignment) = cubes(40, Fr::from(11u64));
    read_back(&circuit, &assignment);
}

#[test]
fn the_coset_points_are_lagrange_polynomials_at_the_secret() {
    let rng = &mut StdRng::seed_from_u64(6);
    for size in [1usize, 2, 8, 32] {
        let (secret, factor) = (Fr::rand(rng), Fr::rand(rng));
        let monomials: Vec<G1Affine> = (0..size as u64 - 1)
            .map(|k| (G1Affine::generator() * (factor * secret.pow([k]))).into_affine())
            .collect();
        let points = coset::points(&monomials, size, &Silent);
        let root = Fr::get_root_of_unity(2 * size as u64).unwrap();
        for (i, point) in points.iter().enumerate() {
            // The Lagrange polynomial without its term of highest degree.
            let mut values = vec![Fr::zero(); size];
            values[i] = Fr::one();
            let coset = Radix2EvaluationDomain::<Fr>::new(size)
                .unwrap()
                .get_coset(root)
                .unwrap();
            let mut coefficients = coset.ifft(&values);
            coefficients.pop();
            let value = DensePolynomial::from_coefficients_vec(coefficients).evaluate(&secret);
            let expected = -factor * value * Fr::from(2u64).inverse().unwrap();
            assert_eq!(*point, G1Affine::generator() * expected, "{size}, {i}");
        }
    }
}

#[test]
fn what_does_not_fit_is_named_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let (circuit, mut assignment) = toy();
    let (other, _) = random_circuit(1, 5, 1, 3);
    let key = generate(&circuit, Origin::Development, &Silent).unwrap();

    let error = write_zkey(&path, &other, &key, &Silent).unwrap_err();
    assert!(matches!(error, ExportError::Circuit { .. }), "{error}");
    let mut short = key;
    short.h = short.h[1..].iter().copied().collect();
    let error = write_zkey(&path, &circuit, &short, &Silent).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the key's h_query has 510 points, the circuit takes 511; make the key again"
    );
    let last = assignment.pop().unwrap();
    let error = write_wtns(&path, &circuit, &assignment).unwrap_err();
    assert!(
        matches!(
            error,
            ExportError::AssignmentLength {
                found: 302,
                expected: 303
            }
        ),
        "{error}"
    );
    assignment.push(last);
    assignment[0] = Fr::zero();
    let error = write_wtns(&path, &circuit, &assignment).unwrap_err();
    assert!(matches!(error, ExportError::NoConstant), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

    let missing = folder.path().join("missing").join("file");
    let error = write_r1cs(&missing, &circuit).unwrap_err();
    assert!(
        matches!(&error, ExportError::Io { path, .. } if *path == missing),
        "{error}"
    );
}

#[test]
fn a_section_of_the_wrong_length_is_noticed_and_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, b"old").unwrap();
    let write = |bytes: &'static [u8], lengths: [u64; 2]| {
        binary::write(&path, b"test", 1, 2, |file| {
            lengths
                .into_iter()
                .zip(1..)
                .try_for_each(|(length, number)| {
                    file.section(number, length)?;
                    file.bytes(bytes)
                })
        })
        .map_err(|error| error.to_string())
    };
    for (lengths, message) in [
        ([4, 3], "section 1 lacks 1 "),
        ([3, 4], "section 2 lacks 1 "),
        ([2, 3], "section 1 is longer"),
    ] {
        let error = write(b"abc", lengths).unwrap_err();
        assert!(error.contains(message), "{error}");
    }
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    write(b"abc", [3, 3]).unwrap();
    assert_eq!(Reader::open(&path, b"test", 1).sections.len(), 2);
}

#[test]
fn progress_ends_where_it_said() {
    #[derive(Default)]
    struct Recorder(Mutex<Vec<(Phase, u64, u64)>>);
    impl Progress for Recorder {
        fn begin(&self, phase: Phase, total: u64) {
            self.0.lock().unwrap().push((phase, total, 0));
        }
        fn advance(&self, units: u64) {
            self.0.lock().unwrap().last_mut().unwrap().2 += units;
        }
        fn end(&self) {}
    }
    let folder = tempfile::tempdir().unwrap();
    let (circuit, _) = toy();
    let key = generate(&circuit, Origin::Development, &Silent).unwrap();
    let recorded = Recorder::default();
    write_zkey(&folder.path().join("c.zkey"), &circuit, &key, &recorded).unwrap();
    let recorded = recorded.0.into_inner().unwrap();
    let phases: Vec<_> = recorded.iter().map(|(phase, ..)| *phase).collect();
    assert_eq!(phases, [Phase::Coset, Phase::Write]);
    for (phase, total, done) in recorded {
        assert_eq!(total, done, "{phase}");
    }
}
