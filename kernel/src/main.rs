fn main(){ evcxr::runtime_hook(); println!("{}", neurocell::notebook::in_kernel()); }
