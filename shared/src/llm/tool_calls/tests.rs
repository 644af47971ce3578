use serde_json::json;

use super::*;

#[test]
fn calls_are_told_apart_in_every_known_form() {
    let weather = r#"{"city":"Rome"}"#;
    let one = &[("weather", weather)][..];
    let two = &[("weather", weather), ("time", "{}")];
    let same = &[("weather", weather), ("weather", r#"{"city":"Oslo"}"#)];
    for (what, pieces, expected) in [
        ("whole", vec![piece(Some(0), "a", "weather", weather)], one),
        (
            "in pieces",
            vec![
                piece(Some(0), "a", "weather", ""),
                piece(Some(0), "", "", r#"{"city":"#),
                piece(Some(0), "", "", r#""Rome"}"#),
            ],
            one,
        ),
        (
            "two, one after the other",
            vec![
                piece(Some(0), "a", "weather", ""),
                piece(Some(0), "", "", weather),
                piece(Some(1), "b", "time", ""),
                piece(Some(1), "", "", "{}"),
            ],
            two,
        ),
        (
            "interleaved by index",
            vec![
                piece(Some(0), "a", "weather", ""),
                piece(Some(1), "b", "time", ""),
                piece(Some(0), "", "", r#"{"city":"#),
                piece(Some(1), "", "", "{"),
                piece(Some(0), "", "", r#""Rome"}"#),
                piece(Some(1), "", "", "}"),
            ],
            two,
        ),
        (
            "interleaved by id",
            vec![
                piece(None, "a", "weather", r#"{"city":"#),
                piece(None, "b", "time", "{"),
                piece(None, "a", "", r#""Rome"}"#),
                piece(None, "b", "", "}"),
            ],
            two,
        ),
        (
            "without index and id",
            vec![
                piece(None, "", "weather", r#"{"city":"#),
                piece(None, "", "", r#""Rome"}"#),
                piece(None, "", "time", "{}"),
            ],
            two,
        ),
        (
            "all at index 0, with ids",
            vec![piece(Some(0), "a", "weather", weather), piece(Some(0), "b", "time", "")],
            two,
        ),
        (
            "all at index 0, without ids",
            vec![piece(Some(0), "", "weather", weather), piece(Some(0), "", "weather", same[1].1)],
            same,
        ),
        (
            "with the same id for all",
            vec![piece(None, "weather", "weather", weather), piece(None, "weather", "weather", same[1].1)],
            same,
        ),
        (
            "with the same id at other places",
            vec![piece(Some(0), "a", "weather", weather), piece(Some(1), "a", "time", "")],
            two,
        ),
        (
            "with the name in each piece",
            vec![
                piece(Some(0), "a", "weather", r#"{"city":"#),
                piece(Some(0), "a", "weather", r#""Rome""#),
                piece(Some(0), "", "weather", "}"),
                piece(Some(0), "a", "weather", ""),
            ],
            one,
        ),
        (
            "with another id in each piece",
            vec![
                piece(Some(0), "a", "weather", r#"{"city":"#),
                piece(Some(0), "b", "", r#""Rome""#),
                piece(Some(0), "c", "weather", "}"),
            ],
            one,
        ),
        (
            "with a name in pieces",
            vec![piece(Some(0), "a", "wea", ""), piece(Some(0), "", "ther", ""), piece(Some(0), "", "", weather)],
            one,
        ),
        (
            "with the name so far in each piece",
            vec![piece(Some(0), "a", "wea", ""), piece(Some(0), "a", "weather", weather)],
            one,
        ),
        ("with the id first", vec![piece(Some(0), "a", "", ""), piece(Some(0), "", "weather", weather)], one),
        (
            "with an index that counts pieces",
            vec![piece(Some(0), "", "weather", r#"{"city":"#), piece(Some(1), "", "", r#""Rome"}"#)],
            one,
        ),
        (
            "again, behind its pieces",
            vec![
                piece(Some(0), "a", "weather", r#"{"city":"#),
                piece(Some(0), "", "", r#""Rome"}"#),
                piece(Some(0), "a", "weather", weather),
            ],
            one,
        ),
        ("with arguments that begin empty", vec![piece(Some(0), "a", "weather", "{}"), rest(weather)], one),
        ("without arguments", vec![piece(Some(0), "a", "time", "")], &[("time", "{}")]),
        ("with blank arguments", vec![piece(Some(0), "a", "time", " \n")], &[("time", "{}")]),
        ("without a name", vec![piece(Some(0), "a", "", weather)], &[("", weather)]),
        ("with arguments that are cut", vec![piece(None, "a", "time", r#"{"zone"#)], &[("time", r#"{"zone"#)]),
        ("nothing but an id", vec![piece(None, "a", "", "")], &[]),
    ] {
        let told = told(pieces);
        let told: Vec<_> = told.iter().map(|(tool, input)| (tool.as_str(), input.as_str())).collect();
        assert_eq!(told, expected, "{what}");
    }
}

#[test]
fn a_call_is_streamed_and_the_next_is_buffered_until_its_end() {
    let mut calls = ToolCalls::default();
    for (piece, expected) in [
        (piece(Some(0), "a", "weather", ""), vec![]),
        (rest(r#"{"city":"#), vec![start("weather"), input(r#"{"city":"#)]),
        (piece(Some(1), "b", "time", r#"{"zone":1}"#), vec![]),
        (rest(r#""Rome"}"#), vec![input(r#""Rome"}"#), start("time"), input(r#"{"zone":1}"#)]),
    ] {
        let mut deltas = Vec::new();
        calls.add(piece);
        calls.emit_ready(false, |delta| deltas.push(delta));
        assert_eq!(deltas, expected);
    }
    assert!(calls.are_open());
    calls.emit_ready(true, |delta| panic!("{delta:?}"));
    assert!(!calls.are_open());
}

#[test]
fn provider_data_precedes_its_call() {
    let data = Some(json!({"extra_content": 7}));
    let deltas = deltas(vec![CallDelta { data, ..piece(Some(0), "a", "time", "{}") }]);
    assert_eq!(deltas, [Delta::ProviderData(json!({"extra_content": 7})), start("time"), input("{}")]);
}

#[test]
fn arguments_names_and_the_number_of_calls_are_limited() {
    let long = format!(r#"{{"text":"{}"}}"#, "é".repeat(40_000));
    let told_long = told(vec![piece(Some(0), "a", &"x".repeat(500), &long), rest("more")]);
    assert_eq!((told_long[0].0.len(), told_long[0].1.len()), (128, 64 * 1024 - 1));
    assert!(serde_json::from_str::<serde_json::Value>(&told_long[0].1).is_err());

    let many = (0..200).flat_map(|number| [piece(Some(number), "", "time", ""), piece(Some(number), "", "", "{}")]);
    let told_many = told(many.collect());
    assert_eq!(told_many.len(), 128);
    assert!(told_many.iter().all(|(tool, input)| (tool.as_str(), input.as_str()) == ("time", "{}")));
}

fn piece(index: Option<u64>, id: &str, tool: &str, input: &str) -> CallDelta {
    let (id, tool, input) = (id.to_owned(), tool.to_owned(), input.to_owned());
    CallDelta { index, id, tool, input, ..CallDelta::default() }
}

fn rest(input: &str) -> CallDelta {
    piece(Some(0), "", "", input)
}

fn start(tool: &str) -> Delta {
    Delta::ToolStart { tool: tool.to_owned() }
}

fn input(text: &str) -> Delta {
    Delta::ToolInput(text.to_owned())
}

fn deltas(pieces: Vec<CallDelta>) -> Vec<Delta> {
    let (mut calls, mut deltas) = (ToolCalls::default(), Vec::new());
    for piece in pieces {
        calls.add(piece);
        calls.emit_ready(false, |delta| deltas.push(delta));
    }
    calls.finish(|delta| deltas.push(delta));
    deltas
}

fn told(pieces: Vec<CallDelta>) -> Vec<(String, String)> {
    let mut told: Vec<(String, String)> = Vec::new();
    for delta in deltas(pieces) {
        match delta {
            Delta::ToolStart { tool } => told.push((tool, String::new())),
            Delta::ToolInput(text) => told.last_mut().unwrap().1.push_str(&text),
            other => panic!("{other:?}"),
        }
    }
    told
}
