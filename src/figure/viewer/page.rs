//! The HTML of a view, and what all views of a page share.

use super::pack::gzip;
use crate::brain::Cortex;
use crate::error::{Error, Result};
use crate::figure::colour::cold_hot;
use crate::figure::template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest, Sha256};
use std::sync::OnceLock;

/// NiiVue's script, gzipped.
static NIIVUE: &[u8] = include_bytes!("../../../assets/niivue/niivue.umd.js.gz");
const VIEWER: &str = include_str!("viewer.js");
const SHARED: &str = include_str!("shared.js");
const START: &str = include_str!("start.js");

/// How a part that comes once per page is named in a message to the kernel.
pub const VIEWER_PART: &str = "viewer";

/// What tells the viewers of two versions apart on one page.
fn key() -> &'static str {
    static KEY: OnceLock<String> = OnceLock::new();
    KEY.get_or_init(|| {
        let mut hash = Sha256::new();
        for part in [NIIVUE, template::FILE, VIEWER.as_bytes(), SHARED.as_bytes()] {
            hash.update(part);
        }
        hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    })
}

/// The HTML of what all views share: NiiVue, the template, the cortex, and how they are put together.
///
/// # Errors
/// If the shipped surfaces cannot be read.
pub fn shared() -> Result<&'static str> {
    static HTML: OnceLock<Option<String>> = OnceLock::new();
    HTML.get_or_init(|| make_shared().ok())
        .as_deref()
        .ok_or_else(|| Error::value("the viewer's parts cannot be read", "build neurocell again from clean sources"))
}

fn make_shared() -> Result<String> {
    // Whole steps of a sixty-fourth: the scale's own entries are among them.
    let scale: Vec<_> = (-64..=64).map(|n| cold_hot(f64::from(n) / 64.0)).collect();
    let parts = serde_json::json!({
        "niivue": BASE64.encode(NIIVUE),
        "viewer": gzip(VIEWER.as_bytes())?,
        "template": BASE64.encode(template::FILE),
        "cortex": gzip(&cortex()?)?,
        "scale": scale,
        "coldest": cold_hot(-f64::MIN_POSITIVE),
    });
    let script = SHARED.replace("KEY", key()).replace("PARTS", &parts.to_string());
    Ok(format!(
        "<script>/* NiiVue 0.69.0, © 2021 NiiVue, BSD-2-Clause: https://github.com/niivue/niivue */\n{script}</script>\n"
    ))
}

/// Inflated surfaces in 1/100 mm, sulcal depth, triangles: each hemisphere around its own centre.
fn cortex() -> Result<Vec<u8>> {
    let cortex = Cortex::fsaverage5()?;
    let vertices = cortex.hemispheres[0].inflated.len();
    let mut bytes: Vec<u8> =
        [vertices, cortex.triangles.len()].iter().flat_map(|n| (*n as u32).to_le_bytes()).collect();
    bytes.extend(cortex.triangles.iter().flatten().flat_map(|vertex| vertex.to_le_bytes()));
    for side in &cortex.hemispheres {
        let bound = |axis: usize| {
            side.inflated
                .iter()
                .map(|p| p[axis])
                .fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)))
        };
        let middle = [0, 1, 2].map(|axis| 0.5 * (bound(axis).0 + bound(axis).1));
        let points =
            side.inflated.iter().flat_map(|p| [0, 1, 2].map(|axis| (100.0 * (p[axis] - middle[axis])).round() as i16));
        bytes.extend(points.flat_map(|n| n.to_le_bytes()));
    }
    for side in &cortex.hemispheres {
        bytes.extend(side.depth.iter().map(|d| (127.0 * d.clamp(-1.0, 1.0)).round() as i8 as u8));
    }
    Ok(bytes)
}

/// The HTML of one view: a still picture that stays where no scripts run, what the view is about, and its values.
pub(super) fn view(picture: &[u8], alt: &str, about: &serde_json::Value, values: &str) -> String {
    let about = about.to_string().replace('<', "\\u003c");
    format!(
        "<div class=\"neurocell-view\" data-viewer=\"{}\">\n\
         <img alt=\"{}\" style=\"max-width: 100%\" src=\"data:image/png;base64,{}\">\n\
         <p class=\"neurocell-note\">A still picture of an interactive view: it can be turned and sliced once the notebook is trusted, where scripts run.</p>\n\
         <script type=\"application/json\" class=\"neurocell-about\">{about}</script>\n\
         <script type=\"text/plain\" class=\"neurocell-values\">{values}</script>\n\
         <script>{START}</script>\n</div>\n",
        key(),
        escape(alt),
        BASE64.encode(picture)
    )
}

/// A whole page with one view.
pub(super) fn page(title: &str, view: &str) -> Result<String> {
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{}</title>\n<style>\n\
         :root {{ color-scheme: light dark; }}\n\
         body {{ margin: 24px auto; max-width: 900px; padding: 0 16px; font-family: system-ui, sans-serif; background: #fff; color: #222; }}\n\
         @media (prefers-color-scheme: dark) {{ body {{ background: #111; color: #eee; }} }}\n\
         </style>\n</head>\n<body>\n{view}{}</body>\n</html>\n",
        escape(title),
        shared()?
    ))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
