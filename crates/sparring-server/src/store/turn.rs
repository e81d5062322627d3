//! Waiting for one's turn at what one server alone may have.

use std::time::Duration;

/// How often it is asked for again, and the time between.
const TRIES: u32 = 10;
const BETWEEN: Duration = Duration::from_millis(100);

/// Asks whether something is free until it is, for a second at most: a server that is ending, or a connection that
/// broke, lets go of it in a moment.
pub(super) fn soon<E>(mut free: impl FnMut() -> Result<bool, E>) -> Result<bool, E> {
    for _ in 0..TRIES {
        if free()? {
            return Ok(true);
        }
        std::thread::sleep(BETWEEN);
    }
    free()
}
