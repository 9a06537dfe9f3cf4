//! Linear combinations with their value.

use ark_bn254::Fr;
use ark_ff::{One, Zero};
use std::ops::{Add, Neg, Sub};

/// A variable of the system, ordered: the constant one, then inputs, then witnesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Variable(u32);

impl Variable {
    pub(super) const ONE: Self = Self(0);
    const WITNESS: u32 = 1 << 31;

    pub(super) fn instance(index: usize) -> Self {
        assert!(
            index < (Self::WITNESS - 1) as usize,
            "too many inputs for 31-bit indices"
        );
        Self(index as u32 + 1)
    }

    pub(super) fn witness(index: usize) -> Self {
        assert!(
            index < Self::WITNESS as usize,
            "too many witnesses for 31-bit indices"
        );
        Self(index as u32 | Self::WITNESS)
    }

    /// The column in `[1, instance.., witness..]`, where `num_instance` counts the one.
    pub(super) fn column(self, num_instance: usize) -> usize {
        if self.0 & Self::WITNESS != 0 {
            num_instance + (self.0 & !Self::WITNESS) as usize
        } else {
            self.0 as usize
        }
    }
}

/// Sorted by variable, without zero coefficients.
pub(super) type Terms = Vec<(Variable, Fr)>;

#[derive(Clone, Debug)]
enum Form {
    /// Known when the circuit is built; part of its shape.
    Constant,
    /// Depends on variables; witness-only mode does not record them.
    Unrecorded,
    /// A linear combination. It may be empty (`x - x`) and still counts as non-constant, as in the
    /// other mode.
    Recorded(Terms),
}

/// A linear combination of variables together with its value.
///
/// Adding, subtracting and scaling cost no constraint. Long sums should go through [`Sum`] (or
/// [`Num::sum`]): adding one by one merges the terms each time.
#[derive(Clone, Debug)]
pub struct Num {
    value: Fr,
    form: Form,
}

impl Num {
    /// A constant: part of the circuit's shape, so it must not depend on the witness.
    pub fn constant(value: impl Into<Fr>) -> Self {
        Self {
            value: value.into(),
            form: Form::Constant,
        }
    }

    /// The constant zero.
    pub fn zero() -> Self {
        Self::constant(Fr::zero())
    }

    /// The constant one.
    pub fn one() -> Self {
        Self::constant(Fr::one())
    }

    /// The constant `2^exponent`; the exponent must be below 254.
    pub fn power_of_two(exponent: usize) -> Self {
        Self::constant(power_of_two(exponent))
    }

    pub(super) fn unrecorded(value: Fr) -> Self {
        Self {
            value,
            form: Form::Unrecorded,
        }
    }

    pub(super) fn variable(value: Fr, variable: Variable) -> Self {
        Self {
            value,
            form: Form::Recorded(vec![(variable, Fr::one())]),
        }
    }

    /// The value under the current assignment.
    pub fn value(&self) -> Fr {
        self.value
    }

    /// The constant's value, or nothing if variables are involved. Gadgets may branch on this.
    pub fn as_constant(&self) -> Option<Fr> {
        matches!(self.form, Form::Constant).then_some(self.value)
    }

    /// True if this is a constant of the circuit's shape.
    pub fn is_constant(&self) -> bool {
        matches!(self.form, Form::Constant)
    }

    /// Multiplied by a constant of the circuit's shape. By zero it becomes the constant zero.
    pub fn scale(&self, factor: impl Into<Fr>) -> Self {
        let factor = factor.into();
        if factor.is_zero() {
            return Self::zero();
        }
        let form = match &self.form {
            Form::Recorded(terms) => {
                Form::Recorded(terms.iter().map(|(v, c)| (*v, *c * factor)).collect())
            }
            other => other.clone(),
        };
        Self {
            value: self.value * factor,
            form,
        }
    }

    /// Twice the number.
    pub fn double(&self) -> Self {
        self.scale(2u64)
    }

    /// The sum of all items.
    pub fn sum<'a>(items: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut sum = Sum::new();
        for item in items {
            sum.add(item);
        }
        sum.finish()
    }

    /// The terms for a row of a matrix.
    pub(super) fn row(&self) -> Terms {
        match &self.form {
            Form::Constant if self.value.is_zero() => Vec::new(),
            Form::Constant => vec![(Variable::ONE, self.value)],
            Form::Unrecorded => Vec::new(),
            Form::Recorded(terms) => terms.clone(),
        }
    }

    /// `self + factor · other`, for the two factors 1 and −1.
    fn combine(&self, other: &Self, subtract: bool) -> Self {
        let value = if subtract {
            self.value - other.value
        } else {
            self.value + other.value
        };
        let form = match (&self.form, &other.form) {
            (Form::Constant, Form::Constant) => Form::Constant,
            (Form::Unrecorded, _) | (_, Form::Unrecorded) => Form::Unrecorded,
            (Form::Recorded(a), Form::Recorded(b)) => Form::Recorded(merge(a, b, subtract)),
            (Form::Recorded(a), Form::Constant) => Form::Recorded(merge(a, &other.row(), subtract)),
            (Form::Constant, Form::Recorded(b)) => Form::Recorded(merge(&self.row(), b, subtract)),
        };
        Self { value, form }
    }
}

/// `2^exponent` in the field.
pub(crate) fn power_of_two(exponent: usize) -> Fr {
    assert!(
        exponent < 254,
        "2^{exponent} is not below the field's modulus"
    );
    let mut limbs = [0u64; 4];
    limbs[exponent / 64] = 1 << (exponent % 64);
    Fr::from(ark_ff::BigInt(limbs))
}

fn merge(a: &[(Variable, Fr)], b: &[(Variable, Fr)], subtract: bool) -> Terms {
    let signed = |c: Fr| if subtract { -c } else { c };
    let mut out = Vec::with_capacity(a.len() + b.len());
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        let ((va, ca), (vb, cb)) = (a[i], b[j]);
        if va < vb {
            out.push((va, ca));
            i += 1;
        } else if vb < va {
            out.push((vb, signed(cb)));
            j += 1;
        } else {
            let c = ca + signed(cb);
            if !c.is_zero() {
                out.push((va, c));
            }
            i += 1;
            j += 1;
        }
    }
    out.extend_from_slice(&a[i..]);
    out.extend(b[j..].iter().map(|(v, c)| (*v, signed(*c))));
    out
}

impl From<u64> for Num {
    fn from(value: u64) -> Self {
        Self::constant(value)
    }
}

impl From<Fr> for Num {
    fn from(value: Fr) -> Self {
        Self::constant(value)
    }
}

macro_rules! binary {
    ($trait:ident, $method:ident, $subtract:literal) => {
        impl $trait<&Num> for &Num {
            type Output = Num;
            fn $method(self, other: &Num) -> Num {
                self.combine(other, $subtract)
            }
        }
        impl $trait<Num> for &Num {
            type Output = Num;
            fn $method(self, other: Num) -> Num {
                self.combine(&other, $subtract)
            }
        }
        impl $trait<&Num> for Num {
            type Output = Num;
            fn $method(self, other: &Num) -> Num {
                self.combine(other, $subtract)
            }
        }
        impl $trait<Num> for Num {
            type Output = Num;
            fn $method(self, other: Num) -> Num {
                self.combine(&other, $subtract)
            }
        }
    };
}

binary!(Add, add, false);
binary!(Sub, sub, true);

impl Neg for &Num {
    type Output = Num;
    fn neg(self) -> Num {
        self.scale(-Fr::one())
    }
}

impl Neg for Num {
    type Output = Self;
    fn neg(self) -> Self {
        self.scale(-Fr::one())
    }
}

/// Adds many numbers up and merges their terms once, at the end.
#[derive(Debug)]
pub struct Sum {
    value: Fr,
    form: Form,
    constant: Fr,
}

impl Default for Sum {
    fn default() -> Self {
        Self::new()
    }
}

impl Sum {
    /// The empty sum, the constant zero.
    pub fn new() -> Self {
        Self {
            value: Fr::zero(),
            form: Form::Constant,
            constant: Fr::zero(),
        }
    }

    /// Adds a number.
    pub fn add(&mut self, item: &Num) -> &mut Self {
        self.add_scaled(item, Fr::one())
    }

    /// Adds `factor · item`, the factor being a constant of the circuit's shape.
    pub fn add_scaled(&mut self, item: &Num, factor: impl Into<Fr>) -> &mut Self {
        let factor = factor.into();
        if factor.is_zero() {
            return self;
        }
        let value = if factor.is_one() {
            item.value
        } else {
            item.value * factor
        };
        self.value += value;
        match &item.form {
            Form::Constant => self.constant += value,
            Form::Unrecorded => self.form = Form::Unrecorded,
            Form::Recorded(terms) => {
                if matches!(self.form, Form::Constant) {
                    self.form = Form::Recorded(Vec::with_capacity(terms.len()));
                }
                if let Form::Recorded(all) = &mut self.form {
                    all.extend(terms.iter().map(|(v, c)| (*v, *c * factor)));
                }
            }
        }
        self
    }

    /// The sum as a number.
    pub fn finish(self) -> Num {
        let form = match self.form {
            Form::Recorded(mut terms) => {
                terms.push((Variable::ONE, self.constant));
                terms.sort_unstable_by_key(|(v, _)| *v);
                terms.dedup_by(|next, kept| {
                    let same = next.0 == kept.0;
                    if same {
                        kept.1 += next.1;
                    }
                    same
                });
                terms.retain(|(_, c)| !c.is_zero());
                Form::Recorded(terms)
            }
            other => other,
        };
        Num {
            value: self.value,
            form,
        }
    }
}

/// A number that is known to be 0 or 1: by a constraint, by construction, or as a constant.
#[derive(Clone, Debug)]
pub struct Bit(Num);

impl Bit {
    /// A constant bit.
    pub fn constant(value: bool) -> Self {
        Self(Num::constant(value as u64))
    }

    /// Adopts a number that other constraints already force to be 0 or 1; the caller guarantees
    /// that.
    pub fn from_num_unchecked(num: Num) -> Self {
        Self(num)
    }

    /// The bit as a number.
    pub fn num(&self) -> &Num {
        &self.0
    }

    /// The bit's value; anything but 0 counts as set.
    pub fn value(&self) -> bool {
        !self.0.value().is_zero()
    }

    /// `1 − self`, without a constraint.
    pub fn not(&self) -> Self {
        Self(Num::one() - &self.0)
    }
}

impl AsRef<Num> for Bit {
    fn as_ref(&self) -> &Num {
        &self.0
    }
}
