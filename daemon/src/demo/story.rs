//! The demo's opening and its conversation, as they are told on the screen.

use console::style;
use tokio::time::Instant;

use super::Stopped;
use super::columns::{Column, side_by_side};
use super::script::{CONVERSATION, Does};
use super::stage::{Side, Stage, Utterance};
use super::tally::Count;
use crate::cli::print;

const WIDEST: usize = 120;
const NARROWEST: usize = 60;

/// How wide to write.
fn width() -> usize {
    let terminal = console::Term::stdout();
    match terminal.size_checked() {
        Some((_, columns)) => usize::from(columns).clamp(NARROWEST, WIDEST),
        None => WIDEST,
    }
}

/// Writes a heading, with room above and below.
pub(super) fn heading(text: &str) -> Result<(), Stopped> {
    Ok(print(&format!("\n{}\n", style(text).bold()))?)
}

/// Says who is there, and starts the bridge.
pub(super) async fn opens(stage: &mut Stage) -> Result<(), Stopped> {
    heading(
        "A Farcaster hub, the Lens API and an XMTP node on this machine, and a bridge between them",
    )?;
    for side in Side::ALL {
        let room = stage.room(side);
        let (address, what) = room.place();
        let names = room.people().join(" and ");
        print(&format!("  {:12}{address}   {what:16} {names}", room.network()))?;
    }
    let began = Instant::now();
    let id = stage.bridge.start()?;
    stage
        .until("the bridge connected to all networks", async |stage| {
            Ok(stage.bridge.is_connected()?.then_some(()))
        })
        .await?;
    stage.gather().await?;
    print(&format!(
        "  bridge      process {id}, `threadbridge run`, ready after {}",
        since(began)
    ))?;
    Ok(print(&format!("              its encrypted store is in {}", stage.folder().display()))?)
}

/// The time since then, for people.
pub(super) fn since(began: Instant) -> String {
    format!("{:.2} s", began.elapsed().as_secs_f64())
}

/// Plays the conversation and shows what everybody sees of it.
pub(super) async fn converses(stage: &mut Stage) -> Result<(), Stopped> {
    heading("They talk, each in their own app")?;
    for does in CONVERSATION {
        stage.next_second().await?;
        let line = play(stage, does).await?;
        print(&line)?;
    }
    heading("What Alice, Bob and Dana see, each read back from their own network")?;
    show(stage).await
}

async fn play(stage: &mut Stage, does: Does) -> Result<String, Stopped> {
    let began = Instant::now();
    let (number, what) = match does {
        Does::Says { who, text } if text.len() > 400 => {
            let number = stage.say(who, text, None).await?;
            (number, format!("{who} says {} bytes at once", text.len()))
        }
        Does::Says { who, text } => {
            (stage.say(who, text, None).await?, format!("{who} says something"))
        }
        Does::Answers { who, number, text } => {
            let own = stage.say(who, text, Some(number)).await?;
            (own, format!("{who} answers #{number}"))
        }
        Does::Likes { who, number } => {
            stage.like(who, number).await?;
            liked(stage, number).await?;
            return Ok(told("", &format!("{who} likes #{number}"), "its author sees that", began));
        }
        Does::TakesBack { number } => {
            stage.take_back(number).await?;
            let what = format!("#{number} is taken back");
            gone(stage, number).await?;
            return Ok(told("", &what, "gone on the other sides", began));
        }
        Does::Edits { number, text } => {
            stage.edit(number, text)?;
            edited(stage, number).await?;
            let what = format!("#{number} is edited");
            return Ok(told("", &what, "told on the other sides", began));
        }
    };
    let pieces = arrived(stage, number).await?;
    let others = stage.utterance(number).map(|it| it.side.others()).into_iter().flatten();
    let readers: Vec<_> = others.map(|side| stage.room(side).reader()).collect();
    let seen = match pieces {
        1 => format!("{} see it", readers.join(" and ")),
        pieces => format!("{} see it in up to {pieces} pieces", readers.join(" and ")),
    };
    Ok(told(&format!("#{number}"), &what, &seen, began))
}

fn told(number: &str, what: &str, seen: &str, began: Instant) -> String {
    format!("  {number:4}{what:30}{seen:40}after {}", since(began))
}

fn numbered(stage: &Stage, number: usize) -> Result<Utterance, Stopped> {
    let unknown = || Stopped::NotSeen(format!("#{number}, which nobody said"));
    stage.utterance(number).cloned().ok_or_else(unknown)
}

/// Waits until what has this number is on all other sides; tells in how many pieces at most.
pub(super) async fn arrived(stage: &mut Stage, number: usize) -> Result<usize, Stopped> {
    let said = numbered(stage, number)?;
    stage
        .until(&format!("#{number} on the other sides"), async |stage| {
            let mut most = 0;
            for side in said.side.others() {
                let pieces = stage.pieces(&said, side).await?.len();
                if pieces == 0 {
                    return Ok(None);
                }
                most = pieces.max(most);
            }
            Ok(Some(most))
        })
        .await
}

/// Waits until a like of what has this number is seen where it was said.
pub(super) async fn liked(stage: &mut Stage, number: usize) -> Result<(), Stopped> {
    let said = numbered(stage, number)?;
    stage
        .until(&format!("the like of #{number} where it was said"), async |stage| {
            let shown = stage.room_mut(said.side).shows().await?;
            Ok(shown.iter().any(|it| it.id == said.id && it.likes > 0).then_some(()))
        })
        .await
}

/// Waits until the other sides tell that what has this number was changed.
pub(super) async fn edited(stage: &mut Stage, number: usize) -> Result<(), Stopped> {
    stage
        .until(&format!("the edit of #{number} on the other sides"), async |stage| {
            Ok(stage.tells_edit(number).await?.then_some(()))
        })
        .await
}

/// Waits until what has this number is gone from all other sides.
pub(super) async fn gone(stage: &mut Stage, number: usize) -> Result<(), Stopped> {
    let said = numbered(stage, number)?;
    stage
        .until(&format!("#{number} gone from the other sides"), async |stage| {
            for side in said.side.others() {
                if !stage.pieces(&said, side).await?.is_empty() {
                    return Ok(None);
                }
            }
            Ok(Some(()))
        })
        .await
}

/// Shows what everybody sees now.
pub(super) async fn show(stage: &mut Stage) -> Result<(), Stopped> {
    let mut columns = Vec::new();
    for side in Side::ALL {
        let mut shown = stage.room_mut(side).shows().await?;
        shown.retain(|it| !super::burst::is_part_of_it(&it.text));
        let room = stage.room(side);
        let title = format!("{}’s app, on {}", room.reader(), room.network());
        columns.push(Column { title, shown });
    }
    let lines = side_by_side(&columns, |id| stage.number_of(id), width());
    Ok(print(&lines.join("\n"))?)
}

/// Shows what came of all that was said. Tells whether everything arrived exactly once, in order.
pub(super) async fn reckon(stage: &mut Stage) -> Result<bool, Stopped> {
    let mut lines = vec![format!(
        "  {:18}{:>6}{:>9}{:>6}{:>9}{:>14}",
        "", "said", "arrived", "lost", "doubled", "out of order"
    )];
    let mut is_perfect = true;
    for side in Side::ALL {
        for other in side.others() {
            let count = stage.count(side, other).await?;
            is_perfect &= count.is_perfect();
            let Count { said, arrived, lost, doubled, out_of_order } = count;
            let what = format!("{} → {}", stage.room(side).network(), stage.room(other).network());
            lines.push(format!(
                "  {what:18}{said:>6}{arrived:>9}{lost:>6}{doubled:>9}{out_of_order:>14}"
            ));
        }
    }
    print(&lines.join("\n"))?;
    Ok(is_perfect)
}
