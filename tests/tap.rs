//! A line between the daemon and a network, on which everything is written down that the network was
//! ever given.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// A place that hands everything on to another.
#[derive(Debug)]
pub(crate) struct Tap {
    pub(crate) addr: SocketAddr,
    /// What came over each connection.
    given: Arc<Mutex<Vec<Vec<u8>>>>,
    _over: DropGuard,
}

impl Tap {
    /// Before the server at `to`.
    pub(crate) async fn before(to: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let given = Arc::<Mutex<Vec<Vec<u8>>>>::default();
        let (over, tasks, lines) =
            (CancellationToken::new(), TaskTracker::new(), Arc::clone(&given));
        let until = over.clone();
        tasks.clone().spawn(async move {
            loop {
                let accepted = tokio::select! {
                    () = until.cancelled() => return,
                    accepted = listener.accept() => accepted,
                };
                let Ok((client, _)) = accepted else { continue };
                tasks.spawn(until.clone().run_until_cancelled_owned(carry(
                    client,
                    to,
                    Arc::clone(&lines),
                )));
            }
        });
        Self { addr, given, _over: over.drop_guard() }
    }

    /// Which of these were given, in whatever form.
    pub(crate) fn finds<'n>(&self, needles: &[&'n str]) -> Vec<&'n str> {
        let given = self.given.lock().unwrap();
        let is_there =
            |needle: &&&str| forms(needle).iter().any(|it| given.iter().any(|line| has(line, it)));
        needles.iter().filter(is_there).copied().collect()
    }

    /// How many bytes were given.
    pub(crate) fn bytes(&self) -> usize {
        self.given.lock().unwrap().iter().map(Vec::len).sum()
    }
}

async fn carry(client: TcpStream, to: SocketAddr, lines: Arc<Mutex<Vec<Vec<u8>>>>) {
    let Ok(server) = TcpStream::connect(to).await else { return };
    let nth = {
        let mut lines = lines.lock().unwrap();
        lines.push(Vec::new());
        lines.len() - 1
    };
    let ((mut from, mut back), (mut answers, mut onward)) =
        (client.into_split(), server.into_split());
    let giving = async {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            lines.lock().unwrap()[nth].extend_from_slice(&buffer[..count]);
            if onward.write_all(&buffer[..count]).await.is_err() {
                return;
            }
        }
        drop(onward.shutdown().await);
    };
    let answering = async {
        drop(copy(&mut answers, &mut back).await);
        drop(back.shutdown().await);
    };
    tokio::join!(giving, answering);
}

fn has(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|it| it == needle)
}

/// A text as UTF-8 and UTF-16, in hex, in base64 wherever it begins, and escaped; and what it is in
/// hex, as bytes.
fn forms(text: &str) -> Vec<Vec<u8>> {
    let utf16 = || text.encode_utf16();
    let mut forms = vec![
        text.as_bytes().to_vec(),
        utf16().flat_map(u16::to_le_bytes).collect(),
        utf16().flat_map(u16::to_be_bytes).collect(),
        text.bytes().flat_map(|it| format!("%{it:02X}").into_bytes()).collect(),
        utf16().flat_map(|it| format!("\\u{it:04x}").into_bytes()).collect(),
        text.bytes().rev().collect(),
    ];
    let mut plain = vec![text.as_bytes().to_vec()];
    plain.extend(hex::decode(text.trim_start_matches("0x")).ok().filter(|it| it.len() > 7));
    forms.extend(plain.iter().skip(1).cloned());
    for bytes in plain {
        forms.extend([hex::encode(&bytes).into_bytes(), hex::encode_upper(&bytes).into_bytes()]);
        for shift in 0..3 {
            let shifted = [&vec![0; shift], bytes.as_slice()].concat();
            let inner = |encoded: String| {
                // What shares a character with what stands before or behind it tells nothing.
                let end = encoded.len() - usize::from(shifted.len() % 3 != 0);
                encoded.as_bytes()[[0, 2, 3][shift]..end].to_vec()
            };
            forms.push(inner(STANDARD_NO_PAD.encode(&shifted)));
            forms.push(inner(URL_SAFE_NO_PAD.encode(&shifted)));
        }
    }
    forms
}

#[test]
fn a_text_is_found_in_whatever_form_it_was_given() {
    let needle = "a secret-7";
    let around = |before: &str| format!("{before}{needle}, it says");
    let is_found = |bytes: &[u8]| forms(needle).iter().any(|form| has(bytes, form));
    for before in ["", "x", "xy", "xyz"] {
        let text = around(before);
        assert!(is_found(text.as_bytes()));
        assert!(is_found(hex::encode(&text).as_bytes()));
        assert!(is_found(STANDARD_NO_PAD.encode(&text).as_bytes()), "{text}");
        assert!(is_found(URL_SAFE_NO_PAD.encode(&text).as_bytes()), "{text}");
        assert!(!is_found(text.replace("secret", "sacred").as_bytes()));
    }
    assert!(has(&[1, 0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4], &forms("0xdeadbeef01020304")[6]));
}
