//! The values of one metric.

use std::collections::VecDeque;

use super::metric::{Identity, Metric};

/// How many values are kept for percentiles. New values replace the oldest.
const MAX_VALUES: usize = 1_000;

#[derive(Debug, Default)]
pub(super) struct Series {
    pub unit: String,
    count: u64,
    sum: f64,
    range: Option<(f64, f64)>,
    newest: VecDeque<f64>,
}

impl Series {
    pub fn add(&mut self, value: f64) {
        self.count += 1;
        self.sum += value;
        let (minimum, maximum) = self.range.unwrap_or((value, value));
        self.range = Some((minimum.min(value), maximum.max(value)));
        if self.newest.len() == MAX_VALUES {
            self.newest.pop_front();
        }
        self.newest.push_back(value);
    }

    pub fn summary(&self, identity: &Identity) -> Metric {
        let (minimum, maximum) = self.range.unwrap_or_default();
        let mut sorted: Vec<f64> = self.newest.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        Metric {
            identity: identity.clone(),
            unit: self.unit.clone(),
            count: self.count,
            sum: self.sum,
            minimum,
            maximum,
            p50: percentile(&sorted, 50),
            p95: percentile(&sorted, 95),
        }
    }
}

/// The percentile by the nearest-rank method.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn summary_of(values: impl Iterator<Item = f64>) -> Metric {
        let mut series = Series::default();
        values.for_each(|value| series.add(value));
        series.summary(&Identity { namespace: String::new(), name: String::new(), dimensions: BTreeMap::new() })
    }

    #[test]
    fn a_percentile_is_a_value_that_so_many_do_not_exceed() {
        let of_hundred = summary_of((1..=100).rev().map(f64::from));
        assert_eq!((of_hundred.p50, of_hundred.p95, of_hundred.minimum, of_hundred.maximum), (50.0, 95.0, 1.0, 100.0));
        let of_one = summary_of([7.0].into_iter());
        assert_eq!((of_one.p50, of_one.p95, of_one.count, of_one.sum), (7.0, 7.0, 1, 7.0));
    }

    #[test]
    fn old_values_count_and_are_forgotten_in_percentiles() {
        let values = std::iter::repeat_n(1_000.0, 10).chain(std::iter::repeat_n(1.0, MAX_VALUES));
        let summary = summary_of(values);
        assert_eq!((summary.count, summary.sum, summary.maximum, summary.p95), (1_010, 11_000.0, 1_000.0, 1.0));
    }
}
