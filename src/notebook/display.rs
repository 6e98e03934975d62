//! Rich output of a cell.

use crate::figure::viewer;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

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
    send(bundle, Extra::default());
}

/// Shows a picture, in one or several formats, whose pixels are finer than the size at which it is meant to be seen: `width` is in the page's pixels.
pub(crate) fn display_picture(bundle: &[(&str, &[u8])], width: u32) {
    send(bundle, Extra { width: Some(width), ..Extra::default() });
}

/// A picture that takes the place of an earlier one, or whose place a later one may take. In the neurocell kernel only: elsewhere nothing is shown.
pub(crate) fn display_at(bundle: &[(&str, &[u8])], width: u32, place: Place) {
    if in_kernel() {
        send(bundle, Extra { width: Some(width), place: Some(place), ..Extra::default() });
    }
}

/// Shows an output whose HTML needs a part that a page holds once ([`page_part`]).
///
/// The neurocell kernel puts the part where no other cell of the notebook holds it; in stock evcxr it comes with the first such output of a session.
pub(crate) fn display_with_part(bundle: &[(&str, &[u8])], part: Option<&str>) {
    send(bundle, Extra { part, ..Extra::default() });
}

/// HTML that several outputs of a page need and that is too large to come with each; none of that name is an empty text.
pub fn page_part(name: &str) -> &'static str {
    // Parts that cannot be read are no reason to show nothing: the still picture stays.
    if name == viewer::VIEWER_PART { viewer::shared().unwrap_or_default() } else { "" }
}

/// An output's place on the page.
pub(crate) struct Place<'a> {
    /// The same for all that take each other's place.
    pub id: &'a str,
    /// Whether it takes an earlier one's place.
    pub update: bool,
}

/// What is said of an output beside its contents.
#[derive(Default)]
struct Extra<'a> {
    /// Of pictures, in the page's pixels.
    width: Option<u32>,
    part: Option<&'a str>,
    place: Option<Place<'a>>,
}

impl Extra<'_> {
    /// The message that shows the output.
    fn message(&self, bundle: &[(&str, &[u8])]) -> serde_json::Value {
        let data: serde_json::Map<String, serde_json::Value> =
            bundle.iter().map(|(mime, bytes)| ((*mime).to_owned(), content(mime, bytes).into())).collect();
        let pictures = bundle.iter().filter(|(mime, _)| self.width.is_some() && mime.starts_with("image/"));
        let metadata: serde_json::Map<String, serde_json::Value> =
            pictures.map(|(mime, _)| ((*mime).to_owned(), serde_json::json!({ "width": self.width }))).collect();
        let mut message = serde_json::json!({ "display": data, "metadata": metadata });
        if let Some(part) = self.part {
            message["part"] = part.into();
        }
        if let Some(Place { id, update }) = self.place {
            message["display_id"] = id.into();
            message["update"] = update.into();
        }
        message
    }
}

fn send(bundle: &[(&str, &[u8])], extra: Extra) {
    /// Whether stock evcxr has shown a part; there is one kind of them.
    static SHOWN: AtomicBool = AtomicBool::new(false);
    let mut out = std::io::stdout().lock();
    // A closed pipe means that nobody is there to read: nothing is to be done about it.
    let _ = if in_kernel() {
        writeln!(out, "{FRAME}{}", extra.message(bundle))
    } else if std::env::var_os("EVCXR_IS_RUNTIME").is_some() {
        let part = extra.part.filter(|_| !SHOWN.swap(true, Ordering::Relaxed)).map_or("", page_part);
        bundle.iter().try_for_each(|(mime, bytes)| {
            let part = if *mime == "text/html" { part } else { "" };
            writeln!(out, "EVCXR_BEGIN_CONTENT {mime}\n{}{part}\nEVCXR_END_CONTENT", content(mime, bytes))
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
