//! Extracts reasoning that a server leaves in the text, between marks such as `<think>` and `</think>`.

/// The marks of the known models: Qwen, DeepSeek and most others; Anthropic's older prompts; Kimi; Mistral; Seed; Cohere.
const MARKS: &[(&str, &str)] = &[
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("◁think▷", "◁/think▷"),
    ("[THINK]", "[/THINK]"),
    ("<seed:think>", "</seed:think>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
];

/// Splits a text that comes in pieces into reasoning and answer. Reasoning only comes before the answer: a mark in the
/// middle of it is part of the answer.
#[derive(Default)]
pub struct ThoughtReader {
    state: State,
    // What may be the beginning of a mark, or whitespace before one; empty once the answer has begun.
    held: String,
    // There was reasoning: whitespace after it is not part of the answer.
    has_thought: bool,
}

#[derive(Default, Clone, Copy)]
enum State {
    #[default]
    Before,
    // Until this mark. Line breaks after the opening one are not part of the reasoning.
    Inside {
        close: &'static str,
        has_begun: bool,
    },
    Behind,
}

/// A piece of the reasoning or of the answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    Thought(String),
    Answer(String),
}

impl ThoughtReader {
    /// Takes more text, and passes on what is certainly reasoning or answer.
    pub fn read(&mut self, text: String, mut piece: impl FnMut(Piece)) {
        if matches!(self.state, State::Behind) {
            return piece(Piece::Answer(text));
        }
        self.held.push_str(&text);
        while self.advance(&mut piece) {}
    }

    /// What is held back when the text has ended.
    pub fn finish(&mut self) -> Option<Piece> {
        let rest = std::mem::take(&mut self.held);
        let is_inside = matches!(self.state, State::Inside { .. });
        self.state = State::Behind;
        let is_said = if self.has_thought { !rest.trim().is_empty() } else { !rest.is_empty() };
        is_said.then_some(if is_inside { Piece::Thought(rest) } else { Piece::Answer(rest) })
    }

    // Returns `true` when more of what is held can be read.
    fn advance(&mut self, piece: &mut impl FnMut(Piece)) -> bool {
        match self.state {
            State::Before => {
                let begun = self.held.trim_start();
                if let Some((open, close)) = MARKS.iter().find(|(open, _)| begun.starts_with(open)) {
                    self.held = begun[open.len()..].to_owned();
                    self.state = State::Inside { close, has_begun: false };
                    self.has_thought = true;
                    return true;
                }
                if MARKS.iter().any(|(open, _)| open.starts_with(begun)) {
                    return false;
                }
                self.state = State::Behind;
                let held = std::mem::take(&mut self.held);
                piece(Piece::Answer(if self.has_thought { held.trim_start().to_owned() } else { held }));
                false
            }
            State::Inside { close, has_begun: false } => {
                self.held = self.held.trim_start_matches('\n').to_owned();
                self.state = State::Inside { close, has_begun: !self.held.is_empty() };
                !self.held.is_empty()
            }
            State::Inside { close, .. } => match self.held.find(close) {
                Some(end) => {
                    let thought = self.held[..end].trim_end_matches('\n').to_owned();
                    self.held = self.held[end..][close.len()..].to_owned();
                    self.state = State::Before;
                    if !thought.is_empty() {
                        piece(Piece::Thought(thought));
                    }
                    !self.held.is_empty()
                }
                None => {
                    let rest = self.held.split_off(surely_inside(&self.held, close));
                    let thought = std::mem::replace(&mut self.held, rest);
                    if !thought.is_empty() {
                        piece(Piece::Thought(thought));
                    }
                    false
                }
            },
            State::Behind => false,
        }
    }
}

// How much of `text` certainly comes before the mark `close`, of which a prefix may be at its end, and before line
// breaks in front of it.
fn surely_inside(text: &str, close: &str) -> usize {
    let is_partial = |(start, _): &(usize, char)| close.starts_with(&text[*start..]);
    let end = text.char_indices().find(is_partial).map_or(text.len(), |(start, _)| start);
    text[..end].trim_end_matches('\n').len()
}

/// A whole text without its reasoning; also if the opening mark was in the prompt, as some templates have it.
pub fn without_thoughts(text: String) -> String {
    // Most texts have none of the characters with which the marks begin.
    let may_hold_marks = text.contains(['<', '◁', '[']);
    if !may_hold_marks || !MARKS.iter().any(|(open, close)| text.contains(open) || text.contains(close)) {
        return text;
    }
    let mut answer = String::new();
    let mut reader = ThoughtReader::default();
    let mut take = |piece| match piece {
        Piece::Answer(text) => answer.push_str(&text),
        Piece::Thought(_) => {}
    };
    reader.read(text, &mut take);
    reader.finish().into_iter().for_each(take);
    let behind_thoughts = MARKS.iter().find_map(|(_, close)| {
        let (before, behind) = answer.split_once(close)?;
        // A mark that the text talks about does not stand at the beginning of a line.
        (before.is_empty() || before.ends_with('\n')).then(|| behind.trim_start().to_owned())
    });
    behind_thoughts.unwrap_or(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasoning_before_the_answer_is_separated_wherever_the_text_is_split() {
        for (text, thought, answer) in [
            ("<think>\nA sum.\n</think>\n\n4", "A sum.", "4"),
            ("\n <think>A sum.</think>4", "A sum.", "4"),
            ("<think>\n\n</think>\n\n4 < 5", "", "4 < 5"),
            ("<think>a < b\n\nc</thin </think> 4", "a < b\n\nc</thin ", "4"),
            ("<think>One.</think>\n<think>Two.</think>\nThree.", "One.Two.", "Three."),
            ("<think>Never done", "Never done", ""),
            ("<think>", "", ""),
            ("◁think▷世界◁/think▷4", "世界", "4"),
            ("[THINK]A sum.[/THINK]4", "A sum.", "4"),
        ] {
            in_any_two_cuts(text, thought, answer);
        }
    }

    #[test]
    fn what_only_looks_like_a_mark_is_answer() {
        for text in
            ["<", "<thi", "<thin ice>", " \n", "Write <think>a</think>.", "<b>4</b>", "  4", "[THINKING]", "</think>"]
        {
            in_any_two_cuts(text, "", text);
        }
    }

    #[test]
    fn thoughts_are_left_out_of_a_whole_text_even_without_their_opening_mark() {
        for (text, answer) in [
            ("<think>\nA sum.\n</think>\n\n4", "4"),
            ("A sum.\n</think>\n\n4", "4"),
            ("</think>4", "4"),
            ("4", "4"),
            ("The mark </think> ends them.", "The mark </think> ends them."),
            ("<think>Never done", ""),
        ] {
            assert_eq!(without_thoughts(text.to_owned()), answer, "{text}");
        }
    }

    fn in_any_two_cuts(text: &str, thought: &str, answer: &str) {
        let places: Vec<usize> = (0..=text.len()).filter(|place| text.is_char_boundary(*place)).collect();
        for first in &places {
            for second in places.iter().filter(|second| *second >= first) {
                let read = read([&text[..*first], &text[*first..*second], &text[*second..]]);
                assert_eq!(read, (thought.to_owned(), answer.to_owned()), "{text:?} cut at {first} and {second}");
            }
        }
    }

    fn read<const N: usize>(pieces: [&str; N]) -> (String, String) {
        let (mut reader, mut thoughts, mut answer) = (ThoughtReader::default(), String::new(), String::new());
        let mut take = |piece| match piece {
            Piece::Thought(text) => thoughts.push_str(&text),
            Piece::Answer(text) => answer.push_str(&text),
        };
        for piece in pieces {
            reader.read(piece.to_owned(), &mut take);
        }
        reader.finish().into_iter().for_each(take);
        (thoughts, answer)
    }
}
