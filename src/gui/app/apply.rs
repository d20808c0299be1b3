//! Carries actions out: the only code of the window that acts.

use crate::gui::action::{Action, AppAction, NoticeTopic, TabAction, TabId};
use crate::gui::app::bookmarks;
use crate::gui::app::outgoing;
use crate::gui::app::palette::Palette;
use crate::gui::app::state::{App, SettingsPage, SettingsPart};
use crate::gui::compose::file_dialog::FileDialog;
use crate::gui::compose::state::Recipients;
use crate::gui::connect::state::Connect;
use crate::gui::files::save_dialog::After;
use crate::gui::kit::ctx::payload_id;
use crate::gui::kit::figures::grouped;
use crate::gui::kit::theme;
use crate::gui::tab::state::Tab;
use crate::gui::view::Copied;
use crate::lang::{Language, explain, fill};
use crate::model::{Failure, ResponderConfig};
use crate::settings::SidePanel;
use eframe::egui::{Context, ThemePreference, ViewportCommand, WindowLevel};

impl App {
    /// Carries one action out.
    pub(super) fn apply(&mut self, ctx: &Context, action: Action) {
        match action {
            Action::App(action) => self.apply_to_app(ctx, action),
            Action::Tab(id, action) => self.apply_to_tab(ctx, id, action),
        }
        // The effect is shown in the next frame.
        ctx.request_repaint();
    }

    fn apply_to_app(&mut self, ctx: &Context, action: AppAction) {
        match action {
            AppAction::NewTab(kind) => {
                let form = self.new_form(kind);
                let tab = self.tabs.add(form);
                tab.connect.focus = Some(Connect::first_field(kind));
                let id = tab.id;
                self.tabs.select(id);
            }
            AppAction::CloseTab(id) => self.ask_close(id),
            AppAction::SelectTab(id) => self.tabs.select(id),
            AppAction::StepTab(step) => self.tabs.step(step),
            AppAction::SetLanguage(chosen) => self.set_language(chosen),
            AppAction::SetTheme(theme) => {
                self.preferences.theme = theme;
                self.apply_theme(ctx);
            }
            AppAction::SetWindow(window) => {
                self.preferences.window = window;
                self.apply_window(ctx);
            }
            AppAction::SetClosesUnsaved(closes) => self.preferences.closes_unsaved = closes,
            AppAction::ShowList(is_shown) => self.preferences.window.shows_list = Some(is_shown),
            AppAction::OpenPalette => self.overlays.palette = Some(Palette::open()),
            AppAction::ClosePalette => self.overlays.palette = None,
            AppAction::OpenSettings => self.overlays.settings = Some(SettingsPage::at(SettingsPart::First)),
            AppAction::CloseSettings => self.overlays.settings = None,
            AppAction::DismissNotice(topic) => self.overlays.notices.clear(topic),
            AppAction::CancelCopy => self.clipboard.cancel(),
            AppAction::AskOpen => self.ask_open(),
            AppAction::AskOpenPath => self.ask_open_path(),
            AppAction::BrowseToOpen => {
                if let Some(dialog) = &mut self.files.dialogs.open {
                    dialog.browse(self.environment.desktop.as_ref(), &self.news.notify);
                }
            }
            AppAction::OpenFiles(paths) => {
                self.files.dialogs.open = None;
                self.open_files(&paths);
            }
            AppAction::CancelOpen => self.files.dialogs.open = None,
            AppAction::AskSave(id) => self.ask_save(id, After::Stay),
            AppAction::AskSaveOptions(id) => self.ask_save_options(id),
            AppAction::BrowseToSave => {
                if let Some(dialog) = &mut self.files.dialogs.save {
                    dialog.browse(self.environment.desktop.as_ref(), &self.news.notify);
                }
            }
            AppAction::CheckSave => {
                if let Some(dialog) = &mut self.files.dialogs.save {
                    dialog.look(&self.news.notify);
                }
            }
            AppAction::WriteSave => self.write_save(),
            AppAction::CancelSave => self.files.dialogs.save = None,
            AppAction::CancelWriting(index) => self.files.writing.cancel(index),
            AppAction::BrowseToFollow => {
                if let Some(dialog) = &mut self.files.dialogs.follow {
                    dialog.browse(self.environment.desktop.as_ref(), &self.news.notify);
                }
            }
            AppAction::CheckFollow => self.check_follow(),
            AppAction::BeginFollow => self.begin_follow(),
            AppAction::CancelFollow => self.files.dialogs.follow = None,
            AppAction::ShowInFolder(path) => self.show_in_folder(path),
            AppAction::Lists(action) => self.apply_to_lists(ctx, action),
            AppAction::ShowRecordingSettings => {
                self.overlays.settings = Some(SettingsPage::at(SettingsPart::Recordings));
            }
            AppAction::AnswerClosing(answer) => self.answer_closing(ctx, answer),
            AppAction::OpenUnfinished(path) => {
                self.open_unfinished(&path);
            }
            AppAction::ListUnfinished => {
                self.overlays.settings = None;
                self.files.recovery.list();
            }
            AppAction::ShareHistory(is_shared) => self.share_history(is_shared),
            AppAction::RememberChecksum(checksum) => self.preferences.composer.used(&checksum),
            AppAction::SaveUnfinished(path) => self.save_unfinished(&path),
            AppAction::DeleteUnfinished(path) => self.delete_unfinished(&path),
            AppAction::AskDeleteAllUnfinished => {
                self.overlays.settings = None;
                self.files.recovery.ask_delete_all();
            }
            AppAction::DeleteAllUnfinished => self.delete_all_unfinished(),
        }
    }

    fn apply_to_tab(&mut self, ctx: &Context, id: TabId, action: TabAction) {
        let words = self.preferences.words();
        let Some(tab) = self.tabs.get_mut(id) else { return };
        match action {
            TabAction::Start => self.start(id),
            TabAction::UsePort(port) => {
                tab.form.local_port = port.to_string();
                self.start(id);
            }
            TabAction::Stop => {
                tab.records.dismiss_failures();
                if let Some(session) = tab.records.session() {
                    session.stop();
                }
            }
            TabAction::StopListening => {
                let result = tab.records.session().map_or(Ok(()), |session| session.stop_listening());
                tab.records.note(result);
            }
            TabAction::ListenAgain => {
                let result = tab.records.session().map_or(Ok(()), |session| session.listen_again());
                tab.records.note(result);
            }
            TabAction::SetBroadcast(is_allowed) => {
                tab.form.broadcast = is_allowed;
                tab.composer.error = None;
                tab.records.dismiss_failures();
                let set = |session: &crate::engine::SessionHandle| session.set_broadcast(is_allowed);
                let result = tab.records.session().map_or(Ok(()), set);
                tab.records.note(result);
            }
            TabAction::SetNoDelay(is_on) => {
                tab.form.no_delay = is_on;
                let set = |session: &crate::engine::SessionHandle| session.set_no_delay(is_on);
                let result = tab.records.session().map_or(Ok(()), set);
                tab.records.note(result);
            }
            TabAction::SetResponder(responder) => {
                tab.form.echo = responder == ResponderConfig::Echo;
                tab.form.forward = responder == ResponderConfig::Forward;
                let set = |session: &crate::engine::SessionHandle| session.set_responder(responder);
                let result = tab.records.session().map_or(Ok(()), set);
                tab.records.note(result);
            }
            TabAction::Disconnect(ids) => {
                let result = tab.records.session().map_or(Ok(()), |session| session.disconnect(ids));
                tab.records.note(result);
            }
            TabAction::ShowOnly(connections) => tab.finder.show_only(connections),
            TabAction::SendTo(connection) => {
                tab.peers.select_only(connection);
                tab.composer.follow_selection(false);
                ctx.memory_mut(|memory| memory.request_focus(payload_id(id)));
            }
            TabAction::CopyAddress(address) => ctx.copy_text(address.to_string()),
            TabAction::CopyAddresses(addresses) => {
                let lines: Vec<_> = addresses.iter().map(ToString::to_string).collect();
                ctx.copy_text(lines.join("\n"));
            }
            TabAction::NamePeer(key, name) => self.preferences.names.set(key, &name),
            TabAction::SaveBytes(connection, direction) => self.ask_save_bytes(id, connection, direction),
            TabAction::AskReceive(connection) => self.ask_receive(id, connection),
            TabAction::AskLog => self.ask_log(id),
            TabAction::StopFollow(follow) => tab.followed.stop(follow, &self.news.notify),
            TabAction::DismissFailure => tab.records.dismiss_failures(),
            TabAction::Reopen => self.reopen(id),
            TabAction::CancelOpening => {
                if let Some(file) = tab.records.file() {
                    file.cancel();
                }
            }
            TabAction::Send => self.send(id),
            TabAction::SendToAll => {
                tab.composer.recipients = Recipients::All;
                self.send(id);
            }
            TabAction::SendAnswered => self.send_answered(id),
            TabAction::CancelAsking => {
                tab.composer.asking = None;
                tab.items.asked = None;
                ctx.memory_mut(|memory| memory.request_focus(payload_id(id)));
            }
            TabAction::ResetCounter => tab.form.sent_count = 0,
            TabAction::SetChecksum(checksum) => {
                tab.form.checksum = checksum;
                tab.composer.error = None;
            }
            TabAction::AskSendFile => {
                if tab.records.session().is_some() {
                    tab.composer.file = Some(FileDialog::new(&self.preferences.folder()));
                }
            }
            TabAction::SendDropped(paths) => self.send_dropped(id, paths),
            TabAction::BrowseFileToSend => {
                if let Some(dialog) = &mut tab.composer.file {
                    dialog.browse(self.environment.desktop.as_ref(), &self.news.notify);
                }
            }
            TabAction::SendFile(path, options) => outgoing::send_file(tab, &path, options, words),
            TabAction::TogglePieces => tab.form.pieces = !tab.form.pieces,
            TabAction::StartRepeat => self.repeat(id),
            TabAction::StopOutgoing(outgoing) => outgoing::stop(tab, outgoing),
            TabAction::PauseOutgoing(outgoing) => outgoing::pause(tab, outgoing),
            TabAction::ResumeOutgoing(outgoing) => outgoing::resume(tab, outgoing),
            TabAction::StopAllOutgoing => outgoing::stop_all(tab),
            TabAction::TogglePauseOutgoing => outgoing::toggle_pause(tab),
            TabAction::FocusPayload => ctx.memory_mut(|memory| memory.request_focus(payload_id(id))),
            TabAction::PeersSelected => tab.composer.follow_selection(tab.peers.selected.is_empty()),
            TabAction::RemoteEdited => tab.composer.recipients = Recipients::Remote,
            TabAction::SetView(mode) => tab.form.view = mode,
            TabAction::SetEncoding(encoding) => tab.form.encoding = encoding,
            TabAction::SetEncodingOf(connection, encoding) => tab.peers.encodings.set(connection, encoding),
            TabAction::SetTime(time) => tab.form.time = time,
            TabAction::TogglePause => {
                let paused = if tab.view.is_paused() { None } else { Some(tab.records.snapshot()) };
                tab.view.set_paused(paused);
            }
            TabAction::Clear => tab.view.clear(&tab.records.snapshot()),
            TabAction::ShowCleared => tab.view.show_cleared(),
            TabAction::ResetCounters => tab.records.reset_counters(),
            TabAction::JumpToNewest => tab.view.jump_to_newest(),
            TabAction::ShowSide(side) => self.show_side(ctx, id, side),
            TabAction::ToggleSide(side) => {
                let shown = if tab.form.side == side { SidePanel::None } else { side };
                self.show_side(ctx, id, shown);
            }
            TabAction::Item(action) => self.apply_item(ctx, id, action),
            TabAction::ToggleRatePlot => tab.form.rate_plot = !tab.form.rate_plot,
            TabAction::DismissAdvice => tab.view.dismiss_advice(),
            TabAction::Copy(format) => {
                if let Some(request) = tab.view.copy_request(format, tab.encodings(), &tab.names, words) {
                    let result = self.clipboard.copy(id, request, &self.news.notify);
                    self.take_copied(ctx, result.transpose());
                }
            }
            TabAction::OpenFind => tab.finder.open(),
            TabAction::CloseFind => tab.finder.is_open = false,
            TabAction::FindStep(step) => {
                if let Some(parts) = tab.finder.step(tab.view.search_place(), step) {
                    tab.view.select_match(&parts);
                }
            }
            TabAction::ToggleBookmark => bookmarks::toggle(tab),
            TabAction::SetBookmark(record, note) => bookmarks::set(tab, record, note),
            TabAction::BookmarkStep(step) => bookmarks::step(tab, step),
            TabAction::GoToRecord(record) => {
                tab.view.go_to(record);
                bookmarks::focus_data(ctx, id);
            }
            TabAction::AskNote => bookmarks::ask_note(tab, words),
            TabAction::AskTime => bookmarks::ask_time(tab, words),
            TabAction::AskServerName => {
                bookmarks::ask_server_name(tab, words);
                self.tabs.select(id);
            }
            TabAction::Answer => {
                if let Some((peer, name)) = bookmarks::answer(ctx, tab, words) {
                    self.preferences.names.set(peer, &name);
                }
            }
            TabAction::CloseQuestion => {
                tab.notes.question = None;
                bookmarks::focus_data(ctx, id);
            }
        }
    }

    /// Shows something beside the data of a tab. Lists of commands are read again, which another window may have changed.
    fn show_side(&mut self, ctx: &Context, id: TabId, side: SidePanel) {
        let Some(tab) = self.tabs.get_mut(id) else { return };
        let hid_lists = tab.form.side == SidePanel::Commands && side == SidePanel::None;
        tab.form.side = side;
        if side == SidePanel::Commands {
            self.stores.lists.store.reread(&self.news.notify);
            self.stores.lists.panel.wants_focus = true;
        } else if hid_lists {
            ctx.memory_mut(|memory| memory.request_focus(payload_id(id)));
        }
    }

    /// Starts the session that the form of a tab describes, or shows what is wrong with the form.
    pub(super) fn start(&mut self, id: TabId) {
        self.end_runs(Some(id));
        let Some(tab) = self.tabs.get_mut(id) else { return };
        let Tab { form, records, connect, composer, .. } = tab;
        if records.file().is_some() {
            return;
        }
        let Some(config) = connect.config(form, records.status.failures) else { return };
        composer.error = None;
        records.dismiss_failures();
        let opened = self.open_session(id);
        let Some(tab) = self.tabs.get_mut(id) else { return };
        let start = |()| tab.records.session().map_or(Ok(()), |session| session.start(config));
        let result = opened.and_then(start);
        tab.records.note(result);
    }

    /// Puts copied data on the clipboard, or shows why there is none.
    pub(super) fn take_copied(&mut self, ctx: &Context, result: Option<Result<Copied, Failure>>) {
        let words = self.preferences.words();
        match result {
            None => {}
            Some(Ok(copied)) => {
                ctx.copy_text(copied.text);
                self.overlays.notices.clear(NoticeTopic::Copy);
                if let Some(bytes) = copied.cut_after {
                    let bytes = grouped(bytes as u64);
                    let text = fill(&words.copy_was_cut, &[("bytes", &bytes)]);
                    self.overlays.notices.show(NoticeTopic::Copy, text);
                }
            }
            Some(Err(failure)) => self.overlays.notices.show(NoticeTopic::Copy, explain(words, &failure)),
        }
    }

    /// Applies the zoom, the font size and the level of the window.
    pub(super) fn apply_window(&self, ctx: &Context) {
        let window = &self.preferences.window;
        ctx.set_zoom_factor(window.zoom);
        theme::set_data_size(ctx, window.font_size);
        ctx.send_viewport_cmd(ViewportCommand::WindowLevel(match window.always_on_top {
            true => WindowLevel::AlwaysOnTop,
            false => WindowLevel::Normal,
        }));
    }

    pub(super) fn apply_theme(&self, ctx: &Context) {
        use crate::settings::ThemeChoice;
        ctx.set_theme(match self.preferences.theme {
            ThemeChoice::System => ThemePreference::System,
            ThemeChoice::Light => ThemePreference::Light,
            ThemeChoice::Dark => ThemePreference::Dark,
        });
    }

    fn set_language(&mut self, chosen: Option<Language>) {
        let language = chosen.unwrap_or(self.environment.language);
        self.preferences.language = language;
        self.preferences.is_language_chosen = chosen.is_some();
        for tab in self.tabs.iter() {
            if let Some(session) = tab.records.session() {
                // A session whose queue is full keeps the old language until the next change.
                let _ = session.set_language(language);
            }
        }
    }
}

#[cfg(test)]
#[path = "apply_tests.rs"]
mod tests;
