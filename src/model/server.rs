//! A server on this machine that answers as the hub does, for tests.

use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// A request, as far as the answers depend on it.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) path: String,
    /// First byte of the range that was asked for.
    pub(super) from: Option<usize>,
    pub(super) token: Option<String>,
}

/// An answer; `cut` says after how many bytes of the content the connection ends.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) content: Vec<u8>,
    pub(super) cut: Option<usize>,
}

impl Answer {
    pub(super) fn refuse(status: u16, code: &str, message: &str) -> Answer {
        let headers = vec![("X-Error-Code", code.to_owned()), ("X-Error-Message", message.to_owned())];
        Answer { status, headers, ..Answer::default() }
    }

    /// A file, or the rest of it.
    pub(super) fn file(content: &[u8], asked: &Asked) -> Answer {
        let whole = content.len();
        match asked.from {
            None => Answer { status: 200, content: content.to_vec(), ..Answer::default() },
            Some(from) if from >= whole => Answer { status: 416, ..Answer::default() },
            Some(from) => {
                let range = ("Content-Range", format!("bytes {from}-{}/{whole}", whole - 1));
                Answer { status: 206, headers: vec![range], content: content[from..].to_vec(), cut: None }
            }
        }
    }
}

pub(super) struct Server {
    pub(super) endpoint: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    ended: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    pub(super) fn start(mut answer: impl FnMut(&Asked) -> Answer + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (asked, ended) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (kept, over) = (asked.clone(), ended.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                if let Some(request) = read(&stream) {
                    kept.lock().unwrap().push(request.clone());
                    // Whoever asked may have gone away.
                    let _ = write(&stream, answer(&request));
                }
            }
        });
        Server { endpoint, asked, ended, thread: Some(thread) }
    }

    /// What was asked for since the last time.
    pub(super) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // It waits for a connection.
        let _ = TcpStream::connect(self.endpoint.trim_start_matches("http://"));
        let _ = self.thread.take().unwrap().join();
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let mut asked = Asked { path, ..Asked::default() };
    for line in lines.take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ")?;
        match name.to_lowercase().as_str() {
            "range" => asked.from = value.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok(),
            "authorization" => asked.token = value.strip_prefix("Bearer ").map(str::to_owned),
            _ => {}
        }
    }
    Some(asked)
}

fn write(mut stream: &TcpStream, answer: Answer) -> std::io::Result<()> {
    let length = answer.content.len();
    write!(stream, "HTTP/1.1 {} X\r\nConnection: close\r\nContent-Length: {length}\r\n", answer.status)?;
    for (name, value) in &answer.headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    stream.write_all(b"\r\n")?;
    stream.write_all(&answer.content[..answer.cut.unwrap_or(length).min(length)])
}

pub(super) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A repository: small files that the hub knows by their git digest, large ones by their SHA-256.
#[derive(Clone, Default)]
pub(super) struct Repository(pub(super) Vec<(&'static str, Vec<u8>)>);

impl Repository {
    /// A BERT's or Llama's files: what is in them is of no account here.
    pub(super) fn checkpoint(weights: usize) -> Repository {
        let weights = (0..weights).map(|n| (n * n % 251) as u8).collect();
        Repository(vec![
            ("config.json", b"{}".to_vec()),
            ("tokenizer.json", b"{ }".to_vec()),
            ("model.safetensors", weights),
        ])
    }

    pub(super) fn with(mut self, name: &'static str, content: &[u8]) -> Repository {
        self.0.push((name, content.to_vec()));
        self
    }

    pub(super) fn content(&self, name: &str) -> Option<&[u8]> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, content)| content.as_slice())
    }

    pub(super) fn sha256(&self, name: &str) -> String {
        Sha256::digest(self.content(name).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn listing(&self) -> String {
        let file = |(n, (name, content)): (usize, &(&str, Vec<u8>))| {
            let large = match name.ends_with(".json") {
                true => String::new(),
                false => format!(r#", "lfs": {{"sha256": "{}", "size": {}}}"#, self.sha256(name), content.len()),
            };
            format!(r#"{{"rfilename": "{name}", "size": {}, "blobId": "{n:040x}"{large}}}"#, content.len())
        };
        let files: Vec<String> = self.0.iter().enumerate().map(file).collect();
        format!(r#"{{"id": "x/y", "sha": "{COMMIT}", "gated": false, "siblings": [{}]}}"#, files.join(", "))
    }

    /// What the hub answers for the repository `owner/name`, of which it has the revisions `main` and `v1`.
    pub(super) fn answer(&self, asked: &Asked) -> Answer {
        let path = asked.path.split('?').next().unwrap();
        if let Some(revision) = path.strip_prefix("/api/models/owner/name/revision/") {
            return match ["main", "v1", COMMIT].contains(&revision) {
                true => Answer { status: 200, content: self.listing().into_bytes(), ..Answer::default() },
                false => Answer::refuse(404, "RevisionNotFound", &format!("Invalid rev id: {revision}")),
            };
        }
        if path.starts_with("/api/models/") {
            return Answer::refuse(401, "RepoNotFound", "Repository not found");
        }
        let name = path.strip_prefix(&format!("/owner/name/resolve/{COMMIT}/"));
        match name.and_then(|name| self.content(name)) {
            Some(content) => Answer::file(content, asked),
            None => Answer::refuse(404, "EntryNotFound", "Entry not found"),
        }
    }
}
