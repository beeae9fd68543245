// Where Supabase Lite answers otherwise than Supabase, it is put right here, so that supabase-js, supabase-py and
// policies find what they look for: all the claims in a token; folders in lists, `signedURL` and `url` in signed
// links, a status code in every error of Storage; and files are taken in whatever way a client sends them.
import { createHmac } from "node:crypto";

const PREFIX = "/storage/v1";

export function compatibleAuth(auth, { secret, issuer }) {
  return async (request) => {
    const answer = await auth(request);
    if (request.method !== "POST" || !answer.ok || !answer.headers.get("content-type")?.includes("json")) return answer;
    const body = await answer.json();
    if (!body?.access_token || !body.user) return json(answer, body);
    return json(answer, { ...body, access_token: complete(body.access_token, body.user, { secret, issuer }) });
  };
}

// Lite's token lacks what policies read by auth.jwt(), such as app_metadata.
function complete(token, user, { secret, issuer }) {
  const claims = {
    ...JSON.parse(Buffer.from(token.split(".")[1], "base64url")),
    iss: issuer,
    phone: user.phone ?? "",
    app_metadata: user.app_metadata ?? {},
    user_metadata: user.user_metadata ?? {},
    aal: "aal1",
    is_anonymous: user.is_anonymous ?? false,
  };
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

export function compatibleStorage(storage) {
  return async (request) => {
    const path = new URL(request.url).pathname.slice(PREFIX.length);
    const answer = await ask(storage, request, path);
    const isJson = answer.headers.get("content-type")?.includes("json");
    if (!isJson || (answer.ok && isDownload(request.method, path))) return answer;
    const body = await answer.json();
    return json(answer, answer.ok ? success(request.method, path, body) : failure(answer.status, body));
  };
}

async function ask(storage, request, path) {
  if (request.method === "POST" && /^\/object\/list\/[^/]+$/.test(path)) return list(storage, request);
  if (request.method === "POST" && /^\/object\/sign\/[^/]+$/.test(path)) return signAll(storage, request);
  return storage(await withoutForm(request));
}

// Lite looks into a form on POST alone, and for a field of another name than supabase-js gives it. So the file of a form
// becomes the body.
async function withoutForm(request) {
  if (!/^multipart\/form-data\b/i.test(request.headers.get("content-type") ?? "")) return request;
  const form = await request.formData();
  const file = [...form.values()].find((value) => typeof value !== "string") ?? new Blob();
  const headers = new Headers(request.headers);
  headers.set("content-type", file.type || "application/octet-stream");
  headers.set("content-length", String(file.size));
  if (form.has("cacheControl")) headers.set("cache-control", `max-age=${form.get("cacheControl")}`);
  return new Request(request.url, { method: request.method, headers, body: file, signal: request.signal });
}

// A stored file may itself be JSON, and is handed on as it is.
function isDownload(method, path) {
  return method === "GET" && /^\/(render|object\/(?!info\/))/.test(path);
}

function json(answer, body) {
  const headers = new Headers(answer.headers);
  headers.delete("content-length");
  return new Response(JSON.stringify(body), { status: answer.status, headers });
}

function success(method, path, body) {
  if (method !== "POST" || !/^\/object\/(upload\/)?sign\/[^/]+\//.test(path)) return body;
  if (path.startsWith("/object/upload/")) return { ...body, url: relative(body.signedUrl) };
  return { signedURL: relative(body.signedUrl) };
}

function relative(link) {
  return link ? link.slice(PREFIX.length) : null;
}

function failure(status, body) {
  return { statusCode: String(status), error: "Error", message: "Storage refused", ...body };
}

// The same caller's POST of another body.
function post(request, url, body) {
  const headers = new Headers(request.headers);
  headers.delete("content-length");
  return new Request(url, { method: "POST", headers, body: JSON.stringify(body), signal: request.signal });
}

// Lite takes a request for several links for one for a link to the file without a name.
async function signAll(storage, request) {
  const { paths, expiresIn } = await request.json();
  const links = [];
  for (const path of paths) {
    const name = path.split("/").map(encodeURIComponent).join("/");
    const answer = await storage(post(request, `${request.url}/${name}`, { expiresIn: Number(expiresIn) }));
    const { signedUrl, message = "Object not found" } = await answer.json();
    links.push({ path, signedURL: relative(signedUrl), error: signedUrl ? null : message });
  }
  return Response.json(links);
}

// Lite lists every object whose name begins with the prefix; Supabase lists one folder.
async function list(storage, request) {
  const { prefix = "", limit = 100, offset = 0, search = "", sortBy } = await request.json();
  const folder = prefix.replace(/^\/+|\/+$/g, "");
  const start = folder ? `${folder}/` : "";
  const everything = { prefix: start, limit: 1_000_000, offset: 0 };
  const answer = await storage(post(request, request.url, everything));
  if (!answer.ok) return answer;
  const folders = new Map();
  const files = [];
  for (const object of await answer.json()) {
    if (!object.name.startsWith(start)) continue; // the prefix was a LIKE pattern to Lite
    const [name, ...deeper] = object.name.slice(start.length).split("/");
    if (!name.toLowerCase().startsWith(search.toLowerCase())) continue;
    if (deeper.length) folders.set(name, { name, ...EMPTY });
    else files.push(entry(object, name));
  }
  const { column = "name", order = "asc" } = sortBy ?? {};
  const direction = order === "desc" ? -1 : 1;
  const by = (key) => (a, b) => direction * ((a[key] > b[key]) - (a[key] < b[key]));
  const sorted = [...[...folders.values()].sort(by("name")), ...files.sort(by(column))];
  return json(answer, sorted.slice(offset, offset + limit));
}

const EMPTY = { id: null, updated_at: null, created_at: null, last_accessed_at: null, metadata: null };

function entry({ id, updated_at, created_at, last_accessed_at, metadata }, name) {
  return { name, id, updated_at, created_at, last_accessed_at, metadata };
}
