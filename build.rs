//! Checks the phrases of all languages against each other and lists them for `lang`, and links the icon and the
//! manifest into the Windows program. The resources are written here, because many machines that can build Rust have
//! no resource compiler (`rc`, `windres`).
//!
//! The formats are those of Microsoft's "PE Format" (the `.rsrc` section) and "RESOURCEHEADER".

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::Path;
use std::{env, fs};

const ICON: &str = "assets/icon.ico";
const MANIFEST: &str = "assets/windows.manifest";
const ENGLISH_PHRASES: &str = "assets/lang/en.toml";
const CHINESE_PHRASES: &str = "assets/lang/zh-CN.toml";

const RT_ICON: u32 = 3;
const RT_GROUP_ICON: u32 = 14;
const RT_MANIFEST: u32 = 24;
const ENGLISH: u32 = 0x409;

struct Resource {
    kind: u32,
    id: u32,
    data: Vec<u8>,
}

fn main() -> Result<(), Box<dyn Error>> {
    for file in ["build.rs", ICON, MANIFEST, ENGLISH_PHRASES, CHINESE_PHRASES] {
        println!("cargo:rerun-if-changed={file}");
    }
    let names = checked_phrases()?.join(",\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("words.rs"), format!("words! {{\n{names}\n}}\n"))?;
    if env::var("CARGO_CFG_TARGET_OS")? != "windows" {
        return Ok(());
    }
    let mut resources = icon(&fs::read(ICON)?);
    resources.push(Resource { kind: RT_MANIFEST, id: 1, data: fs::read(MANIFEST)? });

    let folder = env::var("OUT_DIR")?;
    let file = if env::var("CARGO_CFG_TARGET_ENV")? == "msvc" {
        // Without this the linker adds a manifest of its own.
        println!("cargo:rustc-link-arg-bins=/MANIFEST:NO");
        let file = Path::new(&folder).join("resources.res");
        fs::write(&file, resource_file(&resources))?;
        file
    } else {
        let file = Path::new(&folder).join("resources.o");
        fs::write(&file, object_file(&resources, &env::var("CARGO_CFG_TARGET_ARCH")?)?)?;
        file
    };
    println!("cargo:rustc-link-arg-bins={}", file.display());
    Ok(())
}

/// The names of the phrases, once both tables have the same names with the same placeholders.
fn checked_phrases() -> Result<Vec<String>, Box<dyn Error>> {
    let (english, chinese) = (phrases(ENGLISH_PHRASES)?, phrases(CHINESE_PHRASES)?);
    for (name, placeholders) in &english {
        match chinese.get(name) {
            None => return Err(format!("{CHINESE_PHRASES} has no phrase {name}").into()),
            Some(others) if others != placeholders => {
                return Err(format!(
                    "the placeholders of {name} differ: {placeholders:?} in {ENGLISH_PHRASES}, {others:?} in {CHINESE_PHRASES}"
                )
                .into());
            }
            Some(_) => {}
        }
    }
    if let Some(name) = chinese.keys().find(|name| !english.contains_key(*name)) {
        return Err(format!("{ENGLISH_PHRASES} has no phrase {name}").into());
    }
    Ok(english.into_keys().collect())
}

/// The phrases of a table, each with its placeholders. A table has a phrase per line: `name = "text"`.
fn phrases(file: &str) -> Result<BTreeMap<String, BTreeSet<String>>, Box<dyn Error>> {
    let mut phrases = BTreeMap::new();
    for (number, line) in (1..).zip(fs::read_to_string(file)?.lines()) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |what: &str| format!("{file}:{number}: {what}");
        let (name, text) = line.split_once(" = ").ok_or_else(|| wrong("no `name = \"text\"`"))?;
        let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        let text = text.filter(|text| !text.trim().is_empty()).ok_or_else(|| wrong("no text in quotes"))?;
        let mut placeholders = BTreeSet::new();
        for part in text.split('{').skip(1) {
            let (inside, _) = part.split_once('}').ok_or_else(|| wrong("a placeholder is not closed"))?;
            // `{name}`, or `{name|one|many}`, which only one of the languages may need.
            let parts: Vec<_> = inside.split('|').collect();
            if !matches!(parts.len(), 1 | 3) {
                return Err(wrong("a placeholder is {name} or {name|one|many}").into());
            }
            placeholders.insert(parts[0].to_owned());
        }
        if phrases.insert(name.to_owned(), placeholders).is_some() {
            return Err(wrong("the phrase is there twice").into());
        }
    }
    Ok(phrases)
}

/// Each image of an `.ico` file as a resource, and the group that lists them: the directory of the file with resource
/// ids in place of offsets.
fn icon(file: &[u8]) -> Vec<Resource> {
    let count = usize::from(u16::from_le_bytes([file[4], file[5]]));
    let mut group = file[..6].to_vec();
    let mut resources = Vec::new();
    for (entry, id) in file[6..].chunks_exact(16).take(count).zip(1u16..) {
        let word = |at| u32::from_le_bytes([entry[at], entry[at + 1], entry[at + 2], entry[at + 3]]) as usize;
        let (size, start) = (word(8), word(12));
        resources.push(Resource { kind: RT_ICON, id: id.into(), data: file[start..start + size].to_vec() });
        group.extend(&entry[..12]);
        group.extend(id.to_le_bytes());
    }
    resources.push(Resource { kind: RT_GROUP_ICON, id: 1, data: group });
    resources
}

fn put(bytes: &mut Vec<u8>, words: &[u32]) {
    bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
}

fn put_data(bytes: &mut Vec<u8>, data: &[u8]) {
    bytes.extend(data);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

/// A `.res` file, for Microsoft's linker: headers each followed by their data, the first one empty.
fn resource_file(resources: &[Resource]) -> Vec<u8> {
    const HEADER_SIZE: u32 = 32;
    const NUMBER: u32 = 0xffff; // a number follows, not a name
    let mut file = Vec::new();
    put(&mut file, &[0, HEADER_SIZE, NUMBER, NUMBER, 0, 0, 0, 0]);
    for Resource { kind, id, data } in resources {
        let size = data.len() as u32;
        put(&mut file, &[size, HEADER_SIZE, NUMBER | kind << 16, NUMBER | id << 16, 0, ENGLISH << 16, 0, 0]);
        put_data(&mut file, data);
    }
    file
}

/// A COFF object with the `.rsrc` section, for the GNU linker: three levels of tables (kind, id, language), the data
/// entries, then the data. `resources` must be sorted by kind and id.
///
/// # Errors
/// The architecture is not one of Windows.
fn object_file(resources: &[Resource], arch: &str) -> Result<Vec<u8>, String> {
    // The machine, and its relocation type for an address relative to the image base (`ADDR32NB`).
    let (machine, relocation) = match arch {
        "x86_64" => (0x8664, 3u16),
        "aarch64" => (0xaa64, 2),
        "x86" => (0x14c, 7),
        _ => return Err(format!("no Windows for {arch}")),
    };
    const TABLE: usize = 16;
    const ENTRY: usize = 8;
    const PLACE: usize = 16;
    const SUBTABLE: u32 = 1 << 31;
    let table = |entries: usize| [0, 0, 0, (entries as u32) << 16];

    let kinds: Vec<_> = resources.chunk_by(|a, b| a.kind == b.kind).collect();
    let ids_at = TABLE + ENTRY * kinds.len();
    let languages_at = ids_at + TABLE * kinds.len() + ENTRY * resources.len();
    let places_at = languages_at + (TABLE + ENTRY) * resources.len();
    let mut data_at = places_at + PLACE * resources.len();

    let mut section = Vec::new();
    put(&mut section, &table(kinds.len()));
    let mut id_table = ids_at;
    for kind in &kinds {
        put(&mut section, &[kind[0].kind, id_table as u32 | SUBTABLE]);
        id_table += TABLE + ENTRY * kind.len();
    }
    let mut language_table = languages_at;
    for kind in &kinds {
        put(&mut section, &table(kind.len()));
        for resource in *kind {
            put(&mut section, &[resource.id, language_table as u32 | SUBTABLE]);
            language_table += TABLE + ENTRY;
        }
    }
    for nth in 0..resources.len() {
        put(&mut section, &table(1));
        put(&mut section, &[ENGLISH, (places_at + PLACE * nth) as u32]);
    }
    for resource in resources {
        put(&mut section, &[data_at as u32, resource.data.len() as u32, 0, 0]);
        data_at += resource.data.len().next_multiple_of(4);
    }
    resources.iter().for_each(|resource| put_data(&mut section, &resource.data));

    const HEADERS: usize = 20 + 40;
    const READ_ALIGN4_DATA: u32 = 0x4030_0040;
    let count = resources.len() as u32;
    let relocations_at = (HEADERS + section.len()) as u32;
    let symbols_at = relocations_at + 10 * count;
    let mut file = Vec::new();
    put(&mut file, &[machine | 1 << 16, 0, symbols_at, 1, 0]);
    file.extend(b".rsrc\0\0\0");
    let size = section.len() as u32;
    put(&mut file, &[0, 0, size, HEADERS as u32, relocations_at, 0, count, READ_ALIGN4_DATA]);
    file.extend(section);
    for nth in 0..resources.len() {
        put(&mut file, &[(places_at + PLACE * nth) as u32, 0]);
        file.extend(relocation.to_le_bytes());
    }
    // One symbol, for the section, and an empty string table.
    file.extend(b".rsrc\0\0\0\0\0\0\0\x01\0\0\0\x03\0");
    put(&mut file, &[4]);
    Ok(file)
}
