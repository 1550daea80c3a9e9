// Keeps the phone's screen on while the driver is on duty, where the browser can: a phone that sleeps rings late.

let isWanted = false;
let lock = null;

export function want(wanted) {
  isWanted = wanted;
  look();
}

async function look() {
  if (!isWanted) {
    lock?.release();
    lock = null;
  } else if (document.visibilityState === "visible" && (lock === null || lock.released)) {
    // Refused where the battery is low, and there is nothing to do about it.
    lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
  }
}

// A page that was hidden has lost it.
document.addEventListener("visibilitychange", look);
