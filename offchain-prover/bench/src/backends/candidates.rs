//! The provers that are compared.

use anyhow::{Result, ensure};
use ark_bn254::{Bn254, Fr};
use ark_ff::UniformRand;
use ark_groth16::Proof;
use clearproof_groth16::{
    ArkBackend, ArkworksForm, Backend, Circuit, CpuBackend, CudaBackend, CudaOptions,
    IcicleBackend, IcicleOptions, LoadedKey, ProvingKey, prove,
};
use rand::rngs::OsRng;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use taceo_groth16::{ConstraintMatrices, LibSnarkReduction};

/// A prover that has loaded key and circuit.
pub trait Race {
    /// Returns a proof of the assignment, and how long it took.
    fn prove(&self, assignment: &[Fr]) -> Result<(Duration, Proof<Bn254>)>;
}

/// Loads key and circuit; returns a reason if the backend is unavailable on this machine.
type Load = Box<dyn Fn(Arc<Circuit>, ProvingKey) -> Result<Result<Box<dyn Race>, String>>>;

/// A prover and its name.
pub struct Candidate {
    /// Its name.
    pub name: &'static str,
    /// The prover's name in the ratios; none for our own backends.
    pub other: Option<&'static str>,
    /// Loads key and circuit.
    pub load: Load,
}

/// Returns all provers that are compared.
pub fn candidates() -> Vec<Candidate> {
    let mut candidates = vec![ours("cpu", || Ok(CpuBackend::detect()))];
    // The variants that machines with less capable processors would use.
    for (place, backend) in CpuBackend::all().iter().enumerate().skip(1) {
        candidates.push(ours(backend.variant(), move || {
            Ok(CpuBackend::all().remove(place))
        }));
    }
    candidates.extend([
        ours("cuda", || {
            CudaBackend::open(&CudaOptions::default()).map_err(|reason| reason.to_string())
        }),
        ours("icicle", || {
            IcicleBackend::open(&IcicleOptions::default()).map_err(|reason| reason.to_string())
        }),
        ours("arkworks", || Ok(ArkBackend)),
        other("ark-groth16", "ark", |form| Box::new(ArkGroth16(form))),
        other("taceo-groth16", "taceo", |form| {
            Box::new(TaceoGroth16::new(form))
        }),
    ]);
    candidates
}

/// Returns one of our backends; `make` returns a reason if the backend is unavailable.
fn ours<B: Backend + 'static>(
    name: &'static str,
    make: impl Fn() -> Result<B, String> + 'static,
) -> Candidate {
    let load = move |circuit: Arc<Circuit>, key: ProvingKey| {
        let backend = match make() {
            Ok(backend) => backend,
            Err(reason) => return Ok(Err(reason)),
        };
        ensure!(
            name == backend.name() || name.starts_with("cpu-"),
            "backend {} is listed as {name}",
            backend.name()
        );
        let key = LoadedKey::new(&backend, key)?;
        let racer: Box<dyn Race> = Box::new(Ours {
            backend,
            key,
            circuit,
        });
        Ok(Ok(racer))
    };
    Candidate {
        name,
        other: None,
        load: Box::new(load),
    }
}

fn other(
    name: &'static str,
    short: &'static str,
    make: fn(ArkworksForm) -> Box<dyn Race>,
) -> Candidate {
    Candidate {
        name,
        other: Some(short),
        load: Box::new(move |circuit, key| Ok(Ok(make(ArkworksForm::new(&key, &circuit))))),
    }
}

struct Ours<B: Backend> {
    backend: B,
    key: LoadedKey<B>,
    circuit: Arc<Circuit>,
}

impl<B: Backend> Race for Ours<B> {
    fn prove(&self, assignment: &[Fr]) -> Result<(Duration, Proof<Bn254>)> {
        let (proof, meta) = prove(
            &self.backend,
            &self.key,
            &self.circuit,
            assignment,
            &mut OsRng,
        )?;
        Ok((meta.times.total, proof.points().clone()))
    }
}

struct ArkGroth16(ArkworksForm);

impl Race for ArkGroth16 {
    fn prove(&self, assignment: &[Fr]) -> Result<(Duration, Proof<Bn254>)> {
        let [r, s] = [(); 2].map(|()| Fr::rand(&mut OsRng));
        let start = Instant::now();
        let proof = self.0.prove(assignment, r, s)?;
        Ok((start.elapsed(), proof))
    }
}

struct TaceoGroth16 {
    key: ark_groth16::ProvingKey<Bn254>,
    matrices: ConstraintMatrices<Fr>,
}

impl TaceoGroth16 {
    fn new(form: ArkworksForm) -> Self {
        let [a, b, c] = form.matrices;
        let [a_num_non_zero, b_num_non_zero, c_num_non_zero] =
            [&a, &b, &c].map(|matrix| matrix.iter().map(Vec::len).sum());
        Self {
            matrices: ConstraintMatrices {
                num_instance_variables: form.num_instance,
                num_witness_variables: form.key.l_query.len(),
                num_constraints: form.num_constraints,
                a_num_non_zero,
                b_num_non_zero,
                c_num_non_zero,
                a,
                b,
                c,
            },
            key: form.key,
        }
    }
}

impl Race for TaceoGroth16 {
    fn prove(&self, assignment: &[Fr]) -> Result<(Duration, Proof<Bn254>)> {
        let [r, s] = [(); 2].map(|()| Fr::rand(&mut OsRng));
        let start = Instant::now();
        let proof = taceo_groth16::Groth16::<Bn254>::prove::<LibSnarkReduction>(
            &self.key,
            r,
            s,
            &self.matrices,
            assignment,
        )
        .map_err(|error| anyhow::anyhow!("{error:#}"))?;
        Ok((start.elapsed(), proof))
    }
}
