//! One event in eight bytes.

use crate::moment::Moment;

/// Items that an event can name.
pub(crate) const MAX_ITEMS: usize = 1 << 24;
/// Kinds of feedback that an event can name.
pub(crate) const MAX_KINDS: usize = 1 << 8;

/// What was done to an item, and when.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event {
    /// The kind in the upper 8 bits, the item in the others.
    what: u32,
    /// Seconds since 1970.
    pub(crate) secs: u32,
}

impl Event {
    pub(crate) fn new(kind: u8, item: u32, time: Moment) -> Self {
        Self {
            what: u32::from(kind) << 24 | item,
            secs: time.secs(),
        }
    }

    pub(crate) fn item(self) -> u32 {
        self.what & 0x00ff_ffff
    }

    pub(crate) fn kind(self) -> u8 {
        self.what.to_be_bytes()[0]
    }

    /// Whether it stands for the same kind and item.
    pub(crate) fn is_same(self, other: Self) -> bool {
        self.what == other.what
    }
}
