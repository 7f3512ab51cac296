//! YAML: what can be read is written and read back equal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use waymark_domain::yaml;

fuzz_target!(|text: &str| {
    if let Ok(map) = yaml::parse_mapping(text)
        && let Ok(written) = yaml::write(&map)
    {
        assert_eq!(yaml::parse_mapping(&written).as_ref(), Ok(&map), "{written}");
    }
});
