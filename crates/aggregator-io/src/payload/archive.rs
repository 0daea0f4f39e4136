//! A payload's archive: `tar.gz`, or a plain `tar`, read as a stream.
//!
//! # Passes
//! [`Archive::open`] reads everything once, for names, sizes and the manifest, which operators write last.
//! [`Archive::for_each`] reads again and hands out the members that are wanted. Nothing is written to disk, and no member is held in
//! memory but the manifest.
//!
//! # Members
//! A member has the name that stands in the archive, without `./` and doubled slashes. Folders are no members.
//! Members that cannot be used are listed with the reason, the others stay usable: links, devices, sparse files; names that are
//! absolute, step up (`..`), have a backslash or a control character, or are not UTF-8; and the second of a name.
//! The manifest is `manifest.json` at the root.
//!
//! # Limits
//! [`Limits`] count bytes that came out of the decompression, not what headers claim. The names and records that tar keeps before a
//! member may be 1 MiB.
//!
//! # Damage
//! An archive that is cut off, or whose data is damaged, is an error that names the member; a payload is sent again whole.
//! What follows the archive's end mark is ignored, as Python's `tarfile` does, but a wrong checksum of the gzip data is found.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use flate2::bufread::GzDecoder;
use tar::EntryType;

/// The manifest's name in an archive.
pub const MANIFEST: &str = "manifest.json";

const GZIP_MAGIC: &[u8] = b"\x1f\x8b";
const TAR_MAGIC: &[u8] = b"ustar";
/// Where a tar header has its magic.
const TAR_MAGIC_AT: usize = 257;
/// What tar may keep between two members: long names, records, and the padding.
const MAX_BETWEEN: u64 = 1 << 20;
/// The longest name of a member that is used, in bytes.
const LONGEST_NAME: usize = 4096;
/// How far past the end mark the gzip's checksum is looked for.
const MAX_AFTER: u64 = 1 << 20;

/// What an archive may hold.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Members of any kind.
    pub members: u64,
    /// Bytes after decompression.
    pub expanded_bytes: u64,
    /// Bytes of the manifest.
    pub manifest_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { members: 10_000, expanded_bytes: 64 << 30, manifest_bytes: 10 << 20 }
    }
}

/// Why an archive cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The file, not what is in it.
    #[error("could not read the archive")]
    Read {
        /// The system's answer.
        source: io::Error,
    },
    /// No bytes.
    #[error("the archive is empty")]
    Empty,
    /// Neither gzip nor tar by its first bytes.
    #[error("the file is not a gzip or tar archive, it begins with `{begins}`")]
    NotArchive {
        /// The first bytes, escaped.
        begins: String,
    },
    /// gzip data that is no tar.
    #[error("the gzip file does not hold a tar archive")]
    NotTar {
        /// The reader's answer.
        source: io::Error,
    },
    /// The end is missing.
    #[error("the archive is cut off {place}")]
    CutOff {
        /// Where the end is missing.
        place: Place,
        /// The reader's answer.
        source: io::Error,
    },
    /// The data is not what was written.
    #[error("the archive is damaged {place}")]
    Damaged {
        /// Where the damage was seen.
        place: Place,
        /// The reader's answer.
        source: io::Error,
    },
    /// Above [`Limits::members`].
    #[error("the archive has more than {limit} members")]
    TooManyMembers {
        /// The limit.
        limit: u64,
    },
    /// Above [`Limits::expanded_bytes`].
    #[error("the archive is larger than {limit} bytes when expanded")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// More between two members than names can need.
    #[error("the archive has more than {MAX_BETWEEN} bytes of headers {place}")]
    HeaderTooLarge {
        /// Where the header is.
        place: Place,
    },
    /// Above [`Limits::manifest_bytes`].
    #[error("`{MANIFEST}` is larger than {limit} bytes")]
    ManifestTooLarge {
        /// The limit.
        limit: u64,
    },
    /// The second pass met another archive than the first.
    #[error("the archive changed while it was read: `{member}` is not where it was")]
    Changed {
        /// The member that was expected.
        member: String,
    },
}

/// Where in an archive something happened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Place {
    /// Before the first member.
    #[error("before the first member")]
    Start,
    /// In the data of this member.
    #[error("inside `{0}`")]
    Inside(String),
    /// Between this member's data and the next.
    #[error("after `{0}`")]
    After(String),
}

/// A member of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name; as text as good as can be for one that is refused.
    pub name: String,
    /// Bytes of its data, as its header claims; they were all there.
    pub bytes: u64,
    /// Why it cannot be used.
    pub refused: Option<Refusal>,
}

/// Why a member cannot be used. `Display` says it to a person, without the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// A symbolic or hard link.
    #[error("it is a link")]
    Link,
    /// A device, a pipe, a sparse file, or a kind that nobody knows.
    #[error("it is not a plain file")]
    NotAFile,
    /// The name begins with a slash.
    #[error("its name is an absolute path")]
    AbsolutePath,
    /// The name has a part `..`.
    #[error("its name leads out of the archive")]
    ParentPath,
    /// An empty name, one of more than 4096 bytes, with a backslash or a control character, or that is not UTF-8.
    #[error("its name cannot be used as a file name")]
    BadName,
    /// Another member of the same name comes after it.
    #[error("the archive has another member of this name after it")]
    Repeated,
}

/// An archive that was read once.
#[derive(Debug)]
pub struct Archive {
    origin: Origin,
    limits: Limits,
    members: Vec<Member>,
    /// For each usable member, how many entries of the tar are before its own.
    entries: Vec<(u64, usize)>,
}

#[derive(Debug, Clone)]
enum Origin {
    File(PathBuf),
    Bytes(Arc<[u8]>),
}

impl Archive {
    /// Reads the archive at `path` through once; also the bytes of its manifest, if it has one.
    ///
    /// # Errors
    /// All of [`ArchiveError`] but [`ArchiveError::Changed`].
    pub fn open(path: &Path, limits: Limits) -> Result<(Self, Option<Vec<u8>>), ArchiveError> {
        Self::read(Origin::File(path.to_owned()), limits)
    }

    /// The same for an archive in memory.
    ///
    /// # Errors
    /// All of [`ArchiveError`] but [`ArchiveError::Changed`].
    pub fn of_bytes(bytes: impl Into<Arc<[u8]>>, limits: Limits) -> Result<(Self, Option<Vec<u8>>), ArchiveError> {
        Self::read(Origin::Bytes(bytes.into()), limits)
    }

    /// The members but the manifest, in the archive's order.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Calls `visit` with each usable member that is `wanted`, in the archive's order.
    /// What it leaves of a member is skipped; names that the archive does not have are nobody's fault here.
    ///
    /// # Errors
    /// * [`ArchiveError`]: the archive cannot be read again, or changed; also when `visit` failed because of that;
    /// * what `visit` returned otherwise.
    pub fn for_each<E: From<ArchiveError>>(
        &self,
        wanted: &[String],
        visit: &mut dyn FnMut(&str, &mut dyn Read) -> Result<(), E>,
    ) -> Result<(), E> {
        let wanted: HashSet<&str> = wanted.iter().map(String::as_str).collect();
        let usable = self.entries.iter().filter_map(|&(entry, member)| Some((entry, self.members.get(member)?)));
        let mut left: Vec<(u64, &str)> =
            usable.map(|(entry, member)| (entry, member.name.as_str())).filter(|(_, name)| wanted.contains(name)).collect();
        left.reverse();
        if left.is_empty() {
            return Ok(());
        }
        self.origin.walk::<E>(self.limits, &mut |number, found| {
            let Some(&(entry, name)) = left.last() else { return Ok(Walk::Stop) };
            if number < entry {
                return Ok(Walk::On);
            }
            if found.usable_name().as_deref() != Ok(name) {
                return Err(ArchiveError::Changed { member: name.to_owned() }.into());
            }
            left.pop();
            visit(name, found)?;
            Ok(if left.is_empty() { Walk::Stop } else { Walk::On })
        })?;
        match left.last() {
            Some(&(_, name)) => Err(ArchiveError::Changed { member: name.to_owned() }.into()),
            None => Ok(()),
        }
    }

    fn read(origin: Origin, limits: Limits) -> Result<(Self, Option<Vec<u8>>), ArchiveError> {
        let mut members: Vec<Member> = Vec::new();
        let mut entries: Vec<(u64, usize)> = Vec::new();
        let mut names = HashMap::new();
        let mut manifest = None;
        origin.walk::<ArchiveError>(limits, &mut |number, found| {
            let bytes = found.size;
            let refused = match found.usable_name() {
                Ok(name) if name == MANIFEST => {
                    let mut text = Vec::new();
                    let limit = limits.manifest_bytes;
                    let read = found.by_ref().take(limit.saturating_add(1)).read_to_end(&mut text);
                    if text.len() as u64 > limit {
                        return Err(ArchiveError::ManifestTooLarge { limit });
                    }
                    // An error of the data is found again, with its place, when the rest is skipped.
                    if read.is_ok() {
                        manifest = Some(text);
                    }
                    return Ok(Walk::On);
                }
                Ok(name) => {
                    // The last one counts, as for who unpacks the archive.
                    if let Some(before) = names.insert(name.clone(), members.len()) {
                        entries.retain(|(_, member)| *member != before);
                        if let Some(member) = members.get_mut(before) {
                            member.refused = Some(Refusal::Repeated);
                        }
                    }
                    entries.push((number, members.len()));
                    members.push(Member { name, bytes, refused: None });
                    return Ok(Walk::On);
                }
                Err(refusal) => (found.shown_name(), refusal),
            };
            members.push(Member { name: refused.0, bytes, refused: Some(refused.1) });
            Ok(Walk::On)
        })?;
        Ok((Self { origin, limits, members, entries }, manifest))
    }
}

/// Whether to go on to the next member.
enum Walk {
    On,
    Stop,
}

/// A member during a pass.
struct Found<'a> {
    /// Its data.
    data: &'a mut dyn Read,
    kind: EntryType,
    name: Vec<u8>,
    size: u64,
    /// How much of the data was read.
    seen: u64,
    /// The first error of the data: a reader above may have swallowed it.
    failed: Option<io::Error>,
}

impl Found<'_> {
    /// The member's name, for a plain file with a name that leads nowhere else.
    fn usable_name(&self) -> Result<String, Refusal> {
        match self.kind {
            EntryType::Regular | EntryType::Continuous => {}
            EntryType::Link | EntryType::Symlink => return Err(Refusal::Link),
            _ => return Err(Refusal::NotAFile),
        }
        let name = std::str::from_utf8(&self.name).map_err(|_| Refusal::BadName)?;
        if name.starts_with('/') {
            return Err(Refusal::AbsolutePath);
        }
        let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        if parts.contains(&"..") {
            return Err(Refusal::ParentPath);
        }
        if parts.is_empty() || name.len() > LONGEST_NAME || name.contains(|character: char| character == '\\' || character.is_control()) {
            return Err(Refusal::BadName);
        }
        Ok(parts.join("/"))
    }

    /// The name for messages.
    fn shown_name(&self) -> String {
        const LONGEST: usize = 200;
        String::from_utf8_lossy(&self.name).chars().take(LONGEST).flat_map(char::escape_debug).collect()
    }
}

impl Read for Found<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        let error = match self.data.read(into) {
            Ok(0) if self.seen < self.size => io::Error::new(ErrorKind::UnexpectedEof, "the data ends early"),
            Ok(length) => {
                self.seen += length as u64;
                return Ok(length);
            }
            Err(error) => error,
        };
        let copy = copy_of(&error);
        self.failed.get_or_insert(error);
        Err(copy)
    }
}

/// An error for the one who reads, while the other stays for the one who asked for the pass.
fn copy_of(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), error.to_string())
}

impl Origin {
    /// Visits every entry that is no folder, with the number of entries before it, and skips what the visitor leaves of it.
    fn walk<E: From<ArchiveError>>(&self, limits: Limits, visit: &mut dyn FnMut(u64, &mut Found<'_>) -> Result<Walk, E>) -> Result<(), E> {
        match self {
            Self::File(path) => {
                let file = File::open(path).map_err(|source| ArchiveError::Read { source })?;
                walk(BufReader::with_capacity(1 << 16, file), limits, visit)
            }
            Self::Bytes(bytes) => walk(Cursor::new(bytes), limits, visit),
        }
    }
}

fn walk<E: From<ArchiveError>>(
    mut input: impl BufRead,
    limits: Limits,
    visit: &mut dyn FnMut(u64, &mut Found<'_>) -> Result<Walk, E>,
) -> Result<(), E> {
    let mut begins = Vec::new();
    input
        .by_ref()
        .take(TAR_MAGIC_AT as u64 + TAR_MAGIC.len() as u64)
        .read_to_end(&mut begins)
        .map_err(|source| ArchiveError::Read { source })?;
    if begins.is_empty() {
        return Err(ArchiveError::Empty.into());
    }
    let gzip = begins.starts_with(GZIP_MAGIC);
    if !gzip && begins.get(TAR_MAGIC_AT..) != Some(TAR_MAGIC) {
        const SHOWN: usize = 8;
        let begins = begins.get(..SHOWN).unwrap_or(&begins).escape_ascii().to_string();
        return Err(ArchiveError::NotArchive { begins }.into());
    }
    let input = Cursor::new(begins).chain(input);
    if gzip {
        walk_tar(Gunzip { decoder: Some(GzDecoder::new(input)), later: false }, limits, visit)
    } else {
        walk_tar(input, limits, visit)
    }
}

fn walk_tar<E: From<ArchiveError>>(
    input: impl Read,
    limits: Limits,
    visit: &mut dyn FnMut(u64, &mut Found<'_>) -> Result<Walk, E>,
) -> Result<(), E> {
    let meter = Rc::new(Meter {
        expanded: Cell::new(limits.expanded_bytes),
        between: Cell::new(MAX_BETWEEN),
        ended: Cell::new(false),
        over: Cell::new(Over::Nothing),
    });
    let mut archive = tar::Archive::new(Metered { input, meter: Rc::clone(&meter) });
    let mut place = Place::Start;
    let mut number = 0;
    let mut entries = archive.entries().map_err(|source| ArchiveError::Read { source })?;
    for entry in entries.by_ref() {
        let mut entry = entry.map_err(|error| meter.failure(error, &place, limits))?;
        number += 1;
        if number > limits.members {
            return Err(ArchiveError::TooManyMembers { limit: limits.members }.into());
        }
        let (kind, size) = (entry.header().entry_type(), entry.size());
        let name = entry.path_bytes().into_owned();
        // Old archives have no type for a folder, but a slash at the end.
        let folder = kind == EntryType::Directory || (kind == EntryType::Regular && name.ends_with(b"/"));
        meter.between.set(u64::MAX);
        let stored = if kind == EntryType::GNUSparse { Some(entry.header().entry_size().unwrap_or_default()) } else { None };
        let mut found = Found { data: &mut entry, kind, name, size, seen: 0, failed: None };
        place = Place::Inside(found.shown_name());
        let walk = if folder || kind == EntryType::XGlobalHeader { Ok(Walk::On) } else { visit(number, &mut found) };
        if let Some(error) = found.failed.take() {
            return Err(meter.failure(error, &place, limits).into());
        }
        if matches!(walk?, Walk::Stop) {
            return Ok(());
        }
        // The holes of a sparse file are as large as its header claims: tar skips what is really there.
        if stored.is_none()
            && let Err(error) = io::copy(&mut found, &mut io::sink())
        {
            return Err(meter.failure(error, &place, limits).into());
        }
        place = Place::After(found.shown_name());
        meter.between.set(MAX_BETWEEN.saturating_add(stored.unwrap_or_default()));
    }
    // The gzip data goes on a little after the end mark, and its checksum comes last.
    let mut rest = archive.into_inner();
    meter.between.set(u64::MAX);
    match io::copy(&mut rest.by_ref().take(MAX_AFTER), &mut io::sink()) {
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => Err(meter.failure(error, &place, limits).into()),
        _ => Ok(()),
    }
}

/// Counts what came out of the decompression.
struct Meter {
    /// How much more may come at all.
    expanded: Cell<u64>,
    /// How much more may come before the next member.
    between: Cell<u64>,
    /// Whether the data has ended.
    ended: Cell<bool>,
    over: Cell<Over>,
}

/// Which limit ended the reading.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Over {
    Nothing,
    Expanded,
    Between,
}

impl Meter {
    fn failure(&self, source: io::Error, place: &Place, limits: Limits) -> ArchiveError {
        let place = place.clone();
        match (self.over.get(), source.kind()) {
            (Over::Expanded, _) => ArchiveError::TooLarge { limit: limits.expanded_bytes },
            (Over::Between, _) => ArchiveError::HeaderTooLarge { place },
            (Over::Nothing, ErrorKind::UnexpectedEof) => ArchiveError::CutOff { place, source },
            // gzip and tar have no error kinds of their own; other kinds are the system's.
            (Over::Nothing, ErrorKind::Other | ErrorKind::InvalidInput | ErrorKind::InvalidData) => match place {
                Place::Start => ArchiveError::NotTar { source },
                _ if self.ended.get() => ArchiveError::CutOff { place, source },
                _ => ArchiveError::Damaged { place, source },
            },
            (Over::Nothing, _) => ArchiveError::Read { source },
        }
    }
}

struct Metered<R> {
    input: R,
    meter: Rc<Meter>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let (expanded, between) = (self.meter.expanded.get(), self.meter.between.get());
        // One byte more than may come tells the end of the data from the limit.
        let most = usize::try_from(expanded.min(between).saturating_add(1)).unwrap_or(usize::MAX).min(into.len());
        let length = self.input.read(into.get_mut(..most).unwrap_or_default())?;
        self.meter.ended.set(length == 0 && most > 0);
        let over = if length as u64 > expanded {
            Over::Expanded
        } else if length as u64 > between {
            Over::Between
        } else {
            self.meter.expanded.set(expanded - length as u64);
            self.meter.between.set(between - length as u64);
            return Ok(length);
        };
        self.meter.over.set(over);
        Err(io::Error::other("a limit was reached"))
    }
}

/// gzip data of one or more parts; what follows them and is no gzip is ignored.
struct Gunzip<R: BufRead> {
    /// None after the last part.
    decoder: Option<GzDecoder<R>>,
    /// Whether the part is not the first.
    later: bool,
}

impl<R: BufRead> Read for Gunzip<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while let Some(decoder) = &mut self.decoder {
            match decoder.read(into) {
                Ok(0) if !into.is_empty() => {}
                Err(_) if self.later && decoder.header().is_none() => {
                    self.decoder = None;
                    break;
                }
                other => return other,
            }
            self.later = true;
            let Some(mut input) = self.decoder.take().map(GzDecoder::into_inner) else { break };
            // A buffer may end between the two bytes of the magic, so one has to do; a part that has no header then is none.
            if input.fill_buf()?.first() == GZIP_MAGIC.first() {
                self.decoder = Some(GzDecoder::new(input));
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
#[path = "archive/tests.rs"]
mod tests;
