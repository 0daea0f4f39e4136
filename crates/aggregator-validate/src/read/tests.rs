use super::*;

#[test]
fn a_side_is_a_path_or_a_database() {
    assert!(matches!("data/x=1".parse(), Ok(Side::Path(path)) if path == *"data/x=1"));
    assert!(matches!("file:///data".parse(), Ok(Side::Path(path)) if path == *"/data"));
    assert!(matches!("postgres://h/d".parse(), Ok(Side::Postgres(_))));
    assert!(matches!("postgresql://h/d".parse(), Ok(Side::Postgres(_))));
    assert!(matches!("s3://bucket".parse::<Side>(), Err(Error::Scheme { scheme }) if scheme == "s3"));
}

#[test]
fn a_password_is_never_shown() {
    for url in [
        "postgres://user:geheim@host:5432/database",
        "postgres://user@host/database?password=geheim",
        "postgres://user:geheim@host:port/database",
        "postgres://user:ge/heim@host/database",
        "postgres://user:12/geheim@host/database",
        "postgres://user:12?geheim@host/database",
        "postgres://user:12#geheim@host/database",
        "postgres://user:%ff@geheim:x/",
    ] {
        let shown = match url.parse::<Side>() {
            Ok(side) => format!("{side} {side:?}"),
            Err(error) => format!("{error} {error:?} {:?}", error.hint()),
        };
        assert!(!shown.contains("heim"), "{url}: {shown}");
    }
    let side: Side = "postgres://user:geheim@host:5432/database".parse().unwrap();
    assert_eq!(side.to_string(), "postgres://user@host:5432/database");
}
