//! The fuzz targets of `shared/fuzz` on their corpus, and transcripts cut at every byte: a short run on the stable toolchain.

use std::path::Path;

#[path = "../../fuzz/src/lib.rs"]
mod targets;

#[test]
fn the_corpus_of_client_frames_breaks_nothing() {
    replay("fuzz/corpus/client_frame", targets::client_frame);
}

#[test]
fn the_corpus_of_event_streams_breaks_nothing() {
    replay("fuzz/corpus/sse", targets::sse);
}

#[test]
fn the_corpus_of_model_streams_breaks_nothing() {
    replay("fuzz/corpus/model_stream", targets::model_stream);
}

#[test]
fn model_streams_that_are_cut_or_changed_anywhere_break_nothing() {
    let streams = files("fuzz/corpus/model_stream").into_iter().chain(files("tests/fixtures/transcripts"));
    for stream in streams {
        for place in 0..stream.len() {
            targets::reply(&[&stream[..place]]);
            for byte in [b'"', 0xff] {
                let mut changed = stream.clone();
                changed[place] = byte;
                targets::reply(&[&changed]);
            }
        }
    }
}

#[test]
fn client_frames_that_are_cut_or_changed_anywhere_break_nothing() {
    for frame in files("tests/fixtures/frames/client") {
        for place in 0..frame.len() {
            targets::client_frame(&frame[..place]);
            for byte in [0, b'"', b'}', b'[', 0xff] {
                let mut changed = frame.clone();
                changed[place] = byte;
                targets::client_frame(&changed);
            }
        }
    }
}

#[test]
fn transcripts_mean_the_same_wherever_the_network_cuts_them() {
    for transcript in files("tests/fixtures/transcripts") {
        let whole = targets::decode(&[&transcript]).unwrap();
        assert!(whole.len() > 3);
        for place in 0..transcript.len() {
            assert_eq!(
                targets::decode(&[&transcript[..place], &transcript[place..]]).as_ref(),
                Ok(&whole),
                "cut at byte {place}"
            );
        }
    }
}

fn replay(folder: &str, target: impl Fn(&[u8])) {
    let corpus = files(folder);
    assert!(corpus.len() > 5, "the corpus is there");
    corpus.iter().for_each(|input| target(input));
}

fn files(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    std::fs::read_dir(folder).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}
