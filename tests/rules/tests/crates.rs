//! Who may depend on whom: manifests against the table in `docs/layout.md`.

use std::fs;

use clearproof_rules::{
    crates::{DOCUMENT, HEADING, differences, members, table},
    files::root,
};

#[test]
fn crates_depend_on_each_other_as_the_table_in_layout_allows() {
    let document = fs::read_to_string(root().join(DOCUMENT)).unwrap();
    let differences = differences(&members().unwrap(), &table(&document).unwrap());
    assert!(
        differences.is_empty(),
        "\n{}\nthe table is in {DOCUMENT}, \"{HEADING}\": take the arrow out of the manifest, or \
         draw it there with a reason",
        differences.join("\n")
    );
}
