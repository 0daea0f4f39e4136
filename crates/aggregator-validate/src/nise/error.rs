//! What can be wrong with the files that say what is expected.

/// A file that says what is expected, and cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NiseError {
    /// Neither a report nor totals.
    #[error("there is nothing to expect")]
    Nothing,
    /// The file system refused or failed.
    #[error("could not read `{path}`")]
    File {
        /// The file.
        path: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A template that cannot be rendered.
    #[error("could not render `{path}`: {reason}")]
    Template {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file that nise could not use either, or one with values that this program does not understand.
    #[error("could not use `{path}`: {reason}")]
    Content {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl NiseError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Nothing => Some("give nise's static report, or `--expected FILE`, or both"),
            Self::Template { .. } => Some("`--var NAME=VALUE` gives a variable of the template its value"),
            Self::Content { .. } => Some("docs/validate-nise.md has the formats"),
            Self::File { .. } => None,
        }
    }
}
