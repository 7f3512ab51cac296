//! The bar on top of every page: where one can go, and who is signed in.

use leptos::prelude::*;

use super::{Palette, icon};
use crate::address::address;
use crate::areas::Areas;
use crate::context::{here, path, viewer};

/// Brand, the places, New, and the person. On a phone the places fold into a menu.
#[component]
pub(crate) fn TopBar() -> impl IntoView {
    let current = path();
    let place = move |href: &'static str, name: &'static str| {
        let here = (current == href).then_some("page");
        view! { <li><a href=href aria-current=here>{name}</a></li> }
    };
    // The list of routes is made without a request, hence without areas.
    let in_sandbox = use_context::<Areas>().is_some_and(|areas| areas.account.installation().sandbox);
    let sandbox = in_sandbox.then(|| {
        view! {
            <aside class="sandbox-banner" aria-label="Sandbox">
                {icon("beaker")}
                <div>
                    <strong>"Sandbox."</strong>
                    " GitHub is simulated on this machine, and a small demo agent, not a language model, does the work. "
                    {super::demo::reset()}
                </div>
            </aside>
        }
    });
    view! {
        <header class="top">
            <div class="top-inner">
                <a class="brand" href="/">
                    <img src="/favicon.svg" alt="" width="20" height="20"/>
                    "Waymark"
                </a>
                <nav aria-label="Main">
                    <ul class="places">
                        {place("/", "Plans")}
                        {place("/objectives", "Objectives")}
                        {place("/runs", "Runs")}
                        {place("/repos", "Repositories")}
                    </ul>
                </nav>
                <div class="top-end">
                    <Palette/>
                    <a class="button primary small" href="/new">{icon("plus")} "New"</a>
                    {person()}
                </div>
            </div>
        </header>
        {sandbox}
    }
}

fn person() -> AnyView {
    match viewer() {
        Some(viewer) => {
            let administers = use_context::<Areas>().is_some_and(|areas| areas.account.administers(&viewer));
            let name = viewer.name.clone().unwrap_or_else(|| viewer.login.clone());
            view! {
                <details class="menu person">
                    <summary aria-label=format!("Account of {}", viewer.login)>
                        {icon("person")}
                        {viewer
                            .avatar_url
                            .clone()
                            .map(|src| view! { <img class="avatar" src=src alt="" width="24" height="24"/> })}
                    </summary>
                    <div class="menu-body">
                        <p class="menu-head"><strong>{name}</strong><br/><span class="muted">{viewer.login.clone()}</span></p>
                        <ul class="menu-places">
                            <li><a href="/">"Plans"</a></li>
                            <li><a href="/objectives">"Objectives"</a></li>
                            <li><a href="/runs">"Runs"</a></li>
                            <li><a href="/repos">"Repositories"</a></li>
                            <li><a href="/go">"Go to a plan"</a></li>
                            <li><a href="/settings/tokens">"API tokens"</a></li>
                            <li><a href="/settings/sessions">"Sessions"</a></li>
                            {administers.then(|| view! { <li><a href="/admin">"Administration"</a></li> })}
                        </ul>
                        <form method="post" action="/auth/sign-out" data-native>
                            <button type="submit" class="link">"Sign out"</button>
                        </form>
                    </div>
                </details>
            }
            .into_any()
        }
        // The page for signing in has the link in its middle.
        None if here().starts_with("/sign-in") => ().into_any(),
        None => {
            let to = address("/auth/github", [("to", here().as_str())]);
            view! { <a class="button small" href=to>"Sign in"<span class="when-wide">" with GitHub"</span></a> }
                .into_any()
        }
    }
}
