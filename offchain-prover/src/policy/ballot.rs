//! Referenda on risk parameters as text, and amounts of the native currency.

use super::table;
use crate::chain::referenda::{Ongoing, Referendum, Token};
use clearproof_primitives::policy::PolicyChange;
use comfy_table::Table;

impl Token {
    /// An amount as people write it, in smallest units.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn units(&self, text: &str) -> Result<u128, String> {
        let Self { symbol, decimals } = self;
        let most = *decimals as usize;
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) || text.ends_with('.') {
            return Err(format!("must be a number of {symbol} such as 12.5"));
        }
        if fraction.len() > most {
            return Err(format!("at most {most} digits after the point"));
        }
        let units = format!("{whole}{fraction:0<most$}").parse();
        match units {
            Ok(0) => Err("must be above 0".into()),
            Ok(units) => Ok(units),
            Err(_) => Err(format!("is more {symbol} than there can be")),
        }
    }

    /// Smallest units as people read them.
    pub fn show(&self, units: u128) -> String {
        let scale = 10u128.checked_pow(self.decimals).unwrap_or(u128::MAX);
        let (whole, part) = (units / scale, units % scale);
        let fraction = format!("{part:0width$}", width = self.decimals as usize);
        match fraction.trim_end_matches('0') {
            "" => format!("{whole} {}", self.symbol),
            fraction => format!("{whole}.{fraction} {}", self.symbol),
        }
    }
}

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
    use crate::chain::referenda::{Deciding, Deposit, Proposal, Tally};

    fn token() -> Token {
        Token {
            symbol: "CLR".into(),
            decimals: 12,
        }
    }

    #[test]
    fn amounts_are_read_and_shown_exactly() {
        for (text, units, shown) in [
            ("900000", 900_000 * 10u128.pow(12), "900000 CLR"),
            ("0.5", 5 * 10u128.pow(11), "0.5 CLR"),
            ("1.000000000001", 10u128.pow(12) + 1, "1.000000000001 CLR"),
        ] {
            assert_eq!(token().units(text), Ok(units));
            assert_eq!(token().show(units), shown);
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
