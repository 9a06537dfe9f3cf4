//! Sequences of order sets: an epoch, which only the owner raises, and a counter.

/// Bits of a sequence's counter; the sixteen bits above it are the epoch.
pub const COUNTER_BITS: usize = 48;
/// A set's sequence is above the account's by less than 2 to the power of this.
pub const SEQUENCE_STEP_BITS: usize = 56;

/// The epoch of a sequence. Sets by a trading key keep the account's, so the owner always has
/// sequences that no trading key can use up.
pub const fn epoch_of(sequence: u64) -> u16 {
    (sequence >> COUNTER_BITS) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_the_upper_sixteen_bits() {
        let cases = [
            (0, 0),
            ((1 << 48) - 1, 0),
            (1 << 48, 1),
            (u64::MAX, u16::MAX),
        ];
        for (sequence, epoch) in cases {
            assert_eq!(epoch_of(sequence), epoch);
        }
    }
}
