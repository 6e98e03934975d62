//! Requests that need no engine.

use super::balance::{Balance, balance};
use jupyter_protocol::{
    CodeMirrorMode, CommInfoReply, CompleteReply, HelpLink, HistoryReply, InspectReply, IsCompleteReply,
    JupyterMessageContent, KernelInfoReply, LanguageInfo, ReplyStatus,
};

/// The answer to a request that needs no engine; none to what is no such request.
pub fn answer(request: &JupyterMessageContent) -> Option<JupyterMessageContent> {
    Some(match request {
        JupyterMessageContent::KernelInfoRequest(_) => kernel_info().into(),
        JupyterMessageContent::IsCompleteRequest(request) => match balance(&request.code) {
            Balance::Closed => IsCompleteReply::complete().into(),
            Balance::Open(depth) => IsCompleteReply::incomplete(" ".repeat(4 * depth)).into(),
            Balance::Wrong => IsCompleteReply::invalid().into(),
        },
        JupyterMessageContent::CompleteRequest(request) => {
            let here = request.cursor_pos;
            CompleteReply { cursor_start: here, cursor_end: here, ..Default::default() }.into()
        }
        JupyterMessageContent::InspectRequest(_) => InspectReply::default().into(),
        JupyterMessageContent::HistoryRequest(_) => HistoryReply::default().into(),
        JupyterMessageContent::CommInfoRequest(_) => CommInfoReply::default().into(),
        _ => return None,
    })
}

fn kernel_info() -> KernelInfoReply {
    let version = env!("CARGO_PKG_VERSION");
    KernelInfoReply {
        status: ReplyStatus::Ok,
        protocol_version: super::PROTOCOL.to_owned(),
        implementation: "neurocell".to_owned(),
        implementation_version: version.to_owned(),
        language_info: LanguageInfo {
            name: "rust".to_owned(),
            version: env!("CARGO_PKG_RUST_VERSION").to_owned(),
            mimetype: Some("text/rust".to_owned()),
            file_extension: Some(".rs".to_owned()),
            pygments_lexer: Some("rust".to_owned()),
            codemirror_mode: Some(CodeMirrorMode::Simple("rust".to_owned())),
            nbconvert_exporter: Some("script".to_owned()),
        },
        banner: format!(
            "neurocell {version}: which units of a language model move in step with which networks of the human brain"
        ),
        help_links: vec![HelpLink {
            text: "Rust standard library".to_owned(),
            url: "https://doc.rust-lang.org/std/".to_owned(),
        }],
        debugger: false,
        error: None,
    }
}
