//! The resources in the Windows executable: the manifest and the icon.

use pelite::PeFile;
use pelite::resources::Name;

#[test]
fn the_program_has_its_manifest_and_its_icon() {
    let file = std::fs::read(env!("CARGO_BIN_EXE_wirelab")).unwrap();
    let resources = PeFile::from_bytes(&file).unwrap().resources().unwrap();
    resources.fsck().unwrap();

    let manifest = resources.manifest().unwrap();
    assert_eq!(manifest, include_str!("../../assets/windows.manifest"));
    for setting in ["2024/WindowsSettings\">detached<", ">PerMonitorV2, PerMonitor<", "longPathAware"] {
        assert!(manifest.contains(setting), "{setting}");
    }

    let groups: Vec<_> = resources.icons().map(Result::unwrap).collect();
    let [(Name::Id(1), group)] = &groups[..] else { panic!("{} icons", groups.len()) };
    let mut icon = Vec::new();
    group.write(&mut icon).unwrap();
    assert!(icon == include_bytes!("../../assets/icon.ico"), "the icon differs from assets/icon.ico");
}
