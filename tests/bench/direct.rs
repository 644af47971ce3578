//! The same replies without Natter: a client straight at the model.

use std::time::Instant;

use futures::StreamExt;
use natter_local::LocalStack;
use serde_json::json;

use crate::turn::Script;

/// What a client waited for, in milliseconds.
pub struct Direct {
    /// From its request to the first text, without the model's own time.
    pub to_first_text: Vec<f64>,
    /// The longest between two texts.
    pub longest_gap: Vec<f64>,
}

/// Asks the model so often, one after the other.
pub async fn measure(stack: &LocalStack, count: usize, script: Script) -> Direct {
    let client = reqwest::Client::new();
    let mut direct = Direct { to_first_text: Vec::new(), longest_gap: Vec::new() };
    for _ in 0..count {
        let started = Instant::now();
        let content = format!("script:{}", script.to_json());
        let request = json!({"model": "demo", "stream": true, "messages": [{"role": "user", "content": content}]});
        let url = format!("{}/model/v1/chat/completions", stack.http_url());
        let mut pieces = client.post(url).json(&request).send().await.unwrap().bytes_stream();
        let mut last: Option<Instant> = None;
        let mut longest_gap = 0.0_f64;
        while let Some(Ok(_)) = pieces.next().await {
            let now = Instant::now();
            match last {
                Some(last) => longest_gap = longest_gap.max((now - last).as_secs_f64() * 1000.0),
                None => {
                    direct.to_first_text.push((now - started).as_secs_f64() * 1000.0 - script.first_token_millis as f64)
                }
            }
            last = Some(now);
        }
        direct.longest_gap.push(longest_gap);
    }
    direct
}
