//! Whoever watches may say something on any side.

use std::io::{self, BufRead, IsTerminal, Write};
use std::thread;

use console::style;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Stopped;
use super::burst::settle;
use super::stage::Stage;
use super::story::{arrived, edited, gone, heading, liked, reckon, show, since};
use crate::cli::print;

const HELP: &str =
    "  alice: hello        Alice says it on Farcaster; so do carol:, on Lens bob:, and on XMTP dana:
  bob: >3 hello       Bob answers #3
  /like 3             somebody on another side likes #3
  /delete 3           whoever said #3 takes it back
  /edit 3 hello       whoever said #3 changes it, which can be done on Lens
  /kill, /start       kills the bridge with SIGKILL; starts it again
  /show               what Alice, Bob and Dana see
  /quit               ends";
const DATED_AHEAD: &str = "
  The burst is dated a second apart, so for a minute apps may sort what you say before it.";
/// Nobody types a longer line.
const MAX_LINE_BYTES: u64 = 8 * 1024;

/// What was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Typed {
    Say { who: String, answers: Option<usize>, text: String },
    Like(usize),
    Edit(usize, String),
    Delete(usize),
    Kill,
    Start,
    Show,
    Help,
    Quit,
    Nothing,
    Unclear(String),
}

impl Typed {
    fn read(line: &str) -> Self {
        let line = line.trim();
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        let number = rest.trim().trim_start_matches('#').parse().ok();
        match (command, number) {
            ("", _) => Self::Nothing,
            ("/like", Some(number)) => Self::Like(number),
            ("/delete", Some(number)) => Self::Delete(number),
            ("/like" | "/delete", None) => {
                Self::Unclear(format!("`{command}` needs a number, such as `{command} 3`"))
            }
            ("/edit", _) => Self::edited(rest),
            ("/kill", _) => Self::Kill,
            ("/start", _) => Self::Start,
            ("/show", _) => Self::Show,
            ("/help", _) => Self::Help,
            ("/quit", _) => Self::Quit,
            _ if line.starts_with('/') => Self::Unclear(format!("there is no `{command}`")),
            _ => Self::said(line),
        }
    }

    fn edited(rest: &str) -> Self {
        let (number, text) = rest.trim().split_once(' ').unwrap_or_default();
        match (number.trim_start_matches('#').parse(), text.trim()) {
            (Ok(number), text) if !text.is_empty() => Self::Edit(number, text.to_owned()),
            _ => Self::Unclear(
                "`/edit` needs a number and a text, such as `/edit 3 hello`".to_owned(),
            ),
        }
    }

    fn said(line: &str) -> Self {
        let Some((who, text)) = line.split_once(':') else {
            return Self::Unclear("nobody is named; write `alice: hello`".to_owned());
        };
        let text = text.trim();
        let answered = text.strip_prefix('>').and_then(|rest| {
            let (number, text) = rest.split_once(' ')?;
            Some((number.trim_start_matches('#').parse().ok()?, text.trim()))
        });
        let (answers, text) = match answered {
            Some((number, text)) => (Some(number), text),
            None => (None, text),
        };
        if text.is_empty() {
            return Self::Unclear("there is nothing to say".to_owned());
        }
        Self::Say { who: who.trim().to_owned(), answers, text: text.to_owned() }
    }
}

/// The lines that are typed. A thread of its own reads them, since reading cannot be interrupted.
fn lines() -> mpsc::Receiver<String> {
    let (tell, lines) = mpsc::channel(8);
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        loop {
            let mut line = String::new();
            let mut bounded = io::Read::take(&mut input, MAX_LINE_BYTES);
            match bounded.read_line(&mut line) {
                Ok(1..) if tell.blocking_send(line).is_ok() => {}
                _ => return,
            }
        }
    });
    lines
}

/// Does what is typed, until `/quit` or the end of the input.
pub(super) async fn talk(stage: &mut Stage) -> Result<(), Stopped> {
    heading("Now you")?;
    print(HELP)?;
    print(DATED_AHEAD)?;
    let mut lines = lines();
    loop {
        prompt()?;
        let Some(line) = lines.recv().await else { break };
        let typed = Typed::read(&line);
        if typed == Typed::Quit {
            break;
        }
        match act(stage, typed).await {
            Ok(line) => print(&line)?,
            Err(
                error @ (Stopped::Refused(_) | Stopped::RefusedByLens(_) | Stopped::NotSeen(_)),
            ) => {
                let line = crate::logging::chain(&error);
                print(&format!("  {}", style(line).red()))?;
            }
            Err(error) => return Err(error),
        }
    }
    if !stage.bridge.is_running() {
        return Ok(print("\nThe bridge is dead, so what was said last did not cross.")?);
    }
    settle(stage).await?;
    heading("All that was said, counted from what the networks show")?;
    if reckon(stage).await? { Ok(()) } else { Err(Stopped::Unequal) }
}

fn prompt() -> Result<(), Stopped> {
    let mut out = io::stdout().lock();
    if out.is_terminal() && io::stdin().is_terminal() {
        write!(out, "{} ", style(">").bold())?;
        out.flush()?;
    }
    Ok(())
}

async fn act(stage: &mut Stage, typed: Typed) -> Result<String, Stopped> {
    let began = Instant::now();
    Ok(match typed {
        Typed::Say { who, answers, text } => {
            if stage.side_of(&who).is_none() {
                return Ok(format!(
                    "  nobody here is called `{who}`; try alice, carol, bob or dana"
                ));
            }
            if let Some(number) = answers {
                if there(stage, number).is_none() {
                    return Ok(unknown(number));
                }
                crosses(stage, number).await?;
            }
            let number = stage.say(&who, &text, answers).await?;
            if !stage.bridge.is_running() {
                return Ok(waits(&format!("#{number} is said")));
            }
            let pieces = arrived(stage, number).await?;
            let many = if pieces > 1 { format!(" in {pieces} pieces") } else { String::new() };
            format!("  #{number} is on the other sides{many} after {}", since(began))
        }
        Typed::Like(number) => {
            let Some(said) = there(stage, number) else { return Ok(unknown(number)) };
            let liker = stage.room(said).reader();
            crosses(stage, number).await?;
            stage.like(liker, number).await?;
            if !stage.bridge.is_running() {
                return Ok(waits(&format!("{liker} likes #{number}")));
            }
            liked(stage, number).await?;
            format!("  {liker} likes #{number}; its author sees that after {}", since(began))
        }
        Typed::Delete(number) => {
            if there(stage, number).is_none() {
                return Ok(unknown(number));
            }
            stage.take_back(number).await?;
            if !stage.bridge.is_running() {
                return Ok(waits(&format!("#{number} is taken back")));
            }
            gone(stage, number).await?;
            format!("  #{number} is gone from the other sides after {}", since(began))
        }
        Typed::Edit(number, text) => changed(stage, number, &text).await?,
        Typed::Kill => match stage.bridge.kill().await? {
            Some(id) => format!("  killed process {id}; what is said waits until /start"),
            None => "  the bridge is dead already; /start starts it again".to_owned(),
        },
        Typed::Start if stage.bridge.is_running() => "  the bridge runs".to_owned(),
        Typed::Start => format!("  the bridge runs again, process {}", stage.bridge.start()?),
        Typed::Show => {
            show(stage).await?;
            String::new()
        }
        Typed::Help => HELP.to_owned(),
        Typed::Unclear(why) => format!("  {why}; /help says what can be typed"),
        Typed::Nothing | Typed::Quit => String::new(),
    })
}

async fn changed(stage: &mut Stage, number: usize, text: &str) -> Result<String, Stopped> {
    let began = Instant::now();
    if there(stage, number).is_none() {
        return Ok(unknown(number));
    }
    crosses(stage, number).await?;
    if !stage.edit(number, text)? {
        return Ok(format!("  #{number} cannot be changed where it was said"));
    }
    if !stage.bridge.is_running() {
        return Ok(waits(&format!("#{number} is changed")));
    }
    edited(stage, number).await?;
    Ok(format!("  the other sides are told that #{number} changed after {}", since(began)))
}

/// A side that hears of what has this number, if it is there still.
fn there(stage: &Stage, number: usize) -> Option<super::stage::Side> {
    stage
        .utterance(number)
        .filter(|it| !it.is_gone)
        .and_then(|it| it.side.others().first().copied())
}

/// Waits until what has this number can be answered on all sides, if the bridge runs.
async fn crosses(stage: &mut Stage, number: usize) -> Result<(), Stopped> {
    if stage.bridge.is_running() {
        arrived(stage, number).await?;
    }
    Ok(())
}

fn unknown(number: usize) -> String {
    format!("  there is no #{number}")
}

fn waits(what: &str) -> String {
    format!("  {what}, but the bridge is dead: it crosses after /start")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(who: &str, answers: Option<usize>, text: &str) -> Typed {
        Typed::Say { who: who.to_owned(), answers, text: text.to_owned() }
    }

    #[test]
    fn a_line_is_read_as_it_was_meant() {
        for (line, typed) in [
            ("alice: hello\n", says("alice", None, "hello")),
            ("Bob:hi: there", says("Bob", None, "hi: there")),
            ("bob: >3 By whom?", says("bob", Some(3), "By whom?")),
            ("bob: > quoted", says("bob", None, "> quoted")),
            ("/like 3", Typed::Like(3)),
            ("/delete #12", Typed::Delete(12)),
            ("/edit #3 Not he.", Typed::Edit(3, "Not he.".to_owned())),
            ("/kill", Typed::Kill),
            ("/quit now", Typed::Quit),
            ("   ", Typed::Nothing),
        ] {
            assert_eq!(Typed::read(line), typed, "{line:?}");
        }
    }

    #[test]
    fn what_is_unclear_is_said_to_be() {
        for line in ["hello", "alice:", "/like", "/like him", "/edit 3", "/edit x y", "/dance"] {
            assert!(matches!(Typed::read(line), Typed::Unclear(_)), "{line:?}");
        }
    }
}
