//! The risk policy for voters: its parameters, and the effect of a change on it and on portfolios.
//! The portfolios are given, or are drawn at random and held through recorded prices
//! ([`synthetic`]).

pub mod ballot;
pub mod synthetic;

use crate::calculators::{margin, portfolio::Question};
use chrono::{DateTime, SecondsFormat};
use clearproof_primitives::{
    policy::{
        Assessment, Difference, Direction, Parameter, PendingChange, Policy, Tightening, Unit,
    },
    shape::MarketShape,
    time::Millis,
};
use comfy_table::{Table, presets::UTF8_BORDERS_ONLY};
use serde::Serialize;

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_BORDERS_ONLY).set_header(header);
    table
}

fn shown(unit: Unit, value: Option<i128>) -> String {
    value.map_or("none".into(), |value| unit.show(value).to_string())
}

/// Returns a moment of the chain's clock as text, UTC.
pub fn moment(milliseconds: Millis) -> String {
    let moment = i64::try_from(milliseconds.get()).ok();
    let moment = moment.and_then(DateTime::from_timestamp_millis);
    moment.map_or_else(
        || format!("{milliseconds} ms"),
        |moment| moment.to_rfc3339_opts(SecondsFormat::Secs, true),
    )
}

/// Returns every parameter with its value, its bounds, the largest step of one change, and the
/// direction that tightens it.
pub fn parameters(policy: &Policy, market: &MarketShape) -> Table {
    let header = [
        "parameter",
        "value",
        "as JSON",
        "bounds",
        "one change may set",
        "tightens",
    ];
    let mut table = table(&header);
    for parameter in Parameter::all(market) {
        let descriptor = parameter.descriptor();
        let unit = descriptor.unit;
        let range =
            |(low, high): (i128, i128)| format!("{} to {}", unit.show(low), unit.show(high));
        let present = parameter.read(policy);
        table.add_row([
            parameter.to_string(),
            shown(unit, present),
            present.map_or("null".into(), |value| value.to_string()),
            range((descriptor.low, descriptor.high)),
            present.map_or("any".into(), |value| range(descriptor.reach(value))),
            match descriptor.tightens {
                Tightening::Up => "up",
                Tightening::Down => "down",
                Tightening::Neither => "neither way",
            }
            .into(),
        ]);
    }
    table
}

/// Returns the parameters in which two policies differ.
pub fn differences(before: &Policy, after: &Policy, market: &MarketShape) -> Table {
    let mut table = table(&["parameter", "now", "then"]);
    for Difference {
        parameter,
        before,
        after,
    } in before.differences(after, market)
    {
        let unit = parameter.descriptor().unit;
        table.add_row([
            parameter.to_string(),
            shown(unit, before),
            shown(unit, after),
        ]);
    }
    table
}

/// Returns the scheduled changes.
pub fn pending(changes: &[PendingChange]) -> Table {
    let mut table = table(&["id", "direction", "proposed", "in force from", "parameters"]);
    for change in changes {
        let parameters = change.changes.iter().flat_map(|change| change.parameters());
        let names: Vec<_> = parameters.map(|parameter| parameter.to_string()).collect();
        table.add_row([
            change.id.to_string(),
            way(change.direction).into(),
            moment(change.proposed_at),
            moment(change.effective_at),
            names.join("\n"),
        ]);
    }
    table
}

/// Returns the direction in words.
pub fn way(direction: Direction) -> &'static str {
    match direction {
        Direction::Tightens => "tightens",
        Direction::Loosens => "loosens",
    }
}

/// Returns an assessment in one line.
pub fn verdict(assessment: &Assessment) -> String {
    format!(
        "It {}; scheduled now it would be in force from the first snapshot after {}.",
        way(assessment.direction),
        moment(assessment.effective_at)
    )
}

/// A portfolio's margin under the policy in force and under the other one.
#[derive(Clone, Debug, Serialize)]
pub struct Compared {
    /// Under the policy in force.
    pub now: margin::Answer,
    /// Under the other policy.
    pub then: margin::Answer,
}

/// Numbers of portfolios by their condition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// All portfolios.
    pub portfolios: u32,
    /// Portfolios below initial margin.
    pub bound: u32,
    /// Portfolios below maintenance margin.
    pub liquidatable: u32,
    /// Portfolios with equity below zero.
    pub bankrupt: u32,
}

impl Count {
    fn add(&mut self, answer: &margin::Answer) {
        self.portfolios += 1;
        self.bound += u32::from(!answer.free);
        self.liquidatable += u32::from(answer.liquidatable);
        self.bankrupt += u32::from(answer.bankrupt);
    }
}

/// Counts of portfolios under two policies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Simulation {
    /// Portfolios whose margin cannot be computed.
    pub refused: u32,
    /// Under the policy in force.
    pub now: Count,
    /// Under the other policy.
    pub then: Count,
}

impl Simulation {
    /// Computes a portfolio's margin under both policies; a policy in the question is ignored.
    ///
    /// # Errors
    /// As the margin calculator: names the field.
    pub fn add(
        &mut self,
        question: Question,
        before: &Policy,
        after: &Policy,
    ) -> Result<Compared, String> {
        let under = |policy: &Policy| {
            margin::answer(Question {
                policy: Some(policy.clone()),
                ..question.clone()
            })
        };
        let compared = match (under(before), under(after)) {
            (Ok(now), Ok(then)) => Compared { now, then },
            (Err(error), _) | (_, Err(error)) => {
                self.refused += 1;
                return Err(error);
            }
        };
        self.now.add(&compared.now);
        self.then.add(&compared.then);
        Ok(compared)
    }
}
