//! Somebody's server with a photo on it, as a phone took it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use threadbridge::web::Web;
use threadbridge_core::media::{Hosts, Porter};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// Where it was taken.
pub(crate) const MARKER: &[u8] = b"52.5163N 13.3777E";
/// What it shows.
pub(crate) const PIXELS: &[u8] = b"\x12\x34pixels\xff\0and more";

/// How much more a large photo has.
const LARGE: usize = 100_000;

/// The photo: with its place in EXIF and behind the end.
pub(crate) fn photo() -> Vec<u8> {
    photo_with(0)
}

/// The same with so much more of it to see.
fn photo_with(more: usize) -> Vec<u8> {
    let segment = |marker: u8, content: &[u8]| {
        let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        [&[0xff, marker], &length[..], content].concat()
    };
    let exif = [b"Exif\0\0MM\0*\0\0\0\x08\0\0", MARKER].concat();
    [
        b"\xff\xd8".to_vec(),
        segment(0xe1, &exif),
        segment(0xc0, b"\x08\0\x01\0\x01\x01\x01\x11\0"),
        segment(0xda, b"\x01\x01\0\0\x3f\0"),
        PIXELS.to_vec(),
        vec![0x55; more],
        b"\xff\xd9".to_vec(),
        MARKER.to_vec(),
    ]
    .concat()
}

/// The server.
#[derive(Debug)]
pub(crate) struct Shelf {
    pub(crate) host: String,
    trouble: Arc<AtomicUsize>,
    asked: Arc<AtomicUsize>,
    _open: DropGuard,
}

impl Shelf {
    pub(crate) async fn opens() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let (trouble, asked) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (over, tasks) = (CancellationToken::new(), TaskTracker::new());
        let (until, troubles, count) = (over.clone(), Arc::clone(&trouble), Arc::clone(&asked));
        tasks.spawn(async move {
            loop {
                let stream = tokio::select! {
                    () = until.cancelled() => return,
                    stream = listener.accept() => stream.unwrap().0,
                };
                count.fetch_add(1, Ordering::Relaxed);
                let less = |left: usize| left.checked_sub(1);
                let has_trouble =
                    troubles.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok();
                // Whoever asks may go away in the middle of the answer.
                drop(answer(stream, has_trouble).await);
            }
        });
        Self { host, trouble, asked, _open: over.drop_guard() }
    }

    /// Where the photo lies.
    pub(crate) fn photo(&self) -> String {
        format!("http://{}/photo.jpg", self.host)
    }

    /// Where a photo lies that is larger than most.
    pub(crate) fn large(&self) -> String {
        format!("http://{}/large.jpg", self.host)
    }

    /// Where something lies that is called a photo and is none.
    pub(crate) fn page(&self) -> String {
        format!("http://{}/page.jpg", self.host)
    }

    /// It cannot answer as many times from now on.
    pub(crate) fn has_trouble(&self, times: usize) {
        self.trouble.store(times, Ordering::Relaxed);
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    /// What brings pictures from it.
    pub(crate) fn porter(&self) -> Porter {
        Porter::new(Hosts::parse([self.host.as_str()]).unwrap(), Arc::new(Web::new().unwrap()))
    }
}

async fn answer(mut stream: TcpStream, has_trouble: bool) -> std::io::Result<()> {
    let mut request = vec![0; 4096];
    let length = stream.read(&mut request).await?;
    let asks_for = |path: &[u8]| request[..length].starts_with(&[b"GET ", path].concat());
    let (status, body) = match has_trouble {
        true => ("503 Service Unavailable", Vec::new()),
        false if asks_for(b"/photo.jpg ") => ("200 OK", photo()),
        false if asks_for(b"/large.jpg ") => ("200 OK", photo_with(LARGE)),
        false if asks_for(b"/page.jpg ") => ("200 OK", b"<html>no photo</html>".to_vec()),
        false => ("404 Not Found", Vec::new()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: image/jpeg\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), &body].concat()).await?;
    stream.shutdown().await
}
