//! A table as one JSON document. Amounts are strings; what is not known is null, with a reason under `unknown`.

use serde_json::{Map, Value, json};

use super::Table;
use super::cell::{Cell, stamp};

/// The version of what is written.
pub const VERSION: u32 = 1;

/// A row as an object; what is not known says why in `unknown`.
pub fn object<'a>(names: impl Iterator<Item = &'a str>, cells: &[Cell]) -> Map<String, Value> {
    let mut object = Map::new();
    let mut unknown = Map::new();
    for (name, cell) in names.zip(cells) {
        object.insert(name.to_owned(), cell.json());
        if let Some(why) = cell.unknown() {
            unknown.insert(name.to_owned(), why.word().into());
        }
    }
    object.insert("unknown".to_owned(), Value::Object(unknown));
    object
}

/// The whole table.
pub fn bytes(table: &Table) -> Vec<u8> {
    let row = |cells: &Vec<Cell>| Value::Object(object(table.columns.iter().map(|head| head.name.as_str()), cells));
    let about: Map<String, Value> =
        table.about.iter().map(|(name, fact)| (name.clone(), fact.as_str().into())).collect();
    let document = json!({
        "version": VERSION, "kind": format!("{}_shown", table.kind), "made_at": stamp(table.made_at), "about": about,
        "count": table.rows.len(), "rows": table.rows.iter().map(row).collect::<Vec<_>>(),
    });
    format!("{document:#}\n").into_bytes()
}
