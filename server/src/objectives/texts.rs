//! The texts of objectives: drawn while they are written, read for editing, and saved.

use waymark_app::areas::{ObjectiveTexts, Sketch};
use waymark_domain::roadmap::outline;

use super::layout::{self, Shape};
use super::page;
use crate::state::App;

/// The area on GitHub's texts.
pub struct Texts {
    app: App,
}

impl Texts {
    pub fn new(app: App) -> Self {
        Texts { app }
    }
}

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
