//! The accounts tree: a sparse 4-ary Poseidon tree of fixed depth.

use crate::{field::Fr, poseidon::hash};
use alloc::{collections::BTreeMap, vec::Vec};
use ark_ff::Zero;

/// Children per node.
pub const ARITY: usize = 4;

/// A 4-ary tree that stores only what differs from the empty tree. An empty leaf is 0; a node is
/// `Poseidon(child 0, …, child 3)`.
#[derive(Clone, Debug)]
pub struct AccountsTree {
    /// Node values by level; level 0 holds the leaves, the last level the root.
    levels: Vec<BTreeMap<u64, Fr>>,
    /// Value of an empty node at each level.
    empty: Vec<Fr>,
}

impl AccountsTree {
    /// An empty tree with `4^depth` leaves.
    pub fn new(depth: usize) -> Self {
        let mut empty = alloc::vec![Fr::zero()];
        for level in 0..depth {
            let child = empty[level];
            empty.push(hash::<ARITY>(&[child; ARITY]));
        }
        Self {
            levels: alloc::vec![BTreeMap::new(); depth + 1],
            empty,
        }
    }

    /// Levels between a leaf and the root.
    pub fn depth(&self) -> usize {
        self.levels.len() - 1
    }

    /// The root.
    pub fn root(&self) -> Fr {
        self.node(self.depth(), 0)
    }

    /// The leaf at an index; 0 if empty or beyond the tree.
    pub fn leaf(&self, index: u64) -> Fr {
        self.node(0, index)
    }

    /// Stores a leaf; costs `depth` hashes. An index beyond the tree changes nothing and answers
    /// false.
    pub fn set(&mut self, index: u64, leaf: Fr) -> bool {
        if index >> (2 * self.depth()) != 0 {
            return false;
        }
        let mut position = index;
        let mut value = leaf;
        for level in 0..=self.depth() {
            if value == self.empty[level] {
                self.levels[level].remove(&position);
            } else {
                self.levels[level].insert(position, value);
            }
            if level < self.depth() {
                position /= ARITY as u64;
                value = hash(&self.children(level, position));
            }
        }
        true
    }

    /// The four children at every level on the way from a leaf to the root, the leaf's own group
    /// first.
    pub fn path(&self, index: u64) -> Vec<[Fr; ARITY]> {
        (0..self.depth())
            .map(|level| self.children(level, index >> (2 * (level as u32 + 1))))
            .collect()
    }

    fn node(&self, level: usize, position: u64) -> Fr {
        self.levels[level]
            .get(&position)
            .copied()
            .unwrap_or(self.empty[level])
    }

    fn children(&self, level: usize, parent: u64) -> [Fr; ARITY] {
        core::array::from_fn(|child| self.node(level, parent * ARITY as u64 + child as u64))
    }
}

/// The root that a path leads to once `leaf` stands at `index`.
pub fn root_of_path(index: u64, leaf: Fr, path: &[[Fr; ARITY]]) -> Fr {
    path.iter()
        .enumerate()
        .fold(leaf, |value, (level, children)| {
            let mut group = *children;
            group[((index >> (2 * level)) & 3) as usize] = value;
            hash(&group)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_the_root_and_to_every_new_root() {
        let mut tree = AccountsTree::new(3);
        for index in [0u64, 5, 63] {
            assert!(tree.set(index, Fr::from(index + 100)));
        }
        let path = tree.path(5);
        assert_eq!(root_of_path(5, Fr::from(105u64), &path), tree.root());
        tree.set(5, Fr::from(7u64));
        assert_eq!(root_of_path(5, Fr::from(7u64), &path), tree.root());
        assert!(!tree.set(64, Fr::from(1u64)));
    }

    #[test]
    fn clearing_a_leaf_restores_the_empty_root() {
        let (mut tree, empty) = (AccountsTree::new(2), AccountsTree::new(2).root());
        tree.set(9, Fr::from(1u64));
        assert_ne!(tree.root(), empty);
        tree.set(9, Fr::zero());
        assert_eq!(tree.root(), empty);
    }
}
