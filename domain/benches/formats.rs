//! Rates of reading and writing blocks, and whether reading grows linearly.
//!
//! Prints JSON: blocks read and written per second, and for each shape of a hostile body how much
//! longer ten megabytes take than one (medians). Fails where that is more than twelve times.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use waymark_domain::block::{self, Mapping};
use waymark_domain::{plan, roadmap, yaml};

/// Ten times the length may take this many times as long.
const LIMIT: f64 = 12.0;

/// Shapes of bodies made to hurt: the piece that is repeated.
const SHAPES: [(&str, &str); 14] = [
    ("openers", "<!-- erk:metadata-block:k -->"),
    ("openers of many keys", "<!-- erk:metadata-block:k# -->"),
    ("openers without end", "<!-- erk:metadata-block:k"),
    ("closers", "<!-- /erk:metadata-block:k -->"),
    ("openers and closers", "<!-- erk:metadata-block:k -->x<!-- /erk:metadata-block:k -->"),
    ("openers and closers of another key", "<!-- erk:metadata-block:a -->x<!-- /erk:metadata-block:b -->"),
    (
        "whole blocks",
        "<!-- erk:metadata-block:k --><details><summary>k</summary>```yaml\na: 1\n```</details><!-- /erk:metadata-block -->",
    ),
    (
        "blocks of text",
        "<!-- erk:metadata-block:plan-body --><details><summary>k</summary>x</details><!-- /erk:metadata-block -->\n",
    ),
    ("details", "<details><summary>k</summary>"),
    ("details and fences", "<details><summary>k</summary>```yaml\n"),
    ("fences", "```yaml\na: 1\n```\n"),
    ("back-ticks", "```"),
    ("warnings", "<!-- WARNING: Machine-generated. Manual edits may break erk tooling. -->\n"),
    ("white space", " \n"),
];

fn body(piece: &str, bytes: usize, wrapped: bool) -> String {
    let mut body = String::with_capacity(bytes + 200);
    if wrapped {
        body.push_str("<!-- erk:metadata-block:plan-header -->\n<details>\n<summary>k</summary>\n```yaml\n");
    }
    let mut number = 0_u64;
    while body.len() < bytes {
        number += 1;
        body.push_str(&piece.replace('#', &number.to_string()));
    }
    if wrapped {
        body.push_str("\n```\n</details>\n<!-- /erk:metadata-block:plan-header -->");
    }
    body
}

/// Time spent on a processor, where the system tells (so that other work on the machine does not
/// count); else time on the wall.
fn spent(start: Instant) -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|text| text.split_whitespace().next()?.parse().ok());
    nanos.map_or_else(|| start.elapsed(), Duration::from_nanos)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// How much longer ten megabytes take than one: the ratio of the medians of runs taken in turn, so that
/// a busy machine slows both. The short one runs several times, so that both take long enough for the
/// clock. What is over the limit is measured again, longer: the machine may have been disturbed.
fn ratio(one: &str, ten: &str) -> f64 {
    let mut found = f64::INFINITY;
    for rounds in [7, 21, 63] {
        if found > LIMIT {
            found = ratio_of(one, ten, rounds);
        }
    }
    found
}

fn ratio_of(one: &str, ten: &str, rounds: u32) -> f64 {
    let start = Instant::now();
    let time = |body: &str, times: u32| {
        let before = spent(start);
        for _ in 0..times {
            black_box(block::read(black_box(body)));
            black_box(plan::text(black_box(body), &[]));
            let _ = black_box(roadmap::read(black_box(body), None));
        }
        (spent(start) - before).as_secs_f64() / f64::from(times)
    };
    let (short, long) = (0..rounds).map(|_| (time(one, 10), time(ten, 1))).unzip();
    median(long) / median(short).max(1e-9)
}

/// How often per second the work runs, over at least half a second.
fn rate(items: usize, mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    let mut rounds = 0;
    while start.elapsed() < Duration::from_millis(500) {
        work();
        rounds += 1;
    }
    (items * rounds) as f64 / start.elapsed().as_secs_f64()
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn main() {
    let bodies: Vec<String> = lines(include_str!("../tests/vectors/blocks.jsonl"))
        .iter()
        .filter_map(|case| case["input"].as_str().map(str::to_owned))
        .collect();
    let written: Vec<(String, Mapping)> = lines(include_str!("../tests/vectors/render.jsonl"))
        .iter()
        .filter_map(|case| Some((case["key"].as_str()?.to_owned(), case["data"].as_object()?.clone())))
        .collect();
    let parse = rate(bodies.len(), || {
        for body in &bodies {
            black_box(block::read(black_box(body)));
        }
    });
    let render = rate(written.len(), || {
        for (key, data) in &written {
            let _ = black_box(block::render_with_warning(black_box(key), black_box(data)));
        }
    });
    let dump = rate(written.len(), || {
        for (_, data) in &written {
            let _ = black_box(yaml::write(black_box(data)));
        }
    });
    let mut worst: f64 = 0.0;
    let mut ratios = serde_json::Map::new();
    for (name, piece) in SHAPES {
        for wrapped in [false, true] {
            let (one, ten) = (body(piece, 1_000_000, wrapped), body(piece, 10_000_000, wrapped));
            let ratio = ratio(&one, &ten);
            worst = worst.max(ratio);
            let name = if wrapped { format!("{name}, in a block") } else { name.to_owned() };
            ratios.insert(name, json!((ratio * 10.0).round() / 10.0));
        }
    }
    println!(
        "{:#}",
        json!({"bodies_read_per_s": parse.round(), "blocks_written_and_verified_per_s": render.round(),
            "mappings_written_per_s": dump.round(), "ten_megabytes_to_one": ratios, "worst": worst})
    );
    if worst > LIMIT {
        eprintln!("reading is not linear: {worst:.1} times as long for ten times the length");
        std::process::exit(1);
    }
}
