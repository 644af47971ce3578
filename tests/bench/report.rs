//! The figures, for people and for programs.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::costs::{Cost, HEADS, MEMORY};
use crate::direct::Direct;
use crate::settings::Settings;
use crate::start::Starts;
use crate::tools::ToolTurn;
use crate::turn::Turn;

/// All that was measured.
pub struct Report<'a> {
    /// How.
    pub settings: &'a Settings,
    /// Starts of the function alone.
    pub starts: Starts,
    /// The same, with four tools.
    pub starts_with_tools: Starts,
    /// Turns that call two tools at the same time.
    pub with_tools: Vec<ToolTurn>,
    /// Turns of new environments.
    pub cold: Vec<Turn>,
    /// Turns of an environment that has had one.
    pub warm: Vec<Turn>,
    /// The same replies without Natter.
    pub direct: Direct,
    /// Turns of a fast model.
    pub fast: Vec<Turn>,
    /// The most memory after the usual turns, and after a long one, in KB.
    pub memory: [u64; 2],
    /// Dollars by length.
    pub costs: Vec<Cost>,
    /// Megabytes by function.
    pub packages: BTreeMap<String, f64>,
}

/// One row of the table.
struct Figure {
    name: &'static str,
    unit: &'static str,
    values: Vec<f64>,
}

impl Report<'_> {
    fn figures(&self) -> Vec<Figure> {
        let Self { starts, starts_with_tools, with_tools, cold, warm, direct, fast, .. } = self;
        let figure = |name, unit, values| Figure { name, unit, values };
        let of = |turns: &[Turn], value: fn(&Turn) -> f64| turns.iter().map(value).collect();
        vec![
            figure("start → first poll", "ms", starts.times.iter().copied().map(millis).collect()),
            figure("… its CPU", "ms", starts.cpu.iter().copied().map(millis).collect()),
            figure("… with four tools", "ms", starts_with_tools.times.iter().copied().map(millis).collect()),
            figure(
                "cold: start → first text posted, less the model's time",
                "ms",
                of(cold, |turn| turn.init.unwrap_or_default() + turn.to_first_text),
            ),
            figure("warm: event → model request", "ms", of(warm, |turn| turn.to_model)),
            figure("… without the wait for the database", "ms", of(warm, |turn| turn.to_model - turn.database_wait)),
            figure("model's first token → the post with its text", "ms", of(warm, |turn| turn.first_token_to_post)),
            figure("warm: event → first text posted, less the model's time", "ms", of(warm, |turn| turn.to_first_text)),
            figure("direct: request → first text, less the model's time", "ms", direct.to_first_text.clone()),
            figure("posts of a reply", "", of(warm, |turn| turn.posts as f64)),
            figure("longest gap between shown texts", "ms", of(warm, |turn| turn.longest_gap)),
            figure("direct: longest gap", "ms", direct.longest_gap.clone()),
            figure("1,000 tokens/s × 1,000: last token → its post", "ms", of(fast, |turn| turn.last_token_to_post)),
            figure("… most posts in flight", "", of(fast, |turn| turn.posts_at_once as f64)),
            figure(
                "CPU of a turn, saves included",
                "ms",
                warm.iter().filter_map(|turn| turn.cpu).map(millis).collect(),
            ),
            figure(
                "tools: end of the model's answer → first call",
                "ms",
                with_tools.iter().map(|turn| turn.to_call).collect(),
            ),
            figure(
                "tools: last outcome → model's next request",
                "ms",
                with_tools.iter().map(|turn| turn.to_model).collect(),
            ),
            figure(
                "peak memory at the first poll",
                "MB",
                starts.memory.iter().map(|kilobytes| megabytes(*kilobytes)).collect(),
            ),
            figure("peak memory after turns", "MB", vec![megabytes(self.memory[0])]),
            figure("… added by 1,000 tokens at 1,000/s", "MB", vec![megabytes(self.memory[1] - self.memory[0])]),
        ]
    }

    /// Writes the figures to `target/bench.json`.
    pub fn write(&self) {
        let figures = self.figures();
        let figures = figures.iter().map(|figure| {
            let percentiles =
                json!({"unit": figure.unit, "p50": figure.at(0.5), "p99": figure.at(0.99), "of": figure.values.len()});
            (figure.name.to_owned(), percentiles)
        });
        let report = json!({
            "turns": self.settings.turns, "tokens": self.settings.tokens, "rate": self.settings.rate,
            "firstTokenMillis": self.settings.first_token, "databaseMillis": self.settings.database, "postMillis": self.settings.post,
            "cpuShare": self.settings.cpu_share,
            "figures": figures.collect::<serde_json::Map<String, Value>>(),
            "costs": self.costs.iter().map(Cost::to_json).collect::<Vec<_>>(),
            "packageMegabytes": self.packages,
        });
        write_json("bench.json", &report);
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { tokens, rate, first_token, database, post, cpu_share, .. } = self.settings;
        let share = cpu_share.map_or(String::new(), |share| format!(", {share} of a processor"));
        writeln!(
            formatter,
            "\n{tokens} tokens at {rate}/s, first token after {first_token} ms, database {database} ms, posts {post} ms{share}\n"
        )?;
        writeln!(formatter, "| figure | p50 | p99 | of |\n|---|---|---|---|")?;
        for figure in self.figures().iter().filter(|figure| !figure.values.is_empty()) {
            let Figure { name, unit, values } = figure;
            let shown = |share| format!("{} {unit}", rounded(figure.at(share)));
            writeln!(formatter, "| {name} | {} | {} | {} |", shown(0.5).trim(), shown(0.99).trim(), values.len())?;
        }
        writeln!(
            formatter,
            "\n| tokens of a reply | a million turns ({MEMORY} MB, arm64) | {HEADS}\n|---|---|{}",
            "---|".repeat(HEADS.matches('|').count())
        )?;
        for cost in &self.costs {
            writeln!(formatter, "| {} | **${:.2}** | {cost}", cost.tokens, cost.total())?;
        }
        let packages: Vec<_> = self.packages.iter().map(|(name, size)| format!("{name} {size:.2} MB")).collect();
        writeln!(formatter, "\nPackages: {}", packages.join(", "))
    }
}

impl Figure {
    fn at(&self, share: f64) -> f64 {
        percentile(&self.values, share)
    }
}

/// The value that such a share of them does not exceed, such as 0.5 for the median.
pub fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = ((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1));
    sorted.get(place).copied().unwrap_or(f64::NAN)
}

/// Writes figures for programs into a file of this name in `target`.
pub fn write_json(name: &str, figures: &Value) {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    std::fs::write(target.join(name), format!("{figures:#}\n")).unwrap();
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn megabytes(kilobytes: u64) -> f64 {
    kilobytes as f64 / 1024.0
}

// Counts are whole; times are not.
fn rounded(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value}") } else { format!("{value:.2}") }
}
