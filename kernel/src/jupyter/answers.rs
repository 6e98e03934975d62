//! Requests that need no engine.

use super::history::History;
use super::message::{Message, PROTOCOL};
use crate::syntax::{Completeness, completeness};
use serde_json::{Value, json};
use std::process::Command;
use std::sync::OnceLock;

/// The answer to a request that needs no engine, as type and content; none to what is no such request.
///
/// # Errors
/// The text says what is wrong with the request.
pub fn answer(request: &Message, history: &History) -> Result<Option<(&'static str, Value)>, String> {
    let content = &request.content;
    Ok(Some(match request.msg_type() {
        "kernel_info_request" => ("kernel_info_reply", kernel_info()),
        "is_complete_request" => ("is_complete_reply", is_complete(content)?),
        "history_request" => ("history_reply", json!({ "status": "ok", "history": history.find(content)? })),
        // No comm lives here: an open one is closed at once.
        "comm_info_request" => ("comm_info_reply", json!({ "status": "ok", "comms": {} })),
        "debug_request" => ("debug_reply", no_debugger(content)),
        _ => return Ok(None),
    }))
}

fn is_complete(content: &Value) -> Result<Value, String> {
    let code = content["code"].as_str().ok_or("it has no code")?;
    Ok(match completeness(code) {
        Completeness::Complete => json!({ "status": "complete" }),
        Completeness::Incomplete(indent) => json!({ "status": "incomplete", "indent": indent }),
        Completeness::Invalid => json!({ "status": "invalid" }),
        Completeness::Unknown => json!({ "status": "unknown" }),
    })
}

/// As the debug adapter protocol refuses a command, and as Jupyter marks a failed request.
fn no_debugger(request: &Value) -> Value {
    let message = "this kernel has no debugger";
    json!({
        "status": "error",
        "ename": "NoDebugger",
        "evalue": message,
        "traceback": [],
        "type": "response",
        "seq": 0,
        "request_seq": request["seq"].as_i64().unwrap_or(0),
        "success": false,
        "command": request["command"].as_str().unwrap_or_default(),
        "message": message,
        "body": {},
    })
}

fn kernel_info() -> Value {
    let version = env!("CARGO_PKG_VERSION");
    json!({
        "status": "ok",
        "protocol_version": PROTOCOL,
        "implementation": "neurocell",
        "implementation_version": version,
        "language_info": {
            "name": "rust",
            "version": rust_version(),
            "mimetype": "text/rust",
            "file_extension": ".rs",
            "pygments_lexer": "rust",
            "codemirror_mode": "rust",
            "nbconvert_exporter": "script",
        },
        "banner": format!(
            "neurocell {version}: which units of a language model move in step with which networks of the human brain\n\
             Rust {}. `use neurocell::prelude::*` is said already; :help lists the commands",
            rust_version()
        ),
        "help_links": [
            { "text": "The Rust book", "url": "https://doc.rust-lang.org/book/" },
            { "text": "Rust standard library", "url": "https://doc.rust-lang.org/std/" },
            { "text": "ndarray for NumPy users", "url": "https://docs.rs/ndarray/latest/ndarray/doc/ndarray_for_numpy_users/" },
        ],
        "debugger": false,
        "supported_features": [],
    })
}

/// The version of the compiler that the cells meet; asked once.
pub fn rust_version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        let printed = Command::new("rustc").arg("--version").output().map(|output| output.stdout).unwrap_or_default();
        // `rustc 1.95.0 (59807616e 2026-04-14)`
        let version = String::from_utf8_lossy(&printed).split_whitespace().nth(1).map(str::to_owned);
        version.unwrap_or_else(|| env!("CARGO_PKG_RUST_VERSION").to_owned())
    })
}
