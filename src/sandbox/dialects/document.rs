//! The OpenAPI document of a deployment: the rich dialect's, with what is different.
//!
//! Paths, parameters, envelopes and credentials follow dialect and quirks; schemas follow the dialect. A quirk
//! that breaks single values is not confessed in the document, as it would not be by a real deployment.

use serde_json::{Map, Value, json};

use super::documented::SCHEMAS;
use super::paging::SAYING;
use super::routes::API;
use super::{Deployment, Dialect, Quirk, Quirks};

/// What the rich dialect serves.
const RICH: &str = include_str!("../../../assets/openapi.json");
/// The schemas in which these two differ from it.
const UPSTREAM: &str = include_str!("../../../assets/openapi-upstream.json");
const LEGACY: &str = include_str!("../../../assets/openapi-legacy.json");

const CARD: &str = "/api/v2/accounts/{account_uuid}/cards/{card_uuid}";
const MONEY: [&str; 2] = [r"^-?\d+\.\d{9}$", r"^-?\d+\.\d{2,}$"];

/// A list: its operation, and whether the documents give it a total or a page.
const LISTS: &[(&str, bool, bool)] = &[
    ("account_list", false, true),
    ("transfer_destinations", false, false),
    ("account_cardholders", true, true),
    ("cardholder_list", true, true),
    ("cardholder_cards", false, true),
    ("card_list", false, true),
    ("card_transactions", false, true),
    ("account_transactions", false, true),
    ("webhook_events", false, true),
];

/// Answers that stand in `data` in the provider's shapes and the older ones, and how their schema is called there.
const WRAPPED: &[(&str, &str)] = &[
    ("account_details", "AccountDetails"),
    ("account_balance", "Balance"),
    ("account_restrictions", "Restrictions"),
    ("account_transfer", "TransferResponse"),
    ("cardholder_create", "Cardholder"),
    ("cardholder_details", "Cardholder"),
    ("card_issue", "NewCard"),
    ("card_details", "Card"),
    ("card_update", "Card"),
    ("card_sensitive", "Sensitive"),
    ("card_topup", "MoneyResponse"),
    ("card_withdraw", "MoneyResponse"),
    ("card_transaction", "CardTransactionDetails"),
    ("account_transaction", "AccountTransactionDetails"),
];

fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

fn no_content() -> Value {
    json!({"description": "Accepted; nothing is said"})
}

/// Calls `f` with every schema in a tree of schemas.
fn each(schema: &mut Value, f: &mut impl FnMut(&mut Map<String, Value>)) {
    match schema {
        Value::Object(map) => {
            f(map);
            map.values_mut().for_each(|inner| each(inner, f));
        }
        Value::Array(list) => list.iter_mut().for_each(|inner| each(inner, f)),
        _ => {}
    }
}

impl Deployment {
    /// The text of the document, with or without a call to change a card.
    pub fn document_text(&self, card_update: bool) -> Vec<u8> {
        if card_update && self.is_rich() {
            return RICH.as_bytes().to_vec();
        }
        serde_json::to_vec(&self.document(card_update)).unwrap_or_default()
    }

    fn is_rich(&self) -> bool {
        self.dialect == Dialect::Rich && self.quirks == Dialect::Rich.quirks()
    }

    /// The document, with or without a call to change a card.
    pub fn document(&self, card_update: bool) -> Value {
        let mut document: Value = serde_json::from_str(RICH).unwrap_or_default();
        if !card_update && let Some(card) = document["paths"][CARD].as_object_mut() {
            card.remove("patch");
        }
        if self.is_rich() {
            return document;
        }
        self.write_schemas(&mut document["components"]["schemas"]);
        if let Some(paths) = document["paths"].as_object_mut() {
            for (path, methods) in paths.iter_mut() {
                for operation in methods.as_object_mut().into_iter().flat_map(Map::values_mut) {
                    self.write_operation(path, operation);
                }
            }
            *paths = self.paths(std::mem::take(paths));
        }
        if self.wants_bearer() {
            document["security"] = json!([{"Bearer": []}]);
            document["components"]["securitySchemes"] =
                json!({"Bearer": {"type": "http", "scheme": "bearer", "description": "An API key"}});
        }
        document
    }

    fn write_schemas(&self, schemas: &mut Value) {
        let other = match self.dialect {
            Dialect::Rich | Dialect::Documented => Map::new(),
            Dialect::Upstream => serde_json::from_str(UPSTREAM).unwrap_or_default(),
            Dialect::Legacy => serde_json::from_str(LEGACY).unwrap_or_default(),
        };
        if let Some(known) = schemas.as_object_mut() {
            known.extend(other);
        }
        if self.dialect == Dialect::Documented {
            for (name, keys) in SCHEMAS {
                narrow(&mut schemas[*name], &|key| keys.contains(&key));
            }
        }
        if self.has(Quirk::NoEcho) {
            for feed in ["CardTransaction", "AccountTransaction"] {
                narrow(&mut schemas[feed], &|key| key != "description");
            }
        }
        if self.has(Quirk::BareReceipts) {
            for receipt in ["MoneyResponse", "TransferResponse"] {
                narrow(&mut schemas[receipt], &|key| !key.ends_with("TransactionId"));
            }
        }
        if self.has(Quirk::NoHolder) {
            for card in ["Card", "CardItem", "HeldCard"] {
                let told = |key: &str| !matches!(key, "cardOwnerId" | "cardOwner" | "cardHolder" | "holder");
                narrow(&mut schemas[card], &told);
            }
        }
        if self.has(Quirk::UpstreamRestrictions) && self.dialect != Dialect::Upstream {
            let upstream: Value = serde_json::from_str(UPSTREAM).unwrap_or_default();
            schemas["Restrictions"] = upstream["Restrictions"].clone();
        }
        if self.has(Quirk::LimitsRequired)
            && let Some(required) = schemas["IssueRequest"]["required"].as_array_mut()
        {
            required.push("limits".into());
        }
        if self.has(Quirk::DateOnly) {
            for dated in ["Account", "AccountDetails", "Card", "CardItem"] {
                each(&mut schemas[dated], &mut |schema| {
                    if schema.get("format").is_some_and(|format| format == "date-time") {
                        schema.insert("format".into(), "date".into());
                        schema.remove("examples");
                    }
                });
            }
        }
        self.write_money(schemas);
    }

    /// Amounts in answers are known by their patterns.
    fn write_money(&self, schemas: &mut Value) {
        const ODD: Quirks = Quirks::of(&[Quirk::PythonZeros, Quirk::Exponents]);
        let (numbers, odd) = (self.has(Quirk::MoneyNumbers), self.quirks.any(ODD));
        if !numbers && !odd {
            return;
        }
        each(schemas, &mut |schema| {
            if !schema.get("pattern").and_then(Value::as_str).is_some_and(|pattern| MONEY.contains(&pattern)) {
                return;
            }
            if numbers {
                let nullable = schema.get("type").is_some_and(Value::is_array);
                schema.retain(|key, _| key == "description");
                schema.insert("type".into(), if nullable { json!(["number", "null"]) } else { "number".into() });
            } else {
                schema.insert("pattern".into(), r"^-?\d+(\.\d+)?([eE][+-]?\d+)?$".into());
            }
        });
    }

    fn write_operation(&self, path: &str, operation: &mut Value) {
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        if let Some((_, total, paged)) = LISTS.iter().find(|(list, ..)| *list == id) {
            self.write_list(&id, operation, *total, *paged);
        }
        let turns = matches!(&*id, "card_freeze" | "card_unfreeze" | "card_close") || id.starts_with("card_unfreeze");
        let nothing = turns && self.is_later() || id == "card_update" && !self.tells_changes();
        let Some(answers) = operation["responses"].as_object_mut() else { return };
        if nothing {
            answers.remove("200");
            answers.insert("204".into(), no_content());
        } else if matches!(self.dialect, Dialect::Upstream | Dialect::Legacy) {
            let schema = if turns { Some("Card") } else { None };
            let schema = schema.or_else(|| WRAPPED.iter().find(|(name, _)| *name == id).map(|(_, schema)| *schema));
            if id == "cardholder_create" && self.dialect == Dialect::Upstream {
                answers.insert("201".into(), no_content());
            } else if let Some(schema) = schema {
                // The older documents show a row alone as they show it in a list.
                let schema = if self.dialect == Dialect::Legacy && schema.ends_with("TransactionDetails") {
                    schema.trim_end_matches("Details")
                } else {
                    schema
                };
                let data = json!({"type": "object", "properties": {"data": reference(schema)}, "required": ["data"]});
                for code in ["200", "201"] {
                    if let Some(answer) = answers.get_mut(code) {
                        answer["content"] = json!({"application/json": {"schema": data}});
                    }
                }
            }
        }
        if path.contains("/webhooks/") && self.has(Quirk::ForbiddenWebhooks) {
            answers.insert("403".into(), json!({"$ref": "#/components/responses/Refused"}));
        }
    }

    fn write_list(&self, id: &str, operation: &mut Value, total: bool, paged: bool) {
        let numbered = self.has(Quirk::PageQuantity);
        if let Some(parameters) = operation["parameters"].as_array_mut() {
            let said = |parameter: &Value, names: &[&str]| names.iter().any(|name| parameter["name"] == *name);
            let mut page: Vec<Value> =
                parameters.iter().filter(|one| said(one, &["limit", "offset"])).cloned().collect();
            parameters.retain(|one| !said(one, &["limit", "offset"]));
            if numbered {
                let most = page.first().map_or(json!(1_000), |limit| limit["schema"]["maximum"].clone());
                page = vec![
                    whole("page", json!({"type": "integer", "minimum": 1, "maximum": i64::MAX, "default": 1})),
                    whole("quantity", json!({"type": "integer", "minimum": 1, "maximum": most, "default": 25})),
                ];
                older_filters(parameters);
            } else if id == "account_list" && self.dialect != Dialect::Rich && !self.has(Quirk::PagedAccounts) || !paged
            {
                page.clear();
            }
            for limit in page.iter_mut().filter(|one| said(one, &["limit", "quantity"])) {
                if self.has(Quirk::ClampedLimit) {
                    limit["schema"]["maximum"] = json!(i64::MAX);
                } else if self.has(Quirk::LowMaxLimit) {
                    limit["schema"]["maximum"] = json!(100);
                }
                if self.has(Quirk::SmallPages) {
                    limit["schema"]["default"] = json!(25);
                }
            }
            if self.has(Quirk::AccountFilterIgnored) && id == "card_transactions" {
                parameters.retain(|one| !said(one, &["accountUuid", "accountIds[]"]));
            }
            parameters.extend(page);
        }
        let schema = &mut operation["responses"]["200"]["content"]["application/json"]["schema"];
        let bare = schema["type"] == "array";
        let items = if bare { schema["items"].clone() } else { schema["properties"]["items"]["items"].clone() };
        *schema = self.envelope_schema(&items, bare, total);
        if id == "account_list" && self.has(Quirk::PagedAccounts) {
            schema["properties"]["pagination"] = json!({"type": "object"});
        }
        if numbered && !paged {
            operation["responses"]["422"] = json!({"$ref": "#/components/responses/Invalid"});
        }
        if self.has(Quirk::EmptyIs204) {
            operation["responses"]["204"] = no_content();
        }
    }

    fn envelope_schema(&self, items: &Value, bare: bool, total: bool) -> Value {
        let kind = if self.has(Quirk::NullLists) { json!(["array", "null"]) } else { json!("array") };
        let list = json!({"type": kind, "items": items});
        let says = self.quirks.any(SAYING);
        if self.has(Quirk::DataEnvelope) {
            let count = json!({"type": "integer", "minimum": 0});
            let mut pagination = json!({"quantity": count, "currentPage": count});
            if !self.hides_total() {
                pagination["totalQuantity"] = count.clone();
                pagination["pages"] = count;
            }
            let required: Vec<&String> = pagination.as_object().into_iter().flat_map(Map::keys).collect();
            let required = json!(required);
            let pagination = json!({"type": "object", "properties": pagination, "required": required});
            return json!({"type": "object", "properties": {"data": list, "pagination": pagination},
                "required": ["data", "pagination"]});
        }
        if (bare || self.has(Quirk::BareArrays)) && !says {
            return list;
        }
        let mut schema = json!({"type": "object", "properties": {"items": list}, "required": ["items"]});
        if total && !self.hides_total() || says && !self.hides_total() {
            schema["properties"]["total"] = json!({"type": "integer", "minimum": 0});
        }
        if self.has(Quirk::HasMore) {
            schema["properties"]["has_more"] = json!({"type": "boolean"});
        }
        if self.has(Quirk::NextLink) {
            schema["properties"]["next"] = json!({"type": ["string", "null"]});
        }
        schema
    }

    /// The paths as this deployment has them.
    fn paths(&self, known: Map<String, Value>) -> Map<String, Value> {
        let canonical = ["freeze", "unfreeze", "close"];
        let mut paths = Map::new();
        for (path, mut methods) in known {
            let short = path.strip_prefix(API).unwrap_or(&path);
            if !self.serves(short) || path.ends_with("/activate") && !self.has_alias() {
                continue;
            }
            let word = path.strip_prefix(CARD).and_then(|rest| rest.strip_prefix('/'));
            let word = word.map(str::to_owned);
            if short == "auth/login" {
                paths.insert(format!("{API}{}", self.login()), methods);
                continue;
            }
            match word.as_deref() {
                Some(word) if canonical.contains(&word) => {
                    let at = canonical.iter().position(|known| *known == word).unwrap_or_default();
                    paths.insert(format!("{CARD}/{}", self.lifecycle()[at]), methods);
                }
                Some(word @ ("topup" | "withdraw")) => {
                    if let Some(words) = self.money_paths() {
                        let mut patch = methods["post"].clone();
                        patch["operationId"] = json!(format!("card_{word}_older"));
                        let to = words[usize::from(word == "withdraw")];
                        paths.insert(format!("{CARD}/{to}"), json!({"patch": patch}));
                    }
                    if self.has_topup() {
                        paths.insert(path, methods);
                    }
                }
                _ => {
                    paths.insert(self.listed_path(&path), methods.take());
                }
            }
        }
        paths
    }
}

/// A schema without the fields that are not told.
fn narrow(schema: &mut Value, told: &dyn Fn(&str) -> bool) {
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.retain(|key, _| told(key));
    }
    if let Some(required) = schema["required"].as_array_mut() {
        required.retain(|key| key.as_str().is_some_and(told));
    }
}

fn whole(name: &str, schema: Value) -> Value {
    json!({"name": name, "in": "query", "required": false, "schema": schema})
}

/// The older documents' names for the filters of the feeds.
fn older_filters(parameters: &mut Vec<Value>) {
    let list = |name: &str| {
        let schema = json!({"type": "array", "items": {"type": "string"}});
        json!({"name": name, "in": "query", "required": false, "schema": schema, "style": "form", "explode": true})
    };
    for parameter in parameters {
        match parameter["name"].as_str().unwrap_or_default() {
            "cardUuid" => *parameter = list("cardIds[]"),
            "accountUuid" => *parameter = list("accountIds[]"),
            "types" => *parameter = list("types[]"),
            "statuses" => *parameter = list("statuses[]"),
            "dateFrom" => parameter["name"] = json!("createdAtFrom"),
            "dateTo" => parameter["name"] = json!("createdAtTo"),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_follow_the_dialect() {
        let document = |dialect, quirks: &[Quirk]| Deployment::new(dialect, Quirks::of(quirks), 1).document(true);
        let rich = document(Dialect::Rich, &[]);
        assert_eq!(rich, serde_json::from_str::<Value>(RICH).unwrap());
        let documented = document(Dialect::Documented, &[]);
        let item = &documented["components"]["schemas"]["CardItem"]["properties"];
        assert_eq!(item.as_object().unwrap().len(), 7);
        assert_eq!(documented["paths"]["/api/v2/accounts"]["get"]["parameters"], json!([]));
        let upstream = document(Dialect::Upstream, &[]);
        assert!(upstream["paths"][format!("{CARD}/activate")]["post"]["responses"]["204"].is_object());
        assert!(upstream["paths"][format!("{CARD}/unfreeze")].is_null());
        let legacy = document(Dialect::Legacy, &[]);
        assert!(legacy["paths"][format!("{CARD}/terminate")].is_object());
        assert_eq!(legacy["security"], json!([{"Bearer": []}]));
        let odd = document(Dialect::Rich, &[Quirk::SlashRedirect, Quirk::LockWords, Quirk::NoEventLog]);
        assert!(odd["paths"]["/api/v2/accounts/"].is_object() && odd["paths"]["/api/v2/accounts"].is_null());
        assert!(odd["paths"][format!("{CARD}/destroy")].is_object());
        assert!(odd["paths"]["/api/v2/webhooks/events/"].is_null());
    }

    #[test]
    fn every_schema_that_is_named_is_there() {
        for dialect in Dialect::ALL {
            let mut document = Deployment::new(dialect, Quirks::NONE, 1).document(true);
            let known = document["components"]["schemas"].clone();
            each(&mut document, &mut |schema| {
                if let Some(name) = schema.get("$ref").and_then(Value::as_str)
                    && let Some(name) = name.strip_prefix("#/components/schemas/")
                {
                    assert!(known[name].is_object(), "{dialect} names {name}");
                }
            });
        }
    }
}
