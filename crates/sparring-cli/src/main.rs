//! The command line of Sparring.
fn main() {}
