//! `/sign-in`: the way in, and back to where one came from.

use leptos::prelude::*;

use crate::address::{address, local, value};
use crate::components::{PageTitle, icon};
use crate::context::{query, see_other, viewer};

#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let to = local(&value(&query(), "to").unwrap_or_else(|| "/".to_owned()));
    if viewer().is_some() {
        see_other(&to);
    }
    let kept = to.starts_with("/new").then(|| view! { <p class="muted">"What you typed is kept."</p> });
    view! {
        <PageTitle text="Sign in"/>
        <main id="main" class="page narrow" tabindex="-1">
            <h1>"Sign in"</h1>
            <p>"Waymark hands work to coding agents through GitHub, with your account and your permissions."</p>
            {kept}
            <p>
                <a class="button primary" href=address("/auth/github", [("to", to.as_str())])>
                    {icon("mark-github")}
                    "Sign in with GitHub"
                </a>
            </p>
        </main>
    }
}
