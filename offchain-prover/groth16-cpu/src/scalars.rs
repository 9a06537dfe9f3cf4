//! Vectors of scalars, with the digits that all sums over one vector share.

use crate::{digits::Digits, msm::window_bits};
use ark_bn254::Fr;
use rayon::prelude::*;
use std::sync::OnceLock;

/// A vector of scalars.
///
/// The digits that sums over points need are computed at the first sum and shared by all that
/// follow. The coefficients of a quotient lie in bit-reversed order in memory. Every function that
/// takes them accounts for it, and [`Self::to_vec`] returns them in natural order.
pub struct Scalars {
    values: Vec<Fr>,
    /// True if the values are in bit-reversed order; there is a power of two of them then.
    reversed: bool,
    /// The digits, in natural order, once a sum has needed them.
    digits: OnceLock<Digits>,
}

/// The place of the element with number i in bit-reversed order.
fn reversed(i: usize, size: usize) -> usize {
    i.reverse_bits() >> (usize::BITS - size.ilog2())
}

impl From<Vec<Fr>> for Scalars {
    fn from(values: Vec<Fr>) -> Self {
        Self {
            values,
            reversed: false,
            digits: OnceLock::new(),
        }
    }
}

impl Scalars {
    /// Takes values in bit-reversed order, of which there is a power of two.
    pub(crate) fn bit_reversed(values: Vec<Fr>) -> Self {
        Self {
            values,
            reversed: true,
            digits: OnceLock::new(),
        }
    }

    /// Number of scalars.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// True if there are no scalars.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// A copy of the scalars in natural order.
    pub fn to_vec(&self) -> Vec<Fr> {
        let size = self.values.len();
        if self.reversed && size > 1 {
            let order = (0..size).into_par_iter();
            order.map(|i| self.values[reversed(i, size)]).collect()
        } else {
            self.values.clone()
        }
    }

    /// The digits, computed once.
    pub(crate) fn digits(&self) -> &Digits {
        self.digits.get_or_init(|| {
            let (size, bits) = (self.values.len(), window_bits(self.values.len()));
            if self.reversed && size > 1 {
                Digits::of(&self.values, |i| reversed(i, size), bits)
            } else {
                Digits::of(&self.values, |i| i, bits)
            }
        })
    }

    /// The values in natural order, to be changed. The digits are dropped.
    pub(crate) fn order(&mut self) -> &mut Vec<Fr> {
        if self.reversed {
            *self = Self::from(self.to_vec());
        }
        self.digits = OnceLock::new();
        &mut self.values
    }
}
