//! A device's memory that a circuit needs.

use super::{super::memory::key_points, types::Limbs};
use crate::{
    circuit::Circuit,
    points::{G1Point, G2Point},
};

/// sppark's tables of roots of unity for both directions. For each direction: 2¹⁸ roots, as many
/// again for one stage, and two small tables.
const ROOTS: u64 = 2 * ((1 << 18) + (1 << 18) + (1 << 16) + (1 << 9)) * size_of::<Limbs>() as u64;

/// A bucket has four coordinates, twice as many as a point.
const BUCKET_PER_POINT: u64 = 2;

/// More multiprocessors than any device has.
const MULTIPROCESSORS: u64 = 256;

pub(super) fn needed(circuit: &Circuit) -> u64 {
    let matrices = circuit.matrices();
    let [columns, domain] =
        [matrices.num_columns(), matrices.domain_size()].map(|count| count as u64);
    let (g1, g2) = key_points(circuit);
    let (point_g1, point_g2) = (size_of::<G1Point>() as u64, size_of::<G2Point>() as u64);
    // Three vectors during the quotient; after it the quotient, the assignment and one sum at a
    // time.
    let scalar = size_of::<Limbs>() as u64;
    let sums = for_sum(columns.max(domain), point_g1).max(for_sum(columns, point_g2));
    let proof = (domain * 3 * scalar).max((domain + columns) * scalar + sums);
    g1 * point_g1 + g2 * point_g2 + ROOTS + proof
}

/// Memory of a sum in addition to its vectors, as sppark's `msm_t` computes it: buckets, digits of
/// the scalars, room to sort them.
fn for_sum(count: u64, point: u64) -> u64 {
    let count = count.next_multiple_of(32);
    let log = u64::from((count + count / 2).ilog2());
    let window = log.saturating_sub(8).clamp(10, 18);
    let windows = 253 / window + 1;
    let row = 1 << (window - 1);
    let buckets = windows * row + MULTIPROCESSORS * 8;
    let batches = ((1 << (log.max(window) - window)) >> 6).max(1);
    let stride = count.div_ceil(batches).next_multiple_of(32);
    buckets * point * BUCKET_PER_POINT + windows * row * 4 + stride * (16 + windows * 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed by hand from sppark's formulas for 2²⁰ points of G1: windows of 12 bits, 22 of
    /// them, in 4 batches.
    #[test]
    fn sums_take_what_sppark_allocates() {
        let buckets = 22 * 2048 + 2048;
        let expected = buckets * 128 + 22 * 2048 * 4 + (1 << 18) * (16 + 88);
        assert_eq!(for_sum(1 << 20, 64), expected);
        // Few points: windows of 10 bits, one batch.
        let buckets = 26 * 512 + 2048;
        assert_eq!(
            for_sum(1, 128),
            buckets * 256 + 26 * 512 * 4 + 32 * (16 + 104)
        );
    }
}
