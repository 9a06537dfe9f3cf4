//! Mutations of inputs, the same ones each time.

use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

/// Bytes that mean something to parsers: ends of ranges, SCALE's length modes, quotes, brackets.
const TELLING: [u8; 20] = *b"\x00\x01\x02\x03\x04\x7f\x80\xfc\xfe\xff\"\\{}[],-.0";
/// Texts that readers of numbers and tables must survive.
const TEXTS: [&str; 12] = [
    "-1",
    "1e400",
    "NaN",
    "null",
    "18446744073709551616",
    "0x",
    "1e-400",
    "\n",
    ",,",
    "\"\"",
    "ü",
    "-0",
];

/// Mutates inputs by a fixed seed.
pub struct Mutator(ChaCha8Rng);

impl Mutator {
    /// The mutator whose inputs follow from `seed` alone.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Returns one of `inputs` after one to eight changes; parts of others may be spliced in.
    pub fn next(&mut self, inputs: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = inputs.choose(&mut self.0).cloned().unwrap_or_default();
        for _ in 0..self.0.gen_range(1..=8) {
            self.change(&mut bytes, inputs);
        }
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>, inputs: &[Vec<u8>]) {
        let at = self.0.gen_range(0..=bytes.len());
        match self.0.gen_range(0..8) {
            0 => self.set(bytes, at, |byte, rng| byte ^ (1 << rng.gen_range(0..8))),
            1 => self.set(bytes, at, |_, rng| rng.r#gen()),
            2 => self.set(bytes, at, |_, rng| TELLING[rng.gen_range(0..TELLING.len())]),
            3 => bytes.truncate(at),
            4 => {
                let (from, to) = (at, self.end(at, bytes.len()));
                bytes.drain(from..to);
            }
            5 => {
                let part = bytes[at..self.end(at, bytes.len())].to_vec();
                bytes.splice(at..at, part);
            }
            6 => {
                let text = TEXTS[self.0.gen_range(0..TEXTS.len())];
                bytes.splice(at..at, text.bytes());
            }
            _ => {
                let other = inputs.choose(&mut self.0).cloned().unwrap_or_default();
                let from = self.0.gen_range(0..=other.len());
                let part = &other[from..self.end(from, other.len())];
                bytes.splice(at..at, part.iter().copied());
            }
        }
    }

    /// Returns the end of a part that begins at `from`: mostly short.
    fn end(&mut self, from: usize, length: usize) -> usize {
        (from + (1 << self.0.gen_range(0..8))).min(length)
    }

    fn set(&mut self, bytes: &mut [u8], at: usize, value: impl FnOnce(u8, &mut ChaCha8Rng) -> u8) {
        if let Some(byte) = bytes.get_mut(at) {
            *byte = value(*byte, &mut self.0);
        }
    }
}
