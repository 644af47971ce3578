use std::path::Path;
use std::process::{Command, Stdio};

use super::budgets::{Budget, INSTRUCTIONS_OF_A_BEGINNING, INSTRUCTIONS_OF_A_TURN};
use super::scripted_turn::{PAST_EXCHANGES, ScriptedTurn};

#[test]
fn a_turn_keeps_its_instruction_budget() {
    keep(&INSTRUCTIONS_OF_A_TURN, count("run", "instructions::the_turn_that_is_counted"));
}

#[test]
fn the_start_of_a_turn_keeps_its_instruction_budget() {
    keep(&INSTRUCTIONS_OF_A_BEGINNING, count("begin", "instructions::the_beginning_that_is_counted"));
}

fn keep(budget: &Budget, instructions: f64) {
    let millions = instructions / 1_000_000.0;
    match cfg!(all(target_arch = "x86_64", debug_assertions)) {
        true => budget.keep(millions),
        false => println!("{millions:.2} million instructions; there is no budget for this build"),
    }
}

#[test]
#[ignore = "run by the test above, on callgrind's processor"]
fn the_turn_that_is_counted() {
    ScriptedTurn::of(200).run();
}

#[test]
#[ignore = "run by the test above, on callgrind's processor"]
fn the_beginning_that_is_counted() {
    ScriptedTurn::after(PAST_EXCHANGES).begin();
}

// Runs a test of this program on callgrind's processor and returns how many instructions a method of the scripted turn took; the
// same was done before, by which it is made, so that what a process makes only once is not counted.
fn count(method: &str, test: &str) -> f64 {
    // Where `callgrind_annotate` finds it.
    let profile = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{method}.callgrind"));
    let run = Command::new("timeout")
        .args(["300", "valgrind", "--tool=callgrind", "--collect-atstart=no"])
        .arg(format!("--toggle-collect=*ScriptedTurn*{method}"))
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
