//! Whoever finds the daemon's socket and does not speak as the command line does.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use threadbridge::control::{Answer, ControlSocket, Order, Request};
use threadbridge_kit::deadline::soon;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A socket that is served, and somebody who does what is asked.
struct Door {
    folder: TempDir,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Door {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = ControlSocket::open(&folder.path().join("s")).unwrap();
        let (orders, mut told) = mpsc::channel::<Order>(4);
        let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
        tasks.spawn(socket.serve(orders, stop.clone()));
        tasks.spawn(async move {
            while let Some(order) = told.recv().await {
                let text = "done".to_owned();
                drop(order.reply.send(Answer::Done { text }));
            }
        });
        Self { folder, stop, tasks }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("s")
    }

    async fn close(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
    }
}

/// What is answered to these bytes.
async fn answer(path: &Path, bytes: &[u8]) -> String {
    let mut stream = UnixStream::connect(path).await.unwrap();
    // Whoever is not heard to the end may be cut off.
    drop(stream.write_all(bytes).await);
    drop(stream.shutdown().await);
    let mut answer = String::new();
    drop(soon("an answer", stream.read_to_string(&mut answer)).await);
    answer
}

fn reload() -> Vec<u8> {
    let mut line = serde_json::to_vec(&Request::Reload).unwrap();
    line.push(b'\n');
    line
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_are_no_requests_are_answered_and_change_nothing() {
    let door = Door::open();
    let deep = format!("{}\n", "[".repeat(100_000));
    let unknown = b"{\"do\":\"dance\"}\n".to_vec();
    for junk in [b"\n".to_vec(), vec![0xff; 100], deep.into_bytes(), unknown, b"{}".to_vec()] {
        let answer = answer(&door.path(), &junk).await;
        assert!(answer.contains("that is no request"), "{answer}");
    }
    assert!(answer(&door.path(), &reload()).await.contains("done"));
    door.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_without_end_is_not_read_to_its_end() {
    let door = Door::open();
    let mut stream = UnixStream::connect(door.path()).await.unwrap();
    let mut written = 0;
    while stream.write_all(&[b'x'; 65_536]).await.is_ok() && written < 4096 {
        written += 1;
    }
    assert!(written < 4096, "256 MB were read");
    assert!(answer(&door.path(), &reload()).await.contains("done"));
    door.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_never_finish_hold_nobody_up() {
    let door = Door::open();
    let mut idle = Vec::new();
    for _ in 0..7 {
        let mut stream = UnixStream::connect(door.path()).await.unwrap();
        stream.write_all(b"{\"do\":").await.unwrap();
        idle.push(stream);
    }
    let mut stream = UnixStream::connect(door.path()).await.unwrap();
    stream.write_all(&reload()).await.unwrap();
    let mut heard = String::new();
    soon("an answer", stream.read_to_string(&mut heard)).await.unwrap();
    assert!(heard.contains("done"), "{heard}");
    drop(idle);
    door.close().await;
}

#[tokio::test]
async fn the_socket_is_its_owners_alone() {
    let door = Door::open();
    let mode = std::fs::metadata(door.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let nowhere = door.folder.path().join("nowhere/s");
    let error = ControlSocket::open(&nowhere).unwrap_err().to_string();
    assert!(error.contains("nowhere"), "{error}");
    door.close().await;
}
