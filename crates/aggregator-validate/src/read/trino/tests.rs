use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::json;

use super::*;
use crate::rows::{Cell, Number, Rows};
use crate::subject::{OCP_DAILY_SUMMARY, Request};
use client::Failed;
use recorded::{Answered, Recorded};

#[path = "../../../tests/support/recorded.rs"]
mod recorded;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap().block_on(future)
}

fn quick() -> Patience {
    Patience {
        request: Duration::from_millis(500),
        repeats: 4,
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(20),
        ..Patience::default()
    }
}

fn client(server: &Recorded, credentials: Credentials) -> Client {
    Client::new(server.uri("").parse().unwrap(), "koku", credentials, quick()).unwrap()
}

/// The rows as their JSON, each cell after the other.
fn run(client: &Client, sql: &str) -> Result<(Vec<String>, Vec<String>), Failure> {
    let mut cells = Vec::new();
    let answer = block_on(client.run(sql, |_, page| {
        cells.extend(page.into_iter().flatten().map(|cell| cell.get().to_owned()));
        Ok::<_, std::convert::Infallible>(())
    }));
    match answer {
        Ok(columns) => Ok((columns.into_iter().map(|column| column.name).collect(), cells)),
        Err(Failed::Trino(failure)) => Err(failure),
    }
}

fn columns() -> serde_json::Value {
    json!([{"name": "a", "type": "bigint", "typeSignature": {"rawType": "bigint", "arguments": []}}])
}

fn first(server: &Recorded) -> Answered {
    Answered::page(&json!({"id": "1", "nextUri": server.uri("v1/statement/queued/1/y/1"), "stats": {"state": "QUEUED"}, "warnings": []}))
}

fn last(cells: &serde_json::Value) -> Answered {
    Answered::page(&json!({"id": "1", "columns": columns(), "data": cells, "stats": {"state": "FINISHED"}}))
}

#[test]
fn pages_follow_each_other_until_none_is_next() {
    let server = Recorded::script(|server| {
        vec![
            first(server),
            Answered::page(&json!({"id": "1", "nextUri": server.uri("v1/statement/executing/1/y/0")})),
            Answered::page(
                &json!({"id": "1", "nextUri": server.uri("v1/statement/executing/1/y/1"), "columns": columns(), "data": [[1], [2]]}),
            ),
            Answered::page(&json!({"id": "1", "nextUri": server.uri("v1/statement/executing/1/y/2"), "columns": columns()})),
            last(&json!([[null]])),
        ]
    });
    let (names, cells) = run(&client(&server, Credentials::None), "SELECT a FROM é").unwrap();
    assert_eq!((names, cells), (vec!["a".to_owned()], vec!["1".to_owned(), "2".to_owned(), "null".to_owned()]));
    let asked = server.asked();
    assert_eq!(asked[0].body, "SELECT a FROM é");
    for asked in &asked {
        assert_eq!(asked.header("x-trino-user"), Some("koku"));
        assert_eq!(asked.header("x-trino-source"), Some("aggregator-validate"));
        assert_eq!(asked.header("x-trino-client-capabilities"), Some("PARAMETRIC_DATETIME"));
        assert_eq!(asked.header("authorization"), None);
    }
    let expected = ["POST /v1/statement", "GET /v1/statement/queued/1/y/1", "GET /v1/statement/executing/1/y/0"];
    assert_eq!(server.requests()[..3], expected);
    assert_eq!(asked.len(), 5, "{asked:?}");
}

#[test]
fn a_busy_server_is_asked_again() {
    let server = Recorded::script(|server| {
        vec![
            Answered::new(503, "starting").header("retry-after", "0"),
            Answered::new(429, "slowly"),
            first(server),
            Answered::new(502, ""),
            Answered::new(504, ""),
            Answered::new(503, ""),
            last(&json!([[7]])),
        ]
    });
    assert_eq!(run(&client(&server, Credentials::None), "SELECT 1").unwrap().1, ["7"]);
    let requests = server.requests();
    assert_eq!(requests[..3], ["POST /v1/statement"; 3]);
    assert_eq!(requests[3..], ["GET /v1/statement/queued/1/y/1"; 4]);
}

#[test]
fn patience_ends() {
    let server = Recorded::start(|_, _, _| Answered::new(503, "<html>\n  down for maintenance</html>"));
    let failure = run(&client(&server, Credentials::None), "SELECT 1").unwrap_err();
    assert_eq!(failure.to_string(), "the server answered 503: <html> down for maintenance</html>");
    assert!(failure.is_retryable());
    assert_eq!(server.asked().len(), 5);
}

#[test]
fn other_answers_are_not_asked_for_again() {
    for (status, retryable) in [(400, false), (401, false), (403, false), (404, false), (500, false)] {
        let server = Recorded::start(move |_, _, _| Answered::new(status, "no"));
        let failure = run(&client(&server, Credentials::None), "SELECT 1").unwrap_err();
        assert!(matches!(&failure, Failure::Status { status: answered, .. } if *answered == status), "{failure}");
        assert_eq!((failure.is_retryable(), server.asked().len()), (retryable, 1));
    }
    for body in ["", "<html></html>", "[]", r#"{"nextUri": "no uri"}"#] {
        let server = Recorded::start(move |_, _, _| Answered::new(200, body));
        let failure = run(&client(&server, Credentials::None), "SELECT 1").unwrap_err();
        assert!(matches!(failure, Failure::Protocol { .. }), "{body}: {failure}");
    }
}

#[test]
fn a_failed_query_says_what_trino_says() {
    let server = Recorded::script(|server| {
        vec![
            first(server),
            Answered::page(&json!({"id": "1", "error": {
                "message": "line 1:15: Table 'hive.org.t' does not exist", "errorCode": 46, "errorName": "TABLE_NOT_FOUND",
                "errorType": "USER_ERROR", "failureInfo": {"type": "io.trino.spi.TrinoException", "stack": []},
            }})),
        ]
    });
    let failure = run(&client(&server, Credentials::None), "SELECT 1").unwrap_err();
    assert_eq!(failure.to_string(), "the query failed: line 1:15: Table 'hive.org.t' does not exist (TABLE_NOT_FOUND)");
    assert!(!failure.is_retryable());
}

#[test]
fn a_server_that_does_not_answer_is_not_waited_for() {
    let server = Recorded::start(|_, _, _| Answered { after: Duration::from_secs(3), ..Answered::new(200, "{}") });
    let start = Instant::now();
    let failure = run(&client(&server, Credentials::None), "SELECT 1").unwrap_err();
    assert!(matches!(failure, Failure::Connection(_)) && failure.is_retryable(), "{failure}");
    // A statement that the server may have taken is not posted twice.
    assert_eq!(server.asked().len(), 1);
    assert!(start.elapsed() < Duration::from_secs(3));
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let client = Client::new(format!("http://{closed}/").parse().unwrap(), "koku", Credentials::None, quick()).unwrap();
    assert!(matches!(run(&client, "SELECT 1"), Err(Failure::Connection(_))));
}

#[test]
fn a_slow_page_is_asked_for_again() {
    let server = Recorded::start(|number, _, server| match number {
        0 => first(server),
        1 => Answered { after: Duration::from_secs(2), ..last(&json!([[1]])) },
        _ => last(&json!([[2]])),
    });
    assert_eq!(run(&client(&server, Credentials::None), "SELECT 1").unwrap().1, ["2"]);
    assert_eq!(server.requests()[1..], ["GET /v1/statement/queued/1/y/1"; 2]);
}

#[test]
fn credentials_are_sent_and_never_shown() {
    let cases = [
        (Credentials::Password(Secret::new("geheim")), "Basic a29rdTpnZWhlaW0="),
        (Credentials::Token(Secret::new("geheim.jwt.x")), "Bearer geheim.jwt.x"),
    ];
    for (credentials, expected) in cases {
        let server = Recorded::script(|server| vec![first(server), Answered::new(401, "Invalid credentials")]);
        let client = client(&server, credentials);
        let failure = run(&client, "SELECT 1").unwrap_err();
        assert!(server.asked().iter().all(|asked| asked.header("authorization") == Some(expected)), "{:?}", server.asked());
        assert!(!format!("{client:?} {failure} {failure:?}").contains("geheim"), "{client:?} {failure:?}");
    }
}

#[test]
fn credentials_do_not_go_elsewhere() {
    let elsewhere = Recorded::start(|_, _, _| Answered::new(200, "{}"));
    let other = elsewhere.uri("v1/statement");
    let target = other.clone();
    let secret = || Credentials::Password(Secret::new("geheim"));
    for status in [301, 302, 303, 307, 308] {
        let location = target.clone();
        let server = Recorded::start(move |_, _, _| Answered::new(status, "").header("location", location.clone()));
        let failure = run(&client(&server, secret()), "SELECT 1").unwrap_err();
        assert!(matches!(&failure, Failure::Redirect { host } if host == "127.0.0.1"), "{failure}");
    }
    let server = Recorded::script(move |_| vec![Answered::page(&json!({"id": "1", "nextUri": other}))]);
    let failure = run(&client(&server, secret()), "SELECT 1").unwrap_err();
    assert!(matches!(failure, Failure::OtherServer { .. }), "{failure}");
    assert_eq!(elsewhere.requests(), Vec::<String>::new());
}

#[test]
fn a_statement_that_nobody_wants_any_more_is_cancelled() {
    let endless = |_: usize, asked: &recorded::Asked, server: &Recorded| match asked.method.as_str() {
        "DELETE" => Answered::new(204, ""),
        _ => {
            Answered::page(&json!({"id": "1", "nextUri": server.uri("v1/statement/executing/1/y/9"), "columns": columns(), "data": [[1]]}))
        }
    };
    let server = Recorded::start(endless);
    let failed = block_on(client(&server, Credentials::None).run("SELECT 1", |_, _| Err("enough")));
    assert!(matches!(failed, Err(Failed::Taking("enough"))));
    assert_eq!(server.requests().last().unwrap(), "DELETE /v1/statement/executing/1/y/9");

    let server = Recorded::start(endless);
    block_on(async {
        let client = client(&server, Credentials::None);
        let forever = client.run("SELECT 1", |_, _| Ok::<_, ()>(()));
        assert!(tokio::time::timeout(Duration::from_millis(200), forever).await.is_err());
        server.wait_for("DELETE /v1/statement/executing/1/y/9");
    });

    let server = Recorded::start(move |number, asked, server| match number {
        2 => Answered::new(500, "broken"),
        _ => endless(number, asked, server),
    });
    assert!(run(&client(&server, Credentials::None), "SELECT 1").is_err());
    assert_eq!(server.requests().last().unwrap(), "DELETE /v1/statement/executing/1/y/9");
}

#[test]
fn a_url_names_user_server_and_table() {
    let shown = |url: &str| TrinoConfig::from_url(url).map(|config| config.to_string());
    for (url, expected) in [
        ("trino://koku@h:8080/hive/org1", "trino://koku@h:8080/hive/org1"),
        ("trino://koku@h/hive/org1/t", "trino://koku@h:8080/hive/org1/t"),
        ("trinos://k%40x@h.example/hive/org1/my%20table", "trinos://k@x@h.example:443/hive/org1/my table"),
        ("trino://koku@[::1]:80/a/b/c", "trino://koku@[::1]:80/a/b/c"),
    ] {
        assert_eq!(shown(url).unwrap(), expected, "{url}");
    }
    for url in [
        "trino://h/hive/org1",
        "trino://koku:geheim@h/hive/org1",
        "trino://koku:ge/heim@h/hive/org1",
        "trino://koku@h",
        "trino://koku@h/hive",
        "trino://koku@h/hive/org1/t/more",
        "trino://koku@h/hive//t",
        "trino://koku@/hive/org1",
        "trino://koku@h:geheim/hive/org1",
        "trino://koku@h/hive/org1?password=geheim",
        "trino://ko%0aku@h/hive/org1",
        "trino://koku@h/hive/%zz",
    ] {
        let error = TrinoConfig::from_url(url).unwrap_err();
        assert!(!format!("{error} {error:?} {:?}", error.hint()).contains("heim"), "{url}: {error:?}");
    }
}

#[test]
fn a_secret_needs_tls_or_this_machine() {
    let source = |url: &str| {
        let config = TrinoConfig::from_url(url).unwrap();
        Source::new(&config, "t", Credentials::Token(Secret::new("geheim")), quick()).map(drop)
    };
    assert!(matches!(source("trino://koku@trino.example/hive/s"), Err(Error::NoTls { .. })));
    assert!(source("trinos://koku@trino.example/hive/s").is_ok());
    assert!(source("trino://koku@localhost/hive/s").is_ok() && source("trino://koku@[::1]/hive/s").is_ok());
}

fn source_of(server: &Recorded) -> Source {
    let config = TrinoConfig::from_url(&format!("trino://koku@{}/hive/org1", server.address)).unwrap();
    Source::new(&config, "my\"table", Credentials::None, quick()).unwrap()
}

async fn rows_of(mut source: Source, request: &Request, filter: &Filter) -> Result<Rows> {
    let columns = source.columns().await?;
    let subject = request.subject(&columns, &columns)?;
    let mut rows = crate::read::builder(source.name(), &subject, filter, &columns);
    source.scan(&subject, &columns, &mut rows).await?;
    Ok(rows.finish())
}

const TYPES: [(&str, &str, &str); 14] = [
    ("k", "varchar(9)", "CAST('k' AS varchar(9))"),
    ("d", "double", "CAST(0.1 AS double) + CAST(0.2 AS double)"),
    ("nan", "double", "nan()"),
    ("inf", "double", "-infinity()"),
    ("dec", "decimal(33,15)", "CAST('1.000000000000001' AS decimal(33,15))"),
    ("i", "bigint", "9007199254740993"),
    ("r", "real", "REAL '0.1'"),
    ("b", "boolean", "true"),
    ("usage_start", "date", "DATE '2026-03-01'"),
    ("ts", "timestamp(6)", "TIMESTAMP '2026-03-01 12:00:00.123456'"),
    ("z", "timestamp(3) with time zone", "TIMESTAMP '2026-07-01 12:00:00.000 Europe/Prague'"),
    ("m", "map(varchar, varchar)", "MAP(ARRAY['b', 'a'], ARRAY['2', '\"'])"),
    ("a", "array(bigint)", "ARRAY[1, 2, null]"),
    ("nothing", "varchar", "CAST(NULL AS varchar)"),
];

fn expect_all_types(rows: &Rows) {
    assert_eq!(rows.len(), 1);
    let text = |text: &str| Cell::Text(text.to_owned());
    let decimal = |text: &str| Cell::Number(Number::Decimal(text.parse().unwrap()));
    let cell = |name: &str| rows.cell(name, 0);
    assert_eq!(cell("k"), text("k"));
    assert!(matches!(cell("d"), Cell::Number(Number::Double(double)) if double.to_bits() == (0.1_f64 + 0.2).to_bits()), "{:?}", cell("d"));
    assert!(matches!(cell("nan"), Cell::Number(Number::Double(double)) if double.is_nan()));
    assert_eq!(cell("inf"), Cell::Number(Number::Double(f64::NEG_INFINITY)));
    assert_eq!(cell("dec"), decimal("1.000000000000001"));
    assert_eq!(cell("i"), decimal("9007199254740993"));
    assert_eq!(cell("r"), Cell::Number(Number::Double(0.1_f32.into())));
    assert_eq!(cell("b"), text("true"));
    assert_eq!(cell("usage_start"), Cell::Date(NaiveDate::from_ymd_opt(2026, 3, 1).unwrap()));
    assert_eq!(cell("ts"), text("2026-03-01 12:00:00.123456"));
    assert_eq!(cell("z"), text("2026-07-01 10:00:00"));
    assert_eq!(cell("m"), text(r#"{"a":"\"","b":"2"}"#));
    assert_eq!(cell("a"), text("[1,2,null]"));
    assert_eq!(cell("nothing"), Cell::Null);
}

fn all_types() -> Request {
    Request { table: "my_table".to_owned(), key: vec!["k".to_owned()], ignore: Vec::new() }
}

#[test]
fn every_type_becomes_a_cell() {
    let server = Recorded::start(|number, _, _| {
        let columns: Vec<_> = TYPES.iter().map(|(name, data_type, _)| json!({"name": name, "type": data_type})).collect();
        if number == 0 {
            return Answered::page(&json!({"id": "1", "columns": columns}));
        }
        // As Trino 476 writes them; the zoned time is asked for in UTC.
        let cells = r#"["k",0.30000000000000004,"NaN","-Infinity","1.000000000000001",9007199254740993,0.1,true,"2026-03-01",
            "2026-03-01 12:00:00.123456","2026-07-01 10:00:00.000000000",{"b":"2","a":"\""},[1,2,null],null]"#;
        Answered::new(200, format!(r#"{{"id":"1","columns":{},"data":[{cells}]}}"#, serde_json::Value::from(columns)))
    });
    expect_all_types(&block_on(rows_of(source_of(&server), &all_types(), &Filter::default())).unwrap());
    let asked = server.asked();
    assert_eq!(asked[0].body, r#"SELECT * FROM "hive"."org1"."my""table" WHERE false"#);
    assert!(asked[1].body.contains(r#"CAST("z" AT TIME ZONE 'UTC' AS timestamp(9))"#), "{}", asked[1].body);
}

#[test]
fn a_value_that_its_column_cannot_hold_is_named() {
    let server = Recorded::start(|_, asked, _| {
        let columns = json!([{"name": "k", "type": "varchar"}, {"name": "v", "type": "double"}]);
        let data = if asked.body.contains("WHERE false") { json!([]) } else { json!([["k", "eleven"]]) };
        Answered::page(&json!({"id": "1", "columns": columns, "data": data}))
    });
    let error = block_on(rows_of(source_of(&server), &all_types(), &Filter::default())).unwrap_err();
    assert!(matches!(&error, Error::Column { column: "v", reason, .. } if reason.contains("eleven")), "{error:?}");
}

#[test]
fn a_filter_is_asked_of_trino_with_its_partitions() {
    let server = Recorded::start(|_, _, _| {
        let columns: Vec<_> = OCP_DAILY_SUMMARY
            .columns()
            .iter()
            .map(|column| json!({"name": column.name, "type": if column.kind == aggregator_core::table::Kind::Date { "date" } else { "varchar" }}))
            .collect();
        Answered::page(&json!({"id": "1", "columns": columns, "data": []}))
    });
    let day = |text: &str| text.parse().ok();
    let filter = Filter { source: Some("it's".to_owned()), start: day("2025-12-30"), end: day("2026-01-02") };
    let request = Request { table: "ocp-daily-summary".to_owned(), ..Request::default() };
    block_on(rows_of(source_of(&server), &request, &filter)).unwrap();
    let sql = server.asked().remove(1).body;
    let conditions = sql.split_once(" WHERE ").unwrap().1;
    assert_eq!(
        conditions,
        "\"usage_start\" >= DATE '2025-12-30' AND \"usage_start\" <= DATE '2026-01-02' \
         AND CAST(\"source_uuid\" AS varchar) = 'it''s' AND CAST(\"source\" AS varchar) = 'it''s' \
         AND ((\"year\" = '2025' AND \"month\" IN ('12', '12')) OR (\"year\" = '2026' AND \"month\" IN ('1', '01')))"
    );
    assert!(!sql.contains("\"uuid\""), "{sql}");
}

/// Runs where `AGGREGATOR_TEST_TRINO` is `trino://user@host:port/catalog/schema`, a schema in which tables may be made.
#[test]
fn a_real_trino_answers_as_the_recorded_one() {
    #[expect(clippy::disallowed_methods, reason = "the address of a server for this test")]
    let Ok(url) = std::env::var("AGGREGATOR_TEST_TRINO") else {
        // Past the capture of the test harness: nobody shall take this for a pass.
        let said = "\nNOT RUN: a_real_trino_answers_as_the_recorded_one (AGGREGATOR_TEST_TRINO is not set)\n";
        std::io::stderr().write_all(said.as_bytes()).unwrap();
        return;
    };
    let config = TrinoConfig::from_url(&url).unwrap();
    let name = format!("aggregator_validate_{}", std::process::id());
    let table = [&config.catalog, &config.schema, &name].map(quoted).join(".");
    let client = Client::new(config.base().unwrap(), &config.user, Credentials::from_environment(), Patience::default()).unwrap();
    run(&client, &format!("CREATE SCHEMA IF NOT EXISTS {}.{}", quoted(&config.catalog), quoted(&config.schema))).unwrap();
    // A view: not every connector has every type.
    let columns: Vec<String> = TYPES.iter().map(|(name, _, value)| format!("{value} AS {name}")).collect();
    run(&client, &format!("CREATE VIEW {table} SECURITY INVOKER AS SELECT {}", columns.join(", "))).unwrap();
    let source = Source::open(&config, &name).unwrap();
    let answered = block_on(rows_of(source, &all_types(), &Filter::default()));
    let many = run(&client, "SELECT n, rpad('x', 1000, 'y') FROM UNNEST(sequence(1, 10000)) AS t(n)");
    let wrong = run(&client, "SELECT nothing FROM nowhere").unwrap_err();
    run(&client, &format!("DROP VIEW {table}")).unwrap();
    expect_all_types(&answered.unwrap());
    assert_eq!(many.unwrap().1.len(), 20_000);
    assert!(matches!(&wrong, Failure::Query { kind, .. } if kind == "USER_ERROR"), "{wrong}");
}
