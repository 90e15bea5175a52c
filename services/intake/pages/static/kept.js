// What survives a closed or crashed browser: which file an upload was of, and what its parts were. Never a file itself.

const NAME = "laurel-uploads";
const STORE = "uploads";
const KEPT_DAYS = 2;

let opening = null;

function database() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "material" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

async function within(mode, work) {
  const db = await database();
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(STORE, mode);
    const request = work(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}

// A browser that keeps nothing (a private window, a full disk) still uploads; it only cannot go on after its end.
const quietly = (promise, otherwise) => promise.catch(() => otherwise);

export const keep = (upload) => quietly(within("readwrite", (store) => store.put({ ...upload, at: Date.now() })));
export const find = (material) => quietly(within("readonly", (store) => store.get(material)));
export const forget = (material) => quietly(within("readwrite", (store) => store.delete(material)));

/** Remember what a part of an upload was: its SHA-256, by which the same file is known again. */
export function keepPart(material, number, digest) {
  const add = (store) => {
    const found = store.get(material); // in one transaction: several parts are under way at once
    found.onsuccess = () => {
      const upload = found.result;
      if (upload) store.put({ ...upload, digests: { ...upload.digests, [number]: digest } });
    };
    return found;
  };
  return quietly(within("readwrite", add));
}

/** Forget uploads that can no longer be finished. */
export async function tidy() {
  const all = (await quietly(within("readonly", (store) => store.getAll()), [])) ?? [];
  const old = Date.now() - KEPT_DAYS * 86_400_000;
  for (const upload of all) if (upload.at < old) await forget(upload.material);
}
