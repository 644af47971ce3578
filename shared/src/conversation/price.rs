//! The price of a model.

use super::Usage;

/// The price of a model, in US dollars per million tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    /// Of a prompt.
    pub input: f64,
    /// Of a reply, reasoning included.
    pub output: f64,
}

impl Price {
    /// The cost of this usage in US dollars.
    #[allow(clippy::cast_precision_loss, reason = "no reply has 2^52 tokens")]
    pub fn of(&self, usage: Usage) -> f64 {
        (usage.input_tokens as f64 * self.input + usage.output_tokens as f64 * self.output) / 1_000_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_costs_what_its_tokens_cost() {
        let price = Price { input: 0.15, output: 0.6 };
        let cost = price.of(Usage { input_tokens: 2_000_000, output_tokens: 500_000 });
        assert!((cost - 0.6).abs() < 1e-9, "{cost}");
    }
}
