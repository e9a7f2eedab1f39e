// Keeps the page for when the service cannot be reached. With the service there, its own answer always wins.

const FILES = ["…"]; // filled in by the service
const CACHE = "minidex";
const ours = new Set(FILES.map((path) => new URL(path, location).href));

addEventListener("install", (event) => event.waitUntil(keepAll()));
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  if (event.request.method === "GET" && ours.has(event.request.url.split("#")[0])) event.respondWith(answer(event.request));
});

async function keepAll() {
  await (await caches.open(CACHE)).addAll(FILES);
  await skipWaiting();
}

async function answer(request) {
  const cache = await caches.open(CACHE);
  try {
    const fresh = await fetch(request);
    if (fresh.ok) await cache.put(request.url, fresh.clone());
    return fresh;
  } catch {
    return (await cache.match(request.url, { ignoreVary: true })) ?? Response.error();
  }
}
