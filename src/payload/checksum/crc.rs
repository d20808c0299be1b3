//! Cyclic redundancy checks: the model of the Rocksoft parameters, and the catalogue of the models in use.
//!
//! The parameters are those of Williams, "A Painless Guide to CRC Error Detection Algorithms" (1993); the models are
//! those of the "Catalogue of parametrised CRC algorithms" (reveng.sourceforge.io/crc-catalogue).

use crc_catalog as catalog;
use std::sync::OnceLock;

/// The largest width of a model, in bits.
pub const MAX_WIDTH: u8 = 128;

/// The parameters of a cyclic redundancy check. Values have `width` bits, the highest ones of the integer being 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crc {
    /// Bits of the check, from 1 to [`MAX_WIDTH`].
    pub width: u8,
    /// The generator polynomial without its highest term, highest power first.
    pub poly: u128,
    /// The register before the first byte.
    pub init: u128,
    /// Each byte is read with its lowest bit first.
    pub refin: bool,
    /// The register is reflected before `xorout`.
    pub refout: bool,
    /// Combined with the register at the end.
    pub xorout: u128,
}

impl Crc {
    /// The check of `bytes`, in the lowest `width` bits.
    #[must_use]
    pub fn of(&self, bytes: &[u8]) -> u128 {
        self.of_parts([bytes, &[]])
    }

    /// The check of bytes that stand in two places.
    pub(super) fn of_parts(&self, parts: [&[u8]; 2]) -> u128 {
        let register = match self.table() {
            Some(table) => parts
                .iter()
                .fold(self.start(), |register, bytes| table.after_all(register, bytes, self.refin)),
            None => parts.iter().fold(self.start(), |register, bytes| self.after_bits(register, bytes)),
        };
        self.value(register)
    }

    /// Like [`Table::after_all`], for a polynomial without a table.
    fn after_bits(&self, mut register: u128, bytes: &[u8]) -> u128 {
        let poly = self.poly << self.spare();
        for &byte in bytes {
            let byte = if self.refin { byte.reverse_bits() } else { byte };
            register = shifted(register ^ u128::from(byte) << 120, poly);
        }
        register
    }

    /// The register before the first byte. Registers are kept at the top of the integer, so that all widths shift in
    /// the same way, also those below eight bits.
    #[must_use]
    pub fn start(&self) -> u128 {
        self.init << self.spare()
    }

    /// The check that a register gives.
    #[must_use]
    pub fn value(&self, register: u128) -> u128 {
        let value = match self.refout {
            true => register.reverse_bits() & mask(self.width),
            false => register >> self.spare(),
        };
        value ^ self.xorout
    }

    /// The register that gives a check of `width` bits.
    #[must_use]
    pub fn register(&self, value: u128) -> u128 {
        let value = value ^ self.xorout;
        if self.refout { value.reverse_bits() } else { value << self.spare() }
    }

    fn spare(&self) -> u32 {
        u32::from(MAX_WIDTH - self.width)
    }

    /// The table of its polynomial, if a model of the catalogue has that. It is made at its first use.
    #[must_use]
    pub fn table(&self) -> Option<&'static Table> {
        type Known = Vec<((u8, u128), OnceLock<Box<Table>>)>;
        static KNOWN: OnceLock<Known> = OnceLock::new();
        let known = KNOWN.get_or_init(|| {
            let mut keys: Vec<_> = CATALOGUE.iter().map(|(_, crc, _)| (crc.width, crc.poly)).collect();
            keys.sort_unstable();
            keys.dedup();
            keys.into_iter().map(|key| (key, OnceLock::new())).collect()
        });
        let index = known.binary_search_by_key(&(self.width, self.poly), |(key, _)| *key).ok()?;
        let table = &known[index].1;
        Some(table.get_or_init(|| Box::new(Table::of(self.poly << self.spare()))))
    }
}

/// What each byte at the top of a register leaves in it once it is shifted out, for one polynomial.
#[derive(Debug)]
pub struct Table([u128; 256]);

impl Table {
    /// The table of a polynomial at the top of the integer.
    fn of(poly: u128) -> Self {
        let mut table = [0; 256];
        for (byte, entry) in (0..).zip(&mut table) {
            *entry = shifted(byte << 120, poly);
        }
        Self(table)
    }

    /// The register after one more byte, which has its first bit at its high end.
    #[must_use]
    pub fn after(&self, register: u128, byte: u8) -> u128 {
        register << 8 ^ self.0[usize::from((register >> 120) as u8 ^ byte)]
    }

    /// The register after more bytes. `refin`: see [`Crc::refin`].
    #[must_use]
    pub fn after_all(&self, register: u128, bytes: &[u8], refin: bool) -> u128 {
        match refin {
            true => bytes.iter().fold(register, |register, byte| self.after(register, byte.reverse_bits())),
            false => bytes.iter().fold(register, |register, byte| self.after(register, *byte)),
        }
    }
}

/// A register after eight bits were shifted out. `poly`: at the top of the integer.
fn shifted(mut register: u128, poly: u128) -> u128 {
    for _ in 0..8 {
        let carry = register >> 127 == 1;
        register <<= 1;
        if carry {
            register ^= poly;
        }
    }
    register
}

/// The integer whose lowest `width` bits are 1. `width`: from 1 to [`MAX_WIDTH`].
pub(super) fn mask(width: u8) -> u128 {
    u128::MAX >> (MAX_WIDTH - width)
}

/// Makes [`CATALOGUE`] of the names of its models.
macro_rules! catalogue {
    ($($name:ident),* $(,)?) => {
        /// All models of the catalogue: the name in capitals with underscores, the model, and its check of the
        /// ASCII digits `123456789`.
        pub(super) const CATALOGUE: &[(&str, Crc, u128)] = &[
            $((
                stringify!($name),
                Crc {
                    width: catalog::$name.width,
                    poly: catalog::$name.poly as u128,
                    init: catalog::$name.init as u128,
                    refin: catalog::$name.refin,
                    refout: catalog::$name.refout,
                    xorout: catalog::$name.xorout as u128,
                },
                catalog::$name.check as u128,
            ),)*
        ];
    };
}

catalogue! {
    CRC_3_GSM, CRC_3_ROHC, CRC_4_G_704, CRC_4_INTERLAKEN, CRC_5_EPC_C1G2, CRC_5_G_704, CRC_5_USB,
    CRC_6_CDMA2000_A, CRC_6_CDMA2000_B, CRC_6_DARC, CRC_6_G_704, CRC_6_GSM, CRC_7_MMC, CRC_7_ROHC,
    CRC_7_UMTS, CRC_8_AUTOSAR, CRC_8_BLUETOOTH, CRC_8_CDMA2000, CRC_8_DARC, CRC_8_DVB_S2, CRC_8_GSM_A,
    CRC_8_GSM_B, CRC_8_HITAG, CRC_8_I_432_1, CRC_8_I_CODE, CRC_8_LTE, CRC_8_MAXIM_DOW, CRC_8_MIFARE_MAD,
    CRC_8_NRSC_5, CRC_8_OPENSAFETY, CRC_8_ROHC, CRC_8_SAE_J1850, CRC_8_SMBUS, CRC_8_TECH_3250,
    CRC_8_WCDMA, CRC_10_ATM, CRC_10_CDMA2000, CRC_10_GSM, CRC_11_FLEXRAY, CRC_11_UMTS, CRC_12_CDMA2000,
    CRC_12_DECT, CRC_12_GSM, CRC_12_UMTS, CRC_13_BBC, CRC_14_DARC, CRC_14_GSM, CRC_15_CAN, CRC_15_MPT1327,
    CRC_16_ARC, CRC_16_CDMA2000, CRC_16_CMS, CRC_16_DDS_110, CRC_16_DECT_R, CRC_16_DECT_X, CRC_16_DNP,
    CRC_16_EN_13757, CRC_16_GENIBUS, CRC_16_GSM, CRC_16_IBM_3740, CRC_16_IBM_SDLC,
    CRC_16_ISO_IEC_14443_3_A, CRC_16_KERMIT, CRC_16_LJ1200, CRC_16_M17, CRC_16_MAXIM_DOW, CRC_16_MCRF4XX,
    CRC_16_MODBUS, CRC_16_NRSC_5, CRC_16_OPENSAFETY_A, CRC_16_OPENSAFETY_B, CRC_16_PROFIBUS,
    CRC_16_RIELLO, CRC_16_SPI_FUJITSU, CRC_16_T10_DIF, CRC_16_TELEDISK, CRC_16_TMS37157, CRC_16_UMTS,
    CRC_16_USB, CRC_16_XMODEM, CRC_17_CAN_FD, CRC_21_CAN_FD, CRC_24_BLE, CRC_24_FLEXRAY_A,
    CRC_24_FLEXRAY_B, CRC_24_INTERLAKEN, CRC_24_LTE_A, CRC_24_LTE_B, CRC_24_OPENPGP, CRC_24_OS_9,
    CRC_30_CDMA, CRC_31_PHILIPS, CRC_32_AIXM, CRC_32_AUTOSAR, CRC_32_BASE91_D, CRC_32_BZIP2,
    CRC_32_CD_ROM_EDC, CRC_32_CKSUM, CRC_32_ISCSI, CRC_32_ISO_HDLC, CRC_32_JAMCRC, CRC_32_MEF,
    CRC_32_MPEG_2, CRC_32_XFER, CRC_40_GSM, CRC_64_ECMA_182, CRC_64_GO_ISO, CRC_64_MS, CRC_64_NVME,
    CRC_64_REDIS, CRC_64_WE, CRC_64_XZ, CRC_82_DARC,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_of_the_catalogue_gives_its_check() {
        assert_eq!(CATALOGUE.len(), 113);
        for (name, crc, check) in CATALOGUE {
            assert_eq!(crc.of(b"123456789"), *check, "{name}");
            assert_eq!(crc.of(b"") & !mask(crc.width), 0, "{name}");
        }
    }

    #[test]
    fn a_table_gives_what_shifting_bits_gives() {
        let bytes: Vec<u8> = (0..=255).collect();
        for (name, crc, _) in CATALOGUE {
            let shifted = crc.value(crc.after_bits(crc.start(), &bytes));
            assert_eq!(crc.of(&bytes), shifted, "{name}");
            assert_eq!(crc.of_parts([&bytes[..100], &bytes[100..]]), shifted, "{name}");
            assert_eq!(crc.value(crc.register(shifted)), shifted, "{name}");
        }
        assert!(Crc { width: 9, ..CATALOGUE[0].1 }.table().is_none(), "no model has this width");
    }

    #[test]
    fn the_widest_model_is_possible() {
        let crc = Crc { width: 128, poly: 0x87, init: u128::MAX, refin: false, refout: false, xorout: 0 };
        assert_ne!(crc.of(b"1"), crc.of(b"2"));
        assert_eq!(mask(128), u128::MAX);
        assert_eq!(mask(1), 1);
    }
}
