//! All sides talk at once, and the bridge is killed in the middle of it.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior};

use super::Stopped;
use super::stage::{Side, Stage};
use super::story::{heading, reckon, since};
use crate::cli::print;

/// How many things each side says.
const EACH: usize = 40;
/// How many of them reach each side from the others.
const FROM_OTHERS: usize = 2 * EACH;
const SPEAKS_EVERY: Duration = Duration::from_millis(20);
const DEAD_FOR: Duration = Duration::from_millis(700);
const PATIENCE: Duration = Duration::from_secs(120);
/// How long nothing may change before it is counted.
const QUIET_FOR: Duration = Duration::from_secs(1);
/// The first kill comes when some have arrived, the second one while the bridge makes up for the first.
/// Nobody goes on before it came, so that it is always in the middle.
const KILLS: [Kill; 2] = [Kill { further: 12, said: 20 }, Kill { further: 1, said: 36 }];
const ENDING: &str = " of 40";

struct Kill {
    /// How many have arrived since the kill before.
    further: usize,
    /// How many are said at most before it.
    said: usize,
}

/// Whether a text is part of the burst, or a copy of one.
pub(super) fn is_part_of_it(text: &str) -> bool {
    text.strip_suffix(ENDING).is_some_and(|it| it.contains("burst, message "))
}

/// Where the burst is.
struct Burst {
    began: Instant,
    /// Copies right in each conversation before it began.
    before: [usize; 3],
    arrived: [usize; 3],
    kills: usize,
    /// How many had arrived at the latest kill.
    arrived_then: usize,
    died: Option<Instant>,
}

/// Has all sides talk as fast as they can, kills the bridge twice meanwhile, and counts.
pub(super) async fn bursts(stage: &mut Stage) -> Result<(), Stopped> {
    heading("All talk as fast as they can, and the bridge is killed in the middle of it")?;
    let before = arrivals(stage, [0; 3]).await?;
    let began = Instant::now();
    let mut burst = Burst { began, before, arrived: [0; 3], kills: 0, arrived_then: 0, died: None };
    burst.tell(format_args!("Alice, Bob and Dana begin to say {EACH} things each"))?;
    let mut ticks = tokio::time::interval(SPEAKS_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while burst.arrived.iter().any(|it| *it < FROM_OTHERS) || burst.died.is_some() {
        ticks.tick().await;
        stage.bridge.must_live()?;
        burst.speak(stage).await?;
        burst.arrived = arrivals(stage, burst.before).await?;
        burst.turn(stage).await?;
        if began.elapsed() > PATIENCE {
            let [one, two, three] = burst.arrived;
            let what = format!(
                "all of the burst; of {FROM_OTHERS}, {one} reached Alice, {two} Bob, {three} Dana"
            );
            return Err(Stopped::NotSeen(what));
        }
    }
    burst.tell(format_args!("all {FROM_OTHERS} of the others have reached each of them"))?;
    settle(stage).await?;
    heading("All that was said, counted from what the networks show")?;
    if !reckon(stage).await? {
        return Err(Stopped::Unequal);
    }
    let kills = burst.kills;
    Ok(print(&format!(
        "\n  Everything arrived exactly once and in order; the bridge was killed {kills} times meanwhile."
    ))?)
}

/// How many messages have come to stand with each of them since `before`.
async fn arrivals(stage: &mut Stage, before: [usize; 3]) -> Result<[usize; 3], Stopped> {
    let mut arrived = [0; 3];
    for ((side, before), arrived) in Side::ALL.into_iter().zip(before).zip(&mut arrived) {
        *arrived = stage.room_mut(side).direct_copies().await?.saturating_sub(before);
    }
    Ok(arrived)
}

/// Waits until nothing is on its way, and then a while for what should not come.
pub(super) async fn settle(stage: &mut Stage) -> Result<(), Stopped> {
    stage
        .until("the bridge with nothing left to do", async |stage| {
            Ok(stage.bridge.is_idle()?.then_some(()))
        })
        .await?;
    tokio::time::sleep(QUIET_FOR).await;
    Ok(())
}

impl Burst {
    fn tell(&self, what: std::fmt::Arguments<'_>) -> Result<(), Stopped> {
        Ok(print(&format!("  {:>6}  {what}", since(self.began)))?)
    }

    /// Each side says one more thing, unless a kill is due.
    async fn speak(&self, stage: &mut Stage) -> Result<(), Stopped> {
        let said = stage.in_burst;
        if said >= KILLS.get(self.kills).map_or(EACH, |kill| kill.said) {
            return Ok(());
        }
        let text = format!("burst, message {}{ENDING}", said.saturating_add(1));
        for side in Side::ALL {
            let room = stage.room(side);
            room.say(room.reader(), &text, None).await?;
        }
        stage.in_burst = said.saturating_add(1);
        Ok(())
    }

    /// Kills the bridge when enough has arrived; starts it again a while later.
    async fn turn(&mut self, stage: &mut Stage) -> Result<(), Stopped> {
        let [one, two, three] = self.arrived;
        let most = one.max(two).max(three);
        if let Some(died) = self.died {
            if died.elapsed() >= DEAD_FOR {
                let id = stage.bridge.start()?;
                self.died = None;
                let said = stage.in_burst;
                self.tell(format_args!(
                    "the bridge is started again, process {id}; {said} of {EACH} are said by now"
                ))?;
            }
        } else if KILLS.get(self.kills).is_some_and(|it| most >= self.arrived_then + it.further)
            && let Some(id) = stage.bridge.kill().await?
        {
            self.kills = self.kills.saturating_add(1);
            self.arrived_then = most;
            self.died = Some(Instant::now());
            self.tell(format_args!(
                "kill -9 {id}: {} are said by each; {one} have reached Alice, {two} Bob, {three} Dana",
                stage.in_burst
            ))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bridge_is_killed_in_the_middle_of_what_is_said() {
        let mut said_before = 0;
        for kill in KILLS {
            assert!(said_before < kill.said && kill.further <= kill.said - said_before);
            assert!(kill.said < EACH);
            said_before = kill.said;
        }
        assert!(ENDING.ends_with(&format!(" {EACH}")));
        assert!(is_part_of_it(&format!("Alice: burst, message 7{ENDING}")));
        assert!(!is_part_of_it("one of 60"));
    }
}
