//! Draws the menu that inserts variables and escapes, for people who do not know the words, with the switch for templates.

use crate::gui::action::{Action, TabAction};
use crate::gui::kit::buttons;
use crate::gui::kit::ctx::{TabCtx, payload_id};
use crate::lang::Words;
use crate::payload::Format;
use crate::settings::TabSettings;
use eframe::egui::text::{CCursor, CCursorRange};
use eframe::egui::{self, Button, ScrollArea, TextWrapMode, Ui};

/// Something that is inserted.
#[derive(Clone, Copy, Debug)]
struct Snippet<'a> {
    /// What it is, in the language of the window.
    about: &'a str,
    /// What is inserted, before what is selected.
    before: &'static str,
    /// What is inserted behind what is selected.
    after: &'static str,
}

/// The variables for a format: in hex with the type of their bytes.
fn variables(words: &Words, format: Format) -> Vec<Snippet<'_>> {
    let is_hex = format == Format::Hex;
    let of = |about, text, hex| Snippet { about, before: if is_hex { hex } else { text }, after: "" };
    let mut all = vec![
        of(&words.insert_counter, "${counter}", "${counter:u16be}"),
        of(&words.insert_time, "${time:%H:%M:%S}", "${time:u32be}"),
        of(&words.insert_random, "${random:4}", "${random:4}"),
        of(&words.insert_peer, "${peer}", "${peer:ip}"),
        of(&words.insert_length, "${len}", "${len:u16be}"),
        of(&words.insert_checksum, "${crc:CRC-16/MODBUS,hex}", "${crc:CRC-16/MODBUS}"),
        Snippet { about: &words.insert_group, before: "${group}", after: "${/group}" },
        of(&words.insert_ask, "${ask:name}", "${ask:name:u8:0..255}"),
    ];
    if !is_hex {
        all.push(of(&words.insert_dollar, "${$}", "${$}"));
    }
    all
}

fn escapes(words: &Words) -> [Snippet<'_>; 8] {
    let of = |about, before| Snippet { about, before, after: "" };
    [
        of(&words.insert_crlf, "\\r\\n"),
        of(&words.insert_cr, "\\r"),
        of(&words.insert_lf, "\\n"),
        of(&words.insert_tab, "\\t"),
        of(&words.insert_nul, "\\0"),
        of(&words.insert_byte, "\\x00"),
        of(&words.insert_character, "\\u{4F60}"),
        of(&words.insert_backslash, "\\\\"),
    ]
}

/// The width of the button, in points.
#[must_use]
pub fn insert_width(ui: &Ui, words: &Words) -> f32 {
    buttons::menu_width(ui, &words.insert)
}

/// Draws the button of the menu, and the menu while it is open.
pub fn insert_ui(ui: &mut Ui, ctx: TabCtx<'_>, form: &mut TabSettings, actions: &mut Vec<Action>) {
    let words = ctx.words;
    let mut chosen = None;
    let text = buttons::menu_text(&words.insert);
    let menu = ui.menu_button(text, |ui| {
        ui.set_min_width(280.0);
        // Above what scrolls.
        let switch = buttons::checkbox(ui, &mut form.is_template, &words.template, "Template");
        switch.on_hover_text(&words.template_tip);
        ui.separator();
        let area = ScrollArea::vertical().max_height(ui.ctx().content_rect().height() * 0.7);
        area.show(ui, |ui| {
            let mut sections = vec![(&words.insert_variables, variables(words, form.payload_format), true)];
            if form.payload_format == Format::Escaped {
                sections.insert(0, (&words.insert_escapes, escapes(words).to_vec(), false));
            }
            for (title, snippets, is_variable) in sections {
                ui.weak(title);
                for snippet in snippets {
                    let shown = format!("{}{}", snippet.before, snippet.after);
                    let button = Button::new(snippet.about).shortcut_text(&shown);
                    let button = ui.add(button.wrap_mode(TextWrapMode::Extend));
                    if button.accessible_name(format!("Insert {shown}")).clicked() {
                        chosen = Some((snippet, is_variable));
                        ui.close();
                    }
                }
            }
        });
    });
    menu.response.on_hover_text(&words.insert_tip).accessible_name("Insert");
    if let Some((snippet, is_variable)) = chosen {
        form.is_template |= is_variable;
        insert(ui.ctx(), payload_id(ctx.id), &mut form.payload, snippet);
        // At the end of the frame: in this one the field would give the focus up, for a click elsewhere.
        actions.push(ctx.action(TabAction::FocusPayload));
    }
}

/// Puts a snippet where the caret is, around what is selected, or at the end of a field that had no caret yet.
fn insert(ctx: &egui::Context, field: egui::Id, text: &mut String, snippet: Snippet<'_>) {
    let mut state = egui::TextEdit::load_state(ctx, field).unwrap_or_default();
    let end = text.chars().count();
    let selected = state.cursor.char_range().map_or(end..end, |range| {
        let (one, other) = (range.primary.index.0, range.secondary.index.0);
        one.min(other).min(end)..one.max(other).min(end)
    });
    let byte = |text: &str, index: usize| text.char_indices().nth(index).map_or(text.len(), |(at, _)| at);
    let mut caret = selected.end + snippet.before.chars().count();
    if snippet.after.is_empty() {
        // What is selected is replaced, as by typing.
        text.replace_range(byte(text, selected.start)..byte(text, selected.end), snippet.before);
        caret -= selected.len();
    } else {
        text.insert_str(byte(text, selected.end), snippet.after);
        text.insert_str(byte(text, selected.start), snippet.before);
    }
    let caret = CCursor::new(caret);
    state.cursor.set_char_range(Some(CCursorRange::one(caret)));
    state.store(ctx, field);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Encoding;
    use crate::lang::Language;
    use crate::payload::{Answers, Context, Options, Payload};

    #[test]
    fn everything_that_is_offered_can_be_sent_as_it_is() {
        let words = Language::English.words();
        let mut answers = Answers::default();
        answers.set("name", "1");
        for format in Format::ALL {
            let escapes = if format == Format::Escaped { escapes(words).to_vec() } else { Vec::new() };
            for snippet in variables(words, format).into_iter().chain(escapes) {
                let options = Options { format, is_template: true, ..Options::default() };
                let input = format!("{}{}", snippet.before, snippet.after);
                let peer = Some(([127, 0, 0, 1], 80).into());
                let context = Context { peer, answers: &answers, ..Context::of(Encoding::Utf8) };
                let built = Payload::parse(&input, &options).and_then(|payload| payload.build(&context));
                assert!(built.is_ok(), "{format:?} {input}: {built:?}");
            }
        }
    }

    #[test]
    fn a_snippet_goes_where_the_caret_is() {
        let ctx = egui::Context::default();
        let field = egui::Id::unique("field");
        let select = |from: usize, to: usize| {
            let mut state = egui::TextEdit::load_state(&ctx, field).unwrap_or_default();
            state.cursor.set_char_range(Some(CCursorRange::two(CCursor::new(from), CCursor::new(to))));
            state.store(&ctx, field);
        };
        let of = |before, after| Snippet { about: "", before, after };
        let mut text = String::from("温度");
        insert(&ctx, field, &mut text, of("${counter}", ""));
        assert_eq!(text, "温度${counter}", "at the end");
        select(1, 1);
        insert(&ctx, field, &mut text, of("${$}", ""));
        assert_eq!(text, "温${$}度${counter}");
        insert(&ctx, field, &mut text, of("!", ""));
        assert_eq!(text, "温${$}!度${counter}", "behind what was inserted");
        select(1, 6);
        insert(&ctx, field, &mut text, of("${group}", "${/group}"));
        assert_eq!(text, "温${group}${$}!${/group}度${counter}", "around what is selected");
        let mut text = String::from("abc");
        select(3, 1);
        insert(&ctx, field, &mut text, of("x", ""));
        assert_eq!(text, "ax", "in place of what is selected");
    }
}
