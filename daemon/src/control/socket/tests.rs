use std::io::{Read, Write};

use super::*;
use crate::control::{Unheard, ask};

async fn with_socket<T: Send + 'static>(
    client: impl FnOnce(PathBuf) -> T + Send + 'static,
) -> (T, PathBuf, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.sock");
    let socket = ControlSocket::open(&path).unwrap();
    let (orders, mut taken) = mpsc::channel::<Order>(1);
    let stop = CancellationToken::new();
    let serving = TaskTracker::new();
    serving.spawn(socket.serve(orders, stop.clone()));
    serving.spawn(async move {
        while let Some(Order { request, reply }) = taken.recv().await {
            drop(reply.send(Answer::Done { text: format!("{request:?}") }));
        }
    });
    let at = path.clone();
    let answer = tokio::task::spawn_blocking(move || client(at)).await.unwrap();
    stop.cancel();
    serving.close();
    serving.wait().await;
    (answer, path, folder)
}

#[tokio::test]
async fn a_request_is_answered_and_the_socket_is_private_and_goes_with_the_daemon() {
    let (answer, path, _folder) = with_socket(|path| {
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        (mode, ask(&path, &Request::Replay { id: Some(7) }).unwrap())
    })
    .await;
    assert_eq!(answer, (0o600, "Replay { id: Some(7) }".to_owned()));
    assert!(matches!(ask(&path, &Request::Reload), Err(Unheard::NobodyThere)));
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_the_next_one_heard() {
    let (answers, ..) = with_socket(|path| {
        let say = |bytes: &[u8]| {
            let mut stream = std::os::unix::net::UnixStream::connect(&path).unwrap();
            // The daemon may stop reading before all of it is written.
            drop(stream.write_all(bytes));
            drop(stream.shutdown(std::net::Shutdown::Write));
            let mut answer = String::new();
            drop(stream.read_to_string(&mut answer));
            answer
        };
        let refused =
            [say(b"{\"do\":\"explode\"}\n"), say(b"\xff\n"), say(b""), say(b"{\"do\":\"reload\"}")];
        let endless = say(&vec![b' '; 1024 * 1024]);
        (refused, endless, ask(&path, &Request::Reload).unwrap())
    })
    .await;
    let (refused, endless, heard) = answers;
    for answer in refused {
        assert!(answer.contains("\"failed\""), "{answer}");
    }
    assert!(!endless.contains("done"));
    assert_eq!(heard, "Reload");
}

#[test]
fn a_path_that_no_socket_can_have_says_what_to_do() {
    let path = PathBuf::from(format!("/tmp/{}", "x".repeat(120)));
    let error = ControlSocket::open(&path).unwrap_err();
    assert!(error.to_string().contains("shorter"), "{error}");
}
