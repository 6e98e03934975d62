//! Messages as they stand on the wire: identities, signature, header, parent header, metadata, content.
//!
//! Headers and contents are kept as JSON, so that a reply's parent header is the request's header and nothing less.
//! A message with a wrong signature, or one whose signature was seen before, is refused, as Jupyter's own `Session` does.

use crate::clock::utc;
use crate::hex::hex;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;
use zeromq::ZmqMessage;

/// The version of the protocol that messages carry.
pub const PROTOCOL: &str = "5.5";

const DELIMITER: &[u8] = b"<IDS|MSG>";

/// Signatures that are remembered, so that no message is taken twice.
const REMEMBERED: usize = 1 << 16;

/// A message that came or goes.
#[derive(Debug, Clone)]
pub struct Message {
    /// Where it came from, or where it goes; on iopub the topic.
    pub identities: Vec<Vec<u8>>,
    pub header: Value,
    pub parent_header: Value,
    pub metadata: Value,
    pub content: Value,
}

impl Message {
    /// A message of the kernel's own, in answer to `parent` and addressed to its sender.
    pub fn new(msg_type: &str, content: Value, parent: Option<&Message>) -> Message {
        Message {
            identities: parent.map_or(Vec::new(), |parent| parent.identities.clone()),
            header: json!({
                "msg_id": uuid::Uuid::new_v4().to_string(),
                "username": "kernel",
                "date": utc(SystemTime::now()),
                "msg_type": msg_type,
                "version": PROTOCOL,
            }),
            parent_header: parent.map_or(json!({}), |parent| parent.header.clone()),
            metadata: json!({}),
            content,
        }
    }

    pub fn msg_type(&self) -> &str {
        self.header["msg_type"].as_str().unwrap_or_default()
    }

    pub fn id(&self) -> &str {
        self.header["msg_id"].as_str().unwrap_or_default()
    }
}

/// Signs what goes and checks what comes.
pub struct Session {
    id: String,
    key: Vec<u8>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    signatures: HashSet<Vec<u8>>,
    order: VecDeque<Vec<u8>>,
}

impl Seen {
    /// Notes a signature; false if it is known.
    fn note(&mut self, signature: &[u8]) -> bool {
        if !self.signatures.insert(signature.to_vec()) {
            return false;
        }
        self.order.push_back(signature.to_vec());
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.signatures.remove(&oldest);
        }
        true
    }
}

/// Why a message was not taken.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    NoDelimiter,
    TooShort(usize),
    Unsigned,
    WrongSignature,
    Repeated,
    NoJson(&'static str, String),
    NoObject(&'static str),
    NoType,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::NoDelimiter => write!(f, "it has no <IDS|MSG>"),
            Refused::TooShort(parts) => write!(f, "it has {parts} parts after <IDS|MSG>, and at least 5 are due"),
            Refused::Unsigned => write!(f, "it is not signed"),
            Refused::WrongSignature => write!(f, "its signature is wrong: another key?"),
            Refused::Repeated => write!(f, "its signature was seen before"),
            Refused::NoJson(part, cause) => write!(f, "its {part} is no JSON: {cause}"),
            Refused::NoObject(part) => write!(f, "its {part} is no JSON object"),
            Refused::NoType => write!(f, "its header has no msg_id or no msg_type"),
        }
    }
}

impl Session {
    /// A session with an id of its own; without a key nothing is signed and nothing is checked.
    pub fn new(key: &str) -> Session {
        Session { id: uuid::Uuid::new_v4().to_string(), key: key.as_bytes().to_vec(), seen: Mutex::default() }
    }

    /// The frames of a message, signed.
    pub fn pack(&self, mut message: Message) -> ZmqMessage {
        if let Value::Object(header) = &mut message.header {
            header.insert("session".to_owned(), Value::String(self.id.clone()));
        }
        let parts = [&message.header, &message.parent_header, &message.metadata, &message.content];
        // Displaying a JSON value cannot fail.
        let parts = parts.map(|part| part.to_string().into_bytes());
        let signature = match self.key.is_empty() {
            true => String::new(),
            false => hex(&signature(&self.key, &parts)),
        };
        let mut frames = message.identities.into_iter();
        let mut packed = match frames.next() {
            Some(first) => ZmqMessage::from(first),
            None => ZmqMessage::from(Vec::new()),
        };
        frames.for_each(|frame| packed.push_back(frame.into()));
        packed.push_back(DELIMITER.to_vec().into());
        packed.push_back(signature.into_bytes().into());
        parts.into_iter().for_each(|part| packed.push_back(part.into()));
        packed
    }

    /// The message in these frames.
    ///
    /// # Errors
    /// If it is no message of the protocol, or the signature is not the key's, or was seen before.
    pub fn unpack(&self, frames: &ZmqMessage) -> Result<Message, Refused> {
        let delimiter = frames.iter().position(|frame| frame[..] == *DELIMITER).ok_or(Refused::NoDelimiter)?;
        let parts: Vec<&[u8]> = frames.iter().skip(delimiter + 1).map(|frame| &frame[..]).collect();
        let [signed, header, parent_header, metadata, content, ..] = parts.as_slice() else {
            return Err(Refused::TooShort(parts.len()));
        };
        if !self.key.is_empty() {
            if signed.is_empty() {
                return Err(Refused::Unsigned);
            }
            let due = hex(&signature(&self.key, &[header, parent_header, metadata, content]));
            if !same(due.as_bytes(), &signed.to_ascii_lowercase()) {
                return Err(Refused::WrongSignature);
            }
            if !self.seen.lock().unwrap_or_else(PoisonError::into_inner).note(due.as_bytes()) {
                return Err(Refused::Repeated);
            }
        }
        let header = object("header", header)?;
        if !header["msg_id"].is_string() || !header["msg_type"].is_string() {
            return Err(Refused::NoType);
        }
        Ok(Message {
            identities: frames.iter().take(delimiter).map(|frame| frame.to_vec()).collect(),
            header,
            parent_header: object("parent header", parent_header)?,
            metadata: object("metadata", metadata)?,
            content: object("content", content)?,
        })
    }
}

fn object(name: &'static str, bytes: &[u8]) -> Result<Value, Refused> {
    let value: Value = serde_json::from_slice(bytes).map_err(|cause| Refused::NoJson(name, cause.to_string()))?;
    match value {
        Value::Object(_) => Ok(value),
        // Some front ends write a missing parent as null.
        Value::Null => Ok(Value::Object(Map::new())),
        _ => Err(Refused::NoObject(name)),
    }
}

/// HMAC-SHA256 (RFC 2104) over the parts, one after the other.
fn signature(key: &[u8], parts: &[impl AsRef<[u8]>]) -> [u8; 32] {
    const BLOCK: usize = 64;
    let mut padded = [0; BLOCK];
    match key.len() > BLOCK {
        true => padded[..32].copy_from_slice(&Sha256::digest(key)),
        false => padded[..key.len()].copy_from_slice(key),
    }
    let mut inner = Sha256::new();
    inner.update(padded.map(|byte| byte ^ 0x36));
    parts.iter().for_each(|part| inner.update(part));
    let mut outer = Sha256::new();
    outer.update(padded.map(|byte| byte ^ 0x5c));
    outer.update(inner.finalize());
    outer.finalize().into()
}

/// Compares in a time that does not tell where the two differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(parts: &[&[u8]]) -> ZmqMessage {
        let mut message = ZmqMessage::from(parts[0].to_vec());
        parts[1..].iter().for_each(|part| message.push_back(part.to_vec().into()));
        message
    }

    #[test]
    fn the_signature_is_that_of_rfc_4231() {
        let signed = signature(b"Jefe", &[&b"what do ya want "[..], b"for nothing?"]);
        assert_eq!(hex(&signed), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let long = [0xaa; 131];
        let signed = signature(&long, &[b"Test Using Larger Than Block-Size Key - Hash Key First"]);
        assert_eq!(hex(&signed), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }

    #[test]
    fn a_message_comes_out_as_it_went_in_and_only_once() {
        let session = Session::new("key");
        let request =
            Message { identities: vec![b"me".to_vec()], ..Message::new("x_request", json!({ "a": "é" }), None) };
        let reply = Message::new("x_reply", json!({}), Some(&request));
        assert_eq!(reply.parent_header, request.header);
        let packed = session.pack(reply);
        let read = session.unpack(&packed).unwrap();
        assert_eq!((read.msg_type(), &read.identities), ("x_reply", &request.identities));
        assert_eq!(read.parent_header, request.header);
        assert_eq!(session.unpack(&packed).unwrap_err(), Refused::Repeated);
        assert_eq!(Session::new("other").unpack(&packed).unwrap_err(), Refused::WrongSignature);
        assert!(Session::new("").unpack(&packed).is_ok());
    }

    #[test]
    fn what_is_no_message_is_refused_with_its_reason() {
        let open = Session::new("");
        let header: &[u8] = br#"{"msg_id":"1","msg_type":"x"}"#;
        for (parts, why) in [
            (&[&b"a"[..], b"b"][..], Refused::NoDelimiter),
            (&[DELIMITER], Refused::TooShort(0)),
            (&[b"a", DELIMITER, b"", header, b"{}", b"{}"], Refused::TooShort(4)),
            (&[DELIMITER, b"", b"{}", b"{}", b"{}", b"{}"], Refused::NoType),
            (&[DELIMITER, b"", b"[]", b"{}", b"{}", b"{}"], Refused::NoObject("header")),
            (&[DELIMITER, b"", header, b"{}", b"{}", b"3"], Refused::NoObject("content")),
        ] {
            assert_eq!(open.unpack(&frames(parts)).unwrap_err(), why);
        }
        let broken = open.unpack(&frames(&[DELIMITER, b"", header, b"{}", b"{}", b"{\xff"])).unwrap_err();
        assert!(matches!(broken, Refused::NoJson("content", _)), "{broken}");
        let unsigned = frames(&[DELIMITER, b"", header, b"{}", b"{}", b"{}"]);
        assert_eq!(Session::new("key").unpack(&unsigned).unwrap_err(), Refused::Unsigned);
    }
}
