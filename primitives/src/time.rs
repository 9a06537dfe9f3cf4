//! Times.

use crate::number::number;
use core::{
    ops::{Add, AddAssign, Div, Mul, Sub, SubAssign},
    time::Duration,
};

number! {
    /// A time in milliseconds: a moment, counted from the Unix epoch, or a length of time.
    Millis(u64)
}

impl Millis {
    /// No time; the Unix epoch.
    pub const ZERO: Self = Self::new(0);

    /// The largest.
    pub const MAX: Self = Self::new(u64::MAX);

    /// The whole milliseconds of a duration, at most [`Self::MAX`].
    pub fn of(duration: Duration) -> Self {
        Self::new(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }

    /// The length of time as the standard library has it.
    pub const fn as_duration(self) -> Duration {
        Duration::from_millis(self.get())
    }

    /// The sum, at most [`Self::MAX`].
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self::new(self.get().saturating_add(other.get()))
    }

    /// The difference, at least 0.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self::new(self.get().saturating_sub(other.get()))
    }

    /// The product, at most [`Self::MAX`].
    #[must_use]
    pub const fn saturating_mul(self, times: u64) -> Self {
        Self::new(self.get().saturating_mul(times))
    }

    /// The difference, unless `other` is later.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.get().checked_sub(other.get()) {
            Some(value) => Some(Self::new(value)),
            None => None,
        }
    }

    /// The distance between two moments, whichever is first.
    #[must_use]
    pub const fn abs_diff(self, other: Self) -> Self {
        Self::new(self.get().abs_diff(other.get()))
    }
}

impl Add for Millis {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::new(self.get() + other.get())
    }
}

impl AddAssign for Millis {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Millis {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self::new(self.get() - other.get())
    }
}

impl SubAssign for Millis {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Mul<u64> for Millis {
    type Output = Self;

    fn mul(self, times: u64) -> Self {
        Self::new(self.get() * times)
    }
}

impl Div<u64> for Millis {
    type Output = Self;

    fn div(self, parts: u64) -> Self {
        Self::new(self.get() / parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_end_at_nothing_and_at_the_largest() {
        let (one, two) = (Millis::new(1), Millis::new(2));
        assert_eq!(one.saturating_sub(two), Millis::ZERO);
        assert_eq!(one.checked_sub(two), None);
        assert_eq!(one.abs_diff(two), one);
        assert_eq!(Millis::MAX.saturating_add(one), Millis::MAX);
        assert_eq!(two.saturating_mul(u64::MAX), Millis::MAX);
        assert_eq!(Millis::of(Duration::MAX), Millis::MAX);
        assert_eq!(Millis::of(two.as_duration()), two);
    }
}
