//! Files over HTTP: a download goes on where it, or an earlier one, was cut off.

use crate::error::{Error, Result};
use crate::notebook::{Progress, check_cancelled};
use std::fs::File;
use std::io::{ErrorKind as Io, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};
use ureq::http::Response;

const CONNECT: Duration = Duration::from_secs(10);
/// A connection that brings nothing for so long is given up.
const STALL: Duration = Duration::from_secs(60);
/// How often in a row a download is tried again without a byte in between.
const TRIES: u32 = 4;

/// Why nothing came, or not all of it.
pub(super) enum Trouble {
    /// The server said no: its status, and what it calls the reason.
    Refused { status: u16, code: String, message: String },
    /// The network, or what came over it.
    Network(String),
    /// The disk, or the user.
    Here(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        Trouble::Here(error)
    }
}

/// A client that shows a token to the hosts it is meant for, and not to those to which these send it on.
pub(super) struct Http {
    agent: ureq::Agent,
    token: Option<String>,
    /// Before a second try; each further one waits twice as long.
    pause: Duration,
}

impl Http {
    pub(super) fn new(token: Option<String>) -> Http {
        let config = ureq::Agent::config_builder()
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(STALL))
            .timeout_per_read(Some(STALL))
            .http_status_as_error(false)
            .redirect_auth_headers(ureq::config::RedirectAuthHeaders::SameHost)
            .user_agent(concat!("neurocell/", env!("CARGO_PKG_VERSION")));
        Http { agent: config.build().into(), token, pause: Duration::from_millis(500) }
    }

    #[cfg(test)]
    pub(super) fn without_pauses(token: Option<String>) -> Http {
        Http { pause: Duration::ZERO, ..Http::new(token) }
    }

    fn ask(&self, url: &str, from: u64) -> Result<Response<ureq::Body>, Trouble> {
        // A file that is packed for the way has other bytes, and could not be gone on with.
        let mut request = self.agent.get(url).header("Accept-Encoding", "identity");
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        if from > 0 {
            request = request.header("Range", format!("bytes={from}-"));
        }
        request.call().map_err(|e| Trouble::Network(e.to_string()))
    }

    /// What a short answer says.
    pub(super) fn text(&self, url: &str) -> Result<String, Trouble> {
        let answer = self.ask(url, 0)?;
        match answer.status().as_u16() {
            200 => answer.into_body().read_to_string().map_err(|e| Trouble::Network(e.to_string())),
            _ => Err(refused(answer)),
        }
    }

    /// Downloads into `part`, after the bytes that it holds; the size is known beforehand, or the server says it.
    pub(super) fn download(&self, url: &str, name: &str, part: &Path, size: Option<u64>) -> Result<(), Trouble> {
        let mut file = open(part)?;
        let mut have = file.metadata().map_err(|e| disk(part, e))?.len();
        if size.is_some_and(|size| have > size) {
            have = 0;
        }
        if have > 0 && size == Some(have) {
            return Ok(());
        }
        if have > 0 {
            println!("{name}: {have} bytes are here from before; going on there");
        }
        let mut meter = Meter { name, progress: None };
        let mut fruitless = 0;
        loop {
            check_cancelled("the download")?;
            let before = have;
            let why = match self.go_on(url, part, &mut file, &mut have, size, &mut meter) {
                Ok(()) => return Ok(()),
                Err(Trouble::Refused { status: 408 | 429 | 500.., message, .. }) => message,
                Err(Trouble::Network(why)) => why,
                Err(trouble) => return Err(trouble),
            };
            fruitless = if have > before { 0 } else { fruitless + 1 };
            if fruitless == TRIES {
                let kept = if have > 0 { format!("; {have} bytes are kept for the next time") } else { String::new() };
                return Err(Trouble::Network(format!("{name}: {why}{kept}")));
            }
            wait(self.pause * 2_u32.pow(fruitless))?;
        }
    }

    /// One request, from byte `have` to the end.
    fn go_on(
        &self,
        url: &str,
        part: &Path,
        file: &mut File,
        have: &mut u64,
        size: Option<u64>,
        meter: &mut Meter,
    ) -> Result<(), Trouble> {
        let answer = self.ask(url, *have)?;
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let total = match answer.status().as_u16() {
            206 => {
                // bytes FIRST-LAST/TOTAL
                let range = header("content-range").unwrap_or_default();
                let (first, total) = (range.split(['-', ' ']).nth(1), range.rsplit('/').next());
                if first.and_then(|n| n.parse().ok()) != Some(*have) {
                    *have = 0;
                    return Err(Trouble::Network(format!("the server sent `{range}` of the file")));
                }
                total.and_then(|n| n.parse().ok())
            }
            200 => {
                // All of it, whatever was asked for.
                *have = 0;
                header("content-length").and_then(|n| n.parse().ok())
            }
            416 if *have > 0 => {
                *have = 0;
                return Err(Trouble::Network("what is here is longer than the file".to_owned()));
            }
            _ => return Err(refused(answer)),
        };
        if let (Some(size), Some(total)) = (size, total)
            && size != total
        {
            return Err(Trouble::Network(format!("the file has {total} bytes, but should have {size}")));
        }
        let total = size.or(total);
        file.set_len(*have).and_then(|()| file.seek(SeekFrom::Start(*have))).map_err(|e| disk(part, e))?;
        meter.start(*have, total);
        let mut body = answer.into_body().into_reader();
        let mut buffer = vec![0; 1 << 16];
        loop {
            check_cancelled("the download")?;
            let read = match body.read(&mut buffer) {
                Err(e) if e.kind() == Io::Interrupted => continue,
                read => read.map_err(|e| Trouble::Network(e.to_string()))?,
            };
            if read == 0 {
                break;
            }
            file.write_all(&buffer[..read]).map_err(|e| disk(part, e))?;
            *have += read as u64;
            meter.advance(read as u64);
        }
        match total {
            Some(total) if *have < total => {
                Err(Trouble::Network(format!("the connection broke off after {have} of {total} bytes")))
            }
            Some(total) if *have > total => {
                Err(Trouble::Network(format!("{have} bytes came of a file that has {total}")))
            }
            _ => Ok(()),
        }
    }
}

/// The line that says how far a download is.
struct Meter<'a> {
    name: &'a str,
    progress: Option<Progress>,
}

impl Meter<'_> {
    fn start(&mut self, have: u64, total: Option<u64>) {
        if let (None, Some(total)) = (&self.progress, total) {
            let mut progress = Progress::new(format!("{}, bytes", self.name), total);
            progress.advance(have);
            self.progress = Some(progress);
        }
    }

    fn advance(&mut self, bytes: u64) {
        if let Some(progress) = &mut self.progress {
            progress.advance(bytes);
        }
    }
}

fn open(part: &Path) -> Result<File> {
    let opened = File::options().create(true).truncate(false).read(true).write(true).open(part);
    opened.map_err(|e| disk(part, e))
}

/// What the server says besides no; the hub gives its reasons a name.
fn refused(answer: Response<ureq::Body>) -> Trouble {
    let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let status = answer.status();
    let message = header("x-error-message").unwrap_or_else(|| format!("the server answers {status}"));
    Trouble::Refused { status: status.as_u16(), code: header("x-error-code").unwrap_or_default(), message }
}

/// An error of writing a model's files.
pub(crate) fn disk(path: &Path, error: std::io::Error) -> Error {
    let advice = match error.kind() {
        Io::StorageFull | Io::QuotaExceeded => {
            "the disk is full: make room and fetch again (what came is kept), or set NEUROCELL_HOME or HF_HOME to a folder on another disk"
        }
        _ => "set NEUROCELL_HOME or HF_HOME to a folder that may be written",
    };
    Error::file("write", path, error, advice)
}

fn wait(pause: Duration) -> Result<()> {
    let began = Instant::now();
    while began.elapsed() < pause {
        check_cancelled("the download")?;
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
