//! The connection file: where the front end listens for this kernel, and the key that signs the messages.

use jupyter_protocol::{ConnectionInfo, Transport};
use neurocell::error::{Error, ErrorKind, Result};
use std::path::Path;

const WHO_WRITES_IT: &str = "Jupyter writes this file and passes its path; by hand, start the kernel with \
     `jupyter console --kernel neurocell` (after `neurocell install`)";

/// Reads a connection file.
///
/// # Errors
/// If it cannot be read, is not a connection file, or asks for a signature that is not HMAC-SHA256.
pub fn read(path: &Path) -> Result<ConnectionInfo> {
    let text = std::fs::read_to_string(path)
        .map_err(|cause| Error::file("read the connection file", path, cause, WHO_WRITES_IT))?;
    let mut info: ConnectionInfo = serde_json::from_str(&text)
        .map_err(|cause| Error::format(path, format!("this is no connection file: {cause}"), WHO_WRITES_IT))?;
    if !info.key.is_empty() && info.signature_scheme != "hmac-sha256" {
        let problem = format!("{}: signature scheme is `{}`", path.display(), info.signature_scheme);
        return Err(Error::new(ErrorKind::Value, problem, "set `Session.signature_scheme` of Jupyter to hmac-sha256"));
    }
    if info.transport == Transport::TCP {
        info.ip = match info.ip.as_str() {
            // What ZeroMQ's own library takes for "every interface" is spelled out for the one used here.
            "*" => "0.0.0.0".to_owned(),
            // An address of IPv6 has to be parted from the port.
            ip if ip.contains(':') && !ip.starts_with('[') => format!("[{ip}]"),
            ip => ip.to_owned(),
        };
    }
    Ok(info)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(content: &str) -> String {
        let path = std::env::temp_dir().join(format!("neurocell-connection-{}.json", uuid::Uuid::new_v4()));
        std::fs::write(&path, content).unwrap();
        let text = read(&path).map(|_| ()).unwrap_err().to_string();
        assert!(text.contains(&*path.to_string_lossy()), "{text} does not name the file");
        std::fs::remove_file(path).unwrap();
        text
    }

    #[test]
    fn a_missing_connection_file_is_named_with_advice() {
        let text = read(Path::new("/nowhere/kernel.json")).map(|_| ()).unwrap_err().to_string();
        assert!(text.contains("/nowhere/kernel.json") && text.contains("jupyter console"), "{text}");
    }

    #[test]
    fn a_broken_connection_file_says_what_is_wrong() {
        assert!(message("{").contains("no connection file"));
        assert!(message("[1]").contains("no connection file"));
        assert!(message(r#"{"ip": "127.0.0.1"}"#).contains("missing field"));
    }

    #[test]
    fn addresses_are_written_as_the_sockets_want_them() {
        let folder = tempfile::tempdir().unwrap();
        for (ip, address) in [
            ("*", "0.0.0.0"),
            ("::1", "[::1]"),
            ("[::1]", "[::1]"),
            ("127.0.0.1", "127.0.0.1"),
            ("localhost", "localhost"),
        ] {
            let path = folder.path().join("c.json");
            let info = serde_json::json!({ "ip": ip, "transport": "tcp", "shell_port": 1, "iopub_port": 2, "stdin_port": 3,
                "control_port": 4, "hb_port": 5, "key": "", "signature_scheme": "hmac-sha256" });
            std::fs::write(&path, info.to_string()).unwrap();
            assert_eq!(read(&path).unwrap().ip, address);
        }
    }

    #[test]
    fn another_signature_scheme_is_refused() {
        let text = message(
            r#"{"ip":"127.0.0.1","transport":"tcp","shell_port":1,"iopub_port":2,"stdin_port":3,"control_port":4,
                "hb_port":5,"key":"k","signature_scheme":"hmac-md5"}"#,
        );
        assert!(text.contains("hmac-md5"), "{text}");
    }
}
