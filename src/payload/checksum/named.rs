//! The checksums that have a name, and finding them by each of the names that people and manuals use.

use super::crc::CATALOGUE;
use super::sums::Bits;
use super::{Algorithm, ByteOrder, Form, Sum};
use std::sync::OnceLock;

/// A checksum with a name, and what is usual for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its name; for a model of the catalogue the catalogue's.
    pub name: String,
    /// Other names that mean exactly this one.
    pub aliases: &'static [&'static str],
    /// How it is computed.
    pub algorithm: Algorithm,
    /// The usual order of its bytes.
    pub order: ByteOrder,
    /// How it is usually written.
    pub form: Form,
    /// The checksum of the ASCII digits `123456789`.
    pub check: u128,
}

/// The checksums of the catalogue have their names from it; these are known by others as well.
const ALIASES: &[(&str, &[&str])] = &[
    ("CRC-4/G-704", &["CRC-4/ITU"]),
    ("CRC-5/EPC-C1G2", &["CRC-5/EPC"]),
    ("CRC-5/G-704", &["CRC-5/ITU"]),
    ("CRC-6/G-704", &["CRC-6/ITU"]),
    ("CRC-7/MMC", &["CRC-7", "SD card"]),
    ("CRC-8/I-432-1", &["CRC-8/ITU", "ATM HEC"]),
    ("CRC-8/MAXIM-DOW", &["CRC-8/MAXIM", "DOW", "DOW-CRC", "1-Wire", "iButton"]),
    ("CRC-8/SMBUS", &["CRC-8", "SMBus", "PEC"]),
    ("CRC-8/TECH-3250", &["CRC-8/AES", "CRC-8/EBU"]),
    ("CRC-10/ATM", &["CRC-10", "CRC-10/I-610"]),
    ("CRC-11/FLEXRAY", &["CRC-11"]),
    ("CRC-12/UMTS", &["CRC-12/3GPP"]),
    ("CRC-15/CAN", &["CRC-15", "CAN"]),
    ("CRC-16/ARC", &["CRC-16", "CRC-16/IBM", "CRC-16/LHA", "CRC-IBM", "ARC", "LHA"]),
    ("CRC-16/GENIBUS", &["CRC-16/DARC", "CRC-16/EPC", "CRC-16/EPC-C1G2", "CRC-16/I-CODE"]),
    ("CRC-16/IBM-3740", &["CRC-16/CCITT-FALSE", "CCITT-FALSE", "CRC-16/AUTOSAR"]),
    (
        "CRC-16/IBM-SDLC",
        &["CRC-16/X-25", "X-25", "CRC-16/ISO-HDLC", "HDLC", "CRC-16/ISO-IEC-14443-3-B", "CRC-B", "SDLC"],
    ),
    ("CRC-16/ISO-IEC-14443-3-A", &["CRC-A"]),
    ("CRC-16/KERMIT", &["KERMIT", "CRC-16/CCITT-TRUE", "CCITT-TRUE", "CRC-16/BLUETOOTH", "CRC-16/V-41-LSB"]),
    ("CRC-16/MAXIM-DOW", &["CRC-16/MAXIM"]),
    ("CRC-16/MODBUS", &["MODBUS", "MODBUS RTU"]),
    ("CRC-16/SPI-FUJITSU", &["CRC-16/AUG-CCITT"]),
    ("CRC-16/UMTS", &["CRC-16/BUYPASS", "CRC-16/VERIFONE"]),
    ("CRC-16/XMODEM", &["XMODEM", "ZMODEM", "CRC-16/ACORN", "CRC-16/LTE", "CRC-16/V-41-MSB"]),
    ("CRC-24/OPENPGP", &["CRC-24", "OpenPGP"]),
    ("CRC-32/AIXM", &["CRC-32Q"]),
    ("CRC-32/BASE91-D", &["CRC-32D"]),
    ("CRC-32/BZIP2", &["CRC-32/AAL5", "CRC-32/DECT-B", "bzip2"]),
    ("CRC-32/CKSUM", &["CRC-32/POSIX", "cksum", "POSIX"]),
    ("CRC-32/ISCSI", &["CRC-32C", "CRC-32/CASTAGNOLI", "CASTAGNOLI", "iSCSI", "SCTP"]),
    (
        "CRC-32/ISO-HDLC",
        &["CRC-32", "Ethernet", "PKZIP", "zip", "gzip", "PNG", "CRC-32/ADCCP", "CRC-32/V-42", "CRC-32/XZ"],
    ),
    ("CRC-32/JAMCRC", &["JAMCRC"]),
    ("CRC-64/ECMA-182", &["CRC-64"]),
    ("CRC-64/XZ", &["CRC-64/GO-ECMA"]),
];

/// Names that are used for several checksums, and these.
const AMBIGUOUS: &[(&str, &[&str])] = &[
    ("CCITT", &["CRC-16/KERMIT", "CRC-16/IBM-3740", "CRC-16/XMODEM"]),
    ("CRC-CCITT", &["CRC-16/KERMIT", "CRC-16/IBM-3740", "CRC-16/XMODEM"]),
    ("CRC-16/CCITT", &["CRC-16/KERMIT", "CRC-16/IBM-3740", "CRC-16/XMODEM"]),
    ("checksum", &["SUM-8", "NEG-8", "XOR-8"]),
    ("CRC", &["CRC-16/MODBUS", "CRC-32/ISO-HDLC", "CRC-8/SMBUS"]),
];

/// All checksums with a name: those that are no cyclic redundancy checks first, then the catalogue by width.
#[must_use]
pub fn named() -> &'static [Named] {
    static NAMED: OnceLock<Vec<Named>> = OnceLock::new();
    NAMED.get_or_init(|| sums().into_iter().chain(CATALOGUE.iter().map(of_catalogue)).collect())
}

fn sums() -> [Named; 13] {
    use ByteOrder::Big;
    use Form::{Bytes, HexDigits};
    let named = |name: &str, aliases, sum: Sum, form| Named {
        name: name.to_owned(),
        aliases,
        algorithm: Algorithm::Sum(sum),
        order: Big,
        form,
        check: u128::from(sum.of(b"123456789")),
    };
    [
        named("SUM-8", &["ADD-8", "checksum 8"], Sum::Bytes(Bits::Eight), Bytes),
        named("SUM-16", &["ADD-16"], Sum::Bytes(Bits::Sixteen), Bytes),
        named("SUM-32", &["ADD-32"], Sum::Bytes(Bits::ThirtyTwo), Bytes),
        named("NEG-8", &["LRC", "LRC-8", "two's complement"], Sum::Complement(Bits::Eight), Bytes),
        named("NEG-16", &[], Sum::Complement(Bits::Sixteen), Bytes),
        named("NEG-32", &[], Sum::Complement(Bits::ThirtyTwo), Bytes),
        named("LRC-ASCII", &["MODBUS ASCII"], Sum::Complement(Bits::Eight), HexDigits),
        named("XOR-8", &["XOR", "BCC", "BCC-8"], Sum::Xor, Bytes),
        named("FLETCHER-16", &[], Sum::Fletcher16, Bytes),
        named("FLETCHER-32", &[], Sum::Fletcher32, Bytes),
        named("ADLER-32", &["zlib"], Sum::Adler32, Bytes),
        named("INTERNET", &["RFC 1071", "IP checksum", "INET-16"], Sum::Internet, Bytes),
        named("HJ-212", &["HJ/T 212", "HJ 212-2017"], Sum::Hj212, HexDigits),
    ]
}

/// A model of the catalogue, of which the constant is called `CRC_16_IBM_3740` and the model `CRC-16/IBM-3740`.
fn of_catalogue((constant, crc, check): &(&str, super::Crc, u128)) -> Named {
    let mut name = constant.replace('_', "-");
    if let Some(place) = name.match_indices('-').nth(1).map(|(place, _)| place) {
        name.replace_range(place..=place, "/");
    }
    let aliases = ALIASES.iter().find(|(known, _)| *known == name).map_or(&[][..], |(_, aliases)| aliases);
    // Modbus RTU sends the lowest byte first, unlike most.
    let order = if name == "CRC-16/MODBUS" { ByteOrder::Little } else { ByteOrder::Big };
    Named { name, aliases, algorithm: Algorithm::Crc(*crc), order, form: Form::Bytes, check: *check }
}

/// A name without case, spaces and punctuation.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// The checksums of which a name contains `word`, without regard to case, spaces and punctuation; all if it is empty.
#[must_use]
pub fn find(word: &str) -> Vec<&'static Named> {
    let word = plain(word);
    let meant = AMBIGUOUS.iter().find(|(name, _)| plain(name) == word).map_or(&[][..], |(_, meant)| meant);
    let has = |named: &&Named| {
        let mut names = std::iter::once(named.name.as_str()).chain(named.aliases.iter().copied());
        meant.contains(&named.name.as_str()) || names.any(|name| plain(name).contains(&word))
    };
    named().iter().filter(has).collect()
}

/// The checksum of a name, or those that could be meant.
pub(super) fn exactly(name: &str) -> Result<&'static Named, Vec<&'static Named>> {
    let wanted = plain(name);
    let is_it = |named: &&Named| {
        plain(&named.name) == wanted || named.aliases.iter().any(|alias| plain(alias) == wanted)
    };
    if let Some(found) = named().iter().find(is_it) {
        return Ok(found);
    }
    Err(if wanted.is_empty() { Vec::new() } else { find(name) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_and_aliases_are_unique_and_of_checksums_that_exist() {
        let mut seen = BTreeSet::new();
        for named in named() {
            assert!(seen.insert(plain(&named.name)), "{}", named.name);
            assert_eq!(named.algorithm.of(b"123456789"), named.check, "{}", named.name);
        }
        let names: Vec<_> = named().iter().map(|named| named.name.as_str()).collect();
        for (name, aliases) in ALIASES {
            assert!(names.contains(name), "{name}");
            for alias in *aliases {
                assert!(seen.insert(plain(alias)), "{alias} of {name}");
            }
        }
        for (name, meant) in AMBIGUOUS {
            assert!(!seen.contains(&plain(name)), "{name}");
            assert!(meant.iter().all(|meant| names.contains(meant)), "{name}");
        }
    }

    #[test]
    fn what_people_type_is_found() {
        for (typed, name) in [
            ("CRC16", "CRC-16/ARC"),
            ("crc-16/ibm", "CRC-16/ARC"),
            ("ccitt false", "CRC-16/IBM-3740"),
            ("X25", "CRC-16/IBM-SDLC"),
            ("HDLC", "CRC-16/IBM-SDLC"),
            ("crc32", "CRC-32/ISO-HDLC"),
            ("Ethernet", "CRC-32/ISO-HDLC"),
            ("PKZIP", "CRC-32/ISO-HDLC"),
            ("CRC32C", "CRC-32/ISCSI"),
            ("DOW", "CRC-8/MAXIM-DOW"),
            ("1-Wire", "CRC-8/MAXIM-DOW"),
            ("crc_16_modbus", "CRC-16/MODBUS"),
            ("bcc", "XOR-8"),
            ("LRC", "NEG-8"),
            ("hj212", "HJ-212"),
        ] {
            assert_eq!(exactly(typed).map(|named| named.name.as_str()), Ok(name), "{typed}");
        }
        let offered = |word: &str| -> Vec<_> {
            exactly(word).unwrap_err().iter().map(|named| named.name.as_str()).collect()
        };
        for name in ["CRC-16/KERMIT", "CRC-16/IBM-3740", "CRC-16/XMODEM"] {
            assert!(offered("CCITT").contains(&name), "{name}");
        }
        assert!(offered("mod").contains(&"CRC-16/MODBUS"));
        assert!(offered("no such name").is_empty() && offered("").is_empty() && offered("-").is_empty());
        assert_eq!(find("").len(), named().len());
    }
}
