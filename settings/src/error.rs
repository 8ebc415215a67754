//! What is wrong with a configuration.

use std::fmt::Display;

use crate::Origin;

/// A value that breaks a rule: what a `validate` of a section gives.
///
/// ```
/// use mvmhat_settings::ConfigError;
///
/// let error = ConfigError::new("detector.conf", 2, "must be from 0 to 1");
/// assert_eq!(error.to_string(), "`detector.conf` is 2, but must be from 0 to 1");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is {value}, but {rule}")]
pub struct ConfigError {
    /// The key with its section, for instance `train.samples.batch`.
    pub path: String,
    /// The value it has.
    pub value: String,
    /// The rule it breaks, to be read behind "but": `must be from 0 to 1`.
    pub rule: String,
}

impl ConfigError {
    /// The value of `path` breaks `rule`.
    pub fn new(path: impl Into<String>, value: impl Display, rule: impl Into<String>) -> Self {
        Self { path: path.into(), value: format!("{value}"), rule: rule.into() }
    }

    /// An error unless `value` is in a range.
    ///
    /// # Errors
    /// The value with the ends of the range.
    pub fn check_range<T: PartialOrd + Display>(
        path: &str,
        value: T,
        allowed: std::ops::RangeInclusive<T>,
    ) -> Result<(), Self> {
        if allowed.contains(&value) {
            return Ok(());
        }
        let rule = format!("must be from {} to {}", allowed.start(), allowed.end());
        Err(Self::new(path, value, rule))
    }
}

/// Why a configuration is refused, and where it was said.
#[derive(Debug, thiserror::Error)]
#[error("{}{problem}", located(origin))]
pub struct SettingsError {
    /// Where the value was said that is wrong.
    pub origin: Origin,
    /// What is wrong.
    pub problem: Problem,
}

/// What can be wrong with a value.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// It breaks a rule.
    #[error(transparent)]
    Rule(#[from] ConfigError),
    /// A key or a choice that is called otherwise now.
    #[error("`{former}` is now `{present}`")]
    Renamed {
        /// What was written.
        former: String,
        /// What to write.
        present: String,
    },
    /// A key that does not exist, a choice that does not exist, or a value of another type.
    #[error("`{path}`: {message}{}", did_you_mean(nearest.as_deref()))]
    Shape {
        /// The key with its section.
        path: String,
        /// What the parser says.
        message: String,
        /// The valid word that was probably meant.
        nearest: Option<String>,
    },
}

/// The origin in front of an error, where a user said the value.
fn located(origin: &Origin) -> String {
    if origin.is_of_user() { format!("{origin}: ") } else { String::new() }
}

/// `; did you mean ...?` where a valid word is near.
pub(crate) fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|word| format!("; did you mean `{word}`?")).unwrap_or_default()
}
