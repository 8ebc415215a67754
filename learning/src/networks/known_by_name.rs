//! Rows of a table are known by their name.

/// Compares, shows, writes and reads the rows of a table by their field `name`, and finds the row of a name.
///
/// The crate that uses it depends on `serde`.
#[macro_export]
macro_rules! known_by_name {
    ($row:ident, $table:expr) => {
        impl $row {
            /// The row of the table that has this name.
            pub fn named(name: &str) -> Option<Self> {
                $table.into_iter().find(|row| row.name == name)
            }
        }

        impl PartialEq for $row {
            fn eq(&self, other: &Self) -> bool {
                self.name == other.name
            }
        }

        impl Eq for $row {}

        impl ::std::fmt::Debug for $row {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, "{}({})", stringify!($row), self.name)
            }
        }

        impl ::serde::Serialize for $row {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $row {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = <String as ::serde::Deserialize>::deserialize(deserializer)?;
                Self::named(&name).ok_or_else(|| {
                    let known = $table.map(|row| format!("`{}`", row.name)).join(", ");
                    ::serde::de::Error::custom(format!("unknown variant `{name}`, expected one of {known}"))
                })
            }
        }
    };
}
