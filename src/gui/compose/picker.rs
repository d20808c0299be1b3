//! The state of the dialog in which a checksum is chosen.

use crate::payload::checksum::{Algorithm, ByteOrder, Form, Named, Spec, find, named};

/// The dialog in which a checksum is chosen.
#[derive(Clone, Debug, Default)]
pub struct Picker {
    /// What is searched for.
    pub search: String,
    /// The fields of the places: from, to and at, as they are typed.
    pub places: [String; 3],
    /// The search field has not been drawn yet.
    pub takes_focus: bool,
}

/// What is usual, for a list in which nothing was chosen yet.
const USUAL: [&str; 7] =
    ["CRC-16/MODBUS", "SUM-8", "XOR-8", "NEG-8", "CRC-16/XMODEM", "CRC-16/IBM-3740", "CRC-32/ISO-HDLC"];

/// A checksum that can be chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// Its text.
    pub text: String,
    /// Its name and others, for people.
    pub also: &'static [&'static str],
    /// Width and parameters.
    pub parameters: String,
    /// The checksum of `123456789`.
    pub check: String,
}

impl Picker {
    /// The dialog for a checksum that was chosen before, or none.
    #[must_use]
    pub fn new(checksum: Option<&Spec>) -> Self {
        let place = |place: Option<i64>| place.map_or_else(String::new, |place| place.to_string());
        let places = checksum.map_or_else(Default::default, |spec| {
            [place(Some(spec.from).filter(|from| *from != 0)), place(spec.to), place(spec.at)]
        });
        Self { search: String::new(), places, takes_focus: true }
    }

    /// The checksums that fit what is searched for: the last chosen first, then what is usual, then all others.
    #[must_use]
    pub fn offers(&self, recent: &[String]) -> Vec<Offer> {
        let search = self.search.trim();
        let found = find(search);
        let mut offers: Vec<Offer> = Vec::new();
        // What is typed may be a checksum with parameters or options.
        if let Ok(spec) = search.parse::<Spec>()
            && !named().iter().any(|named| named.name == spec.to_string())
        {
            offers.push(of_spec(&spec));
        }
        let fits = |spec: &Spec| search.is_empty() || found.iter().any(|named| named.name == spec.name);
        let recent = recent.iter().filter_map(|text| text.parse::<Spec>().ok()).filter(fits);
        offers.extend(recent.map(|spec| of_spec(&spec)));
        let usual = USUAL.iter().filter_map(|name| found.iter().find(|named| named.name == *name));
        for named in usual.chain(found.iter()) {
            if !offers.iter().any(|offer| offer.text == named.name) {
                offers.push(of_named(named));
            }
        }
        offers
    }

    /// The text of an offer that is chosen, with the places that are typed, unless it has its own.
    #[must_use]
    pub fn chosen(&self, offer: &Offer) -> String {
        let Ok(spec) = offer.text.parse::<Spec>() else { return offer.text.clone() };
        let has_places = spec.from != 0 || spec.to.is_some() || spec.at.is_some();
        match self.with_places(&spec) {
            Ok(placed) if !has_places && placed != spec => placed.to_string(),
            _ => offer.text.clone(),
        }
    }

    /// The checksum with the places that are typed.
    ///
    /// # Errors
    /// The index of the first place that is no whole number.
    pub fn with_places(&self, spec: &Spec) -> Result<Spec, usize> {
        let mut places = [None; 3];
        for (index, text) in self.places.iter().enumerate() {
            let text = text.trim();
            if !text.is_empty() {
                places[index] = Some(text.parse().map_err(|_| index)?);
            }
        }
        let [from, to, at] = places;
        Ok(Spec { from: from.unwrap_or(0), to, at, ..spec.clone() })
    }
}

fn of_named(named: &'static Named) -> Offer {
    Offer {
        text: named.name.clone(),
        also: named.aliases,
        parameters: parameters(&named.algorithm),
        check: digits(named.check, named.algorithm.width()),
    }
}

fn of_spec(spec: &Spec) -> Offer {
    let known = named().iter().find(|named| named.name == spec.name);
    Offer {
        text: spec.to_string(),
        also: known.map_or(&[], |named| named.aliases),
        parameters: parameters(&spec.algorithm),
        check: digits(spec.algorithm.of(b"123456789"), spec.algorithm.width()),
    }
}

/// Width, polynomial, initial value, reflections and final value, in the order of the catalogue.
fn parameters(algorithm: &Algorithm) -> String {
    let Algorithm::Crc(crc) = algorithm else { return format!("{} bit", algorithm.width()) };
    let digits = |value| digits(value, crc.width);
    let refs = match (crc.refin, crc.refout) {
        (true, true) => "refin refout",
        (true, false) => "refin",
        (false, true) => "refout",
        (false, false) => "",
    };
    let parts = format!(
        "{} bit  poly {}  init {}  xorout {}  {refs}",
        crc.width,
        digits(crc.poly),
        digits(crc.init),
        digits(crc.xorout)
    );
    parts.trim_end().to_owned()
}

fn digits(value: u128, width: u8) -> String {
    format!("{value:0count$X}", count = usize::from(width.div_ceil(4)))
}

/// The checksum in the other order of bytes or the other form.
#[must_use]
pub fn changed(spec: &Spec, order: ByteOrder, form: Form) -> Spec {
    Spec { order, form, ..spec.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(picker: &Picker, recent: &[&str]) -> Vec<String> {
        let recent: Vec<_> = recent.iter().map(|text| (*text).to_owned()).collect();
        picker.offers(&recent).into_iter().map(|offer| offer.text).collect()
    }

    fn searching(search: &str) -> Picker {
        Picker { search: search.into(), ..Picker::default() }
    }

    #[test]
    fn the_last_chosen_are_first_then_the_usual_ones() {
        let all = texts(&Picker::default(), &[]);
        assert_eq!((&*all[0], all.len()), ("CRC-16/MODBUS", 126));
        let all = texts(&Picker::default(), &["SUM-8", "CRC-16/MODBUS,big", "no such"]);
        assert_eq!(all[..3], ["SUM-8", "CRC-16/MODBUS,big", "CRC-16/MODBUS"]);
        assert_eq!(all.iter().filter(|text| *text == "SUM-8").count(), 1);
    }

    #[test]
    fn names_and_parameters_are_found() {
        assert_eq!(texts(&searching("x25"), &["SUM-8"])[0], "CRC-16/IBM-SDLC");
        let ccitt = texts(&searching("ccitt"), &[]);
        for name in ["CRC-16/KERMIT", "CRC-16/IBM-3740", "CRC-16/XMODEM"] {
            assert!(ccitt.iter().any(|text| text == name), "{ccitt:?}");
        }
        let custom = "CRC:16,8005,FFFF,0000,Yes,Yes,little";
        let offers = searching(custom).offers(&[]);
        assert_eq!((&*offers[0].text, &*offers[0].check), (custom, "4B37"));
        assert!(offers[0].parameters.contains("poly 8005  init FFFF"), "{}", offers[0].parameters);
        assert_eq!(texts(&searching("nothing like it"), &["SUM-8"]), [""; 0]);
        assert_eq!(texts(&searching("modbus,big"), &[])[0], "CRC-16/MODBUS,big");
    }

    #[test]
    fn places_are_whole_numbers() {
        let spec: Spec = "SUM-8,from=1,to=-1,at=-1".parse().unwrap();
        let mut picker = Picker::new(Some(&spec));
        assert_eq!(picker.places, ["1", "-1", "-1"]);
        assert_eq!(picker.with_places(&"SUM-8".parse().unwrap()), Ok(spec.clone()));
        picker.places[1] = "x".into();
        assert_eq!(picker.with_places(&spec), Err(1));
        assert_eq!(Picker::default().with_places(&spec).unwrap().to_string(), "SUM-8");
    }

    #[test]
    fn another_checksum_keeps_the_places_that_are_typed_and_one_with_its_own_has_those() {
        let places = ["1", "-1", ""].map(String::from);
        let picker = Picker { places, ..searching("xor") };
        let [with, without] = [&picker, &Picker::default()].map(|picker| {
            let recent = ["SUM-8,from=2".to_owned()];
            let all = [Picker::default().offers(&recent), searching("xor").offers(&recent)].concat();
            let offer = |text: &str| all.iter().find(|offer| offer.text == text).unwrap().clone();
            ["XOR-8", "SUM-8,from=2"].map(|text| picker.chosen(&offer(text)))
        });
        assert_eq!(with, ["XOR-8,from=1,to=-1", "SUM-8,from=2"]);
        assert_eq!(without, ["XOR-8", "SUM-8,from=2"]);
    }
}
