//! Costs of a turn as one thing grows.

use std::fmt;

use serde_json::{Value, json};

use crate::costs::{Cost, HEADS};

/// What a turn costs as one thing grows and all else is held fixed.
pub struct Curve {
    /// What grows.
    pub name: &'static str,
    /// For how much of it a cost is shown, where the cost is expected to grow in proportion.
    pub per: Option<Per>,
    /// From little to much.
    pub points: Vec<Point>,
}

/// The share of a cost that is shown.
pub struct Per {
    /// Of what.
    pub name: &'static str,
    /// How much of it.
    pub size: f64,
}

/// One measurement.
pub struct Point {
    /// How much there was of what grows.
    pub size: usize,
    /// What a turn cost then.
    pub cost: Cost,
    /// What else was measured, by its name.
    pub also: Vec<(&'static str, f64)>,
}

impl Curve {
    /// Dollars for a million turns, in the share that is shown: messages, function, writes, and reads with logs.
    pub fn parts(&self, point: &Point) -> [f64; 4] {
        let Cost { messages, function, writes, reads, logs, .. } = point.cost;
        [messages, function, writes, reads + logs].map(|dollars| dollars / self.shares(point))
    }

    fn shares(&self, point: &Point) -> f64 {
        self.per.as_ref().map_or(1.0, |per| point.size as f64 / per.size)
    }

    /// For programs.
    pub fn to_json(&self) -> Value {
        let point = |point: &Point| {
            let also: serde_json::Map<_, _> =
                point.also.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
            json!({"size": point.size, "cost": point.cost.to_json(), "also": also})
        };
        json!({"name": self.name, "points": self.points.iter().map(point).collect::<Vec<_>>()})
    }
}

/// A table with one row for each measurement.
impl fmt::Display for Curve {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per = self.per.as_ref().map(|per| format!(" for each {} |", per.name)).unwrap_or_default();
        let also = self.points.first().map(|point| &point.also[..]).unwrap_or_default();
        let also: String = also.iter().map(|(name, _)| format!(" {name} |")).collect();
        let heads = format!("| {} | a million turns |{per} {HEADS}{also}", self.name);
        writeln!(formatter, "{heads}\n|{}", "---|".repeat(heads.matches('|').count() - 1))?;
        for point in &self.points {
            let total = point.cost.total();
            write!(formatter, "| {} | **${total:.2}** |", grouped(point.size))?;
            if self.per.is_some() {
                write!(formatter, " ${:.2} |", total / self.shares(point))?;
            }
            write!(formatter, " {}", point.cost)?;
            point.also.iter().try_for_each(|(_, value)| write!(formatter, " {value:.1} |"))?;
            writeln!(formatter)?;
        }
        Ok(())
    }
}

/// A number with commas.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group).into_owned());
    groups.collect::<Vec<_>>().join(",")
}
