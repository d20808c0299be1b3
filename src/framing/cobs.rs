//! Consistent Overhead Byte Stuffing (Cheshire and Baker, IEEE/ACM Transactions on Networking 7, 1999).

use std::borrow::Cow;

/// The content of a frame without its zeros. What is not encoded so is left as it is.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut content = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [code, after @ ..] = rest {
        let count = usize::from(*code).wrapping_sub(1);
        let Some((group, after)) = after.split_at_checked(count) else { return Cow::Borrowed(bytes) };
        content.extend_from_slice(group);
        if *code < 0xFF && !after.is_empty() {
            content.push(0);
        }
        rest = after;
    }
    Cow::Owned(content)
}
