//! Transforms of one size, and the quotient polynomial of a proof.

use crate::{error::Error, scalars::Scalars, subgroup::Subgroup};
use ark_bn254::Fr;

/// A way to compute quotients of one size that is faster than arkworks' transforms.
pub(crate) trait Quotient: Send + Sync {
    /// Replaces a by the coefficients of (a·b − c)/Z in bit-reversed order. All three hold values
    /// on the subgroup, one per element of the domain. b and c are used as working memory.
    fn quotient(&self, a: &mut [Fr], b: &mut [Fr], c: &mut [Fr]);
}

/// Transforms of one size, made by [`Cpu::domain`](crate::Cpu::domain).
///
/// The transforms are over the subgroup of that size that arkworks uses (`Fr::get_root_of_unity`),
/// in natural order, and over its coset, which is the subgroup times `Fr::GENERATOR`.
/// [`Radix2EvaluationDomain`] computes over the same sets.
///
/// Only [`Self::quotient`] is faster than arkworks. The single transforms are arkworks' own; they
/// are offered so that vectors need not be converted.
///
/// [`Radix2EvaluationDomain`]: ark_poly::Radix2EvaluationDomain
pub struct Domain {
    subgroup: Subgroup,
    /// The transforms on vectors. None if the processor lacks the instructions or the size is too
    /// small.
    transforms: Option<Box<dyn Quotient>>,
}

impl Domain {
    pub(crate) fn new(subgroup: Subgroup, transforms: Option<Box<dyn Quotient>>) -> Self {
        Self {
            subgroup,
            transforms,
        }
    }

    /// Number of elements of the subgroup.
    pub fn size(&self) -> usize {
        self.subgroup.size()
    }

    fn check(&self, values: &Scalars) -> Result<(), Error> {
        let (expected, found) = (self.size(), values.len());
        if expected == found {
            Ok(())
        } else {
            Err(Error::Length { expected, found })
        }
    }

    /// From values on the subgroup to coefficients.
    ///
    /// # Errors
    /// [`Error::Length`] if the vector's length is not the domain's size. This holds for all
    /// transforms.
    pub fn intt(&self, values: &mut Scalars) -> Result<(), Error> {
        self.check(values)?;
        self.subgroup.intt(values.order());
        Ok(())
    }

    /// From coefficients to values on the coset.
    ///
    /// # Errors
    /// As [`Self::intt`].
    pub fn coset_ntt(&self, values: &mut Scalars) -> Result<(), Error> {
        self.check(values)?;
        self.subgroup.coset_ntt(values.order());
        Ok(())
    }

    /// From values on the coset to coefficients.
    ///
    /// # Errors
    /// As [`Self::intt`].
    pub fn coset_intt(&self, values: &mut Scalars) -> Result<(), Error> {
        self.check(values)?;
        self.subgroup.coset_intt(values.order());
        Ok(())
    }

    /// `a[i] ← (a[i]·b[i] − c[i]) / Z`. Z is the value of the subgroup's vanishing polynomial on
    /// the coset, which is the same at all of its elements.
    ///
    /// # Errors
    /// As [`Self::intt`].
    pub fn divide_by_vanishing(
        &self,
        a: &mut Scalars,
        b: &Scalars,
        c: &Scalars,
    ) -> Result<(), Error> {
        for values in [&*a, b, c] {
            self.check(values)?;
        }
        let (b, c) = (b.to_vec(), c.to_vec());
        self.subgroup.divide_by_vanishing(a.order(), &b, &c);
        Ok(())
    }

    /// Coefficients of the polynomial `(a·b − c) / Z`, from the values of a, b and c on the
    /// subgroup. In a proof these are the products of the matrices A, B and C with the assignment.
    ///
    /// If a·b − c does not vanish on the subgroup, there is no such polynomial. The result is then
    /// the polynomial that has the values (a·b − c) / Z on the coset.
    ///
    /// # Errors
    /// As [`Self::intt`].
    pub fn quotient(
        &self,
        mut a: Scalars,
        mut b: Scalars,
        mut c: Scalars,
    ) -> Result<Scalars, Error> {
        for values in [&a, &b, &c] {
            self.check(values)?;
        }
        if let Some(transforms) = &self.transforms {
            transforms.quotient(a.order(), b.order(), c.order());
            return Ok(Scalars::bit_reversed(std::mem::take(a.order())));
        }
        let [a, b, c] = [&mut a, &mut b, &mut c].map(|values| std::mem::take(values.order()));
        Ok(Scalars::from(self.subgroup.quotient(a, b, c)))
    }
}
