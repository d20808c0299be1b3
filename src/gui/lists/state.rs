//! All that the window has of lists: the lists, the panel, and the dialogs.

use crate::gui::action::lists::ListId;
use crate::gui::lists::editor::Editor;
use crate::gui::lists::head::Head;
use crate::gui::lists::panel::{Panel, RowId};
use crate::gui::lists::store::Store;
use crate::gui::lists::transfer::Transfer;
use crate::lang::Words;
use crate::settings::TabSettings;
use crate::settings::lists::{Item, ItemId, KeyChord, List, ListFolder};

/// Lists of commands.
pub struct Lists {
    /// The lists and their files.
    pub store: Store,
    /// The panel beside the data.
    pub panel: Panel,
    /// The item that is edited.
    pub editor: Option<Editor>,
    /// The list whose name and place are edited.
    pub head: Option<Head>,
    /// The file that is imported or exported.
    pub transfer: Option<Transfer>,
    /// The files of the sequences that were run last, the newest first.
    pub sequences: Vec<String>,
}

impl Lists {
    /// The lists of a folder; without one, lists are not kept.
    #[must_use]
    pub fn new(folder: Option<ListFolder>) -> Self {
        let store = Store::new(folder);
        Self {
            store,
            panel: Panel::default(),
            editor: None,
            head: None,
            transfer: None,
            sequences: Vec::new(),
        }
    }

    /// Whether a dialog is open.
    #[must_use]
    pub fn has_dialog(&self) -> bool {
        let is_shown = |transfer: &Transfer| transfer.is_shown();
        self.editor.is_some() || self.head.is_some() || self.transfer.as_ref().is_some_and(is_shown)
    }

    /// The items of a tab that have a key.
    pub fn keys<'a>(&'a self, form: &'a TabSettings) -> impl Iterator<Item = (&'a KeyChord, &'a Item)> {
        let items = self.store.shown(form).flat_map(|open| &open.list.items);
        items.filter_map(|item| Some((item.key.as_ref()?, item)))
    }

    /// The list into which a new item of a tab goes, and the item behind which it goes: where the cursor is, or else the
    /// end of the tab's first list.
    #[must_use]
    pub fn place_of_new(&self, form: &TabSettings) -> (Option<ListId>, Option<ItemId>) {
        let at_cursor = match self.panel.cursor.as_ref() {
            Some(RowId::Item(id)) => self.store.list_of(id).map(|list| (list, Some(id.clone()))),
            Some(RowId::List(list) | RowId::Group(list, _)) => Some((*list, None)),
            None => None,
        };
        let is_shown = |list: ListId| self.store.shown(form).any(|open| open.id == list);
        match at_cursor.filter(|(list, _)| is_shown(*list)) {
            Some((list, item)) => (Some(list), item),
            None => (self.store.shown(form).next().map(|open| open.id), None),
        }
    }

    /// The list of an editor, if it is still there, or else the first one of a tab, or a new one.
    pub fn list_or_first(
        &mut self,
        list: Option<ListId>,
        form: Option<&TabSettings>,
        words: &Words,
    ) -> ListId {
        let first = || form.and_then(|form| self.store.shown(form).next()).map(|open| open.id);
        let known = list.filter(|list| self.store.get(*list).is_some()).or_else(first);
        known.unwrap_or_else(|| self.store.add(List { name: words.lists_first.clone(), ..List::default() }))
    }
}
