//! A connection that can be cut, or be open on one side only.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::Connected;

/// What befalls connections.
pub(crate) trait Weather: Send + Sync + std::fmt::Debug + 'static {
    /// Whether the connection that was just accepted is never answered.
    fn is_half_open(&self) -> bool;

    /// Cancelled when the connections of now are cut.
    fn connections(&self) -> CancellationToken;
}

/// One accepted connection.
#[derive(Debug)]
pub(crate) struct Line {
    stream: TcpStream,
    is_deaf: bool,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    dead: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Line {
    fn new(stream: TcpStream, weather: &dyn Weather, dead: &CancellationToken) -> Self {
        Self {
            stream,
            is_deaf: weather.is_half_open(),
            cut: Box::pin(weather.connections().cancelled_owned()),
            dead: Box::pin(dead.clone().cancelled_owned()),
        }
    }

    fn is_cut(&mut self, cx: &mut Context<'_>) -> bool {
        self.cut.as_mut().poll(cx).is_ready() || self.dead.as_mut().poll(cx).is_ready()
    }
}

fn reset<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_cut(cx) {
            return reset();
        }
        if self.is_deaf {
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_cut(cx) {
            return reset();
        }
        if self.is_deaf {
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Connected for Line {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

/// Accepts connections as lines.
#[derive(Debug)]
pub(crate) struct Lines {
    listener: TcpListener,
    weather: Box<dyn Weather>,
    dead: CancellationToken,
}

impl Lines {
    pub(crate) fn new(
        listener: TcpListener,
        weather: impl Weather,
        dead: CancellationToken,
    ) -> Self {
        Self { listener, weather: Box::new(weather), dead }
    }

    async fn next(&mut self) -> Line {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    // Small answers must not wait for more.
                    drop(stream.set_nodelay(true));
                    return Line::new(stream, &*self.weather, &self.dead);
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
            }
        }
    }
}

impl axum::serve::Listener for Lines {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        let line = self.next().await;
        let address = line.stream.peer_addr().unwrap_or_else(|_| ([127, 0, 0, 1], 0).into());
        (line, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// The same, as a stream for tonic.
pub(crate) fn incoming(lines: Lines) -> impl tokio_stream::Stream<Item = io::Result<Line>> {
    Incoming { next: None, lines: Some(lines) }
}

type Accepting = Pin<Box<dyn Future<Output = (Lines, Line)> + Send>>;

struct Incoming {
    next: Option<Accepting>,
    lines: Option<Lines>,
}

impl tokio_stream::Stream for Incoming {
    type Item = io::Result<Line>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(mut lines) = self.lines.take() {
            self.next = Some(Box::pin(async move {
                let line = lines.next().await;
                (lines, line)
            }));
        }
        let Some(next) = self.next.as_mut() else { return Poll::Ready(None) };
        match next.as_mut().poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready((lines, line)) => {
                self.lines = Some(lines);
                self.next = None;
                Poll::Ready(Some(Ok(line)))
            }
        }
    }
}
