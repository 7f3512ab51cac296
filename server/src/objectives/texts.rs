//! The texts of objectives: drawn while they are written.

use waymark_app::areas::{ObjectiveTexts, Sketch};
use waymark_domain::roadmap::outline;

use super::layout::{self, Shape};
use super::page;

/// The area on what is typed.
pub struct Texts;

#[async_trait::async_trait]
impl ObjectiveTexts for Texts {
    fn sketch(&self, outline: &str) -> Sketch {
        let roadmap = outline::read(outline).roadmap;
        if roadmap.nodes.is_empty() {
            return Sketch::default();
        }
        Sketch { phases: page::phases(&roadmap, &[]), drawing: layout::draw(&Shape::of(&roadmap)) }
    }
}
