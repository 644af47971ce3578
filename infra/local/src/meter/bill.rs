//! The usage in dollars.

use std::fmt;

use serde::Serialize;

use super::prices;
use super::usage::{Turn, Usage};

/// What AWS would charge.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bill {
    /// What is charged for.
    pub items: Vec<Item>,
    /// All of it.
    pub dollars: f64,
    /// How many turns there were.
    pub turns: u64,
    /// How turns are counted.
    pub turn: Turn,
    /// The cost of a thousand turns; absent without turns.
    pub dollars_per_thousand_turns: Option<f64>,
}

/// One line of the bill.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Item {
    /// What it is.
    pub name: String,
    /// How much of it.
    pub quantity: f64,
    /// What it costs.
    pub dollars: f64,
}

impl Usage {
    /// What it would cost.
    pub fn bill(&self) -> Bill {
        let mut items = Vec::new();
        let mut add = |name: String, quantity: f64, price: f64| {
            if quantity > 0.0 {
                items.push(Item { name, quantity, dollars: quantity * price });
            }
        };
        add("messages from clients".to_owned(), self.messages_in as f64, prices::MESSAGE);
        add("messages to clients".to_owned(), self.messages_out as f64, prices::MESSAGE);
        add("connection minutes".to_owned(), self.connection_minutes as f64, prices::CONNECTION_MINUTE);
        for (name, function) in &self.functions {
            add(format!("{name} requests"), function.requests as f64, prices::FUNCTION_REQUEST);
            add(format!("{name} GB-seconds"), function.gigabyte_seconds(), prices::GIGABYTE_SECOND);
        }
        for (name, operation) in &self.database {
            add(format!("{name} read units"), operation.read_units, prices::READ_UNIT);
            add(format!("{name} write units"), operation.write_units, prices::WRITE_UNIT);
        }
        let dollars = items.iter().map(|item| item.dollars).sum();
        let (turns, turn) = self.turns();
        let dollars_per_thousand_turns = (turns > 0).then(|| dollars / turns as f64 * 1000.0);
        Bill { items, dollars, turns, turn, dollars_per_thousand_turns }
    }
}

/// A table with one line for each item, and a sum.
impl fmt::Display for Bill {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.items.iter().map(|item| item.name.len()).max().unwrap_or(0).max("total".len());
        let mut line = |name: &str, quantity: &str, dollars: f64| {
            let turns = match self.turns {
                0 => String::new(),
                turns => format!("${:.4}", dollars / turns as f64 * 1000.0),
            };
            writeln!(formatter, "  {name:<width$} {quantity:>12} {:>12} {turns:>12}", format!("${dollars:.6}"))
        };
        for Item { name, quantity, dollars } in &self.items {
            // Counts are whole; GB-seconds are not.
            let digits = if quantity.fract() == 0.0 { 0 } else { 3 };
            line(name, &format!("{quantity:.digits$}"), *dollars)?;
        }
        line("total", "", self.dollars)?;
        match self.turns {
            0 => Ok(()),
            turns => write!(formatter, "  The last column is for a thousand turns, by {turns} {}.", self.turn),
        }
    }
}

/// What is counted as turns, in the plural.
impl fmt::Display for Turn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ModelInvocation => "invocation(s) that called the model",
            Self::ClientMessage => "message(s) from clients",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::usage::{DatabaseUsage, FunctionUsage};
    use super::*;

    #[test]
    fn a_bill_names_each_item_and_what_a_thousand_turns_cost() {
        let usage = Usage {
            messages_in: 2,
            messages_out: 40,
            connection_minutes: 3,
            functions: [(
                "F".to_owned(),
                FunctionUsage { requests: 2, billed_millis: 4_000, megabyte_millis: 1_048_576 },
            )]
            .into(),
            database: [("PutItem".to_owned(), DatabaseUsage { calls: 4, read_units: 0.0, write_units: 8.0 })].into(),
            model_calls: 2,
            model_turns: 2,
        };
        let text = usage.bill().to_string();
        assert_eq!(
            text,
            "  messages from clients            2    $0.000002      $0.0010
  messages to clients             40    $0.000040      $0.0200
  connection minutes               3    $0.000001      $0.0004
  F requests                       2    $0.000000      $0.0002
  F GB-seconds                 1.024    $0.000014      $0.0068
  PutItem write units              8    $0.000005      $0.0025
  total                                 $0.000062      $0.0309
  The last column is for a thousand turns, by 2 invocation(s) that called the model."
        );
    }

    #[test]
    fn nothing_costs_nothing() {
        let bill = Usage::default().bill();
        assert_eq!((bill.items.len(), bill.dollars, bill.dollars_per_thousand_turns), (0, 0.0, None));
    }
}
