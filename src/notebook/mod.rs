//! The prelude's side of the kernel: display, progress, cancellation.
//!
//! What a cell prints reaches the kernel line by line. A line that begins with [`FRAME`] is not
//! text for the reader but a message for the kernel: one JSON object. Outside the neurocell kernel
//! (stock evcxr, a test, a script) nothing of that kind is printed.

mod cancel;
mod display;
pub mod extent;
mod hooks;
mod live;
mod live_steps;
mod memory;
mod progress;
mod show;
mod tables;
mod value;

pub use cancel::{cancel_requested, check_cancelled, request_cancel};
pub use display::{FRAME, display, in_kernel, page_part};
pub(crate) use display::{display_picture, display_with_part};
pub use live::{LiveFigure, live};
pub(crate) use live_steps::{LiveMap, LiveObjective};
pub(crate) use memory::{free_memory, state_memory};
pub use progress::Progress;
pub use value::ShowValue;
