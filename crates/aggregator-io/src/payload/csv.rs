//! The rows of a report's CSV, as koku's reader sees them: pandas 2.3.3, `read_csv(dtype="string[pyarrow]", on_bad_lines="warn")`.
//!
//! # Shapes
//! [`ReportReader`] streams; memory is a buffer of 256 KiB and the [`Batch`] that is being filled.
//! A batch has one [`TextColumn`] a column of the header, and the line where each row starts: lines of the file as an editor counts
//! them, from 1, blank ones and those within quotes too.
//!
//! # Text
//! * Cells are separated by commas; LF, CRLF and a lone CR end a row; a BOM at the start is skipped.
//! * Blank lines, and lines of spaces and tabs only, are no rows, before the header either.
//! * A quote opens a quoted cell only where the cell begins. Inside, a doubled quote is one, and commas and line ends are text, each
//!   as it stands. Text after the closing quote is appended, quotes in it too.
//! * A cell is cut at its first U+0000.
//! * A cell that is one of pandas' missing values (`NA`, `null`, `NaN`, …; quoted ones too) is the empty text. A header cell is not.
//! * A row with fewer cells than the header is filled up with empty ones.
//! * In the header, an empty name is `Unnamed: 3` (columns count from 0), and a repeated one gets `.1`, `.2`, ….
//!
//! # Bad rows
//! A row that cannot be taken is left out and reported ([`RowProblem`]), nothing else is lost:
//! * a row with more cells than the header ([`RowProblemKind::TooLong`]), the first row too, where koku shifts every column;
//! * a row that is not UTF-8 ([`RowProblemKind::NotUtf8`]), for which koku rejects the payload;
//! * a quote that nothing closes ([`RowProblemKind::OpenQuote`]), for which koku rejects the payload;
//! * a row of more than 16 MiB ([`RowProblemKind::TooLarge`]).
//!
//! A stray quote swallows the lines up to the next one, good rows among them, and pandas may take all that for a cell. So when a row of
//! several lines is too long, too large or not closed, or has text after a quote that was opened on another line
//! ([`RowProblemKind::StrayQuote`]), only its first line is lost, and the others are read again. Where a row begins in them is a guess
//! then, and only rows that leave no doubt are taken: exactly as many cells as the header, and no quote but those around cells. The rest
//! of those lines is reported as [`RowProblemKind::Swallowed`]. Reading again is limited to 256 MiB a file; beyond that the lines are
//! reported as lost.
//!
//! # Why not csv-core
//! It takes every text as some CSV: an open quote at the end is a row like others to it, and which quotes were text cannot be asked. Here
//! both decide what is lost. A row that lies in one piece in the buffer also needs no copy before its cells go to their columns.
//!
//! # Nulls
//! None: a missing cell is the empty text.
//!
//! # Differences from pandas
//! Those under “Bad rows”. Also, pandas fails on some files with CR line ends and rows that begin with blanks; here they are rows.

use std::io::{self, ErrorKind, Read};
use std::ops::Range;

/// The largest row, in bytes of the file; smaller where tests fill it.
const MAX_ROW: usize = if cfg!(test) { 1 << 20 } else { 16 << 20 };
/// What is read from the file at a time.
const CHUNK: usize = 256 << 10;
/// The most columns; OpenShift's widest report has 49. Short rows are filled up, so a wide header makes small files large.
const MAX_COLUMNS: usize = 4096;
/// How many bytes of a file may be read a second time.
const REREAD: u64 = 16 * MAX_ROW as u64;
/// A batch ends early at this many bytes of text and cell ends.
const MAX_BATCH: usize = 128 << 20;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Why a CSV cannot be read at all, or not further.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CsvError {
    /// The bytes cannot be had: the disk's or the archive's answer.
    #[error("could not read on after line {line}")]
    Read {
        /// The last line that was read whole.
        line: u64,
        /// What went wrong.
        source: io::Error,
    },
    /// The header is not UTF-8: UTF-16, or no text at all.
    #[error("could not read the header in line {line}: it is not UTF-8")]
    HeaderNotUtf8 {
        /// The line of the header.
        line: u64,
    },
    /// The header has a quote that nothing closes.
    #[error("could not read the header in line {line}: a quote is opened and not closed")]
    HeaderOpenQuote {
        /// The line of the header.
        line: u64,
    },
    /// The header is larger than a row may be, or has more columns than a file may have.
    #[error("could not read the header in line {line}: it has more than {MAX_COLUMNS} columns or 16 MiB")]
    HeaderTooLarge {
        /// The line of the header.
        line: u64,
    },
}

/// One column of a batch: the cells' texts one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextColumn {
    /// The cells' texts, without anything between them.
    pub text: String,
    /// Where each cell ends in `text`.
    pub ends: Vec<usize>,
}

impl TextColumn {
    /// Number of cells.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The cells.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |&end| self.text.get(std::mem::replace(&mut start, end)..end).unwrap_or_default())
    }

    /// The cell of a row.
    pub fn get(&self, row: usize) -> Option<&str> {
        let end = *self.ends.get(row)?;
        let start = row.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        self.text.get(start..end)
    }

    fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.ends.push(self.text.len());
    }
}

/// Some rows of a file, in its order, and what was wrong between them.
#[derive(Debug, Default)]
pub struct Batch {
    /// One column a column of the header.
    pub columns: Vec<TextColumn>,
    /// The line where each row starts.
    pub lines: Vec<u64>,
    /// The rows that were left out, in the file's order.
    pub problems: Vec<RowProblem>,
}

impl Batch {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.lines.len()
    }
}

/// Lines that were left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowProblem {
    /// The first of them.
    pub line: u64,
    /// How many they are.
    pub lines: u64,
    /// What is wrong with them.
    pub kind: RowProblemKind,
}

/// What is wrong with a row. `Display` says it to a person, without the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RowProblemKind {
    /// More cells than the header has.
    #[error("the row has {cells} cells, the header {columns}")]
    TooLong {
        /// Cells of the row.
        cells: usize,
        /// Cells of the header.
        columns: usize,
    },
    /// Bytes that are no UTF-8.
    #[error("the row is not UTF-8")]
    NotUtf8,
    /// A quote is opened in this line and nothing closes it.
    #[error("a quote is opened and not closed")]
    OpenQuote,
    /// A quote is opened in this line and closed on another one within a cell, as if another quote was meant.
    #[error("a quote is opened, and the next quote is on another line within a cell")]
    StrayQuote,
    /// More than 16 MiB.
    #[error("the row is larger than 16 MiB")]
    TooLarge,
    /// A line after one of the others, within the same quotes, that is no whole row by itself.
    #[error("the line follows a stray quote or a row that is too long, and is no whole row by itself")]
    Swallowed,
}

/// What becomes of a row with more cells than the header.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LongRows {
    /// It is left out and reported.
    #[default]
    Refused,
    /// Its further cells are left out, but for the first row: pandas does so where it reads only some columns.
    Cut,
}

/// Reads a CSV row by row.
#[derive(Debug)]
pub struct ReportReader<R> {
    long_rows: LongRows,
    /// Whether a row was read.
    has_rows: bool,
    source: Source<R>,
    header: Vec<String>,
    /// The row that was scanned last.
    row: Row,
    /// The line that begins at the source's position.
    line: u64,
    /// Up to this offset of the file, where a row begins is a guess.
    doubtful: u64,
    /// How many bytes may still be read again.
    reread: u64,
    /// Bytes of the columns of the last full batch, to size the next one.
    sizes: Vec<usize>,
}

/// What came next in a file.
#[derive(Debug)]
enum Found {
    /// A row, in [`ReportReader::row`].
    Row,
    /// A row without end: in quotes up to the end of the file, or above the limit.
    Broken(RowProblemKind),
    End,
}

impl<R: Read> ReportReader<R> {
    /// Reads the header. `None`: no bytes, or only blank lines.
    ///
    /// # Errors
    /// * [`CsvError::Read`]: the bytes cannot be had.
    /// * [`CsvError::HeaderNotUtf8`], [`CsvError::HeaderOpenQuote`], [`CsvError::HeaderTooLarge`]: there is no header to read rows with.
    pub fn open(read: R) -> Result<Option<Self>, CsvError> {
        let mut reader = Self {
            long_rows: LongRows::Refused,
            has_rows: false,
            source: Source { read, buffer: Vec::new(), start: 0, end: 0, ended: false, taken: 0 },
            header: Vec::new(),
            row: Row::default(),
            line: 1,
            doubtful: 0,
            reread: REREAD,
            sizes: Vec::new(),
        };
        while reader.source.available().len() < BOM.len() && reader.fill()? {}
        if reader.source.available().starts_with(BOM) {
            reader.source.consume(BOM.len());
        }
        match reader.find_row(MAX_COLUMNS)? {
            Found::End => return Ok(None),
            Found::Broken(RowProblemKind::OpenQuote) => return Err(CsvError::HeaderOpenQuote { line: reader.line }),
            Found::Broken(_) => return Err(CsvError::HeaderTooLarge { line: reader.line }),
            Found::Row if reader.row.cell_count > MAX_COLUMNS => return Err(CsvError::HeaderTooLarge { line: reader.line }),
            Found::Row => {}
        }
        let raw = reader.source.available().get(..reader.row.length).unwrap_or_default();
        let text = std::str::from_utf8(raw).map_err(|_| CsvError::HeaderNotUtf8 { line: reader.line })?;
        let cells = reader.row.cells.iter().map(|cell| cut_at_nul(&cell.text(text)).to_owned()).collect();
        reader.header = column_names(cells);
        reader.line += reader.row.lines(raw);
        reader.source.consume(reader.row.length);
        Ok(Some(reader))
    }

    /// The same reader, with another rule for long rows.
    #[must_use]
    pub fn with_long_rows(self, long_rows: LongRows) -> Self {
        Self { long_rows, ..self }
    }

    /// The names of the columns.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Bytes of the file that were read so far.
    pub fn bytes_read(&self) -> u64 {
        self.source.taken + self.source.end as u64
    }

    /// At most `rows` more rows (at least one is tried), fewer where they are large. `None`: no row and no problem is left.
    ///
    /// A batch may have problems and no row.
    ///
    /// # Errors
    /// [`CsvError::Read`]: the bytes cannot be had.
    pub fn next_batch(&mut self, rows: usize) -> Result<Option<Batch>, CsvError> {
        let width = self.header.len();
        let mut batch = Batch { columns: vec![TextColumn::default(); width], ..Batch::default() };
        for (column, size) in batch.columns.iter_mut().zip(&self.sizes) {
            column.text.reserve(*size);
            column.ends.reserve(rows.min(MAX_BATCH / size_of::<usize>() / width.max(1)));
        }
        let mut bytes = 0;
        while batch.rows() < rows.max(1) && batch.problems.len() < rows.max(1) && bytes < MAX_BATCH {
            match self.find_row(width)? {
                Found::End => break,
                Found::Broken(kind) => self.break_up(kind, None, &mut batch)?,
                Found::Row => bytes += self.take_row(&mut batch)? + width * size_of::<usize>(),
            }
        }
        if batch.lines.is_empty() && batch.problems.is_empty() {
            return Ok(None);
        }
        if batch.rows() >= rows {
            self.sizes = batch.columns.iter().map(|column| column.text.len() + column.text.len() / 16).collect();
        }
        Ok(Some(batch))
    }

    /// Appends the row that was found, or says what is wrong with it; how many bytes it took.
    fn take_row(&mut self, batch: &mut Batch) -> Result<usize, CsvError> {
        let columns = self.header.len();
        let (cells, length) = (self.row.cell_count, self.row.length);
        let raw = self.source.available().get(..length).unwrap_or_default();
        let lines = self.row.lines(raw);
        let is_cut = self.long_rows == LongRows::Cut && self.has_rows;
        let kind = if cells > columns && !is_cut {
            Some(RowProblemKind::TooLong { cells, columns })
        } else {
            (self.row.stray == Stray::AfterLineEnd).then_some(RowProblemKind::StrayQuote)
        };
        if let Some(kind) = kind {
            if lines > 1 {
                self.break_up(kind, Some(length), batch)?;
            } else {
                self.lose(self.reported(kind), lines, batch);
                self.source.consume(length);
            }
            return Ok(0);
        }
        let Ok(text) = std::str::from_utf8(raw) else {
            self.lose(RowProblemKind::NotUtf8, lines, batch);
            self.source.consume(length);
            return Ok(0);
        };
        let doubtful = self.source.position() < self.doubtful;
        if doubtful && (cells < columns || self.row.stray > Stray::None) {
            self.lose(RowProblemKind::Swallowed, lines, batch);
            self.source.consume(length);
            return Ok(0);
        }
        self.has_rows = true;
        self.row.put_into(text, &mut batch.columns);
        batch.lines.push(self.line);
        self.line += lines;
        self.source.consume(length);
        Ok(length)
    }

    /// What a lost row at the source's position is reported as: in doubtful text, a row may be no row.
    fn reported(&self, kind: RowProblemKind) -> RowProblemKind {
        let doubtful = self.source.position() < self.doubtful && kind != RowProblemKind::NotUtf8;
        if doubtful { RowProblemKind::Swallowed } else { kind }
    }

    /// Reports lines that are lost; swallowed ones that follow each other are one problem.
    fn lose(&mut self, kind: RowProblemKind, lines: u64, batch: &mut Batch) {
        let line = self.line;
        self.line += lines;
        match batch.problems.last_mut() {
            Some(last) if kind == RowProblemKind::Swallowed && last.kind == kind && last.line + last.lines == line => last.lines += lines,
            _ => batch.problems.push(RowProblem { line, lines, kind }),
        }
    }

    /// A bad row of several lines, of this length or without end: its first line is lost, the others are read again.
    fn break_up(&mut self, kind: RowProblemKind, length: Option<usize>, batch: &mut Batch) -> Result<(), CsvError> {
        let kind = self.reported(kind);
        let available = self.source.available();
        let raw = available.get(..length.unwrap_or(available.len()).min(MAX_ROW)).unwrap_or_default();
        let (lines, swallowed) = (count_lines(raw), raw.len() as u64);
        let Some(first) = first_line(raw).filter(|&first| first < raw.len()) else {
            return self.lose_line(kind, batch);
        };
        if let Some(left) = self.reread.checked_sub(swallowed) {
            self.reread = left;
            self.lose(kind, 1, batch);
            // A quote in doubtful text that nothing closes was no quote, so it leaves no more doubt than there was.
            if length.is_some() || kind != RowProblemKind::Swallowed {
                self.doubtful = self.doubtful.max(self.source.position() + swallowed);
            }
            self.source.consume(first);
            return Ok(());
        }
        if let Some(length) = length {
            self.lose(kind, lines, batch);
            self.source.consume(length);
            return Ok(());
        }
        let mut lines = 0;
        let mut at_line_start = true;
        loop {
            let available = self.source.available();
            // A CR at the end of the buffer may be half of a CRLF.
            let known = if available.ends_with(b"\r") && !self.source.ended { available.len() - 1 } else { available.len() };
            let bytes = available.get(..known).unwrap_or_default();
            lines += line_ends(bytes);
            at_line_start = bytes.last().map_or(at_line_start, |&last| is_line_end(last));
            self.source.consume(known);
            if !self.fill()? && self.source.available().is_empty() {
                break;
            }
        }
        self.lose(kind, lines + u64::from(!at_line_start), batch);
        Ok(())
    }

    /// Loses one line, however long it is.
    fn lose_line(&mut self, kind: RowProblemKind, batch: &mut Batch) -> Result<(), CsvError> {
        loop {
            let available = self.source.available();
            let end = available.iter().position(|&byte| is_line_end(byte));
            if let Some(end) = end {
                self.source.consume(end);
                while self.source.available().len() < 2 && self.fill()? {}
                let length = first_line(self.source.available()).unwrap_or_default();
                self.source.consume(length);
                break;
            }
            let length = available.len();
            self.source.consume(length);
            if !self.fill()? {
                break;
            }
        }
        self.lose(kind, 1, batch);
        Ok(())
    }

    /// Finds the next row, past blank lines, and leaves the source at its first byte.
    fn find_row(&mut self, width: usize) -> Result<Found, CsvError> {
        loop {
            let bytes = self.source.available();
            let kind = match scan(bytes, self.source.ended, width, &mut self.row) {
                Scanned::Blank(length) => {
                    self.line += line_ends(bytes.get(..length).unwrap_or_default());
                    self.source.consume(length);
                    continue;
                }
                Scanned::Nothing => return Ok(Found::End),
                Scanned::Row if self.row.length <= MAX_ROW => return Ok(Found::Row),
                Scanned::Open if bytes.len() <= MAX_ROW => RowProblemKind::OpenQuote,
                Scanned::Row | Scanned::Open => RowProblemKind::TooLarge,
                Scanned::More if bytes.len() > MAX_ROW => RowProblemKind::TooLarge,
                Scanned::More => {
                    self.fill()?;
                    continue;
                }
            };
            return Ok(Found::Broken(kind));
        }
    }

    /// Reads on; false at the end of the file.
    fn fill(&mut self) -> Result<bool, CsvError> {
        self.source.fill().map_err(|source| CsvError::Read { line: self.line.saturating_sub(1), source })
    }
}

/// The bytes of a file: a window that moves forward and grows to the largest row.
#[derive(Debug)]
struct Source<R> {
    read: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    /// Bytes of the file before the buffer's first.
    taken: u64,
}

impl<R> Source<R> {
    fn available(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    fn consume(&mut self, length: usize) {
        self.start = (self.start + length).min(self.end);
    }

    /// The offset in the file of the first available byte.
    fn position(&self) -> u64 {
        self.taken + self.start as u64
    }
}

impl<R: Read> Source<R> {
    fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.taken += self.start as u64;
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            self.buffer.resize((self.buffer.len() * 2).clamp(CHUNK, MAX_ROW + CHUNK).max(self.end + CHUNK), 0);
        }
        let before = self.end;
        // A row that goes on is scanned from its start again: with twice as much each time, that is a few times only.
        while self.end < (before * 2).max(before + 1)
            && let Some(free) = self.buffer.get_mut(self.end..).filter(|free| !free.is_empty())
        {
            match self.read.read(free) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(length) => self.end += length,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.end > before)
    }
}

/// Where the cells of a row are.
#[derive(Debug, Default)]
struct Row {
    /// At most as many as the header has.
    cells: Vec<Cell>,
    /// All of them.
    cell_count: usize,
    /// Bytes of the row with its line end.
    length: usize,
    /// A line end within quotes.
    several_lines: bool,
    /// A U+0000 somewhere.
    nul: bool,
    stray: Stray,
}

/// Quotes that no writer leaves in a row.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stray {
    #[default]
    None,
    /// One that is text: not around a cell, and not doubled within one.
    InText,
    /// One that closes a cell with a line end and has text after it.
    AfterLineEnd,
}

impl Row {
    fn lines(&self, raw: &[u8]) -> u64 {
        if self.several_lines { count_lines(raw) } else { 1 }
    }

    /// Appends the cells, filled up with empty ones.
    fn put_into(&self, text: &str, columns: &mut [TextColumn]) {
        let mut columns = columns.iter_mut();
        for (cell, column) in self.cells.iter().zip(columns.by_ref()) {
            if cell.quotes == Quotes::Mixed {
                column.push(present(cut_at_nul(&cell.text(text))));
                continue;
            }
            let cell = text.get(cell.place.clone()).unwrap_or_default();
            column.push(present(if self.nul { cut_at_nul(cell) } else { cell }));
        }
        for column in columns {
            column.push("");
        }
    }
}

/// A cell of a row that was scanned.
#[derive(Debug)]
struct Cell {
    /// Without the quotes around it, unless they are mixed.
    place: Range<usize>,
    quotes: Quotes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    /// None, or one before and one after the text.
    Plain,
    /// Doubled ones, or text after the closing one.
    Mixed,
}

impl Cell {
    fn text(&self, row: &str) -> String {
        let raw = row.get(self.place.clone()).unwrap_or_default();
        if self.quotes == Quotes::Plain {
            return raw.to_owned();
        }
        // Mixed quotes begin with one; a quote that the next one follows is text, and after a closing quote all is.
        let mut text = String::with_capacity(raw.len());
        let mut rest = raw.strip_prefix('"').unwrap_or(raw);
        while let Some((before, after)) = rest.split_once('"') {
            text.push_str(before);
            rest = after;
            let Some(after) = after.strip_prefix('"') else { break };
            text.push('"');
            rest = after;
        }
        text.push_str(rest);
        text
    }
}

/// What a window of bytes begins with.
#[derive(Debug, PartialEq, Eq)]
enum Scanned {
    /// No bytes are left in the file.
    Nothing,
    /// A blank line of this length.
    Blank(usize),
    /// A row.
    Row,
    /// The file ends within quotes.
    Open,
    /// A line whose end is not in the window.
    More,
}

/// Where in a cell a byte is.
#[derive(Debug, Clone, Copy)]
enum State {
    /// Outside quotes.
    Text,
    /// Within quotes.
    Quoted,
    /// After the quote at this place, which closes the cell, is the first of two, or has text after it.
    AfterQuote(usize),
}

/// Finds the first row of `bytes`; `ended` says that nothing follows them.
fn scan(bytes: &[u8], ended: bool, width: usize, row: &mut Row) -> Scanned {
    if bytes.first().is_none_or(|&byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
        let blanks = bytes.iter().position(|&byte| byte != b' ' && byte != b'\t').unwrap_or(bytes.len());
        match (bytes.get(blanks), bytes.get(blanks + 1)) {
            (Some(b'\r') | None, None) if !ended => return Scanned::More,
            (Some(b'\r'), Some(b'\n')) => return Scanned::Blank(blanks + 2),
            (Some(b'\n' | b'\r'), _) => return Scanned::Blank(blanks + 1),
            (None, _) if blanks > 0 => return Scanned::Blank(blanks),
            (None, _) => return Scanned::Nothing,
            (Some(_), _) => {}
        }
    }
    let mut cells = Cells::new(row, width);
    let (words, rest) = bytes.as_chunks::<8>();
    let mut offset = 0;
    for word in words {
        let mut marks = marks(u64::from_le_bytes(*word));
        while marks != 0 {
            let place = marks.trailing_zeros() / 8;
            marks &= marks - 1;
            // The byte at that place of the word.
            let byte = word.get(place as usize).copied().unwrap_or_default();
            if cells.see(byte, offset + place as usize) {
                return cells.end(bytes, offset + place as usize, ended);
            }
        }
        offset += 8;
    }
    for &byte in rest {
        if cells.see(byte, offset) {
            return cells.end(bytes, offset, ended);
        }
        offset += 1;
    }
    if !ended {
        return Scanned::More;
    }
    if matches!(cells.state, State::Quoted) {
        return Scanned::Open;
    }
    cells.close(bytes.len());
    cells.row.length = bytes.len();
    Scanned::Row
}

/// The highest bit of each byte of `word` that may mean something: comma, and all below `#`, that is quote, line ends, NUL, and others
/// that mean nothing. Bytes before the first marked one are certain; a later mark may be false.
fn marks(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let low = word.wrapping_sub(ONES * u64::from(b'#')) & !word;
    let commas = word ^ (ONES * u64::from(b','));
    (low | (commas.wrapping_sub(ONES) & !commas)) & HIGHS
}

/// A row while it is scanned.
#[derive(Debug)]
struct Cells<'a> {
    row: &'a mut Row,
    width: usize,
    state: State,
    /// Where the cell begins.
    start: usize,
    /// Whether the cell has quotes to be taken out.
    quotes: Quotes,
    /// Whether the cell began with a quote.
    quoted: bool,
    /// Whether the cell has a line end.
    several_lines: bool,
}

impl<'a> Cells<'a> {
    fn new(row: &'a mut Row, width: usize) -> Self {
        row.cells.clear();
        let cells = std::mem::take(&mut row.cells);
        *row = Row { cells, ..Row::default() };
        Self { row, width, state: State::Text, start: 0, quotes: Quotes::Plain, quoted: false, several_lines: false }
    }

    /// Takes a byte that may mean something; true when it ends the row.
    #[inline]
    fn see(&mut self, byte: u8, place: usize) -> bool {
        if let State::AfterQuote(quote) = self.state {
            if place == quote + 1 && byte == b'"' {
                self.state = State::Quoted;
                self.quotes = Quotes::Mixed;
                return false;
            }
            self.state = State::Text;
            if place > quote + 1 || !matches!(byte, b',' | b'\n' | b'\r') {
                self.text_after_quote();
            }
        }
        match (self.state, byte) {
            (State::Text, b',') => {
                self.close(place);
                self.start = place + 1;
            }
            (State::Text, b'\n' | b'\r') => {
                self.close(place);
                return true;
            }
            (State::Text, b'"') if place == self.start => {
                self.state = State::Quoted;
                self.quoted = true;
            }
            (State::Text, b'"') => self.row.stray = self.row.stray.max(Stray::InText),
            (State::Quoted, b'"') => self.state = State::AfterQuote(place),
            (State::Quoted, b'\n' | b'\r') => {
                self.several_lines = true;
                self.row.several_lines = true;
            }
            (_, 0) => self.row.nul = true,
            _ => {}
        }
        false
    }

    /// Ends a cell before `end`.
    #[inline]
    fn close(&mut self, end: usize) {
        // At the end of the file, text may have come after the last quote.
        if let State::AfterQuote(quote) = self.state
            && end > quote + 1
        {
            self.text_after_quote();
        }
        if self.row.cell_count < self.width {
            let place = if self.quoted && self.quotes == Quotes::Plain { self.start + 1..end.saturating_sub(1) } else { self.start..end };
            self.row.cells.push(Cell { place, quotes: self.quotes });
        }
        self.row.cell_count += 1;
        self.quotes = Quotes::Plain;
        self.quoted = false;
        self.several_lines = false;
    }

    fn text_after_quote(&mut self) {
        self.quotes = Quotes::Mixed;
        let stray = if self.several_lines { Stray::AfterLineEnd } else { Stray::InText };
        self.row.stray = self.row.stray.max(stray);
    }

    /// Ends the row at the line end at `place`.
    fn end(self, bytes: &[u8], place: usize, ended: bool) -> Scanned {
        let length = match (bytes.get(place), bytes.get(place + 1)) {
            (Some(b'\r'), Some(b'\n')) => 2,
            (Some(b'\r'), None) if !ended => return Scanned::More,
            _ => 1,
        };
        self.row.length = place + length;
        Scanned::Row
    }
}

fn is_line_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

/// The length of the first line, with its end.
fn first_line(bytes: &[u8]) -> Option<usize> {
    let end = bytes.iter().position(|&byte| is_line_end(byte))?;
    Some(end + if bytes.get(end..end + 2) == Some(b"\r\n") { 2 } else { 1 })
}

/// How many lines end in `bytes`.
fn line_ends(bytes: &[u8]) -> u64 {
    let mut after_cr = false;
    let mut lines = 0;
    for &byte in bytes {
        lines += u64::from(byte == b'\r' || (byte == b'\n' && !after_cr));
        after_cr = byte == b'\r';
    }
    lines
}

/// How many lines `bytes` are, the last without its end too.
fn count_lines(bytes: &[u8]) -> u64 {
    line_ends(bytes) + u64::from(bytes.last().is_some_and(|&last| !is_line_end(last)))
}

fn cut_at_nul(cell: &str) -> &str {
    cell.split_once('\0').map_or(cell, |(before, _)| before)
}

/// The cell's text, or none where pandas takes it for a missing value.
#[inline]
fn present(cell: &str) -> &str {
    const LONGEST: usize = "-1.#QNAN".len();
    if cell.len() <= LONGEST && is_missing(cell) { "" } else { cell }
}

/// pandas' default missing values.
fn is_missing(cell: &str) -> bool {
    match cell.as_bytes().first() {
        Some(b'#') => matches!(cell, "#N/A" | "#N/A N/A" | "#NA"),
        Some(b'-') => matches!(cell, "-1.#IND" | "-1.#QNAN" | "-NaN" | "-nan"),
        Some(b'1') => matches!(cell, "1.#IND" | "1.#QNAN"),
        Some(b'<') => cell == "<NA>",
        Some(b'N') => matches!(cell, "N/A" | "NA" | "NULL" | "NaN" | "None"),
        Some(b'n') => matches!(cell, "n/a" | "nan" | "null"),
        _ => false,
    }
}

/// The names of the columns: an empty one by its number, a repeated one with the first free number after a dot, as pandas counts.
fn column_names(cells: Vec<String>) -> Vec<String> {
    use std::collections::HashMap;

    let unnamed: Vec<bool> = cells.iter().map(String::is_empty).collect();
    let mut names: Vec<String> =
        cells.into_iter().enumerate().map(|(number, name)| if name.is_empty() { format!("Unnamed: {number}") } else { name }).collect();
    // Named columns choose first, so that `Unnamed: 3` given in the file stays.
    let order: Vec<usize> = [false, true]
        .iter()
        .flat_map(|kind| unnamed.iter().enumerate().filter_map(move |(number, unnamed)| (unnamed == kind).then_some(number)))
        .collect();
    let mut present: HashMap<String, usize> = HashMap::new();
    for name in &names {
        *present.entry(name.clone()).or_default() += 1;
    }
    let mut used: HashMap<String, usize> = HashMap::new();
    for number in order {
        let Some(slot) = names.get_mut(number) else { continue };
        let original = slot.clone();
        let mut name = original.clone();
        let mut count = used.get(&name).copied().unwrap_or_default();
        while count > 0 {
            used.insert(original.clone(), count + 1);
            name = format!("{original}.{count}");
            if present.get(&name).is_some_and(|&times| times > 0) {
                count += 1;
            } else {
                count = used.get(&name).copied().unwrap_or_default();
            }
        }
        used.insert(name.clone(), count + 1);
        if name != original {
            if let Some(times) = present.get_mut(&original) {
                *times -= 1;
            }
            *present.entry(name.clone()).or_default() += 1;
            *slot = name;
        }
    }
    names
}

#[cfg(test)]
#[path = "csv/tests.rs"]
mod tests;
