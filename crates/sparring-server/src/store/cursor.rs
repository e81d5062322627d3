//! Where a page of a list begins.

use super::StoreError;

/// Keys as a cursor: opaque to clients, safe in an address.
pub(super) fn encode<const N: usize>(keys: [i64; N]) -> String {
    keys.map(|key| format!("{key:x}")).join("-")
}

pub(super) fn decode<const N: usize>(cursor: &str) -> Result<[i64; N], StoreError> {
    let keys = cursor.split('-').map(|key| i64::from_str_radix(key, 16));
    let keys: Result<Vec<i64>, _> = keys.collect();
    keys.ok()
        .and_then(|keys| keys.try_into().ok())
        .ok_or_else(|| StoreError::Cursor {
            cursor: cursor.to_owned(),
        })
}
