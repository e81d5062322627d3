//! The integration tests of the library.

mod artifact;
