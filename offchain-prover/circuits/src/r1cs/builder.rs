//! The constraint system while it is being built.

use super::{
    matrices::{Matrices, RowViolated},
    num::{Num, Terms, Variable},
};
use ark_bn254::Fr;
use ark_ff::{Field, Zero};
use std::collections::BTreeMap;

/// A constraint system under construction. See the [module](super) for its two modes.
#[derive(Debug)]
pub struct Cs {
    instance: Vec<Fr>,
    witness: Vec<Fr>,
    free_hints: Vec<usize>,
    forged: BTreeMap<usize, Fr>,
    recorder: Option<Recorder>,
    parts: Parts,
    constraints: usize,
    violation: Option<RowViolated>,
}

#[derive(Debug, Default)]
struct Recorder {
    a: Vec<Terms>,
    b: Vec<Terms>,
    c: Vec<Terms>,
    row_parts: Vec<u32>,
}

/// The result of a finished system.
#[derive(Clone, Debug)]
pub struct Synthesized {
    /// The matrices, if they were recorded.
    pub matrices: Option<Matrices>,
    /// The public inputs in order of allocation, without the leading one.
    pub instance: Vec<Fr>,
    /// The witnesses in order of allocation.
    pub witness: Vec<Fr>,
    /// Constraints per part, by path (`step/signature`); a path counts only its own constraints,
    /// not those of the parts below it. Constraints outside of all parts are under the empty path.
    pub parts: BTreeMap<String, usize>,
    /// Number of constraints.
    pub num_constraints: usize,
    /// Witness indices of hinted inverses whose argument is zero. No constraint binds these, by
    /// design: the gadget's claim does not depend on them. Everything else must not survive
    /// [`mutations`](super::mutations).
    pub free_hints: Vec<usize>,
}

impl Synthesized {
    /// The whole assignment over the columns `[1, instance.., witness..]`.
    pub fn assignment(&self) -> Vec<Fr> {
        let mut all = Vec::with_capacity(1 + self.instance.len() + self.witness.len());
        all.push(Fr::from(1u64));
        all.extend_from_slice(&self.instance);
        all.extend_from_slice(&self.witness);
        all
    }

    /// Constraints of a part with all parts below it.
    pub fn part_total(&self, path: &str) -> usize {
        let below = format!("{path}/");
        self.parts
            .iter()
            .filter(|(name, _)| {
                path.is_empty() || name.as_str() == path || name.starts_with(&below)
            })
            .map(|(_, count)| count)
            .sum()
    }
}

impl Cs {
    /// Records matrices along with the assignment.
    pub fn recording() -> Self {
        Self::new(Some(Recorder::default()))
    }

    /// Computes the assignment only.
    pub fn witness_only() -> Self {
        Self::new(None)
    }

    fn new(recorder: Option<Recorder>) -> Self {
        Self {
            instance: Vec::new(),
            witness: Vec::new(),
            free_hints: Vec::new(),
            forged: BTreeMap::new(),
            recorder,
            parts: Parts::new(),
            constraints: 0,
            violation: None,
        }
    }

    /// The same system for a dishonest prover, who sets some witnesses, by index, to chosen values
    /// and computes the others as an honest prover does. For tests: unlike
    /// [`mutations`](super::mutations), a changed witness changes all values that are computed from
    /// it. Not for witnesses inside Poseidon, for whose rows witness-only mode trusts the announced
    /// values.
    #[must_use]
    pub fn forging(mut self, forged: impl IntoIterator<Item = (usize, Fr)>) -> Self {
        self.forged.extend(forged);
        self
    }

    /// A new witness.
    pub fn alloc(&mut self, value: impl Into<Fr>) -> Num {
        let index = self.witness.len();
        let value = match self.forged.get(&index) {
            Some(forged) => *forged,
            None => value.into(),
        };
        self.witness.push(value);
        self.named(value, Variable::witness(index))
    }

    /// New witnesses, one for each value.
    pub fn alloc_all(&mut self, values: &[Fr]) -> Vec<Num> {
        values.iter().map(|value| self.alloc(*value)).collect()
    }

    /// A new public input.
    pub fn input(&mut self, value: impl Into<Fr>) -> Num {
        let value = value.into();
        let index = self.instance.len();
        self.instance.push(value);
        self.named(value, Variable::instance(index))
    }

    fn named(&self, value: Fr, variable: Variable) -> Num {
        match self.recorder {
            Some(_) => Num::variable(value, variable),
            None => Num::unrecorded(value),
        }
    }

    /// A linear combination that is worth building only in recording mode. `value` must be its
    /// value.
    pub(crate) fn combination(&self, value: Fr, build: impl FnOnce() -> Num) -> Num {
        if self.is_recording() {
            let num = build();
            debug_assert_eq!(num.value(), value, "a combination and its announced value");
            num
        } else {
            Num::unrecorded(value)
        }
    }

    /// A new witness with the inverse of a number, or 0 for 0. A bare hint: the caller writes the
    /// constraint that defines it.
    pub(crate) fn hint_inverse(&mut self, of: &Num) -> Num {
        let inverse = of.value().inverse();
        if inverse.is_none() {
            self.free_hints.push(self.witness.len());
        }
        self.alloc(inverse.unwrap_or_default())
    }

    /// A hint `a / b`, declared free if b is zero.
    pub(crate) fn hint_quotient(&mut self, a: &Num, b: &Num) -> Num {
        let inverse = b.value().inverse();
        if inverse.is_none() {
            self.free_hints.push(self.witness.len());
        }
        self.alloc(a.value() * inverse.unwrap_or_default())
    }

    /// The product: one witness and one constraint, or neither if a factor is constant.
    pub fn mul(&mut self, a: &Num, b: &Num) -> Num {
        if let Some(factor) = a.as_constant() {
            return b.scale(factor);
        }
        if let Some(factor) = b.as_constant() {
            return a.scale(factor);
        }
        let value = a.value() * b.value();
        let product = self.alloc(value);
        // It may be forged.
        self.require(product.value() == value, a, b, &product);
        product
    }

    /// The square: as [`Cs::mul`].
    pub fn square(&mut self, a: &Num) -> Num {
        self.mul(a, a)
    }

    /// Requires `a · b = c`. One constraint, or none between constants.
    pub fn enforce(&mut self, a: &Num, b: &Num, c: &Num) {
        let holds = a.value() * b.value() == c.value();
        self.require(holds, a, b, c);
    }

    /// Requires `a = b`. One constraint, or none between constants.
    pub fn enforce_equal(&mut self, a: &Num, b: &Num) {
        self.require(a.value() == b.value(), &(a - b), &Num::one(), &Num::zero());
    }

    /// Requires `a = 0`. One constraint, or none on a constant.
    pub fn enforce_zero(&mut self, a: &Num) {
        self.require(a.value().is_zero(), a, &Num::one(), &Num::zero());
    }

    fn require(&mut self, holds: bool, a: &Num, b: &Num, c: &Num) {
        if !holds && self.violation.is_none() {
            self.violation = Some(RowViolated {
                row: self.constraints,
                part: self.parts.path(self.parts.current),
            });
        }
        if !(a.is_constant() && b.is_constant() && c.is_constant()) {
            self.record(a, b, c);
        }
    }

    fn record(&mut self, a: &Num, b: &Num, c: &Num) {
        self.constraints += 1;
        self.parts.count();
        if let Some(recorder) = &mut self.recorder {
            recorder.a.push(a.row());
            recorder.b.push(b.row());
            recorder.c.push(c.row());
            recorder.row_parts.push(self.parts.current);
        }
    }

    /// Runs `build` with its constraints attributed to the part `name` within the current part.
    pub fn part<T>(&mut self, name: &str, build: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.parts.enter(name);
        let result = build(self);
        self.parts.current = outer;
        result
    }

    /// Constraints so far.
    pub fn num_constraints(&self) -> usize {
        self.constraints
    }

    /// Witnesses so far.
    pub fn num_witness(&self) -> usize {
        self.witness.len()
    }

    /// True if linear combinations are recorded.
    pub fn is_recording(&self) -> bool {
        self.recorder.is_some()
    }

    /// The first constraint that does not hold so far.
    pub fn violation(&self) -> Option<&RowViolated> {
        self.violation.as_ref()
    }

    /// Ends construction; refuses an assignment that breaks a constraint.
    pub fn finish(self) -> Result<Synthesized, RowViolated> {
        match &self.violation {
            Some(violation) => Err(violation.clone()),
            None => Ok(self.finish_unchecked()),
        }
    }

    /// Ends construction whether or not the assignment satisfies the system. For the shape alone
    /// (key generation from a placeholder witness), and for tests.
    pub fn finish_unchecked(self) -> Synthesized {
        let num_instance = self.instance.len() + 1;
        let matrices = self.recorder.map(|recorder| {
            let columns = |rows: Vec<Terms>| -> Vec<Vec<(Fr, usize)>> {
                rows.into_iter()
                    .map(|row| {
                        row.into_iter()
                            .map(|(v, c)| (c, v.column(num_instance)))
                            .collect()
                    })
                    .collect()
            };
            Matrices {
                a: columns(recorder.a),
                b: columns(recorder.b),
                c: columns(recorder.c),
                num_instance,
                num_witness: self.witness.len(),
                row_parts: recorder.row_parts,
                part_names: (0..self.parts.nodes.len())
                    .map(|id| self.parts.path(id as u32))
                    .collect(),
            }
        });
        Synthesized {
            matrices,
            instance: self.instance,
            witness: self.witness,
            parts: self.parts.counts(),
            num_constraints: self.constraints,
            free_hints: self.free_hints,
        }
    }
}

/// The tree of named parts; node 0 is the root, outside of all parts.
#[derive(Debug)]
struct Parts {
    nodes: Vec<Part>,
    current: u32,
}

#[derive(Debug)]
struct Part {
    name: String,
    parent: u32,
    children: Vec<u32>,
    count: usize,
}

impl Parts {
    fn new() -> Self {
        let root = Part {
            name: String::new(),
            parent: 0,
            children: Vec::new(),
            count: 0,
        };
        Self {
            nodes: vec![root],
            current: 0,
        }
    }

    /// Enters a part and returns the one that contains it.
    fn enter(&mut self, name: &str) -> u32 {
        let outer = self.current;
        let known = self.nodes[outer as usize]
            .children
            .iter()
            .copied()
            .find(|child| self.nodes[*child as usize].name == name);
        self.current = match known {
            Some(child) => child,
            None => {
                let child = self.nodes.len() as u32;
                self.nodes.push(Part {
                    name: name.into(),
                    parent: outer,
                    children: Vec::new(),
                    count: 0,
                });
                self.nodes[outer as usize].children.push(child);
                child
            }
        };
        outer
    }

    fn count(&mut self) {
        self.nodes[self.current as usize].count += 1;
    }

    fn path(&self, id: u32) -> String {
        let mut names = Vec::new();
        let mut at = id;
        while at != 0 {
            let node = &self.nodes[at as usize];
            names.push(node.name.as_str());
            at = node.parent;
        }
        names.reverse();
        names.join("/")
    }

    fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for (id, node) in self.nodes.iter().enumerate() {
            if node.count > 0 {
                *counts.entry(self.path(id as u32)).or_default() += node.count;
            }
        }
        counts
    }
}
