//! The price of a model.

use super::Usage;

/// The price of a model, in US dollars per million tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// Of a prompt.
    pub input: f64,
    /// Of a reply, reasoning included.
    pub output: f64,
    /// Of what the provider reads from its cache, if that has a price of its own.
    pub cached_input: Option<f64>,
}

impl Price {
    /// The cost of this usage in US dollars.
    #[allow(clippy::cast_precision_loss, reason = "no reply has 2^52 tokens")]
    pub fn of(&self, usage: Usage) -> f64 {
        let cached = usage.cached_input_tokens.min(usage.input_tokens);
        let read = usage.input_tokens.saturating_sub(cached);
        let input = read as f64 * self.input + cached as f64 * self.cached_input.unwrap_or(self.input);
        (input + usage.output_tokens as f64 * self.output) / 1_000_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_costs_what_its_tokens_cost() {
        for (cached_input, cached_input_tokens, expected) in [
            (None, 0, 0.6),
            (None, 1_000_000, 0.6),
            (Some(0.05), 1_000_000, 0.5),
            (Some(0.05), 2_000_000, 0.4),
            // More than the whole prompt cannot be cached.
            (Some(0.05), u64::MAX, 0.4),
        ] {
            let price = Price { input: 0.15, output: 0.6, cached_input };
            let cost = price.of(Usage { input_tokens: 2_000_000, output_tokens: 500_000, cached_input_tokens });
            assert!((cost - expected).abs() < 1e-9, "{cost} and not {expected}");
        }
    }
}
