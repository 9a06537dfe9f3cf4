//! The order in which the backends are used for one circuit.

use super::{error::ChoiceError, kind::BackendKind, slot::Slots};
use crate::circuit::Circuit;

/// The backends for a circuit and the reason for the choice.
pub(super) struct Ranking {
    /// Indices of slots, best first.
    pub order: Vec<usize>,
    /// The name of the first and the reason why it is first, for logs.
    pub choice: String,
}

/// Most elements of the work that is timed.
const SAMPLE: usize = 1 << 15;

/// Ranks the backends for a circuit. `left_out` are the reasons for which other backends could not
/// be opened.
///
/// A backend that was requested by name comes first. If it has no room, that is an error: a user
/// must not believe that it is used when it is not.
pub(super) fn rank(
    slots: &Slots,
    left_out: &[String],
    circuit: &Circuit,
) -> Result<Ranking, ChoiceError> {
    let mut notes = Vec::new();
    let order = with_room(slots, circuit, &mut notes)?;
    let name = |index: &usize| slots.slots[*index].kind.name();
    // The reference is never the fastest: it comes after the others and is not timed.
    let (mut order, reference): (Vec<_>, Vec<_>) = order
        .into_iter()
        .partition(|index| slots.slots[*index].kind != BackendKind::Ark);
    let reason = if slots.requested != BackendKind::Auto {
        "requested".to_owned()
    } else if order.len() < 2 {
        left_out.first().map_or_else(
            || "nothing faster is known".to_owned(),
            |reason| format!("nothing faster is available: {reason}"),
        )
    } else {
        sort_by_time(slots, circuit, &mut order, &mut notes)
    };
    order.extend(reference);
    let first = order.first().map_or("none", name);
    let mut choice = format!("{first}: {reason}");
    for note in notes {
        choice.push_str("; ");
        choice.push_str(&note);
    }
    Ok(Ranking { order, choice })
}

/// The backends that have room for the circuit; the reasons of the others go to `notes`.
fn with_room(
    slots: &Slots,
    circuit: &Circuit,
    notes: &mut Vec<String>,
) -> Result<Vec<usize>, ChoiceError> {
    let mut order = Vec::new();
    for (index, slot) in slots.slots.iter().enumerate() {
        match slot.backend.fits(circuit) {
            Ok(()) => order.push(index),
            Err(reason) if slot.kind == slots.requested => {
                let kind = slot.kind;
                return Err(ChoiceError::Unusable { kind, reason });
            }
            Err(reason) => notes.push(reason.to_string()),
        }
    }
    if order.is_empty() {
        return Err(ChoiceError::None(notes.join("; ")));
    }
    Ok(order)
}

/// Times the backends on work of the circuit's size, sorts them, the fastest first, and returns the
/// times as text. A backend that fails is dropped; its reason goes to `notes`.
fn sort_by_time(
    slots: &Slots,
    circuit: &Circuit,
    order: &mut Vec<usize>,
    notes: &mut Vec<String>,
) -> String {
    let size = circuit.matrices().domain_size().clamp(64, SAMPLE);
    let mut times = Vec::new();
    for index in &*order {
        match slots.slots[*index].backend.time(size) {
            Ok(time) => times.push((*index, time)),
            Err(reason) => notes.push(reason.to_string()),
        }
    }
    times.sort_by_key(|(_, time)| *time);
    *order = times.iter().map(|(index, _)| *index).collect();
    let name = |index: usize| slots.slots[index].kind.name();
    let times: Vec<_> = times
        .iter()
        .map(|(index, time)| format!("{} {time:.1?}", name(*index)))
        .collect();
    format!("fastest at {size}: {}", times.join(", "))
}
