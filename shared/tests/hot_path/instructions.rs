use std::path::Path;
use std::process::{Command, Stdio};

use super::budgets::INSTRUCTIONS_OF_A_TURN;
use super::scripted_turn::ScriptedTurn;

#[test]
fn a_turn_keeps_to_its_instructions() {
    let millions = count("instructions::the_turn_that_is_counted") / 1_000_000.0;
    if cfg!(all(target_arch = "x86_64", debug_assertions)) {
        INSTRUCTIONS_OF_A_TURN.keep(millions);
    } else {
        println!("{millions:.2} million instructions of a turn of 200 tokens; there is no budget for this build");
    }
}

#[test]
#[ignore = "run by the test above, on callgrind's processor"]
fn the_turn_that_is_counted() {
    ScriptedTurn::of(200).run();
}

// Runs a test of this program on callgrind's processor and returns how many instructions the second turn took, the first being
// the one that makes what a process makes only once.
fn count(test: &str) -> f64 {
    // Where `callgrind_annotate` finds it.
    let profile = Path::new(env!("CARGO_TARGET_TMPDIR")).join("turn.callgrind");
    let run = Command::new("timeout")
        .args(["300", "valgrind", "--tool=callgrind", "--collect-atstart=no", "--toggle-collect=*ScriptedTurn*run"])
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "Valgrind, which `make test` installs, did not come to its end: {said}");
    let profile = std::fs::read_to_string(profile).unwrap();
    let total = profile.lines().find_map(|line| line.strip_prefix("totals: ")).expect("a sum");
    total.parse().unwrap()
}
