//! evcxr's own Jupyter kernel, as published: the tests show that the prelude works in it too.
//!
//! `stock_kernel --control_file CONNECTION_FILE`

fn main() {
    if let Err(error) = evcxr_jupyter::main() {
        eprintln!("{error:?}");
        std::process::exit(1);
    }
}
