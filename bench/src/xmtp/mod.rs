//! XMTP: our client beside the official one on the same node, and encryption beside openmls alone.

mod limit;
pub(crate) mod node;
mod official;
mod ours;

use std::time::{Duration, Instant};

use anyhow::Result;

use self::node::NodeProcess;
use self::official::{Official, Received};
use self::ours::Home;
use crate::measure::{cpu, micros_each, rate};
use crate::scaled;
use crate::world::text;

/// How large the groups are that are made; 250 is the most that the network takes.
const SIZES: [usize; 4] = [2, 10, 100, 250];

/// What something took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Took {
    time: Duration,
    cpu: Duration,
}

impl std::fmt::Display for Took {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.0} ms, CPU {:.0} ms", millis(self.time), millis(self.cpu))
    }
}

fn millis(of: Duration) -> f64 {
    of.as_secs_f64() * 1e3
}

/// Does something, and measures it.
async fn measured<T>(work: impl Future<Output = Result<T>>) -> Result<(T, Took)> {
    let (began, used) = (Instant::now(), cpu()?);
    let done = work.await?;
    Ok((done, Took { time: began.elapsed(), cpu: cpu()?.saturating_sub(used) }))
}

/// The rows of XMTP.
pub(crate) async fn beside_the_official_client(scale: f64) -> Result<()> {
    let messages = scaled(1_000, scale);
    let largest = scaled(250, scale).max(10);
    let sizes: Vec<_> = SIZES.into_iter().filter(|size| *size <= largest).collect();
    let folder = tempfile::tempdir()?;
    let node = NodeProcess::start().await?;
    let official = Official::measures(&node.url, folder.path(), (messages, &sizes)).await?;
    let theirs = &official.measured;
    let home = Home::new(&node.url, folder.path(), ("ours", &theirs.peer))?;
    let (ours, registered) = home.starts().await?;
    ours.says(&["first".to_owned()]).await?;
    let texts: Vec<_> = (0..messages).map(text).collect();
    let said = ours.says(&texts).await?;
    let sent = |took: Duration| rate(messages, took);
    println!(
        "| XMTP: sent messages | {:.0}/s, the official client {:.0}/s one after the other and \
         {:.0}/s queued: {:.1} × and {:.1} × | ≥ 4 × |",
        sent(said.time),
        sent(theirs.sent.time()),
        sent(theirs.queued.time()),
        sent(said.time) / sent(theirs.sent.time()),
        sent(said.time) / sent(theirs.queued.time()),
    );
    let each = |cpu: Duration| micros_each(messages, cpu);
    println!(
        "| XMTP: CPU per sent message, three durable commits | {:.0} µs, the official client {:.0} µs \
         and {:.0} µs queued: {:.2} × and {:.2} × | ≤ 0.25 × |",
        each(said.cpu),
        each(theirs.sent.cpu()),
        each(theirs.queued.cpu()),
        each(said.cpu) / each(theirs.sent.cpu()),
        each(said.cpu) / each(theirs.queued.cpu()),
    );
    let official_registered = Took { time: theirs.register.time(), cpu: theirs.register.cpu() };
    println!("| XMTP: registering | {registered}; the official client {official_registered} | |");
    for made in &theirs.groups {
        let with = theirs.members.get(..made.size.saturating_sub(1)).unwrap_or_default();
        let more = made.add.and_then(|_| theirs.members.get(made.size.saturating_sub(1)));
        let (created, added) = ours.makes_group(with, more).await?;
        let official = Took { time: made.create.time(), cpu: made.create.cpu() };
        println!(
            "| XMTP: making a group of {} | {created}; the official client {official} | |",
            made.size
        );
        if let (Some(added), Some(it)) = (added, made.add) {
            let official = Took { time: it.time(), cpu: it.cpu() };
            println!(
                "| XMTP: adding one to {} | {added}; the official client {official} | |",
                made.size
            );
        }
    }
    ours.stops().await?;
    beside_openmls(&node.url, folder.path(), (&texts, &theirs.received)).await
}

/// The rows «received messages» and «encrypting and decrypting».
async fn beside_openmls(
    url: &str,
    folder: &std::path::Path,
    (texts, theirs): (&[String], &Received),
) -> Result<()> {
    let one = Home::new(url, folder, ("one", &Home::address("other")))?;
    let other = Home::new(url, folder, ("other", &Home::address("one")))?;
    let (listening, _) = other.starts().await?;
    let (speaking, _) = one.starts().await?;
    listening.accepts(&speaking).await?;
    speaking.says(&["first".to_owned()]).await?;
    listening.hears("first").await?;
    let heard = listening.journaled();
    speaking.stops().await?;
    listening.stops().await?;
    let (sealed, encrypted) = one.seals(texts).await?;
    one.sends(sealed).await?;
    let decrypted = other.opens(texts.len()).await?;
    // What was opened above was not kept: the bridge has it all before it.
    let (other, caught_up) = measured(async {
        let (other, _) = other.starts().await?;
        other.has_journaled(heard.saturating_add(u64::try_from(texts.len())?)).await?;
        Ok(other)
    })
    .await?;
    other.stops().await?;
    println!(
        "| XMTP: received messages, from the start of the bridge | {:.0}/s, CPU {:.0} µs each, \
         durable; the official client {:.0}/s, {:.0} µs | |",
        rate(texts.len(), caught_up.time),
        micros_each(texts.len(), caught_up.cpu),
        rate(theirs.count, theirs.took.time()),
        micros_each(theirs.count, theirs.took.cpu()),
    );
    let (raw_encrypted, raw_decrypted) = limit::of_openmls(texts)?;
    let each = |cpu: Duration| micros_each(texts.len(), cpu);
    for (what, ours, raw) in
        [("encrypting", encrypted, raw_encrypted), ("decrypting", decrypted, raw_decrypted)]
    {
        println!(
            "| XMTP: CPU of {what} a message | {:.0} µs with content, rules and keys in the store's \
             form; openmls alone {:.0} µs: {:.1} × | |",
            each(ours.cpu),
            each(raw),
            each(ours.cpu) / each(raw),
        );
    }
    Ok(())
}
