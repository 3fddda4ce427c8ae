//! Goes on for longer: `cargo run --release -p threadbridge-fuzz -- SECONDS [TARGET [SEED]]`.
//!
//! What ends the whole process, a stack that overflows for one, leaves no finding behind. Run again
//! with the seed that was said: each input is then written to `fuzz/last-input` before it is tried.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use threadbridge_fuzz::{TARGETS, Target};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let seconds = args.first().and_then(|it| it.parse().ok());
    let targets: Vec<_> = TARGETS
        .iter()
        .filter(|target| args.get(1).is_none_or(|name| name == target.name))
        .collect();
    let (Some(seconds), false) = (seconds, targets.is_empty()) else {
        let names = TARGETS.map(|it| it.name).join(", ");
        say(&format!("usage: threadbridge-fuzz SECONDS [TARGET [SEED]]; targets: {names}"));
        return ExitCode::from(2);
    };
    let seed = args.get(2).and_then(|it| it.parse().ok());
    let mut exit = ExitCode::SUCCESS;
    for target in targets {
        if !goes_well(target, Duration::from_secs(seconds), seed) {
            exit = ExitCode::FAILURE;
        }
    }
    exit
}

fn goes_well(target: &Target, long: Duration, again: Option<u64>) -> bool {
    // Not the seed of the tests: each run looks elsewhere.
    let seed = again.unwrap_or_else(|| u64::from(std::process::id()));
    let keeps = again.map(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("last-input"));
    say(&format!("{}, seed {seed} ...", target.name));
    let until = Instant::now() + long;
    let tried = target.try_while(seed, |_, input| {
        let is_kept = keeps.as_ref().is_none_or(|path| std::fs::write(path, input).is_ok());
        is_kept && Instant::now() < until
    });
    match &tried {
        Ok(rounds) => say(&format!("{}: {rounds} inputs", target.name)),
        Err(finding) => say(&finding.to_string()),
    }
    tried.is_ok()
}

fn say(line: &str) {
    // Without somebody to read it there is nobody to tell.
    drop(writeln!(std::io::stdout(), "{line}"));
}
