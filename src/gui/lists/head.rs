//! The name of a list and where it is shown, while they are edited.

use crate::gui::action::TabId;
use crate::gui::action::lists::ListId;
use crate::settings::TabKind;
use crate::settings::lists::{Attachment, List, Rounds};

/// Where a list is shown, without the id of a tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In every tab.
    All,
    /// In the tabs of one kind.
    Kind(TabKind),
    /// In the tab that is shown.
    ThisTab,
    /// In another tab, where it stays.
    OtherTab,
}

/// What is edited.
#[derive(Clone, Debug)]
pub struct Head {
    /// The list; `None`: a new one.
    pub list: Option<ListId>,
    /// The tab that is shown.
    pub tab: Option<TabId>,
    /// The name.
    pub name: String,
    /// Where it is shown.
    pub scope: Scope,
    /// How often it runs; empty: until it is stopped.
    pub times: String,
    /// Whether it is in another tab, which can be chosen again.
    pub is_elsewhere: bool,
    /// The name takes the keyboard focus in the next frame.
    pub wants_focus: bool,
}

impl Head {
    /// The editor of a list, or of a new one. `own`: the tab that is shown, and its id in the settings.
    #[must_use]
    pub fn new(list: Option<(ListId, &List)>, own: Option<(TabId, &str)>) -> Self {
        let scope = match list.map(|(_, list)| &list.attached) {
            None | Some(Attachment::All) => Scope::All,
            Some(Attachment::Kind(kind)) => Scope::Kind(*kind),
            Some(Attachment::Tab(id)) if own.is_some_and(|(_, own)| own == id) => Scope::ThisTab,
            Some(Attachment::Tab(_)) => Scope::OtherTab,
        };
        Self {
            list: list.map(|(id, ..)| id),
            tab: own.map(|(tab, _)| tab),
            name: list.map(|(_, list)| list.name.clone()).unwrap_or_default(),
            times: match list.map(|(_, list)| list.times).unwrap_or_default() {
                Rounds::Times(times) => times.to_string(),
                Rounds::Forever => String::new(),
            },
            scope,
            is_elsewhere: scope == Scope::OtherTab,
            wants_focus: true,
        }
    }

    /// How often it runs; `None` for what is no number of times.
    #[must_use]
    pub fn times(&self) -> Option<Rounds> {
        match self.times.trim() {
            "" => Some(Rounds::Forever),
            text => text.parse().ok().map(Rounds::Times),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_often_a_list_runs_goes_in_and_out() {
        for (text, times) in
            [("1", Some(Rounds::ONCE)), ("", Some(Rounds::Forever)), ("0", None), ("x", None)]
        {
            let head = Head { times: text.into(), ..Head::new(None, None) };
            assert_eq!(head.times(), times, "{text}");
        }
        for times in [Rounds::ONCE, Rounds::Forever, Rounds::Times(9.try_into().unwrap())] {
            let list = List { times, ..List::default() };
            assert_eq!(Head::new(Some((ListId(1), &list)), None).times(), Some(times));
        }
    }
}
