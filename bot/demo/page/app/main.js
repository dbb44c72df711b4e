// Begins the page: follows the workspace as a person, draws it, and keeps who that is, and how it looks, for next time.

import { makeAnnouncer } from "./announce.js";
import { followAnswers } from "./answered.js";
import { drawFrame } from "./layout.js";
import { act, follow } from "./link.js";
import { followNews } from "./news.js";
import { mountPanels } from "./panels.js";
import { followPermalinks } from "./permalinks.js";
import { findPlace, isBotDm, settle, writeTitle } from "./places.js";
import { recall, remember } from "./remembered.js";
import { forgetArrived } from "./sending.js";
import { makeStore } from "./store.js";
import { makeToast, nameError } from "./toast.js";
import { say } from "./words.js";

const FIRST_PERSON = "U1";

function makePage(store, { announcer, toast }) {
  const page = {
    store,
    say: (name, values) => say(store.get(), name, values),
    announce: announcer.announce,
    warn: (text) => toast.show(text, page.say("close")),
    /** Do something as the person who looks; throws what link.js throws. */
    act: (name, details) => act(name, { user: store.get().me, ...details }),
    /** Do it, and say what was wrong if it can't be done; returns whether it was done. */
    async try(name, details) {
      try {
        await page.act(name, details);
        toast.hide();
        return true;
      } catch (error) {
        page.warn(page.say(nameError(error)));
        return false;
      }
    },
  };
  return page;
}

/** Follow the workspace as whoever the store names, and anew when that changes. */
function followPerson({ store }) {
  let stop = follow(store, store.get().person);
  store.watch((names, { person, me }) => {
    if (!names.has("person") || person === me) return;
    stop();
    remember("person", person);
    store.change({ thread: null, pending: [], unread: {}, editing: null });
    stop = follow(store, person);
  });
}

function applyLooks({ store }) {
  const root = document.documentElement;
  const set = ({ theme }) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  };
  set(store.get());
  store.watch((names, state) => {
    if (names.has("theme")) set(state);
    if (names.has("theme")) remember("theme", state.theme);
    if (names.has("language")) root.lang = state.language;
    if (names.has("language")) remember("language", state.language);
    document.title = writeTitle(state);
  });
}

/** Tell the bot that its messages are looked at, which is when it suggests what to ask. */
function greetBot({ store, act: tell }) {
  let greeted = "";
  store.watch((names, state) => {
    const { id } = findPlace(state) ?? {};
    const isReady = state.process?.state === "ready";
    const now =
      isReady && isBotDm(state, state.channels[id]) && state.place.tab === "messages" ? `${state.me} ${id}` : "";
    if (now && now !== greeted) tell("open_home", { tab: "messages" }).catch(() => {});
    greeted = now;
  });
}

function begin() {
  const [announcer, toast] = [makeAnnouncer(), makeToast()];
  const store = makeStore({
    person: recall("person", FIRST_PERSON),
    theme: recall("theme", "system"),
    language: recall("language", "en"),
    editing: null,
  });
  const page = makePage(store, { announcer, toast });
  store.watch((names) => names.has("messages") && forgetArrived(page));
  store.watch((names) => names.has("me") && settle(page));
  const root = drawFrame(page, { announcer, toast });
  mountPanels({ store, act: page.act, root });
  followNews(page);
  followAnswers(page);
  followPermalinks(page);
  greetBot(page);
  applyLooks(page);
  followPerson(page);
}

begin();
