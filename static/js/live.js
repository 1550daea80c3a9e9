// The page's one socket: it connects from the page's place in the log, catches up, and hands on each event once.
//
// The rest of the page hears of it as events on `document`:
//   passline:event  {name, channel, data, number, version}   an event of the log; per order in order, never twice
//   passline:ready  {recovered}                              connected and caught up
//   passline:fix    {channel, data}                          where a driver is now; the newest only, not of the log
//   passline:subscribed {channel}                            and in the one channel more that the page asks for
// What the page shows is fetched as HTML (fragments.js); whether it may be believed is said by freshness.js.

import { io } from "../vendor/socket.io.esm.min.js";
import * as clocks from "./clocks.js";
import * as forms from "./forms.js";
import * as fragments from "./fragments.js";
import * as freshness from "./freshness.js";
import { tab } from "./memory.js";
import * as receipts from "./receipts.js";
import { screen } from "./screen.js";
import { Sieve } from "./sieve.js";
import { t } from "./words.js";

// The place of a page: `<epoch>-<n>`. What is not of the log (positions of drivers) ends in no such string.
const POSITION = /^[0-9a-f]{4,32}-\d{1,18}$/;
const FIX = "driver.location.updated";
// A page that was told to reload so often within a minute will not be mended by one more reload.
const RELOADS = 3;
const SUBSCRIBE_AGAIN = 2000;
// What the gateway says when it will not have us back (gateway/refusals.py), and what to do is said beside it.
const REFUSALS = {
  1001: t("Log in, or send a token."),
  1003: t("This session has ended."),
  1004: t("This token is not valid."),
  1005: t("This link is not valid any more."),
  1006: t("This account is deactivated."),
  4002: t("You have logged out."),
  4003: t("The password was changed."),
  4004: t("This account was deactivated."),
  4006: t("This link was withdrawn."),
  4007: t("This access has run out."),
};

const meta = (name) => document.querySelector(`meta[name="passline-${name}"]`)?.content;
const tell = (type, detail) => document.dispatchEvent(new CustomEvent(`passline:${type}`, { detail }));

const sieve = new Sieve();
let position = meta("position");

const socket = io(meta("gateway"), {
  withCredentials: true,
  transports: ["websocket", "polling"],
  tryAllTransports: true,
  reconnectionDelay: 300,
  reconnectionDelayMax: 3000,
  timeout: 6000,
  // Asked anew at every connect: the place is where we are by then.
  auth: (answer) => answer({ since: position, screen, tracking: meta("tracking") }),
});

socket.on("disconnect", lost);
socket.on("connect_error", refused);
socket.on("ready", ({ recovered, server_time: at, fixes = [] }, where) => {
  if (recovered === false) return reload();
  freshness.connected();
  arrived(at, where);
  tab.write("reloads", []);
  tell("ready", { recovered });
  for (const fix of fixes) tell("fix", fix);
  if (meta("channel")) subscribe(meta("channel"));
});
socket.on("beat", ({ server_time: at }, where) => arrived(at, where));
socket.onAny((name, ...args) => {
  if (name === FIX) tell("fix", { channel: args[0], data: args[1] });
  else if (name !== "ready" && name !== "beat") take(name, args);
});

/** Everything up to `where` was written to us: the page is up to date, and this is the server's clock. */
function arrived(at, where) {
  if (POSITION.test(where)) position = where;
  clocks.set(at);
  freshness.beat();
}

/** One channel more, from now on: what it was before, the page fetches when it hears that we are in. */
function subscribe(channel) {
  socket.emit("subscribe", { channel }, ({ ok, retry }) => {
    if (ok) tell("subscribed", { channel });
    else if (retry) setTimeout(() => socket.connected && subscribe(channel), SUBSCRIBE_AGAIN);
  });
}

function take(name, [channel, data, where]) {
  if (POSITION.test(where)) position = where;
  const event = sieve.pass(name, data);
  if (event) tell("event", { name, channel, data, ...event });
}

function lost(reason) {
  freshness.disconnected();
  // A DISCONNECT packet is final, and says nothing: whoever asks once more hears why.
  if (reason === "io server disconnect") socket.connect();
}

function refused(error) {
  if (error.data?.retry === false) freshness.refused(REFUSALS[error.data.code] ?? error.message);
  else freshness.disconnected();
}

/** What was missed cannot be replayed: only a new page is whole. Nothing half-typed is thrown away for it. */
function reload() {
  if (forms.areBeingFilled() || tooManyReloads()) return freshness.missed();
  window.location.reload();
}

function tooManyReloads() {
  const minute = Date.now() - 60_000;
  const earlier = (tab.read("reloads") ?? []).filter((at) => at > minute);
  tab.write("reloads", [...earlier, Date.now()]);
  return earlier.length >= RELOADS;
}

/** A screen that comes back from sleep may hold a connection that died meanwhile, and not know it for a minute. */
function wakeUp() {
  if (document.visibilityState !== "visible") return;
  freshness.look();
  if (!freshness.isRecent() && socket.connected) socket.io.engine.close();
}

document.addEventListener("visibilitychange", wakeUp);
window.addEventListener("online", wakeUp);
// A page out of the back-forward cache is as old as when it was left, and its socket is gone.
window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());

freshness.start();
clocks.start();
fragments.start();
forms.start();
receipts.start((name, data, acknowledged) => socket.connected && socket.emit(name, data, acknowledged));
