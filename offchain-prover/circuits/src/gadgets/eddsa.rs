//! Verification of EdDSA-Poseidon signatures over Baby Jubjub, as circomlib and iden3 define them:
//! `S·B8 = R8 + h·(8·A)` with `h = Poseidon(R8.x, R8.y, A.x, A.y, message)`.

use super::{
    bits::{enforce_at_most, to_bits, to_bits_strict},
    edwards::{
        FixedBase, Point, add, double, enforce_on_curve, multiply_fixed, multiply_odd, or_identity,
    },
    logic::enforce_equal_if,
    poseidon::hash,
};
use crate::r1cs::{Bit, Cs, Num};
use ark_ff::{BigInt, BigInteger};
use clearproof_primitives::babyjubjub;
use std::sync::OnceLock;

/// Bits of a scalar: the subgroup's order l lies between 2^250 and 2^251.
const SCALAR_BITS: usize = 251;

/// If `enabled` is set, requires `(r8, s)` to be a signature of `message` under `key`. Otherwise
/// key, r8 and message may be anything; s must still be a canonical scalar, for example zero. Costs
/// 4,468.
///
/// Guaranteed if enabled: key and r8 are on the curve, `s < l`, and the equation holds, with h the
/// canonical integer below r. The native verification requires the same, and in addition that the
/// key is in the prime-order subgroup and not neutral: that is a property of every key that an
/// account leaf can hold, checked at registration. A key that is not on the curve, such as (0, 0),
/// has no signatures.
///
/// Sound: all points that are added are on the curve (the two given ones by constraint, the base
/// and its multiples by construction, sums because the law is closed), so each addition is
/// determined. Both decompositions are canonical. If disabled, the two points are replaced by the
/// neutral one before anything else, so the same holds and honest witnesses exist for all inputs.
pub fn verify(cs: &mut Cs, enabled: &Bit, key: &Point, r8: &Point, s: &Num, message: &Num) {
    let challenge = hash(cs, &[&r8.x, &r8.y, &key.x, &key.y, message].map(Num::clone));
    let key = cs.part("on curve", |cs| curve_point(cs, enabled, key));
    let r8 = cs.part("on curve", |cs| curve_point(cs, enabled, r8));

    let scalar = cs.part("scalar", |cs| {
        let bits = to_bits(cs, s, SCALAR_BITS);
        let mut limit = babyjubjub::SUBGROUP_ORDER;
        limit.sub_with_borrow(&BigInt::from(1u64));
        enforce_at_most(cs, &bits, &limit);
        bits
    });
    let left = cs.part("fixed base", |cs| multiply_fixed(cs, &scalar, base_table()));

    let challenge = cs.part("challenge", |cs| to_bits_strict(cs, &challenge));
    let (four, product) = cs.part("variable base", |cs| {
        let two = double(cs, &key);
        let four = double(cs, &two);
        // (2h + 1)·4A = h·8A + 4A
        let product = multiply_odd(cs, &challenge, &four);
        (four, product)
    });

    let left = add(cs, &left, &four);
    let right = add(cs, &r8, &product);
    enforce_equal_if(cs, enabled, &left.x, &right.x);
    enforce_equal_if(cs, enabled, &left.y, &right.y);
}

/// The point if enabled, else the neutral one; on the curve in both cases. Costs 5.
fn curve_point(cs: &mut Cs, enabled: &Bit, p: &Point) -> Point {
    let p = or_identity(cs, enabled, p);
    enforce_on_curve(cs, &p);
    p
}

fn base_table() -> &'static FixedBase {
    static TABLE: OnceLock<FixedBase> = OnceLock::new();
    TABLE.get_or_init(|| FixedBase::new(&babyjubjub::BASE8, SCALAR_BITS))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::gadgets::{
        logic::as_bit,
        testing::{accepted, refused},
    };
    use ark_bn254::Fr;
    use ark_ff::{AdditiveGroup, Field, PrimeField};
    use clearproof_primitives::{
        babyjubjub::{BASE8, PublicKey, SUBGROUP_ORDER},
        eddsa::{SecretKey, Signature},
        poseidon,
    };

    const COST: usize = 4_468;

    #[derive(Clone, Copy, Debug)]
    struct Case {
        key: babyjubjub::Point,
        r8: babyjubjub::Point,
        s: Fr,
        message: Fr,
    }

    impl Case {
        fn signed(seed: u8, message: u64) -> Self {
            let secret = SecretKey::new([seed; 32]);
            let message = Fr::from(message);
            let signature = secret.sign(message);
            Self {
                key: secret.public_key().point(),
                r8: signature.r8,
                s: signature.s_as_field(),
                message,
            }
        }

        /// All of the signature is public here, so that the mutation test changes the gadget's own
        /// witnesses only.
        fn build(self, enabled: bool) -> impl Fn(&mut Cs) {
            move |cs| {
                let enabled = cs.input(u64::from(enabled));
                let enabled = as_bit(cs, &enabled);
                let key = Point {
                    x: cs.input(self.key.x),
                    y: cs.input(self.key.y),
                };
                let r8 = Point {
                    x: cs.input(self.r8.x),
                    y: cs.input(self.r8.y),
                };
                let (s, message) = (cs.input(self.s), cs.input(self.message));
                verify(cs, &enabled, &key, &r8, &s, &message);
            }
        }

        fn native(self) -> bool {
            let Ok(key) = PublicKey::new(self.key) else {
                return false;
            };
            let Ok(signature) = Signature::new(self.r8, self.s) else {
                return false;
            };
            key.verify(self.message, &signature).is_ok()
        }

        fn circuit(self) -> bool {
            let mut cs = Cs::witness_only();
            self.build(true)(&mut cs);
            cs.finish().is_ok()
        }
    }

    /// Fewer than 8·l, reduced.
    fn reduced(mut value: BigInt<4>) -> BigInt<4> {
        while value >= SUBGROUP_ORDER {
            value.sub_with_borrow(&SUBGROUP_ORDER);
        }
        value
    }

    /// (7·l + 1)/8, the inverse of 8 modulo l.
    fn eighth() -> BigInt<4> {
        let mut value = BigInt::from(1u64);
        for _ in 0..7 {
            value.add_with_carry(&SUBGROUP_ORDER);
        }
        value >>= 3;
        value
    }

    /// A case that satisfies the equation for a given key with `8·key = B8` and any nonce, torsion
    /// in R8 and key aside.
    fn crafted(
        key: babyjubjub::Point,
        nonce: u64,
        torsion: babyjubjub::Point,
        message: Fr,
    ) -> Case {
        let r8 = BASE8.mul(&BigInt::from(nonce)).add(&torsion);
        let h = poseidon::hash(&[r8.x, r8.y, key.x, key.y, message]);
        let mut s = reduced(h.into_bigint());
        s.add_with_carry(&BigInt::from(nonce));
        Case {
            key,
            r8,
            s: Fr::from(reduced(s)),
            message,
        }
    }

    fn order_two() -> babyjubjub::Point {
        babyjubjub::Point {
            x: Fr::ZERO,
            y: -Fr::ONE,
        }
    }

    #[test]
    fn signatures_are_accepted_at_the_stated_cost() {
        for (seed, message) in [(1, 0), (2, 77), (3, u64::MAX)] {
            let case = Case::signed(seed, message);
            assert!(case.native());
            assert_eq!(accepted(case.build(true)), COST + 1);
        }
    }

    #[test]
    fn tampered_signatures_are_refused_by_both() {
        let good = Case::signed(4, 9);
        let l = Fr::from(SUBGROUP_ORDER);
        let (one, nowhere) = (
            Fr::ONE,
            babyjubjub::Point {
                x: Fr::ZERO,
                y: Fr::ZERO,
            },
        );
        let bad = [
            Case {
                message: good.message + one,
                ..good
            },
            Case {
                s: good.s + one,
                ..good
            },
            Case {
                s: good.s + l,
                ..good
            },
            Case { s: -good.s, ..good },
            Case { s: l, ..good },
            Case {
                r8: good.r8.neg(),
                ..good
            },
            Case {
                r8: good.r8.add(&order_two()),
                ..good
            },
            Case {
                r8: nowhere,
                ..good
            },
            Case {
                r8: babyjubjub::Point {
                    x: good.r8.x + one,
                    ..good.r8
                },
                ..good
            },
            Case {
                key: nowhere,
                ..good
            },
            Case {
                key: good.key.neg(),
                ..good
            },
            Case {
                key: Case::signed(5, 9).key,
                ..good
            },
            Case {
                key: babyjubjub::Point {
                    x: good.key.x,
                    y: good.key.y + one,
                },
                ..good
            },
        ];
        for case in bad {
            assert!(!case.native(), "{case:?}");
            refused(case.build(true));
        }
    }

    #[test]
    fn disabled_everything_but_s_may_be_anything() {
        let nowhere = babyjubjub::Point {
            x: Fr::ZERO,
            y: Fr::ZERO,
        };
        let empty = Case {
            key: nowhere,
            r8: nowhere,
            s: Fr::ZERO,
            message: Fr::ZERO,
        };
        let limit = Fr::from(SUBGROUP_ORDER) - Fr::ONE;
        for case in [
            empty,
            Case::signed(6, 1),
            Case { s: limit, ..empty },
            Case {
                message: Fr::ONE,
                ..Case::signed(7, 2)
            },
        ] {
            assert_eq!(accepted(case.build(false)), COST + 1);
        }
        refused(
            Case {
                s: limit + Fr::ONE,
                ..empty
            }
            .build(false),
        );
    }

    #[test]
    fn edge_cases_are_decided_as_natively() {
        let key = BASE8.mul(&eighth());
        assert_eq!(key.mul(&BigInt::from(8u64)), BASE8);
        for message in 0..4u64 {
            let message = Fr::from(message);
            // A nonce of zero makes R8 neutral; 1 makes it the base itself, whose multiples the
            // table holds.
            for nonce in [0, 1, 2, 8, u64::MAX] {
                let case = crafted(key, nonce, babyjubjub::Point::IDENTITY, message);
                assert!(case.native() && case.circuit(), "{case:?}");
                let case = crafted(key, nonce, order_two(), message);
                assert!(!case.native() && !case.circuit(), "{case:?}");
            }
        }
    }

    /// The one difference: account leaves only hold keys of order l, so the circuit does not check
    /// that again.
    #[test]
    fn the_order_of_the_key_is_the_callers_to_know() {
        let key = BASE8.mul(&eighth()).add(&order_two());
        let case = crafted(key, 5, babyjubjub::Point::IDENTITY, Fr::ONE);
        assert!(!case.native());
        assert!(case.circuit());
    }
}
