//! This machine: files and their modes, room on the disk, the clock, whether a daemon runs.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use threadbridge_core::model::time::{Clock, Timestamp};

use super::Finding;
use crate::home::{Home, folder_of};
use crate::settings::Settings;

/// Below this the store may not be able to grow for long.
const LITTLE_ROOM_BYTES: u64 = 1024 * 1024 * 1024;
/// Below this it may not be able to grow now.
const NO_ROOM_BYTES: u64 = 64 * 1024 * 1024;
/// 2026-01-01: no clock that is right shows less.
const EARLIEST: Timestamp = Timestamp::from_secs(1_767_225_600);

pub(super) fn examine(home: &Home, settings: &Settings) -> Vec<Finding> {
    let store = home.store_path(settings);
    vec![
        config(&home.config),
        store_file(&store),
        room(&store),
        clock(Clock::System.now()),
        daemon(&home.socket_path(settings)),
    ]
}

fn config(path: &Path) -> Finding {
    match path.metadata() {
        Ok(metadata) if metadata.mode() & 0o022 != 0 => Finding::warn(
            "settings",
            format!("others may write `{}` (mode {:o})", path.display(), mode(&metadata)),
            "run `chmod go-w` on it: whoever writes it decides what is bridged",
        ),
        Ok(_) => Finding::ok("settings", format!("`{}` is sound", path.display())),
        Err(error) => Finding::fail("settings", error.to_string(), "check the path"),
    }
}

fn store_file(path: &Path) -> Finding {
    match path.metadata() {
        Ok(metadata) if metadata.mode() & 0o077 != 0 => Finding::warn(
            "store",
            format!("others may use `{}` (mode {:o})", path.display(), mode(&metadata)),
            "run `chmod 600` on it; it is encrypted, but its size and times tell things",
        ),
        Ok(metadata) => Finding::ok(
            "store",
            format!("`{}`, {} MB", path.display(), metadata.len().div_ceil(1_000_000)),
        ),
        Err(_) => Finding::fail(
            "store",
            format!("there is no `{}`", path.display()),
            "`threadbridge init` makes it",
        ),
    }
}

fn mode(metadata: &Metadata) -> u32 {
    metadata.mode() & 0o7777
}

fn room(store: &Path) -> Finding {
    let free = match rustix::fs::statvfs(folder_of(store)) {
        Ok(disk) => disk.f_bavail.saturating_mul(disk.f_frsize),
        Err(error) => {
            let found = format!("the disk under the store cannot be looked at: {error}");
            return Finding::fail("disk", found, "check that the store's folder exists");
        }
    };
    let found = format!("{} MB free", free / 1_000_000);
    match free {
        NO_ROOM_BYTES.. if free >= LITTLE_ROOM_BYTES => Finding::ok("disk", found),
        NO_ROOM_BYTES.. => Finding::warn("disk", found, "make room soon: the store only grows"),
        _ => Finding::fail("disk", found, "make room: the store cannot grow"),
    }
}

fn clock(now: Timestamp) -> Finding {
    if now < EARLIEST {
        let advice = "set the clock: networks refuse what was said long ago or in the future";
        Finding::fail("clock", "it shows a time long past", advice)
    } else {
        Finding::ok("clock", "it shows a time that can be right")
    }
}

fn daemon(socket: &Path) -> Finding {
    match UnixStream::connect(socket) {
        Ok(_) => Finding::ok("daemon", "it runs"),
        Err(_) => Finding::ok("daemon", "none runs here now"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Grade;
    use super::*;

    #[test]
    fn a_clock_that_cannot_be_right_is_found() {
        assert_eq!(clock(Timestamp::from_secs(0)).grade, Grade::Fail);
        assert_eq!(clock(Clock::System.now()).grade, Grade::Ok);
    }

    #[test]
    fn files_that_others_may_use_are_found() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "").unwrap();
        let set = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode));
        set(0o666).unwrap();
        assert_eq!((config(&path).grade, store_file(&path).grade), (Grade::Warn, Grade::Warn));
        set(0o600).unwrap();
        assert_eq!((config(&path).grade, store_file(&path).grade), (Grade::Ok, Grade::Ok));
        assert_eq!(store_file(&folder.path().join("absent")).grade, Grade::Fail);
    }
}
