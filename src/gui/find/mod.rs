//! Searching and filtering the records of a tab.

pub mod find_bar;
pub mod finder;
