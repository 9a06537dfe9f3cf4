//! Membership and update in a 4-ary Poseidon tree. A node is `Poseidon(c0, c1, c2, c3)`.

use super::poseidon::hash;
use crate::r1cs::{Bit, Cs, Num};
use ark_bn254::Fr;

/// The two bits of an index at one level, and their one-hot form.
struct Position {
    low: Num,
    high: Num,
    both: Num,
    value: usize,
}

impl Position {
    /// Costs 1.
    fn new(cs: &mut Cs, low: &Bit, high: &Bit) -> Self {
        let both = cs.mul(low.num(), high.num());
        let value = usize::from(low.value()) + 2 * usize::from(high.value());
        Self { low: low.num().clone(), high: high.num().clone(), both, value }
    }

    /// The four children as witnesses, the one at this position being required to equal `node`. Costs 3.
    ///
    /// The siblings are free: it is the root that binds them. The selected child is
    /// `c0 + low·(c1−c0) + high·(c2−c0) + low·high·(c3−c2−c1+c0)`, nested so that three products do.
    fn children(&self, cs: &mut Cs, node: &Num, siblings: &[Fr; 3]) -> [Num; 4] {
        let mut others = siblings.iter();
        let values: [Fr; 4] = std::array::from_fn(|i| {
            if i == self.value {
                node.value()
            } else {
                others.next().copied().unwrap_or_default()
            }
        });
        let children = values.map(|value| cs.alloc(value));
        let [c0, c1, c2, c3] = &children;
        let even = c0 + cs.mul(&self.high, &(c2 - c0));
        let step = (c1 - c0) + cs.mul(&self.high, &(c3 - c2 - c1 + c0));
        cs.enforce(&self.low, &step, &(node - even));
        children
    }

    /// The children with the selected one raised by `change`. Costs 3.
    fn replaced(&self, cs: &mut Cs, children: &[Num; 4], change: &Num) -> [Num; 4] {
        let third = cs.mul(&self.both, change);
        let odd = cs.mul(&self.low, change);
        let upper = cs.mul(&self.high, change);
        let [c0, c1, c2, c3] = children;
        [c0 + change - &odd - &upper + &third, c1 + odd - &third, c2 + upper - &third, c3 + third]
    }
}

fn levels<'a>(index: &'a [Bit], siblings: &'a [[Fr; 3]]) -> impl Iterator<Item = (&'a [Bit], &'a [Fr; 3])> {
    assert_eq!(index.len(), 2 * siblings.len(), "two index bits for each level");
    index.chunks_exact(2).zip(siblings)
}

/// The root above `leaf` at `index` (bits lowest first, two for each level, the leaf's level first) with the given
/// siblings (in order of position, the node itself left out). Costs 300 + 1 for each level.
///
/// Sound: equal roots with equal index mean equal leaf, as a collision of Poseidon would follow otherwise.
pub fn root(cs: &mut Cs, index: &[Bit], leaf: &Num, siblings: &[[Fr; 3]]) -> Num {
    let mut node = leaf.clone();
    for (bits, siblings) in levels(index, siblings) {
        let position = Position::new(cs, &bits[0], &bits[1]);
        let children = position.children(cs, &node, siblings);
        node = hash(cs, &children);
    }
    node
}

/// The roots above `old` and above `new` at the same index with the same siblings. Costs 601 for each level.
///
/// Sound: if the old root is the true root of a tree, the siblings are that tree's (collision resistance), so the new
/// root is that of the same tree with this one leaf replaced.
pub fn update(cs: &mut Cs, index: &[Bit], old: &Num, new: &Num, siblings: &[[Fr; 3]]) -> (Num, Num) {
    let (mut before, mut after) = (old.clone(), new.clone());
    for (bits, siblings) in levels(index, siblings) {
        let position = Position::new(cs, &bits[0], &bits[1]);
        let children = position.children(cs, &before, siblings);
        let replaced = position.replaced(cs, &children, &(&after - &before));
        before = hash(cs, &children);
        after = hash(cs, &replaced);
    }
    (before, after)
}
