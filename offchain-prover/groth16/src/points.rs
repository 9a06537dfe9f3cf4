//! Lists of points as keys hold them, in memory of their own or in that of a mapped file.
//!
//! On a little-endian machine the points of a key's file are points in memory: [`G1Point`] and
//! [`G2Point`] describe their form.

pub use clearproof_groth16_cpu::{G1Point, G2Point};

use bytemuck::Pod;
use clearproof_groth16_cpu::PointSource;
use memmap2::Mmap;
#[cfg(unix)]
use memmap2::UncheckedAdvice;
use std::{fmt, ops::Deref, sync::Arc};

/// A list of points that can have several owners: in memory of its own, or in that of a mapped
/// file.
pub struct Points<P>(Storage<P>);

enum Storage<P> {
    Owned(Arc<Vec<P>>),
    Mapped {
        map: Arc<Mmap>,
        start: usize,
        count: usize,
    },
}

impl<P: Pod> Points<P> {
    /// `count` points in `map` from byte `start` on; none if they would not fit or not be aligned.
    pub(crate) fn mapped(map: Arc<Mmap>, start: usize, count: usize) -> Option<Self> {
        let bytes = count.checked_mul(size_of::<P>())?;
        let part = map.get(start..start.checked_add(bytes)?)?;
        bytemuck::try_cast_slice::<u8, P>(part).ok()?;
        Some(Self(Storage::Mapped { map, start, count }))
    }

    /// States that the points are not needed for now: pages of a mapped file no longer count as
    /// this process' memory. They stay in the system's cache of files as long as there is room for
    /// them, and come back, a few at a time, when they are read.
    pub fn release(&self) {
        #[cfg(unix)]
        if let Storage::Mapped { map, start, count } = &self.0 {
            // SAFETY: the file's map is only read; the pages that come back are the same.
            let done = unsafe {
                map.unchecked_advise_range(
                    UncheckedAdvice::DontNeed,
                    *start,
                    *count * size_of::<P>(),
                )
            };
            if let Err(error) = done {
                tracing::debug!(%error, "pages of a key were not given back");
            }
        }
    }
}

impl<P: Pod + Send + Sync> PointSource<P> for Points<P> {
    fn points(&self) -> &[P] {
        self
    }

    fn release(&self) {
        Self::release(self);
    }
}

impl<P: Pod> Deref for Points<P> {
    type Target = [P];

    fn deref(&self) -> &[P] {
        match &self.0 {
            Storage::Owned(points) => points,
            // Both were checked when the list was made, and the map does not change.
            Storage::Mapped { map, start, count } => {
                bytemuck::cast_slice(&map[*start..*start + *count * size_of::<P>()])
            }
        }
    }
}

impl<P> Clone for Points<P> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Storage::Owned(points) => Storage::Owned(points.clone()),
            Storage::Mapped { map, start, count } => Storage::Mapped {
                map: map.clone(),
                start: *start,
                count: *count,
            },
        })
    }
}

impl<P> From<Vec<P>> for Points<P> {
    fn from(points: Vec<P>) -> Self {
        Self(Storage::Owned(Arc::new(points)))
    }
}

impl<P> FromIterator<P> for Points<P> {
    fn from_iter<I: IntoIterator<Item = P>>(points: I) -> Self {
        points.into_iter().collect::<Vec<_>>().into()
    }
}

impl<P: Pod + PartialEq> PartialEq for Points<P> {
    fn eq(&self, other: &Self) -> bool {
        self[..] == other[..]
    }
}

impl<P: Pod> fmt::Debug for Points<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} points", self.len())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use ark_bn254::G1Affine;
    use ark_ff::UniformRand;
    use rand::{SeedableRng, rngs::StdRng};
    use std::io::Write;

    #[test]
    fn mapped_points_are_those_of_the_file_and_never_outside_of_it() {
        let rng = &mut StdRng::seed_from_u64(4);
        let points: Vec<_> = (0..5)
            .map(|_| G1Point::from(&G1Affine::rand(rng)))
            .collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[7; 64]).unwrap();
        file.write_all(bytemuck::cast_slice(&points)).unwrap();
        // SAFETY: nothing else has this file.
        let map = Arc::new(unsafe { Mmap::map(&file) }.unwrap());
        let mapped = Points::<G1Point>::mapped(map.clone(), 64, 5).unwrap();
        assert_eq!(mapped, Points::from(points.clone()));
        mapped.release();
        assert_eq!(mapped, Points::from(points));
        for (start, count) in [(64, 6), (128, 5), (65, 1), (384, 1), (0, usize::MAX)] {
            assert!(
                Points::<G1Point>::mapped(map.clone(), start, count).is_none(),
                "{start}, {count}"
            );
        }
        assert!(Points::<G1Point>::mapped(map, 384, 0).unwrap().is_empty());
    }
}
