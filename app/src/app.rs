//! The document and the routes. Every page is rendered whole before its first byte is sent, so that
//! its status code is right.

use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

use crate::components::{PageTitle, TopBar};
use crate::pages::{
    AdminPage, BatchPage, ComposeRoute, CreatePage, DispatchPage, EditRoute, GoPage, LogPage, NewPage,
    NotFound, ObjectiveRoute, ObjectivesPage, OverviewPage, PlanRoute, ReposPage, RunsPage, SessionsPage,
    SettingsPage, SeveralRoute, SignInPage, SubmitPage, TokensPage, UpgradeRoute,
};

/// The document around every page.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let nonce = leptos::nonce::use_nonce();
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href="/style.css"/>
                <script type="module" src="/live.js" nonce=nonce></script>
                <HydrationScripts options islands=true/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The routes of the site; `server/src/pages.rs` asks this for their list.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <PageTitle text=""/>
        <Router>
            <a class="skip" href="#main">"Skip to the content"</a>
            <TopBar/>
            <Routes fallback=NotFound>
                <Route path=path!("/") view=OverviewPage ssr=SsrMode::Async/>
                <Route path=path!("/new") view=NewPage ssr=SsrMode::Async/>
                <Route path=path!("/objectives") view=ObjectivesPage ssr=SsrMode::Async/>
                <Route path=path!("/objectives/new") view=ComposeRoute ssr=SsrMode::Async/>
                <Route path=path!("/go") view=GoPage ssr=SsrMode::Async/>
                <Route path=path!("/runs") view=RunsPage ssr=SsrMode::Async/>
                <Route path=path!("/repos") view=ReposPage ssr=SsrMode::Async/>
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async/>
                <Route path=path!("/admin") view=AdminPage ssr=SsrMode::Async/>
                <Route path=path!("/settings/sessions") view=SessionsPage ssr=SsrMode::Async/>
                <Route path=path!("/settings/tokens") view=TokensPage ssr=SsrMode::Async/>
                <Route path=path!("/dispatches/:id") view=DispatchPage ssr=SsrMode::Async/>
                <Route path=path!("/plans/new") view=CreatePage ssr=SsrMode::Async/>
                <Route path=path!("/submit") view=SubmitPage ssr=SsrMode::Async/>
                <Route path=path!("/batches/:id") view=BatchPage ssr=SsrMode::Async/>
                <Route path=path!("/:owner/:repo/settings") view=SettingsPage ssr=SsrMode::Async/>
                <Route path=path!("/:owner/:repo/objectives/:number") view=ObjectiveRoute ssr=SsrMode::Async/>
                <Route path=path!("/:owner/:repo/objectives/:number/edit") view=EditRoute ssr=SsrMode::Async/>
                <Route path=path!("/:owner/:repo/objectives/:number/upgrade") view=UpgradeRoute ssr=SsrMode::Async/>
                <Route path=path!("/:owner/:repo/objectives/:number/plan") view=SeveralRoute ssr=SsrMode::Async/>
                <Route path=path!("/:owner/:repo/plans/:number") view=PlanRoute ssr=SsrMode::Async/>
                <Route path=path!("/:owner/:repo/plans/:number/jobs/:job") view=LogPage ssr=SsrMode::Async/>
            </Routes>
        </Router>
    }
}
