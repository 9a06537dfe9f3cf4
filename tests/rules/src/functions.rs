//! Lengths of functions.

use syn::{
    Attribute, Block, Signature,
    spanned::Spanned,
    visit::{self, Visit},
};

use crate::{files::File, modules::is_test};

/// A function and its lines, from its name to its closing brace.
pub struct Function {
    /// `path:line name`.
    pub place: String,
    /// Lines.
    pub lines: usize,
}

/// Returns the functions of a file, without tests.
///
/// # Errors
/// Says that the file is no Rust.
pub fn of(file: &File) -> Result<Vec<Function>, String> {
    let tree = syn::parse_file(&file.text).map_err(|error| format!("{}: {error}", file.path))?;
    let mut collector = Collector {
        path: &file.path,
        found: Vec::new(),
    };
    collector.visit_file(&tree);
    Ok(collector.found)
}

/// Returns the number of lines that `share` of the functions do not exceed, out of 1,000.
pub fn percentile(functions: &[Function], share: usize) -> usize {
    let mut lines: Vec<usize> = functions.iter().map(|function| function.lines).collect();
    lines.sort_unstable();
    lines
        .get(lines.len() * share / 1_000)
        .copied()
        .unwrap_or_default()
}

struct Collector<'a> {
    path: &'a str,
    found: Vec<Function>,
}

impl Collector<'_> {
    fn add(&mut self, attributes: &[Attribute], signature: &Signature, block: &Block) {
        let is_a_test = attributes
            .iter()
            .any(|attribute| attribute.path().is_ident("test"));
        if is_a_test || is_test(attributes) {
            return;
        }
        let (first, last) = (signature.span().start().line, block.span().end().line);
        let place = format!("{}:{first} {}", self.path, signature.ident);
        self.found.push(Function {
            place,
            lines: last + 1 - first,
        });
    }
}

impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.attrs, &item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add(&item.attrs, &item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.add(&item.attrs, &item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }
}
