//! Price lists: each entry is named by a fill of its chunk. Funding accrues from all entries.

use crate::common::scene::Scene;
use clearproof_primitives::{batch::PriceEntry, ids::Slot, time::Millis};

/// A price of another instrument, at the same time.
fn unnamed() -> PriceEntry {
    PriceEntry {
        instrument: Slot::new(2),
        ..Scene::busy(1).chunk.entries[0]
    }
}

#[test]
fn an_entry_that_no_fill_names() {
    // In chunk 0 nothing trades, in the others one fill names one entry.
    for index in 0..3 {
        Scene::busy(index).accepted();
        let mut scene = Scene::busy(index);
        scene.chunk.entries.push(unnamed());
        scene.refused_in("prices");
    }
    let entries: [fn(&mut PriceEntry); 3] = [
        |entry| entry.deleverages = true,
        |entry| (entry.deleverages, entry.fund_sells) = (true, true),
        |entry| (entry.price, entry.instrument, entry.time) = (0, Slot::new(0), Millis::new(1)),
    ];
    for change in entries {
        let mut scene = Scene::busy(1);
        let mut entry = unnamed();
        change(&mut entry);
        scene.chunk.entries.push(entry);
        scene.refused_in("prices");
    }
}

#[test]
fn an_entry_that_only_another_chunk_names() {
    let named = Scene::busy(1).chunk.entries;
    let mut scene = Scene::busy(0);
    scene.chunk.entries = named;
    scene.refused_in("prices");
}

#[test]
fn an_entry_that_is_listed_twice() {
    let mut scene = Scene::busy(1);
    let entry = scene.chunk.entries[0];
    scene.chunk.entries.push(entry);
    scene.refused_in("prices");
}

#[test]
fn an_entry_before_the_one_that_is_named() {
    let mut scene = Scene::busy(2);
    scene.chunk.entries.insert(0, unnamed());
    scene.step(0).fills[0].entry = 1;
    scene.refused_in("prices");
}
