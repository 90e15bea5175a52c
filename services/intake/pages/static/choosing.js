// Choosing one file again, and keeping two windows from sending the same one.

/** Ask for one file; the answer goes to `taken`. */
export function choose(kind, taken) {
  const input = document.createElement("input");
  Object.assign(input, { type: "file", accept: kind.querySelector("input[type=file]").accept });
  input.hidden = true;
  input.dataset.part = "again";
  kind.append(input);
  input.addEventListener("change", () => {
    const [file] = input.files;
    input.remove();
    if (file) taken(file);
  });
  input.addEventListener("cancel", () => input.remove());
  input.click();
}

const lockOf = (material) => `laurel-upload-${material}`;

/** Hold the upload's lock while it is sent, so that other windows leave it alone. */
export function locked(material, work) {
  return navigator.locks ? navigator.locks.request(lockOf(material), work) : work();
}

export async function underWay() {
  const found = navigator.locks ? await navigator.locks.query() : { held: [] };
  const prefix = lockOf("");
  return new Set(found.held.filter((lock) => lock.name.startsWith(prefix)).map((lock) => lock.name.slice(prefix.length)));
}
