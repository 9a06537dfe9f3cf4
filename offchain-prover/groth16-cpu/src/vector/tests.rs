#![allow(clippy::unwrap_used, clippy::undocumented_unsafe_blocks)]

use super::{
    super::{fma::Fma, ifma::Ifma},
    *,
};
use ark_bn254::{FqConfig, FrConfig};
use ark_ff::{BigInt, BigInteger, Field, Fp, MontBackend, MontConfig, PrimeField};
use rand::{Rng, SeedableRng, rngs::StdRng};

type Element<C> = Fp<MontBackend<C, 4>, 4>;

/// The operations of the vectors of one field on eight elements; each result is reduced.
struct Operations<'a> {
    /// The operands a, b, c and d, eight of each.
    operands: &'a [[[u64; 4]; 8]; 4],
    scalars: bool,
    results: &'a mut Vec<[[u64; 4]; 8]>,
}

/// Names of the results, in their order.
const NAMES: [&str; 13] = [
    "product",
    "two products",
    "product of the largest difference",
    "opposite",
    "difference",
    "x of a sum",
    "tangent's numerator",
    "tangent's denominator",
    "long chain of products",
    "selected",
    "upper of six levels in frequency",
    "lower of six levels in frequency",
    "six levels in time",
];

#[inline(always)]
unsafe fn load<V: Vector>(elements: &[[u64; 4]; 8]) -> V {
    V::unpack(unsafe { V::load_elements(elements.as_ptr().cast()) })
}

#[inline(always)]
unsafe fn operate<V: Vector>(operands: &[[[u64; 4]; 8]; 4], results: &mut Vec<[[u64; 4]; 8]>) {
    let [a, b, c, d] = unsafe {
        [
            load::<V>(&operands[0]),
            load::<V>(&operands[1]),
            load::<V>(&operands[2]),
            load::<V>(&operands[3]),
        ]
    };
    let mut chain = c;
    for _ in 0..50 {
        chain = chain.mul(a.sub::<16>(b));
    }
    let square = c.mul(d);
    let (mut upper, mut lower) = (a, b);
    for level in 0..6 {
        (upper, lower) = V::decimate_frequency(upper, lower, c, level);
    }
    let (mut first, mut second) = (a, b);
    for _ in 0..6 {
        (first, second) = V::decimate_time(first, second, c);
    }
    let all = [
        a.mul(b).reduce(),
        V::mul_two(a, b, c, d.negate::<18>()).reduce(),
        a.opposite().sub::<16>(b).mul(c.mul(d)).reduce(),
        a.opposite().sub_reduced::<16>(V::splat([0; 4])),
        a.mul(b).sub_reduced::<16>(c),
        V::x_of_sum(square, a, b),
        square.add(square).add(square).tidy().reduce(),
        a.add(a).to_coordinates().tidy().reduce(),
        chain.reduce(),
        a.select(0b1010_0110, b).reduce(),
        upper.reduce(),
        lower.reduce(),
        first.sub_reduced::<16>(second),
    ];
    for result in all {
        let mut elements = [[0; 4]; 8];
        unsafe { V::store_elements(elements.as_mut_ptr().cast(), result.pack()) };
        results.push(elements);
    }
}

impl<I: Instructions> Job<I> for Operations<'_> {
    #[inline(always)]
    unsafe fn run(self) {
        if self.scalars {
            unsafe { operate::<I::Scalar>(self.operands, self.results) }
        } else {
            unsafe { operate::<I::Base>(self.operands, self.results) }
        }
    }
}

/// The same with arkworks; `lane` determines which operand is selected.
fn expected<C: MontConfig<4>, V: Vector>(
    [a, b, c, d]: [Element<C>; 4],
    lane: usize,
) -> Vec<Element<C>> {
    // The product of two elements in arkworks' form is larger by this factor in the vectors' form.
    let form: Element<C> = power_of_two(-V::FORM);
    let to_coordinates: Element<C> = power_of_two(V::COORDINATES - V::FORM);
    let mul = |a, b| a * b * form;
    let mut chain = c;
    for _ in 0..50 {
        chain = mul(chain, a - b);
    }
    let (mut upper, mut lower) = (a, b);
    for _ in 0..6 {
        (upper, lower) = (upper + lower, mul(upper - lower, c));
    }
    let (mut first, mut second) = (a, b);
    for _ in 0..6 {
        let product = mul(second, c);
        (first, second) = (first + product, first - product);
    }
    let square = mul(c, d);
    vec![
        mul(a, b),
        mul(a, b) - mul(c, d),
        mul(-a - b, mul(c, d)),
        -a,
        mul(a, b) - c,
        square * to_coordinates - a - b,
        square + square + square,
        (a + a) * to_coordinates,
        chain,
        if 0b1010_0110u8 >> lane & 1 == 1 { b } else { a },
        upper,
        lower,
        first - second,
    ]
}

/// Elements at the boundaries of limbs and bits, and random ones.
fn elements<C: MontConfig<4>>(rng: &mut StdRng) -> Vec<Element<C>> {
    let modulus = Element::<C>::MODULUS.0;
    let mut words = vec![[0; 4], [1, 0, 0, 0], [2, 0, 0, 0]];
    for bits in [51u32, 52] {
        for limb in 1..5 {
            let bit = bits * limb;
            let power = Element::<C>::from(2u64).pow([u64::from(bit)]).into_bigint();
            let mut less = power;
            less.sub_with_borrow(&BigInt::one());
            let (power, less) = (power.0, less.0);
            words.extend([power, less]);
        }
    }
    // Near the modulus, near its half, and with all limbs as large as possible.
    let mut half = modulus;
    for i in 0..4 {
        half[i] = modulus[i] >> 1 | modulus.get(i + 1).map_or(0, |next| next << 63);
    }
    words.extend([half, [half[0] + 1, half[1], half[2], half[3]]]);
    for less in 1..4 {
        words.push([modulus[0] - less, modulus[1], modulus[2], modulus[3]]);
    }
    words.push([u64::MAX, u64::MAX, u64::MAX, modulus[3] - 1]);
    let mut elements: Vec<_> = words
        .into_iter()
        // The words are elements in Montgomery form.
        .map(|words| Element::<C>::new_unchecked(BigInt(words)))
        .collect();
    elements.extend((0..30).map(|_| Element::<C>::new(BigInt(rng.r#gen::<[u64; 4]>()))));
    elements
}

fn agree<I: Instructions, C: MontConfig<4>, V: Vector>(scalars: bool) {
    if !I::available() {
        eprintln!("skipped: this processor lacks {}", I::NAME);
        return;
    }
    let rng = &mut StdRng::seed_from_u64(31);
    let elements = elements::<C>(rng);
    let count = elements.len();
    // All pairs, with other elements beside them.
    for first in 0..count {
        for start in (0..count).step_by(8) {
            let chosen: [[Element<C>; 8]; 4] = std::array::from_fn(|operand| {
                std::array::from_fn(|lane| match operand {
                    0 => elements[first],
                    1 => elements[(start + lane) % count],
                    _ => elements[rng.gen_range(0..count)],
                })
            });
            let operands = chosen.map(|lanes| lanes.map(|element| element.0.0));
            let mut results = Vec::new();
            // SAFETY: the processor has the instructions.
            unsafe {
                I::run(Operations {
                    operands: &operands,
                    scalars,
                    results: &mut results,
                });
            }
            for lane in 0..8 {
                let [a, b, c, d] = [0, 1, 2, 3].map(|operand: usize| chosen[operand][lane]);
                let expected = expected::<C, V>([a, b, c, d], lane);
                for ((name, expected), found) in NAMES.iter().zip(expected).zip(&results) {
                    assert_eq!(
                        expected.0.0,
                        found[lane],
                        "{name}, {}: {a:?} {b:?} {c:?} {d:?}",
                        I::NAME
                    );
                }
            }
        }
    }
}

#[test]
fn vectors_of_coordinates_do_what_arkworks_does_at_all_edges() {
    agree::<Ifma, FqConfig, <Ifma as Instructions>::Base>(false);
    agree::<Fma, FqConfig, <Fma as Instructions>::Base>(false);
}

#[test]
fn vectors_of_scalars_do_what_arkworks_does_at_all_edges() {
    agree::<Ifma, FrConfig, <Ifma as Instructions>::Scalar>(true);
    agree::<Fma, FrConfig, <Fma as Instructions>::Scalar>(true);
}

#[test]
fn limbs_add_up() {
    let limbs = [
        u64::MAX,
        0x0123_4567_89ab_cdef,
        0xfedc_ba98_7654_3210,
        0x3064_4e72_e131_a029,
    ];
    for (bits, parts) in [(51, split::<51>(limbs)), (52, split::<52>(limbs))] {
        let mut sum = [0u64; 5];
        for (i, part) in parts.into_iter().enumerate() {
            let bit = bits * i;
            let wide = u128::from(part) << (bit % 64);
            sum[bit / 64] |= wide as u64;
            sum[bit / 64 + 1] |= (wide >> 64) as u64;
        }
        assert_eq!(sum[..4], limbs, "{bits}");
    }
}
