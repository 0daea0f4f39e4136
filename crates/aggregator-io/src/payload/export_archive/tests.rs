use super::*;
use crate::payload::export::Export;
use crate::store::Store;
use aggregator_core::cloud::Provider;
use tar::{Builder, EntryType, Header};

/// A member: its name, its kind, its content.
type Member<'a> = (&'a str, EntryType, &'a [u8]);

fn file<'a>(name: &'a str, content: &'a [u8]) -> Member<'a> {
    (name, EntryType::Regular, content)
}

fn tar_of(members: &[Member<'_>]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, kind, content) in members {
        let mut header = Header::new_gnu();
        // The names that a builder would refuse, too.
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A folder with an archive of this name.
fn archive(name: &str, content: &[u8]) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    (folder, path.display().to_string())
}

async fn open(name: &str, content: &[u8], cloud: Provider) -> Result<Export, OpenError> {
    let (folder, path) = archive(name, content);
    Export::open(&path, cloud, &Store::directory(folder.path().join("store")).unwrap()).await
}

/// The refusal of an archive that cannot be taken.
async fn refusal(name: &str, content: &[u8]) -> String {
    match open(name, content, Provider::Aws).await {
        Err(OpenError::Payload(reason)) => reason,
        other => panic!("{other:?} is no refusal"),
    }
}

/// Names and texts of an export's files.
fn texts(export: &Export) -> Vec<(String, String)> {
    let read = |file: &crate::payload::export::ExportFile| {
        let mut text = String::new();
        file.open().unwrap().read_to_string(&mut text).unwrap();
        (file.name.clone(), text)
    };
    export.files.iter().map(read).collect()
}

fn named(names: &[(&str, &str)]) -> Vec<(String, String)> {
    names.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[tokio::test]
async fn an_archive_is_what_its_folder_would_be() {
    let manifest =
        br#"{"assemblyId": "a-1", "billingPeriod": {"start": "20260401T000000.000Z"}, "reportKeys": ["p/k-1.csv.gz", "p/k-2.csv"]}"#;
    let first = gzip(b"one");
    let members =
        tar_of(&[file("p/k-1.csv.gz", &first), file("p/k-2.csv", b"two"), file("p/old.csv", b"old"), file("p/k-Manifest.json", manifest)]);
    for (name, content) in [("april.tar.gz", gzip(&members)), ("april.TGZ", gzip(&members)), ("april.tar", members.clone())] {
        let export = open(name, &content, Provider::Aws).await.unwrap();
        assert_eq!(export.id.as_deref(), Some("a-1"), "{name}");
        assert_eq!(texts(&export), named(&[("p/k-1.csv.gz", "one"), ("p/k-2.csv", "two")]), "{name}");
        assert_eq!(export.files.iter().map(|file| file.base.as_str()).collect::<Vec<_>>(), ["k-1", "k-2"]);
    }
}

#[tokio::test]
async fn the_manifest_at_the_root_counts_and_so_does_one_below() {
    let manifest = br#"{"runInfo": {"runId": "r", "startDate": "2026-04-01T00:00:00"}, "blobs": [{"blobName": "x/y/part_0.csv"}]}"#;
    for at in ["manifest.json", "x/y/manifest.json"] {
        let content = gzip(&tar_of(&[file("x/y/part_0.csv", b"rows"), file("x/y/part_1.csv", b"more"), file(at, manifest)]));
        let export = open("export.tar.gz", &content, Provider::Azure).await.unwrap();
        assert_eq!((export.id.as_deref(), texts(&export)), (Some("r"), named(&[("x/y/part_0.csv", "rows")])), "{at}");
    }
    // To GCP it is a file like any other that is no CSV.
    let content = gzip(&tar_of(&[file("202604_a.csv", b"rows"), file("manifest.json", b"no manifest of GCP")]));
    assert_eq!(texts(&open("export.tgz", &content, Provider::Gcp).await.unwrap()), named(&[("202604_a.csv", "rows")]));
}

#[tokio::test]
async fn members_that_lead_elsewhere_are_left_out_and_named() {
    let content = gzip(&tar_of(&[
        file("good.csv", b"rows"),
        file("../evil.csv", b"x"),
        file("/etc/evil.csv", b"x"),
        file("a/../../evil.csv", b"x"),
        ("link.csv", EntryType::Symlink, b""),
        ("hard.csv", EntryType::Link, b""),
        ("pipe.csv", EntryType::Fifo, b""),
    ]));
    let (folder, path) = archive("export.tar.gz", &content);
    let export = Export::open(&path, Provider::Aws, &Store::directory(folder.path()).unwrap()).await.unwrap();
    assert_eq!(texts(&export), named(&[("good.csv", "rows")]));
    let reasons: Vec<_> = export.warnings.iter().map(|warning| warning.split(": ").last().unwrap()).collect();
    let [out, link] = ["its name leads out of the archive", "it is a link"];
    assert_eq!(reasons, [out, "its name is an absolute path", out, link, link, "it is not a plain file"]);
    // Nothing was written beside the archive.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_manifest_that_names_a_refused_member_refuses_the_export() {
    let manifest = br#"{"assemblyId": "a", "reportKeys": ["k-1.csv"]}"#;
    let content = gzip(&tar_of(&[("k-1.csv", EntryType::Symlink, b""), file("k-Manifest.json", manifest)]));
    assert_eq!(refusal("export.tar.gz", &content).await, "its manifest names `k-1.csv`, which is not there");
}

#[tokio::test]
async fn what_is_no_archive_or_a_damaged_one_is_refused_in_words() {
    let noise: Vec<u8> = (0..20_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 13).to_be_bytes()[3]).collect();
    let whole = gzip(&tar_of(&[file("a.csv", &noise)]));
    let mut damaged = whole.clone();
    for byte in &mut damaged[whole.len() / 2..whole.len() / 2 + 400] {
        *byte ^= 0x55;
    }
    let empty = gzip(&tar_of(&[file("read.me", b"no rows")]));
    let cases: [(&[u8], &str); 6] = [
        (b"", "the archive is empty"),
        (b"a,b\n1,2\n", "the file is not a gzip or tar archive, it begins with `a,b\\n1,2\\n`"),
        (&gzip(b"a,b\n1,2\n"), "the gzip file does not hold a tar archive"),
        (&whole[..whole.len() / 2], "the archive is cut off inside `a.csv`"),
        (&damaged, "the archive is damaged"),
        (&empty, "it holds no .csv or .csv.gz file"),
    ];
    for (content, reason) in cases {
        let found = refusal("export.tar.gz", content).await;
        assert!(found.starts_with(reason), "{found}, not {reason}");
    }
    let two = gzip(&tar_of(&[file("a/x-Manifest.json", b"{}"), file("b/y-Manifest.json", b"{}")]));
    assert_eq!(refusal("export.tar.gz", &two).await, "it holds 2 manifests: give them one by one");
}

#[test]
fn a_small_archive_takes_little_space_and_a_large_one_is_refused() {
    let zeros = vec![0; 8 << 20];
    let content = gzip(&tar_of(&[file("a.csv", &zeros), file("b.csv", &zeros)]));
    let (folder, path) = archive("export.tar.gz", &content);
    let out = folder.path().join("out");
    std::fs::create_dir(&out).unwrap();
    let take = |expanded_bytes| {
        let limits = Limits { expanded_bytes, ..Limits::default() };
        take_out(Path::new(&path), limits, &out, |_| true, &mut Vec::new())
    };
    let taken = take(1 << 30).unwrap();
    let bytes: u64 = taken.values().map(|file| file.metadata().unwrap().len()).sum();
    assert!(bytes < 1 << 18, "{bytes} bytes on disk of {} in the archive", content.len());
    let OpenError::Payload(reason) = take(10 << 20).unwrap_err() else { panic!("it is the archive's fault") };
    assert_eq!(reason, format!("the archive is larger than {} bytes when expanded", 10 << 20));
}
