//! Lines on the daemon's control socket.

use std::io::{BufRead, BufReader, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use threadbridge::control::{Answer, ControlSocket, Order};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::Target;

/// Whatever is said, exactly one answer comes back.
pub const TARGET: Target = Target { name: "control", run, seeds, rounds: 500 };

static DAEMON: LazyLock<Daemon> = LazyLock::new(Daemon::start);

/// A socket with somebody behind it who does everything.
struct Daemon {
    path: PathBuf,
    _folder: tempfile::TempDir,
    _runtime: Runtime,
}

impl Daemon {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let runtime = crate::farcaster::runtime();
        let socket = runtime.block_on(async { ControlSocket::open(&path) }).unwrap();
        let (orders, mut ordered) = mpsc::channel::<Order>(8);
        runtime.spawn(socket.serve(orders, CancellationToken::new()));
        runtime.spawn(async move {
            while let Some(order) = ordered.recv().await {
                drop(order.reply.send(Answer::Done { text: "done".to_owned() }));
            }
        });
        Self { path, _folder: folder, _runtime: runtime }
    }
}

fn run(bytes: &[u8]) {
    let mut stream = UnixStream::connect(&DAEMON.path).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // It may have heard enough before all is written.
    drop(stream.write_all(bytes));
    drop(stream.shutdown(Shutdown::Write));
    let mut lines = BufReader::new(stream).lines();
    let answer = lines.next().unwrap().unwrap();
    assert!(serde_json::from_str::<Answer>(&answer).is_ok(), "{answer}");
    assert!(lines.next().is_none_or(|line| line.is_err()));
}

fn seeds() -> Vec<Vec<u8>> {
    let lines = [
        "{\"do\":\"say\",\"target\":\"books\",\"text\":\"hello\"}\n",
        "{\"do\":\"replay\",\"id\":7}\n",
        "{\"do\":\"drop\",\"id\":null}\n",
        "{\"do\":\"reload\"}\n",
    ];
    lines.iter().map(|it| it.as_bytes().to_vec()).collect()
}
