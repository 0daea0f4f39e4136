//! The targets' promises, without a fuzzer: over the seeds, the cases of pandas, and texts made of what means something.

use std::path::Path;

use proptest::prelude::*;

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    let mut seeds: Vec<Vec<u8>> = std::fs::read_dir(folder).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
    assert!(!seeds.is_empty());
    // The first half of a file is one that was cut off.
    seeds.extend(seeds.clone().into_iter().map(|seed| seed[..seed.len() / 2].to_vec()));
    seeds
}

#[test]
fn seeds_keep_the_promises() {
    seeds("archive").iter().for_each(|seed| aggregator_fuzz::archive(seed));
    seeds("csv").iter().for_each(|seed| aggregator_fuzz::csv(seed));
    seeds("manifest").iter().for_each(|seed| aggregator_fuzz::manifest(seed));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn prop_any_text_keeps_the_promises(text in "([a,\"\n\r \0é]|NA|\r\n|\"\"|,\"|\",|\"\n){0,80}") {
        aggregator_fuzz::csv(text.as_bytes());
        aggregator_fuzz::csv(format!("a,b\n{text}").as_bytes());
    }

    #[test]
    fn prop_any_bytes_keep_the_promises(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        aggregator_fuzz::csv(&bytes);
        aggregator_fuzz::archive(&bytes);
        aggregator_fuzz::manifest(&bytes);
    }
}
