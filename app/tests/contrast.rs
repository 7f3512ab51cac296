//! Every pair of colours that carries text keeps a contrast of 4.5:1 on both themes; graphics keep 3:1.

use std::collections::HashMap;

const TOKENS: &str = include_str!("../../style/tokens.css");

type Colour = [f64; 3];

/// The tokens of one theme (0 light, 1 dark).
fn tokens(theme: usize) -> HashMap<&'static str, Colour> {
    TOKENS
        .lines()
        .filter_map(|line| line.trim().strip_prefix("--")?.split_once(": light-dark("))
        .filter_map(|(name, pair)| {
            let value = pair.trim_end_matches([')', ';']).split(", ").nth(theme)?;
            Some((name, colour(value)?))
        })
        .collect()
}

fn colour(text: &str) -> Option<Colour> {
    let hex = text.strip_prefix('#').filter(|hex| hex.len() == 6)?;
    let part =
        |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok().map(|byte| f64::from(byte) / 255.0);
    Some([part(0)?, part(2)?, part(4)?])
}

/// `share` of the first colour over the second, as `color-mix(in srgb, ...)` does.
fn mix(over: Colour, share: f64, under: Colour) -> Colour {
    [0, 1, 2].map(|i| over[i] * share + under[i] * (1.0 - share))
}

/// The contrast ratio of WCAG 2.
fn contrast(a: Colour, b: Colour) -> f64 {
    let light = |colour: Colour| {
        let [r, g, b] =
            colour.map(|c| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (a, b) = (light(a), light(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn text_can_be_read_on_both_themes() {
    for (theme, name) in ["light", "dark"].into_iter().enumerate() {
        let tokens = tokens(theme);
        let token = |key: &str| *tokens.get(key).unwrap_or_else(|| panic!("no token {key}"));
        let mut pairs = Vec::new();
        for ground in ["bg", "surface", "raised"] {
            for text in ["text", "muted", "link", "danger"] {
                pairs.push((format!("{text} on {ground}"), token(text), token(ground)));
            }
        }
        let tones: Vec<_> = tokens.keys().filter(|key| key.starts_with("tone-")).copied().collect();
        assert_eq!(tones.len(), 9, "{tones:?}");
        for tone in tones {
            let badge = mix(token(tone), 0.10, token("bg"));
            let notice = mix(token(tone), 0.06, token("bg"));
            pairs.push((format!("{tone} on its badge"), token(tone), badge));
            pairs.push((format!("{tone} on surface"), token(tone), token("surface")));
            pairs.push((format!("text on the notice of {tone}"), token("text"), notice));
            pairs.push((format!("bg on {tone}"), token("bg"), token(tone)));
        }
        for button in ["accent", "accent-hover"] {
            pairs.push((format!("on-accent on {button}"), token("on-accent"), token(button)));
        }
        let chosen = mix(token("accent"), 0.14, token("raised"));
        pairs.push(("text on a chosen option".to_owned(), token("text"), chosen));
        pairs.push(("muted on a chosen option".to_owned(), token("muted"), chosen));
        for (what, text, ground) in pairs {
            let ratio = contrast(text, ground);
            assert!(ratio >= 4.5, "{name}: {what} is {ratio:.2}");
        }
        for what in ["border-strong", "focus"] {
            let ratio = contrast(token(what), token("bg"));
            assert!(ratio >= 3.0, "{name}: {what} is {ratio:.2}");
        }
    }
}
