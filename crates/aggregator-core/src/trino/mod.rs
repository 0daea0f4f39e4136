//! Trino's semantics where they differ from Polars, each with the answers of a real Trino as tests.
//!
//! | topic | Trino | PostgreSQL | Polars | here |
//! |---|---|---|---|---|
//! | `sum` of nothing but nulls | null | null | `0.0` | [`sum`] |
//! | `greatest(1, null)` | null | 1 | 1 | [`greatest`] |
//! | `max` with NaN among others | the others' | NaN | the others' | Polars' own |
//! | `x LIKE pattern` | no escape character | backslash | none | [`like`] |
//! | `double` → `decimal` | shortest text, half up | 15 digits | binary | [`decimal`](fn@decimal), [`Numeric`] |
//! | `double` → `varchar` | `7.0E0` | `7` | `7.0` | [`double_text`] |
//! | a file's double read as `varchar` | `7.0` | – | – | [`java_double_text`] |
//! | JSON text → `map(varchar, varchar)` | strict, flat, keys once | – | – | [`label_map`] |
//! | JSON text → `json` | sorted, last of equal keys, Java's numbers | `jsonb` | – | [`json_parse`] |
//! | a scalar member of parsed JSON | the last of equal keys, Java's numbers | – | – | [`json_member`] |
//! | a member of JSON text | the first of equal keys, numbers as written, nothing read behind it | – | – | [`json_extract_scalar`] |
//! | `varchar` → `integer` | blanks around | blanks around | none | [`integer_from_text`] |
//! | `lower` | code point by code point | locale | word by word | [`lower_text`] |
//! | map → JSON text | compact, UTF-16 key order | – | – | [`json_format`] |

mod decimal;
mod double_text;
mod greatest;
mod integer;
mod json;
mod json_format;
mod json_member;
mod json_reader;
mod json_scalar;
mod label_map;
mod like;
mod lower;
mod shortest;
mod sum;

pub use decimal::{LIMIT, Numeric, SCALE, decimal, decimal_from_text, fits, fits_precision};
pub use double_text::{double_text, java_double_text, java_float_text};
pub use greatest::greatest;
pub use integer::integer_from_text;
pub use json::{Json, JsonError, JsonProblem, ReadJson, json_parse};
pub use json_format::{json_format, key_order};
pub use json_member::{JsonScalar, json_member};
pub use json_scalar::json_extract_scalar;
pub use label_map::{Label, LabelError, LabelMap, LabelProblem, label_map};
pub use like::{Pattern, like};
pub use lower::lower_text;
pub use sum::sum;
