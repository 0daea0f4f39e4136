//! What must hold for any bytes that a payload may have.
//!
//! The readers are those of `aggregator-io`, compiled without the rest of it. Each function here takes what a fuzzer made up, and
//! panics where a promise is broken; `tests.rs` runs them over the seeds and random bytes, so that a promise breaks without a fuzzer too.

#[path = "../../crates/aggregator-io/src/payload/archive.rs"]
pub mod archive;
#[path = "../../crates/aggregator-io/src/payload/csv.rs"]
pub mod csv;
#[path = "../../crates/aggregator-io/src/payload/manifest.rs"]
pub mod manifest;

use std::io::{self, Read};

use archive::{Archive, ArchiveError, Limits};
use csv::{CsvError, ReportReader, RowProblem, RowProblemKind};
use manifest::Manifest;

/// Hands out at most `most` bytes a call.
struct Pieces<'a> {
    bytes: &'a [u8],
    most: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = into.len().min(self.most);
        self.bytes.read(&mut into[..length])
    }
}

#[derive(Debug, Default, PartialEq)]
struct Content {
    header: Vec<String>,
    rows: Vec<(u64, Vec<String>)>,
    problems: Vec<RowProblem>,
}

/// All of a file, read in pieces and in batches; none for a file without a header.
fn content(bytes: &[u8], piece: usize, rows: usize) -> Option<Content> {
    let mut reader = match ReportReader::open(Pieces { bytes, most: piece }) {
        Ok(reader) => reader?,
        Err(CsvError::Read { .. }) => panic!("memory can be read"),
        Err(_) => return None,
    };
    let mut content = Content { header: reader.header().to_vec(), ..Content::default() };
    while let Some(batch) = reader.next_batch(rows).expect("memory can be read") {
        assert!(batch.rows() <= rows && batch.rows() + batch.problems.len() > 0);
        assert_eq!(batch.columns.len(), content.header.len());
        assert!(batch.columns.iter().all(|column| column.len() == batch.rows()));
        for (row, &line) in batch.lines.iter().enumerate() {
            let cells = batch.columns.iter().map(|column| column.get(row).expect("the row is there").to_owned()).collect();
            content.rows.push((line, cells));
        }
        for problem in batch.problems {
            match content.problems.last_mut() {
                // A batch may end between two lines of one problem.
                Some(last)
                    if problem.kind == RowProblemKind::Swallowed && last.kind == problem.kind && last.line + last.lines == problem.line =>
                {
                    last.lines += problem.lines;
                }
                _ => content.problems.push(problem),
            }
        }
    }
    assert_eq!(reader.bytes_read(), bytes.len() as u64);
    Some(content)
}

/// How a file arrives does not matter, every line is a row, a problem or blank, and a file without problems is as csv-core reads it.
pub fn csv(bytes: &[u8]) {
    let Some(whole) = content(bytes, usize::MAX, 1_000_000) else { return };
    let piece = 1 + usize::from(bytes.last().copied().unwrap_or_default());
    for rows in [1, 3] {
        assert_eq!(content(bytes, piece, rows).as_ref(), Some(&whole));
    }
    assert!(whole.rows.iter().flat_map(|(_, cells)| cells).all(|cell| !cell.contains('\0')));
    let names: std::collections::HashSet<&String> = whole.header.iter().collect();
    assert_eq!(names.len(), whole.header.len(), "a name is there twice");

    let mut places: Vec<(u64, u64)> = whole.rows.iter().map(|(line, _)| (*line, 1)).collect();
    places.extend(whole.problems.iter().map(|problem| (problem.line, problem.lines)));
    places.sort_unstable();
    assert!(places.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0), "two rows or problems have a line in common");
    let lines = lines(bytes);
    assert!(places.iter().all(|&(line, count)| count > 0 && line + count - 1 <= lines.len() as u64));
    if !bytes.contains(&b'"') {
        let blank = |line: &[u8]| line.iter().all(|byte| matches!(byte, b' ' | b'\t'));
        let rows = lines.iter().filter(|line| !blank(line)).count();
        let covered: u64 = places.iter().map(|(_, count)| count).sum();
        assert_eq!(covered + 1, rows as u64, "a line is neither row nor problem");
    }
    if whole.problems.is_empty()
        && let Some(expected) = by_csv_core(bytes, whole.header.len())
    {
        let rows: Vec<&Vec<String>> = whole.rows.iter().map(|(_, cells)| cells).collect();
        assert_eq!(rows, expected.iter().collect::<Vec<_>>());
    }
}

/// The lines of a file without its BOM.
fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    let mut rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lines = Vec::new();
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
        lines.push(&rest[..end]);
        rest = &rest[end..];
        rest = rest.strip_prefix(b"\r\n").or(rest.get(1..)).unwrap_or_default();
    }
    lines
}

/// The rows by another reader, with missing values taken out; none where it cannot answer: it knows no lines of blanks.
fn by_csv_core(bytes: &[u8], width: usize) -> Option<Vec<Vec<String>>> {
    const MISSING: [&str; 18] = [
        "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None",
        "n/a", "nan", "null",
    ];
    if lines(bytes).iter().any(|line| matches!(line.first(), Some(b' ' | b'\t'))) {
        return None;
    }
    let mut reader = csv_core::Reader::new();
    let mut input = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if input.starts_with(b"\xef\xbb\xbf") {
        return None;
    }
    let (mut output, mut ends) = (vec![0; bytes.len() + 1], vec![0; bytes.len() + 2]);
    let mut rows = Vec::new();
    loop {
        let (result, read, written, cells) = reader.read_record(input, &mut output, &mut ends);
        input = &input[read..];
        match result {
            csv_core::ReadRecordResult::End => break,
            csv_core::ReadRecordResult::Record => {}
            // The end of the input is told by an empty one, with what was written so far; short files come in one piece.
            csv_core::ReadRecordResult::InputEmpty if written == 0 && cells == 0 => continue,
            _ => return None,
        }
        let mut start = 0;
        let mut row = Vec::new();
        for &end in &ends[..cells] {
            let text = std::str::from_utf8(&output[start..end]).ok()?;
            let text = text.split('\0').next().unwrap_or_default();
            row.push(if MISSING.contains(&text) { String::new() } else { text.to_owned() });
            start = end;
        }
        row.resize(width.max(row.len()), String::new());
        rows.push(row);
    }
    Some(rows.split_off(1))
}

/// Any archive is an error or a list of members that can be read again, within its limits.
pub fn archive(bytes: &[u8]) {
    let limits = Limits { members: 20, expanded_bytes: 1 << 20, manifest_bytes: 1 << 12 };
    let Ok((archive, manifest)) = Archive::of_bytes(bytes, limits) else { return };
    assert!(manifest.is_none_or(|manifest| manifest.len() as u64 <= limits.manifest_bytes));
    assert!(archive.members().len() as u64 <= limits.members);
    let usable: Vec<_> = archive.members().iter().filter(|member| member.refused.is_none()).collect();
    for member in &usable {
        assert!(!member.name.starts_with('/') && member.name.split('/').all(|part| !matches!(part, "" | "." | "..")));
    }
    let names: Vec<String> = usable.iter().map(|member| member.name.clone()).collect();
    let mut sizes = Vec::new();
    let read = archive.for_each::<ArchiveError>(&names, &mut |name, data| {
        let size = io::copy(data, &mut io::sink()).map_err(|source| ArchiveError::Read { source })?;
        sizes.push((name.to_owned(), size));
        Ok(())
    });
    read.expect("it was read before");
    assert!(sizes.iter().map(|(_, size)| size).sum::<u64>() <= limits.expanded_bytes);
    assert_eq!(sizes, usable.iter().map(|member| (member.name.clone(), member.bytes)).collect::<Vec<_>>());
}

/// Any manifest is an error or has plain file names, each once, and hours that a day can have.
pub fn manifest(bytes: &[u8]) {
    let Ok((manifest, _)) = Manifest::parse(bytes) else { return };
    for names in [&manifest.files, &manifest.resource_optimization_files] {
        assert!(names.iter().all(|name| !name.contains(['/', '\\', '\0']) && !matches!(name.as_str(), "" | "." | "..")));
        assert_eq!(names.iter().collect::<std::collections::HashSet<_>>().len(), names.len());
    }
    assert!(manifest.hours_per_day().values().all(|hours| (1..=24).contains(hours)));
    assert!(manifest.hours_per_day().is_empty() || manifest.start <= manifest.end && manifest.end.is_some());
    let _ = (manifest.is_daily(), manifest.operator_errors());
}
