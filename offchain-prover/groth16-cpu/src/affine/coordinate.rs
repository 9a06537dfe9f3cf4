//! Coordinates of eight points, in the base field or in its quadratic extension.

use crate::vector::Vector;

/// Eight coordinates.
pub(crate) trait Coordinate<V: Vector>: Copy {
    /// The eight coordinates as words: limbs of 64 bits.
    type Words: Copy;
    fn unpack<const KEY: bool>(words: Self::Words) -> Self;
    fn pack(self) -> Self::Words;
    fn add(self, other: Self) -> Self;
    fn sub<const K: u64>(self, other: Self) -> Self;
    fn opposite(self) -> Self;
    fn sub_reduced<const K: u64>(self, other: Self) -> Self;
    fn x_of_sum(square: Self, x1: Self, x2: Self) -> Self;
    fn to_coordinates(self) -> Self;
    fn tidy(self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn square(self) -> Self;
    fn select(self, mask: u8, other: Self) -> Self;
    fn splat(value: u64) -> Self;
    /// The norm in the base field; zero only for zero.
    fn norm(self) -> V;
    /// The inverse, computed from the norm's inverse.
    fn inverse(self, of_norm: V) -> Self;
    fn equal(a: Self::Words, b: Self::Words) -> u8;
    fn is_zero(a: Self::Words) -> u8;
}

/// Eight elements of the base field.
#[derive(Clone, Copy)]
pub(crate) struct One<V>(V);

/// Eight elements c₀ + c₁·u with u² = −1.
#[derive(Clone, Copy)]
pub(crate) struct Two<V>(V, V);

impl<V: Vector> Coordinate<V> for One<V> {
    type Words = [V::Word; 4];

    #[inline(always)]
    fn unpack<const KEY: bool>(words: Self::Words) -> Self {
        Self(if KEY {
            V::unpack_key(words)
        } else {
            V::unpack(words)
        })
    }
    #[inline(always)]
    fn pack(self) -> Self::Words {
        self.0.pack()
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0.add(other.0))
    }
    #[inline(always)]
    fn sub<const K: u64>(self, other: Self) -> Self {
        Self(self.0.sub::<K>(other.0))
    }
    #[inline(always)]
    fn opposite(self) -> Self {
        Self(self.0.opposite())
    }
    #[inline(always)]
    fn sub_reduced<const K: u64>(self, other: Self) -> Self {
        Self(self.0.sub_reduced::<K>(other.0))
    }
    #[inline(always)]
    fn x_of_sum(square: Self, x1: Self, x2: Self) -> Self {
        Self(V::x_of_sum(square.0, x1.0, x2.0))
    }
    #[inline(always)]
    fn to_coordinates(self) -> Self {
        Self(self.0.to_coordinates())
    }
    #[inline(always)]
    fn tidy(self) -> Self {
        Self(self.0.tidy())
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(self.0.mul(other.0))
    }
    #[inline(always)]
    fn square(self) -> Self {
        Self(self.0.mul(self.0))
    }
    #[inline(always)]
    fn select(self, mask: u8, other: Self) -> Self {
        Self(self.0.select(mask, other.0))
    }
    #[inline(always)]
    fn splat(value: u64) -> Self {
        Self(V::splat([value, 0, 0, 0]))
    }
    #[inline(always)]
    fn norm(self) -> V {
        self.0
    }
    #[inline(always)]
    fn inverse(self, of_norm: V) -> Self {
        Self(of_norm)
    }
    #[inline(always)]
    fn equal(a: Self::Words, b: Self::Words) -> u8 {
        V::equal(a, b)
    }
    #[inline(always)]
    fn is_zero(a: Self::Words) -> u8 {
        V::is_zero(a)
    }
}

impl<V: Vector> Coordinate<V> for Two<V> {
    type Words = [[V::Word; 4]; 2];

    #[inline(always)]
    fn unpack<const KEY: bool>([a, b]: Self::Words) -> Self {
        Self(One::unpack::<KEY>(a).0, One::unpack::<KEY>(b).0)
    }
    #[inline(always)]
    fn pack(self) -> Self::Words {
        [self.0.pack(), self.1.pack()]
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0.add(other.0), self.1.add(other.1))
    }
    #[inline(always)]
    fn sub<const K: u64>(self, other: Self) -> Self {
        Self(self.0.sub::<K>(other.0), self.1.sub::<K>(other.1))
    }
    #[inline(always)]
    fn opposite(self) -> Self {
        Self(self.0.opposite(), self.1.opposite())
    }
    #[inline(always)]
    fn sub_reduced<const K: u64>(self, other: Self) -> Self {
        Self(
            self.0.sub_reduced::<K>(other.0),
            self.1.sub_reduced::<K>(other.1),
        )
    }
    #[inline(always)]
    fn x_of_sum(square: Self, x1: Self, x2: Self) -> Self {
        Self(
            V::x_of_sum(square.0, x1.0, x2.0),
            V::x_of_sum(square.1, x1.1, x2.1),
        )
    }
    #[inline(always)]
    fn to_coordinates(self) -> Self {
        Self(self.0.to_coordinates(), self.1.to_coordinates())
    }
    #[inline(always)]
    fn tidy(self) -> Self {
        Self(self.0.tidy(), self.1.tidy())
    }
    /// The second factor is below 18·p.
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(
            V::mul_two(self.0, other.0, self.1, other.1.negate::<18>()),
            V::mul_two(self.0, other.1, self.1, other.0),
        )
    }
    /// c₀² − c₁² and 2·c₀·c₁. The coordinates are below 40·p.
    #[inline(always)]
    fn square(self) -> Self {
        let Self(a, b) = self;
        Self(V::mul_two(a, a, b, b.negate::<40>()), a.add(a).mul(b))
    }
    #[inline(always)]
    fn select(self, mask: u8, other: Self) -> Self {
        Self(self.0.select(mask, other.0), self.1.select(mask, other.1))
    }
    #[inline(always)]
    fn splat(value: u64) -> Self {
        Self(V::splat([value, 0, 0, 0]), V::splat([0; 4]))
    }
    #[inline(always)]
    fn norm(self) -> V {
        V::mul_two(self.0, self.0, self.1, self.1)
    }
    #[inline(always)]
    fn inverse(self, of_norm: V) -> Self {
        Self(self.0.mul(of_norm), self.1.negate::<32>().mul(of_norm))
    }
    #[inline(always)]
    fn equal(a: Self::Words, b: Self::Words) -> u8 {
        V::equal(a[0], b[0]) & V::equal(a[1], b[1])
    }
    #[inline(always)]
    fn is_zero(a: Self::Words) -> u8 {
        V::is_zero(a[0]) & V::is_zero(a[1])
    }
}

#[inline(always)]
pub(super) fn reduced<V: Vector, C: Coordinate<V>>(value: C) -> C {
    value.sub_reduced::<1>(C::splat(0))
}

#[inline(always)]
pub(super) fn signed<V: Vector, C: Coordinate<V>>(y: C, signs: u8) -> C {
    if signs == 0 {
        return y;
    }
    y.select(signs, y.opposite())
}
