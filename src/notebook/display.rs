//! Rich output of a cell.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::io::Write;

/// The first bytes of a line that is a message for the kernel: a control character that no text holds, and the name.
pub const FRAME: &str = "\u{1e}neurocell ";

/// Whether this process runs the cells of the neurocell kernel.
pub fn in_kernel() -> bool {
    std::env::var_os("NEUROCELL_KERNEL").is_some()
}

/// Shows one output in the notebook, given in several MIME types from which the front end takes the best.
///
/// Text types are given as they are, `image/png` as its bytes. In the neurocell kernel the output appears at once
/// and outputs keep their order; in stock evcxr it appears at the cell's end; elsewhere only `text/plain` is printed.
pub fn display(bundle: &[(&str, &[u8])]) {
    send(bundle, serde_json::json!({}));
}

/// Shows a picture, in one or several formats, whose pixels are finer than the size at which it is meant to be seen: `width` is in the page's pixels.
pub(crate) fn display_picture(bundle: &[(&str, &[u8])], width: u32) {
    let pictures = bundle.iter().filter(|(mime, _)| mime.starts_with("image/"));
    let metadata = pictures.map(|(mime, _)| ((*mime).to_owned(), serde_json::json!({ "width": width }))).collect();
    send(bundle, serde_json::Value::Object(metadata));
}

fn send(bundle: &[(&str, &[u8])], metadata: serde_json::Value) {
    let mut out = std::io::stdout().lock();
    // A closed pipe means that nobody is there to read: nothing is to be done about it.
    let _ = if in_kernel() {
        let data: serde_json::Map<String, serde_json::Value> =
            bundle.iter().map(|(mime, bytes)| ((*mime).to_owned(), content(mime, bytes).into())).collect();
        let message = serde_json::json!({ "display": data, "metadata": metadata });
        writeln!(out, "{FRAME}{message}")
    } else if std::env::var_os("EVCXR_IS_RUNTIME").is_some() {
        bundle.iter().try_for_each(|(mime, bytes)| {
            writeln!(out, "EVCXR_BEGIN_CONTENT {mime}\n{}\nEVCXR_END_CONTENT", content(mime, bytes))
        })
    } else {
        let plain = bundle.iter().find(|(mime, _)| *mime == "text/plain");
        plain.map_or(Ok(()), |(_, bytes)| writeln!(out, "{}", String::from_utf8_lossy(bytes)))
    };
    let _ = out.flush();
}

fn content(mime: &str, bytes: &[u8]) -> String {
    match mime.starts_with("text/") || mime.contains("xml") || mime.contains("json") {
        true => String::from_utf8_lossy(bytes).into_owned(),
        false => BASE64.encode(bytes),
    }
}
