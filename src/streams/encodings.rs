//! The encoding of each connection's text.

use crate::codec::Encoding;
use crate::model::ConnectionId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The encoding of each connection: one of its own, or that of the rest. Cheap to clone and to compare, so that a copy
/// serves as the key of a cache.
#[derive(Clone, Debug, Default)]
pub struct Encodings {
    default: Encoding,
    own: Arc<BTreeMap<ConnectionId, Encoding>>,
}

impl PartialEq for Encodings {
    fn eq(&self, other: &Self) -> bool {
        self.default == other.default && (Arc::ptr_eq(&self.own, &other.own) || self.own == other.own)
    }
}

impl Eq for Encodings {}

impl From<Encoding> for Encodings {
    /// The same encoding for all connections.
    fn from(default: Encoding) -> Self {
        Self { default, own: Arc::default() }
    }
}

impl Encodings {
    /// The encoding of connections that have none of their own.
    #[must_use]
    pub fn of_rest(&self) -> Encoding {
        self.default
    }

    /// The encoding of a connection.
    #[must_use]
    pub fn of(&self, connection: ConnectionId) -> Encoding {
        self.own_of(connection).unwrap_or(self.default)
    }

    /// The encoding that a connection has of its own.
    #[must_use]
    pub fn own_of(&self, connection: ConnectionId) -> Option<Encoding> {
        self.own.get(&connection).copied()
    }

    /// The connections that have an encoding of their own.
    pub fn connections(&self) -> impl Iterator<Item = ConnectionId> {
        self.own.keys().copied()
    }

    /// All encodings in use, each once; first that of the rest.
    #[must_use]
    pub fn distinct(&self) -> Vec<Encoding> {
        let mut all = vec![self.default];
        for encoding in self.own.values() {
            if !all.contains(encoding) {
                all.push(*encoding);
            }
        }
        all
    }

    /// The same with another encoding for the rest.
    #[must_use]
    pub fn with_rest(&self, default: Encoding) -> Self {
        Self { default, own: self.own.clone() }
    }

    /// Gives a connection an encoding of its own, or that of the rest (`None`).
    pub fn set(&mut self, connection: ConnectionId, encoding: Option<Encoding>) {
        if self.own_of(connection) == encoding {
            return;
        }
        let own = Arc::make_mut(&mut self.own);
        match encoding {
            Some(encoding) => own.insert(connection, encoding),
            None => own.remove(&connection),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_has_its_own_encoding_or_that_of_the_rest() {
        let (first, second) = (ConnectionId(1), ConnectionId(2));
        let mut encodings = Encodings::from(Encoding::Utf8);
        let before = encodings.clone();
        encodings.set(second, Some(Encoding::Gbk));
        assert_eq!((encodings.of(first), encodings.of(second)), (Encoding::Utf8, Encoding::Gbk));
        assert_eq!(encodings.distinct(), [Encoding::Utf8, Encoding::Gbk]);
        assert_ne!(before, encodings);
        assert_eq!(before.of(second), Encoding::Utf8, "what was handed out stays");
        let other = encodings.with_rest(Encoding::Gbk);
        assert_eq!((other.of(first), other.distinct()), (Encoding::Gbk, vec![Encoding::Gbk]));
        encodings.set(second, None);
        assert_eq!(before, encodings);
    }
}
