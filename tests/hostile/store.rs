//! Whoever has the store's file without its key, or reads the logs, learns nothing of what was said,
//! by whom, to whom, or where.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use threadbridge_core::view;
use threadbridge_devnet::farcaster::wire::ReactionType;
use threadbridge_kit::deadline::until;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

use super::forge::{DEN, words};
use super::stage::{Stage, arrives};

/// How many messages cross, each of which somebody likes: as many as an account may cast at once.
const MESSAGES: usize = 500;
/// Stands in every one of them.
const MARKER: &str = "xylophone-marker";
const NAMES: [(u64, &str); 2] = [(70_019_990, "Quetzalcoatl"), (70_029_991, "Rumpelstiltskin")];

/// All forms in which a text may stand in a file.
fn forms(text: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![text.to_vec()];
    let hex: String = text.iter().map(|byte| format!("{byte:02x}")).collect();
    forms.push(hex.to_uppercase().into_bytes());
    forms.push(hex.into_bytes());
    // What stands before it decides how its bytes are cut; the outermost letters are shared.
    for before in 0..3 {
        let shifted = [&[0; 3][..before], text].concat();
        let encoded = BASE64_STANDARD_NO_PAD.encode(&shifted).into_bytes();
        let (from, to) = ([0, 2, 3][before], encoded.len() - 1);
        forms.push(encoded.get(from..to).unwrap_or_default().to_vec());
    }
    let wide: Vec<u8> = text.iter().flat_map(|byte| [*byte, 0]).collect();
    forms.push(wide);
    forms
}

/// Which of the texts stand in `bytes`, in whatever form.
fn found<'t>(bytes: &[u8], texts: &'t [Vec<u8>]) -> Vec<&'t [u8]> {
    let stands = |form: &Vec<u8>| form.len() >= 4 && contains(bytes, form);
    texts.iter().filter(|text| forms(text).iter().any(stands)).map(Vec::as_slice).collect()
}

fn contains(bytes: &[u8], form: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == form[0]) {
        if rest[at..].starts_with(form) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

/// Every file below a folder, in one.
fn files(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        bytes.extend(if path.is_dir() { files(&path) } else { std::fs::read(&path).unwrap() });
    }
    bytes
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[test]
fn the_scan_finds_what_is_there() {
    let text = b"xylophone".to_vec();
    for before in 0..5 {
        let plain = [&b"abcde"[..before], &text, b"!!"].concat();
        let hex: String = plain.iter().map(|byte| format!("{byte:02X}")).collect();
        let encoded = BASE64_STANDARD_NO_PAD.encode(&plain);
        for bytes in [plain.as_slice(), hex.as_bytes(), encoded.as_bytes()] {
            assert_eq!(found(bytes, std::slice::from_ref(&text)), [text.as_slice()], "{before}");
        }
    }
    assert!(found(b"xylophon", &[text]).is_empty());
}

// All tasks run on the thread of the test, where the logs are caught.
#[tokio::test]
async fn neither_the_store_nor_the_logs_tell_what_was_said_by_whom_or_where() {
    let log = Log::default();
    let filter = tracing_subscriber::EnvFilter::new("trace,threadbridge_devnet=off");
    let writer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(log.clone());
    let subscriber = tracing_subscriber::registry().with(filter).with(writer);
    let _caught = tracing::subscriber::set_default(subscriber);
    let caught = [b"whether logs are caught".to_vec()];
    tracing::trace!("whether logs are caught");
    let stage = Stage::start().await.settled().await;
    let mut people = Vec::new();
    for (fid, called) in NAMES {
        people.push(arrives(&stage.evil, fid, called).await);
    }
    let mut secret: Vec<Vec<u8>> = Vec::new();
    for n in 0..MESSAGES {
        let id = people[n % 2].cast(&stage.evil, words(&format!("{MARKER} {n}"))).unwrap();
        people[1 - n % 2].react(&stage.evil, ReactionType::Like, &id).unwrap();
        if n % 50 == 0 {
            let hex: String = id.hash.iter().map(|byte| format!("{byte:02x}")).collect();
            secret.extend([id.hash, hex.into_bytes()]);
            stage.crosses(&format!("{}: {MARKER} {n}", NAMES[n % 2].1)).await;
        }
    }
    until("all of them cross", async || {
        let shown = stage.shown().await;
        let marked = shown.iter().filter(|cast| cast.text.contains(MARKER)).count();
        (marked == MESSAGES).then_some(())
    })
    .await;
    until("all likes are in the journal", async || {
        let status = view::status(&stage.bridge.store().snapshot().unwrap()).unwrap();
        (status.journaled > 1000).then_some(())
    })
    .await;
    let file = stage.folder.path().to_owned();
    let live = files(&file);
    secret.extend(NAMES.map(|(_, name)| name.as_bytes().to_vec()));
    secret.extend(NAMES.map(|(fid, _)| fid.to_string().into_bytes()));
    secret.extend([MARKER, "well known", "mallory"].map(|it| it.as_bytes().to_vec()));
    assert_eq!(found(&log.0.lock().unwrap(), &secret), Vec::<&[u8]>::new());
    assert_eq!(found(&log.0.lock().unwrap(), &caught), [caught[0].as_slice()]);
    // The owner's own names for things may stand in logs, not in the file.
    secret
        .extend([DEN, "channel/den", "channel/lair", "farcaster"].map(|it| it.as_bytes().to_vec()));
    assert!(live.len() > 1_000_000);
    assert_eq!(found(&live, &secret), Vec::<&[u8]>::new());
    let folder = stage.folder.path().to_owned();
    stage.bridge.stop().await.unwrap();
    assert_eq!(found(&files(&folder), &secret), Vec::<&[u8]>::new());
}
