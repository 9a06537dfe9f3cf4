//! Circles of files within a crate: files each of which needs the next, and the last the first.
//!
//! A file's use of the modules that it lies in is not counted: the code of a folder may use the
//! items of the file beside the folder. The other way round counts, as does everything else.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use crate::{modules::Crate, paths::targets};

/// Files by number, and the numbers of those that each one needs.
struct Graph {
    files: Vec<PathBuf>,
    needs: Vec<Vec<usize>>,
}

/// Returns the circles among the files of a crate. Each is a sorted list of paths.
///
/// # Errors
/// Names a file that cannot be read.
pub fn find(root: &Path) -> Result<Vec<Vec<PathBuf>>, String> {
    let graph = graph(&Crate::read(root)?);
    let circles = components(&graph.needs)
        .into_iter()
        .filter(|files| files.len() > 1);
    let named = circles.map(|circle| {
        let files: BTreeSet<PathBuf> = circle.into_iter().map(|i| graph.files[i].clone()).collect();
        files.into_iter().collect()
    });
    Ok(named.collect())
}

/// Returns the uses among the files of a circle, as `file -> file`.
///
/// # Errors
/// Names a file that cannot be read.
pub fn uses(root: &Path, circle: &[PathBuf]) -> Result<Vec<(PathBuf, PathBuf)>, String> {
    let graph = graph(&Crate::read(root)?);
    let within = |index: &usize| circle.contains(&graph.files[*index]);
    let from = (0..graph.files.len()).filter(within);
    let pairs = from.flat_map(|a| {
        graph.needs[a]
            .iter()
            .filter(|b| within(b))
            .map(move |b| (a, *b))
    });
    Ok(pairs
        .map(|(a, b)| (graph.files[a].clone(), graph.files[b].clone()))
        .collect())
}

fn graph(of: &Crate) -> Graph {
    let files: Vec<PathBuf> = of.files.keys().cloned().collect();
    let numbers: BTreeMap<&PathBuf, usize> = files.iter().zip(0..).collect();
    let module = |file: &PathBuf| of.files[file].0.as_slice();
    let counts = |from: &PathBuf, to: &PathBuf| !module(from).starts_with(module(to));
    let needs = |from: &PathBuf| {
        let targets = targets(of, from).into_iter().filter(|to| counts(from, to));
        targets.filter_map(|to| numbers.get(&to).copied()).collect()
    };
    Graph {
        needs: files.iter().map(needs).collect(),
        files,
    }
}

/// Returns the strongly connected components of a graph (Tarjan, SIAM J. Comput. 1(2), 1972).
fn components(needs: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut search = Search {
        needs,
        order: vec![None; needs.len()],
        lowest: vec![0; needs.len()],
        on_stack: vec![false; needs.len()],
        stack: Vec::new(),
        next: 0,
        found: Vec::new(),
    };
    for node in 0..needs.len() {
        if search.order[node].is_none() {
            search.visit(node);
        }
    }
    search.found
}

struct Search<'a> {
    needs: &'a [Vec<usize>],
    order: Vec<Option<usize>>,
    lowest: Vec<usize>,
    on_stack: Vec<bool>,
    stack: Vec<usize>,
    next: usize,
    found: Vec<Vec<usize>>,
}

impl Search<'_> {
    fn visit(&mut self, node: usize) {
        self.order[node] = Some(self.next);
        self.lowest[node] = self.next;
        self.next += 1;
        self.stack.push(node);
        self.on_stack[node] = true;
        for &next in &self.needs[node] {
            match self.order[next] {
                None => {
                    self.visit(next);
                    self.lowest[node] = self.lowest[node].min(self.lowest[next]);
                }
                Some(order) if self.on_stack[next] => {
                    self.lowest[node] = self.lowest[node].min(order);
                }
                Some(_) => {}
            }
        }
        if Some(self.lowest[node]) == self.order[node] {
            self.close(node);
        }
    }

    /// Takes a whole component off the stack.
    fn close(&mut self, root: usize) {
        let mut component = Vec::new();
        while let Some(node) = self.stack.pop() {
            self.on_stack[node] = false;
            component.push(node);
            if node == root {
                break;
            }
        }
        self.found.push(component);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_found_and_lines_are_none() {
        let needs = [vec![1], vec![2], vec![0, 3], vec![4], vec![]];
        let mut sizes: Vec<usize> = components(&needs).iter().map(Vec::len).collect();
        sizes.sort_unstable();
        assert_eq!(sizes, [1, 1, 3]);
    }
}
