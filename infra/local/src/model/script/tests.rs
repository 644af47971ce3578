use super::*;

fn deltas(script: &str) -> Vec<Delta> {
    Script::parse(script).unwrap().deltas()
}

fn content(pieces: &[&str]) -> Vec<Delta> {
    pieces.iter().map(|piece| Delta::Content((*piece).to_owned())).collect()
}

#[test]
fn a_reply_comes_in_words_or_in_runs_of_characters() {
    assert_eq!(deltas(r#"{"text": "a bc\nd"}"#), content(&["a ", "bc\n", "d"]));
    assert_eq!(deltas(r#"{"text": "äöüß", "chunk": 3}"#), content(&["äöü", "ß"]));
    assert_eq!(deltas(r#"{"tokens": 3}"#), content(&["w0 ", "w1 ", "w2"]));
    assert_eq!(
        deltas(r#"{"text": "x", "reasoning": "y"}"#),
        [vec![Delta::Reasoning("y".into())], content(&["x"])].concat()
    );
    assert_eq!(deltas("{}"), []);
}

#[test]
fn calls_come_behind_the_text_and_their_arguments_in_pieces() {
    let script = r#"{"text": "x", "calls": [{"name": "a"}, {"name": "b", "arguments": {"city": "Ulm"}}]}"#;
    let arguments = |number, piece: &str| Delta::Arguments(number, piece.to_owned());
    let calls = vec![
        Delta::Call(0, "a".to_owned()),
        arguments(0, "{}"),
        Delta::Call(1, "b".to_owned()),
        arguments(1, "{\"city\":"),
        arguments(1, "\"Ulm\"}"),
    ];
    assert_eq!(deltas(script), [content(&["x"]), calls].concat());
    let broken = deltas(r#"{"calls": [{"name": "a", "arguments": "{oops"}]}"#);
    assert_eq!(broken[1], arguments(0, "{oops"));
}

#[test]
fn a_step_has_what_it_does_not_say_from_the_script() {
    let script = r#"{"rate": 0, "chunk": 2, "steps": [{"calls": [{"name": "a"}]}, {"text": "ab", "chunk": 1}]}"#;
    let step = |number| Script::parse(script).unwrap().step(number);
    let (first, last) = (step(0).unwrap(), step(1).unwrap());
    assert_eq!((first.finish(), first.chunk, first.rate), ("tool_calls", Some(2), Some(0.0)));
    assert_eq!((last.finish(), last.deltas()), ("stop", content(&["a", "b"])));
    assert_eq!(step(2).unwrap_err(), "it has no step 2");
}

#[test]
fn what_a_script_cannot_mean_is_refused() {
    for script in [
        "",
        "{",
        "[]",
        r#"{"txt": "typo"}"#,
        r#"{"chunk": 0}"#,
        r#"{"rate": -1}"#,
        r#"{"rate": 1e-300}"#,
        r#"{"tokens": 1000001}"#,
        r#"{"firstTokenMs": 18446744073709551615}"#,
        r#"{"pings": 0}"#,
        r#"{"status": 200}"#,
        r#"{"calls": [{"arguments": {}}]}"#,
        r#"{"steps": [{"rate": -1}]}"#,
        r#"{"steps": [{"steps": [{}]}]}"#,
    ] {
        assert!(Script::parse(script).is_err(), "{script}");
    }
}

#[test]
fn a_fault_is_over_after_so_many_times() {
    let script = Script::parse(r#"{"text": "x", "status": 500, "times": 2}"#).unwrap();
    assert_eq!([1, 2, 3].map(|seen| script.fault(seen).response().is_some()), [true, true, false]);
}
