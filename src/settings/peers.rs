//! The names of peers in the file, as a list: in a table, those taken away would be taken for entries of a newer program.

use crate::model::PeerNames;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
struct Entry {
    address: String,
    name: String,
}

pub fn serialize<S: Serializer>(names: &PeerNames, out: S) -> Result<S::Ok, S::Error> {
    let entries = names.iter().map(|(key, name)| Entry { address: key.to_string(), name: name.into() });
    out.collect_seq(entries)
}

/// Entries whose address is none are left out.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PeerNames, D::Error> {
    let mut names = PeerNames::default();
    for Entry { address, name } in Vec::<Entry>::deserialize(from)? {
        if let Ok(key) = address.parse() {
            names.set(key, &name);
        }
    }
    Ok(names)
}
