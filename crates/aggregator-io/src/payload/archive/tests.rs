use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, Header};

use super::*;

fn header(name: &[u8], kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_cksum();
    header
}

/// A tar of these members, with names as they are.
fn tar_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, data) in members {
        builder.append(&header(name.as_bytes(), EntryType::Regular, data.len() as u64), *data).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn open(bytes: &[u8]) -> Result<(Archive, Option<Vec<u8>>), ArchiveError> {
    Archive::of_bytes(bytes, Limits::default())
}

fn refused(bytes: &[u8]) -> String {
    open(bytes).unwrap_err().to_string()
}

fn usable(archive: &Archive) -> Vec<&str> {
    archive.members().iter().filter(|member| member.refused.is_none()).map(|member| member.name.as_str()).collect()
}

/// Names and texts of the wanted members, in the order of the visits.
fn read(archive: &Archive, wanted: &[&str]) -> Result<Vec<(String, String)>, ArchiveError> {
    let wanted: Vec<String> = wanted.iter().map(|&name| name.to_owned()).collect();
    let mut found = Vec::new();
    archive.for_each(&wanted, &mut |name, data| {
        let mut text = String::new();
        data.read_to_string(&mut text).map_err(|source| ArchiveError::Read { source })?;
        found.push((name.to_owned(), text));
        Ok::<_, ArchiveError>(())
    })?;
    Ok(found)
}

fn text(name: &str, text: &str) -> (String, String) {
    (name.to_owned(), text.to_owned())
}

/// Bytes that do not compress, so that cutting the gzip cuts them.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(next).collect()
}

#[test]
fn members_and_the_manifest_are_found_and_read() {
    let bytes = gzip(&tar_of(&[("a.csv", b"1"), ("./b.csv", b"22"), (".//sub/./c.csv", b"333"), ("manifest.json", b"{}")]));
    let (archive, manifest) = open(&bytes).unwrap();
    assert_eq!(manifest.unwrap(), b"{}");
    assert_eq!(usable(&archive), ["a.csv", "b.csv", "sub/c.csv"]);
    assert_eq!(archive.members()[2].bytes, 3);
    assert_eq!(read(&archive, &["sub/c.csv", "a.csv", "nobody.csv"]).unwrap(), [text("a.csv", "1"), text("sub/c.csv", "333")]);
    assert_eq!(read(&archive, &[]).unwrap(), []);
}

#[test]
fn an_archive_on_disk_is_read_like_one_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payload.tar.gz");
    std::fs::write(&path, gzip(&tar_of(&[("a.csv", b"1")]))).unwrap();
    let (archive, manifest) = Archive::open(&path, Limits::default()).unwrap();
    assert!(manifest.is_none());
    assert_eq!(read(&archive, &["a.csv"]).unwrap(), [text("a.csv", "1")]);
    std::fs::write(&path, gzip(&tar_of(&[("b.csv", b"1")]))).unwrap();
    assert_eq!(read(&archive, &["a.csv"]).unwrap_err().to_string(), "the archive changed while it was read: `a.csv` is not where it was");
    std::fs::write(&path, gzip(&tar_of(&[]))).unwrap();
    assert!(matches!(read(&archive, &["a.csv"]), Err(ArchiveError::Changed { .. })));
    assert!(matches!(Archive::open(&folder.path().join("none"), Limits::default()), Err(ArchiveError::Read { .. })));
}

#[test]
fn the_manifest_is_at_the_root() {
    let (archive, manifest) = open(&gzip(&tar_of(&[("./manifest.json", b"[]")]))).unwrap();
    assert_eq!(manifest.unwrap(), b"[]");
    assert!(archive.members().is_empty());
    let (archive, manifest) = open(&gzip(&tar_of(&[("sub/manifest.json", b"[]")]))).unwrap();
    assert!(manifest.is_none());
    assert_eq!(usable(&archive), ["sub/manifest.json"]);
}

#[test]
fn a_plain_tar_is_an_archive_too() {
    let (archive, _) = open(&tar_of(&[("a.csv", b"1")])).unwrap();
    assert_eq!(read(&archive, &["a.csv"]).unwrap(), [text("a.csv", "1")]);
}

#[test]
fn bad_members_are_refused_alone() {
    let mut builder = Builder::new(Vec::new());
    let mut add = |name: &[u8], kind: EntryType| {
        let size = u64::from(kind == EntryType::Regular);
        builder.append(&header(name, kind, size), &b"x"[..usize::try_from(size).unwrap()]).unwrap();
    };
    add(b"folder/", EntryType::Directory);
    add(b"old folder/", EntryType::Regular);
    add(b"link.csv", EntryType::Symlink);
    add(b"hard.csv", EntryType::Link);
    add(b"pipe.csv", EntryType::Fifo);
    add(b"disk.csv", EntryType::Block);
    add(b"what.csv", EntryType::new(b'Z'));
    add(b"/etc/a.csv", EntryType::Regular);
    add(b"../a.csv", EntryType::Regular);
    add(b"x/../../a.csv", EntryType::Regular);
    add(b"a\\b.csv", EntryType::Regular);
    add(b"a\x1b.csv", EntryType::Regular);
    add(b"a\xff.csv", EntryType::Regular);
    add(b"./", EntryType::Regular);
    add(b"a..csv", EntryType::Regular);
    add(b"a..csv", EntryType::Regular);
    add(b"./manifest.json", EntryType::Regular);
    add(b"manifest.json", EntryType::Regular);
    let (archive, manifest) = open(&gzip(&builder.into_inner().unwrap())).unwrap();
    assert_eq!(manifest.unwrap(), b"x");
    assert_eq!(usable(&archive), ["a..csv"]);
    let expected = [
        ("link.csv", Refusal::Link),
        ("hard.csv", Refusal::Link),
        ("pipe.csv", Refusal::NotAFile),
        ("disk.csv", Refusal::NotAFile),
        ("what.csv", Refusal::NotAFile),
        ("/etc/a.csv", Refusal::AbsolutePath),
        ("../a.csv", Refusal::ParentPath),
        ("x/../../a.csv", Refusal::ParentPath),
        ("a\\\\b.csv", Refusal::BadName),
        ("a\\u{1b}.csv", Refusal::BadName),
        ("a\u{fffd}.csv", Refusal::BadName),
        ("a..csv", Refusal::Repeated),
    ];
    let found: Vec<(&str, Refusal)> = archive.members().iter().filter_map(|member| Some((member.name.as_str(), member.refused?))).collect();
    assert_eq!(found, expected);
    assert_eq!(Refusal::ParentPath.to_string(), "its name leads out of the archive");
}

#[test]
fn of_two_members_of_a_name_the_last_is_read() {
    let members: [(&str, &[u8]); 5] =
        [("a.csv", b"first"), ("manifest.json", b"[1]"), ("b.csv", b"b"), ("./a.csv", b"second"), ("manifest.json", b"[2]")];
    let (archive, manifest) = open(&gzip(&tar_of(&members))).unwrap();
    assert_eq!(read(&archive, &["a.csv", "b.csv"]).unwrap(), [text("b.csv", "b"), text("a.csv", "second")]);
    assert_eq!(manifest.unwrap(), b"[2]");
}

#[test]
fn long_names_are_names() {
    let name = format!("{}.csv", "n".repeat(300));
    let mut builder = Builder::new(Vec::new());
    builder.append_data(&mut header(b"", EntryType::Regular, 1), &name, &b"x"[..]).unwrap();
    let record = format!("312 path={}\n", &name[..302]);
    builder.append(&header(b"pax", EntryType::XHeader, record.len() as u64), record.as_bytes()).unwrap();
    builder.append(&header(b"short", EntryType::Regular, 1), &b"y"[..]).unwrap();
    builder.append(&header(b"global", EntryType::XGlobalHeader, 14), &b"14 comment=xx\n"[..]).unwrap();
    let long = "l".repeat(LONGEST_NAME + 1);
    builder.append_data(&mut header(b"", EntryType::Regular, 1), &long, &b"z"[..]).unwrap();
    let (archive, _) = open(&gzip(&builder.into_inner().unwrap())).unwrap();
    assert_eq!(usable(&archive), [name.as_str(), &name[..302]]);
    assert_eq!(archive.members()[2].refused, Some(Refusal::BadName));
    assert_eq!(archive.members()[2].name.len(), 200);
}

#[test]
fn what_is_no_archive_says_what_it_begins_with() {
    assert_eq!(refused(b""), "the archive is empty");
    assert_eq!(refused(b"PK\x03\x04zip..."), "the file is not a gzip or tar archive, it begins with `PK\\x03\\x04zip.`");
    assert_eq!(refused(b"a,b"), "the file is not a gzip or tar archive, it begins with `a,b`");
    assert_eq!(refused(&gzip(b"a,b\n1,2\n")), "the gzip file does not hold a tar archive");
    assert_eq!(refused(&gzip(&noise(10_000))), "the gzip file does not hold a tar archive");
    assert_eq!(refused(b"\x1f\x8b\x08\x00\x00"), "the archive is cut off before the first member");
    assert_eq!(refused(b"\x1f\x8b\x07\x00\x00\x00\x00\x00\x00\x00"), "the gzip file does not hold a tar archive");
}

#[test]
fn a_cut_is_named_wherever_it_is() {
    let (first, second) = (noise(5000), noise(7000));
    let tar = tar_of(&[("a.csv", &first), ("b.csv", &second)]);
    let end = 512 + 5120 + 512 + 7168;
    for cut in (0..end).step_by(97) {
        let place = match cut {
            0..512 => "the gzip file does not hold a tar archive",
            512..5512 => "the archive is cut off inside `a.csv`",
            // Between two members nothing is missing.
            5632 => continue,
            5512..6144 => "the archive is cut off after `a.csv`",
            6144..13144 => "the archive is cut off inside `b.csv`",
            13144..=13311 => "the archive is cut off after `b.csv`",
            _ => continue,
        };
        if cut > 0 {
            assert_eq!(refused(&gzip(&tar[..cut])), place, "{cut}");
        }
    }
    let whole = gzip(&tar);
    for cut in (1000..whole.len() - 600).step_by(313) {
        assert!(refused(&whole[..cut]).starts_with("the archive is cut off"), "{cut}");
    }
    // The data ends at the end mark; what comes after it is of no use.
    assert!(open(&whole[..whole.len() - 4]).is_ok());
    assert!(open(&gzip(&tar[..end])).is_ok());
}

#[test]
fn damage_is_found() {
    let tar = tar_of(&[("a.csv", &noise(5000)), ("b.csv", &noise(7000))]);
    let mut wrong = tar.clone();
    wrong[512 + 5120 + 3] ^= 1;
    assert_eq!(refused(&gzip(&wrong)), "the archive is damaged after `a.csv`");
    let mut checksum = gzip(&tar);
    let place = checksum.len() - 8;
    checksum[place] ^= 1;
    assert_eq!(refused(&checksum), "the archive is damaged after `b.csv`");
    let mut data = gzip(&tar);
    for place in (100..data.len() - 100).step_by(501) {
        data[place] ^= 0x55;
        assert!(open(&data).is_err(), "{place}");
        data[place] ^= 0x55;
    }
}

#[test]
fn what_follows_the_end_is_ignored() {
    let mut bytes = gzip(&tar_of(&[("a.csv", b"1")]));
    for tail in [&b"\0\0\0\0"[..], b"garbage", b"\x1f\x8bnonsense", b"\x1f"] {
        let length = bytes.len();
        bytes.extend_from_slice(tail);
        assert_eq!(usable(&open(&bytes).unwrap().0), ["a.csv"]);
        bytes.truncate(length);
    }
    let mut tar = tar_of(&[("a.csv", b"1")]);
    tar.extend_from_slice(b"not a header");
    assert_eq!(usable(&open(&gzip(&tar)).unwrap().0), ["a.csv"]);
    assert_eq!(usable(&open(&tar).unwrap().0), ["a.csv"]);
}

#[test]
fn gzip_in_parts_is_one_archive() {
    let tar = tar_of(&[("a.csv", &noise(5000)), ("b.csv", b"2")]);
    let bytes = [gzip(&tar[..700]), gzip(&tar[700..3000]), gzip(b""), gzip(&tar[3000..])].concat();
    let (archive, _) = open(&bytes).unwrap();
    assert_eq!(read(&archive, &["b.csv"]).unwrap(), [text("b.csv", "2")]);
}

#[test]
fn limits_count_what_is_there() {
    let small = Limits { members: 2, expanded_bytes: 100_000, manifest_bytes: 10 };
    let open = |tar: &[u8]| Archive::of_bytes(gzip(tar), small).map(|_| ()).map_err(|error| error.to_string());
    assert_eq!(open(&tar_of(&[("a", b""), ("b", b"")])), Ok(()));
    assert_eq!(open(&tar_of(&[("a", b""), ("b", b""), ("c", b"")])), Err("the archive has more than 2 members".to_owned()));
    assert_eq!(open(&tar_of(&[("a", &vec![0; 90_000])])), Ok(()));
    assert_eq!(open(&tar_of(&[("a", &vec![0; 100_000])])), Err("the archive is larger than 100000 bytes when expanded".to_owned()));
    assert_eq!(open(&tar_of(&[("manifest.json", &[0; 10])])), Ok(()));
    assert_eq!(open(&tar_of(&[("manifest.json", &[0; 11])])), Err("`manifest.json` is larger than 10 bytes".to_owned()));
    // A header may claim what it likes.
    let mut builder = Builder::new(Vec::new());
    builder.append(&header(b"a.csv", EntryType::Regular, 1 << 32), &b"x"[..]).unwrap();
    assert_eq!(open(&builder.into_inner().unwrap()), Err("the archive is cut off inside `a.csv`".to_owned()));
}

#[test]
fn names_cannot_fill_the_memory() {
    let mut builder = Builder::new(Vec::new());
    let name = vec![b'n'; 2 << 20];
    builder.append(&header(b"././@LongLink", EntryType::GNULongName, name.len() as u64), &name[..]).unwrap();
    builder.append(&header(b"a.csv", EntryType::Regular, 0), &b""[..]).unwrap();
    assert_eq!(
        refused(&gzip(&builder.into_inner().unwrap())),
        "the archive has more than 1048576 bytes of headers before the first member"
    );
}

#[test]
fn a_sparse_file_is_refused_and_its_holes_are_not_read() {
    let data = noise(2 << 20);
    let mut sparse = header(b"s.csv", EntryType::GNUSparse, data.len() as u64);
    let gnu = sparse.as_gnu_mut().unwrap();
    gnu.set_real_size((1 << 40) + data.len() as u64);
    gnu.sparse[0].set_offset(1 << 40);
    gnu.sparse[0].set_length(data.len() as u64);
    sparse.set_cksum();
    let mut builder = Builder::new(Vec::new());
    builder.append(&sparse, &data[..]).unwrap();
    builder.append(&header(b"a.csv", EntryType::Regular, 1), &b"x"[..]).unwrap();
    let (archive, _) = open(&gzip(&builder.into_inner().unwrap())).unwrap();
    assert_eq!(archive.members()[0].refused, Some(Refusal::NotAFile));
    assert_eq!(read(&archive, &["a.csv"]).unwrap(), [text("a.csv", "x")]);
}

#[test]
fn a_visitor_may_leave_data_and_may_fail() {
    let (archive, _) = open(&gzip(&tar_of(&[("a.csv", &noise(9000)), ("b.csv", b"2")]))).unwrap();
    let names = ["a.csv".to_owned(), "b.csv".to_owned()];
    let mut seen = Vec::new();
    archive
        .for_each::<ArchiveError>(&names, &mut |name, _| {
            seen.push(name.to_owned());
            Ok(())
        })
        .unwrap();
    assert_eq!(seen, names);
    let failed = archive.for_each::<ArchiveError>(&names, &mut |_, _| Err(ArchiveError::Empty));
    assert!(matches!(failed, Err(ArchiveError::Empty)));
}
