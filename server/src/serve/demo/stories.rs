//! Who and what is in the demo world: three small repositories, the people who work on them, and what became
//! of two dozen plans in the last ten days. Everything here is read top to bottom as it happened.

/// A team of three beside the fixture's people; all may write to all three repositories.
pub const PEOPLE: [(&str, &str); 3] =
    [("nora", "Nora Lindqvist"), ("tomasz", "Tomasz Zieliński"), ("priya", "Priya Raman")];

pub const SHOP: &str = "acme/shop";
pub const WIDGETS: &str = "acme/widgets";
/// Deliberately unready: it has no workflows, and one secret is missing.
pub const HANDBOOK: &str = "acme/handbook";

/// A repository that the fixture does not have.
pub struct Repository {
    pub name: &'static str,
    pub description: &'static str,
    /// Whether it has what remote work needs.
    pub ready: bool,
    pub files: &'static [(&'static str, &'static str)],
}

pub const REPOSITORIES: [Repository; 2] = [
    Repository {
        name: SHOP,
        description: "The web shop: catalogue, basket and checkout",
        ready: true,
        files: &[
            ("README.md", "# Shop\n\nCatalogue, basket and checkout of the web shop.\n\n    sh ./check.sh\n"),
            (
                "check.sh",
                "#!/bin/sh\n# Every module has a first line that says what it is for.\nset -eu\nfor file in src/*.js; do head -n 1 \"$file\" | grep -q '^// '; done\n",
            ),
            (
                "src/basket.js",
                "// The basket: what somebody is about to order.\nexport const lines = [];\n\nexport function add(article, count = 1) {\n  lines.push({ article, count });\n}\n",
            ),
            (
                "src/catalogue.js",
                "// The catalogue: every article on one page.\nexport function page(articles) {\n  return articles.map((article) => `<li>${article.name}</li>`).join(\"\");\n}\n",
            ),
            (
                "src/prices.js",
                "// Prices, in cents.\nexport const total = (lines) => lines.reduce((sum, line) => sum + line.article.price * line.count, 0);\n",
            ),
        ],
    },
    Repository {
        name: HANDBOOK,
        description: "How we work: onboarding, reviews and being on call",
        ready: false,
        files: &[
            ("README.md", "# Handbook\n\nHow we work. One page per subject, in `docs/`.\n"),
            (
                "docs/onboarding.md",
                "# Onboarding\n\nYour first week: accounts, a first small change, and whom to ask.\n",
            ),
        ],
    },
];

/// A plan and what became of it.
pub struct Story {
    pub repo: &'static str,
    pub by: &'static str,
    /// When it was written, in minutes before now.
    pub ago: i64,
    pub title: &'static str,
    pub why: &'static str,
    pub steps: &'static [&'static str],
    /// The file that its branch changes, with the text that it becomes.
    pub file: (&'static str, &'static str),
    /// The node of the repository's objective that it is for.
    pub node: Option<&'static str>,
    pub end: End,
}

pub enum End {
    /// Written and waiting for somebody to submit it.
    Created,
    /// A one-shot whose skeleton is there and nothing else: its planning has not begun.
    Prompted,
    /// The draft pull request is there; no run has been seen.
    Submitted,
    /// A one-shot whose skeleton was never filled.
    Stuck,
    /// The issue is there without any plan.
    PlanMissing,
    /// Somebody works on it on their own machine, so many steps are done.
    Local { done: usize },
    /// Planned as "plan first"; a person must approve.
    NeedsApproval,
    /// Ready for review.
    Complete { review: Review },
    /// Merged by somebody, so many minutes after it was ready.
    Merged { by: &'static str, after: i64 },
    /// The run failed in a step of the plan; what it printed last.
    Failed { done: usize, log: &'static str },
    /// Somebody cancelled the run.
    Cancelled { done: usize },
    /// Nothing had to be changed.
    NoChanges,
    /// The pull request was closed unmerged, with these words.
    Closed { because: &'static str },
}

pub enum Review {
    Asked { of: &'static str },
    Approved { by: &'static str, words: &'static str },
    ChangesRequested { by: &'static str, words: &'static str },
}

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

pub const STORIES: [Story; 24] = [
    Story {
        repo: WIDGETS,
        by: "admin",
        ago: 10 * DAY,
        title: "Agree on the names of the colours",
        why: "Three scripts spell grey in two ways. One list, in one place, is what everything else builds on.",
        steps: &[
            "Put the list of colours into src/colours.txt",
            "Say in the README that it is the only list",
        ],
        file: ("src/colours.txt", "black\nblue\ngreen\ngrey\nred\nwhite\nyellow\n"),
        node: Some("1.1"),
        end: End::Merged { by: "writer", after: 3 * HOUR },
    },
    Story {
        repo: SHOP,
        by: "nora",
        ago: 9 * DAY,
        title: "Keep the basket when nobody is signed in",
        why: "The basket lives in the account, so a visitor without one loses it with the first reload.",
        steps: &[
            "Keep the lines in local storage under one key",
            "Read them back when the page opens",
            "Empty the key when an order was placed",
            "Test a reload with two lines",
        ],
        file: (
            "src/basket.js",
            "// The basket: what somebody is about to order. It outlives a reload.\nconst KEY = \"basket\";\nexport const lines = JSON.parse(localStorage.getItem(KEY) ?? \"[]\");\n\nexport function add(article, count = 1) {\n  lines.push({ article, count });\n  localStorage.setItem(KEY, JSON.stringify(lines));\n}\n\nexport function ordered() {\n  lines.length = 0;\n  localStorage.removeItem(KEY);\n}\n",
        ),
        node: Some("1.1"),
        end: End::Merged { by: "priya", after: 5 * HOUR },
    },
    Story {
        repo: HANDBOOK,
        by: "priya",
        ago: 8 * DAY + 11 * HOUR,
        title: "Describe how we review pull requests",
        why: "New people ask how long a review may take and who decides. The answers are only in heads.",
        steps: &["Write docs/reviews.md", "Link it from the README"],
        file: (
            "docs/reviews.md",
            "# Reviews\n\n- Answer within one working day, if only to say when you will look.\n- Who wrote the change decides what to do about a remark that is not marked as a blocker.\n- Two approvals for anything that touches payments.\n",
        ),
        node: None,
        end: End::Merged { by: "tomasz", after: 20 * HOUR },
    },
    Story {
        repo: SHOP,
        by: "nora",
        ago: 8 * DAY,
        title: "Ask for an e-mail address at checkout",
        why: "An address is all that an order needs. Registering can come later, or never.",
        steps: &[
            "Replace the sign-in wall by one field",
            "Refuse an address without a domain, with a sentence at the field",
            "Keep what was typed when the payment fails",
        ],
        file: (
            "src/checkout.js",
            "// The checkout: an address, and nothing else that is not needed.\nexport function problem(address) {\n  const [, domain] = address.trim().split(\"@\");\n  return domain?.includes(\".\") ? null : \"Write the whole address, such as ada@example.com.\";\n}\n",
        ),
        node: Some("1.2"),
        end: End::Merged { by: "tomasz", after: 8 * HOUR },
    },
    Story {
        repo: WIDGETS,
        by: "writer",
        ago: 7 * DAY + 9 * HOUR,
        title: "Give every widget a colour",
        why: "A line of a shelf holds a name. It may say a colour as well, and what has none is grey.",
        steps: &[
            "Read `name, colour` and take grey where there is no comma",
            "Print names without their colour, as before",
            "Test a shelf that mixes both",
        ],
        file: (
            "src/colour.sh",
            "#!/bin/sh\n# Prints the colour of each widget on a shelf; what says none is grey.\nset -eu\nsed -n -E 's/^[^,]+, *([a-z]+)$/\\1/p; t; s/^[^,]+$/grey/p' \"$1\"\n",
        ),
        node: Some("1.2"),
        end: End::Merged { by: "admin", after: 14 * HOUR },
    },
    Story {
        repo: SHOP,
        by: "tomasz",
        ago: 6 * DAY + 12 * HOUR,
        title: "Show prices with VAT before the last step",
        why: "People see the price without VAT until they pay, and then leave.",
        steps: &["Add the VAT to every price that is shown", "Say the rate once, below the sum"],
        file: (
            "src/prices.js",
            "// Prices, in cents, with VAT wherever they are shown.\nexport const RATE = 0.19;\nexport const shown = (cents) => Math.round(cents * (1 + RATE));\nexport const total = (lines) => lines.reduce((sum, line) => sum + shown(line.article.price) * line.count, 0);\n",
        ),
        node: Some("1.3"),
        end: End::Merged { by: "nora", after: 2 * HOUR },
    },
    Story {
        repo: SHOP,
        by: "priya",
        ago: 6 * DAY,
        title: "Drop the carousel from the front page",
        why: "Nobody clicks beyond its first picture, and it moves the page while one reads.",
        steps: &["Show the first picture alone", "Delete the script and its styles"],
        file: (
            "src/front.js",
            "// The front page: one picture, and the way into the catalogue.\nexport const front = (offer) => `<a href=\"/catalogue\"><img src=\"${offer.picture}\" alt=\"${offer.name}\"></a>`;\n",
        ),
        node: None,
        end: End::Closed { because: "It stays until the spring sale is over. We look at it again in May." },
    },
    Story {
        repo: HANDBOOK,
        by: "tomasz",
        ago: 5 * DAY + 9 * HOUR,
        title: "Split the onboarding page in two",
        why: "One page holds what is for the first day and what is for the first month.",
        steps: &["Move the first month to docs/first-month.md", "Link one from the other"],
        file: (
            "docs/first-month.md",
            "# Your first month\n\nA change of your own in each repository, and a day on call beside somebody.\n",
        ),
        node: None,
        end: End::Closed { because: "Nora rewrites the page anyway; this would only get in her way." },
    },
    Story {
        repo: SHOP,
        by: "tomasz",
        ago: 5 * DAY,
        title: "Load pictures of the catalogue lazily",
        why: "The catalogue is said to load all its pictures at once.",
        steps: &["Add `loading=\"lazy\"` to the pictures", "Measure the first paint before and after"],
        file: ("", ""),
        node: None,
        end: End::NoChanges,
    },
    Story {
        repo: WIDGETS,
        by: "priya",
        ago: 4 * DAY,
        title: "Refuse colours that do not exist",
        why: "A typing mistake makes a new colour that nobody can order.",
        steps: &["Look every colour up in src/colours.txt", "Name the line that is wrong and exit with 1"],
        file: (
            "src/refuse.sh",
            "#!/bin/sh\n# Exits with 1 when a shelf names a colour that is not in the list.\nset -eu\nsh src/colour.sh \"$1\" | grep -n -v -x -F -f src/colours.txt && exit 1\nexit 0\n",
        ),
        node: Some("2.4"),
        end: End::Merged { by: "writer", after: 4 * HOUR },
    },
    Story {
        repo: WIDGETS,
        by: "writer",
        ago: 3 * DAY + 10 * HOUR,
        title: "Count widgets on nested shelves",
        why: "Count the widgets of a shelf that names other shelves, each once, also when two shelves name each other.",
        steps: &[],
        file: ("", ""),
        node: None,
        end: End::Stuck,
    },
    Story {
        repo: SHOP,
        by: "nora",
        ago: 3 * DAY,
        title: "Send the confirmation to the address of the order",
        why: "The confirmation goes to the account, and an order without one gets none.",
        steps: &[
            "Take the address from the order",
            "Say in the mail how to look the order up",
            "Send it again when the first try fails",
        ],
        file: (
            "src/confirmation.js",
            "// The confirmation of an order, to the address it was placed with.\nexport const confirmation = (order) => ({\n  to: order.address,\n  subject: `Your order ${order.number}`,\n  text: `Look it up with its number: https://shop.example/orders/${order.number}`,\n});\n",
        ),
        node: Some("2.1"),
        end: End::Complete {
            review: Review::Approved {
                by: "tomasz",
                words: "Tried it with a mailbox that is full: it is sent again. Good.",
            },
        },
    },
    Story {
        repo: HANDBOOK,
        by: "priya",
        ago: 2 * DAY + 12 * HOUR,
        title: "Glossary of the words we use",
        why: "",
        steps: &[],
        file: ("", ""),
        node: None,
        end: End::PlanMissing,
    },
    Story {
        repo: SHOP,
        by: "priya",
        ago: 2 * DAY + 5 * HOUR,
        title: "Show the catalogue in pages",
        why: "The catalogue has 1,200 articles on one page; phones give up on it.",
        steps: &[
            "Show 24 articles and the way to the next",
            "Keep the page in the address",
            "Keep the filter when the page changes",
        ],
        file: (
            "src/catalogue.js",
            "// The catalogue, 24 articles a page.\nconst SIZE = 24;\n\nexport function page(articles, number = 1) {\n  const shown = articles.slice((number - 1) * SIZE, number * SIZE);\n  return shown.map((article) => `<li>${article.name}</li>`).join(\"\");\n}\n",
        ),
        node: None,
        end: End::Complete {
            review: Review::ChangesRequested {
                by: "nora",
                words: "Page 0 and page 999 show an empty list. Please say so there, with a link to the first page.",
            },
        },
    },
    Story {
        repo: WIDGETS,
        by: "writer",
        ago: 2 * DAY,
        title: "List widgets by colour",
        why: "Whoever packs wants all red ones together.",
        steps: &["Add `list COLOUR`", "Sort by name within a colour"],
        file: (
            "src/list.sh",
            "#!/bin/sh\n# Lists the widgets of one colour, by name.\nset -eu\nsed -n \"s/^\\([^,]*\\), *$1\\$/\\1/p\" \"$2\" | sort -u\n",
        ),
        node: Some("2.1"),
        end: End::Complete { review: Review::Asked { of: "admin" } },
    },
    Story {
        repo: SHOP,
        by: "tomasz",
        ago: DAY + 3 * HOUR,
        title: "Round discounts the way the invoices do",
        why: "The basket rounds each line, the invoice rounds the sum: one cent of difference, and a phone call each time.",
        steps: &[
            "Round once, at the sum",
            "Half a cent goes to the even one, as on invoices",
            "Compare with the 40 invoices in fixtures/",
            "Say in the basket that discounts are part of the sum",
        ],
        file: (
            "src/discount.js",
            "// Discounts, rounded once, at the sum.\nexport function rounded(cents) {\n  const whole = Math.floor(cents);\n  return cents - whole === 0.5 ? whole + (whole % 2) : Math.round(cents);\n}\n",
        ),
        node: None,
        end: End::Failed {
            done: 2,
            log: "Step 3: Compare with the 40 invoices in fixtures/\n> node --test tests/discount.test.js\nnot ok 17 - invoice 2031 of fixtures/invoices.json\n  expected: 4298\n  actual:   4297\n39 of 40 invoices agree\n##[error]Step 3 failed: the test of invoice 2031 does not pass. It has a voucher and a discount.\n##[error]Process completed with exit code 1.",
        },
    },
    Story {
        repo: SHOP,
        by: "nora",
        ago: 20 * HOUR,
        title: "Look up an order by its number",
        why: "Without an account there is no list of orders. The number and the address are enough to find one.",
        steps: &[
            "A page /orders/NUMBER that asks for the address",
            "The same answer for a wrong number and a wrong address",
            "At most five tries an hour from one address",
            "Link it from the confirmation",
        ],
        file: (
            ".worker-impl/task.md",
            "Let people look up an order by its number and their e-mail address.\n",
        ),
        node: Some("2.2"),
        end: End::NeedsApproval,
    },
    Story {
        repo: WIDGETS,
        by: "admin",
        ago: 9 * HOUR,
        title: "Print names as JSON",
        why: "The warehouse reads our output with a program, and splits names that have a space.",
        steps: &["Add `names --json`", "Escape quotes and backslashes", "Say so in the usage and the README"],
        file: ("", ""),
        node: None,
        end: End::Created,
    },
    Story {
        repo: SHOP,
        by: "priya",
        ago: 5 * HOUR,
        title: "Try a payment again that timed out",
        why: "One payment in two hundred times out at the bank and is lost, although the second try works.",
        steps: &[
            "Send the same payment once more after two seconds",
            "Never charge twice: send the key of the first try",
            "Log both",
        ],
        file: (
            "src/payment.js",
            "// Payments: tried twice with one key, so that nobody pays twice.\nexport async function pay(bank, payment) {\n  const key = crypto.randomUUID();\n  return bank.pay({ ...payment, key }).catch(() => bank.pay({ ...payment, key }));\n}\n",
        ),
        node: None,
        end: End::Cancelled { done: 1 },
    },
    Story {
        repo: HANDBOOK,
        by: "nora",
        ago: 3 * HOUR,
        title: "Move the style guide into the handbook",
        why: "It lives in a document that half of us cannot open.",
        steps: &[
            "Copy the text to docs/style.md",
            "One heading per rule, each with an example",
            "Delete what the linter says anyway",
            "Link it from the onboarding page",
            "Leave a note in the old document",
        ],
        file: ("", ""),
        node: None,
        end: End::Local { done: 2 },
    },
    Story {
        repo: SHOP,
        by: "tomasz",
        ago: 90,
        title: "Say when an article is sold out",
        why: "One can put it into the basket and learns at the very end that there is none.",
        steps: &[
            "Read the stock with the catalogue",
            "Show “sold out” instead of the button",
            "Refuse it in the basket too",
        ],
        file: (".worker-impl/plan.md", "# Say when an article is sold out\n"),
        node: None,
        end: End::Submitted,
    },
    Story {
        repo: HANDBOOK,
        by: "tomasz",
        ago: 50,
        title: "List who is on call and how to reach them",
        why: "Last Friday nobody knew, and the shop was down for an hour.",
        steps: &["Write docs/on-call.md with the rota", "Put the number of the phone on top"],
        file: ("", ""),
        node: None,
        end: End::Created,
    },
    Story {
        repo: WIDGETS,
        by: "priya",
        ago: 35,
        title: "Warn about a shelf that cannot be read",
        why: "Say on standard error which shelf could not be read, and go on with the others.",
        steps: &[],
        file: ("", ""),
        node: None,
        end: End::Prompted,
    },
    Story {
        repo: SHOP,
        by: "writer",
        ago: 20,
        title: "Explain why a voucher was refused",
        why: "“Invalid voucher” is all one reads, whether it is over, used, or for other articles.",
        steps: &[
            "One sentence for each of the three reasons",
            "Show it at the field, and keep what was typed",
        ],
        file: ("", ""),
        node: None,
        end: End::Created,
    },
];

/// What is dispatched when the world opens, so that something moves: the demo agent takes its time over it.
pub const LIVE: (&str, &str, &str) = (
    WIDGETS,
    "writer",
    "Say in the README how widgets are counted\n\nOne paragraph with an example. Empty lines do not count.\n\n\
     The demo agent works slowly on this one, so that there is something to watch: demo:slow 25",
);
