//! snarkjs accepts exported circuits, assignments, keys and proofs, and refuses changed ones.
//!
//! `scripts/setup-snarkjs.sh` installs snarkjs. If npm does not reach its registry, the test
//! reports it and is left out.
#![allow(clippy::unwrap_used)]

use ark_bn254::Fr;
use ark_ff::{One, UniformRand, Zero};
use clearproof_groth16::{
    ArkBackend, Circuit, LoadedKey, Matrices, Origin, ProvingKey, Silent,
    export::{
        inputs_json, proof_json, verifying_key_json, write_json, write_r1cs, write_wtns, write_zkey,
    },
    generate, prove,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const CONSTRAINTS: usize = 3_000;
const UNUSED: usize = 50;

/// Three public inputs, one of which is in no constraint; witness columns in no constraint; columns
/// that are only in C; rows that have a column twice, rows with coefficients that cancel, and empty
/// rows. There are 3,000 rows and 4 rows of instance columns in a domain of 4,096.
fn circuit() -> (Circuit, Vec<Fr>) {
    let rng = &mut StdRng::seed_from_u64(17);
    let one = Fr::one();
    let mut z = vec![one];
    z.extend((0..3 + UNUSED).map(|_| Fr::rand(rng)));
    let first = z.len();
    z.extend([Fr::from(5u64), -Fr::from(3u64), Fr::rand(rng)]);
    let (mut a, mut b, mut c) = (vec![], vec![], vec![]);
    for row in 0..CONSTRAINTS {
        let any = |rng: &mut StdRng, z: &[Fr]| rng.gen_range(first..z.len());
        let left = match row % 5 {
            // A boolean.
            0 => {
                let bit = z.len();
                z.push(Fr::from(rng.r#gen::<bool>()));
                a.push(vec![(one, bit)]);
                b.push(vec![(one, bit), (-one, 0)]);
                c.push(vec![]);
                continue;
            }
            1 => vec![(one, any(rng, &z)), (Fr::rand(rng), 1 + row % 2)],
            2 => {
                let twice = any(rng, &z);
                vec![(one, twice), (Fr::from(7u64), twice), (-one, 0)]
            }
            3 => {
                let gone = any(rng, &z);
                vec![(one, gone), (one, any(rng, &z)), (-one, gone)]
            }
            _ => vec![],
        };
        let right = vec![(Fr::rand(rng), any(rng, &z)), (one, any(rng, &z))];
        let value = |row: &[(Fr, usize)], z: &[Fr]| -> Fr {
            row.iter().fold(Fr::zero(), |sum, (factor, column)| {
                sum + *factor * z[*column]
            })
        };
        let product = value(&left, &z) * value(&right, &z);
        c.push(vec![(one, z.len())]);
        z.push(product);
        a.push(left);
        b.push(right);
    }
    let matrices = Matrices {
        num_instance: 4,
        num_witness: z.len() - 4,
        a: a.into(),
        b: b.into(),
        c: c.into(),
    };
    assert!(matrices.num_constraints() + matrices.num_instance < matrices.domain_size());
    (Circuit::new("snarkjs-test", "", matrices).unwrap(), z)
}

/// The path of snarkjs' program, which is installed if necessary; none if npm does not reach its
/// registry.
fn snarkjs_program() -> Option<PathBuf> {
    // The path is not compiled in, because checkouts share one target directory.
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").unwrap();
    let script = Path::new(&manifest).join("../../scripts/setup-snarkjs.sh");
    let output = Command::new(&script)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    match output.status.code() {
        Some(0) => Some(String::from_utf8(output.stdout).unwrap().trim_end().into()),
        Some(69) => None,
        _ => panic!("{} failed, see above", script.display()),
    }
}

struct Snarkjs {
    program: PathBuf,
    folder: PathBuf,
}

impl Snarkjs {
    /// Runs snarkjs in the folder. Returns true if it succeeded, and its output.
    fn run(&self, arguments: &[&str]) -> (bool, String) {
        let output = Command::new("node")
            .arg(&self.program)
            .args(arguments)
            .current_dir(&self.folder)
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        (output.status.success(), text.concat())
    }

    fn accept(&self, arguments: &[&str], expected: &[&str]) {
        let (success, text) = self.run(arguments);
        assert!(success, "{arguments:?}: {text}");
        for part in expected {
            assert!(text.contains(part), "{arguments:?}, no {part:?} in: {text}");
        }
    }

    fn refuse(&self, arguments: &[&str], expected: &str) {
        let (success, text) = self.run(arguments);
        assert!(!success, "{arguments:?}: {text}");
        assert!(
            text.contains(expected),
            "{arguments:?}, no {expected:?} in: {text}"
        );
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn read(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.path(name)).unwrap()).unwrap()
    }
}

#[test]
fn snarkjs_takes_circuit_assignment_key_and_proofs_and_nothing_that_was_changed() {
    let Some(program) = snarkjs_program() else {
        eprintln!("left out: there is no snarkjs, as npm does not reach its registry");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let snarkjs = Snarkjs {
        program,
        folder: folder.path().to_owned(),
    };
    let path = |name: &str| snarkjs.path(name);

    let (circuit, assignment) = circuit();
    let key = generate(&circuit, Origin::Development, &Silent).unwrap();
    write_r1cs(&path("c.r1cs"), &circuit).unwrap();
    write_wtns(&path("c.wtns"), &circuit, &assignment).unwrap();
    write_zkey(&path("c.zkey"), &circuit, &key, &Silent).unwrap();
    write_json(&path("vk.json"), &verifying_key_json(key.verifying_key())).unwrap();

    circuit_and_assignment(&snarkjs, &circuit, &assignment);
    snarkjs.accept(
        &[
            "zkey",
            "export",
            "verificationkey",
            "c.zkey",
            "their-vk.json",
        ],
        &[],
    );
    assert_eq!(snarkjs.read("their-vk.json"), snarkjs.read("vk.json"));
    their_proof_with_our_key(&snarkjs, &assignment);
    our_proof(&snarkjs, &circuit, &assignment, key);
}

fn circuit_and_assignment(snarkjs: &Snarkjs, circuit: &Circuit, assignment: &[Fr]) {
    let wires = format!("# of Wires: {}", assignment.len());
    snarkjs.accept(
        &["r1cs", "info", "c.r1cs"],
        &[
            "Curve: bn-128",
            &wires,
            "# of Constraints: 3000",
            "# of Public Inputs: 3",
            "# of Outputs: 0",
        ],
    );
    snarkjs.accept(
        &["wtns", "check", "c.r1cs", "c.wtns"],
        &["WITNESS IS CORRECT"],
    );
    let mut wrong = assignment.to_vec();
    wrong[4 + UNUSED + 7] += Fr::one();
    write_wtns(&snarkjs.path("wrong.wtns"), circuit, &wrong).unwrap();
    snarkjs.refuse(
        &["wtns", "check", "c.r1cs", "wrong.wtns"],
        "WITNESS IS NOT CORRECT",
    );
}

fn verify(public: &'static str, proof: &'static str) -> [&'static str; 5] {
    ["groth16", "verify", "vk.json", public, proof]
}

fn their_proof_with_our_key(snarkjs: &Snarkjs, assignment: &[Fr]) {
    snarkjs.accept(
        &[
            "groth16",
            "prove",
            "c.zkey",
            "c.wtns",
            "their-proof.json",
            "their-public.json",
        ],
        &[],
    );
    let inputs = inputs_json(&assignment[1..4]);
    assert_eq!(snarkjs.read("their-public.json"), inputs);
    snarkjs.accept(&verify("their-public.json", "their-proof.json"), &["OK!"]);
    // With an assignment that breaks a constraint there is no quotient, and no proof.
    snarkjs.accept(
        &[
            "groth16",
            "prove",
            "c.zkey",
            "wrong.wtns",
            "wrong-proof.json",
            "wrong-public.json",
        ],
        &[],
    );
    snarkjs.refuse(
        &verify("wrong-public.json", "wrong-proof.json"),
        "Invalid proof",
    );
}

fn our_proof(snarkjs: &Snarkjs, circuit: &Circuit, assignment: &[Fr], key: ProvingKey) {
    let path = |name: &str| snarkjs.path(name);
    let inputs = inputs_json(&assignment[1..4]);
    let loaded = LoadedKey::new(&ArkBackend, key).unwrap();
    let rng = &mut rand::rngs::OsRng;
    let (proof, _) = prove(&ArkBackend, &loaded, circuit, assignment, rng).unwrap();
    let proof = proof_json(&proof);
    write_json(&path("proof.json"), &proof).unwrap();
    write_json(&path("public.json"), &inputs).unwrap();
    snarkjs.accept(&verify("public.json", "proof.json"), &["OK!"]);

    let (mut swapped, mut negated, mut other) = (proof.clone(), proof.clone(), inputs);
    swapped["pi_c"] = proof["pi_a"].clone();
    write_json(&path("swapped.json"), &swapped).unwrap();
    snarkjs.refuse(&verify("public.json", "swapped.json"), "Invalid proof");
    negated["pi_a"][1] = json!(negative(proof["pi_a"][1].as_str().unwrap()));
    write_json(&path("negated.json"), &negated).unwrap();
    snarkjs.refuse(&verify("public.json", "negated.json"), "Invalid proof");
    // The input that no constraint uses is bound nevertheless.
    other[2] = json!((assignment[3] + Fr::one()).to_string());
    write_json(&path("other.json"), &other).unwrap();
    snarkjs.refuse(&verify("other.json", "proof.json"), "Invalid proof");
}

/// The other y of a point with this x.
fn negative(y: &str) -> String {
    let y: ark_bn254::Fq = y.parse().unwrap();
    (-y).to_string()
}
