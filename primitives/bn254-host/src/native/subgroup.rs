//! Membership of G2: one multiplication by the curve's 63-bit parameter x.
//!
//! ψ, the q-power Frobenius carried to the twist, is an endomorphism of E'(F_q²) with ψ² − tψ + q =
//! 0. P is accepted if χ(P) = 0 for χ = (x + 1) + xψ + xψ² − 2xψ³
//! (<https://eprint.iacr.org/2022/348>).
//!
//! Nothing inside the subgroup is refused: there ψ acts as q, and χ(q) = 0 modulo r. Nothing
//! outside is accepted: with χ = a + bψ after reduction, χ(P) = 0 gives \[N\]P = 0 for the norm N =
//! a² + abt + b²q. r divides N, and N has no factor in common with the cofactor h, nor has r; so
//! among the h·r points of the curve only those of order 1 and r are annihilated by N.

use ark_bn254::{Config, G2Affine, G2Projective};
use ark_ec::{AffineRepr, bn::BnConfig};
use ark_ff::{AdditiveGroup, Field};

/// ψ. In Jacobian coordinates, where x = X/Z² and y = Y/Z³, conjugating Z carries over.
fn psi(point: &G2Projective) -> G2Projective {
    let mut p = *point;
    p.x.frobenius_map_in_place(1);
    p.y.frobenius_map_in_place(1);
    p.z.frobenius_map_in_place(1);
    p.x *= Config::TWIST_MUL_BY_Q_X;
    p.y *= Config::TWIST_MUL_BY_Q_Y;
    p
}

/// Returns true if a point of the curve lies in the subgroup of order r.
pub fn is_in_g2(point: &G2Affine) -> bool {
    let x_p = point.mul_bigint(Config::X);
    let psi_1 = psi(&x_p);
    let psi_2 = psi(&psi_1);
    let psi_3 = psi(&psi_2);
    x_p + point + psi_1 + psi_2 == psi_3.double()
}
