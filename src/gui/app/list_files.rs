//! Imports and exports lists, by file and from the clipboard.

use crate::gui::action::lists::ListId;
use crate::gui::action::{Action, AppAction};
use crate::gui::app::lists::NAME_CHARACTERS;
use crate::gui::app::state::App;
use crate::gui::kit::toasts::{NextStep, Toast, ToastKind};
use crate::gui::lists::keys::is_taken;
use crate::gui::lists::store::Store;
use crate::gui::lists::transfer::{Ended, Purpose, Replacing, Transfer};
use crate::lang::{Words, cut, explain, explain_sequence, fill};
use crate::settings::SidePanel;
use crate::settings::lists::import::{ImportError, Imported, Reason, Remark, import};
use crate::settings::lists::{Attachment, Item};
use std::path::PathBuf;

/// More than this is not pasted: it would hold up the window. A file is read by a thread of its own.
const MOST_PASTED_BYTES: usize = 4 << 20;

impl App {
    /// Adds the items of a text behind the cursor.
    pub(super) fn paste(&mut self, text: &str) {
        let words = self.preferences.words();
        let Some(tab) = self.tabs.active() else { return };
        let mut note = |text: String, detail: String| {
            self.overlays.toasts.show(Toast { text, kind: ToastKind::Note, detail, ..Toast::default() });
        };
        if text.len() > MOST_PASTED_BYTES {
            return note(words.lists_paste_too_long.clone(), String::new());
        }
        let (items, mut remarks) = match import(text.as_bytes(), "") {
            Ok(imported) => (imported.list.items, imported.remarks),
            Err(ImportError::List(error)) => {
                return note(fill(&words.lists_not_pasted, &[("reason", &error)]), String::new());
            }
            // Any other text is a payload.
            Err(ImportError::Unknown | ImportError::Json { .. }) if text.trim().is_empty() => return,
            Err(ImportError::Unknown | ImportError::Json { .. }) => {
                let payload = text.to_owned();
                (vec![Item { payload, ..Item::new("") }], Vec::new())
            }
        };
        let lists = &mut self.stores.lists;
        let (list, mut after) = lists.place_of_new(&tab.form);
        let list = lists.list_or_first(list, Some(&tab.form), words);
        for mut item in items {
            let own = item.clone();
            remarks.extend(free_key(&lists.store, &mut item).filter(|_| !is_copy(&lists.store, &own)));
            let id = item.id.clone();
            lists.store.put(list, item, after.as_ref());
            lists.panel.go_to(id.clone());
            after = Some(id);
        }
        if let [first, ..] = &remarks[..] {
            let all = remarks.iter().map(|remark| remark.explain(words)).collect::<Vec<_>>().join("\n");
            note(first.explain(words), all);
        }
    }

    /// Shows the dialog that chooses a file to import.
    pub(super) fn ask_import(&mut self) {
        self.transfer(Transfer::new(Purpose::Import, self.preferences.folder()));
    }

    /// Shows the dialog that chooses a file for a list.
    pub(super) fn ask_export(&mut self, id: ListId) {
        let Some(open) = self.stores.lists.store.get(id) else { return };
        let name = open.file().and_then(|file| file.file_name()).map(PathBuf::from);
        let name = name.unwrap_or_else(|| "list.toml".into());
        self.transfer(Transfer::new(Purpose::Export(id), self.preferences.folder().join(name)));
    }

    /// Shows a dialog for a file.
    pub(super) fn transfer(&mut self, mut transfer: Transfer) {
        transfer.browse(self.environment.desktop.as_ref(), &self.news.notify);
        self.stores.lists.transfer = Some(transfer);
    }

    /// Reads or writes the file that was chosen. `may_replace`: the user has agreed to that.
    pub(super) fn use_list_file(&mut self, path: PathBuf, may_replace: bool) {
        if let Some(folder) = path.parent() {
            self.preferences.save_folder = folder.to_owned();
        }
        let lists = &mut self.stores.lists;
        let Some(transfer) = &mut lists.transfer else { return };
        match transfer.purpose {
            Purpose::Import | Purpose::Run(_) => transfer.read(path, &self.news.notify),
            Purpose::Export(id) => match lists.store.get(id) {
                Some(open) => {
                    let replacing =
                        Replacing { is_allowed: may_replace, own: lists.store.folder().map(PathBuf::from) };
                    transfer.write(path, &open.list, replacing, &self.news.notify);
                }
                None => lists.transfer = None,
            },
        }
    }

    /// Changes what was read so that it can be used in the tab that is shown, and says what was changed.
    fn fit_import(&self, imported: &mut Imported) {
        let list = &mut imported.list;
        if let Some(tab) = self.tabs.active()
            && !list.attached.covers(tab.form.kind, &tab.form.id)
        {
            // Where it was imported it is to be seen.
            list.attached = Attachment::All;
            imported.remarks.push(Remark::new(list.name.clone(), Reason::Attached));
        }
        for at in 0..list.items.len() {
            let (before, rest) = list.items.split_at_mut(at);
            let Some(item) = rest.first_mut() else { continue };
            let is_twice = |key: &mut _| before.iter().any(|other| other.key.as_ref() == Some(&*key));
            let twice = item.key.take_if(is_twice);
            let twice = twice.map(|key| Remark::new(item.title(), Reason::KeyUsed(key)));
            imported.remarks.extend(twice.or_else(|| free_key(&self.stores.lists.store, item)));
        }
    }

    /// Adds the list that was previewed.
    pub(super) fn take_import(&mut self, mut imported: Imported) {
        // Meanwhile another tab may be shown, and a key be used.
        self.fit_import(&mut imported);
        let words = self.preferences.words();
        if let Some(tab) = self.tabs.active_mut() {
            tab.form.side = SidePanel::Commands;
        }
        let values: [(&str, &dyn std::fmt::Display); 2] =
            [("count", &imported.list.items.len()), ("name", &cut(&imported.list.name, NAME_CHARACTERS))];
        let text = fill(&words.lists_imported, &values);
        self.overlays.toasts.show(Toast { text, ..Toast::default() });
        self.stores.lists.store.add(imported.list);
    }

    /// Takes the results of reading and writing files.
    pub(super) fn update_transfer(&mut self, words: &Words) {
        let Some(transfer) = &mut self.stores.lists.transfer else { return };
        match transfer.update() {
            None => {}
            Some(Ended::Chosen { path, may_replace }) => self.use_list_file(path, may_replace),
            Some(Ended::Cancelled) => self.stores.lists.transfer = None,
            Some(Ended::Failed(failure)) => transfer.error = Some(explain(words, &failure)),
            Some(Ended::Wrong(error)) => transfer.error = Some(explain_sequence(words, &error)),
            Some(Ended::OwnFolder) => transfer.error = Some(words.lists_own_folder.clone()),
            Some(Ended::Imported(mut imported)) => {
                self.fit_import(&mut imported);
                if let Some(transfer) = &mut self.stores.lists.transfer {
                    transfer.preview = Some(*imported);
                }
            }
            Some(Ended::Sequence(sequence, path)) => {
                let purpose = self.stores.lists.transfer.take().map(|transfer| transfer.purpose);
                if let Some(Purpose::Run(id)) = purpose {
                    self.run_read(id, *sequence, &path);
                }
            }
            Some(Ended::Refused(error)) => {
                let reason = match &error {
                    ImportError::Unknown => words.lists_unknown_file.clone(),
                    other => other.to_string(),
                };
                transfer.error = Some(fill(&words.lists_not_imported, &[("reason", &reason)]));
            }
            Some(Ended::Written(path)) => {
                self.stores.lists.transfer = None;
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let text = fill(&words.lists_exported, &[("name", &name)]);
                let has_desktop = self.environment.desktop.is_some();
                let next = has_desktop.then(|| NextStep {
                    label: words.open_folder.clone(),
                    name: "Open folder",
                    action: Action::App(AppAction::ShowInFolder(path.clone())),
                });
                let detail = path.display().to_string();
                self.overlays.toasts.show(Toast { text, detail, next, ..Toast::default() });
            }
        }
    }
}

/// Takes the key of an item that another one or the window has, and says so.
fn free_key(store: &Store, item: &mut Item) -> Option<Remark> {
    let mut items = store.all().flat_map(|open| &open.list.items);
    let key =
        item.key.take_if(|key| is_taken(key) || items.any(|other| other.key.as_ref() == Some(&*key)))?;
    let reason = if is_taken(&key) { Reason::KeyOfProgram(key) } else { Reason::KeyUsed(key) };
    Some(Remark::new(item.title(), reason))
}

/// Whether an item is a copy of the one that has its key: it is clear which of the two keeps the key.
fn is_copy(store: &Store, item: &Item) -> bool {
    let mut items = store.all().flat_map(|open| &open.list.items);
    items.any(|other| other.key == item.key && (&other.name, &other.payload) == (&item.name, &item.payload))
}
