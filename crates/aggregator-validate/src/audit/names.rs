//! Texts of line items and of the result, numbered alike.

use std::collections::HashMap;

/// The number of a text; [`Name::NULL`] is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Name(u32);

impl Name {
    pub(crate) const NULL: Self = Self(0);

    pub(crate) fn is_null(self) -> bool {
        self == Self::NULL
    }
}

/// Numbered texts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    all: Vec<String>,
    numbers: HashMap<String, Name>,
}

impl Names {
    pub(crate) fn name(&mut self, text: Option<&str>) -> Name {
        let Some(text) = text else { return Name::NULL };
        if let Some(name) = self.numbers.get(text) {
            return *name;
        }
        self.all.push(text.to_owned());
        // As many names as fit a number; more texts than that fit no memory.
        let name = Name(u32::try_from(self.all.len()).unwrap_or(u32::MAX));
        self.numbers.insert(text.to_owned(), name);
        name
    }

    pub(crate) fn text(&self, name: Name) -> Option<&str> {
        self.all.get(usize::try_from(name.0).ok()?.checked_sub(1)?).map(String::as_str)
    }

    /// The number of `text`, if a line item has it.
    pub(crate) fn known(&self, text: Option<&str>) -> Option<Name> {
        text.map_or(Some(Name::NULL), |text| self.numbers.get(text).copied())
    }
}
