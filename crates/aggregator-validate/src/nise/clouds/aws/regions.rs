//! Where nise places things.

/// The regions that nise draws from, and the last letters of their zones; in one, the zone is called as the region.
const REGIONS: &[(&str, &[&str])] = &[
    ("af-south-1", &["a"]),
    ("ap-east-1", &["a"]),
    ("ap-northeast-1", &["a", "c"]),
    ("ap-northeast-2", &["a"]),
    ("ap-northeast-3", &["a"]),
    ("ap-south-1", &["a", "b"]),
    ("ap-southeast-1", &["a", "b"]),
    ("ap-southeast-2", &["a", "b", "c"]),
    ("ca-central-1", &["a"]),
    ("cn-north-1", &["a"]),
    ("cn-northwest-1", &["a"]),
    ("eu-central-1", &["a", "b"]),
    ("eu-north-1", &["a"]),
    ("eu-south-1", &[""]),
    ("eu-west-1", &["a", "b", "c"]),
    ("eu-west-2", &["a"]),
    ("eu-west-3", &["a"]),
    ("me-south-1", &["a"]),
    ("sa-east-1", &["a", "b", "c"]),
    ("us-east-1", &["a", "b", "c", "d", "e", "f"]),
    ("us-gov-east-1", &["a"]),
    ("us-gov-west-1", &["a"]),
    ("us-west-1", &["a", "b"]),
    ("us-west-2", &["a", "b", "c"]),
];

/// A region, and a zone of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) region: String,
    pub(crate) zone: String,
}

/// All places.
pub(crate) fn all() -> Vec<Place> {
    let places = REGIONS.iter().flat_map(|(region, letters)| letters.iter().map(move |letter| (region, letter)));
    places.map(|(region, letter)| Place { region: (*region).to_owned(), zone: format!("{region}{letter}") }).collect()
}

/// The places that `text` names, a region or a zone; all, if it names none.
pub(crate) fn named(text: &str) -> Vec<Place> {
    let named: Vec<Place> = all().into_iter().filter(|place| place.region == text || place.zone == text).collect();
    if named.is_empty() { all() } else { named }
}
