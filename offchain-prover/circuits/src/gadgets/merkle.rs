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
        Self {
            low: low.num().clone(),
            high: high.num().clone(),
            both,
            value,
        }
    }

    /// The four children as witnesses, the one at this position being required to equal `node`.
    /// Costs 3.
    ///
    /// The siblings are free: it is the root that binds them. The selected child is `c0 +
    /// low·(c1−c0) + high·(c2−c0) + low·high·(c3−c2−c1+c0)`, nested so that three products do.
    fn children(&self, cs: &mut Cs, node: &Num, group: &[Fr; 4]) -> [Num; 4] {
        let mut values = *group;
        values[self.value] = node.value();
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
        [
            c0 + change - &odd - &upper + &third,
            c1 + odd - &third,
            c2 + upper - &third,
            c3 + third,
        ]
    }
}

fn levels<'a>(
    index: &'a [Bit],
    path: &'a [[Fr; 4]],
) -> impl Iterator<Item = (&'a [Bit], &'a [Fr; 4])> {
    assert_eq!(index.len(), 2 * path.len(), "two index bits for each level");
    index.chunks_exact(2).zip(path)
}

/// The root above `leaf` at `index` (bits lowest first, two for each level, the leaf's level
/// first). `path` is as `AccountsTree::path` gives it: the four children at each level, the node
/// itself among them, whose entry is ignored. Costs 301 for each level.
///
/// Sound: equal roots with equal index mean equal leaf, as a collision of Poseidon would follow
/// otherwise.
pub fn root(cs: &mut Cs, index: &[Bit], leaf: &Num, path: &[[Fr; 4]]) -> Num {
    let mut node = leaf.clone();
    for (bits, group) in levels(index, path) {
        let position = Position::new(cs, &bits[0], &bits[1]);
        let children = position.children(cs, &node, group);
        node = hash(cs, &children);
    }
    node
}

/// The roots above `old` and above `new` at the same index with the same siblings. Costs 601 for
/// each level.
///
/// Sound: if the old root is the true root of a tree, the siblings are that tree's (collision
/// resistance), so the new root is that of the same tree with this one leaf replaced.
pub fn update(cs: &mut Cs, index: &[Bit], old: &Num, new: &Num, path: &[[Fr; 4]]) -> (Num, Num) {
    let (mut before, mut after) = (old.clone(), new.clone());
    for (bits, group) in levels(index, path) {
        let position = Position::new(cs, &bits[0], &bits[1]);
        let children = position.children(cs, &before, group);
        let replaced = position.replaced(cs, &children, &(&after - &before));
        before = hash(cs, &children);
        after = hash(cs, &replaced);
    }
    (before, after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gadgets::{
        bits::to_bits,
        testing::{accepted, holds_with, refused},
    };
    use clearproof_primitives::tree::AccountsTree;

    const DEPTH: usize = 2;
    const SIZE: u64 = 16;

    fn tree() -> AccountsTree {
        let mut tree = AccountsTree::new(DEPTH);
        for index in 0..SIZE {
            assert!(tree.set(index, Fr::from(index * index + 3)));
        }
        tree
    }

    #[test]
    fn roots_agree_with_the_native_tree_at_every_index() {
        for index in 0..SIZE {
            let mut tree = tree();
            let (old_leaf, old_root, path) = (tree.leaf(index), tree.root(), tree.path(index));
            tree.set(index, Fr::from(99u64));
            let cost = accepted(|cs| {
                let at = cs.input(index);
                let bits = to_bits(cs, &at, 2 * DEPTH);
                let (old, new) = (cs.input(old_leaf), cs.input(Fr::from(99u64)));
                let expected = (cs.input(old_root), cs.input(tree.root()));
                let (before, after) = update(cs, &bits, &old, &new, &path);
                cs.enforce_equal(&before, &expected.0);
                cs.enforce_equal(&after, &expected.1);
            });
            assert_eq!(cost, 2 * DEPTH + DEPTH * 601 + 2);
            let cost = accepted(|cs| {
                let at = cs.input(index);
                let bits = to_bits(cs, &at, 2 * DEPTH);
                let leaf = cs.input(old_leaf);
                let expected = cs.input(old_root);
                let found = root(cs, &bits, &leaf, &path);
                cs.enforce_equal(&found, &expected);
            });
            assert_eq!(cost, 2 * DEPTH + DEPTH * 301 + 1);
        }
    }

    #[test]
    fn a_wrong_leaf_index_or_sibling_is_refused() {
        let tree = tree();
        let claim = |leaf: u64, index: u64, path: Vec<[Fr; 4]>| {
            let root_value = tree.root();
            move |cs: &mut Cs| {
                let at = cs.input(index);
                let bits = to_bits(cs, &at, 2 * DEPTH);
                let (leaf, expected) = (cs.input(leaf), cs.input(root_value));
                let found = root(cs, &bits, &leaf, &path);
                cs.enforce_equal(&found, &expected);
            }
        };
        let leaf = 6 * 6 + 3;
        accepted(claim(leaf, 6, tree.path(6)));
        refused(claim(leaf + 1, 6, tree.path(6)));
        refused(claim(leaf, 5, tree.path(6)));
        refused(claim(leaf, 5, tree.path(5)));
        let mut path = tree.path(6);
        path[1][0] += Fr::from(1u64);
        refused(claim(leaf, 6, path));
    }

    /// A prover puts the true child in the place of the claimed leaf. The selection refuses it.
    #[test]
    fn the_selected_child_is_the_leaf() {
        let tree = tree();
        let path = tree.path(6);
        let build = |cs: &mut Cs| {
            let at = cs.input(6u64);
            let bits = to_bits(cs, &at, 2 * DEPTH);
            let leaf = cs.input(1u64);
            let found = root(cs, &bits, &leaf, &path);
            drop(found);
        };
        // witnesses: three index bits, both, then the four children; the leaf is child 2
        assert!(holds_with(build, &[]));
        assert!(!holds_with(build, &[(3 + 1 + 2, path[0][2])]));
    }
}
