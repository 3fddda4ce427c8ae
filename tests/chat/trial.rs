//! What the daemon goes through while people talk.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use threadbridge_core::pipeline::Step;
use tokio::time::interval;

use super::Chat;

/// How often everything that can go wrong does.
const FAULTY: f64 = 0.05;
/// Between two kills pass so many of these and more.
const MOMENT: Duration = Duration::from_millis(100);

/// The daemon dies once after each step, and once after the fourth of each; each time it goes on,
/// and everything arrives.
pub(crate) async fn every_step(mut chat: Chat) {
    let home = chat.home().await;
    // Conversations begin where the bridge first sees them.
    let daemon = home.starts();
    home.connects().await;
    daemon.dies().await;
    for (round, step) in Step::ALL.into_iter().chain(Step::ALL).enumerate() {
        let passing = if round < Step::ALL.len() { 0 } else { 3 };
        let mut dying = home.starts_to_die(step, passing);
        let mut moments = interval(5 * MOMENT);
        let status = loop {
            chat.goes_round().await;
            moments.tick().await;
            if let Some(status) = dying.has_ended() {
                break status;
            }
        };
        assert_eq!(status.signal(), Some(9), "{step:?}: {}", home.log());
        let daemon = home.starts();
        chat.settles(&home).await;
        daemon.dies().await;
    }
    println!("a death after each of {} steps: {}", 2 * Step::ALL.len(), chat.figures());
    chat.ends().await;
}

/// A daemon that is killed at random moments while everything fails at times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kills {
    pub(crate) kills: usize,
    /// How much is said at least.
    pub(crate) messages: usize,
    /// How often each person does something.
    pub(crate) pace: Duration,
    /// How many moments pass between two kills at least, and how many more at most.
    pub(crate) apart: (usize, usize),
}

impl Kills {
    /// As many kills and messages as these variables of the environment say, or these.
    pub(crate) fn of(kills: (&str, usize), messages: (&str, usize)) -> Self {
        let told = |(name, otherwise): (&str, usize)| {
            std::env::var(name).ok().and_then(|it| it.parse().ok()).unwrap_or(otherwise)
        };
        Self {
            kills: told(kills),
            messages: told(messages),
            pace: Duration::from_millis(700),
            apart: (5, 36),
        }
    }

    /// Goes through all that, and finds that nothing was lost, doubled or put out of order. Returns
    /// how often each kind of fault has struck each network.
    pub(crate) async fn come(self, mut chat: Chat) -> Vec<BTreeMap<String, u64>> {
        let home = chat.home().await;
        let mut daemon = home.starts();
        home.connects().await;
        chat.rooms.iter().for_each(|room| room.fails(FAULTY));
        let talk = chat.goes_on(self.pace);
        let mut moments = interval(MOMENT);
        let (least, more) = self.apart;
        for kill in 0..self.kills {
            // Each moment is as likely as another; later, if little was said yet.
            let said = self.messages * kill / self.kills;
            let mut passed = 0;
            while passed < least + (kill * 7919) % more || chat.said() < said {
                moments.tick().await;
                passed += 1;
            }
            assert!(daemon.has_ended().is_none(), "{}", home.log());
            daemon.dies().await;
            chat.rooms.iter().for_each(|room| room.meddles(kill));
            daemon = home.starts();
        }
        while chat.said() < self.messages {
            moments.tick().await;
        }
        chat.falls_silent(talk).await;
        let struck: Vec<_> = chat.rooms.iter().map(|room| room.struck()).collect();
        assert!(struck.iter().all(|it| it.len() > 3), "{struck:?}");
        chat.rooms.iter().for_each(|room| room.heals());
        chat.settles(&home).await;
        println!("{} kills: {}; faults {struck:?}", self.kills, chat.figures());
        daemon.stops().await;
        chat.ends().await;
        struck
    }
}
