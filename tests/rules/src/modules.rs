//! The modules of one crate and the files that they lie in.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use syn::{Attribute, Expr, Item, ItemUse, Lit, Meta, UseTree};

/// A module's path within its crate; empty for the root.
pub type ModulePath = Vec<String>;

/// A name that a `use` brings into a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The name it has here, or `*`.
    pub name: String,
    /// The path it stands for, as written; for `*` the path before it.
    pub path: Vec<String>,
}

/// A module: a file, or a block in one.
pub struct Module {
    /// The file it lies in.
    pub file: PathBuf,
    /// Names of the items that it defines.
    pub items: BTreeSet<String>,
    /// Names that it imports or exports again.
    pub imports: Vec<Import>,
}

/// All modules of a crate but its tests.
pub struct Crate {
    /// The modules by path.
    pub modules: BTreeMap<ModulePath, Module>,
    /// Syntax trees of the files, each with the path of the module that it is.
    pub files: BTreeMap<PathBuf, (ModulePath, syn::File)>,
}

impl Crate {
    /// Reads the crate whose root is the file `root`.
    ///
    /// # Errors
    /// Names a file that is missing or no Rust.
    pub fn read(root: &Path) -> Result<Self, String> {
        let mut read = Self {
            modules: BTreeMap::new(),
            files: BTreeMap::new(),
        };
        let folder = root.parent().unwrap_or(root).to_owned();
        read.file(root.to_owned(), folder, Vec::new())?;
        Ok(read)
    }

    /// Reads a file, whose submodules lie in `folder`.
    fn file(&mut self, file: PathBuf, folder: PathBuf, path: ModulePath) -> Result<(), String> {
        let named = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
        let text = fs::read_to_string(&file).map_err(|error| named(&error))?;
        let tree = syn::parse_file(&text).map_err(|error| named(&error))?;
        self.block(&tree.items, &file, &folder, path.clone())?;
        self.files.insert(file, (path, tree));
        Ok(())
    }

    /// Reads the items of a module.
    fn block(
        &mut self,
        items: &[Item],
        file: &Path,
        folder: &Path,
        path: ModulePath,
    ) -> Result<(), String> {
        let imports = items.iter().filter_map(as_use).flat_map(imports).collect();
        let names = items.iter().filter_map(name).collect();
        let module = Module {
            file: file.to_owned(),
            items: names,
            imports,
        };
        self.modules.insert(path.clone(), module);
        for item in items {
            let Item::Mod(submodule) = item else { continue };
            if is_test(&submodule.attrs) {
                continue;
            }
            let name = submodule.ident.to_string();
            let inner = [path.as_slice(), std::slice::from_ref(&name)].concat();
            let below = folder.join(&name);
            match &submodule.content {
                Some((_, items)) => self.block(items, file, &below, inner)?,
                None => self.file(place(&submodule.attrs, file, folder, &name), below, inner)?,
            }
        }
        Ok(())
    }
}

/// Returns the file of `mod name;` in a module whose submodules lie in `folder`.
fn place(attributes: &[Attribute], file: &Path, folder: &Path, name: &str) -> PathBuf {
    let named = attributes
        .iter()
        .find_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
                Expr::Lit(literal) => match &literal.lit {
                    Lit::Str(path) => Some(path.value()),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        });
    let beside = file.parent().unwrap_or(file);
    let flat = folder.join(format!("{name}.rs"));
    match named {
        Some(path) => beside.join(path),
        None if flat.exists() => flat,
        None => folder.join(name).join("mod.rs"),
    }
}

/// True for `#[cfg(test)]` and for code that measures: it may know everything.
pub fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string();
            condition.starts_with("test")
                || condition.contains("\"runtime-benchmarks\"")
                || condition.starts_with("any (test")
                || condition.starts_with("all (test")
        }
        _ => false,
    })
}

fn as_use(item: &Item) -> Option<&ItemUse> {
    match item {
        Item::Use(item) if !is_test(&item.attrs) => Some(item),
        _ => None,
    }
}

/// Returns all names that a `use` declaration imports.
pub fn imports(item: &ItemUse) -> Vec<Import> {
    let mut found = Vec::new();
    flatten(&item.tree, &mut Vec::new(), &mut found);
    found
}

fn flatten(tree: &UseTree, before: &mut Vec<String>, found: &mut Vec<Import>) {
    let whole = |last: &syn::Ident, before: &[String]| {
        let last = last.to_string();
        let own = if last == "self" {
            Vec::new()
        } else {
            vec![last]
        };
        [before, &own].concat()
    };
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, found);
            before.pop();
        }
        UseTree::Name(name) => {
            let path = whole(&name.ident, before);
            let name = path.last().cloned().unwrap_or_default();
            found.push(Import { name, path });
        }
        UseTree::Rename(rename) => {
            let (name, path) = (rename.rename.to_string(), whole(&rename.ident, before));
            found.push(Import { name, path });
        }
        UseTree::Glob(_) => found.push(Import {
            name: "*".into(),
            path: before.clone(),
        }),
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, before, found);
            }
        }
    }
}

/// Returns the name that an item defines.
fn name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Mod(item) => &item.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}
