//! Anthropic's Messages as servers in use stream them, although the protocol does not say so.

use natter::turn::FinishReason::Stop;
use serde_json::{Value, json};

use super::anthropic_client;
use super::finish;
use super::quirks::{DONE, event, joined};

#[tokio::test]
async fn deviations_from_anthropics_protocol_are_tolerated() {
    let block = |block: Value| event(&json!({"type": "content_block_start", "index": 0, "content_block": block}));
    let delta = |words: &str| {
        let delta = json!({"type": "text_delta", "text": words});
        event(&json!({"type": "content_block_delta", "index": 0, "delta": delta}))
    };
    let stop = || event(&json!({"type": "content_block_stop", "index": 0}));
    let end = || event(&json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": null}));
    let begun = || block(json!({"type": "text", "text": "All is"}));
    let last = || event(&json!({"type": "message_stop"}));
    for (what, stream) in [
        (
            "a block begins with its first delta",
            [begun(), delta("All is"), delta(" well."), stop(), end(), last()].concat(),
        ),
        ("a block begins with words of its own", [begun(), delta(" well."), stop(), end(), last()].concat()),
        (
            "a block has no deltas",
            [block(json!({"type": "text", "text": "All is well."})), stop(), end(), last()].concat(),
        ),
        (
            "a whole message that is a text",
            event(&json!({"type": "message", "content": "All is well.", "stop_reason": "end_turn"})),
        ),
        ("OpenAI's mark of the end", [delta("All is well."), end(), DONE.to_owned()].concat()),
        ("the mark behind the end", [delta("All is well."), end(), last(), format!("event: done\n{DONE}")].concat()),
        (
            "an index that is a text",
            [
                event(&json!({"type": "content_block_delta", "index": "0", "delta": {"text": "All is well."}})),
                end(),
                last(),
            ]
            .concat(),
        ),
        (
            "a delta that is none",
            [delta("All is well."), event(&json!({"type": "content_block_delta", "delta": 7})), end(), last()].concat(),
        ),
        ("an event without a type", [delta("All is well."), event(&json!({"words": "none"})), end(), last()].concat()),
        (
            "a message that is none",
            [event(&json!({"type": "message_start", "message": null})), delta("All is well."), end(), last()].concat(),
        ),
    ] {
        let deltas = anthropic_client::read(&stream).await;
        assert_eq!(joined(&deltas), "All is well.", "{what}");
        assert_eq!(deltas.last(), Some(&finish(Stop, None)), "{what}");
    }
}
