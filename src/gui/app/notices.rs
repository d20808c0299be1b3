//! What is wrong and belongs to no tab: one message for each topic, until it is right again or the user dismisses it.

use crate::gui::action::NoticeTopic;

/// The messages that are shown.
#[derive(Default)]
pub struct Notices {
    list: Vec<(NoticeTopic, String)>,
}

impl Notices {
    /// Shows a message, in the language of the window. It replaces the earlier one about the same topic.
    pub fn show(&mut self, topic: NoticeTopic, text: String) {
        self.clear(topic);
        self.list.push((topic, text));
    }

    /// Removes the message about a topic.
    pub fn clear(&mut self, topic: NoticeTopic) {
        self.list.retain(|(shown, _)| *shown != topic);
    }

    /// The messages, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (NoticeTopic, &str)> {
        self.list.iter().map(|(topic, text)| (*topic, text.as_str()))
    }

    /// Whether there is no message.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}
