// Makes pages live. Everything here is an addition: without it links, forms and reloading work.
import { listenForChanges } from "./changes.js";
import { keepDrafts } from "./draft.js";
import { takeFiles } from "./drop.js";
import { sendForms } from "./forms.js";
import { followHistory, rememberFolds } from "./page.js";
import { listenForKeys } from "./keys.js";
import { offerPalette } from "./palette.js";
import { countSelection } from "./selection.js";
import { hideBrokenPictures } from "./pictures.js";
import { followRoadmap } from "./roadmap.js";
import { offerCopies } from "./copy.js";
import { keepTimesFresh } from "./times.js";

document.documentElement.classList.add("scripted");
rememberFolds();
followHistory();
sendForms();
listenForChanges();
offerCopies();
keepTimesFresh();
keepDrafts();
takeFiles();
hideBrokenPictures();
followRoadmap();
offerPalette();
listenForKeys();
countSelection();
