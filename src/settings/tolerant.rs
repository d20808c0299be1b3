//! Reading and writing tables of settings entry by entry, so that what another version of the program wrote is kept.
//!
//! An entry with an unknown key, or with a value that this program cannot read, costs nothing but itself: it has the
//! default value, and is written back unless the user has changed it.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use toml::Table;

/// Reads the entries of a table; those that are missing or cannot be read are as in `default`. Also returns the entries
/// that are unknown or could not be read.
///
/// # Errors
/// `default` itself cannot be written and read.
pub(super) fn read<T: Serialize + DeserializeOwned>(
    given: Table,
    default: &T,
) -> Result<(T, Table), toml::de::Error> {
    let defaults = Table::try_from(default).map_err(serde::de::Error::custom)?;
    let mut table = defaults.clone();
    table.extend(given.clone());
    let mut unknown = Table::new();
    let value = match T::deserialize(table) {
        Ok(value) => value,
        Err(_) => {
            let mut table = defaults;
            for (key, value) in &given {
                let before = table.insert(key.clone(), value.clone());
                if T::deserialize(table.clone()).is_err() {
                    unknown.insert(key.clone(), value.clone());
                    match before {
                        Some(before) => table.insert(key.clone(), before),
                        None => table.remove(key),
                    };
                }
            }
            T::deserialize(table)?
        }
    };
    let known = Table::try_from(&value).map_err(serde::de::Error::custom)?;
    unknown.extend(given.into_iter().filter(|(key, _)| !known.contains_key(key)));
    Ok((value, unknown))
}

/// The table of a value, with the entries that [`read`] could not read, as far as they were not changed since: they have
/// the value of `default`.
///
/// # Errors
/// The value cannot be written as TOML.
pub(super) fn write<T: Serialize>(
    value: &T,
    default: &T,
    unknown: &Table,
) -> Result<Table, toml::ser::Error> {
    let mut table = Table::try_from(value)?;
    let defaults = Table::try_from(default)?;
    for (key, value) in unknown {
        if table.get(key) == defaults.get(key) {
            table.insert(key.clone(), value.clone());
        }
    }
    Ok(table)
}

/// An element of a list in the settings, which keeps what [`read`] could not read of it.
pub(super) trait Element: Serialize + DeserializeOwned {
    /// The element with the defaults for the entries that are given.
    fn default_for(given: &Table) -> Self;
    fn unknown(&self) -> &Table;
    fn set_unknown(&mut self, unknown: Table);
}

/// Reads a list of tables.
///
/// # Errors
/// It is something else.
pub(super) fn deserialize<'de, D: Deserializer<'de>, T: Element>(from: D) -> Result<Vec<T>, D::Error> {
    let read_element = |given: Table| {
        let default = T::default_for(&given);
        let (mut element, unknown) = read(given, &default)?;
        element.set_unknown(unknown);
        Ok(element)
    };
    let given = Vec::<Table>::deserialize(from)?;
    let read: Result<_, toml::de::Error> = given.into_iter().map(read_element).collect();
    read.map_err(serde::de::Error::custom)
}

/// Writes a list of tables.
///
/// # Errors
/// An element cannot be written as TOML.
pub(super) fn serialize<S: Serializer, T: Element>(list: &[T], out: S) -> Result<S::Ok, S::Error> {
    let write_element = |element: &T| {
        let default = T::default_for(&Table::try_from(element)?);
        write(element, &default, element.unknown())
    };
    let tables: Result<Vec<_>, toml::ser::Error> = list.iter().map(write_element).collect();
    tables.map_err(serde::ser::Error::custom)?.serialize(out)
}
