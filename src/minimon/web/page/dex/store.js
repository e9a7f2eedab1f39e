// The collection, in this browser's IndexedDB: what is known of each creature, its thumbnail and its picture apart,
// so that a binder of thousands reads only what it shows. And the tally of what was drawn, for each set of odds.

const STORES = ["creatures", "thumbs", "pictures"];
let opened;

function open() {
  const request = indexedDB.open("minidex", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("creatures", { keyPath: "id" });
    for (const name of ["thumbs", "pictures", "tally"]) request.result.createObjectStore(name);
  };
  return answer(request);
}
const database = () => (opened ??= open());

const answer = (request) =>
  new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });

const finished = (transaction) =>
  new Promise((done, failed) => {
    transaction.oncomplete = done;
    transaction.onabort = transaction.onerror = () => failed(transaction.error);
  });

const read = async (store) => (await database()).transaction(store).objectStore(store);

/** Every creature: `{id, name, rarity, element, seed, backend, at, type}`. */
export const allCreatures = async () => answer((await read("creatures")).getAll());
export const pictureOf = async (id) => answer((await read("pictures")).get(id));

/** The thumbnails of creatures, in their order; undefined where there is none. */
export async function thumbsOf(ids) {
  const store = await read("thumbs");
  return Promise.all(ids.map((id) => answer(store.get(id))));
}

/** Which of these are kept already. */
export async function known(ids) {
  const store = await read("creatures");
  const found = await Promise.all(ids.map((id) => answer(store.getKey(id))));
  return new Set(found.filter(Boolean));
}

/** Keep creatures, each with its picture and thumbnail as bytes: all of them, or none. */
export async function keep(entries) {
  const transaction = (await database()).transaction(STORES, "readwrite");
  for (const { creature, picture, thumb } of entries) {
    transaction.objectStore("creatures").put(creature);
    transaction.objectStore("pictures").put(picture, creature.id);
    transaction.objectStore("thumbs").put(thumb, creature.id);
  }
  await finished(transaction);
}

export async function remove(id) {
  const transaction = (await database()).transaction(STORES, "readwrite");
  for (const store of STORES) transaction.objectStore(store).delete(id);
  await finished(transaction);
}

export const tallyOf = async (odds) => (await answer((await read("tally")).get(odds))) ?? {};

/** Count a draw under the odds that hold; whatever becomes of the card, the draw has happened. */
export async function count(odds, rarity) {
  const transaction = (await database()).transaction("tally", "readwrite");
  const store = transaction.objectStore("tally");
  const tally = (await answer(store.get(odds))) ?? {};
  store.put({ ...tally, [rarity]: (tally[rarity] ?? 0) + 1 }, odds);
  await finished(transaction);
}
