//! The open tabs, which of them is shown, and the tasks that end closed ones.

use crate::gui::action::{Step, TabId};
use crate::gui::tab::state::Tab;
use crate::settings::TabSettings;
use crate::task::{Notify, Task};

/// The open tabs in the order of the tab bar.
#[derive(Default)]
pub struct Tabs {
    list: Vec<Tab>,
    /// The index of the tab that is shown; 0 if there is none.
    active: usize,
    /// The number of tabs opened so far, for their ids.
    opened: u64,
    /// The tasks that end the sessions of closed tabs.
    closing: Vec<Task<()>>,
}

impl Tabs {
    /// All tabs.
    pub fn iter(&self) -> impl Iterator<Item = &Tab> {
        self.list.iter()
    }

    /// All tabs.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Tab> {
        self.list.iter_mut()
    }

    /// All tabs, and the index of the one that is shown.
    pub fn row(&self) -> (&[Tab], usize) {
        (&self.list, self.active)
    }

    /// A tab.
    pub fn get(&self, id: TabId) -> Option<&Tab> {
        self.list.iter().find(|tab| tab.id == id)
    }

    /// A tab.
    pub fn get_mut(&mut self, id: TabId) -> Option<&mut Tab> {
        self.list.iter_mut().find(|tab| tab.id == id)
    }

    /// The tab that is shown.
    pub fn active(&self) -> Option<&Tab> {
        self.list.get(self.active)
    }

    /// The tab that is shown.
    pub fn active_mut(&mut self) -> Option<&mut Tab> {
        self.list.get_mut(self.active)
    }

    /// Adds a tab at the end without showing it.
    pub fn add(&mut self, form: TabSettings) -> &mut Tab {
        self.opened += 1;
        self.list.push(Tab::new(TabId(self.opened), form));
        let last = self.list.len() - 1;
        &mut self.list[last]
    }

    /// Shows a tab, if it is still open.
    pub fn select(&mut self, id: TabId) {
        self.active = self.index(id).unwrap_or(self.active);
    }

    /// Shows the tab at an index, or the last one.
    pub fn select_index(&mut self, index: usize) {
        self.active = index.min(self.list.len().saturating_sub(1));
    }

    /// Shows the neighbour of the tab that is shown; wraps around.
    pub fn step(&mut self, step: Step) {
        let count = self.list.len();
        if count > 0 {
            let steps = if step == Step::Next { 1 } else { count - 1 };
            self.active = (self.active + steps) % count;
        }
    }

    /// Removes a tab.
    pub fn remove(&mut self, id: TabId) -> Option<Tab> {
        let index = self.index(id)?;
        let tab = self.list.remove(index);
        if self.active > index || self.active == self.list.len() {
            self.active = self.active.saturating_sub(1);
        }
        Some(tab)
    }

    /// Ends a removed tab, as a task.
    pub fn end(&mut self, tab: Tab, notify: &Notify) {
        self.closing.retain(|task| !task.is_finished());
        self.closing.extend(tab.close(false, notify));
    }

    /// Ends all tabs. Blocks until all sessions have ended: for the end of the program.
    pub fn end_all(&mut self, keeps_unsaved: bool, notify: &Notify) {
        self.closing.extend(self.list.drain(..).filter_map(|tab| tab.close(keeps_unsaved, notify)));
        for mut task in self.closing.drain(..) {
            task.join();
        }
    }

    /// The tabs that come back at the next start.
    pub fn remembered(&self) -> impl Iterator<Item = &Tab> {
        self.list.iter().filter(|tab| tab.is_remembered())
    }

    /// The index among them of the tab that is shown.
    pub fn remembered_active(&self) -> usize {
        self.list.iter().take(self.active).filter(|tab| tab.is_remembered()).count()
    }

    fn index(&self, id: TabId) -> Option<usize> {
        self.list.iter().position(|tab| tab.id == id)
    }
}
