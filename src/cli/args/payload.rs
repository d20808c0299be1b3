//! The options for a payload that is sent by itself, and for the checksum of what is sent.

use super::Format;
use crate::codec::{Encoding, LineEnding};
use crate::engine::Message;
use crate::lang::{Language, explain_checksum, explain_payload};
use crate::payload::checksum::Spec;
use crate::payload::{self, Answers, Options, Payload};
use clap::{Args, ValueEnum};

/// What is sent besides standard input.
#[derive(Debug, Args)]
pub(super) struct PayloadArgs {
    /// Send this once, for listen to each connection as it opens; ${…} stands for a value. Standard input is not read
    #[arg(long, value_name = "TEMPLATE", conflicts_with = "send")]
    pub payload: Option<String>,
    /// How the payload is read: text (the default), hex, or text with escapes such as \r\n and \x02
    #[arg(long, value_name = "FORMAT", value_enum, requires = "payload")]
    pub format: Option<PayloadFormat>,
    /// Add a checksum to the payload, or to each line of --send text and hex: CRC-16/MODBUS or sum8,hex,from=1
    #[arg(long, value_name = "SPEC")]
    pub checksum: Option<String>,
    /// The value of ${ask:NAME} in the payload; for each one
    #[arg(long, value_name = "NAME=VALUE", requires = "payload")]
    pub answer: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PayloadFormat {
    Text,
    Hex,
    Escaped,
}

/// What the options ask for.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub payload: Option<Message>,
    /// For the lines of standard input.
    pub checksum: Option<Spec>,
}

impl PayloadArgs {
    /// What the options ask for. `input`: how standard input is read if there is no payload.
    ///
    /// # Errors
    /// What is wrong, and what to do about it.
    pub fn read(
        &self,
        encoding: Encoding,
        line_ending: Option<LineEnding>,
        input: Option<Format>,
    ) -> Result<Said, String> {
        let words = Language::English.words();
        let checksum = match &self.checksum {
            None => None,
            Some(text) => {
                let spec = text.parse::<Spec>();
                Some(spec.map_err(|error| format!("--checksum: {}", explain_checksum(words, text, &error)))?)
            }
        };
        let Some(text) = &self.payload else {
            return match (checksum, input) {
                (Some(_), None) => Err("--checksum needs --payload, or --send text or hex".into()),
                (Some(_), Some(Format::Raw)) => {
                    Err("--checksum is for --send text and hex; raw input is sent as it is".into())
                }
                (checksum, _) => Ok(Said { payload: None, checksum }),
            };
        };
        let format = match self.format {
            None | Some(PayloadFormat::Text) => payload::Format::Text,
            Some(PayloadFormat::Hex) => payload::Format::Hex,
            Some(PayloadFormat::Escaped) => payload::Format::Escaped,
        };
        if line_ending.is_some() && format == payload::Format::Hex {
            return Err("--line-ending is for text; a payload in hex is sent as it is".into());
        }
        let options =
            Options { format, line_ending: line_ending.unwrap_or_default(), is_template: true, checksum };
        let wrong = |error: payload::Error| format!("--payload: {}", explain_payload(words, &error));
        let payload = Payload::parse(text, &options).map_err(wrong)?;
        let mut answers = Answers::default();
        for answer in &self.answer {
            let (name, value) = answer.split_once('=').ok_or_else(|| {
                format!("--answer {answer}: write the name, = and the value, such as address=17")
            })?;
            if !payload.questions().iter().any(|question| question.name == name) {
                return Err(format!("--answer {answer}: the payload has no ${{ask:{name}}}"));
            }
            answers.set(name, value);
        }
        let missing = payload.questions().iter().find(|question| answers.get(&question.name).is_none());
        if let Some(question) = missing {
            let name = &question.name;
            return Err(format!("--payload asks for '{name}': give its value with --answer '{name}=…'"));
        }
        let mut message = Message::new(payload, encoding);
        message.answers = answers.into();
        message.check().map_err(wrong)?;
        Ok(Said { payload: Some(message), checksum: None })
    }
}
