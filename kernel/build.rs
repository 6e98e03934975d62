//! Tells the binary for which host it was built: cells are linked to that host's standard library.
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-env=NEUROCELL_HOST={}", std::env::var("TARGET").unwrap_or_default());
}
