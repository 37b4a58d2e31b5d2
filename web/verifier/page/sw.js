// Keeps the served page for a day without a line. The node puts in the version: the hash of the page itself.
const NAME = "kimberley-verifier-VERSION";
const KEPT = ["./", "manifest.json", "icon.svg", "icon.png"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(KEPT.map((path) => new Request(path, { cache: "reload" })))).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  const stale = (name) => name.startsWith("kimberley-verifier-") && name !== NAME;
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter(stale).map((name) => caches.delete(name)))).then(() => self.clients.claim()));
});
self.addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || pathname.endsWith("/bundle.json")) return; // the list is fetched from the node or not at all
  event.respondWith(caches.open(NAME).then((cache) => cache.match(event.request, { ignoreSearch: true })).then((kept) => kept ?? fetch(event.request)));
});
