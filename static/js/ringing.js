// The bell: rings for as long as something calls. Its sound is computed here, so no file has to arrive first, and it is
// repeated by the audio thread (one looped buffer), so a hidden tab with slow timers rings as well.
//
// Browsers start no sound before a gesture: until the context runs, a bar asks for one tap, and <html data-sound> says
// `blocked` or `on`.

import { icon } from "./toasts.js";

const EVERY = 3.5; // seconds from one ring to the next
// Strokes of a counter bell: frequency in Hz, start in s.
const STROKES = [[1318.5, 0], [1760, 0.18], [1318.5, 0.55], [1760, 0.73]];
// What a bell's tone is made of: ratio to the frequency, loudness, how fast it dies away.
const PARTIALS = [[1, 0.42, 6], [2.76, 0.16, 14]];

let context = null;
let sound = null;
let source = null; // what rings now
let calling = false;

/** Make the page one that can ring. */
export function start() {
  context = new AudioContext();
  sound = bell();
  context.addEventListener("statechange", look);
  // Any gesture will do; the bar is for those who make none.
  for (const type of ["pointerup", "keydown"]) document.addEventListener(type, wake, true);
  document.addEventListener("visibilitychange", wake);
  look();
}

/** Ring until told otherwise. */
export function call(wanted) {
  if (wanted === calling) return;
  calling = wanted;
  document.documentElement.dataset.ringing = String(wanted);
  if (!wanted) hush();
  else ring();
}

/** One more thing calls: heard at once, not at the next turn. */
export function again() {
  if (calling) ring();
}

/** Ring once, from now; go on where something calls. */
export function ring() {
  if (context?.state !== "running") return;
  hush();
  source = new AudioBufferSourceNode(context, { buffer: sound, loop: calling });
  source.connect(context.destination);
  source.start();
}

function hush() {
  source?.stop();
  source = null;
}

function bell() {
  const rate = context.sampleRate;
  const buffer = new AudioBuffer({ length: Math.ceil(EVERY * rate), sampleRate: rate });
  const samples = buffer.getChannelData(0);
  for (const [frequency, at] of STROKES) {
    for (let i = Math.floor(at * rate); i < samples.length; i++) {
      const t = i / rate - at;
      for (const [ratio, loud, fades] of PARTIALS) {
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
  words.textContent = "This screen is silent. Browsers ring only after one tap.";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-primary";
  button.append(icon("volume"), "Turn sound on");
  // One ring shows whether it is loud enough.
  button.addEventListener("click", () => context.resume().then(ring));
  const made = document.createElement("div");
  made.id = "sound-bar";
  made.className = "pl-sound-bar";
  made.append(icon("bell-off"), words, button);
  document.querySelector(".pl-topbar").after(made);
}
