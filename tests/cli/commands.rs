//! `wirelab commands import`.

use crate::support::{Ended, run};
use std::path::Path;

fn import(file: &Path, output: &Path, options: &[&str]) -> Ended {
    let [file, output] = [file, output].map(|path| path.to_str().unwrap());
    run(&[&["commands", "import", file, "--output", output], options].concat())
}

/// SSCOM in GBK: one item in hex named 读, with CR LF for texts.
const SSCOM: &[u8] = b"N1057=,Y\r\nN101=1,\xB6\xC1,100\r\nN1=H,01 03\r\nN102=0,hi,0\r\nN2=A,AT\r\n";

#[test]
fn a_list_of_another_program_becomes_a_list() {
    let folder = tempfile::tempdir().unwrap();
    let [file, output] = ["sscom51.ini", "list.toml"].map(|name| folder.path().join(name));
    std::fs::write(&file, &SSCOM[10..]).unwrap();
    let ended = import(&file, &output, &[]).expect(0);
    assert_eq!(ended.text(), format!("2 items of SSCOM written to {}\n", output.display()));
    assert!(ended.stderr.is_empty());
    let list = wirelab::settings::lists::List::from_text(&std::fs::read_to_string(&output).unwrap()).unwrap();
    let items: Vec<_> = list.items.iter().map(|item| (item.name.as_str(), item.payload.as_str())).collect();
    assert_eq!((&*list.name, items), ("sscom51", vec![("读", "01 03"), ("hi", "AT")]));
    // What is written is a list that can be imported as well.
    import(&output, &folder.path().join("again.toml"), &[]).expect(0);
}

#[test]
fn what_could_not_be_taken_is_on_standard_error_and_in_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let [file, output] = ["sscom51.ini", "list.toml"].map(|name| folder.path().join(name));
    std::fs::write(&file, SSCOM).unwrap();
    let ended = import(&file, &output, &[]).expect(1);
    ended.says("读: the line ending is left out");
    let ended = import(&file, &output, &["--json"]).expect(1);
    let [summary] = &ended.objects()[..] else { panic!("{}", ended.text()) };
    assert_eq!((&summary["source"], &summary["items"]), (&"SSCOM".into(), &2.into()));
    assert_eq!((&summary["left_out"], &summary["name"]), (&1.into(), &"sscom51".into()));
    let remarks: Vec<serde_json::Value> =
        ended.stderr.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(remarks.len(), 1);
    assert_eq!((&remarks[0]["name"], &remarks[0]["left_out"]), (&"读".into(), &true.into()));
    // What was taken otherwise than it may have been meant is said, and nothing is missing.
    std::fs::write(&file, "[SHORTCUT]\nhello=world\n").unwrap();
    import(&file, &output, &[]).expect(0).says("hello: the payload is not hex and is taken as text");
}

#[test]
fn what_is_no_list_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let [file, output] = ["other.ini", "list.toml"].map(|name| folder.path().join(name));
    import(&file, &output, &[]).expect(2).says("there is no file with that name");
    for (text, words) in [
        ("hello", "it is no list of SSCOM"),
        ("{\n,", "line 2"),
        ("[[items]]\nformat = \"base64\"", "line 2 (format)"),
    ] {
        std::fs::write(&file, text).unwrap();
        import(&file, &output, &[]).expect(2).says(words);
        assert!(!output.exists());
    }
    std::fs::write(&file, SSCOM).unwrap();
    import(&file, &folder.path().join("no").join("folder.toml"), &[]).expect(2).says("Could not save");
    run(&["commands", "import", file.to_str().unwrap()]).expect(2).says("--output");
}
