// What the browser remembers for us: per window (`tab`) or for the whole device. Where storage is switched off, nothing
// is remembered, and nothing breaks.

function store(area) {
  return {
    read(key) {
      try {
        return JSON.parse(window[area].getItem(`passline-${key}`));
      } catch {
        return null; // storage is switched off, or somebody wrote something else there
      }
    },
    write(key, value) {
      try {
        window[area].setItem(`passline-${key}`, JSON.stringify(value));
      } catch {
        // Then it lasts as long as the page.
      }
    },
  };
}

export const tab = store("sessionStorage");
export const device = store("localStorage");
