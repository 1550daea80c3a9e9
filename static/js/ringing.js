// The bell: rings for as long as something calls. Its sounds are computed here, so no file has to arrive first, and it is
// repeated by the audio thread (one looped buffer), so a hidden tab with slow timers rings as well.
//
// There are four that no ear confuses: `new` is a counter bell, `stop` a low buzzer, `changed` two soft knocks and
// `driver` three rising notes.
//
// Browsers start no sound before a gesture: until the context runs, a bar asks for one tap, and <html data-sound> says
// `blocked` or `on`.

import { icon } from "./toasts.js";
import { t } from "./words.js";

const EVERY = 3.5; // seconds from one ring to the next
// What a tone is made of: ratio to the frequency, loudness, how fast it dies away.
const BELL = [[1, 0.42, 6], [2.76, 0.16, 14]];
const BUZZER = [[1, 0.3, 2.5], [2, 0.14, 2.5], [3, 0.1, 2.5], [5, 0.06, 2.5]];
const WOOD = [[1, 0.5, 28], [2.4, 0.15, 60]];
const FLUTE = [[1, 0.4, 5], [2, 0.06, 8]];
// Of each sound its tones, and its strokes: frequency in Hz, start in s.
const SOUNDS = {
  new: [BELL, [[1318.5, 0], [1760, 0.18], [1318.5, 0.55], [1760, 0.73]]],
  stop: [BUZZER, [[185, 0], [147, 0.35], [185, 0.7], [147, 1.05]]],
  changed: [WOOD, [[622, 0], [622, 0.2]]],
  driver: [FLUTE, [[784, 0], [988, 0.22], [1175, 0.44]]],
};

let context = null;
const sounds = {};
const playing = []; // what rings now, and what comes after it
let calling = null; // the sound that is repeated

/** Make the page one that can ring. */
export function start() {
  context = new AudioContext();
  for (const [name, parts] of Object.entries(SOUNDS)) sounds[name] = computed(...parts);
  context.addEventListener("statechange", look);
  // Any gesture will do; the bar is for those who make none.
  for (const type of ["pointerup", "keydown"]) document.addEventListener(type, wake, true);
  document.addEventListener("visibilitychange", wake);
  look();
}

/** Ring until told otherwise: with this sound (true: a new order's), or not any more. */
export function call(wanted) {
  const sound = wanted === true ? "new" : wanted || null;
  if (sound === calling) return;
  calling = sound;
  document.documentElement.dataset.ringing = String(sound !== null);
  if (sound === null) hush();
  else ring(sound);
}

/** One more thing calls: heard at once, not at the next turn. */
export function again() {
  if (calling) ring(calling);
}

/** Sound once, from now, and go on where something calls: what calls is heard again after its turn. */
export function ring(sound = calling ?? "new") {
  document.documentElement.dataset.sounded = sound;
  if (context?.state !== "running") return;
  hush();
  play(sound, sound === calling);
  // Another sound comes in between, and the audio thread starts what calls when that is over.
  if (calling && sound !== calling) play(calling, true, EVERY);
}

function play(sound, loop, later = 0) {
  const started = new AudioBufferSourceNode(context, { buffer: sounds[sound], loop });
  started.connect(context.destination);
  started.start(later ? context.currentTime + later : 0);
  playing.push(started);
}

function hush() {
  for (const started of playing.splice(0)) started.stop();
}

function computed(partials, strokes) {
  const rate = context.sampleRate;
  const buffer = new AudioBuffer({ length: Math.ceil(EVERY * rate), sampleRate: rate });
  const samples = buffer.getChannelData(0);
  for (const [frequency, at] of strokes) {
    for (let i = Math.floor(at * rate); i < samples.length; i++) {
      const t = i / rate - at;
      for (const [ratio, loud, fades] of partials) {
        samples[i] += loud * Math.min(1, t * 250) * Math.exp(-fades * t) * Math.sin(2 * Math.PI * frequency * ratio * t);
      }
    }
  }
  return buffer;
}

function wake() {
  if (context.state !== "running" && document.visibilityState === "visible") context.resume().then(look);
}

function look() {
  const on = context.state === "running";
  if (document.documentElement.dataset.sound === (on ? "on" : "blocked")) return;
  document.documentElement.dataset.sound = on ? "on" : "blocked";
  bar(!on);
  if (on && calling) ring();
}

function bar(wanted) {
  document.getElementById("sound-bar")?.remove();
  if (!wanted) return;
  const words = document.createElement("p");
  words.textContent = t("This screen is silent. Browsers ring only after one tap.");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-primary";
  button.append(icon("volume"), t("Turn sound on"));
  // One ring shows whether it is loud enough.
  button.addEventListener("click", () => context.resume().then(() => ring()));
  const made = document.createElement("div");
  made.id = "sound-bar";
  made.className = "pl-sound-bar";
  made.append(icon("bell-off"), words, button);
  document.querySelector(".pl-topbar").after(made);
}
