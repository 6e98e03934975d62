//! How a value without a face of its own shows itself as a cell's last expression.

use std::fmt::Debug;
use std::io::Write;

/// Shows any value that implements `Debug`, as evcxr would, where the type has no `evcxr_display` of its own.
///
/// An inherent method goes before a trait's, so a type's own face is taken first. With this trait in scope the call
/// compiles at once for every such value; evcxr alone compiles a cell that ends in one twice.
///
/// ```
/// use neurocell::prelude::*;
/// (0.5_f32 * 3.0).evcxr_display();
/// ```
#[diagnostic::on_unimplemented(
    message = "a `{Self}` cannot be shown",
    note = "end the line with `;`, or write `#[derive(Debug)]` above the type"
)]
pub trait ShowValue {
    /// Shows the value as text; `()` shows nothing.
    fn evcxr_display(&self);
}

impl<T: Debug + ?Sized> ShowValue for T {
    fn evcxr_display(&self) {
        show(&self);
    }
}

/// Not generic: a cell's own part of it, which is compiled with the cell, is one call.
fn show(value: &dyn Debug) {
    // Formatted before anything is written: a `Debug` that panics leaves no half of a message.
    let text = format!("{value:?}");
    if text == "()" {
        return;
    }
    let mut out = std::io::stdout().lock();
    let told = match std::env::var_os("EVCXR_IS_RUNTIME").is_some() || super::in_kernel() {
        true => writeln!(out, "EVCXR_BEGIN_CONTENT text/plain\n{text}\nEVCXR_END_CONTENT"),
        false => writeln!(out, "{text}"),
    };
    // A closed pipe means that nobody is there to read.
    let _ = told.and_then(|()| out.flush());
}
