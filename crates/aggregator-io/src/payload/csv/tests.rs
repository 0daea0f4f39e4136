use std::io::{self, Cursor, Read};

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// Header, rows and problems of a text, read in batches of `rows`.
type Content = (Vec<String>, Vec<Vec<String>>, Vec<String>);

fn content(read: impl Read, rows: usize) -> Result<Option<Content>, CsvError> {
    let Some(mut reader) = ReportReader::open(read)? else { return Ok(None) };
    let mut content: Content = (reader.header().to_vec(), Vec::new(), Vec::new());
    let mut problems: Vec<RowProblem> = Vec::new();
    while let Some(batch) = reader.next_batch(rows)? {
        assert!(batch.columns.iter().all(|column| column.len() == batch.rows()));
        content.1.extend((0..batch.rows()).map(|row| batch.columns.iter().map(|column| column.get(row).unwrap().to_owned()).collect()));
        for problem in batch.problems {
            match problems.last_mut() {
                // A batch may end between two lines of one problem.
                Some(last)
                    if problem.kind == RowProblemKind::Swallowed && last.kind == problem.kind && last.line + last.lines == problem.line =>
                {
                    last.lines += problem.lines;
                }
                _ => problems.push(problem),
            }
        }
    }
    content.2 = problems.iter().map(|problem| format!("{}+{} {}", problem.line, problem.lines, kind_name(problem.kind))).collect();
    Ok(Some(content))
}

fn kind_name(kind: RowProblemKind) -> &'static str {
    match kind {
        RowProblemKind::TooLong { .. } => "TooLong",
        RowProblemKind::NotUtf8 => "NotUtf8",
        RowProblemKind::OpenQuote => "OpenQuote",
        RowProblemKind::StrayQuote => "StrayQuote",
        RowProblemKind::TooLarge => "TooLarge",
        RowProblemKind::Swallowed => "Swallowed",
    }
}

fn read(text: &str) -> Content {
    content(text.as_bytes(), 100).unwrap().unwrap()
}

/// The lines of the rows.
fn lines(text: &str) -> Vec<u64> {
    let mut reader = ReportReader::open(text.as_bytes()).unwrap().unwrap();
    let mut lines = Vec::new();
    while let Some(batch) = reader.next_batch(2).unwrap() {
        lines.extend(batch.lines);
    }
    lines
}

/// Hands out one byte a call, as the slowest pipe would.
struct Trickle<R>(R);

impl<R: Read> Read for Trickle<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = into.len().min(1);
        self.0.read(&mut into[..length])
    }
}

fn rows_of(value: &Value) -> Vec<Vec<String>> {
    value.as_array().unwrap().iter().map(texts_of).collect()
}

fn texts_of(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_case_is_read_as_pandas_reads_it_or_as_we_decided() {
    let cases: Value = serde_json::from_str(include_str!("../../../../../fixtures/csv/pandas.json")).unwrap();
    let cases = cases.as_array().unwrap();
    assert!(cases.len() > 60);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let bytes = match &case["text"] {
            Value::String(text) => text.as_bytes().to_vec(),
            _ => case["latin1"].as_str().unwrap().chars().map(|character| u8::try_from(character).unwrap()).collect(),
        };
        for rows in [1, 2, 1000] {
            let ours = content(Trickle(&bytes[..]), rows);
            if let Some(decided) = case.get("ours") {
                let (_, rows, problems) = ours.unwrap().unwrap();
                assert_eq!(rows, rows_of(&decided["rows"]), "{name}");
                assert_eq!(problems, texts_of(&decided["problems"]), "{name}");
                continue;
            }
            match case["pandas"]["error"].as_str() {
                Some(error) if error.starts_with("EmptyDataError") => assert!(ours.unwrap().is_none(), "{name}"),
                Some(_) => assert!(ours.is_err(), "{name}"),
                None => {
                    let (header, rows, problems) = ours.unwrap().unwrap();
                    assert_eq!(header, texts_of(&case["pandas"]["header"]), "{name}");
                    assert_eq!(rows, rows_of(&case["pandas"]["rows"]), "{name}");
                    let dropped = problems.iter().filter(|problem| problem.ends_with("TooLong")).count();
                    assert_eq!(dropped as u64, case["pandas"]["dropped"].as_u64().unwrap(), "{name}");
                }
            }
        }
    }
}

#[test]
fn lines_are_those_of_an_editor() {
    assert_eq!(lines("a,b\n1,2\n3,4\n"), [2, 3]);
    assert_eq!(lines("\n\na,b\r\n\r\n1,2\r\n  \r\n3,4"), [5, 7]);
    assert_eq!(lines("a,b\r1,2\r\r3,4\r"), [2, 4]);
    assert_eq!(lines("\"a\n\n\",b\n1,\"x\r\ny\rz\"\n3,4\n"), [4, 7]);
    assert_eq!(lines("a,b\n1,2,3\n4,5\n"), [3]);
}

#[test]
fn a_problem_says_what_is_wrong() {
    let mut reader = ReportReader::open(&b"a,b\n1,2,3\n"[..]).unwrap().unwrap();
    let problems = reader.next_batch(10).unwrap().unwrap().problems;
    assert_eq!(problems, [RowProblem { line: 2, lines: 1, kind: RowProblemKind::TooLong { cells: 3, columns: 2 } }]);
    assert_eq!(problems[0].kind.to_string(), "the row has 3 cells, the header 2");
    assert!(reader.next_batch(10).unwrap().is_none());
}

#[test]
fn a_header_that_is_no_text_or_not_closed_is_refused_with_its_line() {
    let refused = |bytes: &[u8]| ReportReader::open(bytes).unwrap_err().to_string();
    assert_eq!(refused(b"\n\xff\xfea,b\n"), "could not read the header in line 2: it is not UTF-8");
    assert_eq!(refused(b"a,\"b\n1,2\n"), "could not read the header in line 1: a quote is opened and not closed");
    let wide = ",".repeat(MAX_COLUMNS);
    assert_eq!(refused(wide.as_bytes()), "could not read the header in line 1: it has more than 4096 columns or 16 MiB");
    assert!(ReportReader::open(&wide.as_bytes()[1..]).is_ok());
    let long = "x".repeat(MAX_ROW + 1);
    assert_eq!(refused(long.as_bytes()), "could not read the header in line 1: it has more than 4096 columns or 16 MiB");
}

#[test]
fn a_row_may_have_16_mib_and_one_above_is_lost_alone() {
    let cell = "x".repeat(MAX_ROW - 3);
    let text = format!("a,b\n1,{cell}\n2,{cell}x\n3,4\n");
    let (_, rows, problems) = read(&text);
    assert_eq!(rows.iter().map(|row| row[0].as_str()).collect::<Vec<_>>(), ["1", "3"]);
    assert_eq!(rows[0][1].len(), MAX_ROW - 3);
    assert_eq!(problems, ["3+1 TooLarge"]);
    let at_the_end = format!("a,b\n1,2\n3,{cell}{cell}");
    assert_eq!(read(&at_the_end).2, ["3+1 TooLarge"]);
}

#[test]
fn a_stray_quote_in_a_large_file_costs_its_line() {
    let row = format!("1,{}\n", "y".repeat(1000));
    let mut text = String::from("a,b\n0,\"x\n");
    let count = MAX_ROW * 2 / row.len();
    text.push_str(&row.repeat(count));
    let (_, rows, problems) = read(&text);
    assert_eq!(rows.len(), count);
    assert!(rows.iter().all(|row| row[0] == "1" && row[1].len() == 1000));
    assert_eq!(problems, ["2+1 TooLarge"]);
}

#[test]
fn quotes_that_open_again_on_every_line_end_the_reading_again() {
    // Each line closes the quote of the line before, as text, and opens another one.
    let line = format!("p\"q,\"{}\n", "z".repeat(MAX_ROW / 16));
    let count = 48_u64;
    let text = format!("a,b\n1,2\n{}", line.repeat(usize::try_from(count).unwrap()));
    let (_, rows, problems) = read(&text);
    assert_eq!(rows, [["1", "2"]]);
    let lost: u64 = problems.iter().map(|problem| problem.split(['+', ' ']).nth(1).unwrap().parse::<u64>().unwrap()).sum();
    assert_eq!(lost, count);
    assert!(problems[0].starts_with("3+"));
}

#[test]
fn a_read_error_names_the_last_line() {
    #[derive(Debug)]
    struct Cut;
    impl Read for Cut {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(ErrorKind::UnexpectedEof.into())
        }
    }
    assert_eq!(ReportReader::open(Cut).unwrap_err().to_string(), "could not read on after line 0");
    let mut reader = ReportReader::open(Cursor::new(b"a,b\n1,2\n\n3,").chain(Cut)).unwrap().unwrap();
    assert!(reader.next_batch(1).unwrap().is_some());
    assert_eq!(reader.next_batch(1).unwrap_err().to_string(), "could not read on after line 3");
}

#[test]
fn batches_have_as_many_rows_as_asked_for() {
    let mut reader = ReportReader::open(&b"a\n1\n2\n3\n4\n5\n"[..]).unwrap().unwrap();
    let sizes: Vec<usize> = std::iter::from_fn(|| reader.next_batch(2).unwrap().map(|batch| batch.rows())).collect();
    assert_eq!(sizes, [2, 2, 1]);
    assert_eq!(reader.bytes_read(), 12);
}

#[test]
fn a_column_gives_its_cells() {
    let mut reader = ReportReader::open("a,b\n1,é\n,x\n22,\n".as_bytes()).unwrap().unwrap();
    let batch = reader.next_batch(10).unwrap().unwrap();
    assert_eq!(batch.columns[0].iter().collect::<Vec<_>>(), ["1", "", "22"]);
    assert_eq!(batch.columns[1].iter().collect::<Vec<_>>(), ["é", "x", ""]);
    assert_eq!(batch.columns[1].get(0), Some("é"));
    assert_eq!(batch.columns[1].get(3), None);
    assert_eq!((batch.columns[0].len(), batch.columns[0].is_empty()), (3, false));
}

/// A text that a CSV writer would write for these cells, all quoted.
fn quoted(rows: &[Vec<String>]) -> String {
    let line = |row: &Vec<String>| row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect::<Vec<_>>().join(",") + "\n";
    rows.iter().map(line).collect()
}

/// Text of the bytes that mean something, mostly.
fn messy() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(","),
        Just("\n"),
        Just("\r"),
        Just("\r\n"),
        Just("\""),
        Just("\"\""),
        Just("a"),
        Just("12345678"),
        Just(" "),
        Just("\0"),
        Just("é"),
        Just("NA")
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn prop_what_a_writer_quotes_comes_back(rows in proptest::collection::vec(proptest::collection::vec("[a-zé,\"\r\n \t]{1,12}x", 3), 0..20)) {
        let text = format!("a,b,c\n{}", quoted(&rows));
        let (_, read, problems) = read(&text);
        prop_assert_eq!(read, rows);
        prop_assert!(problems.is_empty());
    }

    #[test]
    fn prop_pieces_and_batches_do_not_matter(text in messy()) {
        let text = format!("a,b\n{text}");
        let whole = content(text.as_bytes(), 1000).unwrap();
        prop_assert_eq!(&content(Trickle(text.as_bytes()), 1).unwrap(), &whole);
        prop_assert_eq!(&content(text.as_bytes(), 3).unwrap(), &whole);
    }

    #[test]
    fn prop_every_line_is_in_a_row_a_problem_or_blank(text in messy()) {
        let text = format!("a,b\n{text}");
        let mut reader = ReportReader::open(text.as_bytes()).unwrap().unwrap();
        let batch = reader.next_batch(1000).unwrap().unwrap_or_default();
        let mut places: Vec<(u64, u64)> = batch.lines.iter().map(|&line| (line, 1)).collect();
        places.extend(batch.problems.iter().map(|problem| (problem.line, problem.lines)));
        places.sort_unstable();
        prop_assert!(places.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0));
        prop_assert!(places.iter().all(|&(line, lines)| line > 1 && line + lines <= count_lines(text.as_bytes()) + 1));
        let normal = text.replace("\r\n", "\n").replace('\r', "\n");
        let first = normal.split('\n').enumerate().skip(1).find(|(_, line)| !line.trim_matches([' ', '\t']).is_empty());
        prop_assert_eq!(places.first().map(|place| place.0), first.map(|(number, _)| number as u64 + 1));
    }

    #[test]
    fn prop_words_find_what_bytes_find(bytes in proptest::array::uniform8(any::<u8>())) {
        let found = marks(u64::from_le_bytes(bytes));
        for (place, &byte) in bytes.iter().enumerate() {
            if matches!(byte, 0 | b',' | b'"' | b'\n' | b'\r') {
                prop_assert!(found >> (8 * place) & 0x80 != 0);
            }
        }
        prop_assert_eq!(found & !0x8080_8080_8080_8080, 0);
    }
}
