//! Islands: the few parts of a page that run in the browser.
