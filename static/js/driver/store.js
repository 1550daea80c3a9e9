// What the phone keeps for the driver, also over a reload: steps that wait to be sent, and the list as it was last. In
// IndexedDB; where that is switched off, it lasts as long as the page.

const memory = { steps: new Map(), kept: new Map() };
let last = 0;

const opening = new Promise((resolve) => {
  try {
    const request = indexedDB.open("passline-driver", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("steps", { keyPath: "n", autoIncrement: true });
      request.result.createObjectStore("kept", { keyPath: "name" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(null);
  } catch {
    resolve(null);
  }
});

/** All rows of `area` (`steps`, `kept`), in the order of their keys. */
export async function all(area) {
  return (await ask(area, "readonly", (rows) => rows.getAll())) ?? [...memory[area].values()];
}

/** Keep `row`; answers its key. A step without `n` gets the next one. */
export async function put(area, row) {
  const key = await ask(area, "readwrite", (rows) => rows.put(row));
  if (key !== null) return key;
  const own = row.name ?? row.n ?? `memory-${(last += 1)}`;
  memory[area].set(own, { ...row, ...(area === "steps" ? { n: own } : {}) });
  return own;
}

export async function remove(area, key) {
  memory[area].delete(key);
  await ask(area, "readwrite", (rows) => rows.delete(key));
}

/** The result of one request, once its transaction is on the disk; null where nothing can be kept. */
async function ask(area, mode, make) {
  const database = await opening;
  if (database === null) return null;
  return new Promise((resolve) => {
    try {
      const transaction = database.transaction(area, mode, { durability: "strict" });
      const request = make(transaction.objectStore(area));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => resolve(null);
    } catch {
      resolve(null); // the browser closed it: the disk is full, or the person cleared the data
    }
  });
}
