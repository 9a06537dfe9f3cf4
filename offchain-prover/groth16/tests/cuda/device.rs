//! The library itself on a device, if `make cuda` built it and there is one; skipped otherwise.

use crate::{
    same::{
        arithmetic::{sums_agree, transforms_agree},
        proofs::{key, powers},
    },
    standin::{built, options},
};
use clearproof_groth16::{Backend, CudaBackend, Prove, Prover};

#[test]
fn a_device_agrees_with_arkworks() {
    let Some(library) = built("libclearproof_cuda") else {
        eprintln!("skipped: libclearproof_cuda is not built here (`make cuda`)");
        return;
    };
    let backend = match CudaBackend::open(&options(&library)) {
        Ok(backend) => backend,
        Err(error) if error.reason.starts_with("no device") => {
            eprintln!("skipped: {error}");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    sums_agree(&backend);
    for log_size in [0, 1, 2, 5, 9, 10, 11, 14] {
        transforms_agree(&backend, log_size, u64::from(log_size));
    }
    let (circuit, assignment) = powers(1000, 3);
    backend.check_memory(&circuit).unwrap();
    assert_eq!(backend.name(), "cuda");
    let prover = Prover::new(backend, circuit.clone(), key(&circuit)).unwrap();
    prover.prove(&assignment).unwrap();
}
