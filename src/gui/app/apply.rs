//! Carrying out what the user did: the only place of the window that acts.

use super::bookmarks;
use super::state::App;
use crate::gui::action::Action;
use crate::gui::action::TabId;
use crate::gui::compose::composer;
use crate::gui::connect::form;
use crate::gui::files::save_dialog::After;
use crate::gui::tab::state::Tab;
use crate::lang::Language;
use crate::model::Failure;
use eframe::egui::Context;

impl App {
    /// Does one thing.
    pub(super) fn apply(&mut self, ctx: &Context, action: Action) {
        match action {
            Action::NewTab(kind) => {
                self.add_tab(self.new_settings(kind));
                self.active = self.tabs.len() - 1;
                self.tabs[self.active].wants_focus = true;
            }
            Action::CloseTab(id) => self.ask_close(id),
            Action::AskOpen => self.ask_open(),
            Action::AskSave(id) => self.ask_save(id, After::Stay),
            Action::Reopen(id) => self.reopen(id),
            Action::SelectTab(id) => self.active = self.index(id).unwrap_or(self.active),
            Action::StepTab(step) if !self.tabs.is_empty() => {
                let count = self.tabs.len() as isize;
                self.active = (self.active as isize + step).rem_euclid(count) as usize;
            }
            Action::StepTab(_) => {}
            Action::SetLanguage(chosen) => self.set_language(chosen),
            Action::SetTheme(theme) => {
                self.preferences.theme = theme;
                self.apply_theme(ctx);
            }
            Action::Start(id) => self.start(id),
            Action::Send(id) => self.send(id),
            Action::UsePort(id, port) => {
                if let Some(tab) = self.tab(id) {
                    tab.form.local_port = port.to_string();
                }
                self.start(id);
            }
            Action::FocusPayload(id) => {
                if let Some(tab) = self.tab(id) {
                    ctx.memory_mut(|memory| memory.request_focus(tab.payload_id()));
                }
            }
            Action::ToggleBookmark(id)
            | Action::Mark(id, ..)
            | Action::MarkStep(id, _)
            | Action::GoToRecord(id, _)
            | Action::AskNote(id)
            | Action::AskTime(id)
            | Action::Answer(id)
            | Action::CloseQuestion(id) => {
                let words = self.preferences.words();
                if let Some(tab) = self.tab(id) {
                    bookmarks::apply(ctx, tab, action, words);
                }
            }
            Action::Stop(id)
            | Action::StopListening(id)
            | Action::ListenAgain(id)
            | Action::SetBroadcast(id, _)
            | Action::SetEcho(id, _)
            | Action::Disconnect(id, _)
            | Action::TogglePause(id)
            | Action::Clear(id)
            | Action::JumpToNewest(id)
            | Action::ToggleInspector(id)
            | Action::OpenFind(id)
            | Action::CloseFind(id)
            | Action::FindStep(id, _)
            | Action::DismissFailure(id) => {
                if let Some(tab) = self.tab(id) {
                    apply_to_tab(tab, action);
                }
            }
        }
        // What an action changed is to be seen at once.
        ctx.request_repaint();
    }

    pub(super) fn start(&mut self, id: TabId) {
        let words = self.preferences.words();
        let language = self.preferences.language;
        let Some(index) = self.index(id) else { return };
        let tab = &mut self.tabs[index];
        if tab.file().is_some() {
            return;
        }
        let config = match form::parse(&tab.form) {
            Ok(config) => config,
            Err(errors) => {
                tab.errors = errors;
                return;
            }
        };
        tab.errors.clear();
        tab.send_error = None;
        tab.dismiss_failures();
        let title = form::title(&tab.form, None, words);
        let result = tab
            .session(&self.environment.recordings, &title, language, &self.notify)
            .and_then(|session| session.start(config));
        self.tell(index, result);
    }

    fn send(&mut self, id: TabId) {
        let words = self.preferences.words();
        let Some(index) = self.index(id) else { return };
        let tab = &mut self.tabs[index];
        let target = match composer::target(tab, words) {
            Ok(target) => target,
            Err(text) => {
                tab.send_error = Some(text);
                return;
            }
        };
        let Ok(bytes) = composer::payload(&tab.form, words) else { return };
        let Some(handle) = tab.handle() else { return };
        let result = handle.send(target, bytes.into());
        tab.send_error = None;
        composer::remember(&mut tab.form);
        tab.history.sent();
        self.tell(index, result.map(drop));
    }

    /// Shows a failure that the session itself could not tell of.
    fn tell(&mut self, index: usize, result: Result<(), Failure>) {
        if let Err(failure) = result {
            self.tabs[index].own_failure = Some(failure);
        }
    }

    fn set_language(&mut self, chosen: Option<Language>) {
        let language = chosen.unwrap_or(self.environment.language);
        self.preferences.language = language;
        self.preferences.is_language_chosen = chosen.is_some();
        for tab in &self.tabs {
            if let Some(handle) = tab.handle() {
                // A session too busy for it goes on in the old language until the next change.
                let _ = handle.set_language(language);
            }
        }
    }
}

/// What concerns a tab alone.
fn apply_to_tab(tab: &mut Tab, action: Action) {
    let result = match action {
        Action::Stop(_) => {
            tab.dismiss_failures();
            if let Some(handle) = tab.handle() {
                handle.stop();
            }
            Ok(())
        }
        Action::SetBroadcast(_, is_allowed) => {
            tab.form.broadcast = is_allowed;
            tab.dismiss_failures();
            tab.handle().map_or(Ok(()), |handle| handle.set_broadcast(is_allowed))
        }
        Action::SetEcho(_, is_on) => {
            tab.form.echo = is_on;
            let responder = form::responder(&tab.form);
            tab.handle().map_or(Ok(()), |handle| handle.set_responder(responder))
        }
        Action::ListenAgain(_) => tab.handle().map_or(Ok(()), |handle| handle.listen_again()),
        Action::StopListening(_) => tab.handle().map_or(Ok(()), |handle| handle.stop_listening()),
        Action::Disconnect(_, ids) => tab.handle().map_or(Ok(()), |handle| handle.disconnect(ids)),
        Action::TogglePause(_) => {
            let paused = if tab.view.is_paused() { None } else { Some(tab.snapshot()) };
            tab.view.set_paused(paused);
            Ok(())
        }
        Action::Clear(_) => {
            let snapshot = tab.snapshot();
            tab.view.clear(&snapshot);
            Ok(())
        }
        Action::OpenFind(_) => {
            tab.finder.is_open = true;
            tab.finder.wants_focus = true;
            Ok(())
        }
        Action::CloseFind(_) => {
            tab.finder.is_open = false;
            Ok(())
        }
        Action::FindStep(_, forward) => {
            if let Some(parts) = tab.finder.step(tab.view.search_place(), forward) {
                tab.view.select_match(&parts);
            }
            Ok(())
        }
        Action::ToggleInspector(_) => {
            tab.form.inspector = !tab.form.inspector;
            Ok(())
        }
        Action::JumpToNewest(_) => {
            tab.view.jump_to_newest();
            Ok(())
        }
        Action::DismissFailure(_) => {
            tab.dismiss_failures();
            Ok(())
        }
        _ => Ok(()),
    };
    if let Err(failure) = result {
        tab.own_failure = Some(failure);
    }
}
