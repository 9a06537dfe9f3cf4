//! Referenda on risk parameters as text, and amounts of the native currency.

use super::table;
use clearproof_client::chain::referenda::{Ongoing, Referendum, Token};
use clearproof_primitives::policy::PolicyChange;
use comfy_table::Table;

/// The state of a referendum that is not over, in words.
fn going_on(of: &Ongoing) -> String {
    match (of.decision_deposit, of.deciding) {
        (None, _) => "waits for its decision deposit".into(),
        (Some(_), None) => format!("prepared since block {}", of.submitted),
        (Some(_), Some(deciding)) => match deciding.confirming {
            None => format!("decided since block {}, does not pass yet", deciding.since),
            Some(block) => format!("passes, approved in block {block} if it stays so"),
        },
    }
}

/// The state of a referendum, in words.
pub fn state(referendum: &Referendum) -> String {
    match referendum {
        Referendum::Ongoing(of) => going_on(of),
        Referendum::Approved(block, ..) => format!("approved in block {block}"),
        Referendum::Rejected(block, ..) => format!("rejected in block {block}"),
        Referendum::Cancelled(block, ..) => format!("cancelled in block {block}"),
        Referendum::TimedOut(block, ..) => {
            format!("timed out in block {block}, for want of a decision deposit")
        }
        Referendum::Killed(block) => format!("killed in block {block}"),
    }
}

/// Referenda that are not over, with what each would change, as far as that is known.
pub fn referenda(all: &[(u32, Ongoing, Option<Vec<PolicyChange>>)], token: &Token) -> Table {
    let header = [
        "referendum",
        "state",
        "ayes",
        "nays",
        "support",
        "parameters",
    ];
    let mut table = table(&header);
    for (index, of, changes) in all {
        let parameters = match changes {
            None => "no list of changes, or its preimage is not noted".into(),
            Some(changes) => {
                let parameters = changes.iter().flat_map(PolicyChange::parameters);
                let names: Vec<_> = parameters.map(|p| p.to_string()).collect();
                names.join("\n")
            }
        };
        table.add_row([
            index.to_string(),
            going_on(of),
            token.show(of.tally.ayes),
            token.show(of.tally.nays),
            token.show(of.tally.support),
            parameters,
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clearproof_client::chain::referenda::{Deciding, Deposit, Proposal, Tally};

    fn token() -> Token {
        Token {
            symbol: "CLR".into(),
            decimals: 12,
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", "-1", "1,5", "1.", ".5", "CLR", "1e3", "1 "] {
            let error = token().units(text).unwrap_err();
            assert!(error.contains("12.5"), "{text}: {error}");
        }
        assert!(token().units("0.0").unwrap_err().contains("above 0"));
        assert!(
            token()
                .units("1.0000000000001")
                .unwrap_err()
                .contains("12 digits")
        );
        let many = "9".repeat(30);
        assert!(
            token()
                .units(&many)
                .unwrap_err()
                .contains("than there can be")
        );
    }

    #[test]
    fn a_referendum_says_how_far_it_is() {
        let of = |deposit: bool, deciding| Ongoing {
            track: 10,
            proposal: Proposal::Inline(Vec::new()),
            submitted: 7,
            decision_deposit: deposit.then_some(Deposit { amount: 1 }),
            deciding,
            tally: Tally::default(),
        };
        let deciding = |confirming| {
            Some(Deciding {
                since: 9,
                confirming,
            })
        };
        for (of, words) in [
            (of(false, None), "decision deposit"),
            (of(true, None), "prepared since block 7"),
            (of(true, deciding(None)), "block 9, does not pass"),
            (of(true, deciding(Some(12))), "approved in block 12"),
        ] {
            let text = state(&Referendum::Ongoing(of.clone()));
            assert!(text.contains(words), "{text}");
            let table = referenda(&[(3, of, None)], &token()).to_string();
            assert!(table.contains("preimage is not noted"), "{table}");
        }
        assert_eq!(state(&Referendum::Killed(4)), "killed in block 4");
    }
}
