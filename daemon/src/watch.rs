//! Notices when the settings file changes.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::home::folder_of;

/// Editors write in several strokes; what counts is what stands there once they rest.
const RESTS_AFTER: Duration = Duration::from_millis(300);

/// Watches a file. Stops when it is dropped.
#[derive(Debug)]
pub struct FileWatch {
    _watcher: RecommendedWatcher,
    stirred: mpsc::Receiver<()>,
    rests_at: Option<Instant>,
}

impl FileWatch {
    /// Watches the folder of `path`, since editors replace files instead of writing them.
    pub fn new(path: &Path) -> notify::Result<Self> {
        let (stir, stirred) = mpsc::channel(1);
        let name = path.file_name().map(OsStr::to_owned);
        let mut watcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                let is_ours = event.is_ok_and(|event| {
                    !event.kind.is_access()
                        && event.paths.iter().any(|path| path.file_name() == name.as_deref())
                });
                if is_ours && stir.try_send(()).is_err() {
                    tracing::trace!("a change waits to be noticed already");
                }
            })?;
        watcher.watch(folder_of(path), RecursiveMode::NonRecursive)?;
        Ok(Self { _watcher: watcher, stirred, rests_at: None })
    }

    /// Returns once the file has changed and then rested. Cancel-safe: a change that was noticed
    /// when the future was dropped is told by the next one.
    pub async fn changed(&mut self) {
        loop {
            let stirred = self.stirred.recv();
            match self.rests_at {
                None => {
                    if stirred.await.is_none() {
                        std::future::pending::<()>().await;
                    }
                    self.rests_at = Some(Instant::now() + RESTS_AFTER);
                }
                Some(at) => tokio::select! {
                    () = tokio::time::sleep_until(at) => {
                        self.rests_at = None;
                        return;
                    }
                    Some(()) = stirred => self.rests_at = Some(Instant::now() + RESTS_AFTER),
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_is_replaced_is_noticed_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bridge.toml");
        std::fs::write(&path, "a").unwrap();
        let mut watch = FileWatch::new(&path).unwrap();
        let draft = folder.path().join("bridge.toml.new");
        std::fs::write(&draft, "b").unwrap();
        std::fs::rename(&draft, &path).unwrap();
        // Whoever stops waiting, again and again, hears of it all the same.
        let deadline = Instant::now() + Duration::from_secs(10);
        while tokio::time::timeout(Duration::from_millis(50), watch.changed()).await.is_err() {
            assert!(Instant::now() < deadline);
        }
        std::fs::write(folder.path().join("other"), "c").unwrap();
        let again = tokio::time::timeout(Duration::from_millis(600), watch.changed()).await;
        assert!(again.is_err());
    }
}
