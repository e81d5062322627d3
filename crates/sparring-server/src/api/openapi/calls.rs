//! What there is to call.

/// One verb at one address.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) tag: &'static str,
    pub(super) verb: &'static str,
    /// With `!` at the end where a slash may follow.
    pub(super) path: &'static str,
    pub(super) about: &'static str,
    pub(super) query: &'static [&'static str],
    /// An example of the body, as JSON.
    pub(super) body: Option<&'static str>,
    /// Type of the answer.
    pub(super) kind: &'static str,
}

/// A parameter beside the path.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) place: &'static str,
    pub(super) schema: &'static str,
    pub(super) about: &'static str,
}

const fn parameter(
    name: &'static str,
    place: &'static str,
    schema: &'static str,
    about: &'static str,
) -> Parameter {
    Parameter {
        name,
        place,
        schema,
        about,
    }
}

/// A call without a body that answers with JSON.
const fn call(
    tag: &'static str,
    verb: &'static str,
    path: &'static str,
    about: &'static str,
) -> Call {
    Call {
        tag,
        verb,
        path,
        about,
        query: &[],
        body: None,
        kind: "application/json",
    }
}

impl Call {
    const fn query(mut self, query: &'static [&'static str]) -> Self {
        self.query = query;
        self
    }

    const fn body(mut self, body: &'static str) -> Self {
        self.body = Some(body);
        self
    }

    const fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }
}

pub(super) const PARAMETERS: &[Parameter] = &[
    parameter(
        "n",
        "query",
        r#"{"type":"integer","minimum":0,"maximum":10000,"default":10}"#,
        "how many",
    ),
    parameter(
        "offset",
        "query",
        r#"{"type":"integer","minimum":0,"maximum":10000,"default":0}"#,
        "how many to leave out before",
    ),
    parameter(
        "cursor",
        "query",
        r#"{"type":"string"}"#,
        "what the page before gave",
    ),
    parameter(
        "q",
        "query",
        r#"{"type":"string"}"#,
        "text in the id or the comment",
    ),
    parameter(
        "category",
        "query",
        r#"{"type":"string"}"#,
        "only items in all of these",
    ),
    parameter(
        "user-id",
        "query",
        r#"{"type":"string"}"#,
        "without what this user has seen",
    ),
    parameter(
        "write-back-type",
        "query",
        r#"{"type":"string"}"#,
        "stores the list as feedback of this kind",
    ),
    parameter(
        "write-back-delay",
        "query",
        r#"{"type":"string"}"#,
        "when that feedback begins to count: 10m",
    ),
    parameter(
        "X-API-Version",
        "header",
        r#"{"type":"string","enum":["1","2"],"default":"1"}"#,
        "2 for scores",
    ),
    parameter(
        "exclude",
        "query",
        r#"{"type":"string"}"#,
        "items to leave out, by commas",
    ),
    parameter(
        "diversity",
        "query",
        r#"{"type":"number","minimum":0,"maximum":1,"default":0}"#,
        "from 0, by score alone, to 1, as unlike as can be",
    ),
    parameter(
        "reasons",
        "query",
        r#"{"type":"integer","minimum":0,"maximum":20,"default":0}"#,
        "items of the history that speak for each entry",
    ),
    parameter(
        "id",
        "query",
        r#"{"type":"string"}"#,
        "an id of the list of reports",
    ),
];

pub(super) const CALLS: &[Call] = &[
    call("health", "get", "/api/health", "Whether everything works that an answer needs; asks the database"),
    call("health", "get", "/api/health/live", "Whether the process is there"),
    call("health", "get", "/api/health/ready", "Whether requests are answered"),
    call("recommend", "get", "/api/recommend/{user}!", "A user's list; ids, or entries with scores in version 2").query(&["n", "offset", "category", "write-back-type", "write-back-delay", "X-API-Version"]),
    call("recommend", "get", "/api/recommend/{user}/{category}", "A user's list within a category").query(&["n", "offset", "category", "write-back-type", "write-back-delay", "X-API-Version"]),
    call("recommend", "post", "/api/session/recommend!", "A list for events that are not stored").query(&["n", "offset", "category"]).body(r#"[{"FeedbackType":"like","UserId":"","ItemId":"50","Timestamp":"2022-11-20T13:55:27Z"}]"#),
    call("recommend", "post", "/api/session/recommend/{category}", "The same within a category").query(&["n", "offset", "category"]).body(r#"[{"FeedbackType":"like","UserId":"","ItemId":"50"}]"#),
    call("recommend", "get", "/api/popular!", "What most users liked").query(&["n", "offset", "category", "user-id"]),
    call("recommend", "get", "/api/popular/{category}", "What most users liked within a category").query(&["n", "offset", "category", "user-id"]),
    call("recommend", "get", "/api/latest!", "What is new").query(&["n", "offset", "category", "user-id"]),
    call("recommend", "get", "/api/latest/{category}", "What is new within a category").query(&["n", "offset", "category", "user-id"]),
    call("recommend", "get", "/api/item/{item}/neighbors!", "Items beside an item").query(&["n", "offset", "category"]),
    call("recommend", "get", "/api/item/{item}/neighbors/{category}", "Items beside an item, within a category").query(&["n", "offset", "category"]),
    call("recommend", "get", "/api/user/{user}/neighbors!", "Users with a like history").query(&["n", "offset"]),
    call("recommend", "get", "/api/v1/recommend/{user}", "A user's list with sources and reasons").query(&["n", "offset", "category", "exclude", "diversity", "reasons"]),
    call("recommend", "post", "/api/v1/recommend", "A list for a history that is tried and not stored").body(r#"{"history":["50","181"],"n":10,"reasons":2,"diversity":0.3}"#),
    call("recommend", "get", "/api/v1/explain/{user}/{item}", "Which items of the history speak for an item").query(&["reasons"]),
    call("recommend", "get", "/api/v1/predict/{user}", "What the user does next, by a model that knows chances").query(&["n"]),
    call("feedback", "get", "/api/feedback", "All events, page after page").query(&["n", "cursor"]),
    call("feedback", "post", "/api/feedback", "Adds events; those that are there stay. Answered once they are durable").body(r#"[{"FeedbackType":"like","UserId":"ann","ItemId":"50","Timestamp":"2022-11-20T13:55:27Z"}]"#),
    call("feedback", "put", "/api/feedback", "Adds events, or overwrites those that are there").body(r#"[{"FeedbackType":"like","UserId":"ann","ItemId":"50","Timestamp":"2022-11-20T13:55:27Z"}]"#),
    call("feedback", "get", "/api/feedback/{kind}", "All events of a kind, page after page").query(&["n", "cursor"]),
    call("feedback", "get", "/api/feedback/{user}/{item}", "The events between a user and an item"),
    call("feedback", "delete", "/api/feedback/{user}/{item}", "Deletes the events between a user and an item"),
    call("feedback", "get", "/api/feedback/{kind}/{user}/{item}", "The event of a kind between a user and an item"),
    call("feedback", "delete", "/api/feedback/{kind}/{user}/{item}", "Deletes that event"),
    call("feedback", "get", "/api/user/{user}/feedback!", "The events of a user"),
    call("feedback", "get", "/api/user/{user}/feedback/{kind}", "The events of a user, of a kind"),
    call("feedback", "get", "/api/item/{item}/feedback!", "The events on an item"),
    call("feedback", "get", "/api/item/{item}/feedback/{kind}", "The events on an item, of a kind"),
    call("feedback", "get", "/api/v1/events.csv", "All events as CSV; the admin key").kind("text/csv"),
    call("feedback", "get", "/api/v1/events.parquet", "All events as Parquet; the admin key").kind("application/vnd.apache.parquet"),
    call("items", "post", "/api/item", "Adds or replaces an item").body(r#"{"ItemId":"50","IsHidden":false,"Categories":["film"],"Timestamp":"2022-11-20T13:55:27Z","Labels":null,"Comment":"a title"}"#),
    call("items", "get", "/api/items", "All items, page after page").query(&["n", "cursor", "q"]),
    call("items", "post", "/api/items", "Adds or replaces items").body(r#"[{"ItemId":"50","Categories":["film"]}]"#),
    call("items", "get", "/api/item/{item}", "An item"),
    call("items", "patch", "/api/item/{item}", "Changes some of an item").body(r#"{"IsHidden":true}"#),
    call("items", "delete", "/api/item/{item}", "Deletes an item and its events"),
    call("items", "put", "/api/item/{item}/category/{category}", "Puts an item into a category"),
    call("items", "delete", "/api/item/{item}/category/{category}", "Takes an item out of a category"),
    call("users", "post", "/api/user", "Adds or replaces a user").body(r#"{"UserId":"ann","Labels":null,"Comment":""}"#),
    call("users", "get", "/api/users", "All users, page after page").query(&["n", "cursor", "q"]),
    call("users", "post", "/api/users", "Adds or replaces users").body(r#"[{"UserId":"ann"}]"#),
    call("users", "get", "/api/user/{user}", "A user"),
    call("users", "patch", "/api/user/{user}", "Changes some of a user").body(r#"{"Comment":"new"}"#),
    call("users", "delete", "/api/user/{user}", "Deletes a user with all events"),
    call("models", "get", "/api/v1/models", "The model that serves, and the one before it"),
    call("models", "get", "/api/v1/models/shelf", "Saved models that can be loaded by name"),
    call("models", "post", "/api/v1/models/reload", "Reads the folder of the model again; the admin key"),
    call("models", "post", "/api/v1/models/load", "Lets another model serve; the admin key").body(r#"{"name":"ease"}"#),
    call("models", "post", "/api/v1/models/rollback", "Lets the model before serve again; the admin key"),
    call("models", "post", "/api/v1/models/compare", "The list of the model that serves beside another's; the admin key").body(r#"{"with":"ease","user":"ann","n":10}"#),
    call("models", "get", "/api/v1/training", "The retraining of this server: state, curves, decision"),
    call("models", "post", "/api/v1/training/start", "Retrains now, in the background; the admin key"),
    call("server", "get", "/api/v1/stats", "How much there is, and how much memory it takes"),
    call("server", "get", "/api/v1/settings", "What the server was started with"),
    call("server", "get", "/api/v1/live", "Each second's events, lists and times, as server-sent events").kind("text/event-stream"),
    call("pictures", "get", "/api/v1/imagine", "What the generator of pictures can be asked for"),
    call("pictures", "post", "/api/v1/imagine", "A sheet of pictures from words, or of a class").body(r#"{"text":"a pair of running shoes","n":8,"seed":1}"#),
    call("server", "get", "/api/v1/reports", "Leaderboards and reports in the folders that were named"),
    call("server", "get", "/api/v1/reports/file", "One of them").query(&["id"]),
    call("server", "get", "/metrics", "Counts and times, for Prometheus").kind("text/plain"),
    call("server", "get", "/api/openapi.json", "This document"),
];
