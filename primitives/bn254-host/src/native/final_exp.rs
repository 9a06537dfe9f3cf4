//! Final exponentiation: the same value as arkworks', in fewer multiplications.
//!
//! Three powers to the curve's parameter x are most of the work. arkworks takes x in non-adjacent
//! form (23 multiplications each); signed windows of width 4 take 16.

use ark_bn254::{Config, Fq12};
use ark_ec::bn::BnConfig;
use ark_ff::{CyclotomicMultSubgroup, Field};

/// x in signed windows of width 4, least significant first: digits 0 or odd, at most 7 in size, any
/// two non-zero ones at least four places apart.
const X_DIGITS: [i8; 63] = signed_windows(Config::X[0]);

const fn signed_windows(x: u64) -> [i8; 63] {
    let mut digits = [0; 63];
    let mut rest = x as u128;
    let mut i = 0;
    while rest > 0 {
        if rest % 2 == 1 {
            let low = (rest % 16) as i8;
            if low > 8 {
                digits[i] = low - 16;
                rest += (16 - low) as u128;
            } else {
                digits[i] = low;
                rest -= low as u128;
            }
        }
        rest /= 2;
        i += 1;
    }
    digits
}

/// The inverse of an element of the cyclotomic subgroup: its conjugate.
fn inverse(f: &Fq12) -> Fq12 {
    let mut f = *f;
    f.conjugate_in_place();
    f
}

fn frobenius(f: &Fq12, power: usize) -> Fq12 {
    let mut f = *f;
    f.frobenius_map_in_place(power);
    f
}

/// `fˣ` for f in the cyclotomic subgroup.
fn power_x(f: &Fq12) -> Fq12 {
    let square = f.cyclotomic_square();
    let f3 = square * f;
    let f5 = square * f3;
    let f7 = square * f5;
    let odd = [*f, f3, f5, f7];
    let mut digits = X_DIGITS.iter().rev();
    // The leading digit is one, since x has 63 bits.
    digits.next();
    digits.fold(*f, |mut power, &digit| {
        power.cyclotomic_square_in_place();
        let factor = odd[usize::from(digit.unsigned_abs() / 2)];
        match digit {
            0 => power,
            1.. => power * factor,
            _ => power * inverse(&factor),
        }
    })
}

/// `f` to the power 2x(6x² + 3x + 1)·(q¹² − 1)/r; `None` for zero.
///
/// Easy part (q⁶ − 1)(q² + 1); hard part as in Fuentes-Castañeda, Knapp, Rodríguez-Henríquez,
/// "Faster hashing to G2", section 5.2: (12x³ + 12x² + 6x + 1) + (12x³ + 6x² + 4x)·q + (12x³ + 6x²
/// + 6x)·q² + (12x³ + 6x² + 4x − 1)·q³.
pub fn final_exponentiation(f: &Fq12) -> Option<Fq12> {
    let f = inverse(f) * f.inverse()?;
    let g = frobenius(&f, 2) * f;

    let g_2x = power_x(&g).cyclotomic_square();
    let g_6x = g_2x.cyclotomic_square() * g_2x;
    let g_6x2 = power_x(&g_6x);
    let g_12x3 = power_x(&g_6x2.cyclotomic_square());

    let q2 = g_12x3 * g_6x2 * g_6x;
    let q1 = q2 * inverse(&g_2x);
    let q0 = q2 * g_6x2 * g;
    let q3 = q1 * inverse(&g);
    Some(q0 * frobenius(&q1, 1) * frobenius(&q2, 2) * frobenius(&q3, 3))
}
