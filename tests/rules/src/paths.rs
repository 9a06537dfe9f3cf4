//! Paths in a crate's code, and the files that they lead to.

use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

use crate::modules::{Crate, Import, Module, imports, is_test};

/// Steps from one `use` to the next before a name counts as lost.
const LONGEST_CHAIN: usize = 16;

/// Returns the files of the same crate that the code of `file` names.
pub fn targets(of: &Crate, file: &Path) -> Vec<PathBuf> {
    let Some((module, tree)) = of.files.get(file) else {
        return Vec::new();
    };
    let mut collector = Collector {
        module: module.clone(),
        found: Vec::new(),
    };
    collector.visit_file(tree);
    let is_below = |found: &Path| {
        of.files
            .get(found)
            .is_some_and(|(m, _)| m.starts_with(module))
    };
    let leads_to = |named: &Named| {
        let found = of.lookup(&named.module, &named.path)?;
        (found != file && !(named.is_export && is_below(&found))).then_some(found)
    };
    let mut files: Vec<PathBuf> = collector.found.iter().filter_map(leads_to).collect();
    files.sort();
    files.dedup();
    files
}

/// A path that may lead to another module.
struct Named {
    /// The module in which it stands.
    module: Vec<String>,
    path: Vec<String>,
    /// True if it only gives the name to others: like `mod`, that uses no item.
    is_export: bool,
}

struct Collector {
    module: Vec<String>,
    found: Vec<Named>,
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if is_test(&item.attrs) || item.content.is_none() {
            return;
        }
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_test(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if !is_test(&item.attrs) {
            visit::visit_item_impl(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_test(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if is_test(&item.attrs) {
            return;
        }
        let is_export = !matches!(item.vis, syn::Visibility::Inherited);
        for Import { path, .. } in imports(item) {
            let module = self.module.clone();
            self.found.push(Named {
                module,
                path,
                is_export,
            });
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let path_segments = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string());
        let module = self.module.clone();
        self.found.push(Named {
            module,
            path: path_segments.collect(),
            is_export: false,
        });
        visit::visit_path(self, path);
    }
}

impl Crate {
    /// Returns the file that defines what `path` means in the module `from`. None for names of
    /// other crates, of the prelude and of the same block.
    pub fn lookup(&self, from: &[String], path: &[String]) -> Option<PathBuf> {
        self.follow(from, path, LONGEST_CHAIN)
    }

    fn follow(&self, from: &[String], path: &[String], chain: usize) -> Option<PathBuf> {
        let chain = chain.checked_sub(1)?;
        let (mut module, rest) = self.start(from, path)?;
        for (index, segment) in rest.iter().enumerate() {
            let inner = [module.as_slice(), std::slice::from_ref(segment)].concat();
            if !self.modules.contains_key(&inner) {
                return self.defined(&module, &rest[index..], chain);
            }
            module = inner;
        }
        Some(self.modules.get(&module)?.file.clone())
    }

    /// Returns the module at which a path begins, and the rest of the path.
    fn start<'p>(
        &self,
        from: &[String],
        path: &'p [String],
    ) -> Option<(Vec<String>, &'p [String])> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some((Vec::new(), rest)),
            "self" => Some((from.to_vec(), rest)),
            "super" => {
                let above = &from[..from.len().checked_sub(1)?];
                let goes_on = rest.first().is_some_and(|next| next == "super");
                if goes_on {
                    self.start(above, rest)
                } else {
                    Some((above.to_vec(), rest))
                }
            }
            name => {
                let inner = [from, std::slice::from_ref(first)].concat();
                let is_local = self.modules.contains_key(&inner);
                let is_used = |import: &Import| import.name == name && import.path != path;
                let imported = self.modules.get(from)?.imports.iter().any(is_used);
                (is_local || (imported && rest.is_empty())).then(|| (from.to_vec(), path))
            }
        }
    }

    /// Returns the file of an item of a module: its own, or that which it is exported from.
    fn defined(&self, module: &[String], path: &[String], chain: usize) -> Option<PathBuf> {
        let here = self.modules.get(module)?;
        let name = path.first()?;
        if here.items.contains(name) {
            return Some(here.file.clone());
        }
        let named = here.imports.iter().find(|import| import.name == *name);
        match named {
            Some(import) => self.follow(module, &import.path, chain),
            None => self
                .globbed(module, here, name, chain)
                .or(Some(here.file.clone())),
        }
    }

    /// Looks a name up in what a module imports by `*`.
    fn globbed(
        &self,
        module: &[String],
        here: &Module,
        name: &str,
        chain: usize,
    ) -> Option<PathBuf> {
        let mut globs = here.imports.iter().filter(|import| import.name == "*");
        globs.find_map(|import| self.exported(module, import, name, chain))
    }

    fn exported(
        &self,
        module: &[String],
        import: &Import,
        name: &str,
        chain: usize,
    ) -> Option<PathBuf> {
        let path = [import.path.as_slice(), &[name.to_owned()]].concat();
        let (start, rest) = self.start(module, &path)?;
        let owner = [start.as_slice(), &rest[..rest.len() - 1]].concat();
        let holds = self.modules.get(&owner)?;
        let known = holds.items.contains(name) || holds.imports.iter().any(|i| i.name == name);
        if known {
            self.follow(module, &path, chain)
        } else {
            None
        }
    }
}
