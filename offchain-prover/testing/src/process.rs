//! The programs that the demonstration starts, and the folder that they write to.

use anyhow::{Context, Result, anyhow, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{process, time};

/// Largest part of a program's log that an error shows, bytes.
const LOG_TAIL: u64 = 2_000;

/// The folder of one run's databases and logs.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    temporary: Option<TempDir>,
}

impl RunFolder {
    /// Uses the given folder, which is made if need be, or a temporary one.
    ///
    /// # Errors
    /// The folder cannot be made, or is not empty.
    pub fn new(keep: Option<&Path>) -> Result<Self> {
        let Some(path) = keep else {
            let folder = TempDir::with_prefix("clearproof-demo-").context("temporary folder")?;
            return Ok(Self {
                path: folder.path().into(),
                temporary: Some(folder),
            });
        };
        let named = || format!("--keep {}", path.display());
        fs::create_dir_all(path).with_context(named)?;
        let empty = fs::read_dir(path).with_context(named)?.next().is_none();
        ensure!(
            empty,
            "{}: the folder is not empty; name a new one",
            named()
        );
        Ok(Self {
            path: path.canonicalize().with_context(named)?,
            temporary: None,
        })
    }

    /// Returns a path in the folder.
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Keeps the folder after the run, for inspection, and returns its path.
    pub fn keep(self) -> PathBuf {
        match self.temporary {
            Some(folder) => folder.keep(),
            None => self.path,
        }
    }
}

/// Returns a port of this machine that no program listens on.
///
/// # Errors
/// No port is free.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub struct Program {
    name: &'static str,
    child: process::Child,
    log: PathBuf,
}

impl Program {
    /// Starts a program that writes both its outputs to a log.
    ///
    /// # Errors
    /// The program or its log cannot be opened.
    pub fn start<A: AsRef<OsStr>>(
        name: &'static str,
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
        log: PathBuf,
    ) -> Result<Self> {
        let output = File::create(&log).with_context(|| log.display().to_string())?;
        let child = process::Command::new(program)
            .args(arguments)
            // Logs are files: no colours.
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(output.try_clone().context("log")?)
            .stderr(output)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{name}: cannot start {}", program.display()))?;
        tracing::info!(log = %log.display(), "{name} started");
        Ok(Self { name, child, log })
    }

    /// Waits until the program ends, which is an error.
    pub async fn ended(&mut self) -> anyhow::Error {
        match self.child.wait().await {
            Ok(status) => anyhow!(
                "the {} ended by itself: {status}\n{}",
                self.name,
                self.tail()
            ),
            Err(error) => anyhow!("the {}: {error}", self.name),
        }
    }

    /// Asks the program to end and waits for it.
    ///
    /// # Errors
    /// The program had ended before, did not end in time (it is then killed), or ended with an
    /// error.
    pub async fn stop(&mut self, limit: Duration) -> Result<()> {
        let id = self
            .child
            .id()
            .and_then(|id| Pid::from_raw(id.try_into().ok()?));
        let Some(id) = id else {
            return Err(self.ended().await);
        };
        kill_process(id, Signal::TERM).with_context(|| format!("stopping the {}", self.name))?;
        match time::timeout(limit, self.child.wait()).await {
            Ok(status) => {
                let status = status.with_context(|| self.name)?;
                // The signal itself ends a program that does not handle it.
                let ended = status.success() || status.code().is_none();
                ensure!(
                    ended,
                    "the {} ended with {status}\n{}",
                    self.name,
                    self.tail()
                );
                Ok(())
            }
            Err(_) => {
                self.child.kill().await.with_context(|| self.name)?;
                bail!(
                    "the {} did not stop within {limit:?}\n{}",
                    self.name,
                    self.tail()
                )
            }
        }
    }

    /// Returns the end of the program's log.
    pub fn tail(&self) -> String {
        let read = || -> std::io::Result<Vec<u8>> {
            let mut file = File::open(&self.log)?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL)))?;
            let mut bytes = Vec::new();
            file.take(LOG_TAIL).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        match read() {
            Ok(bytes) => format!(
                "--- end of {}\n{}",
                self.log.display(),
                String::from_utf8_lossy(&bytes)
            ),
            Err(error) => format!("{}: {error}", self.log.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_program_is_stopped_and_an_end_of_its_own_shows_its_log() {
        let folder = RunFolder::new(None).unwrap();
        let shell = Path::new("/bin/sh");
        let mut sleeper = Program::start(
            "sleeper",
            shell,
            ["-c", "exec sleep 60"],
            folder.join("a.log"),
        )
        .unwrap();
        sleeper.stop(Duration::from_secs(10)).await.unwrap();
        let mut failing = Program::start(
            "failing",
            shell,
            ["-c", "echo why; exit 3"],
            folder.join("b.log"),
        )
        .unwrap();
        let error = failing.ended().await.to_string();
        assert!(error.contains('3') && error.contains("why"), "{error}");
    }

    #[test]
    fn a_folder_that_holds_something_is_refused() {
        let folder = RunFolder::new(None).unwrap();
        fs::write(folder.join("file"), "x").unwrap();
        let error = RunFolder::new(Some(&folder.path)).unwrap_err().to_string();
        assert!(error.contains("not empty"), "{error}");
        assert!(RunFolder::new(Some(&folder.join("new"))).is_ok());
    }
}
