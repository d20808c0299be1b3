//! The phrases of one language. `build.rs` lists their names, which are those of `assets/lang/*.toml`.

use std::collections::BTreeMap;

/// Makes [`Words`] of the names of the phrases. The fields are filled one by one: what `serde` derives for so many
/// fields is one function for which an optimising compiler takes ten minutes.
macro_rules! words {
    ($($name:ident),*) => {
        /// The phrases; `{name}` in them is filled in where they are used.
        #[derive(Debug)]
        #[allow(missing_docs, reason = "the English table says what each phrase is")]
        pub struct Words {
            $(pub $name: String,)*
        }

        impl Words {
            /// The phrases of a table that the build has checked.
            pub(super) fn from_table(mut table: BTreeMap<String, String>) -> Self {
                Self { $($name: take(&mut table, stringify!($name)),)* }
            }
        }
    };
}

#[inline(never)]
fn take(table: &mut BTreeMap<String, String>, name: &str) -> String {
    table.remove(name).unwrap_or_default()
}

include!(concat!(env!("OUT_DIR"), "/words.rs"));
